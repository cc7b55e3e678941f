"""What organisers decide about the result of a round: when its board freezes and is revealed, and what follows from its publication."""

from flask import Blueprint, Response, url_for

from lms import clock
from lms.contests import access, award_queries, award_rules, award_services, team_queries
from lms.contests.forms import instant
from lms.contests.queries import RoundLine
from lms.contests.result_forms import AwardForm, FreezeForm, award_values
from lms.contests.rules import TEAM_KINDS, Phase, RoundKind
from lms.errors import Invalid
from lms.leaderboard import queries as board_queries
from lms.leaderboard import services as boards
from lms.leaderboard.models import TAKES_RESULTS, Board
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.web import now, page, see_other, session

bp = Blueprint("results_office", __name__, url_prefix="/office/contests")

managing = requires(Permission.CONTEST_MANAGE)


def _line(round_id: int) -> RoundLine:
    return access.round_to_handle(session(), me(), round_id, Permission.CONTEST_MANAGE, now=now())


def _page(
    line: RoundLine, status: int = 200, freeze_form: FreezeForm | None = None, award_form: AwardForm | None = None
) -> Response:
    at = clock.local(line.freezes_at).replace(tzinfo=None) if line.freezes_at else None
    rule, newest = _rule(line), board_queries.find_publication(session(), line.round.board_id)
    return page(
        "contests/office_outcome.html",
        status,
        line=line,
        freeze_form=freeze_form or FreezeForm.shown(data={"freezes_at": at}),
        may_freeze=line.board_state in TAKES_RESULTS and (line.freezes_at is None or now() < line.freezes_at),
        has_people=line.round.kind is not RoundKind.PRACTICE,
        of_teams=line.round.kind in TEAM_KINDS,
        may_choose=line.phase is not Phase.PUBLISHED,
        award_form=_award_form(line, award_form or AwardForm.shown(data=award_values(rule))),
        words=award_rules.explain(rule),
        preview=award_queries.preview(session(), line) if line.is_over else None,
        followed=award_queries.find_followed(session(), line.round, newest) if newest else None,
        shown=award_queries.SHOWN,
        active="contests",
    )


def _award_form(line: RoundLine, form: AwardForm) -> AwardForm:
    if "team_most" in form and team_queries.find_terms(session(), line.contest.id) is None:
        form.drop_teams()
    return form


def _rule(line: RoundLine) -> award_rules.AwardRule:
    return award_queries.find_award(session(), line.round.id)


@bp.get("/rounds/<int:round_id>/outcome")
@managing
def index(round_id: int) -> Response:
    return _page(_line(round_id))


def _back(line: RoundLine, said: str) -> Response:
    return see_other(url_for("results_office.index", round_id=line.round.id), flash=said)


@bp.post("/rounds/<int:round_id>/award")
@managing
def award(round_id: int) -> Response:
    line = _line(round_id)
    form = _award_form(line, AwardForm.posted())
    if not form.validate():
        return _page(line, 422, award_form=form)
    board = access.board_to_handle(session(), line)
    try:
        rule = form.rule(board.full_millis)
        award_services.choose_award(session(), line, rule, actor_id=me().id, now=now())
    except Invalid as refused:
        form.refuse(refused)
        return _page(line, 422, award_form=form)
    return _back(line, "已保存，公布时照此办理。" if rule.does_anything else "已保存：公布后不表彰、不记学时。")


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
    return _back(line, "封榜时间已定，到时名次停住，揭晓后才继续。" if at else "不封榜。")


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
