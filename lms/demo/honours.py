"""Stars: the learning stars of a quarter that is over, published with certificates; branches on notice; a month that is being recommended."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms import clock
from lms.demo import cast
from lms.demo.story import AT_ONCE, Happening, Story
from lms.people.models import RoleGrant
from lms.people.rules import Role
from lms.stars import queries, services
from lms.stars.catalogue_rules import Gate
from lms.stars.models import StarCandidate, StarCycle
from lms.stars.period_rules import Period, Span, last_finished, span_of
from lms.stars.preset_rules import PRESETS
from lms.stars.queries import CycleLine
from lms.stars.rules import CycleState, Level
from lms.stars.services import Draft
from lms.tasks.models import Task, TaskState
from lms.tasks.services import TaskContext

LONG_AGO = 35
"""So many days a period has to be over for its cycle to be published."""
NOTICED_DAYS_AGO = 2
OPENED_DAYS_AGO = 3
RECOMMENDING_BRANCHES = 12
DEEDS = (
    "把办事流程改成一页纸，窗口少跑一趟",
    "带两名新人过了外业关，手把手教",
    "牵头整理辖区图斑台账，全部核到户",
    "编写常见问题问答，支部集中学了两次",
)
OBJECTION = "名单里一个支部的到会统计好像少算了一次，请核对。"


@dataclass
class _Telling:
    """One programme with one cycle, as far as it has come. `reaches`: recommending, notice or published."""

    story: Story
    preset: str
    title: str
    span: Span
    period: Period
    opens_at: datetime
    reaches: CycleState
    keeper: str = "hua"
    reviewer: str = "yan"
    programme_id: int = field(default=0, init=False)

    def happenings(self) -> Iterator[Happening]:
        began = clock.start_of(self.span.first_on) + timedelta(hours=2)
        yield Happening(began, partial(self._make, at=began))
        yield self._alone(self.opens_at, self._open)
        yield self._alone(self.opens_at, self._measure)
        if self.preset == "learning":
            yield self._alone(self.opens_at + timedelta(hours=30), self._recommend)
        if self.reaches is CycleState.RECOMMENDING:
            return
        reviewed_at = self.opens_at + timedelta(days=12)
        noticed_at = _working_day(self.story, NOTICED_DAYS_AGO)
        if self.reaches is CycleState.PUBLISHED:
            noticed_at = clock.at_local(clock.add_working_days(clock.today(reviewed_at), 1), 9)
        reviewed_at = min(reviewed_at, noticed_at - timedelta(hours=15))
        yield self._alone(reviewed_at, self._review)
        yield self._alone(noticed_at, self._notice)
        if self.reaches is CycleState.PUBLISHED:
            decided_at = clock.at_local(clock.add_working_days(clock.today(noticed_at), 6), 10)
            yield self._alone(decided_at, self._publish)
            yield self._alone(decided_at + timedelta(minutes=5), self._certify)
        else:
            yield self._alone(min(noticed_at + timedelta(hours=5), self.story.site.now), self._object)

    def _alone(self, at: datetime, act: Callable[..., object]) -> Happening:
        """A transaction of its own: tasks open theirs beside it."""
        return Happening(at, lambda session: act(session, at=at), weight=AT_ONCE)

    def _id(self, name: str) -> int:
        return self.story.people[name]

    def _line(self, session: Session) -> CycleLine:
        return queries.list_cycles(session, StarCycle.programme_id == self.programme_id)[0]

    def _make(self, session: Session, *, at: datetime) -> None:
        preset = PRESETS[self.preset]
        owner, by_id = self.story.unit(session, cast.BUREAU), self._id(self.keeper)
        made = services.create_programme(session, Draft(preset, self.title, self.period), owner, by_id=by_id, now=at)
        if Gate.HOURS_ON_PACE in preset.rule.gates:  # nobody here has all the hours of a real year
            rule = replace(preset.rule, gates=(Gate.NO_ABSENCE,))
            services.save_rule(session, made, rule, by_id=by_id, now=at)
        services.start_programme(session, made, by_id=by_id, now=at)
        self.programme_id = made.id

    def _open(self, session: Session, *, at: datetime) -> None:
        programme = queries.find_programme(session, self.programme_id)
        assert programme is not None
        services.open_cycle(session, programme, self.span, now=at)
        self._tasks_done(session, at)

    def _tasks_done(self, session: Session, at: datetime) -> None:
        """What the scheduler would do is done here, at its moment."""
        mine = (Task.kind.in_([services.MEASURE, services.CERTIFY]), Task.state == TaskState.QUEUED)
        session.execute(update(Task).where(*mine).values(state=TaskState.DONE, finished_at=at, result={}))

    def _context(self, session: Session, at: datetime) -> TaskContext:
        site = self.story.site
        return TaskContext(0, None, {"cycle_id": self._line(session).cycle.id}, site.make_session, at, site.services)

    def _measure(self, session: Session, *, at: datetime) -> None:
        services.run_measuring(self._context(session, at))

    def _recommend(self, session: Session, *, at: datetime) -> None:
        """The cast's secretaries recommend, and those of the branches with the best candidates."""
        line = self._line(session)
        wanted = {"lin": "chen", "dana": "mei"}
        if self.reaches is CycleState.RECOMMENDING:
            del wanted["dana"]
        for number, (name, by) in enumerate(wanted.items()):
            self._give(session, line, self._id(name), Level.BRANCH, self._id(by), DEEDS[number], at)
        self._give(session, line, self._id("lin"), Level.UNIT, self._id("ada"), DEEDS[2], at)
        for number, (holder_id, by_id) in enumerate(self._best_of_branches(session, line)):
            self._give(session, line, holder_id, Level.BRANCH, by_id, DEEDS[number % len(DEEDS)], at)

    def _give(
        self, session: Session, line: CycleLine, holder_id: int, level: Level, by_id: int, reason: str, at: datetime
    ) -> None:
        found = select(StarCandidate.id).where(
            StarCandidate.cycle_id == line.cycle.id, StarCandidate.holder_id == holder_id
        )
        candidate = queries.find_candidate(session, session.scalars(found).one())
        assert candidate is not None
        services.recommend(session, candidate, line, level=level, reason=reason, by_id=by_id, now=at)

    def _best_of_branches(self, session: Session, line: CycleLine) -> list[tuple[int, int]]:
        """(candidate, secretary) of some branches that are not the cast's."""
        secretaries = dict(
            session.execute(
                select(RoleGrant.branch_id, RoleGrant.person_id).where(
                    RoleGrant.role == Role.SECRETARY, RoleGrant.revoked_at.is_(None)
                )
            ).all()
        )
        own = {self._id("chen"), self._id("mei")}
        best: dict[int, StarCandidate] = {}
        for one in session.scalars(queries.list_candidates(line.cycle.id).where(StarCandidate.score_millis > 0)):
            by_id = secretaries.get(one.branch_id) if one.branch_id else None
            if by_id is not None and by_id not in own and by_id != one.holder_id and one.branch_id not in best:
                best[one.branch_id or 0] = one
        return [(one.holder_id, secretaries[b]) for b, one in list(best.items())[:RECOMMENDING_BRANCHES]]

    def _review(self, session: Session, *, at: datetime) -> None:
        line, reviewer = self._line(session), self._id(self.reviewer)
        if line.cycle.state is CycleState.RECOMMENDING:
            services.close_recommending(session, line.cycle.id, by_id=None, now=at)
            session.expire_all()
            line = self._line(session)
        services.review(session, line, note_text="逐个核对了前 20 名的依据，无误。", by_id=reviewer, now=at)

    def _notice(self, session: Session, *, at: datetime) -> None:
        services.start_notice(session, self._line(session), by_id=self._id(self.keeper), now=at)

    def _object(self, session: Session, *, at: datetime) -> None:
        services.file_objection(session, self._line(session), person_id=self._id("bo"), text=OBJECTION, now=at)

    def _publish(self, session: Session, *, at: datetime) -> None:
        by_id, keys = self._id(self.keeper), self.story.site.services["keys"]
        services.decide(session, self._line(session), note_text="局党组会研究同意。", by_id=by_id, now=at)
        session.expire_all()
        services.publish(session, self._line(session), keys=keys, by_id=by_id, now=at)
        self._tasks_done(session, at)

    def _certify(self, session: Session, *, at: datetime) -> None:
        services.certify(self._context(session, at))


