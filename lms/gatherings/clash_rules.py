"""What two events at the same time can not share: a room, and who speaks or presides. Pure."""

from dataclasses import dataclass, field
from datetime import datetime

from lms.gatherings.rules import same_name


@dataclass(frozen=True)
class Slot:
    """What an event takes up: [starts_at, ends_at), a room, persons of ours by id, and who comes from outside by name."""

    starts_at: datetime
    ends_at: datetime
    place: str = ""
    person_ids: frozenset[int] = field(default_factory=frozenset)
    guests: str = ""


def overlap(one: Slot, other: Slot) -> bool:
    """Events that only touch do not."""
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def share_room(one: Slot, other: Slot) -> bool:
    """At the same time in the same room; rooms are compared without spaces, in one letter case. Two without a room share none."""
    return overlap(one, other) and bool(one.place.strip()) and same_name(one.place, other.place)


def share_speaker(one: Slot, other: Slot) -> bool:
    """At the same time with the same person of ours, or the same name from outside."""
    same_guests = bool(one.guests.strip()) and same_name(one.guests, other.guests)
    return overlap(one, other) and (bool(one.person_ids & other.person_ids) or same_guests)
