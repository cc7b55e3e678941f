"""Attempts for scripts: start, read, lease, answer, submit. Nothing here reads a key."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from flask import Blueprint, Response, current_app
from flask.blueprints import BlueprintSetupState
from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr
from sqlalchemy.orm import Session

from lms.db import Read
from lms.people.guard import me, signed_in
from lms.people.principal import Principal
from lms.people.short_acts import Asked, Reply, json_yes
from lms.people.short_way import short_act, short_way
from lms.quizzes import access, queries, services
from lms.quizzes.models import Attempt
from lms.quizzes.queries import ShownQuestion
from lms.quizzes.release_rules import Part
from lms.quizzes.rules import Purpose, State, seconds_left
from lms.quizzes.services import AnswerRow, AnswerWriter, Saved
from lms.web import counted, described, json_body, json_reply, now, session, where_from

bp = Blueprint("quizzes_api", __name__, url_prefix="/api/attempts")


@bp.record_once
def _open_writer(state: BlueprintSetupState) -> None:
    """One group of answers and one of leases per process."""
    state.app.extensions["lease_writer"] = services.lease_writer(state.app.extensions["engine"])
    state.app.extensions["answer_writer"] = services.answer_writer(state.app.extensions["engine"])


class Exact(BaseModel):
    model_config = ConfigDict(extra="forbid")


class StartBody(Exact):
    purpose: Purpose
    subject_id: StrictInt = Field(gt=0, lt=2**62)


class StartReply(Exact):
    attempt_id: int
    url: str
    deadline_at: datetime | None
    seconds_left: int | None


class LeaseBody(Exact):
    """`lease` is a token the device made; `take_over` moves the attempt here from another device."""

    lease: StrictStr = Field(max_length=64)
    take_over: bool = False


class LeaseReply(Exact):
    seconds_left: int | None


class AnswerBody(Exact):
    """`choice`: numbers of the chosen options (ordering: in the chosen order; matching: one for each prompt, -1 for none), or
    what was typed; empty means "no answer". The highest `sequence` of an item is its current answer."""

    item: StrictInt
    sequence: StrictInt
    choice: list[StrictInt] | list[StrictStr] = Field(max_length=20)
    lease: StrictStr = Field(max_length=64)


class AnswerReply(Exact):
    """`counted` false: stored, but after deadline and grace, so that it changes no score."""

    saved: bool
    counted: bool
    seconds_left: int | None


class Option(Exact):
    number: int
    text: str


class AskedQuestion(Exact):
    item: int
    kind: str
    stem: str
    options: list[Option]
    prompts: list[str]
    material: str
    unit: str
    blanks: int
    points_millis: int
    choice: list[int | str]
    sequence: int


class AttemptReply(Exact):
    attempt_id: int
    state: State
    deadline_at: datetime | None
    seconds_left: int | None
    questions: list[AskedQuestion]


class LeftPage(Exact):
    """`id`: the device's own name of this leave. `seconds_ago` the page was left, `away_seconds` it stayed so, null while it
    still is."""

    id: StrictStr = Field(pattern=r"^[0-9a-f]{8,32}$")
    seconds_ago: StrictInt = Field(ge=0, le=10**8)
    away_seconds: StrictInt | None = Field(default=None, ge=0, le=10**8)


class LeavesBody(Exact):
    leaves: list[LeftPage] = Field(max_length=50)


class LeavesReply(Exact):
    """`kept`: how many leaves of the attempt are noted now."""

    kept: int


class NoBody(Exact):
    pass


class SubmissionReply(Exact):
    """`score_millis` null: it is shown later."""

    submitted_at: datetime
    score_millis: int | None
    max_millis: int
    url: str


def _start(db: Session, extensions: Mapping[str, Any], asked: Asked) -> dict[str, Any]:
    body: StartBody = asked.body
    subject = services.Subject(body.purpose, body.subject_id)
    services.check_place(db, subject, services.Place(*asked.where), person_id=asked.person.id)
    begun: Attempt = extensions["begin"](db, asked.person, body.purpose, body.subject_id, asked.at)
    return {"attempt_id": begun.id, "url": begun.page, **_time(begun, asked.at)}


def _start_reads(extensions: Mapping[str, Any], asked: Asked) -> Sequence[Read]:
    reads: Sequence[Read] = extensions["begin_reads"](asked.person, asked.body.purpose, asked.body.subject_id)
    return reads


def _start_short(db: Session, extensions: Mapping[str, Any], asked: Asked) -> Reply:
    return json_yes(_start(db, extensions, asked))


@bp.post("")
@described(summary="开始作答：同一用途只有一份未交的试卷，再次调用得到同一份", body=StartBody, reply=StartReply)
@signed_in
@short_act(StartBody, _start_short, reads=_start_reads)
def start() -> Response:
    asked = Asked(me(), 0, json_body(StartBody), now(), where_from())
    return json_reply(_start(session(), current_app.extensions, asked))


@bp.get("/<int:attempt_id>")
@described(summary="试卷和已保存的答案，不含答案要点", reply=AttemptReply)
@signed_in
def attempt(attempt_id: int) -> Response:
    found = access.attempt_of(session(), me(), attempt_id)
    questions = [_asked(question) for question in queries.list_shown_questions(session(), found.id)]
    return json_reply({"attempt_id": found.id, "state": found.state, "questions": questions, **_time(found, now())})


def _lease(
    extensions: Mapping[str, Any],
    person: Principal,
    attempt_id: int,
    body: LeaseBody,
    at: datetime,
    where: tuple[str, str],
) -> dict[str, Any] | None:
    """None for all but the plain case: a place that matters, another device, an attempt that is no more."""
    row = services.LeaseRow(attempt_id, person.id, person.sign_in_id, body.lease, services.Place(*where), at)
    leased = services.lease_if_free(extensions["lease_writer"], row)
    return {"seconds_left": leased.seconds_left} if leased else None


@bp.post("/<int:attempt_id>/lease")
@described(summary="由这台设备作答；take_over 从另一台设备接过来", body=LeaseBody, reply=LeaseReply)
@signed_in
@short_way(LeaseBody, _lease, keeps_operations=True, rechecks=True)
def lease(attempt_id: int) -> Response:
    found = access.attempt_of(session(), me(), attempt_id)
    body = json_body(LeaseBody)
    place = services.Place(*where_from())
    services.check_place(session(), services.Subject(found.purpose, found.subject_id), place, person_id=me().id)
    services.take_lease(session(), found, lease=body.lease, take_over=body.take_over, now=now())
    services.note_sitting(session(), found, place, lease=body.lease, now=now())
    return json_reply({"seconds_left": seconds_left(found.deadline_at, now())})


def _writer(extensions: Mapping[str, Any]) -> AnswerWriter:
    return cast(AnswerWriter, extensions["answer_writer"])


def _row(person: Principal, attempt_id: int, body: AnswerBody, at: datetime) -> AnswerRow:
    return AnswerRow(
        attempt_id=attempt_id,
        person_id=person.id,
        sign_in_id=person.sign_in_id,
        position=body.item,
        sequence=body.sequence,
        choice=services.canonical_choice(body.choice),
        lease=body.lease,
        now=at,
    )


def _acknowledged(saved: Saved) -> dict[str, Any]:
    return {"saved": True, "counted": saved.is_counted, "seconds_left": saved.seconds_left}


def _save(
    extensions: Mapping[str, Any],
    person: Principal,
    attempt_id: int,
    body: AnswerBody,
    at: datetime,
    _where: tuple[str, str],
) -> dict[str, Any] | None:
    """None when the answer did not fit: why it did not, `explain` finds out on the long way."""
    saved = services.save_if_fits(_writer(extensions), _row(person, attempt_id, body, at))
    return _acknowledged(saved) if saved else None


# (attempt, item, sequence) makes a repeat harmless, so no operation row is written on this path.
@bp.post("/<int:attempt_id>/answers")
@described(summary="保存一题的答案；返回时已写入磁盘，可以原样重发", body=AnswerBody, reply=AnswerReply)
@signed_in
@counted
@short_way(AnswerBody, _save, rechecks=True)
def answer(attempt_id: int) -> Response:
    row = _row(me(), attempt_id, json_body(AnswerBody), now())
    saved = services.save_if_fits(_writer(current_app.extensions), row) or services.explain(session(), row)
    return json_reply(_acknowledged(saved))


@bp.post("/<int:attempt_id>/leaves")
@described(summary="记下离开比拼答题页面的时间，只供复核时查看；可以原样重发", body=LeavesBody, reply=LeavesReply)
@signed_in
def leaves(attempt_id: int) -> Response:
    found = access.attempt_of(session(), me(), attempt_id)
    told = [services.Leave(each.id, each.seconds_ago, each.away_seconds) for each in json_body(LeavesBody).leaves]
    return json_reply({"kept": services.note_leaves(session(), found, told, now=now())})


def _submit(db: Session, extensions: Mapping[str, Any], asked: Asked) -> dict[str, Any]:
    found = access.attempt_of(db, asked.person, asked.number)
    done = services.submit(db, found, settle=extensions["settle"], now=asked.at)
    return {
        "submitted_at": _text(done.submitted_at),
        "score_millis": done.score_millis if Part.SCORE in queries.visible_parts(db, done, asked.at) else None,
        "max_millis": done.max_millis,
        "url": f"{done.page}/review",
    }


def _submit_reads(extensions: Mapping[str, Any], asked: Asked) -> Sequence[Read]:
    follow: Sequence[Read] = extensions["settle_reads"](asked.number)
    return [*services.reads_of_submission(asked.person.id, asked.number), *follow]


def _submit_short(db: Session, extensions: Mapping[str, Any], asked: Asked) -> Reply:
    return json_yes(_submit(db, extensions, asked))


@bp.post("/<int:attempt_id>/submission")
@described(summary="交卷；重复调用得到同一结果", body=NoBody, reply=SubmissionReply)
@signed_in
@short_act(NoBody, _submit_short, reads=_submit_reads)
def submission(attempt_id: int) -> Response:
    asked = Asked(me(), attempt_id, json_body(NoBody), now(), where_from())
    return json_reply(_submit(session(), current_app.extensions, asked))


def _time(found: Attempt, at: datetime) -> dict[str, Any]:
    return {"deadline_at": _text(found.deadline_at), "seconds_left": seconds_left(found.deadline_at, at)}


def _text(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None


def _asked(question: ShownQuestion) -> dict[str, Any]:
    names = ("kind", "stem", "prompts", "material", "unit", "blanks", "points_millis", "choice", "sequence")
    options = [{"number": number, "text": text} for number, text in question.options]
    return {"item": question.position, "options": options} | {name: getattr(question, name) for name in names}
