from hypothesis import given
from hypothesis import strategies as st

from lms.contests import award_rules
from lms.contests.award_rules import AwardRule, HonourChange, Ranked, effects, explain, honoured, outcome, tell
from lms.leaderboard.rules import places

RULE = AwardRule("业务标兵", 2, 1, 60_000, 24, 60_000)


def lines_of(*rows):
    return [Ranked(*row) for row in rows]


LISTS = st.lists(st.tuples(st.integers(0, 100), st.sampled_from(["北区", "南区", ""])), max_size=20)
RULES = st.builds(AwardRule, st.just("业务标兵"), st.integers(0, 6), st.integers(0, 3), st.integers(0, 100).map(lambda p: p * 1000), st.just(24), st.just(60_000))  # fmt: skip


def ranking(rows):
    ordered = sorted(enumerate(rows, 1), key=lambda row: (-row[1][0], row[0]))
    found = places(-points for _, (points, _) in ordered)
    return [
        Ranked(person, place, points * 1000, unit)
        for (person, (points, unit)), place in zip(ordered, found, strict=True)
    ]


def test_the_first_are_honoured_from_the_minimum_on_and_of_a_unit_only_so_many():
    lines = lines_of((1, 1, 99_000, "北区"), (2, 2, 98_000, "北区"), (3, 3, 97_000, "南区"), (4, 4, 96_000, "西区"))
    assert [one.person_id for one in honoured(RULE, lines)] == [1, 3]
    assert honoured(RULE, lines_of((1, 1, 59_999, "北区"))) == []


def test_equal_places_are_honoured_together_even_beyond_the_number_and_the_unit():
    lines = lines_of((1, 1, 99_000, "北区"), (2, 2, 98_000, "南区"), (3, 2, 98_000, "南区"), (4, 4, 97_000, "西区"))
    assert [one.person_id for one in honoured(RULE, lines)] == [1, 2, 3]


@given(LISTS, RULES)
def test_nobody_is_passed_over_without_a_reason_and_equals_are_never_parted(rows, rule):
    lines = ranking(rows)
    named = honoured(rule, lines)
    ids = {one.person_id for one in named}
    assert all(one.score_millis >= rule.least_millis for one in named)
    for line in lines:
        better = [one for one in named if one.place < line.place]
        same_unit = [one for one in better if one.unit and one.unit == line.unit]
        is_full = len(better) >= rule.most or (rule.per_unit > 0 and len(same_unit) >= rule.per_unit)
        assert (line.person_id in ids) == (not is_full and line.score_millis >= rule.least_millis)


@given(LISTS, LISTS, RULES)
def test_versions_one_after_another_leave_exactly_what_the_last_one_says(first, second, rule):
    old, new = outcome(rule, ranking(first)), outcome(rule, ranking(second))
    hold, quarters, certificate = set(), {}, {}
    for before, after in ((None, old), (old, new), (new, new)):
        for one in effects(rule, before, after):
            if one.honour is HonourChange.NAMED:
                assert one.person_id not in hold
                hold.add(one.person_id)
            elif one.honour is not HonourChange.NONE:
                assert one.person_id in hold
            if one.honour is HonourChange.WITHDRAWN:
                hold.discard(one.person_id)
            elif one.honour:
                certificate[one.person_id] = one.new.place
            quarters[one.person_id] = quarters.get(one.person_id, 0) + one.quarters
    assert hold == new.named
    assert {person: certificate[person] for person in hold} == {person: new.lines[person].place for person in hold}
    earned = {person for person, line in new.lines.items() if line.score_millis >= 60_000}
    assert {person for person, sum_ in quarters.items() if sum_} == earned
    assert set(quarters.values()) <= {0, 24}


def test_only_those_affected_are_told_and_in_words():
    old = outcome(
        RULE, lines_of((1, 1, 99_000, "北区"), (2, 2, 90_000, "南区"), (3, 3, 70_000, "西区"), (4, 4, 50_000))
    )
    new = outcome(
        RULE, lines_of((2, 1, 99_000, "南区"), (3, 2, 70_000, "西区"), (1, 3, 59_000, "北区"), (4, 4, 50_000))
    )
    said = {one.person_id: tell(RULE, "大比拼", 2, one) for one in effects(RULE, old, new)}
    assert said == {
        2: "“大比拼”的公布名次有更正：你由第 2 名改为第 1 名，业务标兵证书已换发",
        3: "“大比拼”的公布名次有更正：你由第 3 名改为第 2 名，被评为业务标兵，证书已发",
        1: "“大比拼”的公布名次有更正：你由第 1 名改为第 3 名，不再是业务标兵，证书已撤销，冲减 6 学时",
    }
    (first, *_) = effects(RULE, None, old)
    assert tell(RULE, "大比拼", 1, first) == "“大比拼”已公布：你是第 1 名，被评为业务标兵，证书已发，记 6 学时"
    assert 4 not in {one.person_id for one in effects(RULE, None, old)}, "the first version gives the last one nothing"


def test_the_rule_is_told_in_the_figures_that_decide():
    assert explain(RULE) == [
        "公布时，前 2 名、不低于 60 分的评为业务标兵并发证书，每个单位最多 1 人；名次并列的一起评。",
        "公布后，得分不低于 60 分的每人记 6 学时，只记一次。",
    ]
    assert explain(AwardRule(most=0)) == []
    assert award_rules.AwardRule.from_json(RULE.to_json()) == RULE
