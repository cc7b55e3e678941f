"""The host's pages: the quiz is prepared, then run from a console."""

import secrets
from random import Random
from typing import Any
from zlib import crc32

from flask import Blueprint, Response, request, url_for

from lms.clock import to_ms
from lms.contests.live_rules import explain
from lms.errors import Conflict, Invalid
from lms.livequiz import access, face_rules, queries, services, standing_queries, wall_queries
from lms.livequiz.forms import PrepareForm, StepForm, VoidForm
from lms.livequiz.order_rules import UNDOABLE, next_question
from lms.livequiz.queries import Running
from lms.livequiz.rules import EventKind
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.web import now, page, see_other, session

bp = Blueprint("livequiz_office", __name__, url_prefix="/office/livequiz")

hosting = requires(Permission.CONTEST_MANAGE)
STALE = "这个按钮已经失效，页面已更新，请看清现状再按。"


@bp.get("/rounds/<int:round_id>")
@hosting
def round_page(round_id: int) -> Response:
    """The quiz's way in: what it needs, or its console."""
    return _round_page(round_id, PrepareForm.shown())


def _round_page(round_id: int, form: PrepareForm, status: int = 200) -> Response:
    line = access.round_to_prepare(session(), me(), round_id, now=now())
    running = queries.find_running_of(session(), round_id)
    return page(
        "livequiz/office_round.html", status, line=line, running=running, form=form, words=explain(),
        joined=queries.count_joined(session(), round_id), active="contests",
    )  # fmt: skip


@bp.post("/rounds/<int:round_id>")
@hosting
def prepare(round_id: int) -> Response:
    line = access.round_to_prepare(session(), me(), round_id, now=now())
    form = PrepareForm.posted()
    if not form.validate():
        return _round_page(round_id, form, 422)
    back = url_for("livequiz_office.round_page", round_id=round_id)
    chance = Random(secrets.randbits(64))
    try:
        services.prepare(session(), line, seconds=form.seconds.data, actor_id=me().id, rng=chance, now=now())
    except (Invalid, Conflict) as refused:
        return see_other(back, flash=refused.message, kind="warn")
    return see_other(back, flash="已准备好：题目已抽定，到时间从主持台出题。")


def _desk(running: Running) -> dict[str, Any]:
    """What the console shows of the present state; the key included."""
    state, at = running.state, to_ms(now())
    standings = standing_queries.standings_of(session(), running)
    return {
        "running": running, "state": state, "quiz": running.quiz, "now_ms": at,
        "phase_name": face_rules.phase_name(state, at), "stretch": state.stretch(at),
        "question": queries.find_question(session(), running.quiz, state.question),
        "key": queries.find_key(session(), running.quiz, state.question) or [],
        "outcome": wall_queries.find_outcome(session(), running), "standings": standings,
        "next_question": next_question(state, running.count), "may_undo": state.last in UNDOABLE,
        "log": queries.list_log(session(), running.quiz.id), "active": "contests",
    }  # fmt: skip


@bp.get("/<int:quiz_id>")
@hosting
def host(quiz_id: int) -> Response:
    return _host(access.quiz_to_run(session(), me(), quiz_id), VoidForm.shown())


def _host(running: Running, form: VoidForm, status: int = 200) -> Response:
    return page("livequiz/host.html", status, **_desk(running), **_counts(running), form=form)


@bp.get("/<int:quiz_id>/desk")
@hosting
def desk(quiz_id: int) -> Response:
    """The console's moving part: sent again only when something moved, so that no button changes under a finger."""
    running = access.quiz_to_run(session(), me(), quiz_id)
    response = page("livequiz/_host.html", **_desk(running))
    marks = (running.quiz.sequence, running.state.stretch(to_ms(now())))
    response.set_etag(f"desk-{crc32(repr(marks).encode()):x}")
    return response.make_conditional(request)  # type: ignore[return-value]


def _counts(running: Running) -> dict[str, int]:
    return {
        "joined": queries.count_joined(session(), running.round.id),
        "answered": queries.count_answers(session(), running.quiz.id, running.state.turn),
    }


@bp.get("/<int:quiz_id>/counts")
@hosting
def counts(quiz_id: int) -> Response:
    """How many are there, and how many have answered."""
    running = access.quiz_to_run(session(), me(), quiz_id)
    return page("livequiz/_counts.html", **_counts(running), state=running.state)


@bp.post("/<int:quiz_id>/steps")
@hosting
def step(quiz_id: int) -> Response:
    running, form = access.quiz_to_run(session(), me(), quiz_id), StepForm.posted()
    if not form.validate():
        return _back(running, STALE)
    kind = EventKind(form.kind.data)
    return _append(running, kind, _data(running, kind, form), seen=form.seen.data)


def _data(running: Running, kind: EventKind, form: StepForm) -> dict[str, Any]:
    """What the step needs to say."""
    if kind is EventKind.ASKED:
        question = form.question.data
        return services.asking(running, -1 if question is None else question, now=now())
    if kind is EventKind.CLOSED:
        return services.closing(now=now())
    return services.resuming(running, now=now()) if kind is EventKind.RESUMED else {}


@bp.post("/<int:quiz_id>/voiding")
@hosting
def void(quiz_id: int) -> Response:
    """The question that stands counts for nobody."""
    running, form = access.quiz_to_run(session(), me(), quiz_id), VoidForm.posted()
    if not form.validate():
        return _host(running, form, 422)
    data = {"turn": running.state.turn, "reason": form.reason.data}
    return _append(running, EventKind.VOIDED, data, seen=running.quiz.sequence, said="这一题已作废，不计分。")


def _append(running: Running, kind: EventKind, data: dict[str, Any], *, seen: int, said: str = "") -> Response:
    try:
        services.append(session(), running, kind, data, seen=seen, actor_id=me().id, now=now())
    except Conflict as refused:
        return _back(running, refused.message)
    return see_other(url_for("livequiz_office.host", quiz_id=running.quiz.id), flash=said)


def _back(running: Running, problem: str) -> Response:
    return see_other(url_for("livequiz_office.host", quiz_id=running.quiz.id), flash=problem, kind="warn")
