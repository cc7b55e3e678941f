"""Integrity for reviewers: the signals of a round, and the case files."""

from flask import Blueprint, Response, request, url_for

from lms.contests import access, integrity_queries, integrity_rules, integrity_services
from lms.contests.integrity_forms import DecisionForm, HearingForm, OpenCaseForm, UndoForm
from lms.contests.integrity_models import IntegrityCase
from lms.contests.integrity_rules import Signal
from lms.contests.queries import RoundLine
from lms.errors import Conflict, NotFound
from lms.leaderboard.models import TAKES_RESULTS
from lms.people import queries as people
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.web import Form, now, page, see_other, session

bp = Blueprint("integrity", __name__, url_prefix="/office/contests")

reviewing = requires(Permission.RANKING_REVIEW)
SHOWN = 50


@bp.get("/rounds/<int:round_id>/integrity")
@reviewing
def index(round_id: int) -> Response:
    line = access.round_to_handle(session(), me(), round_id, Permission.RANKING_REVIEW, now=now())
    signals = integrity_queries.list_signals(session(), round_id)
    names = people.names_of(session(), sorted({person for one in signals[:SHOWN] for person in one.people}))
    return page(
        "contests/integrity.html", line=line, signals=signals[:SHOWN], total=len(signals), names=names,
        counts=integrity_queries.signals_by_kind(signals), cases=integrity_queries.list_cases(session(), round_id),
        active="contests",
    )  # fmt: skip


@bp.get("/rounds/<int:round_id>/integrity/new")
@reviewing
def new(round_id: int) -> Response:
    line = access.round_to_handle(session(), me(), round_id, Permission.RANKING_REVIEW, now=now())
    return _new_page(line, OpenCaseForm.shown(), _asked_people(round_id))


@bp.post("/rounds/<int:round_id>/integrity/new")
@reviewing
def open_case(round_id: int) -> Response:
    line = access.round_to_handle(session(), me(), round_id, Permission.RANKING_REVIEW, now=now())
    form, whom = OpenCaseForm.posted(), _asked_people(round_id)
    if not form.validate():
        return _new_page(line, form, whom, 422)
    signals = _about(round_id, whom)
    case = integrity_services.open_case(
        session(), line, whom, signals, reason=form.reason.data, actor_id=me().id, now=now()
    )
    return see_other(url_for("integrity.case", case_id=case.id), flash="已立案，请先听取本人说明。")


def _asked_people(round_id: int) -> list[int]:
    """The one or two participants the address names."""
    found = [int(text) for text in request.args.getlist("person") if text.isdecimal() and len(text) < 16]
    if not 1 <= len(found) <= 2 or not integrity_queries.took_part(session(), round_id, found):
        raise NotFound()
    return found


def _about(round_id: int, whom: list[int]) -> list[Signal]:
    return [one for one in integrity_queries.list_signals(session(), round_id) if set(one.people) <= set(whom)]


def _new_page(line: RoundLine, form: Form, whom: list[int], status: int = 200) -> Response:
    names = people.names_of(session(), whom)
    return page(
        "contests/integrity_new.html", status, line=line, form=form, whom=whom, names=names,
        signals=_about(line.round.id, whom), active="contests",
    )  # fmt: skip


# --- a case --------------------------------------------------------------------------------------------------------


def _case(case_id: int) -> tuple[IntegrityCase, RoundLine]:
    return access.case_to_handle(session(), me(), case_id, now=now())


def _case_page(case: IntegrityCase, line: RoundLine, status: int = 200, problem: str = "", **forms: Form) -> Response:
    shown = integrity_queries.line_of(session(), case)
    decision = DecisionForm.shown()
    decision.annulled.choices = _choices(case)
    obstacle = integrity_rules.decision_obstacle(
        case.state, opened_by_id=case.opened_by_id, actor_id=me().id, takes_results=line.board_state in TAKES_RESULTS
    )
    blank = {"hearing_form": HearingForm.shown(), "decision_form": decision, "undo_form": UndoForm.shown()}
    return page(
        "contests/integrity_case.html", status, line=line, shown=shown, case=case, problem=problem, obstacle=obstacle,
        annulments=integrity_queries.list_annulments(session(), case.id), active="contests", **(blank | forms),
    )  # fmt: skip


def _choices(case: IntegrityCase) -> list[tuple[str, str]]:
    whom = integrity_queries.people_of(case)
    names = people.names_of(session(), whom)
    return [(str(person), f"{names[person]}的成绩作废") for person in whom]


def _back(case: IntegrityCase, said: str) -> Response:
    return see_other(url_for("integrity.case", case_id=case.id), flash=said)


@bp.get("/cases/<int:case_id>")
@reviewing
def case(case_id: int) -> Response:
    return _case_page(*_case(case_id))


@bp.post("/cases/<int:case_id>/hearing")
@reviewing
def hear(case_id: int) -> Response:
    (case, line), form = _case(case_id), HearingForm.posted()
    if not form.validate():
        return _case_page(case, line, 422, hearing_form=form)
    integrity_services.note_hearing(session(), case, text=form.text.data, actor_id=me().id, now=now())
    return _back(case, "已记下，请另一位复核人作决定。")


@bp.post("/cases/<int:case_id>/decision")
@reviewing
def decide(case_id: int) -> Response:
    (case, line), form = _case(case_id), DecisionForm.posted()
    form.annulled.choices = _choices(case)
    if not form.validate():
        return _case_page(case, line, 422, decision_form=form)
    annulled = [int(person) for person in form.annulled.data or []]
    try:
        integrity_services.decide(session(), case, line, annulled, text=form.text.data, actor_id=me().id, now=now())
    except Conflict as refused:
        return _case_page(case, line, refused.status, refused.message, decision_form=form)
    return _back(case, "成绩已作废，榜单随之变动。" if annulled else "已决定不作处理。")


@bp.post("/cases/<int:case_id>/undo-request")
@reviewing
def ask_undo(case_id: int) -> Response:
    (case, line), form = _case(case_id), UndoForm.posted()
    if not form.validate():
        return _case_page(case, line, 422, undo_form=form)
    integrity_services.ask_undo(session(), case, reason=form.reason.data, actor_id=me().id, now=now())
    return _back(case, "已申请恢复，请另一位复核人确认。")


@bp.post("/cases/<int:case_id>/undo")
@reviewing
def confirm_undo(case_id: int) -> Response:
    case, line = _case(case_id)
    integrity_services.confirm_undo(session(), case, line, actor_id=me().id, now=now())
    return _back(case, "成绩已恢复，榜单和作废以前一样。")
