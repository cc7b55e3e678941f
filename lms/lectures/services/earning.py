"""The lecturer's hours, in the transaction that closes or corrects a roll."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from lms.db import serialise
from lms.gatherings.models import Gathering
from lms.hours import rules as hour_rules
from lms.hours import services as hours
from lms.hours.models import UncreditedNote
from lms.hours.rules import Bucket, Source
from lms.lectures import queries, rules
from lms.lectures.models import SUBJECT, Topic
from lms.lectures.queries import LectureLine
from lms.lectures.rules import Giving, Worth

AGAIN = "同一题目今年已计过一次授课学时"
CORRECTED = "讲座的点名或时间更正"


def settle(session: Session, gathering: Gathering, now: datetime) -> None:
    """What the lecturer has for every lecture of this one's topic is what the rolls say now: the first giving in a year is worth its length
    by the policy, a further one a note, one that was not given nothing. Doing it again changes nothing."""
    line = queries.find_line(session, gathering.subject_id or 0)
    if line is None:
        return
    serialise(session, f"lecture-topic:{line.topic.id}")
    session.flush()  # the lectures and rolls of the topic are read below
    of_topic = {each.id: each for each in queries.list_of_topic(session, line.topic.id)}
    for worth in rules.worths(map(_giving, of_topic.values())):
        _settle_one(session, of_topic[worth.lecture_id], worth, now)


def _giving(line: LectureLine) -> Giving:
    held = line.gathering
    parts = hour_rules.split_by_year(held.starts_at, held.ends_at)
    return Giving(line.id, held.starts_at, line.was_given, parts)


def evidence_of(worth: Worth) -> dict[str, Any]:
    """What the ledger recomputes the hours from."""
    return {"conversion": "lecture", "seconds": worth.seconds, "is_first": worth.is_first, "lecture": worth.lecture_id}


def _settle_one(session: Session, line: LectureLine, worth: Worth, now: datetime) -> None:
    evidence = evidence_of(worth)
    held_on = line.gathering.held_on
    source = Source(SUBJECT, worth.lecture_id)
    about: dict[str, Any] = {
        "person_id": line.topic.lecturer_id,
        "source": source,
        "title": _title(line.topic),
        "on": held_on if held_on.year == worth.year else date(worth.year, 1, 1),
        "now": now,
    }
    _settle_note(session, worth, about)
    quarters = hours.worth(session, evidence, on=about["on"], source_kind=SUBJECT) if worth.is_given else 0
    if quarters and hours.credit(session, bucket=Bucket.OFFLINE, quarters=quarters, evidence=evidence, **about):
        return
    known = {"person_id": line.topic.lecturer_id, "source": source, "bucket": Bucket.OFFLINE, "year": worth.year}
    standing = hours.find_entry(session, **known)  # type: ignore[arg-type]
    if standing is not None:
        hours.correct(session, standing, quarters=quarters, reason=CORRECTED, evidence=evidence, now=now)


def _title(topic: Topic) -> str:
    return f"讲课：{topic.title}"


def _settle_note(session: Session, worth: Worth, about: dict[str, Any]) -> None:
    """A further giving in the year is told why it earns nothing; when a correction makes it the first, that is no longer said."""
    if worth.is_given and not worth.is_first:
        hours.note_uncredited(session, reason=AGAIN, **about)
        return
    session.execute(
        delete(UncreditedNote).where(
            UncreditedNote.person_id == about["person_id"], UncreditedNote.source_kind == SUBJECT,
            UncreditedNote.source_id == worth.lecture_id, UncreditedNote.year == worth.year, UncreditedNote.reason == AGAIN,
        )
    )  # fmt: skip