def chapter(story: Story) -> Iterator[Happening]:
    for telling in tellings(story):
        yield from telling.happenings()


def tellings(story: Story) -> list[_Telling]:
    today = story.site.today
    quarter, month = _finished(Period.QUARTER, today, LONG_AGO), last_finished(Period.MONTH, today)
    opened_at = _working_day(story, OPENED_DAYS_AGO)
    after = clock.start_of(quarter.last_on + timedelta(days=1)) + timedelta(hours=1)
    return [
        _Telling(story, "learning", "学习之星", quarter, Period.QUARTER, after, CycleState.PUBLISHED),
        _Telling(story, "branches", "学习型党支部", quarter, Period.QUARTER, after, CycleState.NOTICE, keeper="wen"),
        _Telling(story, "learning", "月度学习之星", month, Period.MONTH, opened_at, CycleState.RECOMMENDING),
    ]


def _finished(period: Period, today: date, days: int) -> Span:
    """The last period that has been over for so many days."""
    span = last_finished(period, today)
    while today - span.last_on < timedelta(days=days):
        span = span_of(period, span.first_on - timedelta(days=1))
    return span


def _working_day(story: Story, days: int) -> datetime:
    """Nine o'clock of the working day so many before today."""
    on = story.site.today
    while days > 0:
        on -= timedelta(days=1)
        days -= clock.is_working_day(on)
    return clock.at_local(on, 9)
