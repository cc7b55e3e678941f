"""Teams by the rule: deadlines, shares of a paper, standings."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lms.contests.team_rules import (
    Act,
    Deadlines,
    MemberRole,
    Reached,
    Sizes,
    TeamTotal,
    equal_shares,
    explain,
    lacks,
    obstacle,
    rank_teams,
    room,
    share_fault,
    spans,
    total_of,
)
from lms.leaderboard.rules import BoardRule, Criterion

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
DAY = timedelta(days=1)
DEADLINES = Deadlines(NOON, NOON + DAY)
RULE = BoardRule()

reached = st.builds(
    Reached,
    person_id=st.integers(1, 10**6),
    score_millis=st.integers(-50_000, 100_000),
    seconds=st.integers(0, 600),
    submitted_at=st.integers(0, 86_400).map(lambda s: NOON + timedelta(seconds=s)),
)
people = st.lists(reached, max_size=8, unique_by=lambda one: one.person_id)


@given(people, st.integers(1, 8))
def test_a_team_has_the_sum_of_its_best_results_and_no_other_choice_of_them_is_more(results, best_of):
    total = total_of(RULE, best_of, 7, results)
    assert (total is None) == (not results)
    if total is not None:
        assert total.score_millis == sum(sorted((one.score_millis for one in results), reverse=True)[:best_of])
        counted = [one for one in results if one.person_id in total.counted]
        assert len(counted) == min(best_of, len(results))
        assert total.score_millis == sum(one.score_millis for one in counted)
        assert total.seconds == sum(one.seconds for one in counted)


@given(people, st.integers(1, 8), st.randoms())
def test_the_order_in_which_results_come_does_not_matter(results, best_of, chance):
    mixed = chance.sample(results, len(results))
    assert total_of(RULE, best_of, 1, mixed) == total_of(RULE, best_of, 1, results)


totals = st.builds(
    TeamTotal,
    team_id=st.integers(1, 10**6),
    score_millis=st.integers(0, 3).map(lambda n: n * 1000),
    seconds=st.integers(0, 3),
    submitted_at=st.integers(0, 2).map(lambda s: NOON + timedelta(seconds=s)),
)


@given(st.lists(totals, max_size=12, unique_by=lambda total: total.team_id))
def test_a_place_is_one_more_than_the_teams_that_are_better(found):
    def better(a, b):
        return (-a.score_millis, a.seconds, a.submitted_at) < (-b.score_millis, b.seconds, b.submitted_at)

    for line in rank_teams(RULE, found):
        assert line.place == 1 + sum(better(other, line.total) for other in found)


def test_ties_follow_the_order_of_the_contests_board():
    slow_early = TeamTotal(1, 9000, 300, NOON)
    quick_late = TeamTotal(2, 9000, 200, NOON + DAY)
    assert [line.total.team_id for line in rank_teams(RULE, [slow_early, quick_late])] == [2, 1]
    by_score = BoardRule(order=(Criterion.SCORE,))
    assert [line.place for line in rank_teams(by_score, [slow_early, quick_late])] == [1, 1]


@given(st.integers(1, 200), st.integers(1, 12))
def test_every_question_is_in_exactly_one_share(questions, team):
    shares = equal_shares(questions, team)
    assert max(shares) - min(shares) <= 1
    answered = [place for start, end in spans(shares) for place in range(start, end)]
    assert answered == list(range(questions))


def test_a_captain_divides_the_whole_paper_and_leaves_nobody_out():
    assert share_fault([4, 3, 3], 10) == ""
    assert share_fault([4, 3, 2], 10) == "加起来是 9 题，试卷有 10 题。"
    assert share_fault([10, 0], 10) == "每名队员至少答 1 题。"


def test_until_the_entry_deadline_everything_changes_then_only_substitutions_then_only_the_organiser_with_a_reason():
    for act in Act:
        assert obstacle(DEADLINES, act, NOON - DAY, is_organiser=False, reason="") == ""
        assert obstacle(DEADLINES, act, NOON + 2 * DAY, is_organiser=False, reason="有理由") != ""
        assert obstacle(DEADLINES, act, NOON + 2 * DAY, is_organiser=True, reason=" ") != ""
        assert obstacle(DEADLINES, act, NOON + 2 * DAY, is_organiser=True, reason="队员住院") == ""
    assert obstacle(DEADLINES, Act.SUBSTITUTE, NOON, is_organiser=False, reason="") == ""
    assert obstacle(DEADLINES, Act.JOIN, NOON, is_organiser=False, reason="") != ""


def test_a_team_says_what_it_lacks():
    assert lacks(Sizes(least=3), 1, has_captain=False) == ["还差 2 名队员", "还没有队长"]
    assert lacks(Sizes(least=3), 3, has_captain=True) == []
    assert room(Sizes(most=5), MemberRole.MEMBER, 4)
    assert not room(Sizes(substitutes=0), MemberRole.SUBSTITUTE, 0)


def test_impossible_sizes_are_named():
    assert Sizes().fault() == ""
    assert Sizes(least=6, most=5).fault()
    assert Sizes(best_of=6, most=5).fault()
    assert Sizes(per_unit=0).fault()


def test_the_rule_in_words_names_the_number_that_counts_and_the_order():
    said = explain(Sizes(best_of=4), RULE, is_summed=False)
    assert "最高的 4 个之和" in said[0]
    assert said[1].startswith("得分高的在前；相同则计分成绩的用时之和少的在前")
    assert "各队员所答题目得分之和" in explain(Sizes(), RULE, is_summed=True)[0]
