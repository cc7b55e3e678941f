"""Practice with the database and on its pages: the journal, the book that follows from it, and who sees nothing of it."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import product
from random import Random

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select
from time_machine import travel

from lms import clock
from lms.errors import Conflict, Invalid, NotFound
from lms.hours.models import HourEntry
from lms.people.line_rules import Line
from lms.quizzes import key_queries, practice_queries, queries, release_rules, services, statistics_queries
from lms.quizzes.models import Question, QuestionVersion
from lms.quizzes.practice_cli import practice as practice_command
from lms.quizzes.practice_models import PracticeCard, PracticeEntry, PracticeRun
from lms.quizzes.practice_rules import Act, Mode
from lms.quizzes.release_rules import Part
from lms.quizzes.rules import Kind, Purpose, Readiness, State
from lms.quizzes.services import mock, practice, regrade
from lms.quizzes.services.bank import Content
from lms.tasks.services import run_due
from tests.quizzes.conftest import NINE, nothing_follows, seconds

DAY = timedelta(days=1)


@pytest.fixture
def questions(session, add) -> Callable[..., list[int]]:
    """`questions(20)`: so many single questions whose right answer is the first option; gives their ids."""

    def make(count: int = 12, line: Line = Line.LAND, word: str = "题") -> list[int]:
        made = [
            add(Content(Kind.SINGLE, f"{word}{line}{n}", ["甲", "乙", "丙"], [0], f"解析{n}"), line=line).id
            for n in range(count)
        ]
        session.commit()
        return made

    return make


@pytest.fixture
def lin(principals):
    return principals.lin


@pytest.fixture
def answer_at(session):
    """`answer_at(run, 1, is_right)`: the answer at a position of a run."""

    def answer(run: PracticeRun, position: int, is_right: bool, *, now: datetime = NINE) -> PracticeEntry:
        entry = practice.answer(session, run, position, [0 if is_right else 1], now=now)
        session.commit()
        return entry

    return answer


def asked(session, run: PracticeRun) -> list[int]:
    """The questions of a run in order."""
    versions = [version_id for version_id, _ in run.sheet]
    found = dict(session.execute(select(QuestionVersion.id, QuestionVersion.question_id)).all())
    return [found[version] for version in versions]


def book_of(session, person_id: int, now: datetime = NINE) -> set[int]:
    return set(practice_queries.find_book(session, person_id, now))


# --- runs


def test_the_daily_set_is_the_same_all_day_and_another_one_after_midnight_in_shanghai(session, lin, questions):
    questions(40)
    night = clock.at_local(clock.today(NINE), 23, 59)
    morning = practice.start_run(session, lin, Mode.DAILY, now=NINE)
    assert practice.start_run(session, lin, Mode.DAILY, now=night).id == morning.id
    after = practice.start_run(session, lin, Mode.DAILY, now=night + timedelta(minutes=1))
    assert after.id != morning.id
    assert (len(morning.sheet), len(after.sheet)) == (10, 10)


def test_the_daily_set_begins_with_the_wrong_questions_that_are_due(session, lin, questions, answer_at):
    questions(40)
    run = practice.start_run(session, lin, Mode.LINE, line=Line.LAND, now=NINE)
    wrong = asked(session, run)[:3]
    for position in (1, 2, 3):
        answer_at(run, position, False)
    tomorrow = practice.start_run(session, lin, Mode.DAILY, now=NINE + DAY)
    assert set(asked(session, tomorrow)[:3]) == set(wrong)


def test_by_line_asks_for_that_line_that_kind_and_that_many(session, lin, questions, bank):
    questions(12, Line.PARTY)
    run = practice.start_run(session, lin, Mode.LINE, line=Line.PARTY, kind=Kind.SINGLE, count=10, now=NINE)
    assert len(set(asked(session, run))) == 10
    with pytest.raises(practice.NothingToPractise):
        practice.start_run(session, lin, Mode.LINE, line=Line.MINERAL, now=NINE)


def test_a_challenge_ends_with_the_first_error_and_the_best_one_is_remembered(session, lin, questions, answer_at):
    questions(12)
    run = practice.start_run(session, lin, Mode.CHALLENGE, now=NINE)
    for position, is_right in ((1, True), (2, True), (3, False)):
        answer_at(run, position, is_right)
    with pytest.raises(practice.RunOver):
        answer_at(run, 4, True)
    answer_at(practice.start_run(session, lin, Mode.CHALLENGE, now=NINE), 1, False)
    assert practice_queries.best_challenge(session, lin.id) == 2


def test_an_answer_is_given_once_and_says_something(session, lin, questions, answer_at):
    questions(12)
    run = practice.start_run(session, lin, Mode.LINE, now=NINE)
    with pytest.raises(Invalid):
        practice.answer(session, run, 1, [], now=NINE)
    answer_at(run, 1, False)
    with pytest.raises(practice.AnsweredAlready):
        answer_at(run, 1, True)
    with pytest.raises(NotFound):
        answer_at(run, 11, True)
    assert session.scalars(select(PracticeEntry.fraction)).all() == [0]


def test_a_question_of_a_fixed_paper_is_not_practised_before_one_has_had_it(session, lin, paper, questions, start):
    """Else a course quiz or a contest would be known beforehand."""
    fixed = {row[0] for row in practice_queries.find_questions(session, range(1, 100)).items()}
    questions(3)
    pool = practice_queries.list_pool(session, lin.id, lin.unit_path, limit=100)
    assert not fixed & {each.question_id for each in pool}
    services.submit(session, start(), settle=nothing_follows, now=NINE + seconds(60))
    practice.take_results(session, lin.id, now=NINE + seconds(61))
    pool = practice_queries.list_pool(session, lin.id, lin.unit_path, limit=100)
    assert fixed <= {each.question_id for each in pool}


def test_one_s_own_unit_and_those_above_give_the_questions_and_no_others(session, principals, add, north):
    add(Content(Kind.SINGLE, "只有北区的题", ["甲", "乙"], [0]), unit=north)
    session.commit()
    for name, count in (("lin", 1), ("dana", 0)):
        person = getattr(principals, name)
        assert len(practice_queries.list_pool(session, person.id, person.unit_path, limit=9)) == count


# --- what must not be met before its release


def test_what_stands_in_an_open_attempt_of_one_s_own_is_neither_laid_out_nor_answered(
    session, lin, principals, paper, start
):
    """B03: practice is no way to the key of a running contest."""
    everything = practice_queries.find_questions(session, range(1, 100))
    mine = {"purpose": Purpose.CONTEST, "subject_id": 3, "closes_at": NINE + DAY, "release_at": NINE + DAY}
    before = start(now=NINE - DAY)
    services.submit(session, before, settle=nothing_follows, now=NINE - DAY + seconds(9))
    run = practice.start_run(session, lin, Mode.BOOK, now=NINE)
    attempt = start(**mine)
    assert practice_queries.find_withheld(session, lin.id, NINE) == set(everything)
    assert practice_queries.find_withheld(session, principals.bo.id, NINE) == set()
    with pytest.raises(practice.RunOver):
        practice.answer(session, run, 1, [0], now=NINE)
    with pytest.raises(practice.NothingToPractise):
        practice.start_run(session, lin, Mode.BOOK, now=NINE)
    services.submit(session, attempt, settle=nothing_follows, now=NINE + seconds(60))
    assert practice_queries.find_withheld(session, lin.id, NINE + seconds(61)) == set(everything)
    assert practice_queries.find_withheld(session, lin.id, NINE + DAY + seconds(61)) == set()
    practice.answer(session, run, 1, [0], now=NINE + DAY + seconds(61))


MOMENTS = [None, NINE - seconds(61), NINE - seconds(60), NINE + DAY]


@pytest.mark.parametrize(
    ("state", "release_at", "by_hand", "released_at"), [*product(State, MOMENTS, (False, True), MOMENTS)]
)
def test_sql_withholds_exactly_what_the_table_of_moments_does(
    session, lin, paper, start, state, release_at, by_hand, released_at
):
    attempt = start()
    attempt.state, attempt.release_at = state, release_at
    paper.is_released_by_hand, paper.released_at = by_hand, released_at
    session.commit()
    may_see = Part.KEY in release_rules.visible(
        state, release_at, is_by_hand=by_hand, released_at=released_at, now=NINE
    )
    assert (practice_queries.find_withheld(session, lin.id, NINE) == set()) == may_see


# --- the wrong-question book


def test_a_course_quiz_fills_the_book_once_it_is_handed_in(session, lin, start, save, bank):
    attempt = start()
    save(attempt, 1, [0])  # right
    save(attempt, 2, [0])  # half
    assert book_of(session, lin.id) == set()
    services.submit(session, attempt, settle=nothing_follows, now=NINE + seconds(90))
    later = NINE + seconds(91)
    wrong = {question.id for question in bank[1:]}
    assert book_of(session, lin.id, later) == wrong, "seen before anything was written"
    assert practice.take_results(session, lin.id, now=later) == 4
    assert practice.take_results(session, lin.id, now=later) == 0, "once"
    assert book_of(session, lin.id, later) == wrong
    assert practice_queries.count_due(session, lin.id, NINE + DAY, clock.today(NINE + DAY)) == 3


def test_a_contest_fills_the_book_only_after_its_close(session, lin, start, bank):
    attempt = start(purpose=Purpose.CONTEST, subject_id=3, closes_at=NINE + DAY, release_at=NINE + DAY)
    services.submit(session, attempt, settle=nothing_follows, now=NINE + seconds(90))
    assert book_of(session, lin.id, NINE + DAY) == set()
    assert book_of(session, lin.id, NINE + DAY + seconds(61)) == {question.id for question in bank}


def test_the_book_rebuilt_from_the_journal_is_the_book_that_grew(session, lin, questions, start, save):
    """The journal is the truth: sixty acts of chance over ninety days, results that come late among them."""
    questions(30)
    chance, at = Random(27), NINE
    attempt = start(purpose=Purpose.CONTEST, subject_id=3, closes_at=NINE + 20 * DAY, release_at=NINE + 20 * DAY)
    services.submit(session, attempt, settle=nothing_follows, now=NINE + seconds(90))
    run, position = practice.start_run(session, lin, Mode.LINE, line=Line.LAND, count=10, now=at), 0
    for _ in range(60):
        at += timedelta(hours=chance.randint(1, 60))
        position += 1
        if position > len(run.sheet):
            run, position = practice.start_run(session, lin, Mode.DAILY, now=at), 1
        if position not in practice_queries.list_answers(session, run.id):
            practice.answer(session, run, position, [chance.randint(0, 1)], now=at)
        session.commit()
        book = practice_queries.find_book(session, lin.id, at)
        if book and chance.random() < 0.2:
            question_id = chance.choice(list(book))
            practice.judge_by_hand(session, lin.id, question_id, chance.choice([Act.KEEP, Act.REMOVE]), now=at)
    practice.take_results(session, lin.id, now=at)
    session.commit()

    def cards():
        session.expire_all()
        found = session.scalars(select(PracticeCard).order_by(PracticeCard.question_id))
        return {card.question_id: practice_queries.memory_of(card) for card in found}

    grown = cards()
    assert len(grown) > 10
    assert {memory.in_book for memory in grown.values()} == {True, False}
    card = session.scalars(select(PracticeCard)).first()
    assert card is not None
    card.streak, card.stability = 99, 99.0  # the control: a card that says something else is put right
    session.flush()
    assert cards() != grown
    assert practice.rebuild(session, lin.id) == len(grown)
    assert cards() == grown


def test_a_corrected_key_takes_back_the_errors_it_made(
    session, make_session, lin, cast, questions, answer_at, start, bank
):
    """R-rule of regrading: the answer stands, what it earned follows; in practice as in attempts."""
    questions(12)
    run = practice.start_run(session, lin, Mode.LINE, now=NINE)
    for position in (1, 2):
        answer_at(run, position, False)
    services.submit(session, start(), settle=nothing_follows, now=NINE + seconds(60))
    practice.take_results(session, lin.id, now=NINE + seconds(61))
    session.commit()
    first, second = asked(session, run)[:2]
    assert {first, second, bank[0].id} <= book_of(session, lin.id)

    def void(version_id):
        version = session.get_one(QuestionVersion, version_id)
        before = key_queries.find_standing(session, version_id)
        regrade.correct(session, version, regrade.Act.VOID, [], before=before, reason="错", by_id=cast.hua.id, now=NINE)
        session.commit()
        run_due(make_session, {regrade.TASK_KIND: regrade.regrade_task(lambda *_: None)}, {})
        session.expire_all()

    void(run.sheet[0][0])
    void(practice_queries.find_questions(session, [bank[0].id])[bank[0].id].version_id)
    left = book_of(session, lin.id)
    assert not {first, bank[0].id} & left
    assert second in left
    assert session.get(PracticeCard, (lin.id, first)) is None
    assert practice.line_shares(session, lin.id, NINE + DAY)[0].right == 2
    count = session.scalar(select(func.count()).select_from(PracticeCard))
    assert practice.rebuild(session, lin.id) == count


def test_a_retired_question_leaves_the_book_with_a_note(web, session, lin, questions, answer_at, make_session):
    questions(12)
    run = practice.start_run(session, lin, Mode.LINE, now=clock.now())
    answer_at(run, 1, False, now=clock.now())
    question = session.get(Question, asked(session, run)[0])
    question.readiness = Readiness.RETIRED
    session.commit()
    text = web.as_("lin").get("/practice/book").get_data(as_text=True)
    assert "有 1 道错题的原题已停用，不再复习。" in text
    assert practice_queries.count_due(session, lin.id, NINE + 90 * DAY, clock.today(NINE + 90 * DAY)) == 0


# --- pages


@pytest.fixture
def canary(session, add):
    """The only question there is, whose key, explanation and basis are unique words."""
    basis = {"law": "CANARYLAW", "quote": "CANARYQUOTE", "article": "第四条"}
    made = add(Content(Kind.BLANK, "填空____。", [], [["CANARYKEY"]], "CANARYEXPLAINS", basis))
    session.commit()
    return made


def crawl(browser, run: str) -> str:
    """Every byte of practice that this person can be sent."""
    pages = ["/", "/practice", "/practice/book", "/practice/topics", run, f"{run}?at=1", f"{run}?at=2"]
    answers = [browser.client.get(url) for url in pages]
    return "".join(f"{answer.headers}{answer.get_data(as_text=True)}" for answer in answers)


def test_no_byte_before_the_answer_is_stored_holds_a_key_and_after_it_all_do(web, session, canary):
    """B03, S03, with the positive control."""
    browser = web.as_("lin")
    run = browser.post("/practice/runs", {"mode": "daily", "count": "10"}).headers["Location"]
    seen = crawl(browser, run)
    seen += browser.post(f"{run}/answers/1", {}, 422).get_data(as_text=True)
    for word in ("CANARYKEY", "CANARYEXPLAINS", "CANARYLAW", "CANARYQUOTE"):
        assert word not in seen, word
    verdict = browser.follow(browser.post(f"{run}/answers/1", {"q1": "别的"})).get_data(as_text=True)
    assert "答错了" in verdict
    for word in ("CANARYKEY", "CANARYEXPLAINS", "CANARYLAW", "CANARYQUOTE"):
        assert word in verdict, word


def test_somebody_else_s_practice_looks_like_none_whoever_asks(web, session, canary):
    run = web.as_("lin").post("/practice/runs", {"mode": "daily", "count": "10"}).headers["Location"]
    for name in ("bo", "chen", "dana", "ada", "hua", "gao"):
        browser = web.as_(name)
        browser.get(run, 404)
        browser.get(f"{run}?at=1", 404)
        browser.post(f"{run}/answers/1", {"q1": "x"}, 404)
    assert session.scalar(select(func.count()).select_from(PracticeEntry)) == 0


def test_the_wrong_questions_of_another_are_not_mine_to_judge(web, session, lin, questions, answer_at):
    questions(12)
    run = practice.start_run(session, lin, Mode.LINE, now=NINE)
    answer_at(run, 1, False)
    question_id = asked(session, run)[0]
    web.as_("bo").post(f"/practice/book/{question_id}", {"act": "remove"}, 404)
    assert book_of(session, lin.id) == {question_id}
    web.as_("lin").post(f"/practice/book/{question_id}", {"act": "remove"})
    assert book_of(session, lin.id) == set()


def test_practice_goes_without_scripts_from_the_start_to_the_result(web, session, questions):
    questions(12)
    lin = web.as_("lin")
    start = lin.get("/practice").get_data(as_text=True)
    assert start.count("button-primary") == 1
    run = lin.post("/practice/runs", {"mode": "line", "line": "land", "kind": "single", "count": "10"}).headers[
        "Location"
    ]
    for n in range(1, 11):
        text = lin.get(run).get_data(as_text=True)
        assert f"第 {n} / 10 题" in text
        assert text.count("button-primary") == 1
        text = lin.follow(lin.post(f"{run}/answers/{n}", {f"q{n}": "0" if n > 2 else "1"})).get_data(as_text=True)
        assert ("答对了" if n > 2 else "答错了") in text
        assert text.count("button-primary") == 1
    text = lin.get(run).get_data(as_text=True)
    assert "答对 8 / 10 题" in text
    assert "错题本" in text
    book = lin.get("/practice/book").get_data(as_text=True)
    assert len(re.findall('class="book-line"', book)) == 2
    assert "在 3 个不同的日子连续答对" in book
    with travel(clock.now() + DAY, tick=False):
        later = web.as_("lin")
        assert "今天有 2 道错题该复习" in later.get("/").get_data(as_text=True)
        review = later.post("/practice/runs", {"mode": "book", "count": "10"}).headers["Location"]
        assert "错题复习" in later.get(review).get_data(as_text=True)


def test_an_answer_sent_twice_shows_the_first_verdict(web, session, questions):
    questions(12)
    lin = web.as_("lin")
    run = lin.post("/practice/runs", {"mode": "challenge", "count": "10"}).headers["Location"]
    lin.post(f"{run}/answers/1", {"q1": "1"})
    assert "答错了" in lin.follow(lin.post(f"{run}/answers/1", {"q1": "0"})).get_data(as_text=True)
    text = lin.get(run).get_data(as_text=True)
    assert "连对 0 题" in text


def test_every_kind_of_question_can_be_practised_but_those_a_person_marks(web, session, add):
    contents = [
        Content(Kind.MATCHING, "连一连", ["甲", "乙"], [1, 0], prompts=["一", "二"]),
        Content(Kind.ORDERING, "排一排", ["先", "中", "后"], [0, 1, 2]),
        Content(Kind.NUMERIC, "多少", [], [["12.5"]]),
        Content(Kind.SHORT, "谈谈看法", [], [["参考"]]),
    ]
    for content in contents:
        add(content)
    session.commit()
    lin = web.as_("lin")
    run = lin.post("/practice/runs", {"mode": "daily", "count": "10"}).headers["Location"]
    for n in (1, 2, 3):
        text = lin.get(run).get_data(as_text=True)
        if "连一连" in text:
            data = {f"q{n}": ["1", "0"]}
        elif "多少" in text:
            data = {f"q{n}": "12.5"}
        else:  # the bank keeps the items of an order in an order of its own
            numbers = dict(re.findall(r'data-order-text>(.)</span>\s*<label.*?name="(q\d-\d)"', text))
            data = {numbers[item]: str(place) for place, item in enumerate("先中后", 1)}
        verdict = lin.follow(lin.post(f"{run}/answers/{n}", data)).get_data(as_text=True)
        assert "答对了" in verdict, data
    assert "答对 3 / 3 题" in lin.get(run).get_data(as_text=True)


def test_an_order_with_two_equal_places_is_asked_for_again(web, session, add):
    add(Content(Kind.ORDERING, "排一排", ["先", "中", "后"], [0, 1, 2]))
    session.commit()
    lin = web.as_("lin")
    run = lin.post("/practice/runs", {"mode": "daily", "count": "10"}).headers["Location"]
    text = lin.post(f"{run}/answers/1", {"q1-0": "1", "q1-1": "1", "q1-2": "3"}, 422).get_data(as_text=True)
    assert "名次不能重复" in text
    assert session.scalar(select(func.count()).select_from(PracticeEntry)) == 0


def test_weak_points_are_told_with_figures_and_a_button(web, session, lin, questions, answer_at):
    questions(10, Line.REGISTRATION)
    questions(10, Line.PARTY)
    now = clock.now()
    for line, rights in ((Line.REGISTRATION, 6), (Line.PARTY, 9)):
        run = practice.start_run(session, lin, Mode.LINE, line=line, now=now)
        for position in range(1, 11):
            answer_at(run, position, position <= rights, now=now)
    text = web.as_("lin").get("/practice/topics").get_data(as_text=True)
    assert "不动产登记答对 6/10，建议先练这一条线。" in text
    assert "60%（6/10）" in text
    assert "练不动产登记" in text
    other = web.as_("bo").get("/practice/topics").get_data(as_text=True)
    assert "还没有答过的题" in other
    old = practice.line_shares(session, lin.id, now + 91 * DAY)
    assert old == []


# --- nobody's business, and no reward


def test_practice_earns_no_hours_and_its_mock_rounds_are_in_no_statistics_and_no_regrade(
    session, lin, paper, start, save, questions, answer_at, bank
):
    questions(12)
    run = practice.start_run(session, lin, Mode.DAILY, now=NINE)
    for position in range(1, 11):
        answer_at(run, position, True)
    counted = start()
    rehearsal = start(purpose=Purpose.MOCK, subject_id=3)
    for attempt in (counted, rehearsal):
        services.submit(session, attempt, settle=nothing_follows, now=NINE + seconds(60))
    session.commit()
    version = practice_queries.find_questions(session, [bank[0].id])[bank[0].id].version_id
    assert {row.attempt_id for row in key_queries.list_marked(session, version, after=0, limit=9)} == {counted.id}
    assert statistics_queries.count_ended(session, paper.id) == 1
    assert session.scalar(select(func.count()).select_from(HourEntry)) == 0


def test_a_mock_takes_no_appeal_and_none_of_the_questions_of_its_fixed_paper(
    web, session, lin, paper, bank, add, questions
):
    questions(4, Line.PARTY)
    for kind, options, key in (
        (Kind.MULTIPLE, ["甲", "乙", "丙"], [0, 1]),
        (Kind.BOOLEAN, [], [0]),
        (Kind.BLANK, [], [["甲"]]),
    ):
        add(Content(kind, f"模拟用的{kind}____", options, key))
    session.commit()
    attempt = mock.start_mock(session, paper, person_id=lin.id, subject_id=3, now=clock.now())
    stems = {question.stem for question in queries.list_shown_questions(session, attempt.id)}
    assert len(stems) == 4
    own = set(
        session.scalars(select(QuestionVersion.stem).where(QuestionVersion.question_id.in_([q.id for q in bank])))
    )
    assert not stems & own
    services.submit(session, attempt, settle=nothing_follows, now=clock.now())
    session.commit()
    browser = web.as_("lin")
    text = browser.get(f"/attempts/{attempt.id}/review").get_data(as_text=True)
    assert "有异议" not in text
    assert "回到练习" in text
    browser.post(f"/attempts/{attempt.id}/questions/1/appeal", {"text": "题目有问题"}, 409)


def test_a_mock_shows_no_key_of_a_question_that_stands_in_a_contest_attempt_begun_meanwhile(session, lin, paper, start):
    rehearsal = start(purpose=Purpose.MOCK, subject_id=3)
    contest = start(purpose=Purpose.CONTEST, subject_id=3, closes_at=NINE + DAY, release_at=NINE + DAY)
    services.submit(session, rehearsal, settle=mock.settle_mock, now=NINE + seconds(60))
    assert rehearsal.release_at == NINE + DAY
    services.submit(session, contest, settle=nothing_follows, now=NINE + seconds(70))
    alone = start(purpose=Purpose.MOCK, subject_id=4, now=NINE + 2 * DAY)
    services.submit(session, alone, settle=mock.settle_mock, now=NINE + 2 * DAY + seconds(60))
    assert alone.release_at is None


def test_two_pages_that_start_the_day_get_one_set(session, make_session, lin, questions):
    questions(20)
    first = practice.start_run(session, lin, Mode.DAILY, now=NINE)
    session.commit()
    with make_session() as other, pytest.raises(Conflict):
        twin = PracticeRun(person_id=lin.id, mode=Mode.DAILY, daily_on=first.daily_on, sheet=[], started_at=NINE)
        with practice.conflict_as(Conflict(), other):
            other.add(twin)


# --- commands


def test_verify_counts_what_it_compared_fails_on_a_card_that_says_something_else_and_rebuild_puts_it_right(
    app, session, lin, questions, answer_at
):
    def run(*arguments):
        with app.app_context():
            return CliRunner().invoke(practice_command, list(arguments))

    assert run("verify").output == "practice: 0 people, 0 cards compared, 0 faults\n"
    questions(12)
    one = practice.start_run(session, lin, Mode.LINE, now=NINE)
    for position in (1, 2, 3):
        answer_at(one, position, position == 3)
    answer = run("verify")
    assert (answer.exit_code, answer.output) == (0, "practice: 1 people, 2 cards compared, 0 faults\n")
    session.scalars(select(PracticeCard)).first().due_on += DAY
    session.commit()
    answer = run("verify")
    assert answer.exit_code == 1
    assert "2 cards compared, 1 faults" in answer.output
    assert run("rebuild", str(lin.id)).output == f"person {lin.id}: 2 cards\n"
    assert run("verify").exit_code == 0
