"""The figures of a paper come from its handed-in attempts, and its keepers see them."""

import re

import pytest

from lms.quizzes import services, statistics_queries
from lms.quizzes.statistics_queries import Which
from tests.quizzes.conftest import NINE, nothing_follows, seconds


@pytest.fixture
def sat(session, start, save):
    """`sat(name, first choice)`: an attempt with only the first question answered, handed in."""

    def one(name="lin", choice=(0,)):
        attempt = start(name)
        save(attempt, 1, list(choice), name=name)
        services.submit(session, attempt, settle=nothing_follows, now=NINE + seconds(90))
        session.commit()
        return attempt

    return one


def totals(session, paper, which):
    return sorted(sheet.total for sheet in statistics_queries.list_sheets(session, paper.id, which))


def test_the_population_is_first_last_best_or_all(session, paper, sat):
    for choice in ([1], [0], [2]):
        sat("lin", choice)
    sat("bo", [0])
    assert {which: totals(session, paper, which) for which in Which} == {
        Which.FIRST: [0, 25], Which.LAST: [0, 25], Which.BEST: [25, 25], Which.ALL: [0, 0, 25, 25],
    }  # fmt: skip


def test_open_attempts_and_other_papers_do_not_count(session, paper, start, sat):
    start("lin")
    sat("bo")
    assert totals(session, paper, Which.ALL) == [25]
    assert statistics_queries.count_ended(session, paper.id) == 1


def test_a_keeper_reads_each_question_with_its_options(session, web, paper, sat):
    for name, choice in (("lin", [0]), ("bo", [1]), ("dana", [1])):
        sat(name, choice)
    hua = web.as_("hua")
    shown = hua.get(f"/office/papers/{paper.id}", 200)
    assert f"/office/papers/{paper.id}/statistics" in shown.text
    text = hua.get(f"/office/papers/{paper.id}/statistics", 200).text
    assert "下列哪项是耕地" in text
    assert re.search(r"A　水田.*?正确.*?1 人", text, re.DOTALL)
    assert re.search(r"B　林地.*?2 人", text, re.DOTALL)


def test_an_empty_paper_says_what_will_appear_and_a_foreign_one_is_not_there(web, paper):
    assert "还没有交上来的答卷" in web.as_("hua").get(f"/office/papers/{paper.id}/statistics", 200).text
    web.as_("ada").get(f"/office/papers/{paper.id}/statistics", 404)
