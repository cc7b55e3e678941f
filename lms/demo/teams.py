"""Six teams in the contest that runs, and a case that waits for its decision."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.contests import integrity_queries, integrity_services, queries, team_queries, team_services
from lms.contests.models import Round
from lms.contests.queries import RoundLine
from lms.contests.team_models import Team
from lms.contests.team_rules import Deadlines, MemberRole, Sizes
from lms.contests.team_services import Hand
from lms.demo.story import AT_ONCE, Happening, Story
from lms.leaderboard.models import BoardEntry
from lms.people.models import Membership, Person, RoleGrant, Unit
from lms.people.rules import DutyStatus
from lms.quizzes.models import Attempt
from lms.quizzes.rules import Purpose
from lms.quizzes.services import invigilation
from lms.quizzes.services.invigilation import Place

SIZES = Sizes(least=2, most=4, substitutes=1, per_unit=2, best_of=3)
NAMES = ("青山队", "沃土队", "界桩队", "测绘先锋队", "明证队", "蓝图队")
CAPTAINS = ("lin", "dana")
SITTINGS = 80
REASON = "两人在同一台电脑上先后答题，请核对当时的情况。"
HEARING = "电话分别问过：两人都说会议室只有一台电脑能上网，先后用的，没有互相看答案。"


def chapter(story: Story) -> Iterator[Happening]:
    """Entry is still open, so that captains and unit admins can try their pages."""
    now = story.site.now
    yield Happening(now, lambda session: _teams(session, story, now), weight=AT_ONCE)
    yield Happening(now, lambda session: _case(session, story, now), weight=AT_ONCE)


def _running(session: Session, at: datetime) -> RoundLine:
    """The round that people answer now, on the board with most people."""
    lines = queries.list_rounds(session, Round.kind == "online", Round.opens_at <= at, Round.closes_at > at, now=at)
    return max(lines, key=lambda line: line.people)


def _teams(session: Session, story: Story, at: datetime) -> None:
    line, hua = _running(session, at), Hand(story.people["hua"], is_organiser=True)
    deadlines = Deadlines(at + timedelta(days=2), at + timedelta(days=3))
    team_services.set_terms(session, line.contest, SIZES, deadlines, actor_id=hua.id, now=at)
    session.flush()  # the terms are read for each team
    terms = team_queries.find_terms(session, line.contest.id)
    assert terms is not None
    for name, (unit_id, people) in zip(NAMES, _groups(session, story, line), strict=False):
        captain, *members = people
        team = team_services.enter_team(session, terms, name=name, unit_id=unit_id, captain=captain, hand=hua, now=at)
        _join(session, team, members, hua, at)


def _join(session: Session, team: Team, members: list[Person], hand: Hand, at: datetime) -> None:
    for place, person in enumerate(members, start=2):
        session.flush()  # the team's people are counted as they join
        head = team_queries.find_team(session, team.id)
        assert head is not None
        role = MemberRole.MEMBER if place <= SIZES.most else MemberRole.SUBSTITUTE
        team_services.join(session, head, person, role, hand=hand, now=at)


def _groups(session: Session, story: Story, line: RoundLine) -> list[tuple[int, list[Person]]]:
    """(unit, people of one team): the captains of the cast first, then the units with most people on the board."""
    query = (
        select(BoardEntry.unit_id, Person)
        .join(Person, Person.id == BoardEntry.person_id)
        .where(BoardEntry.board_id == line.round.board_id)
        .order_by(BoardEntry.person_id)
    )
    captains = [story.people[name] for name in CAPTAINS]
    by_unit: dict[int, list[Person]] = {}
    for unit_id, person in session.execute(query):
        if unit_id is not None:
            by_unit.setdefault(unit_id, []).append(person)
    for people in by_unit.values():
        people.sort(key=lambda person: (person.id not in captains, person.id))
    ordered = sorted(by_unit.items(), key=lambda item: (item[1][0].id not in captains, -len(item[1]), item[0]))
    size = SIZES.most + SIZES.substitutes
    return [(unit_id, [*people, *_others(session, unit_id, people)][:size]) for unit_id, people in ordered]


def _others(session: Session, unit_id: int, people: list[Person]) -> list[Person]:
    """Colleagues without a role who have not answered yet."""
    path = session.get_one(Unit, unit_id).path
    query = (
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(Unit.path.startswith(path), Membership.until_on.is_(None), Membership.duty_status == DutyStatus.ON_DUTY)
        .where(Person.id.not_in(select(RoleGrant.person_id)), Person.id.not_in([person.id for person in people]))
        .order_by(Person.id)
        .limit(SIZES.most)
    )
    return list(session.scalars(query))


def _case(session: Session, story: Story, at: datetime) -> None:
    """Everybody sat somewhere of their own, but for two who shared a machine."""
    line = _running(session, at)
    attempts = session.scalars(
        select(Attempt)
        .where(Attempt.purpose == Purpose.CONTEST, Attempt.subject_id == line.round.id)
        .where(Attempt.person_id.not_in([story.people[name] for name in CAPTAINS]))
        .order_by(Attempt.id.desc())
        .limit(SITTINGS)
    ).all()
    seats = {person: seat for seat, person in enumerate(dict.fromkeys(one.person_id for one in attempts), start=10)}
    pair = list(seats)[:2]
    for attempt in attempts:
        seat = 9 if attempt.person_id in pair else seats[attempt.person_id]
        place = Place(f"10.20.1.{seat}", "Mozilla/5.0 (X11; Linux x86_64)")
        lease = f"demonstration-{attempt.id:08d}"
        invigilation.note_sitting(session, attempt, place, lease=lease, now=attempt.started_at + timedelta(seconds=2))
    session.flush()  # the signals are read from what was noted
    signals = [one for one in integrity_queries.list_signals(session, line.round.id) if set(one.people) <= set(pair)]
    yan = story.people["yan"]
    case = integrity_services.open_case(session, line, pair, signals, reason=REASON, actor_id=yan, now=at)
    integrity_services.note_hearing(session, case, text=HEARING, actor_id=yan, now=at)
