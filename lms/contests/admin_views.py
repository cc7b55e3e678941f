"""Contests in the back office: prepared, opened, ended, reviewed, put on notice, published."""

from flask import Blueprint, Response, request, url_for

from lms import clock
from lms.audit import services as audit
from lms.contests import (
    access,
    advancement_queries,
    award_queries,
    award_rules,
    entry_queries,
    queries,
    rules,
    services,
    team_queries,
)
from lms.contests.export import facts, workbook
from lms.contests.forms import (
    ALL,
    ContestForm,
    LeaveForm,
    ReasonForm,
    ReplyForm,
    ReviewForm,
    moment,
    offer_audiences,
    usual_dates,
)
from lms.contests.plan_rules import PRESETS
from lms.contests.queries import RoundLine
from lms.contests.rules import FINAL, GRAND, Phase, RoundKind
from lms.contests.services.contests import Plan
from lms.errors import Invalid, NotFound
from lms.leaderboard import notice_rules
from lms.leaderboard import queries as boards
from lms.people import access as people_access
from lms.people import queries as people
from lms.people.guard import keys, me, requires
from lms.people.line_rules import Line
from lms.people.models import Person, Unit
from lms.people.rules import Permission
from lms.web import Page, attachment, now, page, page_number, see_other, session
from lms.web.spreadsheets import XLSX
from lms.workdays import queries as workdays

bp = Blueprint("contests_office", __name__, url_prefix="/office/contests")

PAGE_ROWS = 50


@bp.get("")
@requires(Permission.RANKING_REVIEW)
def index() -> Response:
    scope = people_access.scope(session(), me(), Permission.RANKING_REVIEW)
    lines = queries.list_rounds_in(session(), scope, now=now())
    return page("contests/office_index.html", lines=lines, active="contests")


# --- preparing -----------------------------------------------------------------------------------------------------


@bp.get("/new")
@requires(Permission.CONTEST_MANAGE)
def new() -> Response:
    owner = access.unit_to_own_contests(session(), me())
    today = clock.today(now())
    dates = usual_dates(today, workdays.overrides(session(), today))
    return _form_page(_with_units(ContestForm.shown(data=dates), owner))


@bp.post("/new")
@requires(Permission.CONTEST_MANAGE)
def create() -> Response:
    owner = access.unit_to_own_contests(session(), me())
    form = _with_units(ContestForm.posted(), owner)
    if not form.validate():
        return _form_page(form, 422)
    try:
        plan = _plan(form, owner)
        preset = FINAL if plan.kind is RoundKind.STAGE else GRAND
        contest = services.create_from_preset(session(), plan, owner=owner, actor_id=me().id, now=now(), preset=preset)
    except Invalid as refused:
        form.refuse(refused)
        return _form_page(form, 422)
    return see_other(
        url_for("contests_office.contest", contest_id=contest.id), flash="已建好，检查无误后点“开放比拼”。"
    )


def _form_page(form: ContestForm, status: int = 200) -> Response:
    return page("contests/office_new.html", status, form=form, preset=GRAND, presets=PRESETS, active="contests")


def _with_units(form: ContestForm, owner: Unit) -> ContestForm:
    offer_audiences(form.audience, owner, people.list_units(session()))
    return form


def _plan(form: ContestForm, owner: Unit) -> Plan:
    """A contest of a unit below the top is for that unit at most."""
    chosen = people.find_unit(session(), int(form.audience.data)) if form.audience.data != ALL else None
    return Plan(
        title=form.title.data,
        line=Line(form.line.data) if form.line.data != ALL else None,
        kind=RoundKind(form.kind.data),
        audience=chosen or (owner if owner.parent_id is not None else None),
        opens_at=moment(form.opens_at.data),
        closes_at=moment(form.closes_at.data),
        cut_off_on=form.cut_off_on.data,
        participation_percent=form.participation_percent.data,
        hours_quarters=form.hours.data * 4,
    )


# --- one contest ---------------------------------------------------------------------------------------------------


@bp.get("/<int:contest_id>")
@requires(Permission.RANKING_REVIEW)
def contest(contest_id: int) -> Response:
    lines = access.contest_to_handle(session(), me(), contest_id, Permission.RANKING_REVIEW, now=now())
    chosen = [line for line in lines if str(line.round.id) == request.args.get("round")]
    return _contest_page(chosen[0] if chosen else _in_hand(lines))


def _in_hand(lines: list[RoundLine]) -> RoundLine:
    """The first round whose result is not through, or the last one."""
    ordered = queries.in_order(lines)
    return next((line for line in ordered if not _is_through(line)), ordered[-1])


