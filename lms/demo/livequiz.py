"""A live quiz of everybody that is ready to be hosted: questions are drawn, nobody has pressed a button yet."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.contests import queries, services
from lms.contests.models import Contest
from lms.contests.rules import GRAND, RoundKind
from lms.contests.services.contests import Plan
from lms.demo import cast
from lms.demo.bureau import SEED
from lms.demo.story import Happening, Story
from lms.livequiz import services as livequiz

SECONDS = 20


def chapter(story: Story) -> Iterator[Happening]:
    """The contest is opened a week ago, its quiz prepared this morning."""
    site = story.site
    made_at, prepared_at = site.working_day_ago(5, 15), site.now - timedelta(minutes=20)
    yield Happening(made_at, lambda session: _make(session, story, made_at))
    yield Happening(prepared_at, lambda session: _prepare(session, story, prepared_at))


def _title(story: Story) -> str:
    return f"{story.site.today.year}年业务知识全员同答"


def _make(session: Session, story: Story, at: datetime) -> None:
    """Today from the morning to tomorrow night, so that whoever opens the demonstration can host it."""
    site = story.site
    plan = Plan(
        _title(story), None, site.morning, site.ago(-1, 21), cut_off_on=clock.today(at), kind=RoundKind.LIVE
    )  # fmt: skip
    hua, owner = story.people["hua"], story.unit(session, cast.BUREAU)
    contest = services.create_from_preset(session, plan, owner=owner, actor_id=hua, now=at, preset=GRAND)
    services.open_contest(session, contest, actor_id=hua, now=at)


def _prepare(session: Session, story: Story, at: datetime) -> None:
    contest = session.scalars(select(Contest).where(Contest.title == _title(story))).one()
    line = queries.list_rounds_of(session, contest.id, now=at)[0]
    livequiz.prepare(session, line, seconds=SECONDS, actor_id=story.people["hua"], rng=Random(SEED), now=at)
