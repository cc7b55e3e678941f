"""The read side of live quizzes: what stands, and who is best as of the last question revealed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from lms.clock import to_ms
from lms.contests.models import Contest, Round, RoundEntry
from lms.contests.queries import audiences_of
from lms.contests.rules import ContestState
from lms.db import Prepared, flushed
from lms.livequiz import log_rules
from lms.livequiz.models import LiveAnswer, LiveEvent, LiveQuiz
from lms.livequiz.rules import Event, State, Window, replay
from lms.people.models import Person, Unit
from lms.quizzes import key_queries, rich
from lms.quizzes.models import QuestionVersion
from lms.quizzes.rules import KIND_LABELS, TRUTH_OPTIONS, Kind


@dataclass(frozen=True)
class Running:
    """A quiz with all that its rules need, as of one instant."""

    quiz: LiveQuiz
    contest: Contest
    round: Round
    owner_path: str
    events: Sequence[Event]
    state: State

    @property
    def count(self) -> int:
        """How many questions it has."""
        return len(self.quiz.questions)

    def windows_of(self, turn: int) -> tuple[Window, ...]:
        """When the question of a turn was open: as it stood before the next one was asked."""
        later = (e.sequence for e in self.events if e.sequence > turn and e.kind == "asked")
        end = min(later, default=len(self.events) + 1)
        return replay([event for event in self.events if event.sequence < end]).windows


HEADS = (
    select(LiveQuiz, Contest, Round, Unit.path)
    .join(Round, Round.id == LiveQuiz.round_id)
    .join(Contest, Contest.id == Round.contest_id)
    .join(Unit, Unit.id == Contest.owner_unit_id)
)


def list_open_quizzes(session: Session, round_ids: Sequence[int]) -> dict[int, int]:
    """Round → its quiz, of those that are prepared and not over."""
    if not round_ids:
        return {}
    query = select(LiveQuiz.round_id, LiveQuiz.id).where(LiveQuiz.round_id.in_(round_ids))
    return {round_id: id for round_id, id in session.execute(query.where(LiveQuiz.finished_at.is_(None)))}


def list_finished(session: Session, round_ids: Sequence[int]) -> set[int]:
    """Of these rounds, those whose quiz is over."""
    if not round_ids:
        return set()
    over = (LiveQuiz.round_id.in_(round_ids), LiveQuiz.finished_at.is_not(None))
    return set(session.scalars(select(LiveQuiz.round_id).where(*over)))


def find_running(session: Session, quiz_id: int) -> Running | None:
    return _running(session, HEADS.where(LiveQuiz.id == quiz_id))


def find_running_of(session: Session, round_id: int) -> Running | None:
    """None: the round's quiz is not prepared."""
    return _running(session, HEADS.where(LiveQuiz.round_id == round_id))


