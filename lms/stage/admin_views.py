"""The consoles: prepared by the organiser, run by the host, judged and corrected by the jury, kept by the score keeper."""

import secrets
from collections.abc import Mapping
from random import Random
from typing import Any
from zlib import crc32

from flask import Blueprint, Response, request, url_for

from lms.clock import to_ms
from lms.errors import Conflict, Invalid
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.printing.codes import qr_address
from lms.stage import access, face_rules, queries, services
from lms.stage.forms import CorrectionForm, JudgementForm, MarkForm, StepForm
from lms.stage.order_rules import next_question, tied
from lms.stage.queries import Running
from lms.stage.rules import RISKS, SEGMENT_WORDS, SEGMENTS, EventKind, Segment
from lms.web import now, page, see_other, session

bp = Blueprint("stage_office", __name__, url_prefix="/office/stage")

hosting = requires(Permission.CONTEST_MANAGE)
judging = requires(Permission.RANKING_REVIEW)
STALE = "这个按钮已经失效，页面已更新，请看清现状再按。"
MARKS = (
    ("必答答对", 10), ("抢答答对", 10), ("抢答答错", -10), ("抢跑", -10), ("风险题对", 10), ("风险题对", 20), ("风险题对", 30),
    ("风险题错", -10), ("风险题错", -20), ("风险题错", -30), ("加赛对", 1), ("加赛错", -1),
)  # fmt: skip


@bp.get("/rounds/<int:round_id>")
@judging
def round_page(round_id: int) -> Response:
    """The final's way in: what it needs, or its consoles."""
    line = access.round_to_prepare(session(), me(), round_id, now=now())
    running = queries.find_running_of(session(), round_id, now=now())
    teams = queries.list_teams(session(), line.round)
    return page(
        "stage/office_round.html", line=line, running=running, teams=teams, segments=SEGMENTS, words=SEGMENT_WORDS,
        active="contests",
    )  # fmt: skip


@bp.post("/rounds/<int:round_id>")
@hosting
def prepare(round_id: int) -> Response:
    line = access.round_to_prepare(session(), me(), round_id, now=now())
    back = url_for("stage_office.round_page", round_id=round_id)
    try:
        services.prepare(session(), line, actor_id=me().id, rng=Random(secrets.randbits(64)), now=now())
    except (Invalid, Conflict) as refused:
        return see_other(back, flash=refused.message, kind="warn")
    return see_other(back, flash="已准备好：题目已抽定，各队有了队伍码。")


def _running(final_id: int, permission: Permission) -> Running:
    return access.final_to_run(session(), me(), final_id, permission, now=now())


def _desk(running: Running) -> dict[str, Any]:
    """What every console shows of the present state; keys and true scores included."""
    state, final = running.state, running.final
    return {
        "running": running, "state": state, "final": final, "names": running.names,
        "face": face_rules.face(state, running.names, queries.find_question(session(), final, state.question), None),
        "key": queries.find_key(session(), final, state.question),
        "scores": face_rules.true_scores(state, running.names), "segments": SEGMENTS, "risks": RISKS,
        "next_question": next_question(state, len(final.questions)), "tied": tied(state), "now_ms": to_ms(now()), "at": now(),
        "active": "contests",
    }  # fmt: skip


def _fragment(template: str, running: Running, **context: Any) -> Response:
    """A console's moving part: sent again only when something moved, so that no button changes under a finger."""
    state = running.state
    marks = (running.final.sequence, state.phase, state.team, len(state.decision.order), sorted(state.penalised))
    response = page(template, **_desk(running), **context)
    response.set_etag(f"{template}-{crc32(repr(marks).encode()):x}")
    return response.make_conditional(request)  # type: ignore[return-value]


# --- the host ------------------------------------------------------------------------------------------------------


@bp.get("/<int:final_id>")
@hosting
def host(final_id: int) -> Response:
    running = _running(final_id, Permission.CONTEST_MANAGE)
    return page("stage/host.html", **_desk(running), log=queries.list_log(session(), running, limit=12))


@bp.get("/<int:final_id>/desk")
@hosting
def host_desk(final_id: int) -> Response:
    running = _running(final_id, Permission.CONTEST_MANAGE)
    return _fragment("stage/_host.html", running, log=queries.list_log(session(), running, limit=12))


@bp.get("/<int:final_id>/devices")
@judging
def devices(final_id: int) -> Response:
    running = _running(final_id, Permission.RANKING_REVIEW)
    return page("stage/_devices.html", running=running, at=now())


@bp.post("/<int:final_id>/steps")
@hosting
def step(final_id: int) -> Response:
    running, form = _running(final_id, Permission.CONTEST_MANAGE), StepForm.posted()
    if not form.validate():
        return _back(running, "stage_office.host", STALE)
    kind = EventKind(form.kind.data)
    return _append(running, "stage_office.host", kind, _data(running, kind, form), seen=form.seen.data)


