"""A short course in which a visitor meets the kinds of questions beyond choosing and blanks: numeric, matching, ordering, short and a
case."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from lms.courses.review_rules import ResourceKind
from lms.courses.services import contents, courses
from lms.courses.services.courses import CourseFacts
from lms.demo import cast
from lms.demo.library import ToldResource
from lms.demo.scripts import read_sample
from lms.demo.shelf import Item
from lms.demo.story import Happening, Story
from lms.people.line_rules import Line
from lms.quizzes import services as quizzes
from lms.quizzes.rules import Kind, marking_from
from lms.quizzes.services import Content, PaperSettings

HANDED_IN_DAYS_AGO, READING_SECONDS, PASS_PERCENT, POINTS_MILLIS = 70, 20, 50, 10_000


def chapter(story: Story) -> Iterator[Happening]:
    """An article of a minute, and a quiz without a time limit."""
    lecture, _ = read_sample()
    at = story.site.working_day_ago(HANDED_IN_DAYS_AGO, 10)
    item = Item(lecture, ResourceKind.ARTICLE, lecture.title, "hua", at, reading_seconds=READING_SECONDS)
    article = ToldResource(story, item, {})
    yield from article.happenings()
    published_at = item.working_day(3, 16)
    yield Happening(published_at, partial(_publish, story=story, article=article, at=published_at))


def content_of(raw: dict[str, Any]) -> Content:
    """A question of the file."""
    names = ("stem", "options", "key", "explanation", "basis", "difficulty", "prompts", "material")
    return Content(Kind(raw["kind"]), **{name: raw[name] for name in names}, marking=marking_from(raw["marking"]))


def _publish(session: Session, *, story: Story, article: ToldResource, at: datetime) -> None:
    lecture, owner = article.item.lecture, story.units[cast.BUREAU]
    facts = CourseFacts(
        title=lecture.title,
        summary=lecture.summary,
        line=Line(lecture.line),
        lecturer_name=lecture.lecturer,
        audience_unit_id=None,
        paper_id=_paper(session, story, at),
        is_required=False,
        professional=False,
    )
    course = courses.create_course(session, facts, owner_unit_id=owner, now=at)
    contents.add_lesson(session, course, article.find(session), title="")
    courses.publish_course(session, course, by=story.who(session, "hua", at), now=at)


def _paper(session: Session, story: Story, at: datetime) -> int:
    """Its share of short answers waits for a person, so half of the points is enough."""
    lecture, raws = read_sample()
    by: dict[str, Any] = {"owner_unit_id": story.units[cast.BUREAU], "by_id": story.people["hua"], "now": at}
    ids = [quizzes.create_question(session, content_of(raw), line=Line(raw["line"]), **by).id for raw in raws]
    settings = PaperSettings(f"《{lecture.title}》小测验", pass_percent=PASS_PERCENT, is_shuffled=False)
    return quizzes.create_fixed_paper(session, settings, ids, total_millis=POINTS_MILLIS * len(ids), **by).id
