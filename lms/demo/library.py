"""The library's year: resources handed in, reviewed by two persons, published and made into courses with a quiz."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import accumulate

from sqlalchemy.orm import Session

from lms.courses.chapter_rules import Chapter, rows_of
from lms.courses.library_rules import Spot
from lms.courses.models import Resource
from lms.courses.review_rules import Line, ResourceKind, ReviewStep, Verdict
from lms.courses.services import comments, contents, courses, resources, shelf, versions
from lms.courses.services.courses import CourseFacts
from lms.courses.services.resources import Facts
from lms.demo import cast, shelves
from lms.demo.documents import make_article
from lms.demo.lecture_media import captions
from lms.demo.scripts import Lecture
from lms.demo.shelf import CoursePlan, Fate, Item, course_plans, law_item, next_law_item, package_item, waiting_items
from lms.demo.story import Happening, Story, ToldCourse
from lms.media.models import MediaFile
from lms.quizzes import services as quizzes
from lms.quizzes.services.papers import PaperSettings

READING_SECONDS = {ResourceKind.DOCUMENT: 900, ResourceKind.ARTICLE: 300}
RETURNED_BECAUSE = "第 2 页的联系电话已经停用，请更新后再提交。"


def chapter(story: Story, files: Mapping[Item, int]) -> Iterator[Happening]:
    """`files`: item → media file."""
    law, plans = law_item(story.site), course_plans(story.site)
    yield Happening(law.uploaded_at - timedelta(hours=1), partial(_open_series, story, law.uploaded_at))
    told_law = ToldResource(story, law, files)
    yield from told_law.happenings()
    yield from _NextVersion(told_law, next_law_item(story.site), shelves.LAW_CHANGE).happenings()
    yield from ToldResource(story, package_item(story.site), files).happenings()
    for plan in plans:
        telling = _Course(story, plan, files)
        yield from telling.happenings()
        if plan is plans[0]:
            yield from _kept_by_lin(story, telling.film, plan.published_at + timedelta(days=1))
    for item in waiting_items(story.site):
        yield from ToldResource(story, item, files).happenings()


def _open_series(story: Story, at: datetime, session: Session) -> None:
    by = story.who(session, "hua", at)
    for facts in shelves.SERIES:
        made = shelf.add_series(session, facts, owner_unit_id=story.units[cast.BUREAU], by=by, now=at)
        story.series[facts.name] = made.id


def _kept_by_lin(story: Story, film: "ToldResource", at: datetime) -> Iterator[Happening]:
    """A favourite and two notes of her own."""

    def keep(session: Session) -> None:
        resource, lin = film.find(session), story.people["lin"]
        shelf.keep_favourite(session, resource, person_id=lin, now=at)
        third = (resource.duration_millis or 0) // 3000 * 1000
        for count, text in enumerate(("预公告不少于十个工作日，记住这个期限。", "听证的条件，回去对照。")):
            spot = Spot(at_millis=third * (count + 1))
            shelf.add_note(session, resource, text, spot, person_id=lin, count=count, now=at)

    yield Happening(at, keep)


class ToldResource:
    """One resource, from its draft to its fate."""

    def __init__(self, story: Story, item: Item, files: Mapping[Item, int]) -> None:
        self.story, self.item, self.file_id = story, item, files.get(item)
        self.id = 0

    def happenings(self) -> Iterator[Happening]:
        item = self.item
        yield Happening(item.uploaded_at, self._draft)
        if item.fate is Fate.DRAFT:
            return
        submitted_at = item.uploaded_at + timedelta(minutes=12)
        yield Happening(submitted_at, partial(self._submit, at=submitted_at))
        if item.fate is Fate.CONTENT_REVIEW:
            return
        content_at = (
            item.uploaded_at + timedelta(days=1) if item.fate is not Fate.PUBLISHED else item.working_day(1, 10)
        )
        yield Happening(content_at, partial(self._review_content, at=content_at))
        if item.fate is Fate.PUBLISHED:
            secrecy_at = item.working_day(2, 15)
            yield Happening(secrecy_at, partial(self._review_secrecy, at=secrecy_at))

    def find(self, session: Session) -> Resource:
        return session.get_one(Resource, self.id)

    def _draft(self, session: Session) -> None:
        item, story = self.item, self.story
        resource = resources.draft_resource(
            session,
            story.who(session, item.author, item.uploaded_at),
            item.kind,
            _facts(story, item),
            file=session.get_one(MediaFile, self.file_id) if self.file_id else None,
            owner_unit_id=story.units[item.audience or cast.BUREAU],
            lecturer_id=story.people[item.author] if item.author in ("ed", "gao") else None,
            now=item.uploaded_at,
        )
        self.id = resource.id

    def _submit(self, session: Session, *, at: datetime) -> None:
        resources.submit_resource(session, self.find(session), now=at)

    def _review_content(self, session: Session, *, at: datetime) -> None:
        returned = self.item.fate is Fate.RETURNED
        resource = self.find(session)
        resources.review_resource(
            session,
            resource,
            ReviewStep.CONTENT,
            Verdict.RETURNED if returned else Verdict.APPROVED,
            reviewer=self.story.who(session, "ada", at),
            version=resource.version,
            reason=RETURNED_BECAUSE if returned else "",
            now=at,
        )
        if returned:
            by, text = self.story.who(session, "ada", at), "电话已停用，请换成现在的值班电话。"
            comments.comment(session, resource, text, Spot(page=2), by=by, now=at)

    def _review_secrecy(self, session: Session, *, at: datetime) -> None:
        resource = self.find(session)
        resources.review_resource(
            session,
            resource,
            ReviewStep.SECRECY,
            Verdict.APPROVED,
            reviewer=self.story.who(session, "rui", at),
            version=resource.version,
            is_unclassified=True,
            now=at,
        )


class _NextVersion(ToldResource):
    """The next version of a resource that is public by then."""

    def __init__(self, first: ToldResource, item: Item, change_note: str) -> None:
        super().__init__(first.story, item, {})
        self.first, self.change_note = first, change_note

    def _draft(self, session: Session) -> None:
        at = self.item.uploaded_at
        by = self.story.who(session, self.item.author, at)
        draft = versions.begin_version(session, self.first.find(session), by=by, now=at)
        session.flush()  # the next lines are about it by its number
        facts = replace(_facts(self.story, self.item), change_note=self.change_note)
        resources.edit_resource(session, draft, facts, file=None)
        self.id = draft.id


class _Course:
    """A course with its two resources and its quiz."""

    def __init__(self, story: Story, plan: CoursePlan, files: Mapping[Item, int]) -> None:
        self.story, self.plan = story, plan
        self.film, self.extra = ToldResource(story, plan.film, files), ToldResource(story, plan.extra, files)

    def happenings(self) -> Iterator[Happening]:
        yield from self.film.happenings()
        yield from self.extra.happenings()
        yield Happening(self.plan.published_at, partial(self._publish, at=self.plan.published_at))

    def _publish(self, session: Session, *, at: datetime) -> None:
        story, plan = self.story, self.plan
        audience = story.units[plan.film.audience] if plan.film.audience else None
        paper_id = self._paper(session, at)
        facts = CourseFacts(
            title=plan.lecture.title,
            summary=plan.lecture.summary,
            line=Line(plan.lecture.line),
            lecturer_name=plan.lecture.lecturer,
            audience_unit_id=audience,
            paper_id=paper_id,
            is_required=plan.is_required,
            professional=plan.professional,
        )
        course = courses.create_course(session, facts, owner_unit_id=audience or story.units[cast.BUREAU], now=at)
        film, extra = self.film.find(session), self.extra.find(session)
        lesson = contents.add_lesson(session, course, film, title="")
        contents.add_lesson(session, course, extra, title="", is_required=False)
        courses.publish_course(session, course, by=story.who(session, "hua", at), now=at)
        story.courses[plan.lecture.code] = ToldCourse(course.id, lesson.id, film.duration_millis or 0, paper_id)

    def _paper(self, session: Session, at: datetime) -> int:
        story, lecture = self.story, self.plan.lecture
        paper = quizzes.create_fixed_paper(
            session,
            PaperSettings(title=f"《{lecture.title}》小测验"),
            [story.questions[code] for code in lecture.question_codes],
            owner_unit_id=story.units[cast.BUREAU],
            by_id=story.people["hua"],
            now=at,
        )
        return paper.id


def _facts(story: Story, item: Item) -> Facts:
    lecture, is_film = item.lecture, item.kind is ResourceKind.VIDEO
    return Facts(
        title=item.title,
        summary=lecture.summary,
        line=Line(lecture.line),
        lecturer_name=lecture.lecturer,
        audience_unit_id=story.units[item.audience] if item.audience else None,
        required_reading_seconds=item.reading_seconds or READING_SECONDS.get(item.kind, 0),
        body_html=(item.body or make_article(lecture)) if item.kind is ResourceKind.ARTICLE else "",
        series_id=None if item.body else story.series[shelves.series_of(lecture.code)],
        tags=("法律条文",) if item.body else shelves.tags_of(lecture.code, lecture.line),
        captions_vtt=captions(lecture) if is_film else "",
        transcript="\n".join(slide.narration for slide in lecture.slides) if is_film else "",
        chapters=rows_of(_chapters(lecture)) if is_film else [],
        may_download=item.kind is ResourceKind.DOCUMENT,
    )


def _chapters(lecture: Lecture) -> list[Chapter]:
    """One for each slide."""
    begins = accumulate((slide.seconds for slide in lecture.slides), initial=0)
    return [Chapter(second * 1000, slide.title[:60]) for second, slide in zip(begins, lecture.slides, strict=False)]
