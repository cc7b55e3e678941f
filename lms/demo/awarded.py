"""A contest whose list was published with honours, certificates and hours, and corrected once: one result was annulled afterwards."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms import clock
from lms.contests import access, award_services, integrity_services, queries, services
from lms.contests.award_rules import AwardRule
from lms.contests.integrity_models import IntegrityCase
from lms.contests.queries import RoundLine
from lms.contests.services import bulk
from lms.contests.services.contests import Plan
from lms.demo import cast
from lms.demo.bureau import SEED
from lms.demo.sitting import chooser, sit
from lms.demo.story import AT_ONCE, Happening, Story
from lms.quizzes.services.bulk import Sitting
from lms.tasks.models import Task, TaskState
from lms.tasks.services import TaskContext

OPENED_DAYS_AGO = 60
RULE = AwardRule("业务标兵", 3, 0, 60_000, 8, 60_000)
SKILLS = {"lin": 0.95, "dana": 0.85, "mei": 0.7, "ed": 0.75, "gao": 0.5}
OTHERS = {1.0: 200, 0.8: 260, 0.6: 320, 0.7: 290}
"""Skill → seconds of some people without a role; the first is the one whose result is annulled."""
SUSPECTED = "两台设备先后作答，其中一台不是本人的。"
HEARING = "本人说明：请同事代答了后半份，认错。"
DECISION = "代答属实，本轮成绩作废。"
REASON = "1 人成绩经核查作废，后面的名次顺移"


def chapter(story: Story) -> Iterator[Happening]:
    yield from _Awarded(story).happenings()


class _Awarded:
    def __init__(self, story: Story) -> None:
        self.story, self.site, self.chance = story, story.site, Random(SEED + 11)
        self.opens_at = self.site.working_day_ago(OPENED_DAYS_AGO)
        self.closes_at = clock.at_local(clock.add_working_days(clock.today(self.opens_at), 2), 18)
        self.contest_id = self.case_id = self.suspect = 0

    def happenings(self) -> Iterator[Happening]:
        hua, yan, keys = self.story.people["hua"], self.story.people["yan"], self.site.services["keys"]
        made_at, ended_at = self.opens_at - timedelta(days=4), self.closes_at + timedelta(minutes=2)
        yield Happening(made_at, lambda session: self._make(session, made_at))
        for hours, (name, skill) in enumerate(SKILLS.items(), 1):
            yield self._attempt(name, self.opens_at + timedelta(hours=hours), skill)
        yield Happening(self.closes_at, lambda session: self._others(session, self.closes_at))
        yield self._step(ended_at, services.end_round, actor_id=None)
        yield self._step(ended_at + timedelta(minutes=12), services.settle_round)
        reviewed_at, noticed_at = self._later(1, 10), self._later(1, 16)
        yield self._step(reviewed_at, services.review, note="抽查 5 份，评分无误。", actor_id=yan)
        yield self._step(noticed_at, services.start_notice, actor_id=hua)
        published_at, decided_at = self._later(8, 9), self._later(14, 10)
        yield self._step(published_at, self._on_board(services.publish), keys=keys, actor_id=hua)
        yield self._follow(published_at + timedelta(minutes=1), 1)
        yield self._step(decided_at - timedelta(days=3), self._open_case)
        yield self._step(decided_at, self._annul)
        corrected_at = decided_at + timedelta(hours=1)
        yield self._step(corrected_at, self._on_board(services.correct), keys=keys, reason=REASON, actor_id=hua)
        yield self._follow(corrected_at + timedelta(minutes=1), 2)

    def _later(self, days: int, hour: int) -> datetime:
        """So many working days after the end."""
        return clock.at_local(clock.add_working_days(clock.today(self.closes_at), days), hour)

    def _line(self, session: Session, at: datetime) -> RoundLine:
        return queries.list_rounds_of(session, self.contest_id, now=at)[0]

    def _step(self, at: datetime, service: Callable[..., object], **values: object) -> Happening:
        return Happening(at, lambda session: service(session, self._line(session, at), now=at, **values))

    def _make(self, session: Session, at: datetime) -> None:
        hua, owner = self.story.people["hua"], self.story.unit(session, cast.BUREAU)
        plan = Plan("应知应会知识比拼", None, self.opens_at, self.closes_at, cut_off_on=clock.today(self.opens_at))
        contest = services.create_from_preset(session, plan, owner=owner, actor_id=hua, now=at)
        services.open_contest(session, contest, actor_id=hua, now=at)
        self.contest_id = contest.id
        session.flush()  # its round is asked for
        award_services.choose_award(session, self._line(session, at), RULE, actor_id=hua, now=at)

    def _attempt(self, name: str, at: datetime, skill: float) -> Happening:
        def act(session: Session) -> None:
            attempt = services.start(session, self._line(session, at), self.story.who(session, name, at), now=at)
            sit(session, attempt, skill=skill, seconds=self.chance.randint(200, 500), chance=self.chance)

        return Happening(at, act)

    def _others(self, session: Session, at: datetime) -> None:
        on_duty = self.story.others(session, clock.today(self.opens_at), (*SKILLS, "bo", "chen"))
        people = self.chance.sample(on_duty, len(OTHERS))
        self.suspect = people[0]
        sittings = [
            Sitting(person, 1, self.opens_at + timedelta(hours=8, minutes=n), seconds, chooser(skill, self.chance))
            for n, (person, (skill, seconds)) in enumerate(zip(people, OTHERS.items(), strict=True))
        ]
        bulk.take_part(session, self._line(session, at), sittings, rng=self.chance, now=at)

    # --- published, and corrected

    def _on_board(self, service: Callable[..., object]) -> Callable[..., None]:
        """A publication of the true board; what the scheduler would do for it follows apart."""

        def act(session: Session, line: RoundLine, *, now: datetime, **values: object) -> None:
            service(session, line, access.board_to_handle(session, line), now=now, **values)
            mine = (Task.kind == award_services.FOLLOW, Task.state == TaskState.QUEUED)
            session.execute(update(Task).where(*mine).values(state=TaskState.DONE, finished_at=now, result={}))

        return act

    def _follow(self, at: datetime, version: int) -> Happening:
        """Alone: it has transactions of its own."""

        def act(session: Session) -> None:
            detail = {"round_id": self._line(session, at).round.id, "version": version}
            award_services.follow(TaskContext(0, None, detail, self.site.make_session, at, self.site.services))

        return Happening(at, act, weight=AT_ONCE)

    def _open_case(self, session: Session, line: RoundLine, *, now: datetime) -> None:
        yan = self.story.people["yan"]
        case = integrity_services.open_case(
            session, line, [self.suspect], [], reason=SUSPECTED, actor_id=yan, now=now
        )  # fmt: skip
        integrity_services.note_hearing(session, case, text=HEARING, actor_id=yan, now=now + timedelta(hours=2))
        self.case_id = case.id

    def _annul(self, session: Session, line: RoundLine, *, now: datetime) -> None:
        case, hua = session.get_one(IntegrityCase, self.case_id), self.story.people["hua"]
        integrity_services.decide(session, case, line, [self.suspect], text=DECISION, actor_id=hua, now=now)
