"""Rates, marks, codes, locks and defaults, without a database."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms import clock
from lms.gatherings import code_rules, rules
from lms.gatherings.code_rules import Stamp
from lms.gatherings.kind_rules import KINDS, MEETINGS, GatheringKind, Owner, RosterRule, kinds_of, missing_fields
from lms.gatherings.rules import Cause, Count, GatheringState, Mark, Step, Way
from lms.hours.rules import CONVERSIONS, Bucket
from lms.people.rules import DutyStatus, PartyStatus

MARKS = st.sampled_from([None, *Mark])
AT = datetime(2026, 12, 4, 7, 10, tzinfo=UTC)


def test_every_kind_is_described_and_names_words_that_the_hours_know() -> None:
    assert set(KINDS) == set(GatheringKind)
    assert len({kind.name for kind in KINDS.values()}) == 11
    for kind in KINDS.values():
        assert kind.owners
        assert kind.required or kind.key is GatheringKind.CLASS_MEETING, "a class meeting needs its roll only"
        assert len({field.key for field in kind.fields}) == len(kind.fields)
        assert not kind.bucket or (Bucket(kind.bucket) and kind.conversion in CONVERSIONS)
    assert [KINDS[key].name for key in MEETINGS] == ["党员大会", "支委会", "党小组会", "党课"]


def test_a_branch_and_a_unit_are_offered_what_they_may_hold() -> None:
    branch, unit = kinds_of(Owner.BRANCH), kinds_of(Owner.UNIT)
    assert "theme_day" in [kind.key for kind in branch]
    assert {kind.key for kind in unit} == {"first_topic", "reading", "lecture", "class_meeting"}
    assert {kind.key for kind in branch} | {kind.key for kind in unit} == set(GatheringKind)


def test_what_minutes_still_lack_is_named() -> None:
    kind = KINDS[GatheringKind.FIRST_TOPIC]
    assert missing_fields(kind, {}) == ("学习篇目", "主要内容")
    assert missing_fields(kind, {"texts": "一", "points": " "}) == ("主要内容",)


@given(st.lists(st.tuples(st.booleans(), MARKS)))
def test_the_parts_of_a_count_make_up_the_due_and_the_rate_is_present_by_due(
    lines: list[tuple[bool, Mark | None]],
) -> None:
    counted = rules.count(lines)
    assert counted.due == sum(is_due for is_due, _ in lines)
    assert counted.present + counted.leave + counted.absent <= counted.due
    assert counted.rate is None if counted.due == 0 else 0 <= counted.rate <= 1  # type: ignore[operator]
    more = rules.count([*lines, (False, Mark.PRESENT)])
    assert (more.rate, more.others) == (counted.rate, counted.others + 1)


@given(MARKS, st.booleans(), st.booleans())
def test_closing_leaves_nobody_without_a_mark_and_takes_nobody_s_presence(
    mark: Mark | None, is_due: bool, has_leave: bool
) -> None:
    final = rules.mark_at_closing(mark, is_due=is_due, has_leave=has_leave)
    assert (final is Mark.PRESENT) == (mark is Mark.PRESENT)
    assert (final is Mark.NOT_DUE) == (not is_due and mark is not Mark.PRESENT)


@pytest.mark.parametrize(
    "present, due, tone", [(17, 20, "done"), (16, 20, "amber"), (169, 200, "amber"), (159, 200, "red"), (0, 0, "done")]
)
def test_the_rate_is_amber_below_85_and_red_below_80_per_cent(present: int, due: int, tone: str) -> None:
    assert Count(due, present, 0, due - present).tone == tone


def test_leave_stays_among_the_due() -> None:
    assert rules.count([(True, Mark.PRESENT), (True, Mark.LEAVE)]).rate == Fraction(1, 2)


@given(st.sampled_from(PartyStatus), st.sampled_from(DutyStatus))
def test_due_is_who_is_a_member_and_on_duty_or_seconded(party: PartyStatus, duty: DutyStatus) -> None:
    expected = party in ("full", "probationary") and duty in ("on_duty", "seconded")
    assert rules.is_due(RosterRule.MEMBERS, party, duty, is_chosen=False) == expected
    assert rules.is_due(RosterRule.CHOSEN_MEMBERS, party, duty, is_chosen=True) == expected
    assert not rules.is_due(RosterRule.CHOSEN, party, duty, is_chosen=False)
    assert rules.is_due(RosterRule.STAFF, party, duty, is_chosen=False) == (duty in ("on_duty", "seconded"))
    assert expected or rules.not_due_words(party, duty)


def test_a_tap_gives_way_to_a_sign_in_it_has_not_seen() -> None:
    assert not rules.may_overwrite(Mark.PRESENT, Way.QR, Mark.ABSENT, None)
    assert rules.may_overwrite(Mark.PRESENT, Way.QR, Mark.ABSENT, Mark.PRESENT)
    assert rules.may_overwrite(Mark.PRESENT, Way.TAP, Mark.ABSENT, None)
    assert rules.may_overwrite(Mark.ABSENT, Way.QR, Mark.LEAVE, None)
    assert len(Cause) == 3


@given(st.integers(0, 3_000_000), st.integers(-100, 700))
def test_a_code_is_good_for_twenty_seconds_and_a_margin(since: int, later: int) -> None:
    shown = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=since)
    code = code_rules.shown_at(7, shown)
    age = (shown + timedelta(seconds=later)).timestamp() - code.second
    assert code_rules.is_fresh(code, shown + timedelta(seconds=later)) == (-10 <= age <= 30)
    assert code_rules.is_fresh(code, shown + timedelta(seconds=20))
    assert not code_rules.is_fresh(code, shown + timedelta(seconds=31))


@given(st.integers(1, 10**12), st.integers(1, 2**33))
def test_a_stamp_is_read_as_it_was_sealed_and_a_code_is_no_scan(gathering_id: int, second: int) -> None:
    stamp, mac = Stamp(gathering_id, second), "0" * 64
    assert code_rules.read(stamp.sealed(mac)) == (stamp, mac)
    assert stamp.code_text != stamp.scan_text


@pytest.mark.parametrize(
    "sealed", ["", "1-1", "1-1-zz", "g-1-" + "0" * 64, "1-1-" + "0" * 65, "1-1-" + "0" * 64 + "\n"]
)
def test_what_is_no_stamp_is_not_read(sealed: str) -> None:
    assert code_rules.read(sealed) is None


def test_a_scan_is_kept_for_ten_minutes() -> None:
    scan = Stamp(1, int(AT.timestamp()))
    assert code_rules.is_kept(scan, AT + timedelta(minutes=10))
    assert not code_rules.is_kept(scan, AT + timedelta(minutes=10, seconds=1))


@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)))
def test_the_usual_day_is_a_friday_from_today_on_and_the_first_one_while_that_is_to_come(today: date) -> None:
    on = rules.usual_day(today)
    assert on.weekday() == 4
    assert today <= on <= today + timedelta(days=6) or on == rules.first_friday(today.replace(day=1))
    assert rules.first_friday(today.replace(day=1)).day <= 7


@given(st.integers(0, 364 * 86400))
def test_exactly_three_working_days_lie_between_the_day_and_its_lock(second: int) -> None:
    ends = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    locks, on = rules.locks_at(ends, {}), clock.today(ends)
    days = [on + timedelta(days=n) for n in range(1, (clock.today(locks) - on).days)]
    assert sum(clock.is_working_day(day) for day in days) == 3
    assert clock.local(locks).hour == 0


def test_what_is_next_follows_from_state_and_time() -> None:
    def step(state: GatheringState, minutes: int, *, is_written: bool = False) -> Step:
        return rules.next_step(state, AT, is_written=is_written, now=AT + timedelta(minutes=minutes))

    assert step(GatheringState.PLANNED, -121) is Step.WAIT
    assert step(GatheringState.PLANNED, -120) is Step.ROLL
    assert step(GatheringState.HELD, 200) is Step.MINUTES
    assert step(GatheringState.HELD, 200, is_written=True) is Step.NOTHING
    assert step(GatheringState.CANCELLED, 0) is Step.NOTHING


def test_an_agenda_loses_its_numbers_and_empty_lines() -> None:
    assert rules.clean_agenda("1. 学习\n\n二、讨论\n  表决 ") == ["学习", "讨论", "表决"]
    assert rules.clean_agenda("\n".join(KINDS[GatheringKind.THEME_DAY].agenda)) == list(
        KINDS[GatheringKind.THEME_DAY].agenda
    )
