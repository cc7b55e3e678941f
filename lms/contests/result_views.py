"""What organisers decide about the result of a round: when its board freezes, and when it is revealed."""

from flask import Blueprint, Response, url_for

from lms import clock
from lms.contests import access
from lms.contests.forms import instant
from lms.contests.queries import RoundLine
from lms.contests.result_forms import FreezeForm
from lms.errors import Invalid
from lms.leaderboard import services as boards
from lms.leaderboard.models import TAKES_RESULTS, Board
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.web import now, page, see_other, session

bp = Blueprint("results_office", __name__, url_prefix="/office/contests")

managing = requires(Permission.CONTEST_MANAGE)


def _line(round_id: int) -> RoundLine:
    return access.round_to_handle(session(), me(), round_id, Permission.CONTEST_MANAGE, now=now())


def _page(line: RoundLine, status: int = 200, freeze_form: FreezeForm | None = None) -> Response:
    at = clock.local(line.freezes_at).replace(tzinfo=None) if line.freezes_at else None
    return page(
        "contests/office_outcome.html",
        status,
        line=line,
        freeze_form=freeze_form or FreezeForm.shown(data={"freezes_at": at}),
        may_freeze=line.board_state in TAKES_RESULTS and (line.freezes_at is None or now() < line.freezes_at),
        active="contests",
    )


@bp.get("/rounds/<int:round_id>/outcome")
@managing
def index(round_id: int) -> Response:
    return _page(_line(round_id))


@bp.post("/rounds/<int:round_id>/freeze")
@managing
def freeze(round_id: int) -> Response:
    line, form = _line(round_id), FreezeForm.posted()
    if not form.validate():
        return _page(line, 422, form)
    at = instant(form.freezes_at.data)
    try:
        _check(line, form)
        boards.set_freeze(session(), session().get_one(Board, line.round.board_id), at, actor_id=me().id, now=now())
    except Invalid as refused:
        form.refuse(refused)
        return _page(line, 422, form)
    said = "封榜时间已定，到时名次停住，揭晓后才继续。" if at else "不封榜。"
    return see_other(url_for("results_office.index", round_id=round_id), flash=said)


def _check(line: RoundLine, form: FreezeForm) -> None:
    at = instant(form.freezes_at.data)
    if at is not None and not line.round.opens_at < at < line.round.closes_at:
        raise Invalid("封榜时间要在这一轮开始以后、结束以前。", field="freezes_at")


@bp.post("/rounds/<int:round_id>/reveal")
@managing
def reveal(round_id: int) -> Response:
    line = _line(round_id)
    boards.reveal(session(), session().get_one(Board, line.round.board_id), actor_id=me().id, now=now())
    said = "已揭晓，所有人看到的都是真实名次；大屏换了地址，请重新打开。"
    return see_other(url_for("contests_office.contest", contest_id=line.contest.id), flash=said)
