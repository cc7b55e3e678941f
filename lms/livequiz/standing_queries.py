"""Who is best as of the last question revealed, by person and by unit. Read once and kept: nobody can answer a question any more whose
key was shown."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from lms.contests.models import RoundEntry
from lms.db import Prepared, flushed
from lms.leaderboard import queries as boards
from lms.leaderboard import rules as board_rules
from lms.leaderboard.live import Fresh
from lms.leaderboard.models import BoardUnit
from lms.leaderboard.queries import BoardHead
from lms.leaderboard.rules import HIDDEN_NAME, UnitFigures, UnitStanding
from lms.livequiz.models import LiveAnswer
from lms.livequiz.queries import Running
from lms.livequiz.rules import Grade, Placed, Total, rank, tally, used_ms
from lms.people.models import Person, Unit
from lms.quizzes.grade_rules import WHOLE, earned
from lms.quizzes.models import Paper
from lms.quizzes.services.hosted import grader

HOURS = 6 * 3600.0


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
