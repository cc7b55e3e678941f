"""Who may be a candidate of a cycle: the roster of the cut-off day, as persons, units or branches; and the contests that are cycles."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.contests.models import Contest, Round
from lms.contests.rules import ContestState, RoundKind
from lms.leaderboard import queries as boards
from lms.leaderboard.models import Board, BoardState, PublishedRanking
from lms.leaderboard.rules import competing_unit
from lms.people import queries as people
from lms.people.models import Unit
from lms.people.queries import Member
from lms.people.rules import DutyStatus
from lms.stars.catalogue_rules import Holder
from lms.stars.models import StarProgramme
from lms.stars.period_rules import Span

ON_DUTY = (DutyStatus.ON_DUTY, DutyStatus.SECONDED)


@dataclass(frozen=True)
class Holding:
    """A possible candidate with names and place of the cut-off day. `members` are those of a group; `score` (1/1000 of all points) and
    `tie` (place) come from a contest's published ranking."""

    id: int
    name: str
    unit_id: int | None = None
    unit_name: str = ""
    branch_id: int | None = None
    members: Sequence[int] = ()
    score: int = 0
    tie: int = 0
    text: str = ""


@dataclass(frozen=True)
class Pool:
    """Everybody a cycle looks at. `head_count` is what per cents are taken of: persons, or groups."""

    head_count: int
    holdings: Sequence[Holding] = field(default_factory=list)


def pool_of(session: Session, programme: StarProgramme, cut_off_on: date, round_id: int | None = None) -> Pool:
    """The persons on duty, the units or the branches of the programme on that day; of a contest those on its published ranking."""
    owner = session.get_one(Unit, programme.owner_unit_id)
    if programme.holder is Holder.BRANCH:
        return _branches(session, cut_off_on)
    roster = [m for m in people.roster(session, cut_off_on, unit_path=owner.path) if m.duty_status in ON_DUTY]
    if programme.holder is Holder.UNIT:
        return _units(session, owner, roster)
    persons = [Holding(m.person_id, m.name, m.unit_id, m.unit_name, m.branch_id) for m in roster]
    if round_id is None:
        return Pool(len(persons), persons)
    return Pool(len(persons), _contestants(session, persons, round_id))


def _branches(session: Session, on: date) -> Pool:
    members: dict[int, list[int]] = defaultdict(list)
    for member in people.roster(session, on):
        if member.branch_id is not None and member.is_due:
            members[member.branch_id].append(member.person_id)
    found = [
        Holding(branch.id, branch.name, branch_id=branch.id, members=members[branch.id])
        for branch in people.list_branches(session)
        if members[branch.id] and (branch.closed_on is None or branch.closed_on > on)
    ]
    return Pool(len(found), found)


def _units(session: Session, owner: Unit, roster: Sequence[Member]) -> Pool:
    paths = {unit.id: unit for unit in people.list_units(session)}
    members: dict[int, list[int]] = defaultdict(list)
    for member in roster:
        unit_id = competing_unit(paths[member.unit_id].path, owner.path)
        if unit_id is not None and unit_id != owner.id:
            members[unit_id].append(member.person_id)
    found = [Holding(unit_id, paths[unit_id].name, members=of) for unit_id, of in sorted(members.items())]
    return Pool(len(found), found)


def _contestants(session: Session, persons: Sequence[Holding], round_id: int) -> list[Holding]:
    """Those of the roster who stand on the newest published ranking, with their share of the points and their place."""
    row = session.execute(
        select(Round.board_id, Board.full_millis, Contest.title)
        .join(Board, Board.id == Round.board_id)
        .join(Contest, Contest.id == Round.contest_id)
        .where(Round.id == round_id)
    ).one()
    ranking = boards.find_publication(session, row.board_id)
    lines = boards.load_complete(session, ranking)["people"] if ranking else []
    known = {person.id: person for person in persons}
    found = []
    for line in lines:
        person = known.get(line["person_id"])
        if person is not None:
            text = f"{row.title}：第 {line['place']} 名，{line['score_millis'] / 1000:g} 分"
            score = line["score_millis"] * 1000 // row.full_millis
            found.append(
                Holding(person.id, person.name, person.unit_id, person.unit_name, person.branch_id,
                        score=score, tie=line["place"], text=text)
            )  # fmt: skip
    return found


@dataclass(frozen=True)
class ContestPeriod:
    """A published contest round that a programme has to look at."""

    round_id: int
    title: str
    opens_at: datetime
    closes_at: datetime
    cut_off_on: date

    @property
    def span(self) -> Span:
        return Span(f"round-{self.round_id}", clock.today(self.opens_at), clock.today(self.closes_at))


def list_contest_periods(session: Session, programme: StarProgramme, since: datetime | None) -> list[ContestPeriod]:
    """Rounds of the programme's line and subtree whose ranking was published since then (ever for None), in the order of publication."""
    owner = session.get_one(Unit, programme.owner_unit_id)
    query = (
        select(Round.id, Contest.title, Round.opens_at, Round.closes_at, Round.cut_off_on)
        .join(Contest, Contest.id == Round.contest_id)
        .join(Board, Board.id == Round.board_id)
        .join(Unit, Unit.id == Contest.owner_unit_id)
        .join(PublishedRanking, (PublishedRanking.board_id == Board.id) & (PublishedRanking.version == 1))
        .where(Contest.state == ContestState.OPEN, Round.kind == RoundKind.ONLINE, Board.state == BoardState.PUBLISHED)
        .where(Unit.path.startswith(owner.path, autoescape=True))
        .order_by(PublishedRanking.published_at, Round.id)
    )
    if since is not None:
        query = query.where(PublishedRanking.published_at >= since)
    if programme.line is not None:
        query = query.where(Contest.line == programme.line)
    return [ContestPeriod(*row) for row in session.execute(query)]
