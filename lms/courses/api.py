"""The JSON interface of the player and the reader: open a viewing, keep its beats."""

from collections.abc import MutableMapping
from datetime import datetime
from typing import Annotated, Any

from flask import Blueprint, Response, current_app
from pydantic import BaseModel, ConfigDict, Field

from lms.courses import access_study as access
from lms.courses import study_rules as rules
from lms.courses.services import viewings
from lms.courses.services.viewings import Batch, Kept, SentBeat
from lms.db import GroupWriter
from lms.errors import NotFound
from lms.people.guard import me, requires
from lms.people.principal import Principal
from lms.people.rules import Permission
from lms.people.short_way import short_way
from lms.web import counted, described, json_body, json_reply, now, session, where_from

bp = Blueprint("courses_api", __name__, url_prefix="/api")

DAY_MILLIS = 24 * 3600 * 1000
Millis = Annotated[int, Field(ge=0, le=DAY_MILLIS)]
PageNumber = Annotated[int, Field(ge=1, le=5000)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OpenViewing(Strict):
    lesson_id: Annotated[int, Field(ge=1, le=2**53)]


class ViewingOpened(Strict):
    viewing_id: int
    position_millis: int
    furthest_millis: int
    spans: list[tuple[int, int]]
    beat_seconds: int
    pages: list[int]
    speed_percent: int
    may_jump: bool
    finished: bool


class BeatBody(Strict):
    sequence: Annotated[int, Field(ge=1, le=20_000)]
    from_millis: Millis
    to_millis: Millis
    speed_percent: Annotated[int, Field(ge=1, le=1600)]
    has_input: bool
    pages: Annotated[list[PageNumber], Field(max_length=200)] = []


class BeatsBody(Strict):
    beats: Annotated[list[BeatBody], Field(min_length=1, max_length=200)]


class BeatsKept(Strict):
    accepted_through: int
    spans: list[tuple[int, int]]
    pages: list[int]
    finished: bool
    ended: bool
    message: str


@bp.post("/viewings")
@requires(Permission.COURSE_STUDY)
@described(summary="开始一段学习；本人其他的学习过程随之结束", body=OpenViewing, reply=ViewingOpened)
def open_viewing() -> Response:
    body = json_body(OpenViewing)
    _, lesson, _ = access.lesson_to_study(session(), me(), body.lesson_id)
    viewing, progress = viewings.open_viewing(session(), lesson, person_id=me().id, now=now())
    reply = ViewingOpened(
        viewing_id=viewing.id,
        position_millis=progress.position_millis,
        furthest_millis=progress.furthest_millis,
        spans=[(start, end) for start, end in progress.spans],
        beat_seconds=rules.BEAT_SECONDS,
        pages=progress.pages,
        speed_percent=viewing.speed_percent,
        may_jump=viewing.may_jump,
        finished=progress.finished_at is not None,
    )
    return json_reply(reply.model_dump())


def _keep(
    extensions: MutableMapping[str, Any],
    person: Principal,
    viewing_id: int,
    body: BeatsBody,
    at: datetime,
    _where: tuple[str, str],
) -> dict[str, Any] | None:
    """None for a viewing that is not the person's."""
    sent = tuple(_sent(beat) for beat in body.beats)
    kept = _writer(extensions).save(Batch(viewing_id, person.id, sent, at))
    if kept is None:
        return None
    return {
        "accepted_through": kept.accepted_through,
        "spans": kept.coverage.spans,
        "pages": sorted(kept.coverage.pages),
        "finished": kept.finished,
        "ended": kept.ended,
        "message": kept.message,
    }


@bp.post("/viewings/<int:viewing_id>/beats")
@requires(Permission.COURSE_STUDY)
@described(summary="交学习心跳；重复提交无害", body=BeatsBody, reply=BeatsKept)
@counted
@short_way(BeatsBody, _keep)
def keep_beats(viewing_id: int) -> Response:
    kept = _keep(current_app.extensions, me(), viewing_id, json_body(BeatsBody), now(), where_from())
    if kept is None:
        raise NotFound()
    return json_reply(kept)


def _sent(beat: BeatBody) -> SentBeat:
    return SentBeat(
        beat.sequence, beat.from_millis, beat.to_millis, beat.speed_percent, beat.has_input, tuple(beat.pages)
    )


def _writer(extensions: MutableMapping[str, Any]) -> GroupWriter[Batch, Kept | None]:
    """Beats of many people share a commit; the answer follows it."""
    if "beats" not in extensions:
        extensions.setdefault("beats", GroupWriter(extensions["engine"], viewings.keep_own_beats))
    writer: GroupWriter[Batch, Kept | None] = extensions["beats"]
    return writer
