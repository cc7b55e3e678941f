"""Who buzzed first: fair to slow lines, closed to those who pretend to have one."""

from hypothesis import given
from hypothesis import strategies as st

from lms.contests.fair_rules import CREDIT_MOST_MS, credit_ms, round_trip_ms
from lms.stage.buzz_rules import (
    Buzz,
    decide,
    effective_ms,
    is_slow,
    least,
    with_round_trip,
)

OPENS = 1_000_000


def buzz(team, after, round_trip=0, *, early=False):
    return Buzz(1, team, OPENS + after, round_trip, early)


def winners(*buzzes):
    return [pressed.team for pressed in decide(buzzes, OPENS).order]


def test_half_of_the_least_round_trip_is_taken_off_the_moment_of_receipt():
    assert effective_ms(buzz(1, 500, 300), OPENS) == OPENS + 350


def test_a_slow_line_that_pressed_first_comes_first():
    assert winners(buzz(1, 320, 20), buzz(2, 450, 390)) == [2, 1]


def test_nobody_gains_more_than_two_hundred_milliseconds():
    assert credit_ms(100_000) == CREDIT_MOST_MS == 200
    assert winners(buzz(1, 300, 0), buzz(2, 501, 10_000)) == [1, 2]


def test_nobody_counts_as_pressed_before_the_opening():
    assert effective_ms(buzz(1, 10, 400), OPENS) == OPENS


def test_a_line_without_a_measurement_gets_nothing():
    assert credit_ms(None) == 0


def test_what_arrives_after_the_window_is_too_late():
    assert winners(buzz(1, 100), buzz(2, 500), buzz(3, 501, 400)) == [1, 2]


def test_early_is_received_before_the_opening_or_said_by_the_device_itself():
    decision = decide([buzz(1, -1), buzz(2, 20, early=True), buzz(3, 30)], OPENS)
    assert (list(decision.early), [p.team for p in decision.order]) == ([1, 2], [3])


def test_without_an_opening_everything_is_early():
    assert list(decide([buzz(1, 50)], None).early) == [1]


@given(st.integers(20, 400), st.integers(0, 300), st.integers(0, 9000))
def test_a_held_back_echo_never_wins_more_than_the_cap(true_round_trip, pressed, held):
    """The server measures `true + held`; the buzz itself needs half of the true round trip."""
    measured = least(with_round_trip([], round_trip_ms(0, true_round_trip + held)))
    received = OPENS + pressed + true_round_trip // 2
    got = effective_ms(Buzz(1, 1, received, measured), OPENS)
    honest = effective_ms(Buzz(1, 1, received, true_round_trip), OPENS)
    assert OPENS <= got <= honest
    assert received - got <= CREDIT_MOST_MS


presses = st.lists(
    st.tuples(st.integers(0, 390), st.integers(10, 200)), min_size=2, max_size=12, unique_by=lambda one: one[0]
)


@given(presses)
def test_whoever_pressed_first_is_first_whatever_the_line_up_to_four_hundred_milliseconds(devices):
    """One way is half of the round trip; a press is received one way later."""
    buzzes = [buzz(team, pressed + way, 2 * way) for team, (pressed, way) in enumerate(devices)]
    order = winners(*buzzes)
    by_press = sorted(range(len(devices)), key=lambda team: devices[team][0])
    first = devices[by_press[0]][0]
    inside = [team for team in by_press if devices[team][0] + devices[team][1] <= first + 400]
    assert [team for team in order if team in inside] == inside
    assert order[0] == by_press[0]


@given(presses, st.randoms())
def test_the_order_does_not_depend_on_the_order_of_the_rows_and_later_buzzes_change_nothing(devices, rng):
    buzzes = [buzz(team, pressed + way, 2 * way) for team, (pressed, way) in enumerate(devices)]
    decision = decide(buzzes, OPENS)
    rng.shuffle(buzzes)
    assert decide(buzzes, OPENS) == decision
    late = Buzz(1, 99, decision.decided_ms, 800)
    assert decide([*buzzes, late], OPENS).order == decision.order


@given(presses)
def test_the_winner_at_the_moment_of_the_decision_is_the_winner_for_ever(devices):
    buzzes = [buzz(team, pressed + way, 2 * way) for team, (pressed, way) in enumerate(devices)]
    decided = decide(buzzes, OPENS).decided_ms
    seen = [b for b in buzzes if b.received_ms <= decided]
    assert decide(seen, OPENS).winner(decided) == decide(buzzes, OPENS).winner(decided) is not None


def test_the_least_of_the_last_twenty_round_trips_counts():
    kept = []
    for took in [30, *range(500, 520)]:
        kept = with_round_trip(kept, took)
    assert (len(kept), least(kept)) == (20, 500)
    assert is_slow(kept)
    assert not is_slow([400, 900])
    assert not is_slow([])


def test_an_old_or_future_echo_tells_nothing():
    for returned in (12_000, 999):
        assert with_round_trip([50], round_trip_ms(1000, returned)) == [50]
