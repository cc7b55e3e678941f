"""The minutes, what was decided and who follows it up, and the photos."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from lms.db import changed, conflict_as
from lms.errors import Conflict, Invalid
from lms.gatherings import queries, rules
from lms.gatherings.errors import RollNotOpen
from lms.gatherings.kind_rules import missing_fields
from lms.gatherings.models import Decision, Gathering, Minutes, Photo
from lms.gatherings.rules import DecisionState
from lms.gatherings.services.history import check_changeable, note, take_turn
from lms.notices import services as notices

MOST_CHARACTERS = 10_000


def write_minutes(
    session: Session, gathering: Gathering, texts: Mapping[str, str], *, by_id: int, now: datetime, reason: str = ""
) -> Minutes:
    """The minutes are these texts (field key → text). They count as written once the required parts are there.

    Raises Invalid for a part the kind does not have or one too long, RollNotOpen before the gathering has begun.
    """
    words = gathering.words
    known = {field.key for field in words.fields}
    if any(key not in known or len(text) > MOST_CHARACTERS for key, text in texts.items()):
        raise Invalid("每一项最多 10000 个字。", field=next(iter(texts), ""))
    take_turn(session, gathering)
    check_changeable(gathering, now=now, reason=reason)
    if now < gathering.starts_at:
        raise RollNotOpen("活动还没有开始，开始后再写记录。")
    minutes = queries.find_minutes(session, gathering.id)
    before = dict(minutes.texts) if minutes else {}
    after = before | {key: text.strip() for key, text in texts.items()}
    if minutes is None:
        minutes = Minutes(gathering_id=gathering.id)
        session.add(minutes)
    minutes.texts, minutes.written_by_id, minutes.written_at = after, by_id, now
    gathering.minutes_at = None if missing_fields(words, after) else gathering.minutes_at or now
    if detail := rules.differences(before, after):
        note(session, gathering, "minutes", detail, by_id=by_id, now=now, reason=reason)
    return minutes


def add_decision(
    session: Session,
    gathering: Gathering,
    *,
    text: str,
    owner_id: int,
    due_on: date,
    link: str,
    by_id: int,
    now: datetime,
    reason: str = "",
) -> Decision:
    """A decision to be followed up; its owner is told."""
    if not text.strip():
        raise Invalid("写下决定了什么。", field="text")
    take_turn(session, gathering)
    check_changeable(gathering, now=now, reason=reason)
    decision = Decision(
        gathering_id=gathering.id, text=text.strip()[:300], owner_id=owner_id, due_on=due_on, created_at=now
    )
    session.add(decision)
    told = {"text": decision.text, "owner": owner_id, "due_on": due_on.isoformat()}
    note(session, gathering, "decision", told, by_id=by_id, now=now, reason=reason)
    notices.tell(session, owner_id, f"请你落实：{decision.text}（{due_on.month}月{due_on.day}日前）", link, now=now)
    return decision


def settle_decision(
    session: Session,
    gathering: Gathering,
    decision: Decision,
    *,
    state: DecisionState,
    result: str,
    by_id: int,
    now: datetime,
) -> None:
    """Done or dropped, once. Following up needs no reason: the record of the meeting stays as it was."""
    moved = update(Decision).where(Decision.id == decision.id, Decision.state == DecisionState.OPEN)
    values = {"state": state, "result": result.strip()[:200], "settled_by_id": by_id, "settled_at": now}
    if not changed(session.execute(moved.values(values))):
        raise Conflict("这一项已经办结了。")
    told = {"decision": decision.text, "state": state, "result": result.strip()[:200]}
    note(session, gathering, "follow-up", told, by_id=by_id, now=now)


def add_photo(
    session: Session, gathering: Gathering, media_id: int, *, by_id: int, now: datetime, reason: str = ""
) -> Photo:
    """The photo stands in the first free place of three. Raises Conflict when there is none."""
    take_turn(session, gathering)
    check_changeable(gathering, now=now, reason=reason)
    taken = {photo.place for photo in queries.list_photos(session, gathering.id)}
    free = [place for place in range(1, rules.MOST_PHOTOS + 1) if place not in taken]
    if not free:
        raise Conflict(f"最多放 {rules.MOST_PHOTOS} 张照片，先删掉一张。")
    photo = Photo(gathering_id=gathering.id, media_id=media_id, place=free[0])
    with conflict_as(Conflict(), session):
        session.add(photo)
    note(session, gathering, "photo", {"added": free[0]}, by_id=by_id, now=now, reason=reason)
    return photo


def remove_photo(
    session: Session, gathering: Gathering, photo: Photo, *, by_id: int, now: datetime, reason: str = ""
) -> None:
    take_turn(session, gathering)
    check_changeable(gathering, now=now, reason=reason)
    session.execute(delete(Photo).where(Photo.id == photo.id))
    note(session, gathering, "photo", {"removed": photo.place}, by_id=by_id, now=now, reason=reason)
