"""Rosters as of a day, trees, scopes: what other domains stand on."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.db import MakeSession
from lms.demo.cast import BUREAU, NORTH, NORTH_BRANCH, SOUTH, SOUTH_BRANCH
from lms.errors import Conflict, Forbidden, Invalid, NotFound
from lms.people import access, jobs, queries
from lms.people.models import Branch, Person, RosterImport, SignInFailure, Unit
from lms.people.principal import principal_of
from lms.people.rules import DutyStatus, ImportState, PartyStatus, Permission, RankBand, Role
from lms.people.services import accounts, grants, trees

NOW = datetime(2026, 5, 1, 2, 0, tzinfo=UTC)


def unit(session: Session, name: str) -> Unit:
    return session.scalars(select(Unit).where(Unit.name == name)).one()


def branch(session: Session, name: str) -> Branch:
    return session.scalars(select(Branch).where(Branch.name == name)).one()


# Membership and rosters


def test_a_day_belongs_to_one_place_and_the_day_of_the_move_to_the_new_one(
    session: Session, cast: SimpleNamespace
) -> None:
    accounts.place(session, cast.lin, unit(session, SOUTH), None, from_on=date(2026, 6, 1))
    north = queries.membership_of(session, cast.lin.id, date(2026, 5, 31))
    south = queries.membership_of(session, cast.lin.id, date(2026, 6, 1))
    assert north
    assert south
    assert (north.unit_id, south.unit_id) == (unit(session, NORTH).id, unit(session, SOUTH).id)


def test_a_membership_that_had_an_end_is_cut_when_the_next_begins_before_it(
    session: Session, cast: SimpleNamespace
) -> None:
    first = queries.newest_membership(session, cast.lin.id)
    assert first
    first.until_on = date(2027, 1, 1)
    accounts.place(session, cast.lin, unit(session, SOUTH), None, from_on=date(2026, 6, 1))
    members = [m for m in queries.roster(session, date(2026, 7, 1)) if m.person_id == cast.lin.id]
    assert [m.unit_name for m in members] == [SOUTH]


moves = st.lists(st.tuples(st.integers(1, 400), st.sampled_from([NORTH, SOUTH, BUREAU])), max_size=6)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=moves)
def test_whatever_the_moves_everybody_is_on_exactly_one_roster_each_day(
    session: Session, cast: SimpleNamespace, moves: list[tuple[int, str]]
) -> None:
    session.rollback()
    start = date(2026, 1, 1)
    placed: dict[date, str] = {}
    for days, name in moves:
        on = start + timedelta(days=days)
        try:
            accounts.place(session, cast.bo, unit(session, name), None, from_on=on)
            placed[on] = name
        except Conflict:
            assert placed
            assert max(placed) >= on
    for days in (0, 1, 100, 250, 401):
        on = start + timedelta(days=days)
        expected = next((placed[day] for day in sorted(placed, reverse=True) if day <= on), NORTH)
        assert [m.unit_name for m in queries.roster(session, on) if m.person_id == cast.bo.id] == [expected]
    session.rollback()


def test_due_are_members_on_duty_or_seconded_here(session: Session, cast: SimpleNamespace) -> None:
    for name, party, duty in (
        ("lin", PartyStatus.PROBATIONARY, DutyStatus.ON_DUTY),
        ("bo", PartyStatus.FULL, DutyStatus.SECONDED),
        ("ed", PartyStatus.FULL, DutyStatus.RETIRED),
        ("ada", PartyStatus.FULL, DutyStatus.LONG_ILL),
        ("chen", PartyStatus.ACTIVIST, DutyStatus.ON_DUTY),
    ):
        member = queries.newest_membership(session, getattr(cast, name).id)
        assert member
        member.party_status, member.duty_status = party, duty
    session.flush()
    north = queries.roster(session, date(2026, 5, 1), branch_path=branch(session, NORTH_BRANCH).path)
    assert {m.staff_no for m in north if m.is_due} == {"lin", "bo"}
    assert {m.staff_no for m in north} == {"lin", "bo", "ed", "ada", "chen"}


def test_a_roster_of_a_node_holds_what_is_below_it(session: Session) -> None:
    everybody = queries.roster(session, date(2026, 5, 1), unit_path=unit(session, BUREAU).path)
    assert len(everybody) == 14
    assert queries.roster(session, date(2019, 12, 31)) == []


# Trees


def test_a_path_lists_the_ids_from_the_root_so_neighbours_with_like_numbers_stay_apart(session: Session) -> None:
    root = unit(session, BUREAU)
    made = [trees.create_unit(session, name=f"所{n}", parent=root, by_id=None, by="t", now=NOW) for n in range(12)]
    assert len({u.path for u in made}) == 12
    for one in made:
        below = [u for u in made if u.path.startswith(one.path)]
        assert below == [one]


def test_reading_order_puts_children_behind_their_parent(session: Session) -> None:
    north = unit(session, NORTH)
    trees.create_unit(session, name="北区一所", parent=north, sort=5, by_id=None, by="t", now=NOW)
    names = [u.name for u in queries.list_units(session)]
    assert names.index("北区一所") == names.index(NORTH) + 1
    counts = queries.head_counts(queries.list_units(session), queries.count_by_unit(session, date(2026, 5, 1)))
    assert counts[unit(session, BUREAU).id] == 14
    assert counts[north.id] == 5


# Scope


def test_a_grant_reaches_down_and_nowhere_else(session: Session, cast: SimpleNamespace) -> None:
    below = trees.create_unit(session, name="北区一所", parent=unit(session, NORTH), by_id=None, by="t", now=NOW)
    ada = principal_of(session, cast.ada, NOW)
    reach = access.scope(session, ada, Permission.PEOPLE_READ)
    assert reach.covers_unit(below.path)
    assert reach.covers_unit(unit(session, NORTH).path)
    assert not reach.covers_unit(unit(session, BUREAU).path)
    assert not reach.covers_unit(unit(session, SOUTH).path)
    assert not access.scope(session, ada, Permission.PEOPLE_MANAGE).unit_paths


def test_a_revoked_grant_reaches_nothing(session: Session, cast: SimpleNamespace) -> None:
    for granted in queries.list_grants(session, cast.ada.id):
        grants.revoke(session, granted, by_id=cast.qin.id, by="秦岚", now=NOW)
    ada = principal_of(session, cast.ada, NOW)
    assert not ada.can(Permission.PEOPLE_READ)
    assert ada.can(Permission.COURSE_STUDY)


def test_the_three_admins_are_no_cadres(session: Session, principals: SimpleNamespace) -> None:
    for name in ("sun", "qin", "shi"):
        assert not getattr(principals, name).can(Permission.COURSE_STUDY)
        assert not getattr(principals, name).can(Permission.CONTEST_ENTER)


def test_loaders_say_not_found_outside_and_forbidden_for_oneself(
    session: Session, cast: SimpleNamespace, principals: SimpleNamespace
) -> None:
    assert access.person_to_manage(session, principals.ada, cast.lin.id, Permission.PEOPLE_READ).id == cast.lin.id
    with pytest.raises(NotFound):
        access.person_to_manage(session, principals.ada, cast.dana.id, Permission.PEOPLE_READ)
    with pytest.raises(NotFound):
        access.unit_to_see(session, principals.ada, unit(session, SOUTH).id, Permission.PEOPLE_READ)
    with pytest.raises(NotFound):
        access.branch_to_see(session, principals.chen, branch(session, SOUTH_BRANCH).id, Permission.BRANCH_READ)
    with pytest.raises(Forbidden):
        access.account_to_manage(session, principals.sun, cast.sun.id)
    assert access.branch_to_see(session, principals.chen, branch(session, NORTH_BRANCH).id, Permission.BRANCH_READ)


# Accounts


def test_a_phone_belongs_to_one_person(session: Session, cast: SimpleNamespace, keys) -> None:  # type: ignore[no-untyped-def]
    def make(staff_no: str, phone: str) -> Person:
        return accounts.create_person(
            session, staff_no=staff_no, name="甲", rank_band=RankBand.TOWNSHIP, phone=phone, keys=keys, now=NOW
        )

    make("x1", "138 0013 8000")
    with pytest.raises(Conflict):
        make("x2", "+86 13800138000")
    with pytest.raises(Invalid):
        make("x3", "12345")


def test_a_grant_twice_is_refused_and_a_role_on_another_node_is_not(session: Session, cast: SimpleNamespace) -> None:
    def give(where: str) -> None:
        grants.grant(session, cast.lin, Role.LECTURER, unit=unit(session, where), by_id=None, by="t", now=NOW)

    give(NORTH)
    give(SOUTH)
    with pytest.raises(Conflict):
        give(NORTH)


# Sweeping


def test_sweeping_drops_what_nobody_asks_for_and_nothing_else(
    session: Session, make_session: MakeSession, cast: SimpleNamespace
) -> None:
    now = clock.now()
    for hours in (1, 50):
        session.add(SignInFailure(source="s", identity="", at=now - timedelta(hours=hours)))
        session.add(
            RosterImport(
                owner_id=cast.hua.id, file_name=f"{hours}", state=ImportState.READ, from_on=date(2026, 1, 1), new_count=1,
                known={}, problems=[], problem_rows=0, lines_sealed="sealed", created_at=now - timedelta(hours=hours),
            )
        )  # fmt: skip
    session.commit()
    for _ in range(2):
        jobs.sweep(make_session, now)
    session.expire_all()
    assert len(session.scalars(select(SignInFailure)).all()) == 1
    states = {r.file_name: (r.state, r.lines_sealed) for r in session.scalars(select(RosterImport))}
    assert states == {"1": (ImportState.READ, "sealed"), "50": (ImportState.DISCARDED, "")}
