"""The sign-in booklet of a class: a sheet for each of its meetings, to be printed once and signed in the hall."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lms import clock
from lms.gatherings import queries as gatherings
from lms.gatherings.models import Gathering
from lms.gatherings.queries import RosterLine
from lms.gatherings.rules import CAUSES
from lms.hours.rules import Extent
from lms.people import queries as people
from lms.people.models import Unit
from lms.printing.typeset import pdf
from lms.training import queries
from lms.training.models import TrainingClass

LINE = "＿＿＿＿"
EXTENTS = {Extent.HALF_DAY: "（半天）", Extent.FULL_DAY: "（全天）"}


def sign_in_booklet(session: Session, training: TrainingClass, now: datetime) -> bytes:
    """A PDF of the whole timetable; what was cancelled is left out. About 15 ms a page."""
    meetings = queries.list_meetings(session, training.id)
    names = people.names_of(session, [each.host_id for each in meetings if each.host_id is not None])
    units = {line.enrolment.person_id: line.unit_name for line in queries.list_enrolments(session, training.id)}
    facts = {
        "title": training.title,
        "unit": session.get_one(Unit, training.unit_id).name,
        "days": f"{training.starts_on} 至 {training.ends_on}",
        "people": training.placed_count,
        "meetings": [_meeting(session, each, names, units) for each in meetings],
    }
    return pdf("training/booklet", facts, at=now)


def _meeting(
    session: Session, meeting: Gathering, names: Mapping[int, str], units: Mapping[int, str]
) -> dict[str, Any]:
    span = EXTENTS.get(meeting.extent) or f"—{clock.local(meeting.ends_at):%H:%M}"
    return {
        "title": meeting.title,
        "when": f"{clock.local(meeting.starts_at):%Y-%m-%d %H:%M}{span}",
        "place": meeting.place or LINE,
        "teacher": names.get(meeting.host_id or 0, "") or meeting.guests or LINE,
        "rows": [
            {"name": line.name, "unit": units.get(line.person_id, ""), "note": _note(line)}
            for line in gatherings.roll_of(session, meeting).due
        ],
    }


def _note(line: RosterLine) -> str:
    return f"{CAUSES[line.leave.cause]}请假" if line.has_leave and line.leave else ""
