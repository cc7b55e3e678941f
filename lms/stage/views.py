"""In the hall: a phone joins for its team and becomes its buzzer; who takes part finds the way from the contest's page."""

from flask import Blueprint, Response, request, url_for

from lms.errors import NotFound
from lms.people.guard import kept_cookie, me, public, requires, set_cookie, source
from lms.people.rules import Permission
from lms.stage import access, queries, services
from lms.stage.forms import JoinForm
from lms.stage.models import StageDevice
from lms.stage.rules import SEGMENT_WORDS, SEGMENTS
from lms.web import now, page, see_other, session
from lms.web.limits import RateLimit

bp = Blueprint("stage", __name__, url_prefix="/stage")

COOKIE = "lms_stage"
TRIES = RateLimit(60)
"""Of codes, from one address in a minute: a hall behind one address has a dozen teams."""


@bp.get("/rounds/<int:round_id>")
@requires(Permission.CONTEST_ENTER)
def round_page(round_id: int) -> Response:
    line, running, team = access.round_to_watch(session(), me(), round_id, now=now())
    seat = next((one for one in running.seats if team and one.team_id == team.id), None) if running else None
    return page(
        "stage/round.html", line=line, running=running, seat=seat, segments=SEGMENTS, words=SEGMENT_WORDS,
        active="contests",
    )  # fmt: skip


@bp.post("/rounds/<int:round_id>/device")
@requires(Permission.CONTEST_ENTER)
def take_place(round_id: int) -> Response:
    """A member's own phone becomes the team's buzzer, without a code."""
    _, running, team = access.round_to_watch(session(), me(), round_id, now=now())
    return _joined(access.device_of_own_team(running, team))


@bp.get("/join")
@public
def join_page() -> Response:
    return page("stage/join.html", form=JoinForm.asked())


@bp.post("/join")
@public
def join() -> Response:
    TRIES.take(source())
    form = JoinForm.posted()
    device = queries.find_device_by_code(session(), form.pin.data, form.code.data) if form.validate() else None
    if device is None:
        if not form.errors:
            form.code.errors = ["场次号和队伍码对不上，请看本队桌牌再填一次。"]
        return page("stage/join.html", 422, form=form)
    return _joined(device)


def _joined(device: StageDevice) -> Response:
    token = services.join(session(), device, now=now())
    response = see_other(url_for("stage.device"))
    set_cookie(response, COOKIE, token)
    return response


@bp.get("/device")
@public
def device() -> Response:
    """The buzzer. Its page hands the token to its script, which sends it with each buzz."""
    token = kept_cookie(COOKIE)
    try:
        held = access.device_of(session(), token)
    except NotFound:
        return see_other(
            url_for("stage.join_page"), flash="请扫本队桌牌上的二维码加入。" if request.method == "GET" else None
        )
    return page("stage/device.html", device=held, token=token)
