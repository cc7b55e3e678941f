"""The read side of stage finals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from lms.clock import to_ms
from lms.contests import advancement_queries, team_queries
from lms.contests.models import Contest, Round
from lms.contests.team_models import Team, TeamMember
from lms.contests.team_queries import TeamLine
from lms.contests.team_rules import TeamState
from lms.db import Prepared, flushed
from lms.people.models import Person, Unit
from lms.quizzes import key_queries, rich
from lms.quizzes.models import QuestionVersion
from lms.quizzes.rules import TRUTH_OPTIONS, Kind
from lms.quizzes.writing import key_text
from lms.stage import buzz_rules, face_rules, log_rules
from lms.stage.buzz_rules import Buzz
from lms.stage.face_rules import Question
from lms.stage.models import StageBuzz, StageDevice, StageEvent, StageFinal
from lms.stage.rules import Event, State, replay

SEEN_WITHIN = timedelta(seconds=6)


def list_teams(session: Session, round_: Round) -> list[TeamLine]:
    """The entered teams that take part: all of the contest, or those that advanced."""
    advanced = advancement_queries.list_teams_in(session, round_)
    lines = team_queries.list_teams(session, round_.contest_id)
    entered = [line for line in lines if line.team.state is TeamState.ENTERED]
    return [line for line in entered if advanced is None or line.team.id in advanced]


@dataclass(frozen=True)
class Seat:
    """A team at its place, with the phone it has or has not."""

    device: StageDevice
    name: str
    unit: str

    @property
    def team_id(self) -> int:
        return self.device.team_id

    @property
    def round_trip_ms(self) -> int | None:
        return buzz_rules.least(self.device.round_trips)

    @property
    def is_slow(self) -> bool:
        return buzz_rules.is_slow(self.device.round_trips)

    def is_here(self, now: datetime) -> bool:
        """Its phone was heard of in the last seconds."""
        return self.device.seen_at is not None and now - self.device.seen_at <= SEEN_WITHIN


@dataclass(frozen=True)
class Running:
    """A final with all that its rules need, as of one instant."""

    final: StageFinal
    contest: Contest
    round: Round
    owner_path: str
    seats: Sequence[Seat]
    events: Sequence[Event]
    state: State

    @property
    def names(self) -> dict[int, str]:
        return {seat.team_id: seat.name for seat in self.seats}


HEADS = (
    select(StageFinal, Contest, Round, Unit.path)
    .join(Round, Round.id == StageFinal.round_id)
    .join(Contest, Contest.id == Round.contest_id)
    .join(Unit, Unit.id == Contest.owner_unit_id)
)


def list_open_finals(session: Session, round_ids: Sequence[int]) -> dict[int, int]:
    """Round → its final, of those that are prepared and not over."""
    if not round_ids:
        return {}
    query = select(StageFinal.round_id, StageFinal.id).where(StageFinal.round_id.in_(round_ids))
    return {round_id: id for round_id, id in session.execute(query.where(StageFinal.finished_at.is_(None)))}


def find_team_name(session: Session, final_id: int, person_id: int) -> str:
    """The person's team among those that have a place in the final; empty when there is none."""
    query = (
        select(Team.name)
        .join(StageDevice, StageDevice.team_id == Team.id)
        .join(TeamMember, TeamMember.team_id == Team.id)
        .where(StageDevice.final_id == final_id, TeamMember.person_id == person_id, TeamMember.left_at.is_(None))
    )
    return session.scalars(query).first() or ""


def find_running(session: Session, final_id: int, *, now: datetime) -> Running | None:
    return _running(session, HEADS.where(StageFinal.id == final_id), now)


def find_running_of(session: Session, round_id: int, *, now: datetime) -> Running | None:
    """None: the round's final is not prepared."""
    return _running(session, HEADS.where(StageFinal.round_id == round_id), now)


