"""Practice for oneself: today's questions, by line, a challenge, a mock round, the wrong-question book, weak points."""

from typing import Any

from flask import Blueprint, Response, current_app, request, url_for

from lms import clock
from lms.errors import Conflict, Invalid, LmsError, NotFound
from lms.people.guard import me, requires
from lms.people.line_rules import LINE_NAMES, Line
from lms.people.rules import Permission
from lms.quizzes import access, key_queries, practice_memory, practice_queries, practice_rules, rules
from lms.quizzes.forms import PractiseForm
from lms.quizzes.models import Attempt
from lms.quizzes.posted_sheet import read_sheet
from lms.quizzes.practice_models import PracticeEntry, PracticeRun
from lms.quizzes.practice_rules import Act, Mode, Share
from lms.quizzes.queries import ShownQuestion
from lms.quizzes.rules import KIND_LABELS, Kind, Purpose
from lms.quizzes.services import practice
from lms.quizzes.services.practice import AnsweredAlready
from lms.web import now, page, see_other, session

bp = Blueprint("practice", __name__, url_prefix="/practice", template_folder="templates")

practising = requires(Permission.COURSE_STUDY)
BOOK_SHOWN = 50


@bp.get("")
@practising
def index() -> Response:
    return _index(PractiseForm.shown())


def _index(form: PractiseForm, status: int = 200) -> Response:
    person, on = me().id, clock.today(now())
    book = practice_queries.find_book(session(), person, now())
    daily = practice_queries.find_daily(session(), person, on)
    return page(
        "quizzes/practice.html",
        status,
        form=form,
        due=practice_queries.count_due(session(), person, now(), on),
        in_book=len(book),
        daily=daily,
        daily_left=_left(daily) if daily else practice_rules.DAILY_COUNT,
        best=practice_queries.best_challenge(session(), person),
        mock=current_app.extensions["next_mock"](session(), me(), now()),
        words=practice_rules.sentence(practice.line_shares(session(), person, now())),
        active="contests",
    )


def _left(run: PracticeRun) -> int:
    """Questions of the run that are still to be answered."""
    answered = practice_queries.list_answers(session(), run.id)
    return sum(at not in answered for at in practice_queries.list_askable_positions(session(), run, now()))


@bp.post("/runs")
@practising
def start() -> Response:
    form = PractiseForm.posted()
    if not form.validate():
        return _index(form, 422)
    asked: dict[str, Any] = {}
    if form.mode.data == Mode.LINE:
        line, kind = form.line.data, form.kind.data
        asked = {"line": Line(line) if line else None, "kind": Kind(kind) if kind else None, "count": form.count.data}
    try:
        run = practice.start_run(session(), me(), Mode(form.mode.data), now=now(), **asked)
    except Conflict as refused:
        return see_other(url_for("practice.index"), flash=refused.message, kind="warn")
    return see_other(url_for("practice.run", run_id=run.id))


@bp.post("/mocks/<int:round_id>")
@practising
def mock(round_id: int) -> Response:
    try:
        attempt: Attempt = current_app.extensions["begin"](session(), me(), Purpose.MOCK, round_id, now())
    except (Conflict, Invalid) as refused:
        return see_other(url_for("practice.index"), flash=refused.message, kind="warn")
    return see_other(url_for("quizzes.attempt", attempt_id=attempt.id))


# --- one question after the other


@bp.get("/runs/<int:run_id>")
@practising
def run(run_id: int) -> Response:
    """The next question, the verdict on an answered one (`?at=`), or how the run went."""
    found = access.run_of(session(), me(), run_id)
    answers = practice_queries.list_answers(session(), found.id)
    at = request.args.get("at", "")
    if at.isdecimal() and len(at) < 5 and int(at) in answers:
        return _verdict_page(found, answers, answers[int(at)])
    position = _next(found, answers)
    if position is None:
        return _summary_page(found, answers)
    return _question_page(found, answers, practice_queries.find_shown(session(), found, position))


def _next(found: PracticeRun, answers: dict[int, PracticeEntry]) -> int | None:
    askable = practice_queries.list_askable_positions(session(), found, now())
    return practice_rules.next_position(found.mode, {at: e.fraction for at, e in answers.items()}, askable)


@bp.post("/runs/<int:run_id>/answers/<int:position>")
@practising
def answer(run_id: int, position: int) -> Response:
    found = access.run_of(session(), me(), run_id)
    if not 0 < position <= len(found.sheet):
        raise NotFound()
    asked = practice_queries.find_shown(session(), found, position)
    sheet = read_sheet([asked], request.form)
    answers = practice_queries.list_answers(session(), found.id)
    if sheet.unclear:
        return _question_page(found, answers, sheet.questions[0], "每一项要有一个名次，名次不能重复。", sheet.places)
    here = url_for("practice.run", run_id=run_id)
    try:
        practice.answer(session(), found, position, sheet.choices[position], now=now())
    except Invalid as refused:
        return _question_page(found, answers, sheet.questions[0], refused.message, sheet.places)
    except AnsweredAlready:
        pass  # sent twice: what was answered first is shown
    except LmsError as refused:
        return see_other(here, flash=refused.message, kind="warn")
    return see_other(url_for("practice.run", run_id=run_id, at=position))


