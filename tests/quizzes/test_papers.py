"""Papers: drawn by tag and by case, without what somebody has met, in two letters, changed, copied and printed."""

import re
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from lms.errors import Conflict, Invalid
from lms.quizzes import queries, services
from lms.quizzes.draw_rules import Candidate, DrawRule, draw
from lms.quizzes.errors import PoolShort, PoolShortForNewcomers
from lms.quizzes.models import AttemptItem, Paper, QuestionVersion
from lms.quizzes.rules import Kind, Purpose, Readiness
from lms.quizzes.services import Content, PaperSettings, bank_acts, drawing, papers
from lms.quizzes.services.bank_acts import Wish
from tests.quizzes.conftest import NINE

CASES = ("某公司占用耕地 1200 平方米。", "某村在基本农田上种树。", "某矿越界开采。")


@pytest.fixture
def pool(add):
    """Twelve questions that stand alone, four of them tagged, and three cases of three parts."""
    alone = [add(Content(Kind.BOOLEAN, f"第 {n} 条规定属实。", [], [n % 2])) for n in range(12)]
    parts = [
        [add(Content(Kind.BOOLEAN, f"第 {n} 问属实。", [], [0], material=material)) for n in range(3)]
        for material in CASES
    ]
    return alone, parts


@pytest.fixture
def drawn(session, bureau):
    def make(*rules, **settings):
        made = services.create_drawn_paper(
            session, PaperSettings("抽题", **settings), list(rules), owner_unit_id=bureau.id, by_id=None, now=NINE
        )
        session.commit()
        return made

    return make


def begin(session, paper, person, *, now=NINE, number=7):
    attempt = services.start_attempt(
        session, paper, person_id=person.id, purpose=Purpose.PRACTICE, subject_id=number, now=now
    )
    session.commit()
    return attempt


def questions_of(session, attempt):
    query = select(QuestionVersion.question_id).join(AttemptItem, AttemptItem.version_id == QuestionVersion.id)
    return list(session.scalars(query.where(AttemptItem.attempt_id == attempt.id).order_by(AttemptItem.position)))


# --- drawing


def test_a_rule_draws_by_tag_and_the_shortage_names_it(session, pool, drawn, cast):
    alone, _ = pool
    for question in alone[:4]:
        bank_acts.change_question(session, question, Wish(add_tags=["执法"]), by_id=None, now=NINE)
    attempt = begin(session, drawn(DrawRule(4, 5000, tag="执法")), cast.lin)
    assert set(questions_of(session, attempt)) == {question.id for question in alone[:4]}
    with pytest.raises(PoolShort, match="标签“执法”要 5 道，题库只有 4 道"):
        drawn(DrawRule(5, 5000, tag="执法"))


def test_cases_are_drawn_whole_and_in_order_and_every_sheet_is_worth_the_same(session, pool, drawn, cast):
    _, parts = pool
    paper = drawn(DrawRule(2, 10_000, is_case=True), DrawRule(3, 2000))
    whole = [[question.id for question in case] for case in parts]
    for n in range(5):
        attempt = begin(session, paper, cast.lin, number=n)
        ids = questions_of(session, attempt)
        assert attempt.max_millis == 26_000
        assert len(ids) == 9
        assert [ids[3:6] in whole, ids[6:9] in whole] == [True, True]
        assert not {id for case in whole for id in case} & set(ids[:3])


def test_a_case_with_a_retired_part_is_drawn_with_the_parts_that_are_left(session, pool, drawn, cast):
    _, parts = pool
    bank_acts.change_question(session, parts[0][1], Wish(readiness=Readiness.RETIRED), by_id=None, now=NINE)
    seen = set()
    for n in range(12):
        seen |= set(questions_of(session, begin(session, drawn(DrawRule(1, 9000, is_case=True)), cast.lin, number=n)))
    assert parts[0][1].id not in seen


