"""A final on stage that is ready to be run: six teams are entered, questions are drawn, nobody has pressed a button yet."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.contests import queries, services, team_queries, team_services
from lms.contests.models import Contest
from lms.contests.rules import FINAL, GRAND, RoundKind
from lms.contests.services.contests import Plan
from lms.contests.team_rules import Deadlines, MemberRole, Sizes
from lms.contests.team_services import Hand
from lms.demo import cast
from lms.demo.bureau import SEED
from lms.demo.story import Happening, Story
from lms.people.models import Membership, Person, RoleGrant, Unit
from lms.people.rules import DutyStatus
from lms.stage import services as stage

SIZES = Sizes(least=3, most=3, substitutes=1, per_unit=3, best_of=3)
TEAMS = ("北区先锋队", "南区开拓队", "勘界队", "沃土队", "登记窗口队", "绿水青山队")
CAPTAINS = {"北区先锋队": "lin", "南区开拓队": "dana"}


def chapter(story: Story) -> Iterator[Happening]:
    """The contest is opened ten days ago, its teams entered a week ago, the final prepared this morning."""
    site = story.site
    made_at, prepared_at = site.working_day_ago(10, 14), site.now - timedelta(minutes=30)
    yield Happening(made_at, lambda session: _make(session, story, made_at))
    yield Happening(prepared_at, lambda session: _prepare(session, story, prepared_at))


def _title(story: Story) -> str:
    return f"{story.site.today.year}年业务大比拼现场决赛"


def _make(session: Session, story: Story, at: datetime) -> None:
    """Today from the morning to the night, so that whoever opens the demonstration can run it."""
    site = story.site
    plan = Plan(
        _title(story), None, site.morning, site.ago(-1, 22), cut_off_on=clock.today(at), kind=RoundKind.STAGE
    )  # fmt: skip
    preset = FINAL if site.size.is_full else GRAND
    hua = story.people["hua"]
    owner = story.unit(session, cast.BUREAU)
    contest = services.create_from_preset(session, plan, owner=owner, actor_id=hua, now=at, preset=preset)
    services.open_contest(session, contest, actor_id=hua, now=at)
    deadlines = Deadlines(at + timedelta(days=3), at + timedelta(days=5))
    team_services.set_terms(session, contest, SIZES, deadlines, actor_id=hua, now=at)
    session.flush()  # the terms are read for each team
    _enter_teams(session, story, contest, at)


def _enter_teams(session: Session, story: Story, contest: Contest, at: datetime) -> None:
    terms = team_queries.find_terms(session, contest.id)
    assert terms is not None
    free, hand = _people_by_unit(session, story), Hand(story.people["hua"], is_organiser=True)
    units = sorted(free, key=lambda unit_id: (-len(free[unit_id]), unit_id))
    for place, name in enumerate(TEAMS):
        captain = _captain(session, story, name)
        unit_id = _unit_of(session, captain.id) if captain else units[place % len(units)]
        captain = captain or free[unit_id].pop()
        team = team_services.enter_team(
            session, terms, name=name, unit_id=unit_id, captain=captain, hand=hand, now=at
        )  # fmt: skip
        session.flush()  # its members are counted as they join
        head = team_queries.find_team(session, team.id)
        assert head is not None
        for member in _taken(free.get(unit_id, []), SIZES.most - 1):
            team_services.join(session, head, member, MemberRole.MEMBER, hand=hand, now=at)
            session.flush()


def _captain(session: Session, story: Story, name: str) -> Person | None:
    login = CAPTAINS.get(name)
    return session.get_one(Person, story.people[login]) if login else None


def _unit_of(session: Session, person_id: int) -> int:
    query = select(Membership.unit_id).where(Membership.person_id == person_id, Membership.until_on.is_(None))
    return session.scalars(query).one()


def _taken(people: list[Person], count: int) -> Sequence[Person]:
    return [people.pop() for _ in range(min(count, len(people)))]


def _people_by_unit(session: Session, story: Story) -> dict[int, list[Person]]:
    """People on duty without a role, whose units stand directly below the bureau."""
    roles = select(RoleGrant.person_id)
    known = [part.staff_no for part in (*cast.CAST, *cast.DEMONSTRATED)]
    query = (
        select(Membership.unit_id, Person)
        .join(Person, Person.id == Membership.person_id)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(Membership.until_on.is_(None), Membership.duty_status == DutyStatus.ON_DUTY)
        .where(Unit.parent_id == story.units[cast.BUREAU], Person.id.not_in(roles), Person.staff_no.not_in(known))
        .order_by(Person.id)
    )
    found: dict[int, list[Person]] = {}
    for unit_id, person in session.execute(query):
        found.setdefault(unit_id, []).append(person)
    return found


def _prepare(session: Session, story: Story, at: datetime) -> None:
    contest = session.scalars(select(Contest).where(Contest.title == _title(story))).one()
    line = queries.list_rounds_of(session, contest.id, now=at)[0]
    stage.prepare(session, line, actor_id=story.people["hua"], rng=Random(SEED), now=at)
