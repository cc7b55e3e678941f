"""What holds for hours whatever happens: order, caps, carrying over, transfers."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lms.db import MakeSession
from lms.hours import queries, services
from lms.hours.models import HourEntry, HourSum, UncreditedNote, YearClosing
from lms.hours.report_queries import report
from lms.hours.rules import Bucket, Policy, Source, SourceRule
from lms.hours.services import years
from lms.people.access import Scope
from lms.people.models import Membership, Unit
from tests.hours.making import issue_policy

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
FEBRUARY = datetime(2027, 2, 1, 1, 0, tzinfo=UTC)
EVERYWHERE = Scope(("/",), ())
NEW_YEAR = date(2026, 1, 1)
CAP, MOST = 40, 24
CAPPED = Policy(sources={"claim": SourceRule(cap=CAP)}, carry_over={Bucket.ONLINE: MOST})
LAWS = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

EARNED = st.lists(
    st.tuples(st.sampled_from(["claim", "import"]), st.sampled_from([Bucket.ONLINE, Bucket.PARTY]), st.integers(1, 30)),
    max_size=12,
)
LARGE = st.integers(150, 300)


def emptied(session: Session) -> None:
    for table in (HourEntry, HourSum, UncreditedNote, YearClosing):
        session.execute(delete(table))
    session.expire_all()


def ruled(session: Session, cast: SimpleNamespace, policy: Policy) -> None:
    """The policy holds from the second of January on, once."""
    if queries.policy_on(session, date(2026, 4, 1)) != policy:
        issue_policy(session, policy, date(2026, 2, 1), by_id=cast.hua.id)


def earn(session: Session, person: Any, kind: str, bucket: Bucket, quarters: int, on: date, number: int) -> None:
    services.credit(
        session, person_id=person.id, source=Source(kind, number), bucket=bucket, quarters=quarters, on=on,
        title="一讲", evidence={}, now=NOW,
    )  # fmt: skip


@LAWS
@given(EARNED, st.randoms())
def test_under_a_cap_a_year_comes_to_the_same_in_whatever_order_it_is_delivered(
    session: Session, cast: SimpleNamespace, earned: list[tuple[str, Bucket, int]], chance: Any
) -> None:
    emptied(session)
    ruled(session, cast, CAPPED)
    due: dict[tuple[str, Bucket], int] = defaultdict(int)
    for kind, bucket, quarters in earned:
        due[kind, bucket] += quarters
    order = list(enumerate(earned))
    for person in (cast.lin, cast.bo):
        chance.shuffle(order)
        for number, (kind, bucket, quarters) in order:
            earn(session, person, kind, bucket, quarters, date(2026, 5, 1), number)
        for kind in ("claim", "import"):
            found = queries.totals_of_source(session, person.id, 2026, kind)
            for bucket in Bucket:
                assert found.get(bucket, 0) == min(due[kind, bucket], CAP if kind == "claim" else 10_000)
    assert queries.totals(session, cast.lin.id, 2026) == queries.totals(session, cast.bo.id, 2026)


@LAWS
@given(
    st.dictionaries(st.sampled_from(["lin", "bo", "dana"]), LARGE),
    st.dictionaries(st.sampled_from(["lin", "bo"]), LARGE),
)
def test_closing_a_year_creates_no_hours_and_leaves_the_year_as_it_was(
    session: Session,
    cast: SimpleNamespace,
    make_session: MakeSession,
    earned: dict[str, int],
    corrected: dict[str, int],
) -> None:
    """Closed, corrected, closed again: what stands in the next year is what was too much, and at most what the rules let through."""
    emptied(session)
    ruled(session, cast, CAPPED)
    for name, quarters in earned.items():
        earn(session, getattr(cast, name), "import", Bucket.ONLINE, quarters, date(2026, 5, 1), 1)
    session.commit()
    services.close_due(make_session, FEBRUARY)
    later = FEBRUARY + timedelta(days=1)
    for name in corrected.keys() & earned.keys():
        about = {"person_id": getattr(cast, name).id, "source": Source("import", 1)}
        entry = services.find_entry(session, **about, bucket=Bucket.ONLINE, year=2026)
        assert entry
        services.correct(session, entry, quarters=corrected[name], reason="更正", evidence={}, now=later)
    session.commit()
    services.close_due(make_session, later)
    session.expire_all()
    for name, quarters in (earned | {name: corrected[name] for name in corrected.keys() & earned.keys()}).items():
        person = getattr(cast, name)
        asked = queries.requirements_of(session, person.id, 2026, today=date(2026, 12, 31))
        target = next(each.target for each in asked if each.requirement.bucket is Bucket.ONLINE)
        assert queries.totals(session, person.id, 2026)[Bucket.ONLINE] == quarters
        came = queries.totals_of_source(session, person.id, 2027, years.SOURCE).get(Bucket.ONLINE, 0)
        assert came == min(MOST, max(0, quarters - target))
    assert services.verify(session).holds


MOVES = st.lists(st.tuples(st.integers(1, 300), st.integers(0, 4)), max_size=4, unique_by=lambda move: move[0])


@LAWS
@given(
    st.lists(st.tuples(st.integers(0, 364), st.sampled_from(Bucket), st.integers(1, 30)), max_size=8),
    MOVES,
    st.integers(0, 364),
)
def test_a_transferred_person_s_hours_stay_theirs_and_are_counted_where_the_roster_has_them(
    session: Session,
    cast: SimpleNamespace,
    earned: list[tuple[int, Bucket, int]],
    moves: list[tuple[int, int]],
    asked: int,
) -> None:
    emptied(session)
    stays = session.begin_nested()
    units = list(session.scalars(select(Unit).order_by(Unit.path)))
    for number, (day, bucket, quarters) in enumerate(earned):
        earn(session, cast.lin, "import", bucket, quarters, NEW_YEAR + timedelta(days=day), number)
    own = queries.totals(session, cast.lin.id, 2026)
    here = session.scalars(select(Membership).where(Membership.person_id == cast.lin.id)).one()
    for day, number in sorted(moves):
        here = moved(session, here, units[number % len(units)], NEW_YEAR + timedelta(days=day))
    today = NEW_YEAR + timedelta(days=asked)
    found = report(session, EVERYWHERE, 2026, today=today)
    where = session.scalars(
        select(Membership.unit_id).where(Membership.person_id == cast.lin.id, Membership.from_on <= today)
        .order_by(Membership.from_on.desc())
    ).first()  # fmt: skip
    assert queries.totals(session, cast.lin.id, 2026) == own
    assert {unit.unit_id: unit.sums for unit in found.units if any(unit.sums.values())} == (
        {where: own} if earned else {}
    )
    assert found.whole.sums == own
    stays.rollback()


def moved(session: Session, here: Membership, unit: Unit, on: date) -> Membership:
    here.until_on = on
    there = Membership(
        person_id=here.person_id, unit_id=unit.id, branch_id=None, from_on=on, party_status=here.party_status,
        duty_status=here.duty_status,
    )  # fmt: skip
    session.add(there)
    session.flush()
    return there