def test_too_few_cases_are_refused_with_the_figures(pool, drawn):
    with pytest.raises(PoolShort, match="案例要 4 个，题库只有 3 个"):
        drawn(DrawRule(4, 1000, is_case=True))


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["", "x"]), st.booleans()), min_size=1, max_size=14),
    st.lists(st.tuples(st.integers(1, 3), st.sampled_from([None, "x"]), st.booleans()), min_size=1, max_size=3),
    st.integers(0, 99),
)
def test_whatever_is_drawn_fits_its_rule_and_no_question_twice(given_pool, given_rules, seed):
    candidates = [
        Candidate(n, line, Kind.SINGLE, 1, frozenset(tag), (n, n + 1000) if is_case else ())
        for n, (line, tag, is_case) in enumerate(given_pool)
    ]
    rules = [DrawRule(count, 1000, tag=tag, is_case=is_case) for count, tag, is_case in given_rules]
    try:
        drawn = draw(rules, candidates, Random(seed))
    except Exception as problem:
        assert problem.shortages  # noqa: PT017
        return
    assert all(rule.admits(candidate) for candidate, rule in drawn)
    assert len({candidate.id for candidate, _ in drawn}) == len(drawn) == sum(rule.count for rule in rules)


# --- what somebody has met


def test_what_a_person_met_lately_is_not_drawn_again_and_a_pool_too_small_is_relaxed_with_a_note(
    session, pool, drawn, cast
):
    paper = drawn(DrawRule(5, 2000), unseen_days=30)
    first, second = begin(session, paper, cast.lin, number=1), begin(session, paper, cast.lin, number=2)
    assert not set(questions_of(session, first)) & set(questions_of(session, second))
    third = begin(session, paper, cast.lin, number=3)
    assert (second.note, third.note) == ("", drawing.RELAXED)
    later = begin(session, paper, cast.lin, number=4, now=NINE + timedelta(days=31))
    assert later.note == ""
    assert begin(session, paper, cast.bo, number=1).note == ""


def test_a_pool_that_is_not_enough_for_two_attempts_is_refused_with_the_figures(pool, drawn):
    with pytest.raises(PoolShortForNewcomers, match="至少要够答两次：全部试题要 14 道，题库只有 12 道"):
        drawn(DrawRule(7, 2000), unseen_days=30)
    assert drawn(DrawRule(7, 2000)).unseen_days == 0


# --- two letters


@pytest.fixture
def lettered(session, pool, bureau):
    made = services.create_fixed_paper(
        session, PaperSettings("两卷", is_lettered=True), [question.id for question in pool[0]],
        owner_unit_id=bureau.id, by_id=None, now=NINE,
    )  # fmt: skip
    session.commit()
    return made


def test_letters_alternate_by_number_and_both_hold_the_same_questions_in_another_order(session, lettered, cast):
    orders = {}
    for person in (cast.lin, cast.bo, cast.dana, cast.chen, cast.ed):
        attempt = begin(session, lettered, person)
        assert attempt.letter == "AB"[person.id % 2]
        ids = tuple(questions_of(session, attempt))
        assert orders.setdefault(attempt.letter, ids) == ids
    assert set(orders) == {"A", "B"}
    assert orders["A"] != orders["B"]
    assert sorted(orders["A"]) == sorted(orders["B"])


def test_the_organiser_sees_both_orders_and_prints_each_letter(web, lettered):
    hua = web.as_("hua")
    text = hua.get(f"/office/papers/{lettered.id}").get_data(as_text=True)
    assert "A 卷的题序" in text
    assert "B 卷的题序" in text
    a, b = (hua.get(f"/office/papers/{lettered.id}/print?letter={each}").get_data(as_text=True) for each in "AB")
    assert "（A 卷）" in a
    assert "（B 卷）" in b
    assert a.index("第 0 条") < a.index("第 1 条") < a.index("第 2 条")


# --- printing


def test_a_print_without_key_holds_no_key_and_one_with_key_speaks_in_the_letters_of_the_sheet(
    web, session, add, bureau
):
    content = Content(Kind.SINGLE, "谁审批？", ["甲厅", "乙厅", "丙厅"], [2], "解析之言。")
    ids = [add(content).id]
    settings = PaperSettings("打印", is_shuffled=False)
    paper = services.create_fixed_paper(session, settings, ids, owner_unit_id=bureau.id, by_id=None, now=NINE)
    session.commit()
    bare = web.as_("hua").get(f"/office/papers/{paper.id}/print").get_data(as_text=True)
    assert "A. 甲厅" in bare
    assert "解析之言" not in bare
    keyed = web.as_("hua").get(f"/office/papers/{paper.id}/print?key=1").get_data(as_text=True)
    assert "<b>答案</b> C" in keyed
    assert "解析之言" in keyed
    web.as_("lin").get(f"/office/papers/{paper.id}/print", 403)


# --- changed and copied


