"""What somebody is granted beside a subject's terms, and where an exam may be sat."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.quizzes.policy_rules import PERSONAL, Grant, Terms, is_inside, networks_in, terms_with

NINE = datetime(2026, 11, 27, 1, 0, tzinfo=UTC)
TERMS = Terms(NINE, NINE + timedelta(hours=2), 0, 3)


def test_the_deepest_grant_that_speaks_of_a_thing_decides_it():
    bureau, unit = Grant(2, extra_seconds=300, attempts_per_day=5), Grant(3, extra_seconds=600)
    person = Grant(PERSONAL, closes_at=NINE + timedelta(hours=9))
    assert terms_with(TERMS, [person, unit, bureau]) == Terms(NINE, NINE + timedelta(hours=9), 600, 5)
    assert terms_with(TERMS, []) == TERMS


@given(st.permutations([Grant(1, extra_seconds=60), Grant(2, attempts_per_day=9), Grant(PERSONAL, extra_seconds=120)]))
def test_the_order_in_which_grants_of_different_depth_came_in_does_not_matter(grants):
    assert terms_with(TERMS, grants) == Terms(NINE, TERMS.closes_at, 120, 9)


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("10.1.2.9", True), ("::ffff:10.1.2.9", True), ("10.1.3.9", False), ("192.168.7.7", True), ("192.168.7.8", False),
        ("2001:db8::5", True), ("", False), ("not an address", False),
    ],
)  # fmt: skip
def test_an_address_lies_in_one_of_the_networks_or_not(address, inside):
    assert is_inside(address, networks_in("10.1.2.0/24\n192.168.7.7 2001:db8::/32")) is inside


def test_without_networks_every_place_is_right_and_a_wrong_line_is_quoted():
    assert is_inside("", networks_in(""))
    with pytest.raises(ValueError, match="考场一"):
        networks_in("10.0.0.1\n考场一")
