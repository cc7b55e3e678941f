"""The one switch for all rankings of the site."""

from flask import Blueprint, Response, request, url_for

from lms.leaderboard import queries, services
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.web import now, page, see_other, session

bp = Blueprint("rankings", __name__, url_prefix="/office/rankings")


@bp.get("")
@requires(Permission.RANKING_PUBLISH)
def index() -> Response:
    return page("leaderboard/switch.html", is_on=queries.are_rankings_on(session()), active="rankings")


@bp.post("")
@requires(Permission.RANKING_PUBLISH)
def switch() -> Response:
    on = request.form.get("on") == "yes"
    services.switch_rankings(session(), on=on, actor_id=me().id, now=now())
    said = "排名已打开。" if on else "排名已全部关闭，各页面和大屏立即不再显示名次。"
    return see_other(url_for("rankings.index"), flash=said)
