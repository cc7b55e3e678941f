"""What a package's word is worth: completion, scores in words, which of two reports is newer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.courses.package_rules import Completion, Score, Success, better, comes_after, is_done

MILLIS = st.one_of(st.none(), st.integers(-(10**6), 10**6))
SCORES = st.builds(Score, MILLIS, MILLIS, MILLIS, MILLIS)


@pytest.mark.parametrize(
    "completion, success, done",
    [
        (Completion.COMPLETED, Success.UNKNOWN, True),
        (Completion.COMPLETED, Success.PASSED, True),
        (Completion.INCOMPLETE, Success.PASSED, True),
        (Completion.COMPLETED, Success.FAILED, False),
        (Completion.INCOMPLETE, Success.UNKNOWN, False),
        (Completion.UNKNOWN, Success.UNKNOWN, False),
    ],
)
def test_passed_or_completed_without_failing_is_done(completion: Completion, success: Success, done: bool) -> None:
    assert is_done(completion, success) is done


@pytest.mark.parametrize(
    "score, words",
    [
        (Score(), ""),
        (Score(80_000, 0, 100_000), "80"),
        (Score(80_500), "80.5"),
        (Score(16_000, 0, 20_000), "16 / 20"),
        (Score(scaled_millis=900), "90"),
        (Score(0, 0, 100_000), "0"),
    ],
)
def test_a_score_in_words(score: Score, words: str) -> None:
    assert score.words == words


@given(SCORES, SCORES)
def test_a_repeat_never_lowers_a_score(one: Score, other: Score) -> None:
    best = better(one, other)
    assert best in (one, other)
    told = [share for share in (one.share_millis, other.share_millis) if share is not None]
    assert best.share_millis == (max(told) if told else None)


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 5)), min_size=1))
def test_whatever_order_reports_arrive_in_the_newest_is_kept(told: list[tuple[int, int]]) -> None:
    kept = (0, 0)
    for one in told:
        if comes_after(one, kept):
            kept = one
    assert kept == max(told)