def _is_through(line: RoundLine) -> bool:
    is_over_practice = line.round.kind is RoundKind.PRACTICE and line.is_over
    return is_over_practice or line.phase is Phase.PUBLISHED


def _contest_page(line: RoundLine, status: int = 200, **forms: object) -> Response:
    """The page of a contest in hand; a refused form comes back in its place."""
    round_, board = line.round, access.board_to_handle(session(), line)
    blank = {"review_form": ReviewForm, "reason_form": ReasonForm, "leave_form": LeaveForm}
    return page(
        "contests/office_contest.html",
        status,
        line=line,
        lines=queries.in_order(queries.list_rounds_of(session(), line.contest.id, now=now())),
        words=entry_queries.words_of(round_, entry_queries.titles_of(session(), line.contest.id)),
        later=advancement_queries.list_later_rounds(session(), round_.id),
        contest=line.contest,
        board=board,
        live_key=boards.as_shown(board, now()).live_key,
        steps=rules.steps(line.phase, round_.notice_from_on, round_.notice_until_on, title=round_.title),
        answering=queries.count_open_attempts(session(), round_.id),
        objections=queries.list_objections(session(), round_.id),
        lacks_teams=round_.kind is RoundKind.TEAM_ONLINE and not team_queries.find_terms(session(), line.contest.id),
        leaves=queries.list_leaves(session(), round_.id),
        page_leaves=queries.list_page_leaves(session(), round_.id),
        versions=boards.list_versions(session(), round_.board_id),
        obstacle=_obstacle(line),
        has_moved=_has_moved(line),
        award_words=award_rules.explain(award_queries.find_award(session(), round_.id)),
        **{name: forms.get(name) or form.shown() for name, form in blank.items()},
        active="contests",
    )


def _has_moved(line: RoundLine) -> bool:
    """Whether the published list may no longer say what the board says."""
    newest = boards.find_publication(session(), line.round.board_id) if line.phase is Phase.PUBLISHED else None
    return newest is not None and boards.has_moved_since(session(), line.round.board_id, newest.published_at)


def _obstacle(line: RoundLine) -> str | None:
    if line.phase is not Phase.NOTICE:
        return None
    return notice_rules.publication_obstacle(
        notice_until_on=line.round.notice_until_on,
        today=clock.today(now()),
        open_objections=queries.count_open_objections(session(), line.round.id),
        reviewer_id=line.round.reviewed_by_id,
        actor_id=me().id,
    )


@bp.post("/<int:contest_id>/opening")
@requires(Permission.CONTEST_MANAGE)
def open_contest(contest_id: int) -> Response:
    lines = access.contest_to_handle(session(), me(), contest_id, Permission.CONTEST_MANAGE, now=now())
    services.open_contest(session(), lines[0].contest, actor_id=me().id, now=now())
    return _back(lines[0], "已开放，范围内的人现在能看到。")


@bp.post("/<int:contest_id>/withdrawal")
@requires(Permission.CONTEST_MANAGE)
def withdraw(contest_id: int) -> Response:
    lines = access.contest_to_handle(session(), me(), contest_id, Permission.CONTEST_MANAGE, now=now())
    form = ReasonForm.posted()
    if not form.validate():
        return _contest_page(lines[0], 422, reason_form=form)
    services.withdraw_contest(session(), lines[0].contest, actor_id=me().id, reason=form.reason.data, now=now())
    return _back(lines[0], "已撤下，学员不再看到这次比拼。")


def _back(line: RoundLine, said: str) -> Response:
    return see_other(_address(line), flash=said)


def _address(line: RoundLine) -> str:
    return url_for("contests_office.contest", contest_id=line.contest.id, round=line.round.id)


# --- the way of the result -----------------------------------------------------------------------------------------


def _line(round_id: int, permission: Permission) -> RoundLine:
    return access.round_to_handle(session(), me(), round_id, permission, now=now())


@bp.post("/rounds/<int:round_id>/leaves")
@requires(Permission.CONTEST_MANAGE)
def approve_leave(round_id: int) -> Response:
    line, form = _line(round_id, Permission.CONTEST_MANAGE), LeaveForm.posted()
    person = _named(form.staff_no.data) if form.validate() else None
    if person is None:
        if not form.errors:
            form.staff_no.errors = ["没有找到这个工号，请核对。"]
        return _contest_page(line, 422, leave_form=form)
    services.approve_leave(session(), line, person, reason=form.cause.data, actor_id=me().id, now=now())
    return _back(line, f"已登记{person.name}请假，不计入应参加人数。")


def _named(staff_no: str) -> Person | None:
    return people_access.find_person_by_number(session(), me(), staff_no, Permission.CONTEST_MANAGE, clock.today(now()))


