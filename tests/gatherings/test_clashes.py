"""What two events at the same time can not share, whatever they are: a lecture, a meeting of a class, a branch's own."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.demo.cast import NORTH, NORTH_BRANCH
from lms.gatherings import access, clash_rules, services
from lms.gatherings.clash_queries import list_clashes, list_expected
from lms.gatherings.clash_rules import Slot
from lms.gatherings.kind_rules import GatheringKind
from lms.gatherings.models import Gathering
from lms.gatherings.services import Plan
from lms.people.models import Unit
from lms.people.principal import Principal
from tests.gatherings.north import NOON, theme_day

START = datetime(2026, 12, 7, 1, 0, tzinfo=UTC)
TIMES = st.tuples(st.integers(0, 20), st.integers(1, 6))
NAMES = st.sampled_from(["", " ", "一号教室", "一号 教室", "A101", "a 101", "二号教室"])
PEOPLE = st.frozensets(st.integers(1, 3), max_size=2)


def slot(times: tuple[int, int], place: str = "", people: frozenset[int] = frozenset(), guests: str = "") -> Slot:
    starts_at = START + timedelta(hours=times[0])
    return Slot(starts_at, starts_at + timedelta(hours=times[1]), place, people, guests)


@given(TIMES, TIMES)
def test_overlapping_means_some_hour_is_in_both(one: tuple[int, int], other: tuple[int, int]) -> None:
    both = set(range(one[0], one[0] + one[1])) & set(range(other[0], other[0] + other[1]))
    assert clash_rules.overlap(slot(one), slot(other)) == bool(both)


@given(TIMES, TIMES, NAMES, NAMES, PEOPLE, PEOPLE, NAMES, NAMES)
def test_a_clash_is_seen_from_both_sides_and_only_at_the_same_time(
    one: tuple[int, int], other: tuple[int, int], room: str, room2: str,
    people: frozenset[int], people2: frozenset[int], guests: str, guests2: str,
) -> None:  # fmt: skip
    first, second = slot(one, room, people, guests), slot(other, room2, people2, guests2)
    for shared in (clash_rules.share_room, clash_rules.share_speaker):
        assert shared(first, second) == shared(second, first)
        assert not shared(first, second) or clash_rules.overlap(first, second)


@pytest.mark.parametrize(
    ("room", "other", "is_shared"),
    [("一号 教室", "一号教室", True), ("A101", "a 101 ", True), ("", "", False), (" ", "", False), ("一号", "二号", False)],
)  # fmt: skip
def test_a_room_is_the_same_whatever_its_spelling_and_no_room_is_none(room: str, other: str, is_shared: bool) -> None:
    assert clash_rules.share_room(slot((0, 3), room), slot((1, 1), other)) is is_shared
    named = slot((0, 3), guests=room), slot((1, 1), guests=other)
    assert clash_rules.share_speaker(*named) is is_shared, "who comes from outside is known by name"


def _reading(
    session: Session, cast: SimpleNamespace, starts_at: datetime, *invitees: int, **given_: object
) -> Gathering:
    unit = session.scalars(select(Unit).where(Unit.name == NORTH)).one()
    usual: dict[str, object] = {"host_id": cast.hua.id, "place": "四楼", "invitees": invitees}
    plan = Plan(GatheringKind.READING, "读书班", starts_at, starts_at + timedelta(hours=2), **(usual | given_))  # type: ignore[arg-type]
    return services.plan(session, unit, plan, by_id=cast.hua.id, now=NOON)


def test_room_speaker_and_members_are_told_in_one_line_of_each_gathering(
    session: Session, cast: SimpleNamespace
) -> None:
    first = _reading(session, cast, START, cast.bo.id, cast.lin.id, speaker_id=cast.ed.id)
    second = _reading(session, cast, START + timedelta(hours=1), cast.lin.id, place="五楼")
    gone = _reading(session, cast, START, cast.lin.id)
    services.cancel(session, gone, reason="改期", by_id=cast.hua.id, now=NOON)
    _reading(session, cast, START + timedelta(hours=3), cast.lin.id)
    session.commit()
    wanted = Slot(START, START + timedelta(hours=3), "四 楼", frozenset([cast.ed.id]))
    members = [cast.lin.id, cast.bo.id, cast.dana.id]
    found = list_clashes(session, wanted, member_ids=members)
    assert [(each.gathering.id, each.is_room, each.is_speaker, each.members) for each in found] == [
        (first.id, True, True, (cast.bo.name, cast.lin.name)),
        (second.id, False, False, (cast.lin.name,)),
    ]
    assert [each.gathering.id for each in list_clashes(session, wanted, besides=first.id)] == []
    assert list_expected(session, wanted, []) == []
    presiding = Slot(START, START + timedelta(hours=1), person_ids=frozenset([cast.hua.id]))
    assert [each.gathering.id for each in list_clashes(session, presiding)] == [first.id], "who presides is busy too"


def test_what_a_planner_does_not_read_is_told_by_its_time_only(
    session: Session, cast: SimpleNamespace, principals: SimpleNamespace
) -> None:
    held = theme_day(session, cast.chen)
    clashes = list_clashes(session, Slot(held.starts_at, held.ends_at, held.place))

    def told(reader: Principal) -> list[tuple[str, str]]:
        return [(line.title, line.owner) for line in access.clashes_to_see(session, reader, clashes)]

    assert told(principals.hua) == [("", "")]
    assert told(principals.chen) == [(held.title, NORTH_BRANCH)]
