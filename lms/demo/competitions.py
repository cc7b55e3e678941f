"""Four contests: one published half a year ago, one in its notice period, one running, one still a draft."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from lms import clock
from lms.contests import access, queries, services
from lms.contests.models import Contest
from lms.contests.queries import RoundLine
from lms.contests.rules import GRAND
from lms.contests.services import bulk
from lms.contests.services.contests import Plan
from lms.demo import cast
from lms.demo.site import Site
from lms.demo.sitting import chooser, moment, sit
from lms.demo.story import AT_ONCE, Happening, Story
from lms.people.line_rules import Line
from lms.quizzes.services.bulk import Sitting

SECOND_TRY_PERCENT = 35
SECONDS = (140, 560)
PEOPLE_AT_ONCE = 30
LEARNERS = ("lin", "chen", "dana", "mei", "ed", "gao")
OBJECTION = "我第 7 题填的和标准答案意思相同，请再看一下评分。"
REPLY = "已复核：该题为多选题，漏选按规则得一半分，评分无误。"


@dataclass(frozen=True)
class Competition:
    """A contest to be told. `reaches` is how far it has come: draft, live, notice or published."""

    title: str
    line: Line | None
    opens_at: datetime
    closes_at: datetime
    reaches: str
    people: int
    skill: float = 0.72


def competitions(story: Story) -> list[Competition]:
    """With a small bank only the one that runs now, over all lines."""
    site, many = story.site, story.site.size.contestants
    year = site.today.year
    opens, closes = site.working_day_ago(4), site.ago(-5, 18)
    early, _ = _week(site, 215)
    if not site.size.is_full:
        return [Competition(f"{year}年业务大比拼", None, opens, closes, "live", many)]
    return [
        Competition(_season(early), None, *_week(site, 215), "published", many * 4 // 5),
        Competition("耕地保护专场", Line.FARMLAND, *_week(site, 24), "notice", many // 2, 0.68),
        Competition("不动产登记专场", Line.REGISTRATION, opens, closes, "live", many),
        Competition("年终决赛·网上初赛", None, site.ago(-30), site.ago(-34, 18), "draft", 0),
    ]


def _season(opens_at: datetime) -> str:
    on = clock.today(opens_at)
    return f"{on.year}年{'冬春夏秋'[on.month % 12 // 3]}季业务大比拼"


def _week(site: Site, days_ago: int) -> tuple[datetime, datetime]:
    """Opened on a working day about then, closed five days later."""
    opens = site.working_day_ago(days_ago)
    return opens, clock.at_local(clock.today(opens) + timedelta(days=5), 18)


def chapter(story: Story) -> Iterator[Happening]:
    for competition in competitions(story):
        yield from _Telling(story, competition).happenings()


class _Telling:
    """One contest from its making to as far as it has come."""

    def __init__(self, story: Story, competition: Competition) -> None:
        self.story, self.competition = story, competition
        self.contest_id = 0

    def happenings(self) -> Iterator[Happening]:
        c = self.competition
        made_at = min(c.opens_at, self.story.site.now) - timedelta(days=9)
        yield Happening(made_at, lambda session: self._make(session, made_at))
        if c.reaches == "draft":
            return
        opened_at = c.opens_at - timedelta(days=3)
        yield Happening(opened_at, lambda session: self._open(session, opened_at))
        yield from self._attempts()
        if c.reaches != "live":
            yield from self._results()

    def _make(self, session: Session, at: datetime) -> None:
        c = self.competition
        plan = Plan(c.title, c.line, c.opens_at, c.closes_at, cut_off_on=clock.today(c.opens_at))
        owner = self.story.unit(session, cast.BUREAU)
        contest = services.create_from_preset(session, plan, owner=owner, actor_id=self.story.people["hua"], now=at)
        self.contest_id = contest.id

    def _open(self, session: Session, at: datetime) -> None:
        contest = session.get_one(Contest, self.contest_id)
        services.open_contest(session, contest, actor_id=self.story.people["hua"], now=at)

    def _line(self, session: Session, at: datetime) -> RoundLine:
        return queries.list_rounds_of(session, self.contest_id, now=at)[0]

    # --- taking part

    def _attempts(self) -> Iterator[Happening]:
        """The cast through the services; everybody else at once before the round ends, or now."""
        for name in LEARNERS:
            skill = self._skill()
            for at in self._moments():
                yield self._attempt(name, at, skill)
        end = min(self.competition.closes_at, self.story.site.now)
        others = self._others()
        for start in range(0, len(others), PEOPLE_AT_ONCE):
            chunk = others[start : start + PEOPLE_AT_ONCE]
            yield Happening(end, partial(self._take_part, people=chunk, at=end), weight=AT_ONCE)

    def _skill(self) -> float:
        return min(0.97, max(0.3, self.story.chance.gauss(self.competition.skill, 0.15)))

    def _moments(self) -> list[datetime]:
        """When somebody begins: once, some a second time."""
        chance = self.story.chance
        last = min(self.competition.closes_at, self.story.site.now) - timedelta(minutes=GRAND.minutes + 2)
        tries = 2 if chance.randrange(100) < SECOND_TRY_PERCENT else 1
        moments = sorted(moment(chance, self.competition.opens_at, last) for _ in range(tries))
        return moments if moments[-1] - moments[0] > timedelta(minutes=GRAND.minutes) else moments[:1]

    def _attempt(self, name: str, at: datetime, skill: float) -> Happening:
        seconds = self.story.chance.randint(*SECONDS)
        return Happening(at, lambda session: self._sit(session, name, at, skill, seconds))

    def _sit(self, session: Session, name: str, at: datetime, skill: float, seconds: int) -> None:
        attempt = services.start(session, self._line(session, at), self.story.who(session, name, at), now=at)
        sit(session, attempt, skill=skill, seconds=seconds, chance=self.story.chance)

    def _take_part(self, session: Session, *, people: Sequence[int], at: datetime) -> None:
        sittings = [sitting for person_id in people for sitting in self._sittings(person_id)]
        bulk.take_part(session, self._line(session, at), sittings, rng=self.story.chance, now=at)

    def _sittings(self, person_id: int) -> Iterator[Sitting]:
        skill, chance = self._skill(), self.story.chance
        for number, at in enumerate(self._moments(), start=1):
            yield Sitting(person_id, number, at, chance.randint(*SECONDS), chooser(skill, chance))

    def _others(self) -> list[int]:
        """People on duty at the cut-off who hold no role, chosen by chance."""
        on = clock.today(self.competition.opens_at)
        with self.story.site.make_session() as session:
            on_duty = self.story.others(session, on, (*LEARNERS, "bo"))
        wanted = max(0, self.competition.people - len(LEARNERS))
        return self.story.chance.sample(on_duty, min(wanted, len(on_duty)))

    # --- the way of the result

    def _results(self) -> Iterator[Happening]:
        yan, hua = self.story.people["yan"], self.story.people["hua"]
        ended_at = self.competition.closes_at + timedelta(minutes=2)
        yield self._step(ended_at, services.end_round, actor_id=None)
        yield self._step(ended_at + timedelta(minutes=12), services.settle_round)
        reviewed_at = _working(clock.today(ended_at), 1, 10)
        yield self._step(reviewed_at, services.review, note="抽查 20 份，评分无误。", actor_id=yan)
        is_published = self.competition.reaches == "published"
        today = self.story.site.today
        noticed_on = (
            clock.add_working_days(clock.today(reviewed_at), 1) if is_published else _working_days_ago(today, 2)
        )
        noticed_at = clock.at_local(noticed_on, 9)
        yield self._step(noticed_at, services.start_notice, actor_id=hua)
        yield self._step(noticed_at + timedelta(hours=7), self._object)
        if is_published:
            yield self._step(noticed_at + timedelta(hours=26), self._answer)
            yield self._step(_working(noticed_on, GRAND.notice_days + 1, 9), self._publish)

    def _step(self, at: datetime, service: Callable[..., object], **values: object) -> Happening:
        """A service of the result's way, at its moment."""
        return Happening(at, lambda session: service(session, self._line(session, at), now=at, **values))

    def _object(self, session: Session, line: RoundLine, *, now: datetime) -> None:
        services.file_objection(session, line, person_id=self.story.people["chen"], text=OBJECTION, now=now)

    def _answer(self, session: Session, line: RoundLine, *, now: datetime) -> None:
        objection = queries.list_objections(session, line.round.id)[0].objection
        link = f"/contests/{self.contest_id}"
        services.answer_objection(
            session, objection, reply=REPLY, link=link, actor_id=self.story.people["hua"], now=now
        )

    def _publish(self, session: Session, line: RoundLine, *, now: datetime) -> None:
        board = access.board_to_handle(session, line)
        keys = self.story.site.services["keys"]
        services.publish(session, line, board, keys=keys, actor_id=self.story.people["hua"], now=now)


def _working(on: date, days: int, hour: int) -> datetime:
    """That hour of the working day so many after the given day."""
    return clock.at_local(clock.add_working_days(on, days), hour)


def _working_days_ago(on: date, days: int) -> date:
    while days > 0:
        on -= timedelta(days=1)
        days -= clock.is_working_day(on)
    return on
