"""Self-check (合规自查): what the rules against formalism forbid, where the site keeps to it, and the state of each switch."""

from datetime import timedelta

from flask import Blueprint, Response

from lms import clock
from lms.admin import self_check
from lms.admin.ban_rules import BANS, REMINDERS
from lms.leaderboard import queries as leaderboard
from lms.notices import channel_queries as channels
from lms.notices import reminder_rules
from lms.people.guard import requires, settings
from lms.people.rules import Permission
from lms.web import now, page, session
from lms.workdays import queries as workdays

bp = Blueprint("self_check", __name__, url_prefix="/self-check")


@bp.get("")
@requires(Permission.REPORT_READ)
def index() -> Response:
    today, hours = clock.today(now()), settings().reminder_hours
    overrides = workdays.overrides(session(), today - timedelta(days=self_check.DAYS + 1))
    proofs = self_check.prove(session(), windows=reminder_rules.windows_of(hours), overrides=overrides, now=now())
    return page(
        "admin/self_check/index.html",
        bans=BANS,
        reminders=REMINDERS,
        proofs=proofs,
        switches=_switches(),
        rankings_on=leaderboard.are_rankings_on(session()),
        hours=hours.replace(",", "，").replace("-", "–"),
        unknown_years=workdays.list_unknown_years(session(), today),
        at=now(),
        active="self-check",
    )


def _switches() -> list[tuple[str, bool, str]]:
    on = [channel.name for channel in channels.list_channels(session()) if channel.is_on]
    return [
        ("全部榜单", leaderboard.are_rankings_on(session()), "关掉后，所有榜单、名次和公布榜都不显示"),
        ("邮件和群机器人", bool(on), "只发通知和本人订的提醒，群里从不点名催办" + (f"：{'、'.join(on)}" if on else "")),
        ("动态口令", settings().totp, "能公布、导出资料的角色登录时要两步验证"),
        ("加密传输", settings().https, "登录凭证只经 HTTPS 传送"),
    ]
