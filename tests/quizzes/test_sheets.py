"""Sheets drawn before the bell: each is taken once, none with a question that is no longer as it was."""

import threading
from random import Random

import pytest
from sqlalchemy import func, select

from lms.quizzes import services
from lms.quizzes.draw_rules import DrawRule
from lms.quizzes.models import Attempt, AttemptItem, PreparedSheet, Question, QuestionVersion
from lms.quizzes.rules import Kind, Purpose, Readiness, State
from lms.quizzes.services.bank import Content
from lms.quizzes.services.papers import PaperSettings
from tests.quizzes.conftest import NINE, seconds

SUBJECT = {"purpose": Purpose.CONTEST, "subject_id": 70}


@pytest.fixture
def questions(add):
    return [add(Content(Kind.SINGLE, f"第{n}题是哪一项？", ["甲", "乙", "丙"], [0])) for n in range(12)]


@pytest.fixture
def drawn(session, bureau, questions):
    made = services.create_drawn_paper(
        session,
        PaperSettings("抽题卷", duration_seconds=600),
        [DrawRule(5, 1000)],
        owner_unit_id=bureau.id,
        by_id=None,
        now=NINE,
    )
    session.commit()
    return made


@pytest.fixture
def prepare(session, drawn):
    def some(count):
        services.prepare_sheets(session, drawn, **SUBJECT, count=count, now=NINE, rng=Random(1))
        session.commit()

    return some


def versions_of(session, attempt):
    query = select(AttemptItem.version_id).where(AttemptItem.attempt_id == attempt.id).order_by(AttemptItem.position)
    return list(session.scalars(query))


def begin(session, paper, person, now=NINE):
    attempt = services.start_attempt(session, paper, person_id=person.id, **SUBJECT, now=now)
    session.commit()
    return attempt


def test_a_start_takes_the_first_sheet_as_it_was_drawn(session, drawn, prepare, cast):
    prepare(2)
    first, second = session.scalars(select(PreparedSheet).order_by(PreparedSheet.id)).all()
    first_sheet, second_id = first.sheet, second.id
    attempt = begin(session, drawn, cast.lin, now=NINE + seconds(5))
    assert versions_of(session, attempt) == [version for version, _, _ in first_sheet]
    assert (attempt.started_at, attempt.deadline_at) == (NINE + seconds(5), NINE + seconds(605))
    assert (attempt.max_millis, attempt.state) == (5000, State.OPEN)
    assert list(session.scalars(select(PreparedSheet.id))) == [second_id]


def test_without_a_sheet_a_start_draws_on_the_spot(session, drawn, prepare, cast):
    prepare(1)
    begin(session, drawn, cast.lin)
    assert len(versions_of(session, begin(session, drawn, cast.bo))) == 5


def test_a_sheet_with_an_edited_question_is_thrown_away(session, drawn, prepare, cast):
    prepare(1)
    version = session.get(QuestionVersion, session.scalars(select(PreparedSheet)).one().sheet[0][0])
    question = session.get(Question, version.question_id)
    newer = Content(Kind.SINGLE, "改过的题是哪一项？", ["甲", "乙", "丙"], [1])
    services.edit_question(session, question, newer, line=question.line, by_id=None, now=NINE + seconds(1))
    session.commit()
    attempt = begin(session, drawn, cast.lin, now=NINE + seconds(2))
    assert version.id not in versions_of(session, attempt)
    assert services.count_prepared(session, **SUBJECT) == 0


def test_a_sheet_with_a_retired_question_is_thrown_away_and_the_next_one_taken(session, drawn, prepare, cast):
    prepare(8)
    retired = session.get(QuestionVersion, session.scalars(select(PreparedSheet)).first().sheet[0][0])
    session.get_one(Question, retired.question_id).readiness = Readiness.RETIRED
    session.commit()
    for person in (cast.lin, cast.bo, cast.dana, cast.chen):
        assert retired.id not in versions_of(session, begin(session, drawn, person, now=NINE + seconds(2)))


def test_sheets_of_another_subject_are_left_alone(session, drawn, prepare, cast):
    prepare(1)
    services.start_attempt(session, drawn, person_id=cast.lin.id, purpose=Purpose.CONTEST, subject_id=71, now=NINE)
    assert services.count_prepared(session, **SUBJECT) == 1


def test_starting_fifty_times_at_once_gives_each_person_one_attempt_with_a_sheet_of_their_own(
    make_session, session, drawn, prepare, cast
):
    prepare(3)
    people = [person.id for person in vars(cast).values()][:10]
    failed = []

    def start(person_id):
        try:
            with make_session() as own:
                services.start_attempt(own, drawn, person_id=person_id, **SUBJECT, now=NINE)
                own.commit()
        except Exception as problem:
            failed.append(problem)

    threads = [threading.Thread(target=start, args=(people[n % 10],)) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    attempts = session.scalars(select(Attempt)).all()
    assert sorted(a.person_id for a in attempts) == sorted(people)
    counted = dict(session.execute(select(AttemptItem.attempt_id, func.count()).group_by(AttemptItem.attempt_id)).all())
    assert counted == {attempt.id: 5 for attempt in attempts}
    assert services.count_prepared(session, **SUBJECT) == 0