def _data(running: Running, kind: EventKind, form: StepForm) -> Mapping[str, Any]:
    """What the step needs to say."""
    if kind is EventKind.SEGMENT:
        return services.segment_data(running, Segment(form.segment.data or Segment.REQUIRED))
    if kind is EventKind.OPENED:
        return services.opening_data(now())
    names = {
        EventKind.CALLED: ("team",), EventKind.CHOSEN: ("team", "points"), EventKind.SHOWN: ("question", "team"),
        EventKind.REVEALED: ("teams",),
    }.get(kind, ())  # fmt: skip
    data = {name: form[name].data for name in names}
    if kind is EventKind.JUDGED:
        data["right"] = form.right.data == "yes"
    return data


def _append(
    running: Running, back: str, kind: EventKind, data: Mapping[str, Any], *, seen: int | None = None, said: str = ""
) -> Response:
    """The step, and the console again; `seen` None: on whatever stands now."""
    at = running.final.sequence if seen is None else seen
    try:
        services.append(session(), running, kind, data, seen=at, actor_id=me().id, now=now())
    except Conflict as refused:
        return _back(running, back, refused.message)
    return see_other(url_for(back, final_id=running.final.id), flash=said)


def _back(running: Running, back: str, problem: str) -> Response:
    return see_other(url_for(back, final_id=running.final.id), flash=problem, kind="warn")


@bp.get("/<int:final_id>/codes")
@hosting
def codes(final_id: int) -> Response:
    """Cards for the tables: the team's code, and the picture that a phone scans."""
    running = _running(final_id, Permission.CONTEST_MANAGE)
    cards = [(seat, qr_address(_joining(running, seat.device.code))) for seat in running.seats]
    return page("stage/codes.html", running=running, cards=cards, active="contests")


def _joining(running: Running, code: str) -> str:
    return url_for("stage.join_page", pin=running.final.pin, code=code, _external=True)


# --- the jury ------------------------------------------------------------------------------------------------------


@bp.get("/<int:final_id>/jury")
@judging
def jury(final_id: int) -> Response:
    return _jury_page(_running(final_id, Permission.RANKING_REVIEW), CorrectionForm.shown())


def _jury_page(running: Running, form: CorrectionForm, status: int = 200) -> Response:
    form.team.choices = [(str(seat.team_id), seat.name) for seat in running.seats]
    return page("stage/jury.html", status, **_desk(running), form=form, log=queries.list_log(session(), running))


@bp.get("/<int:final_id>/jury/desk")
@judging
def jury_desk(final_id: int) -> Response:
    return _fragment("stage/_jury.html", _running(final_id, Permission.RANKING_REVIEW))


@bp.post("/<int:final_id>/judgement")
@judging
def judge(final_id: int) -> Response:
    running, form = _running(final_id, Permission.RANKING_REVIEW), JudgementForm.posted()
    if not form.validate():
        return _back(running, "stage_office.jury", STALE)
    data = {"right": form.right.data == "yes"}
    return _append(running, "stage_office.jury", EventKind.JUDGED, data, seen=form.seen.data)


@bp.post("/<int:final_id>/corrections")
@judging
def correct(final_id: int) -> Response:
    running, form = _running(final_id, Permission.RANKING_REVIEW), CorrectionForm.posted()
    form.team.choices = [(str(seat.team_id), seat.name) for seat in running.seats]
    if not form.validate():
        return _jury_page(running, form, 422)
    data = {"team": int(form.team.data), "points": form.points.data, "reason": form.reason.data}
    return _append(running, "stage_office.jury", EventKind.CORRECTED, data, said="已更正，记录里写明了原因。")


# --- the score keeper ----------------------------------------------------------------------------------------------


@bp.get("/<int:final_id>/scores")
@judging
def keeper(final_id: int) -> Response:
    running = _running(final_id, Permission.RANKING_REVIEW)
    return page("stage/keeper.html", **_desk(running), marks=MARKS, log=queries.list_log(session(), running))


@bp.post("/<int:final_id>/marks")
@judging
def mark(final_id: int) -> Response:
    running, form = _running(final_id, Permission.RANKING_REVIEW), MarkForm.posted()
    parts = (form.mark.data or "").split(" ", 2)
    known = [f"{points} {words}" for words, points in MARKS]
    if not form.validate() or not parts[0].isdecimal() or " ".join(parts[1:]) not in known:
        return _back(running, "stage_office.keeper", STALE)
    reason = f"{parts[2]}（{form.note.data}）" if form.note.data else parts[2]
    data = {"team": int(parts[0]), "points": int(parts[1]), "reason": reason}
    return _append(running, "stage_office.keeper", EventKind.SCORED, data)


@bp.get("/<int:final_id>/sheet")
@judging
def sheet(final_id: int) -> Response:
    """The final on paper: questions with keys, and boxes for the points of each team."""
    running = _running(final_id, Permission.RANKING_REVIEW)
    return page(
        "stage/sheet.html", running=running, lines=queries.list_sheet(session(), running.final), active="contests"
    )
