"""Roles that exclude each other, and the one form in which names and phones are compared."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.people.rules import (
    EXCLUSIVE,
    ROLE_PERMISSIONS,
    ROLES,
    SECOND_FACTOR,
    Permission,
    Role,
    fresh_code,
    masked_phone,
    may_hold_together,
    normal_identity,
    normal_phone,
)

roles = st.sampled_from(sorted(Role))


@given(st.lists(roles, max_size=8))
def test_whatever_is_asked_for_in_turn_no_admin_ever_holds_a_second_role(wanted: list[Role]) -> None:
    held: set[Role] = set()
    for role in wanted:
        if may_hold_together(held, role):
            held.add(role)
    granted = held - {Role.CADRE}
    assert not granted & EXCLUSIVE or len(granted) == 1


def test_the_rule_does_let_ordinary_roles_meet() -> None:
    assert may_hold_together({Role.REVIEWER}, Role.UNIT_ADMIN)


def test_there_is_no_super_user() -> None:
    for role, permissions in ROLE_PERMISSIONS.items():
        assert permissions != set(Permission), role
    for one, other in (
        ("ACCOUNT_MANAGE", "ROLE_GRANT"),
        ("ROLE_GRANT", "AUDIT_READ"),
        ("ACCOUNT_MANAGE", "AUDIT_READ"),
    ):
        assert not [r for r, p in ROLE_PERMISSIONS.items() if {Permission[one], Permission[other]} <= p]


def test_every_role_has_a_name_and_permissions_and_every_permission_a_role() -> None:
    assert set(ROLES) == set(Role) == set(ROLE_PERMISSIONS)
    assert set().union(*ROLE_PERMISSIONS.values()) == set(Permission)


def test_admins_and_whoever_publishes_or_exports_needs_a_second_factor() -> None:
    assert EXCLUSIVE <= SECOND_FACTOR
    assert {Role.ORGANISER, Role.UNIT_ADMIN, Role.COMMITTEE} <= SECOND_FACTOR
    assert not {Role.CADRE, Role.SECRETARY, Role.LECTURER} & SECOND_FACTOR


@given(st.text(max_size=30))
def test_a_name_in_its_one_form_stays_in_it_and_holds_no_space(text: str) -> None:
    once = normal_identity(text)
    assert not re.search(r"\s", once)
    assert normal_identity(once).lower() == normal_identity(once)


@pytest.mark.parametrize(
    "typed",
    ["13800138000", "138 0013 8000", "138-0013-8000", "+8613800138000", "8613800138000", "１３８００１３８０００"],
)
def test_a_phone_is_known_however_it_is_written(typed: str) -> None:
    assert normal_phone(typed) == "13800138000"


@pytest.mark.parametrize("typed", ["", "1380013800", "23800138000", "138001380000", "lin", "0731-88888888"])
def test_what_is_no_mobile_number_is_none(typed: str) -> None:
    assert normal_phone(typed) is None


def test_a_phone_is_shown_masked() -> None:
    assert masked_phone("13800138000") == "138****8000"


def test_codes_can_be_read_aloud_and_do_not_repeat() -> None:
    codes = {fresh_code() for _ in range(500)}
    assert len(codes) == 500
    assert not set("".join(codes)) & set("01OIL")