def test_an_unstarted_paper_is_changed_and_a_started_one_only_copied(web, session, bank, paper, start, cast):
    hua = web.as_("hua")
    shown = hua.get(f"/office/papers/{paper.id}/edit").get_data(as_text=True)
    assert "保存试卷" in shown
    first, second = bank[0].id, bank[1].id
    changed = {
        "title": "改过", "minutes": "20", "pass_percent": "70", "scoring": "all", "markers": "1",
        f"order-{first}": "2", f"points-{first}": "30", f"order-{second}": "1", f"points-{second}": "12.5",
    }  # fmt: skip
    hua.post(f"/office/papers/{paper.id}/edit", changed)
    session.expire_all()
    rows = queries.list_paper_questions(session, paper.id)
    assert [(id, points) for id, _, _, points in rows] == [(second, 12_500), (first, 30_000)]
    assert (paper.title, paper.duration_seconds, paper.pass_percent) == ("改过", 1200, 70)
    start()
    hua.get(f"/office/papers/{paper.id}/edit", 303)
    hua.post(f"/office/papers/{paper.id}/edit", changed, 409)
    answer = hua.post(f"/office/papers/{paper.id}/copy")
    assert "改过（副本）" in hua.follow(answer).get_data(as_text=True)
    session.expire_all()
    copy = session.scalars(select(Paper).order_by(Paper.id.desc())).first()
    assert queries.list_paper_questions(session, copy.id) == rows


def test_saving_the_form_of_a_paper_as_it_stands_changes_nothing_even_with_odd_points(web, session, bank, bureau):
    ids = [question.id for question in bank[:3]]  # 100 points among three
    paper = services.create_fixed_paper(
        session, PaperSettings("三题"), ids, owner_unit_id=bureau.id, by_id=None, now=NINE
    )
    session.commit()
    hua, before = web.as_("hua"), queries.list_paper_questions(session, paper.id)
    text = hua.get(f"/office/papers/{paper.id}/edit").get_data(as_text=True)
    fields = dict(re.findall(r'name="((?:order|points)-[0-9]+)" value="([^"]*)"', text))
    assert len(fields) == 6
    given = {"title": "三题", "pass_percent": "60", "scoring": "half", "markers": "1", "is_shuffled": "y"}
    hua.post(f"/office/papers/{paper.id}/edit", given | fields)
    session.expire_all()
    assert queries.list_paper_questions(session, paper.id) == before


def test_a_drawn_paper_is_changed_by_the_same_rules_it_was_made_by(web, session, pool, drawn):
    paper, hua = drawn(DrawRule(5, 2000, tag=None)), web.as_("hua")
    given = {"title": "抽题", "pass_percent": "60", "scoring": "half", "markers": "1", "rule1_points": "3"}
    refused = hua.post(f"/office/papers/{paper.id}/edit", given | {"rule1_count": "99"}, 422).get_data(as_text=True)
    assert "题库只有 12 道" in refused
    hua.post(
        f"/office/papers/{paper.id}/edit",
        given | {"rule1_count": "2", "rule2_count": "1", "rule2_kind": "case", "rule2_points": "9", "unseen_days": "7"},
    )
    session.expire_all()
    assert paper.unseen_days == 7
    assert [(rule["count"], rule["is_case"]) for rule in paper.rules] == [(2, False), (1, True)]


def test_a_change_that_comes_after_a_start_is_refused_by_the_database(session, bank, paper, start):
    start()
    with pytest.raises(Conflict, match="复制一份"):
        papers.change_fixed_paper(session, paper, PaperSettings("改"), [(bank[0].id, 1000)])


def test_a_draft_cannot_be_put_into_a_paper_and_a_retired_question_stays_in_the_one_that_holds_it(
    session, bank, paper, bureau
):
    bank_acts.change_question(session, bank[0], Wish(readiness=Readiness.DRAFT), by_id=None, now=NINE)
    with pytest.raises(Invalid, match="不是可用状态"):
        services.create_fixed_paper(
            session, PaperSettings("新"), [bank[0].id], owner_unit_id=bureau.id, by_id=None, now=NINE
        )
    papers.change_fixed_paper(session, paper, PaperSettings("改"), [(bank[0].id, 1000)])
    assert [id for id, *_ in queries.list_paper_questions(session, paper.id)] == [bank[0].id]


def test_a_paper_of_another_unit_is_neither_edited_nor_printed(web, paper, cast):
    ada = web.as_("ada")
    for url in (f"/office/papers/{paper.id}/edit", f"/office/papers/{paper.id}/print"):
        ada.get(url, 404)
    ada.post(f"/office/papers/{paper.id}/copy", status=404)
