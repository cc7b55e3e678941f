"""三会一课 of the cast's branches through the year: meetings held and written up, one party class that South did not hold."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.demo import cast
from lms.demo.story import Happening, Story
from lms.gatherings import services
from lms.gatherings.kind_rules import KINDS, GatheringKind, RosterRule
from lms.gatherings.rules import is_due
from lms.gatherings.services import Plan
from lms.people import queries as people
from lms.people.models import Branch
from lms.themedays import duties_services as duties

KEEPERS = ((cast.NORTH_BRANCH, "chen"), (cast.SOUTH_BRANCH, "mei"), (cast.OFFICE_BRANCH, "wen"))
MONTHS = {
    GatheringKind.MEMBERS: (1, 4, 7, 10),
    GatheringKind.PARTY_CLASS: (2, 5, 8, 11),
    GatheringKind.COMMITTEE: tuple(range(1, 13)),
}
NOT_HELD = (cast.SOUTH_BRANCH, GatheringKind.PARTY_CLASS, 8)
SAID = {
    GatheringKind.MEMBERS: {
        "topics": "通报支部工作\n讨论发展党员",
        "points": "通报上季度工作，讨论接收一名预备党员，同意上报。",
    },
    GatheringKind.PARTY_CLASS: {
        "speaker": "支部书记：守住耕地红线",
        "points": "结合本年督察案例讲党课，三名党员谈了体会。",
    },
    GatheringKind.COMMITTEE: {"topics": "下月主题党日安排", "points": "研究下月主题党日和党费收缴，明确各委员分工。"},
}


def chapter(story: Story) -> Iterator[Happening]:
    """South names its groups at the beginning of the year; then each meeting on its day."""
    today = story.site.today
    new_year = clock.at_local(date(today.year, 1, 5), 9)
    yield Happening(new_year, partial(_groups, story=story))
    for branch, keeper in KEEPERS:
        for kind, months in MONTHS.items():
            for month in months:
                on = _day(today.year, month, kind)
                if on < today and (branch, kind, month) != NOT_HELD:
                    act = partial(_hold, story=story, branch=branch, keeper=keeper, kind=kind, on=on)
                    yield Happening(clock.at_local(on, 11), act)


def _day(year: int, month: int, kind: GatheringKind) -> date:
    """A working day after the tenth, not the same for every kind."""
    on = date(year, month, 10 + list(MONTHS).index(kind) * 3)
    while not clock.is_working_day(on):
        on += timedelta(days=1)
    return on


def _groups(session: Session, *, story: Story) -> None:
    branch = _branch(session, cast.SOUTH_BRANCH)
    now = clock.at_local(date(story.site.today.year, 1, 5), 9)
    duties.organise(session, branch, has_committee=None, groups=1, by_id=story.people["mei"], now=now)


def _branch(session: Session, name: str) -> Branch:
    return session.scalars(select(Branch).where(Branch.name == name)).one()


def _hold(session: Session, *, story: Story, branch: str, keeper: str, kind: GatheringKind, on: date) -> None:
    """Planned, rolled and written up; a committee's meeting only where there are members enough to elect one."""
    owner, by_id, words = _branch(session, branch), story.people[keeper], KINDS[kind]
    members = [
        m.person_id
        for m in people.roster(session, on, branch_path=owner.path)
        if is_due(RosterRule.MEMBERS, m.party_status, m.duty_status, is_chosen=False)
    ]
    if kind is GatheringKind.COMMITTEE and len(members) < 7:
        return
    starts_at, ends_at = clock.at_local(on, 9), clock.at_local(on, 10)
    wanted = Plan(
        kind, f"{on.month}月{words.name}", starts_at, ends_at, place="党员活动室", host_id=by_id, recorder_id=members[-1],
        agenda=words.agenda, invitees=members[:3] if words.roster.is_chosen else (),
    )  # fmt: skip
    made = services.plan(session, owner, wanted, by_id=by_id, now=starts_at - timedelta(days=3))
    services.all_present(session, made, by_id=by_id, now=ends_at)
    services.close_roll(session, made, by_id=by_id, now=ends_at)
    services.write_minutes(session, made, SAID[kind], by_id=by_id, now=ends_at + timedelta(minutes=30))
