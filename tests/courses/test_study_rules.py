"""Credit of study: what the rules say, what cheats earn, and random lives (R08, B12, B13)."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.courses import study_rules as rules
from lms.courses.study_rules import Coverage, Pulse, Terms
from tests.courses import histories

OPENED = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
LENGTH = 600_000


def at(seconds: float) -> datetime:
    return OPENED + timedelta(seconds=seconds)


def pulse(sequence: int, start: float, end: float, received: float, **more: Any) -> Pulse:
    return Pulse(sequence, int(start * 1000), int(end * 1000), at(received), **more)


def honest(until: int, *, start: int = 0, delay: float = 0.2) -> list[Pulse]:
    """Beats of somebody who plays from `start` without a break."""
    return [
        pulse(n, second, min(second + 15, until), min(second + 15, until) - start + delay)
        for n, second in enumerate(range(start, until, 15), 1)
    ]


def credit(*viewings: tuple[Terms, list[Pulse]], length: int = LENGTH) -> rules.Spans:
    return rules.credited(viewings, length).spans


# Spans


def test_gaps_of_up_to_two_seconds_are_closed_and_longer_ones_stay() -> None:
    assert rules.join([(5000, 6000), (0, 3000)], 2000) == ((0, 6000),)
    assert rules.join([(5001, 6000), (0, 3000)], 2000) == ((0, 3000), (5001, 6000))
    assert rules.join([(5, 5), (9, 4)]) == ()


spans = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), max_size=12)


@given(spans, spans)
def test_span_arithmetic_agrees_with_sets_of_seconds(some: list[rules.Span], others: list[rules.Span]) -> None:
    def cells(given_spans: Any) -> set[int]:
        return {cell for start, end in given_spans for cell in range(start, end)}

    a, b = rules.join(some), rules.join(others)
    assert cells(a) == cells(some)
    assert rules.measure(a) == len(cells(some))
    assert cells(rules.subtract(a, b)) == cells(some) - cells(others)
    assert cells(rules.head(a, 40)) == set(sorted(cells(some))[:40])


# What is credited


def test_who_plays_from_start_to_end_is_credited_all_of_it() -> None:
    assert credit((Terms(OPENED), honest(600))) == ((0, LENGTH),)


def test_seeing_a_part_again_adds_nothing() -> None:
    beats = [*honest(60), pulse(5, 0, 15, 80), pulse(6, 15, 30, 95)]
    assert credit((Terms(OPENED), beats)) == ((0, 60_000),)


def test_a_pause_costs_nothing() -> None:
    assert credit((Terms(OPENED), [pulse(1, 0, 15, 15), pulse(2, 15, 30, 500)])) == ((0, 30_000),)


def test_up_to_each_beat_the_sum_stays_within_the_time_since_the_opening_and_five_seconds() -> None:
    assert credit((Terms(OPENED), [pulse(1, 0, 300, 15)])) == ((0, 20_000),)
    beats = [pulse(1, 0, 300, 15), pulse(2, 20, 300, 30)]
    assert credit((Terms(OPENED), beats)) == ((0, 35_000),)


def test_in_total_a_closed_viewing_gives_at_most_its_length() -> None:
    assert credit((Terms(OPENED, closed_at=at(12)), [pulse(1, 0, 300, 11)])) == ((0, 12_000),)


def test_delayed_beats_count_within_the_length_of_their_viewing() -> None:
    closed = Terms(OPENED, closed_at=at(40))
    delayed = [pulse(n, n * 15 - 15, n * 15, 3600) for n in range(1, 5)]
    assert credit((closed, delayed)) == ((0, 40_000),)


def test_beats_count_up_to_a_day_after_the_end_and_no_longer() -> None:
    closed = Terms(OPENED, closed_at=at(60))
    assert credit((closed, [pulse(1, 0, 15, 60 + 24 * 3600)])) == ((0, 15_000),)
    assert credit((closed, [pulse(1, 0, 15, 60 + 24 * 3600 + 1)])) == ()


def test_a_viewing_ends_twenty_minutes_after_its_last_beat() -> None:
    terms = Terms(OPENED)
    assert rules.end_of(terms, [at(15), at(30)]) is None
    assert rules.end_of(terms, [at(15), at(15 + 1200)]) is None
    assert rules.end_of(terms, [at(15), at(15 + 1201)]) == at(15 + 1200)
    assert rules.end_of(Terms(OPENED, closed_at=at(9000)), [at(15)]) == at(15 + 1200)
    assert rules.end_of(Terms(OPENED, closed_at=at(100)), [at(15), at(5000)]) == at(100)


def test_a_first_viewing_goes_no_further_than_two_seconds_past_what_was_reached() -> None:
    assert credit((Terms(OPENED), [pulse(1, 2, 15, 20)])) == ((2_000, 15_000),)
    assert credit((Terms(OPENED), [pulse(1, 2.001, 15, 20)])) == ()


def test_a_repeat_may_jump_and_run_at_double_speed() -> None:
    repeat = Terms(OPENED, speed_percent=200, may_jump=True)
    beats = [pulse(1, 100, 130, 15, speed_percent=200), pulse(2, 130, 160, 30, speed_percent=200)]
    assert credit((repeat, beats)) == ((100_000, 160_000),)


def test_a_faster_beat_than_allowed_counts_nothing() -> None:
    assert credit((Terms(OPENED), [pulse(1, 0, 15, 15, speed_percent=101)])) == ()


def test_a_missing_beat_that_arrives_later_mends_what_followed() -> None:
    beats = [pulse(1, 0, 15, 15), pulse(3, 30, 45, 45)]
    assert credit((Terms(OPENED), beats)) == ((0, 15_000),)
    assert credit((Terms(OPENED), [*beats, pulse(2, 15, 30, 300)])) == ((0, 45_000),)


def test_the_end_of_the_media_is_the_end_of_the_credit() -> None:
    assert credit((Terms(OPENED), [pulse(1, 0, 40, 60)]), length=30_000) == ((0, 30_000),)


def test_of_two_beats_with_one_sequence_the_first_received_counts() -> None:
    assert credit((Terms(OPENED), [pulse(1, 0, 15, 15), pulse(1, 0, 40, 60)])) == ((0, 15_000),)


# Known cheats that must earn nothing. Each is shown to earn once the rule that stops it is taken away.


def test_a_posted_position_earns_nothing() -> None:
    assert credit((Terms(OPENED), [pulse(1, 590, 600, 15)])) == ()


def test_a_posted_duration_earns_no_more_than_the_time_that_passed() -> None:
    assert credit((Terms(OPENED), [pulse(1, 0, 600, 1)])) == ((0, 6_000),)


def test_many_beats_per_second_earn_no_more_than_the_time_that_passed() -> None:
    beats = [pulse(n, n * 15 - 15, n * 15, n * 0.01) for n in range(1, 41)]
    assert rules.measure(credit((Terms(OPENED), beats))) <= 5_400


def test_splinters_two_seconds_apart_earn_no_more_than_the_time_that_passed() -> None:
    beats = [pulse(n, n * 2.1, n * 2.1 + 0.1, n * 0.1) for n in range(0, 200)]
    assert rules.measure(credit((Terms(OPENED), beats))) <= 19_900 + 5_000


def test_two_tabs_earn_as_much_as_one() -> None:
    first = Terms(OPENED, closed_at=at(1))
    second = Terms(at(1))
    tab = [pulse(n, (n - 1) * 15, n * 15, n * 15 + 1) for n in range(1, 5)]
    other = [pulse(n, 60 + (n - 1) * 15, 60 + n * 15, n * 15 + 1) for n in range(1, 5)]
    assert rules.measure(credit((first, tab), (second, other))) <= 61_000 + 5_000


def test_opening_again_and_again_does_not_add_up_the_five_seconds() -> None:
    viewings = [(Terms(at(n), closed_at=at(n + 0.1)), [pulse(1, n * 5, n * 5 + 5, n + 0.05)]) for n in range(50)]
    assert rules.measure(credit(*viewings)) <= 5_000


def test_replayed_beats_earn_nothing_more() -> None:
    beats = honest(60)
    replayed = [Pulse(p.sequence + 4, p.from_millis, p.to_millis, at(100)) for p in beats]
    assert credit((Terms(OPENED), [*beats, *beats, *replayed])) == ((0, 60_000),)


def test_a_changed_device_clock_changes_nothing_because_no_beat_carries_one() -> None:
    assert set(Pulse.__dataclass_fields__) == {
        "sequence", "from_millis", "to_millis", "received_at", "speed_percent", "pages",
    }  # fmt: skip


def test_pages_claimed_at_once_are_not_shown() -> None:
    beats = [pulse(1, 0, 1, 1, pages=frozenset(range(1, 37)))]
    assert rules.credited([(Terms(OPENED), beats)], LENGTH).pages == {1, 2}


CHEATS = {
    "position": ("GAP_MILLIS", 10**9, [pulse(1, 590, 600, 15)]),
    "duration": ("SLACK", timedelta(days=1), [pulse(1, 0, 600, 1)]),
    "frequency": ("SLACK", timedelta(days=1), [pulse(n, n * 15 - 15, n * 15, n * 0.01) for n in range(1, 41)]),
    "pages": ("PAGE_MILLIS", 1, [pulse(1, 0, 1, 1, pages=frozenset(range(1, 37)))]),
}


@pytest.mark.parametrize("name", CHEATS)
def test_positive_control_a_weakened_rule_lets_the_cheat_earn(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    constant, weak, beats = CHEATS[name]
    before = rules.credited([(Terms(OPENED), beats)], LENGTH)
    monkeypatch.setattr(rules, constant, weak)
    after = rules.credited([(Terms(OPENED), beats)], LENGTH)
    assert (rules.measure(after.spans), len(after.pages)) > (rules.measure(before.spans), len(before.pages))
    assert rules.measure(after.spans) > 9_000 or len(after.pages) == 36


# Finished


def test_a_video_is_finished_with_five_seconds_missing_at_either_end() -> None:
    assert rules.is_seen(((5_000, 595_000),), LENGTH)
    assert not rules.is_seen(((5_001, 595_000),), LENGTH)
    assert not rules.is_seen(((5_000, 594_999),), LENGTH)
    assert not rules.is_seen(((0, 300_000), (300_001, 600_000)), LENGTH)


def test_a_short_clip_is_not_finished_by_tolerance_alone() -> None:
    assert not rules.is_seen((), 8_000)
    assert not rules.is_seen((), 0)
    assert rules.is_seen(((2_000, 6_000),), 8_000)


def test_with_a_lower_percentage_some_may_be_missing_in_the_middle() -> None:
    assert rules.is_seen(((0, 200_000), (260_000, 600_000)), LENGTH, required_percent=90)
    assert not rules.is_seen(((0, 200_000), (260_001, 600_000)), LENGTH, required_percent=90)


def test_a_document_is_finished_when_all_pages_were_shown_and_the_reading_time_has_passed() -> None:
    read = Coverage(((0, 60_000),), frozenset({1, 2, 3}))
    assert rules.is_read(read, 60_000, 3)
    assert not rules.is_read(read, 60_001, 3)
    assert not rules.is_read(read, 60_000, 4)


def test_a_hundred_percent_is_only_said_of_the_whole() -> None:
    assert rules.seen_percent(((0, 599_000),), LENGTH) == 100
    assert rules.seen_percent(((0, 300_000), (301_000, 600_000)), LENGTH) == 99
    assert rules.seen_percent((), LENGTH) == 0


def test_one_goes_on_where_the_first_second_is_missing() -> None:
    assert rules.first_missing(((0, 100), (200, 300)), 300) == 100
    assert rules.first_missing(((0, 300),), 300) == 0


def test_beats_are_accepted_through_the_last_before_a_hole() -> None:
    assert rules.accepted_through([]) == 0
    assert rules.accepted_through([3, 1, 2, 5]) == 3
    assert rules.accepted_through([2, 3]) == 0


# Random lives

QUICK = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LONG = settings(max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def check_life(actions: list[tuple[Any, ...]]) -> None:
    """Whatever the life was like: order does not matter, no more than the wall clock, nothing that was not claimed, and
    steps from a stored state end where the fold ends."""
    world = histories.live(actions)
    total = 0
    for lesson in (0, 1):
        viewings = world.of(lesson)
        whole = rules.credited(viewings, LENGTH)
        total += rules.measure(whole.spans)
        shuffled = [(terms, random.Random(7).sample(pulses, len(pulses))) for terms, pulses in reversed(viewings)]
        assert rules.credited(shuffled, LENGTH) == whole
        claimed = rules.join([(p.from_millis, p.to_millis) for _, ps in viewings for p in ps], rules.GAP_MILLIS)
        assert rules.subtract(whole.spans, claimed) == ()
        assert all(end <= LENGTH for _, end in whole.spans)
        assert by_steps(viewings) == whole
    fastest = max(seen.speed_percent for seen in world.viewings)
    assert total <= (world.wall_millis() + 5_000) * fastest // 100


def by_steps(viewings: list[tuple[Terms, list[Pulse]]]) -> Coverage:
    """What a server stores that only ever takes the next step, with each viewing's end as it is known at last."""
    coverage = Coverage()
    for terms, pulses in viewings:
        end = rules.end_of(terms, [p.received_at for p in pulses])
        gained, seen = 0, set[int]()
        for one in sorted(pulses, key=lambda p: (p.sequence, p.received_at)):
            if one.sequence not in seen:
                seen.add(one.sequence)
                coverage, gained = rules.step(coverage, gained, one, terms, end, LENGTH)
    return coverage