def _running(session: Session, query: Any) -> Running | None:
    row = session.execute(query.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        return None
    quiz, contest, round_, path = row
    known = [event for event in list_events(session, quiz.id) if event.sequence <= quiz.sequence]
    return Running(quiz, contest, round_, path, known, replay(known))


def list_events(session: Session, quiz_id: int) -> list[Event]:
    """The journal in its order."""
    rows = EVENTS.rows(flushed(session), {"quiz": quiz_id})
    return [Event(row.sequence, row.kind, row.data, to_ms(row.at)) for row in rows]


EVENTS = Prepared(
    select(LiveEvent.sequence, LiveEvent.kind, LiveEvent.data, LiveEvent.at)
    .where(LiveEvent.quiz_id == bindparam("quiz"))
    .order_by(LiveEvent.sequence)
)


def find_head(session: Session, live_key: str) -> Any:
    """id and sequence of the quiz with this address; None: nobody gave it out."""
    return HEAD.first(flushed(session), {"key": live_key})


HEAD = Prepared(select(LiveQuiz.id, LiveQuiz.sequence).where(LiveQuiz.live_key == bindparam("key")))


def count_joined(session: Session, round_id: int) -> int:
    return session.scalars(select(func.count()).where(RoundEntry.round_id == round_id)).one()


def count_answers(session: Session, quiz_id: int, turn: int | None) -> int:
    """How many have answered in the turn so far."""
    return session.scalars(
        select(func.count()).where(LiveAnswer.quiz_id == quiz_id, LiveAnswer.turn == (turn or 0))
    ).one()


def find_choice(session: Session, quiz_id: int, turn: int, person_id: int) -> list[int] | None:
    """What the person answered in the turn."""
    row = CHOICE.first(flushed(session), {"quiz": quiz_id, "turn": turn, "person": person_id})
    return json.loads(row.choice) if row else None


CHOICE = Prepared(
    select(LiveAnswer.choice).where(
        LiveAnswer.quiz_id == bindparam("quiz"), LiveAnswer.turn == bindparam("turn"),
        LiveAnswer.person_id == bindparam("person"),
    )
)  # fmt: skip


def find_joined(session: Session, quiz_id: int, person_id: int) -> Any:
    """live_key and sequence of a quiz that the person has joined; None for everybody else."""
    return JOINED.first(flushed(session), {"quiz": quiz_id, "person": person_id})


JOINED = Prepared(
    select(LiveQuiz.live_key, LiveQuiz.sequence)
    .join(RoundEntry, RoundEntry.round_id == LiveQuiz.round_id)
    .where(LiveQuiz.id == bindparam("quiz"), RoundEntry.person_id == bindparam("person"))
)


def find_phone(session: Session, round_id: int, person_id: int, unit_path: str) -> Any:
    """Of a round whose quiz is not over and which the person may see and has joined: quiz_id, live_key, round_id, round_title, contest_id,
    contest_title; None otherwise."""
    found = PHONE.first(flushed(session), {"round": round_id, "person": person_id})
    return None if found is None or found.audience_unit_id not in (None, *audiences_of(unit_path)) else found


PHONE = Prepared(
    select(
        LiveQuiz.id.label("quiz_id"), LiveQuiz.live_key, Round.id.label("round_id"), Round.title.label("round_title"),
        Contest.id.label("contest_id"), Contest.title.label("contest_title"), Contest.audience_unit_id,
    )
    .select_from(LiveQuiz)
    .join(Round, Round.id == LiveQuiz.round_id)
    .join(Contest, Contest.id == Round.contest_id)
    .join(RoundEntry, RoundEntry.round_id == Round.id)
    .where(
        Round.id == bindparam("round"), RoundEntry.person_id == bindparam("person"), LiveQuiz.finished_at.is_(None),
        Contest.state == ContestState.OPEN,
    )
)  # fmt: skip


# --- questions -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Question:
    """A question as it is put on the wall: plain words; `options` are (number, text) in the order in which all see them."""

    number: int
    kind: str
    label: str
    stem: str
    options: list[tuple[int, str]]
    material: str
    points: str


def find_question(session: Session, quiz: LiveQuiz, number: int | None) -> Question | None:
    """The question with this number (0 is the first), without its key."""
    if number is None:
        return None
    version_id, points, order = quiz.questions[number]
    version = session.get_one(QuestionVersion, version_id)
    texts = list(TRUTH_OPTIONS) if version.kind is Kind.BOOLEAN else version.options
    options = [(n, rich.words(texts[n], version.markup)) for n in order if n < len(texts)]
    return Question(
        number + 1, version.kind, KIND_LABELS[version.kind], rich.words(version.stem, version.markup), options,
        rich.words(version.material, version.markup), f"{points / 1000:g}",
    )  # fmt: skip


def find_key(session: Session, quiz: LiveQuiz, number: int | None) -> list[int] | None:
    """The numbers of the right options. For the host; for everybody else after it is revealed."""
    if number is None:
        return None
    version_id = quiz.questions[number][0]
    return sorted(key_queries.find_versions(session, [version_id])[version_id][1].key)


# --- the journal for people ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LogLine:
    sequence: int
    at: datetime
    text: str
    by: str


def list_log(session: Session, quiz_id: int, *, limit: int = 12) -> list[LogLine]:
    """The last steps as sentences, the newest first."""
    query = (
        select(LiveEvent, Person.name)
        .outerjoin(Person, Person.id == LiveEvent.actor_id)
        .where(LiveEvent.quiz_id == quiz_id)
        .order_by(LiveEvent.sequence.desc())
        .limit(limit)
    )
    return [
        LogLine(event.sequence, event.at, log_rules.sentence(event.kind, event.data), by or "系统")
        for event, by in session.execute(query)
    ]
