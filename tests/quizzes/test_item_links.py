"""The items of an attempt belong to an attempt and to versions that exist, whether foreign keys or triggers see to it."""

import threading
import time

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError

from lms.quizzes import services
from lms.quizzes.models import AnswerKey, Attempt, AttemptItem, QuestionVersion
from lms.quizzes.rules import Kind, Purpose
from lms.quizzes.services.bank import Content
from lms.quizzes.services.papers import PaperSettings
from tests.quizzes.conftest import NINE

GONE = 10**9


@pytest.fixture
def attempt(session, bureau, add, cast):
    """Of a paper with one question."""
    question = add(Content(Kind.SINGLE, "哪一项？", ["甲", "乙"], [0]))
    paper = services.create_fixed_paper(
        session, PaperSettings("一题"), [question.id], owner_unit_id=bureau.id, by_id=None, now=NINE
    )
    begun = services.start_attempt(
        session, paper, person_id=cast.lin.id, purpose=Purpose.COURSE, subject_id=7, now=NINE
    )
    session.commit()
    return begun


@pytest.fixture
def version_id(session, attempt):
    return session.scalars(select(AttemptItem.version_id)).one()


def item(attempt_id, version_id, position=2):
    return {
        "attempt_id": attempt_id, "position": position, "version_id": version_id, "option_order": [0, 1],
        "points_millis": 1000,
    }  # fmt: skip


def test_an_item_of_what_is_there_is_stored(session, attempt, version_id):
    session.execute(insert(AttemptItem), [item(attempt.id, version_id, 2), item(attempt.id, version_id, 3)])
    session.commit()
    assert len(session.scalars(select(AttemptItem.position)).all()) == 3


def test_an_item_of_no_attempt_or_no_version_is_refused_with_its_whole_statement(session, attempt, version_id):
    for wrong in (item(GONE, version_id, 3), item(attempt.id, GONE, 3)):
        with pytest.raises(IntegrityError):
            session.execute(insert(AttemptItem), [item(attempt.id, version_id), wrong])
            session.commit()
        session.rollback()
    assert session.scalars(select(AttemptItem.position)).all() == [1]


def test_what_an_item_names_is_not_taken_away_or_renamed(session, attempt, version_id):
    session.execute(delete(AnswerKey).where(AnswerKey.version_id == version_id))
    session.commit()
    for act in (
        delete(QuestionVersion).where(QuestionVersion.id == version_id),
        update(QuestionVersion).where(QuestionVersion.id == version_id).values(id=GONE),
        delete(Attempt).where(Attempt.id == attempt.id),
        update(Attempt).where(Attempt.id == attempt.id).values(id=GONE),
    ):
        with pytest.raises(IntegrityError):
            session.execute(act.execution_options(synchronize_session=False))
            session.commit()
        session.rollback()
    session.execute(delete(AttemptItem))
    session.execute(delete(Attempt))
    session.execute(delete(QuestionVersion).where(QuestionVersion.id == version_id))
    session.commit()


def test_an_item_does_not_move_to_what_is_not_there(session, attempt, version_id):
    for values in ({"version_id": GONE}, {"attempt_id": GONE}):
        with pytest.raises(IntegrityError):
            session.execute(update(AttemptItem).values(**values))
            session.commit()
        session.rollback()
    session.execute(update(AttemptItem).values(version_id=version_id, fraction=1000, score_millis=1000))
    session.commit()


def test_a_version_is_not_taken_away_beside_somebody_who_is_just_adding_an_item_of_it(
    session, make_session, attempt, version_id
):
    session.execute(delete(AnswerKey).where(AnswerKey.version_id == version_id))
    session.execute(delete(AttemptItem))
    session.commit()
    refused = []

    def take_away():
        with make_session() as other:
            try:
                other.execute(delete(QuestionVersion).where(QuestionVersion.id == version_id))
                other.commit()
            except (IntegrityError, OperationalError) as problem:
                refused.append(problem)

    session.execute(insert(AttemptItem), [item(attempt.id, version_id)])
    thread = threading.Thread(target=take_away)
    thread.start()
    time.sleep(0.2)
    session.commit()
    thread.join()
    assert len(refused) == 1
    assert session.scalars(select(AttemptItem.version_id)).all() == [version_id]
    assert (
        session.execute(text("SELECT count(*) FROM question_versions WHERE id = :id"), {"id": version_id}).scalar_one()
        == 1
    )