@QUICK
@given(histories.wild_lives)
def test_r08_a_wild_life_is_credited_at_most_the_wall_clock_in_whatever_order(actions: list[tuple[Any, ...]]) -> None:
    check_life(actions)


@QUICK
@given(histories.repeat_lives)
def test_r08_a_life_with_repeats_is_credited_at_most_double_the_wall_clock(actions: list[tuple[Any, ...]]) -> None:
    check_life(actions)


@QUICK
@given(histories.honest_lives())
def test_r08_an_honest_life_is_credited_exactly_what_was_played(world: histories.World) -> None:
    assert rules.credited(world.of(0), LENGTH).spans == rules.join(world.played[0], rules.GAP_MILLIS)


@pytest.mark.slow
@LONG
@given(histories.repeat_lives)
def test_r08_ten_thousand_lives(actions: list[tuple[Any, ...]]) -> None:
    check_life(actions)


def test_positive_control_lives_tell_a_rule_without_a_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "SLACK", timedelta(hours=1))
    with pytest.raises(AssertionError):
        check_life([("forge", 0, 0, LENGTH)])


def test_positive_control_lives_tell_viewings_that_overlap() -> None:
    world = histories.live([("open", 1, 1), ("both", 200)])
    for seen in world.viewings:
        seen.closed_at = None
    total = sum(rules.measure(rules.credited(world.of(lesson), LENGTH).spans) for lesson in (0, 1))
    assert total > world.wall_millis() + 5_000
