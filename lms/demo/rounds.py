"""A contest of two rounds, of whose first the best have advanced, and one whose units are entering their people now."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random

from sqlalchemy.orm import Session

from lms import clock
from lms.contests import (
    advancement_queries,
    advancement_services,
    entry_services,
    queries,
    round_access,
    services,
)
from lms.contests.advancement_rules import AdvanceRule
from lms.contests.plan_rules import PRESETS, Dates
from lms.contests.queries import RoundLine
from lms.contests.rules import EntryMode, RoundKind
from lms.contests.services import bulk
from lms.contests.services.planning import Head
from lms.contests.services.rounds import RoundPlan, add_contest, make_round
from lms.demo import cast
from lms.demo.bureau import SEED
from lms.demo.sitting import chooser, sit
from lms.demo.story import Happening, Story
from lms.people.models import Person
from lms.quizzes.services.bulk import Choose, Sitting

FIRST, SECOND = "初赛", "复赛"
OTHERS = 24
RULE = AdvanceRule(top=10, per_unit=1, minimum_millis=40_000, reserve=3)
SKILLS = {"lin": 1.0, "dana": 0.6, "ed": 0.75}
REASON = "封闭培训，时间冲突"


def chapter(story: Story) -> Iterator[Happening]:
    yield from _TwoRounds(story).happenings()
    yield from _entered_by_units(story)


class _TwoRounds:
    """The preliminary is over and reviewed, the list published, somebody has withdrawn; the second round is some days ahead."""

    def __init__(self, story: Story) -> None:
        self.story, self.site, self.chance = story, story.site, Random(SEED + 7)
        self.opens_at = self.site.working_day_ago(16)
        self.closes_at = clock.at_local(clock.today(self.opens_at) + timedelta(days=3), 18)
        self.contest_id = 0

    def happenings(self) -> Iterator[Happening]:
        hua, yan = self.story.people["hua"], self.story.people["yan"]
        made_at, ended_at = self.opens_at - timedelta(days=5), self.closes_at + timedelta(minutes=2)
        yield Happening(made_at, lambda session: self._make(session, made_at))
        for hours, (name, skill) in enumerate(SKILLS.items(), 2):
            yield self._attempt(name, self.opens_at + timedelta(hours=hours), skill)
        yield Happening(self.closes_at, lambda session: self._others(session, self.closes_at), weight=OTHERS)
        yield self._step(ended_at, services.end_round, actor_id=None)
        yield self._step(ended_at + timedelta(minutes=12), services.settle_round)
        reviewed_at = clock.at_local(clock.add_working_days(clock.today(ended_at), 1), 10)
        yield self._step(reviewed_at, services.review, note="抽查 10 份，评分无误。", actor_id=yan)
        listed_at = reviewed_at + timedelta(hours=5)
        yield Happening(listed_at, lambda session: self._publish(session, listed_at, hua))
        yield Happening(listed_at + timedelta(hours=1), lambda session: self._withdraw(session, listed_at, hua))

    def _make(self, session: Session, at: datetime) -> None:
        owner, hua = self.story.unit(session, cast.BUREAU), self.story.people["hua"]
        title = f"{self.site.today.year}年测绘技能擂台赛"
        contest = add_contest(session, title, None, None, self.opens_at, owner, hua, at)
        dates = Dates(self.opens_at, self.closes_at, clock.today(self.opens_at))
        first = make_round(session, contest, RoundPlan(RoundKind.ONLINE, FIRST, dates), owner=owner, by_id=hua, now=at)
        later = self.site.ago(-6)
        dates = Dates(later, clock.at_local(clock.today(later) + timedelta(days=1), 18), clock.today(later))
        second = RoundPlan(
            RoundKind.ONLINE, SECOND, dates, attempts_per_day=1, entry=EntryMode.ADVANCEMENT, source=first,
            admission=RULE, carry_percent=20,
        )  # fmt: skip
        make_round(session, contest, second, owner=owner, by_id=hua, now=at)
        services.open_contest(session, contest, actor_id=hua, now=at)
        self.contest_id = contest.id

    def _line(self, session: Session, at: datetime, title: str = FIRST) -> RoundLine:
        lines = queries.list_rounds_of(session, self.contest_id, now=at)
        return next(line for line in lines if line.round.title == title)

    def _attempt(self, name: str, at: datetime, skill: float) -> Happening:
        def act(session: Session) -> None:
            attempt = services.start(session, self._line(session, at), self.story.who(session, name, at), now=at)
            sit(session, attempt, skill=skill, seconds=self.chance.randint(200, 500), chance=self.chance)

        return Happening(at, act)

    def _others(self, session: Session, at: datetime) -> None:
        on_duty = self.story.others(session, clock.today(self.opens_at), SKILLS)
        sittings = [
            Sitting(person, 1, self.opens_at + timedelta(minutes=20 * n), self.chance.randint(180, 560), self._way())
            for n, person in enumerate(self.chance.sample(on_duty, min(OTHERS, len(on_duty))), 1)
        ]
        bulk.take_part(session, self._line(session, at), sittings, rng=self.chance, now=at)

    def _way(self) -> Choose:
        return chooser(min(0.95, max(0.3, self.chance.gauss(0.7, 0.15))), self.chance)

    def _step(self, at: datetime, service: Callable[..., object], **values: object) -> Happening:
        return Happening(at, lambda session: service(session, self._line(session, at), now=at, **values))

    def _publish(self, session: Session, at: datetime, hua: int) -> None:
        target, source = self._line(session, at, SECOND), self._line(session, at)
        advancement_services.publish(session, target, source, actor_id=hua, now=at)

    def _withdraw(self, session: Session, at: datetime, hua: int) -> None:
        """The last who advanced by place, unless that is one of the cast."""
        target = self._line(session, at, SECOND)
        named = {self.story.people[name] for name in SKILLS}
        lines = advancement_queries.list_published(session, target.round.id)
        gone = [one for one in lines if one.is_in and one.line.person_id not in named][-1]
        advancement_services.withdraw(session, target, gone, reason=REASON, actor_id=hua, now=at)


# --- by unit quota -------------------------------------------------------------------------------------------------


def _entered_by_units(story: Story) -> Iterator[Happening]:
    """The preset of chosen people: opened three days ago, to begin in a week; the unit of `ada` has entered one of five."""
    at = story.site.working_day_ago(3)
    yield Happening(at, lambda session: _make_quota(session, story, at))


def _make_quota(session: Session, story: Story, at: datetime) -> None:
    owner, hua, ada = story.unit(session, cast.BUREAU), story.people["hua"], story.people["ada"]
    head = Head(f"{story.site.today.year}年单位推荐赛", None, None)
    first_on, preset = story.site.today + timedelta(days=2), PRESETS["chosen"]
    contest = services.create_contest(session, head, preset, first_on, overrides={}, owner=owner, actor_id=hua, now=at)
    services.open_contest(session, contest, actor_id=hua, now=at)
    line = queries.in_order(queries.list_rounds_of(session, contest.id, now=at))[0]
    entering, person = story.who(session, "ada", at), session.get_one(Person, story.people["lin"])
    found = round_access.person_to_enter(session, entering, line, person.staff_no, now=at)
    if found is not None:
        entry_services.enter(session, line, *found, actor_id=ada, now=at)
