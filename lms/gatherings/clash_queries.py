"""What stands in the way of an event: others at the same time in its room, with its speaker, or with those it expects."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from lms import clock
from lms.gatherings import clash_rules as rules
from lms.gatherings.clash_rules import Slot
from lms.gatherings.models import Gathering, Invitee
from lms.gatherings.rules import GatheringState
from lms.people.models import Person


@dataclass(frozen=True)
class Clash:
    """Another gathering at the same time, and what both need. `members`: names of those who are expected at both, by staff number."""

    gathering: Gathering
    is_room: bool
    is_speaker: bool
    members: tuple[str, ...] = ()


def list_clashes(
    session: Session, slot: Slot, *, besides: int | None = None, member_ids: Sequence[int] = ()
) -> list[Clash]:
    """What the slot collides with, in order of time; cancelled gatherings and `besides` (the one that is being moved) left out.

    `member_ids` are expected at the slot: whoever was chosen for another gathering at that time is named.
    """
    busy, found = dict[int, list[str]](), []
    for name, gathering in list_expected(session, slot, member_ids):
        busy.setdefault(gathering.id, []).append(name)
    query = select(Gathering).where(_at_the_time(slot)).order_by(Gathering.starts_at, Gathering.id)
    for other in session.scalars(query):
        taken = slot_of(other)
        is_room, is_speaker = rules.share_room(slot, taken), rules.share_speaker(slot, taken)
        clash = Clash(other, is_room, is_speaker, tuple(busy.get(other.id, ())))
        if other.id != besides and (clash.is_room or clash.is_speaker or clash.members):
            found.append(clash)
    return found


def slot_of(gathering: Gathering) -> Slot:
    """Whoever presides is as busy as who speaks."""
    both = (gathering.speaker_id, gathering.host_id)
    person_ids = frozenset(person_id for person_id in both if person_id is not None)
    return Slot(gathering.starts_at, gathering.ends_at, gathering.place, person_ids, gathering.guests)


def _at_the_time(slot: Slot) -> ColumnElement[bool]:
    """The index over days first: no gathering is longer than 16 hours."""
    day = timedelta(days=1)
    return (
        Gathering.held_on.between(clock.today(slot.starts_at) - day, clock.today(slot.ends_at) + day)
        & (Gathering.starts_at < slot.ends_at)
        & (Gathering.ends_at > slot.starts_at)
        & (Gathering.state != GatheringState.CANCELLED)
    )


def list_expected(session: Session, slot: Slot, person_ids: Sequence[int]) -> list[tuple[str, Gathering]]:
    """(name, gathering that expects the person at that time) of those who were chosen for one, in order of time and staff number."""
    query = (
        select(Person.name, Gathering)
        .join(Invitee, Invitee.person_id == Person.id)
        .join(Gathering, Gathering.id == Invitee.gathering_id)
        .where(_at_the_time(slot), Person.id.in_(person_ids))
        .order_by(Gathering.starts_at, Gathering.id, Person.staff_no)
    )
    return [(name, gathering) for name, gathering in session.execute(query)] if person_ids else []
