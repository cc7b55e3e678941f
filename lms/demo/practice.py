"""lin practises: a few sets of ten over a month, a challenge, and so a wrong-question book with something due today."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.demo.bureau import SEED
from lms.demo.sitting import chooser
from lms.demo.story import Happening, Story
from lms.people.line_rules import Line
from lms.quizzes import practice_queries
from lms.quizzes.models import AnswerKey, Question, QuestionVersion
from lms.quizzes.practice_models import PracticeRun
from lms.quizzes.practice_rules import Mode, next_position
from lms.quizzes.services import practice

WHO = "lin"
DAYS_AGO = (24, 19, 15, 11, 8, 5, 3, 2, 1)  # working days
CHALLENGED_DAYS_AGO = 5
SKILL = {Line.REGISTRATION: 0.5, Line.FARMLAND: 0.9}
OTHERWISE = 0.72
PAUSE = timedelta(seconds=35)


def chapter(story: Story) -> Iterator[Happening]:
    chance = Random(f"{SEED} practice")
    for days in DAYS_AGO:
        at = story.site.working_day_ago(days, 12, 35)
        yield Happening(at, partial(_practise, story=story, mode=Mode.DAILY, at=at, chance=chance))
    at = story.site.working_day_ago(CHALLENGED_DAYS_AGO, 20, 10)
    yield Happening(at, partial(_practise, story=story, mode=Mode.CHALLENGE, at=at, chance=chance))


def _practise(session: Session, *, story: Story, mode: Mode, at: datetime, chance: Random) -> None:
    """One run from its first question to its end."""
    run = practice.start_run(session, story.who(session, WHO, at), mode, now=at)
    session.flush()  # the answers refer to it
    while (position := _next(session, run, at)) is not None:
        at += PAUSE
        practice.answer(session, run, position, _choice(session, run, position, chance), now=at)


def _next(session: Session, run: PracticeRun, at: datetime) -> int | None:
    given = {place: entry.fraction for place, entry in practice_queries.list_answers(session, run.id).items()}
    return next_position(run.mode, given, practice_queries.list_askable_positions(session, run, at))


def _choice(session: Session, run: PracticeRun, position: int, chance: Random) -> list[int | str]:
    kind, options, key, line = session.execute(
        select(QuestionVersion.kind, QuestionVersion.options, AnswerKey.key, Question.line)
        .join(AnswerKey, AnswerKey.version_id == QuestionVersion.id)
        .join(Question, Question.id == QuestionVersion.question_id)
        .where(QuestionVersion.id == run.sheet[position - 1][0])
    ).one()
    choice: list[int | str] = chooser(SKILL.get(line, OTHERWISE), chance)(kind, options, key)
    return choice
