"""The people of the demonstration bureau on paper: the same for the same day and seed. Nobody here is real."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from lms.demo import cast, names
from lms.demo.trees import UNITS, VETERANS, UnitPlan, list_branches
from lms.people.rules import DutyStatus, PartyStatus, RankBand

PEOPLE = 2000
SEED = 2026


@dataclass(frozen=True)
class PlacePlan:
    """A stretch of somebody's membership, by names."""

    unit: str
    branch: str | None
    from_on: date
    until_on: date | None
    party_status: PartyStatus
    duty_status: DutyStatus


@dataclass(frozen=True)
class PersonPlan:
    staff_no: str
    name: str
    rank_band: RankBand
    birth_year: int
    title: str
    places: tuple[PlacePlan, ...]


class Bureau:
    """The people of the bureau as of a day, without the cast; the same day and seed give the same people."""

    def __init__(self, today: date, *, people: int = PEOPLE, seed: int = SEED) -> None:
        self.today = today
        self._wanted = people - len(cast.CAST + cast.DEMONSTRATED)
        self._chance = random.Random(seed)

    @cached_property
    def people(self) -> list[PersonPlan]:
        seats = self._seats()
        return [self._person(number, unit) for number, unit in enumerate(seats, start=1)]

    @cached_property
    def _homes(self) -> dict[str, list[str]]:
        """The branches that take members from each unit."""
        homes: dict[str, list[str]] = {cast.LEADERS: [cast.OFFICE_BRANCH]}
        for branch in list_branches():
            if branch.unit:
                homes.setdefault(branch.unit, []).append(branch.name)
        return homes

    def _seats(self) -> list[UnitPlan]:
        """One unit for each person, in proportion to the units' size."""
        seats = [
            unit
            for unit in UNITS
            for _ in range(unit.heads - sum(p.unit == unit.name for p in cast.CAST + cast.DEMONSTRATED))
        ]
        if self._wanted < len(seats):
            return sorted(self._chance.sample(seats, self._wanted), key=UNITS.index)
        return seats

    def _person(self, number: int, unit: UnitPlan) -> PersonPlan:
        leader = unit.name == cast.LEADERS
        band = RankBand.COUNTY if leader else self._band(unit)
        age = self._chance.randint(46, 59) if leader else min(60, max(23, round(self._chance.gauss(41, 9.5))))
        birth_year = self.today.year - age
        return PersonPlan(
            staff_no=f"{100000 + number}",
            name=names.draw(self._chance),
            rank_band=band,
            birth_year=birth_year,
            title=self._title(unit, band, number),
            places=self._places(unit, birth_year),
        )

    def _band(self, unit: UnitPlan) -> RankBand:
        roll = self._chance.random() * 100
        if roll < unit.technical_percent:
            return RankBand.TECHNICAL
        is_station = unit.parent != cast.BUREAU
        return RankBand.COUNTY if roll > 96 and not is_station else RankBand.TOWNSHIP

    def _title(self, unit: UnitPlan, band: RankBand, number: int) -> str:
        if unit.name == cast.LEADERS:
            return ("副局长", "总规划师", "总工程师", "副局长", "局党组成员")[number % 5]
        return self._chance.choice(names.TITLES[band])

    def _places(self, unit: UnitPlan, birth_year: int) -> tuple[PlacePlan, ...]:
        """Usually one stretch; some were transferred, seconded, taken ill for long or retired within the last two years."""
        joined = max(cast.SINCE, date(birth_year + 22, 7, 1) + timedelta(days=self._chance.randrange(1500)))
        joined = min(joined, self.today - timedelta(days=40))
        party = self._party_status(birth_year)
        now = PlacePlan(unit.name, self._branch(unit.name, party), joined, None, party, DutyStatus.ON_DUTY)
        turned = self.today - timedelta(days=self._chance.randrange(30, 700))
        if turned <= joined + timedelta(days=60):
            return (now,)
        return self._turns(now, turned, birth_year)

    def _turns(self, now: PlacePlan, turned: date, birth_year: int) -> tuple[PlacePlan, ...]:
        roll = self._chance.random()
        age = self.today.year - birth_year
        if age >= 60:
            branch = self._chance.choice(VETERANS) if now.branch else None
            return _then(now, turned, branch=branch, duty_status=DutyStatus.RETIRED)
        if roll < 0.05:
            former = self._chance.choice(UNITS)
            branch = self._branch(former.name, now.party_status)
            before = replace(now, unit=former.name, branch=branch, until_on=turned)
            return (before, replace(now, from_on=turned))
        if roll < 0.075:
            return _then(now, turned, duty_status=DutyStatus.SECONDED)
        if roll < 0.085:
            return _then(now, turned, duty_status=DutyStatus.LONG_ILL)
        return (now,)

    def _party_status(self, birth_year: int) -> PartyStatus:
        roll = self._chance.random()
        young = self.today.year - birth_year < 32
        if roll < 0.66:
            return PartyStatus.FULL
        if young and roll < 0.70:
            return PartyStatus.PROBATIONARY
        return PartyStatus.ACTIVIST if young and roll < 0.76 else PartyStatus.NONE

    def _branch(self, unit: str, party: PartyStatus) -> str | None:
        """Members and those on the way belong to a branch of the unit; others to none."""
        return None if party == PartyStatus.NONE else self._chance.choice(self._homes[unit])


def _then(place: PlacePlan, turned: date, **changes: Any) -> tuple[PlacePlan, PlacePlan]:
    """The stretch ended on that day, and the next one with the changes."""
    return replace(place, until_on=turned), replace(place, from_on=turned, **changes)


def secretaries(people: Sequence[PersonPlan]) -> dict[str, str]:
    """Branch → the staff number of its secretary: the oldest full member on duty there. The cast's branches have theirs already."""
    found: dict[str, PersonPlan] = {}
    own = {cast.NORTH_BRANCH, cast.SOUTH_BRANCH}
    for person in people:
        last = person.places[-1]
        fits = last.party_status == PartyStatus.FULL and last.duty_status == DutyStatus.ON_DUTY
        if last.branch is None or last.branch in own or not fits:
            continue
        best = found.get(last.branch)
        if best is None or person.birth_year < best.birth_year:
            found[last.branch] = person
    return {branch: person.staff_no for branch, person in found.items()}
