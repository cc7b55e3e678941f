"""Digest, differences, and which years are due to close."""

import itertools
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from lms.archive import rules
from lms.archive.facts_queries import span_of

ROW = st.fixed_dictionaries({"on": st.dates().map(str), "title": st.text(max_size=5), "quarters": st.integers(1, 40)})


def facts(**given: object) -> dict[str, object]:
    empty: dict[str, object] = {section: [] for section in rules.SECTIONS}
    return empty | {"year": 2026, "person": {"name": "林晓", "unit": "测绘院"}, "standards": []} | given


@given(st.lists(ROW, max_size=4), st.lists(ROW, max_size=4))
def test_versions_differ_in_words_exactly_when_their_rows_differ(
    old: list[dict[str, object]], new: list[dict[str, object]]
) -> None:
    changes = rules.differences(facts(hours=old), facts(hours=new))
    assert bool(changes) == bool([r for r in old if r not in new] or [r for r in new if r not in old])
    assert len(changes) == len([r for r in old if r not in new]) + len([r for r in new if r not in old])


def test_a_new_name_or_total_is_named_with_both_values() -> None:
    old = facts(standards=[{"label": "网络自学", "earned": 6}])
    new = facts(person={"name": "林小", "unit": "测绘院"}, standards=[{"label": "网络自学", "earned": 7}])
    assert rules.differences(old, new) == ["姓名：林晓 → 林小", "网络自学：1.5 → 1.75 学时"]


@given(st.permutations(["year", "person", "standards", *rules.SECTIONS]))
def test_the_digest_depends_on_the_facts_and_not_on_their_order(keys: list[str]) -> None:
    whole = facts()
    assert rules.digest_of({key: whole[key] for key in keys}) == rules.digest_of(whole)
    assert rules.digest_of(facts(year=2025)) != rules.digest_of(whole)


def test_years_are_due_a_month_after_they_end_and_missed_ones_too() -> None:
    assert rules.due_years([2023, 2024, 2025, 2026], {2024}, date(2026, 1, 31)) == [2023]
    assert rules.due_years([2023, 2024, 2025, 2026], {2024}, date(2026, 2, 1)) == [2023, 2025]


def test_the_quarters_cover_the_year_without_gap_or_overlap() -> None:
    spans = [span_of(2026, quarter) for quarter in (1, 2, 3, 4)]
    assert spans[0][0] == date(2026, 1, 1)
    assert spans[3][1] == date(2026, 12, 31)
    assert all((later[0] - earlier[1]).days == 1 for earlier, later in itertools.pairwise(spans))
