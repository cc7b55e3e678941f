"""The read side of live quizzes: what stands, and who is best as of the last question revealed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from lms.clock import to_ms
from lms.contests.models import Contest, Round, RoundEntry
from lms.db import Prepared, flushed
from lms.leaderboard import queries as boards
from lms.leaderboard import rules as board_rules
from lms.leaderboard.live import Fresh
from lms.leaderboard.models import BoardUnit
from lms.leaderboard.queries import BoardHead
from lms.leaderboard.rules import HIDDEN_NAME, UnitFigures, UnitStanding
from lms.livequiz import log_rules
from lms.livequiz.models import LiveAnswer, LiveEvent, LiveQuiz
from lms.livequiz.rules import Event, Grade, Placed, State, Total, Window, rank, replay, tally, used_ms
from lms.people.models import Person, Unit
from lms.quizzes import key_queries, rich
from lms.quizzes.grade_rules import WHOLE, earned
from lms.quizzes.models import Paper, QuestionVersion
from lms.quizzes.rules import KIND_LABELS, TRUTH_OPTIONS, Kind
from lms.quizzes.services.hosted import grader

HOURS = 6 * 3600.0


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
    """id, sequence and round_id of the quiz with this address; None: nobody gave it out."""
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


def has_joined(session: Session, quiz_id: int, person_id: int) -> bool:
    query = select(RoundEntry.person_id).join(LiveQuiz, LiveQuiz.round_id == RoundEntry.round_id)
    return session.scalars(query.where(LiveQuiz.id == quiz_id, RoundEntry.person_id == person_id)).first() is not None


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


# --- who is best ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TurnResult:
    """A question that was revealed: what everybody's answer earned, and how many chose each option."""

    grades: Mapping[int, Grade]
    counts: Mapping[int, int]

    @property
    def right(self) -> int:
        return sum(grade.is_right for grade in self.grades.values())


_turns: Fresh[TurnResult] = Fresh(HOURS)
"""Nobody can answer a question once it is revealed, so its result is read once."""


def turn_result(session: Session, running: Running, turn: int, question: int) -> TurnResult:
    """Of a question that was revealed."""
    quiz = running.quiz
    return _turns.get(f"{quiz.live_key} {turn}", lambda: _read_turn(session, running, turn, question))


def _read_turn(session: Session, running: Running, turn: int, question: int) -> TurnResult:
    version, points, _ = running.quiz.questions[question]
    grade = grader(session, session.get_one(Paper, running.round.paper_id), [version])[version]
    windows = running.windows_of(turn)
    grades: dict[int, Grade] = {}
    counts: dict[int, int] = {}
    fractions: dict[str, int] = {}
    for row in ANSWERS.rows(flushed(session), {"quiz": running.quiz.id, "turn": turn}):
        if row.choice not in fractions:
            fractions[row.choice] = grade(json.loads(row.choice))
        fraction = fractions[row.choice]
        used = used_ms(windows, row.received_ms, row.round_trip_ms)
        grades[row.person_id] = Grade(earned(points, fraction), used, fraction == WHOLE)
        for option in json.loads(row.choice):
            counts[option] = counts.get(option, 0) + 1
    return TurnResult(grades, counts)


ANSWERS = Prepared(
    select(LiveAnswer.person_id, LiveAnswer.choice, LiveAnswer.received_ms, LiveAnswer.round_trip_ms).where(
        LiveAnswer.quiz_id == bindparam("quiz"), LiveAnswer.turn == bindparam("turn")
    )
)


@dataclass(frozen=True)
class Line:
    place: int
    name: str
    unit: str
    total: Total


@dataclass(frozen=True)
class UnitLine:
    standing: UnitStanding
    name: str
    people: int
    roster: int


@dataclass(frozen=True)
class Standings:
    """Who is best as of the last question revealed. `lines` and `units` are those that may be shown; `totals` everybody's, `places` of who
    is ranked."""

    lines: Sequence[Line]
    units: Sequence[UnitLine]
    totals: Mapping[int, Total]
    places: Mapping[int, int]


_standings: Fresh[Standings] = Fresh(HOURS)
NOBODY = Standings((), (), {}, {})


def standings_of(session: Session, running: Running) -> Standings:
    """Read once for each set of questions that count."""
    counted = running.state.counted
    if not counted:
        return NOBODY
    key = f"{running.quiz.live_key} {counted}"
    return _standings.get(key, lambda: _read_standings(session, running))


def totals_of(session: Session, running: Running) -> dict[int, Total]:
    """Everybody's total over the questions that count."""
    return tally(turn_result(session, running, turn, question).grades for turn, question in running.state.counted)


def _read_standings(session: Session, running: Running) -> Standings:
    board = boards.find_board(session, running.round.board_id)
    assert board is not None
    totals = totals_of(session, running)
    people = {row.person_id: row for row in session.execute(PEOPLE, {"round": running.round.id})}
    ranked = rank({id: total for id, total in totals.items() if id in people and people[id].is_ranked})
    shown = board_rules.shown(ranked[: board.rule.shown_people + 1], board.rule.shown_people)
    return Standings(
        [_line(one, people[one.person]) for one in shown], list(_units(session, running, board, ranked, people)),
        totals, {one.person: one.place for one in ranked},
    )  # fmt: skip


PEOPLE = (
    select(
        RoundEntry.person_id, RoundEntry.unit_id, RoundEntry.is_ranked, Person.name, Person.is_unlisted,
        func.coalesce(Unit.name, "").label("unit"),
    )
    .join(Person, Person.id == RoundEntry.person_id)
    .outerjoin(Unit, Unit.id == RoundEntry.unit_id)
    .where(RoundEntry.round_id == bindparam("round"))
)  # fmt: skip


def _line(placed: Placed, person: Any) -> Line:
    hidden = person.is_unlisted
    return Line(placed.place, HIDDEN_NAME if hidden else person.name, "" if hidden else person.unit, placed.total)


def _units(
    session: Session, running: Running, board: BoardHead, ranked: Sequence[Placed], people: Mapping[int, Any]
) -> Iterator[UnitLine]:
    """The first units by the board's own formula, as if the questions so far were all."""
    rows = session.execute(
        select(BoardUnit.unit_id, BoardUnit.roster, Unit.name)
        .join(Unit, Unit.id == BoardUnit.unit_id)
        .where(BoardUnit.board_id == board.id)
    )
    names = {row.unit_id: (row.name, row.roster) for row in rows}
    joined: dict[int, list[int]] = {id: [] for id in names}
    for one in ranked:
        joined.setdefault(people[one.person].unit_id or 0, []).append(one.total.score_millis)
    figures = [UnitFigures(id, roster, len(joined[id]), sum(joined[id])) for id, (_, roster) in names.items()]
    full = sum(running.quiz.questions[question][1] for _, question in running.state.counted)
    found = board_rules.rank_units(board.rule.unit, [one for one in figures if one.people], full)
    for standing in board_rules.shown(found, board.rule.shown_units):
        name, roster = names[standing.unit_id]
        yield UnitLine(standing, name, len(joined[standing.unit_id]), roster)


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
