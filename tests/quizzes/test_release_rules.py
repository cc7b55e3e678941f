"""B05: what of a result is seen when, cell by cell."""

from datetime import UTC, datetime, timedelta

import pytest

from lms.quizzes.release_rules import Part, Plan, told, visible
from lms.quizzes.rules import GRACE, State

NINE = datetime(2026, 11, 27, 1, 0, tzinfo=UTC)
TEN = NINE + timedelta(hours=1)
OWN, SCORE, ALL = {Part.ANSWERS}, {Part.ANSWERS, Part.SCORE}, set(Part)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("state", "release_at", "by_hand", "released_at", "now", "parts"),
    [
        (State.OPEN, None, False, None, NINE, OWN), (State.OPEN, NINE, False, None, TEN, OWN), (State.OPEN, None, True, NINE, TEN, OWN),
        (State.SUBMITTED, None, False, None, NINE, ALL), (State.CLOSED, None, False, None, NINE, ALL),
        (State.SUBMITTED, TEN, False, None, NINE, SCORE), (State.SUBMITTED, TEN, False, None, TEN + GRACE, SCORE),
        (State.CLOSED, TEN, False, None, TEN + GRACE + SECOND, ALL),
        (State.SUBMITTED, None, True, None, TEN, OWN), (State.SUBMITTED, None, True, TEN, NINE, OWN), (State.SUBMITTED, None, True, TEN, TEN, ALL),
        (State.SUBMITTED, TEN, True, NINE, TEN, OWN), (State.SUBMITTED, TEN, True, None, TEN + timedelta(days=9), OWN),
    ],
)  # fmt: skip
def test_each_moment_shows_exactly_its_parts(state, release_at, by_hand, released_at, now, parts):
    assert visible(state, release_at, is_by_hand=by_hand, released_at=released_at, now=now) == parts


def test_the_table_is_told_in_the_words_of_what_it_decides():
    assert told(Plan.AFTER_CLOSE)[1] == ("交卷后", "自己的答案、总分")
    assert told(Plan.BY_HAND)[1] == ("交卷后", "自己的答案")
    assert [moment for moment, _ in told(Plan.AT_ONCE)] == ["作答中", "交卷后"]
