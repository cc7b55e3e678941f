from datetime import UTC, date, datetime, timedelta

import pytest

from lms.contests import rules
from lms.contests.rules import GRAND, ItemResult, Phase
from lms.leaderboard import notice_rules
from lms.leaderboard.models import BoardState

OPENS = datetime(2026, 11, 20, 1, tzinfo=UTC)
CLOSES = OPENS + timedelta(days=1)


def test_the_grand_preset_is_ten_questions_ten_minutes_three_attempts_a_day_and_no_hours():
    assert (GRAND.question_count, GRAND.minutes, GRAND.attempts_per_day, GRAND.hours_quarters) == (10, 10, 3, 0)
    assert GRAND.points_millis * GRAND.question_count == GRAND.full_millis


@pytest.mark.parametrize(
    "now, phase",
    [
        (OPENS - timedelta(seconds=1), Phase.UPCOMING),
        (OPENS, Phase.RUNNING),
        (CLOSES - timedelta(seconds=1), Phase.RUNNING),
        (CLOSES, Phase.ENDED),
    ],
)
def test_a_live_round_is_divided_by_the_clock(now, phase):
    assert rules.phase_of("live", OPENS, CLOSES, now) is phase


@pytest.mark.parametrize("state", [state for state in BoardState if state is not BoardState.LIVE])
def test_every_stored_state_is_a_phase_whatever_the_clock_says(state):
    assert rules.phase_of(state.value, OPENS, CLOSES, OPENS).value == state.value
    assert rules.PHASES[Phase(state.value)]


def test_the_steps_say_what_is_past_what_is_now_and_what_comes():
    def states(phase: Phase) -> list[str]:
        return [step[1] for step in rules.steps(phase)]

    assert states(Phase.UPCOMING) == ["next"] * 4
    assert states(Phase.RUNNING) == ["now", "next", "next", "next"]
    assert states(Phase.SETTLING) == ["past", "now", "next", "next"]
    assert states(Phase.PUBLISHED) == ["past"] * 4


def test_the_notice_period_names_its_days():
    assert rules.steps(Phase.NOTICE, date(2026, 11, 23), date(2026, 11, 27))[2] == ("公示中", "now", "11月23日—27日")
    assert notice_rules.days(date(2026, 11, 28), date(2026, 12, 4)) == "11月28日—12月4日"


def obstacle(**changed: object) -> str | None:
    usual = {
        "notice_until_on": date(2026, 11, 27),
        "today": date(2026, 11, 28),
        "open_objections": 0,
        "reviewer_id": 1,
        "actor_id": 2,
    }
    return notice_rules.publication_obstacle(**(usual | changed))  # type: ignore[arg-type]


def test_a_list_can_be_published_after_its_notice_period_without_open_objections_by_another_person():
    assert obstacle() is None
    assert "公示到 11月27日" in obstacle(today=date(2026, 11, 27))
    assert "公示" in obstacle(notice_until_on=None)
    assert "2 条异议" in obstacle(open_objections=2)
    assert "两个人" in obstacle(actor_id=1)


def test_attempts_left_are_never_negative():
    assert (rules.remaining(3, 1), rules.remaining(3, 3), rules.remaining(3, 4)) == (2, 0, 0)


def test_a_result_is_told_in_words():
    items = [ItemResult(n, 1000) for n in range(1, 11)]
    assert rules.summary(items) == "10 题对 10 题。"
    items[3], items[8] = ItemResult(4, 500), ItemResult(9, 0)
    assert rules.summary(items) == "10 题对 8 题半。第 4 题得部分分，第 9 题没有得分。"
