"""Rates are computed from the roster of the day, whatever is transferred before, on and after it."""

from dataclasses import dataclass
from datetime import date, timedelta
from types import SimpleNamespace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from lms.demo.cast import NORTH_BRANCH, SOUTH_BRANCH
from lms.gatherings import queries, services
from lms.gatherings.rules import GatheringState, Mark
from lms.gatherings.services import Tap
from lms.people.models import Person
from lms.people.rules import DutyStatus, PartyStatus, RankBand
from lms.people.services import accounts
from tests.gatherings.north import AFTER, DURING, FRIDAY, NOON, branch, theme_day, unit

FIRST = FRIDAY - timedelta(days=6)


@dataclass(frozen=True)
class Move:
    """From so many days after FIRST the person belongs to North or South with these statuses."""

    after: int
    is_north: bool
    party: PartyStatus
    duty: DutyStatus


MOVES = st.builds(
    Move, st.integers(0, 11), st.booleans(), st.sampled_from([PartyStatus.FULL, PartyStatus.PROBATIONARY, PartyStatus.NONE]),
    st.sampled_from(DutyStatus),
)  # fmt: skip
LIVES = st.lists(
    st.lists(MOVES, min_size=1, max_size=4, unique_by=lambda m: m.after).map(
        lambda ms: sorted(ms, key=lambda m: m.after)
    ),
    min_size=1,
    max_size=5,
)


def model_due(life: list[Move], on: date) -> bool:
    """What DOMAIN says, written a second time."""
    past = [move for move in life if FIRST + timedelta(days=move.after) <= on]
    if not past or not past[-1].is_north:
        return False
    return past[-1].party in ("full", "probationary") and past[-1].duty in ("on_duty", "seconded")


def live(
    session: Session, number: str, life: list[Move], upto: date, person: Person | None = None, since: date | None = None
) -> Person:
    """Enter the moves that are known by a day (and were not before `since`)."""
    if person is None:
        person = accounts.create_person(session, staff_no=number, name=number, rank_band=RankBand.TOWNSHIP, now=NOON)
    for move in life:
        on = FIRST + timedelta(days=move.after)
        if on <= upto and (since is None or on > since):
            north = move.is_north
            accounts.place(
                session, person, unit(session, "北区分局" if north else "南区分局"),
                branch(session, NORTH_BRANCH if north else SOUTH_BRANCH), from_on=on, party_status=move.party, duty_status=move.duty,
            )  # fmt: skip
            session.flush()
    return person


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lives=LIVES, present=st.sets(st.integers(0, 4)), known_at_roll=st.integers(0, 6))
def test_the_rate_is_that_of_the_roster_of_the_day(
    session: Session, cast: SimpleNamespace, lives: list[list[Move]], present: set[int], known_at_roll: int
) -> None:
    """Some transfers are entered after the roll was tapped and before it is closed, some long after it."""
    try:
        gathering = theme_day(session, cast.chen, commit=False)
        known = FIRST + timedelta(days=known_at_roll)
        people = [live(session, f"p{n}", life, known) for n, life in enumerate(lives)]
        tapped = [n for n in present if n < len(lives) and is_north(lives[n], known)]
        taps = [Tap(people[n].id, Mark.PRESENT) for n in tapped]
        services.mark(session, gathering, taps, by_id=cast.chen.id, now=DURING)
        for n, life in enumerate(lives):
            live(session, "", life, FRIDAY, people[n], known)
        services.close_roll(session, gathering, by_id=cast.chen.id, now=AFTER)
        for n, life in enumerate(lives):
            live(session, "", life, FRIDAY + timedelta(days=9), people[n], FRIDAY)
        due = 5 + sum(model_due(life, FRIDAY) for life in lives)
        there = sum(model_due(lives[n], FRIDAY) for n in tapped)
        assert gathering.state is GatheringState.HELD
        assert (gathering.due_count, gathering.present_count) == (due, there)
        assert gathering.others_count == len(tapped) - there
        counted = queries.roll_of(session, gathering).count
        assert (counted.due, counted.present) == (due, there)
        assert counted.absent == gathering.absent_count == due - there
    finally:
        session.rollback()


def is_north(life: list[Move], on: date) -> bool:
    past = [move for move in life if FIRST + timedelta(days=move.after) <= on]
    return bool(past) and past[-1].is_north


def test_the_model_would_notice_a_roster_of_today() -> None:
    """The positive control: with the roster of another day the property above does not hold."""
    life = [Move(0, True, PartyStatus.FULL, DutyStatus.ON_DUTY), Move(9, False, PartyStatus.FULL, DutyStatus.ON_DUTY)]
    assert model_due(life, FRIDAY)
    assert not model_due(life, FRIDAY + timedelta(days=9))
