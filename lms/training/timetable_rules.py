"""Conflicts of a timetable. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from lms.gatherings.rules import same_name


@dataclass(frozen=True)
class Slot:
    """One event in time. `lecturer` is (person id, outside name), either may be missing."""

    id: int
    title: str
    starts_at: datetime
    ends_at: datetime
    place: str = ""
    lecturer_id: int | None = None
    guests: str = ""


@dataclass(frozen=True)
class Clash:
    """What collides: the room, the lecturer or a participant, and with which event."""

    what: str
    who: str
    other: Slot


def overlaps(one: Slot, other: Slot) -> bool:
    """Events that only touch do not."""
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def clashes(wanted: Slot, others: Iterable[Slot], names: dict[int, str]) -> list[Clash]:
    """Room and lecturer against everything at the same time, in the order of time."""
    found = []
    for other in sorted(others, key=lambda slot: (slot.starts_at, slot.id)):
        if other.id == wanted.id or not overlaps(wanted, other):
            continue
        if wanted.place and same_name(wanted.place, other.place):
            found.append(Clash("教室", wanted.place, other))
        if wanted.lecturer_id is not None and wanted.lecturer_id == other.lecturer_id:
            found.append(Clash("授课人", names.get(wanted.lecturer_id, ""), other))
        elif wanted.guests and same_name(wanted.guests, other.guests):
            found.append(Clash("授课人", wanted.guests, other))
    return found


def participant_clashes(wanted: Slot, busy: Sequence[tuple[str, Slot]]) -> list[Clash]:
    """Of (name, event they are expected at) those at the same time."""
    return [Clash("学员", name, slot) for name, slot in busy if slot.id != wanted.id and overlaps(wanted, slot)]