def _question_page(
    found: PracticeRun,
    answers: dict[int, PracticeEntry],
    question: ShownQuestion,
    problem: str = "",
    places: dict[str, str] | None = None,
) -> Response:
    more = {"problem": problem, "places": places or {}, "most_characters": rules.MAX_SHORT}
    return page(
        "quizzes/practice_question.html", 422 if problem else 200, question=question, **_run(found, answers), **more
    )


def _verdict_page(found: PracticeRun, answers: dict[int, PracticeEntry], entry: PracticeEntry) -> Response:
    assert entry.position is not None
    assert entry.version_id is not None
    assert entry.fraction is not None
    card = practice_queries.find_card(session(), me().id, entry.question_id)
    return page(
        "quizzes/practice_verdict.html",
        question=practice_queries.find_shown(session(), found, entry.position, entry.choice),
        key=key_queries.find_practised_key(session(), entry.version_id, entry.fraction),
        card=card,
        is_last=_next(found, answers) is None,
        **_run(found, answers),
    )


def _summary_page(found: PracticeRun, answers: dict[int, PracticeEntry]) -> Response:
    return page(
        "quizzes/practice_summary.html",
        answers=answers,
        best=practice_queries.best_challenge(session(), me().id) if found.mode is Mode.CHALLENGE else 0,
        due=practice_queries.count_due(session(), me().id, now(), clock.today(now())),
        **_run(found, answers),
    )


def _run(found: PracticeRun, answers: dict[int, PracticeEntry]) -> dict[str, Any]:
    """What every page of a run shows."""
    return {
        "run": found,
        "title": practice_rules.MODE_LABELS[found.mode],
        "topic": _topic(found),
        "right": sum(practice_rules.is_right(entry.fraction) for entry in answers.values()),
        "answered": len(answers),
        "total": len(found.sheet),
        "kinds": KIND_LABELS,
        "letter": rules.letter,
        "active": "contests",
    }


def _topic(found: PracticeRun) -> str:
    """What was asked for, in words; "" for everything."""
    parts = [LINE_NAMES[found.line] if found.line else "", KIND_LABELS[found.kind] if found.kind else ""]
    return " · ".join(part for part in parts if part)


# --- the wrong-question book and the weak points


@bp.get("/book")
@practising
def book() -> Response:
    on = clock.today(now())
    found = practice_queries.find_book(session(), me().id, now())
    lines = practice_queries.list_book_lines(session(), found)
    return page(
        "quizzes/practice_book.html",
        lines=lines[:BOOK_SHOWN],
        count=len(lines),
        retired=len(found) - len(lines),
        due=practice_queries.count_due(session(), me().id, now(), on),
        on=on,
        withheld=practice_queries.find_withheld(session(), me().id, now()),
        leaves_when=practice_memory.LEAVES_WHEN,
        lines_of=LINE_NAMES,
        kinds=KIND_LABELS,
        active="contests",
    )


@bp.post("/book/<int:question_id>")
@practising
def judge(question_id: int) -> Response:
    """Kept or taken out by hand."""
    act = Act.KEEP if request.form.get("act") == Act.KEEP else Act.REMOVE
    practice.judge_by_hand(session(), me().id, question_id, act, now=now())
    told = {Act.KEEP: "已留在错题本，答对也不会自动移出", Act.REMOVE: "已移出错题本，再答错会重新收进来"}
    return see_other(url_for("practice.book"), flash=told[act])


@bp.get("/topics")
@practising
def topics() -> Response:
    lines = practice.line_shares(session(), me().id, now())
    kinds = practice.kind_shares(session(), me().id, now())
    return page(
        "quizzes/practice_topics.html",
        lines=_bars(lines),
        kinds=_bars(kinds),
        words=practice_rules.sentence(lines),
        weak_line=practice_rules.weakest(lines),
        weak_kind=practice_rules.weakest(kinds),
        days=practice_rules.LOOK_BACK.days,
        active="contests",
    )


def _bars(shares: list[Share]) -> list[dict[str, object]]:
    """Rows of a bar chart, the weakest first."""
    rows = practice_rules.by_weakness(shares)
    return [{"label": e.label, "value": e.percent, "shown": f"{e.percent}%（{e.right}/{e.total}）"} for e in rows]