def _running(session: Session, query: Any, now: datetime) -> Running | None:
    row = session.execute(query.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        return None
    final, contest, round_, path = row
    seats, events = list_seats(session, final.id), list_events(session, final.id)
    buzzes = list_buzzes(session, final.id)
    known = [event for event in events if event.sequence <= final.sequence]
    state = replay([seat.team_id for seat in seats], known, buzzes, to_ms(now))
    return Running(final, contest, round_, path, seats, known, state)


def list_seats(session: Session, final_id: int) -> list[Seat]:
    query = (
        select(StageDevice, Team.name, Unit.name)
        .join(Team, Team.id == StageDevice.team_id)
        .join(Unit, Unit.id == Team.unit_id)
        .where(StageDevice.final_id == final_id)
        .order_by(StageDevice.position)
        .execution_options(populate_existing=True)
    )
    return [Seat(*row) for row in session.execute(query)]


def list_events(session: Session, final_id: int) -> list[Event]:
    """The journal in its order."""
    rows = EVENTS.rows(flushed(session), {"final": final_id})
    return [Event(row.sequence, row.kind, row.data, to_ms(row.at)) for row in rows]


EVENTS = Prepared(
    select(StageEvent.sequence, StageEvent.kind, StageEvent.data, StageEvent.at)
    .where(StageEvent.final_id == bindparam("final"))
    .order_by(StageEvent.sequence)
)


def list_buzzes(session: Session, final_id: int) -> list[Buzz]:
    rows = BUZZES.rows(flushed(session), {"final": final_id})
    return [Buzz(r.turn, r.team_id, to_ms(r.received_at), r.round_trip_ms, r.is_early) for r in rows]


BUZZES = Prepared(
    select(
        StageBuzz.turn, StageBuzz.team_id, StageBuzz.received_at, StageBuzz.round_trip_ms, StageBuzz.is_early
    ).where(StageBuzz.final_id == bindparam("final"))
)  # fmt: skip


# --- devices -------------------------------------------------------------------------------------------------------


def find_device(session: Session, digest: str) -> Any:
    """id, final_id, team_id, round_trips, sequence and live_key of the phone with this token; None when another one took over."""
    return DEVICE.first(flushed(session), {"digest": digest})


DEVICE = Prepared(
    select(
        StageDevice.id, StageDevice.final_id, StageDevice.team_id, StageDevice.round_trips, StageFinal.sequence,
        StageFinal.live_key, Team.name, Contest.title,
    )
    .join(StageFinal, StageFinal.id == StageDevice.final_id)
    .join(Team, Team.id == StageDevice.team_id)
    .join(Contest, Contest.id == Team.contest_id)
    .where(StageDevice.token_digest == bindparam("digest"))
)  # fmt: skip


def find_device_by_code(session: Session, pin: str, code: str) -> StageDevice | None:
    query = select(StageDevice).join(StageFinal, StageFinal.id == StageDevice.final_id)
    return session.scalars(query.where(StageFinal.pin == pin, StageDevice.code == code)).one_or_none()


# --- questions -----------------------------------------------------------------------------------------------------


def find_question(session: Session, final: StageFinal, number: int | None) -> Question | None:
    """The question with this number (0 is the first), without its key."""
    if number is None or not 0 <= number < len(final.questions):
        return None
    version = session.get_one(QuestionVersion, final.questions[number])
    options = list(TRUTH_OPTIONS) if version.kind is Kind.BOOLEAN else version.options
    words = [rich.words(text, version.markup) for text in options]
    return Question(
        number + 1, version.kind, rich.words(version.stem, version.markup), words,
        rich.words(version.material, version.markup),
    )  # fmt: skip


def find_key(session: Session, final: StageFinal, number: int | None) -> str | None:
    """The key of the question as people write it. For host, jury and score keeper; for everybody else after it is revealed."""
    if number is None or not 0 <= number < len(final.questions):
        return None
    version, key = key_queries.find_versions(session, [final.questions[number]])[final.questions[number]]
    return key_text(version.kind, key.key)


@dataclass(frozen=True)
class SheetLine:
    """A question of the printed sheet, with its key."""

    question: Question
    key: str


def list_sheet(session: Session, final: StageFinal) -> list[SheetLine]:
    """Every question with its key, in the order they are drawn: for the score keeper's paper."""
    numbers = range(len(final.questions))
    found = [(find_question(session, final, n), find_key(session, final, n)) for n in numbers]
    return [SheetLine(question, key or "") for question, key in found if question]


# --- what everybody sees -------------------------------------------------------------------------------------------


def find_head(session: Session, live_key: str) -> Any:
    """id and sequence of the final with this address; None: nobody gave it out."""
    return HEAD.first(flushed(session), {"key": live_key})


HEAD = Prepared(select(StageFinal.id, StageFinal.sequence).where(StageFinal.live_key == bindparam("key")))


def face_of(session: Session, final_id: int, *, now: datetime) -> dict[str, Any]:
    """What screens and phones show at that instant."""
    running = find_running(session, final_id, now=now)
    assert running is not None
    state = running.state
    question = find_question(session, running.final, state.question)
    key = find_key(session, running.final, state.question) if state.key_shown else None
    return face_rules.face(state, running.names, question, key) | {"title": running.contest.title}


# --- the journal for people ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LogLine:
    sequence: int
    at: datetime
    text: str
    by: str


def list_log(session: Session, running: Running, *, limit: int = 40) -> list[LogLine]:
    """The last steps as sentences, the newest first."""
    query = (
        select(StageEvent, Person.name)
        .outerjoin(Person, Person.id == StageEvent.actor_id)
        .where(StageEvent.final_id == running.final.id)
        .order_by(StageEvent.sequence.desc())
        .limit(limit)
    )
    names = running.names
    return [
        LogLine(event.sequence, event.at, log_rules.sentence(event.kind, event.data, names), by or "本队手机")
        for event, by in session.execute(query)
    ]
