"""Fill an empty database with the demonstration bureau: marked first, so that it can never be taken for a real site."""

from datetime import datetime
from itertools import chain

from sqlalchemy import select

from lms.db import MakeSession, find_mark, is_demonstration, mark, unit_of_work
from lms.demo import (
    account,
    announcements,
    awarded,
    bank,
    building,
    classes,
    competitions,
    duties,
    earned,
    growth,
    honours,
    lectern,
    library,
    livequiz,
    meetings,
    months,
    people,
    practice,
    rounds,
    sample,
    stage,
    study,
    teams,
    voices,
)
from lms.demo.shelf import all_items
from lms.demo.site import Site
from lms.demo.story import Story, tell
from lms.demo.workshop import Workshop
from lms.errors import Conflict
from lms.people.models import Person, Unit

MARK, LOADED = "demonstration", "demonstration.loaded"


CHAPTERS = (
    bank.chapter,
    sample.chapter,
    study.chapter,
    building.chapter,
    earned.chapter,
    meetings.chapter,
    classes.chapter,
    duties.chapter,
    months.chapter,
    lectern.chapter,
    competitions.chapter,
    rounds.chapter,
    awarded.chapter,
    teams.chapter,
    stage.chapter,
    livequiz.chapter,
    voices.chapter,
    announcements.chapter,
    practice.chapter,
    honours.chapter,
    account.chapter,
    growth.chapter,
)


def load(site: Site) -> None:
    """The whole bureau with its year of history. Raises Conflict when the database holds anything already."""
    refuse_unless_empty(site.make_session)
    with unit_of_work(site.make_session) as session:
        mark(session, MARK, "yes")
    workshop = Workshop(site)
    workshop.start(all_items(site))
    people.load(site)
    story = Story.begin(site)
    files = workshop.wait(story.people)
    told = [library.chapter(story, files), *(chapter(story) for chapter in CHAPTERS)]
    tell(site, chain.from_iterable(told))
    with unit_of_work(site.make_session) as session:
        mark(session, LOADED, site.now.isoformat())


def is_loaded(make_session: MakeSession) -> bool:
    """True when a demonstration was loaded here to the end."""
    with make_session() as session:
        return is_demonstration(session) and find_mark(session, LOADED) is not None


def refuse_unless_empty(make_session: MakeSession) -> None:
    with make_session() as session:
        if session.scalar(select(Person.id).limit(1)) is None and session.scalar(select(Unit.id).limit(1)) is None:
            return
        if not is_demonstration(session):
            raise Conflict("数据库里已有正式数据，演示数据只能装入空库。请用 DATABASE_URL 指定一个新的数据库。")
        if find_mark(session, LOADED) is None:
            raise Conflict("上一次装入演示数据没有完成。请删除这个演示数据库，重新建库后再装。")
        raise Conflict("演示数据已经装好，可以直接使用。要重来，请删除这个演示数据库后再装。")


def refuse_unless_demonstration(make_session: MakeSession) -> None:
    with make_session() as session:
        if not is_demonstration(session):
            raise Conflict("这不是演示数据库，演示命令不能在这里运行。")


def crowd(make_session: MakeSession, count: int, *, now: datetime) -> int:
    """perf1 … perf`count` exist, with the demonstration password; returns how many were added."""
    refuse_unless_demonstration(make_session)
    return people.add_crowd(make_session, count, now=now)
