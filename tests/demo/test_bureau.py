"""The bureau on paper: sizes, history and the same people for the same day."""

from collections import Counter
from datetime import date
from itertools import pairwise

import pytest

from lms.demo import cast
from lms.demo.bureau import PEOPLE, Bureau, PersonPlan, secretaries
from lms.demo.trees import UNITS, list_branches
from lms.people.rules import DutyStatus, PartyStatus, RankBand

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def people() -> list[PersonPlan]:
    return Bureau(TODAY).people


def test_there_are_forty_units_ninety_branches_and_two_thousand_people(people: list[PersonPlan]) -> None:
    assert len(UNITS) + 1 == 40
    assert len(list_branches()) + 1 == 90
    assert len(people) + len(cast.CAST + cast.DEMONSTRATED) == PEOPLE == 2000


def test_every_node_comes_after_its_parent_and_every_name_is_used_once() -> None:
    seen = {cast.BUREAU, cast.PARTY}
    for plan in (*UNITS, *list_branches()):
        assert plan.parent in seen
        assert plan.name not in seen
        seen.add(plan.name)


def test_the_cast_finds_its_places_in_the_trees() -> None:
    units, branches = {unit.name for unit in UNITS}, {branch.name for branch in list_branches()}
    assert {part.unit for part in cast.CAST} <= units
    assert {part.branch for part in cast.CAST if part.branch} <= branches


def test_the_same_day_gives_the_same_people_and_another_seed_others(people: list[PersonPlan]) -> None:
    assert Bureau(TODAY).people == people
    assert Bureau(TODAY, seed=1).people != people


def test_memberships_follow_each_other_without_gap_and_never_lie_in_the_future(people: list[PersonPlan]) -> None:
    for person in people:
        assert all(before.until_on == after.from_on for before, after in pairwise(person.places))
        assert person.places[-1].until_on is None
        assert all(place.from_on <= TODAY for place in person.places)
        assert all(place.from_on < place.until_on for place in person.places if place.until_on)


def test_there_are_transfers_secondments_long_illness_and_retirements(people: list[PersonPlan]) -> None:
    duties = Counter(person.places[-1].duty_status for person in people)
    assert all(duties[status] >= 10 for status in DutyStatus)
    moved = [p for p in people if len({place.unit for place in p.places}) == 2]
    assert len(moved) >= 50


def test_only_people_without_any_party_standing_have_no_branch(people: list[PersonPlan]) -> None:
    for person in people:
        for place in person.places:
            assert (place.branch is None) == (place.party_status == PartyStatus.NONE)


def test_all_rank_bands_are_there_and_all_are_grown_up(people: list[PersonPlan]) -> None:
    assert Counter(person.rank_band for person in people).keys() == set(RankBand)
    assert all(23 <= TODAY.year - person.birth_year <= 60 for person in people)


def test_every_branch_with_members_has_a_secretary_who_is_one_of_them(people: list[PersonPlan]) -> None:
    chosen = secretaries(people)
    by_number = {person.staff_no: person for person in people}
    with_unit = {branch.name for branch in list_branches() if branch.unit}
    assert set(chosen) == with_unit - {cast.NORTH_BRANCH, cast.SOUTH_BRANCH}
    assert all(by_number[number].places[-1].branch == branch for branch, number in chosen.items())
