"""What the home page shows one person, gathered from the domains."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from lms import clock
from lms.claims import awaiting as claims_awaiting
from lms.contests import awaiting as contests_awaiting
from lms.contests import entry_queries as entries
from lms.contests import queries as contests
from lms.contests.queries import MyPart, RoundLine
from lms.contests.rules import Phase, RoundKind
from lms.courses.models import Course, CourseProgress
from lms.courses.queries import awaiting as courses_awaiting
from lms.courses.queries import library, study
from lms.courses.queries.study import Going
from lms.courses.review_rules import CourseState
from lms.gatherings import awaiting as gatherings_awaiting
from lms.hours import queries as hours
from lms.hours.queries import Standard
from lms.lectures import awaiting as lectures_awaiting
from lms.livequiz import awaiting as livequiz_awaiting
from lms.livequiz import queries as livequiz
from lms.people.awaiting import Awaiting
from lms.people.principal import Principal
from lms.quizzes import practice_queries
from lms.stage import awaiting as stage_awaiting
from lms.stage import queries as stage
from lms.stars import awaiting as stars_awaiting
from lms.themedays import awaiting as theme_day_awaiting
from lms.training import awaiting as training_awaiting
from lms.training import plan_queries
from lms.training.plan_queries import MyItem

MOST = 3


@dataclass(frozen=True)
class Today:
    """Home for one person: hours against this year's requirement, what to go on with, what is open."""

    standards: list[Standard]
    going_on: list[Going]
    required: list[Course]
    running: list[tuple[RoundLine, MyPart]]
    on_stage: list[tuple[RoundLine, str]]
    """Finals that are on now, each with the name of the person's team in it, empty for who may only watch."""
    awaiting: list[Awaiting]
    due_mistakes: int
    """Wrong questions to review today."""
    plan: list[MyItem]
    """What the year's plans ask and is not done, what is first in the plan first."""

    @property
    def gap(self) -> Standard | None:
        """The requirement that online study can still fill, or else the first one that is short."""
        short = [s for s in self.standards if s.gap > 0]
        return next(
            (s for s in short if s.requirement.bucket and s.requirement.bucket.value == "online"),
            short[0] if short else None,
        )


def today_of(session: Session, person: Principal, now: datetime) -> Today:
    on = clock.today(now)
    rounds = [r for r in contests.list_rounds_for(session, person.unit_path, now=now) if r.phase is Phase.RUNNING]
    return Today(
        standards=hours.requirements_of(session, person.id, on.year, today=on),
        going_on=study.list_going_on(session, person.id, person.unit_path, now=now, limit=MOST),
        required=_required(session, person),
        running=_running(session, rounds, person, now),
        on_stage=_on_stage(session, rounds, person),
        awaiting=_awaiting(session, person, now),
        due_mistakes=practice_queries.count_due(session, person.id, now, on),
        plan=[line for line in plan_queries.list_mine(session, person.id, on) if not line.is_done],
    )


def _required(session: Session, person: Principal) -> list[Course]:
    """Required courses for this person that were not begun."""
    return list(session.scalars(REQUIRED, {"above": library.above(person.unit_path), "person": person.id}))


REQUIRED = (
    select(Course)
    .where(Course.state == CourseState.PUBLISHED, library.is_within("above", Course.audience_unit_id))
    .where(Course.is_required)
    .where(Course.id.not_in(select(CourseProgress.course_id).where(CourseProgress.person_id == bindparam("person"))))
    .order_by(Course.published_at.desc(), Course.id.desc())
    .limit(MOST)
)


def _on_stage(session: Session, rounds: list[RoundLine], person: Principal) -> list[tuple[RoundLine, str]]:
    finals = [line for line in rounds if line.round.kind is RoundKind.STAGE]
    there = stage.list_open_finals(session, [line.round.id for line in finals])
    return [
        (line, stage.find_team_name(session, there[line.round.id], person.id))
        for line in finals
        if line.round.id in there
    ][:MOST]


def _running(
    session: Session, rounds: list[RoundLine], person: Principal, now: datetime
) -> list[tuple[RoundLine, MyPart]]:
    """What the person may answer now. A live quiz that is over is none of it, though its round is still open."""
    online = [line for line in rounds if line.round.kind is not RoundKind.STAGE]
    live = [line.round.id for line in online if line.round.kind is RoundKind.LIVE]
    over = livequiz.list_finished(session, live)
    online = [line for line in online if line.round.id not in over]
    online.sort(key=lambda line: line.round.kind is not RoundKind.LIVE)  # that does not wait
    running = [line for line in online if not entries.obstacle(session, line.round, person.id)][:MOST]
    parts = contests.my_parts(session, [line.round.id for line in running], person.id, now=now)
    return [(line, parts[line.round.id]) for line in running]


def _awaiting(session: Session, person: Principal, now: datetime) -> list[Awaiting]:
    """What the person's roles make theirs to do, nothing with a count of 0."""
    found = [
        *stage_awaiting.list_awaiting(session, person, now),
        *livequiz_awaiting.list_awaiting(session, person, now),
        *courses_awaiting.list_awaiting(session, person),
        *contests_awaiting.list_awaiting(session, person, now),
        *gatherings_awaiting.list_awaiting(session, person, now),
        *claims_awaiting.list_awaiting(session, person, now),
        *theme_day_awaiting.list_awaiting(session, person, now),
        *lectures_awaiting.list_awaiting(session, person, now),
        *stars_awaiting.list_awaiting(session, person, now),
        *training_awaiting.list_awaiting(session, person, now),
    ]
    return [line for line in found if line.count]