@bp.post("/rounds/<int:round_id>/ending")
@requires(Permission.CONTEST_MANAGE)
def end(round_id: int) -> Response:
    line = _line(round_id, Permission.CONTEST_MANAGE)
    services.end_round(session(), line, actor_id=me().id, now=now())
    return _back(line, "已结束，正在作答的人可以答到自己的时限。")


@bp.post("/rounds/<int:round_id>/settling")
@requires(Permission.CONTEST_MANAGE)
def settle(round_id: int) -> Response:
    line = _line(round_id, Permission.CONTEST_MANAGE)
    settled = services.settle_round(session(), line, now=now())
    return _back(line, "答卷已收齐，可以复核。" if settled else "还有人在作答，收齐后再来；到时系统也会自动进入复核。")


@bp.post("/rounds/<int:round_id>/review")
@requires(Permission.RANKING_REVIEW)
def review(round_id: int) -> Response:
    line, form = _line(round_id, Permission.RANKING_REVIEW), ReviewForm.posted()
    if not form.validate():
        return _contest_page(line, 422, review_form=form)
    services.review(session(), line, note=form.note.data, actor_id=me().id, now=now())
    return _back(line, "复核通过，可以开始公示。")


@bp.post("/rounds/<int:round_id>/notice-period")
@requires(Permission.RANKING_PUBLISH)
def start_notice(round_id: int) -> Response:
    line = _line(round_id, Permission.RANKING_PUBLISH)
    services.start_notice(session(), line, actor_id=me().id, now=now())
    return _back(line, "公示已开始。")


@bp.post("/objections/<int:objection_id>/reply")
@requires(Permission.RANKING_REVIEW)
def answer_objection(objection_id: int) -> Response:
    objection, line = access.objection_to_answer(session(), me(), objection_id, now=now())
    form = ReplyForm.posted()
    if not form.validate():
        return see_other(_address(line), flash="请写下答复，最多 500 个字。", kind="warn")
    link = url_for("contests.board", round_id=line.round.id)
    services.answer_objection(session(), objection, reply=form.reply.data, link=link, actor_id=me().id, now=now())
    return _back(line, "答复已发出。")


@bp.post("/rounds/<int:round_id>/publication")
@requires(Permission.RANKING_PUBLISH)
def publish(round_id: int) -> Response:
    line = _line(round_id, Permission.RANKING_PUBLISH)
    board = access.board_to_handle(session(), line)
    services.publish(session(), line, board, keys=keys(), actor_id=me().id, now=now())
    return _back(line, "已公布，这一版不会再变；需要改动时发布更正版。")


@bp.post("/rounds/<int:round_id>/correction")
@requires(Permission.RANKING_PUBLISH)
def correct(round_id: int) -> Response:
    line, form = _line(round_id, Permission.RANKING_PUBLISH), ReasonForm.posted()
    if not form.validate():
        return _contest_page(line, 422, reason_form=form)
    board = access.board_to_handle(session(), line)
    ranking = services.correct(
        session(), line, board, keys=keys(), reason=form.reason.data, actor_id=me().id, now=now()
    )
    return _back(line, f"第 {ranking.version} 版已公布，改动列在公布页上。")


# --- the complete list ---------------------------------------------------------------------------------------------


@bp.get("/rounds/<int:round_id>/standings")
@requires(Permission.RANKING_REVIEW)
def standings(round_id: int) -> Response:
    line = _line(round_id, Permission.RANKING_REVIEW)
    board = access.board_to_handle(session(), line)
    total = boards.count_people(session(), board.id)
    number = min(page_number(), max(1, -(-total // PAGE_ROWS)))
    rows = boards.list_lines(session(), board, offset=(number - 1) * PAGE_ROWS, limit=PAGE_ROWS)
    units = boards.unit_board(session(), board, now=now()) if number == 1 else None
    listing = Page(rows, number, total, PAGE_ROWS)
    return page("contests/office_standings.html", line=line, listing=listing, units=units, active="contests")


@bp.post("/rounds/<int:round_id>/complete")
@requires(Permission.RANKING_REVIEW)
def export_complete(round_id: int) -> Response:
    """The complete published list as a workbook; who took it is noted."""
    line = _line(round_id, Permission.RANKING_REVIEW)
    ranking = boards.find_publication(session(), line.round.board_id)
    if ranking is None:
        raise NotFound()
    complete = boards.load_complete(session(), ranking)
    body = workbook(complete, facts(ranking, complete, "complete"))
    detail = {"version": ranking.version, "people": complete["total"]}
    audit.record(session(), me().id, "ranking:export", f"round:{round_id}", detail, now=now())
    return attachment(body, f"ranking-{round_id}-complete.xlsx", XLSX)
