"""The report of a year: sums that agree whichever way they are added, by the roster of the day."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from types import SimpleNamespace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from lms.demo.cast import NORTH, SOUTH
from lms.hours import exporting, queries, services
from lms.hours.models import HourEntry, HourSum
from lms.hours.policy_rules import ExemptionState
from lms.hours.report_queries import Report, report
from lms.hours.requirement_rules import Exemption
from lms.hours.rules import Bucket, Source
from lms.people.access import Scope
from lms.people.models import Membership, Unit

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
EVERYWHERE = Scope(("/",), ())

GIVEN = st.tuples(
    st.sampled_from(["lin", "bo", "dana"]), st.sampled_from(Bucket), st.integers(1, 40), st.integers(0, 364)
)


def earn(session: Session, person: Any, bucket: Bucket, quarters: int, on: date, number: int) -> HourEntry:
    entry = services.credit(
        session, person_id=person.id, source=Source("import", number), bucket=bucket, quarters=quarters, on=on,
        title="网络学院", evidence={}, now=NOW,
    )  # fmt: skip
    assert entry is not None
    return entry


def of_unit(found: Report, name: str) -> dict[Bucket, int]:
    return next(unit.sums for unit in found.units if unit.name == name)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(GIVEN, max_size=25), st.randoms())
def test_months_units_persons_and_buckets_add_up_to_the_same_year_in_any_order(
    session: Session, cast: SimpleNamespace, given_: list[tuple[str, Bucket, int, int]], chance: Any
) -> None:
    session.execute(delete(HourEntry))
    session.execute(delete(HourSum))
    session.expire_all()
    numbered = list(enumerate(given_))
    chance.shuffle(numbered)
    for number, (name, bucket, quarters, day) in numbered:
        earn(session, getattr(cast, name), bucket, quarters, date(2026, 1, 1) + timedelta(days=day), number)
    found = report(session, EVERYWHERE, 2026, today=TODAY)
    for bucket in Bucket:
        total = sum(q for _, b, q, _ in given_ if b is bucket)
        assert found.whole.sums[bucket] == total
        assert sum(month[bucket] for month in found.months) == total
        assert sum(unit.sums[bucket] for unit in found.units) == total
        assert sum(person.sums[bucket] for person in found.persons) == total
    lin = next(person for person in found.persons if person.staff_no == "lin")
    assert lin.sums == queries.totals(session, cast.lin.id, 2026)


def test_a_transferred_person_keeps_all_hours_and_the_units_follow_the_roster(
    session: Session, cast: SimpleNamespace
) -> None:
    earn(session, cast.lin, Bucket.ONLINE, 8, date(2026, 3, 1), 1)
    north, south = (
        of_unit(report(session, EVERYWHERE, 2026, today=TODAY), name)[Bucket.ONLINE] for name in (NORTH, SOUTH)
    )
    assert (north, south) == (8, 0)
    old = session.scalars(select(Membership).where(Membership.person_id == cast.lin.id)).one()
    old.until_on = date(2026, 7, 1)
    unit = session.scalars(select(Unit).where(Unit.name == SOUTH)).one()
    session.add(
        Membership(
            person_id=cast.lin.id, unit_id=unit.id, branch_id=None, from_on=date(2026, 7, 1),
            party_status=old.party_status, duty_status=old.duty_status,
        )
    )  # fmt: skip
    earn(session, cast.lin, Bucket.ONLINE, 4, date(2026, 8, 1), 2)
    found = report(session, EVERYWHERE, 2026, today=TODAY)
    assert (of_unit(found, NORTH)[Bucket.ONLINE], of_unit(found, SOUTH)[Bucket.ONLINE]) == (0, 12)
    before = report(session, EVERYWHERE, 2026, today=date(2026, 6, 30))
    assert of_unit(before, NORTH)[Bucket.ONLINE] == 12
    assert queries.totals(session, cast.lin.id, 2026)[Bucket.ONLINE] == 12


def test_a_scope_sees_its_own_people_only(session: Session, cast: SimpleNamespace) -> None:
    earn(session, cast.lin, Bucket.ONLINE, 8, date(2026, 3, 1), 1)
    earn(session, cast.dana, Bucket.ONLINE, 4, date(2026, 3, 1), 2)
    north = session.scalars(select(Unit).where(Unit.name == NORTH)).one()
    found = report(session, Scope((north.path,), ()), 2026, today=TODAY)
    assert [unit.name for unit in found.units] == [NORTH]
    assert found.whole.sums[Bucket.ONLINE] == 8
    assert sum(month[Bucket.ONLINE] for month in found.months) == 8
    assert "dana" not in {person.staff_no for person in found.persons}


def test_who_met_the_requirement_is_counted_with_exemptions(session: Session, cast: SimpleNamespace) -> None:
    for number, (bucket, hours) in enumerate(((Bucket.OFFLINE, 90), (Bucket.ONLINE, 25), (Bucket.PARTY, 32))):
        earn(session, cast.lin, bucket, hours * 4, date(2026, 3, 1), number)

    def lin() -> dict[str, int]:
        found = report(session, EVERYWHERE, 2026, today=TODAY)
        return next(person.gaps for person in found.persons if person.staff_no == "lin")

    assert lin() == {"网络自学": 100}
    wanted = Exemption(date(2026, 1, 1), date(2026, 12, 31), 50, Bucket.ONLINE)
    exemption = services.propose(session, cast.lin.id, wanted, reason="产假", by_id=cast.ada.id, now=NOW)
    assert lin() == {"网络自学": 100}
    services.decide(session, exemption, approve=True, note="", by_id=cast.hua.id, now=NOW)
    assert lin() == {}
    session.refresh(exemption)
    assert exemption.state is ExemptionState.APPROVED
    standards = queries.requirements_of(session, cast.lin.id, 2026, today=TODAY)
    assert [each.gap for each in standards] == [0, 0, 0]
    assert (standards[1].target, standards[1].requirement.full) == (100, 200)


def test_the_file_says_what_the_page_says_to_the_digit(session: Session, cast: SimpleNamespace) -> None:
    for number in range(30):
        person = (cast.lin, cast.bo, cast.dana)[number % 3]
        earn(session, person, list(Bucket)[number % 4], number + 1, date(2026, 1 + number % 11, 5), number)
    found = report(session, EVERYWHERE, 2026, today=TODAY)
    book = CalamineWorkbook.from_filelike(BytesIO(exporting.workbook(found, NOW)))
    units = book.get_sheet_by_name("按单位").to_python()
    for row, unit in zip(units[1:], [*found.units, found.whole], strict=False):
        assert row[:3] == [unit.name, unit.people, unit.met]
        assert [cell * 4 for cell in row[3:]] == [
            *unit.sums.values(),
            unit.total,
            unit.total - unit.elective,
            unit.elective,
        ]
    assert units[-1][0] == "截至 2026-11-23 09:00，人员以 2026-11-23 的花名册为准"
    months = book.get_sheet_by_name("按月").to_python()[1:]
    assert [[cell * 4 for cell in row[1:-1]] for row in months] == [list(month.values()) for month in found.months]
    persons = {row[0]: row for row in book.get_sheet_by_name("按人").to_python()[1:]}
    assert persons["lin"][7] * 4 == sum(queries.totals(session, cast.lin.id, 2026).values())


def test_a_professional_s_further_education_counts_each_event_once(session: Session, cast: SimpleNamespace) -> None:
    cast.lin.rank_band = "technical"
    session.execute(update(type(cast.lin)).where(type(cast.lin).id == cast.lin.id).values(rank_band="technical"))
    for bucket in (Bucket.OFFLINE, Bucket.PROFESSIONAL):
        earn(session, cast.lin, bucket, 240, date(2026, 3, 1), 1)
    found = report(session, EVERYWHERE, 2026, today=TODAY)
    lin = next(person for person in found.persons if person.staff_no == "lin")
    assert lin.gaps["继续教育"] == 120
    assert "专业技术" not in lin.gaps
