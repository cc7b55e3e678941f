"""Self-check (合规自查): what the rules against formalism forbid, and the state of each switch."""

from flask import Blueprint, Response

from lms.admin.rules import BANS
from lms.leaderboard import queries as leaderboard
from lms.people.guard import requires, settings
from lms.people.rules import Permission
from lms.web import page, session

bp = Blueprint("self_check", __name__, url_prefix="/self-check")


@bp.get("")
@requires(Permission.REPORT_READ)
def index() -> Response:
    switches = [
        ("全部榜单", leaderboard.are_rankings_on(session()), "关掉后，所有榜单、名次和公布榜都不显示"),
        ("动态口令", settings().totp, "能公布、导出资料的角色登录时要两步验证"),
        ("加密传输", settings().https, "登录凭证只经 HTTPS 传送"),
    ]
    return page("admin/self_check/index.html", bans=BANS, switches=switches, active="self-check")
