"""What the lecturers of the demonstration hand in: films, slides, handouts and articles, with who made them, for whom and when."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from lms import clock
from lms.courses.review_rules import ResourceKind
from lms.demo import cast, documents, shelves
from lms.demo.packaged import make_package
from lms.demo.scripts import Lecture, list_lectures
from lms.demo.site import Site

FIRST_DAYS_AGO, LAST_DAYS_AGO = 325, 32


class Fate(StrEnum):
    """How far a resource has come."""

    PUBLISHED = "published"
    DRAFT = "draft"
    CONTENT_REVIEW = "content_review"
    SECRECY_REVIEW = "secrecy_review"
    RETURNED = "returned"


@dataclass(frozen=True)
class Item:
    """One resource. `make` gives the file of a document; a film is made from the lecture itself; an article has neither.
    `reading_seconds` 0: what is usual for its kind."""

    lecture: Lecture
    kind: ResourceKind
    title: str
    author: str
    uploaded_at: datetime
    file_name: str = ""
    make: Callable[[Lecture], bytes] | None = None
    audience: str | None = None
    fate: Fate = Fate.PUBLISHED
    reading_seconds: int = 0
    body: str = ""
    """The text of an article that is not made from the lecture."""

    def working_day(self, count: int, hour: int) -> datetime:
        """That hour of the `count`-th working day after the upload."""
        return clock.at_local(
            clock.add_working_days(clock.today(self.uploaded_at), count), hour, self.uploaded_at.minute
        )

    @property
    def has_file(self) -> bool:
        return self.kind in (ResourceKind.VIDEO, ResourceKind.DOCUMENT, ResourceKind.PACKAGE)


@dataclass(frozen=True)
class CoursePlan:
    """A course: its film and what goes with it."""

    film: Item
    extra: Item
    is_required: bool
    professional: bool

    @property
    def published_at(self) -> datetime:
        """On the day after the second review."""
        return max(self.film.working_day(3, 16), self.extra.working_day(3, 16))

    @property
    def lecture(self) -> Lecture:
        return self.film.lecture


SPEAKERS = {"L-06": ("易德", cast.NORTH), "L-19": ("高建国", cast.LEADERS), "L-23": ("易德", cast.NORTH)}
"""Lectures given by members of the cast."""

NORTH_ONLY = ("L-06", "L-23")
REQUIRED = ("L-01", "L-16", "L-19", "L-22")
PROFESSIONAL = ("survey", "registration")

EXTRAS = (
    ("讲义", "pdf", documents.make_pdf),
    ("课件", "pptx", documents.make_pptx),
    ("阅读材料", "docx", documents.make_docx),
    ("要点", "", None),
)


def lectures(site: Site) -> list[Lecture]:
    """The scripts in the order they were given; a small demonstration has a few short ones, one of them for North only."""
    size, scripts = site.size, [_spoken(lecture) for lecture in list_lectures()]
    if size.is_full:
        return scripts
    chosen = [scripts[0], *(lecture for lecture in scripts if lecture.code in NORTH_ONLY)][: size.lectures]
    return [lecture.shortened(size.film_slides or 2, size.film_slide_seconds) for lecture in chosen]


def _spoken(lecture: Lecture) -> Lecture:
    name, unit = SPEAKERS.get(lecture.code, (lecture.lecturer, lecture.unit))
    return replace(lecture, lecturer=name, unit=unit)


def course_plans(site: Site) -> list[CoursePlan]:
    """One course for each lecture, evenly over the year."""
    given = lectures(site)
    step = (FIRST_DAYS_AGO - LAST_DAYS_AGO) / max(1, len(given) - 1)
    return [_plan(site, place, lecture, round(FIRST_DAYS_AGO - place * step)) for place, lecture in enumerate(given)]


def _plan(site: Site, place: int, lecture: Lecture, days_ago: int) -> CoursePlan:
    audience = cast.NORTH if lecture.code in NORTH_ONLY else None
    author = {"易德": "ed", "高建国": "gao"}.get(lecture.lecturer, "hua")
    uploaded_at = site.working_day_ago(days_ago + 4, 10, place)
    film = Item(
        lecture, ResourceKind.VIDEO, lecture.title, author, uploaded_at, f"{lecture.title}.mp4", audience=audience
    )
    what, suffix, make = EXTRAS[place % len(EXTRAS)]
    extra = Item(
        lecture,
        ResourceKind.DOCUMENT if make else ResourceKind.ARTICLE,
        f"{what}：{lecture.title}",
        author,
        uploaded_at.replace(minute=30),
        f"{what}：{lecture.title}.{suffix}" if make else "",
        make,
        audience,
    )
    return CoursePlan(film, extra, lecture.code in REQUIRED, lecture.line in PROFESSIONAL)


def waiting_items(site: Site) -> Iterator[Item]:
    """What lies on the reviewers' and the lecturer's desks today."""
    first = lectures(site)[0]
    desk = (
        (Fate.CONTENT_REVIEW, "窗口常见问题三十问", "ed", documents.make_pptx, "pptx", 1),
        (Fate.SECRECY_REVIEW, "一户一宅政策问答", "ed", documents.make_pdf, "pdf", 2),
        (Fate.RETURNED, "外业安全须知", "ed", documents.make_docx, "docx", 6),
        (Fate.DRAFT, "下半年讲课提纲", "ed", documents.make_docx, "docx", 1),
    )
    for fate, title, author, make, suffix, days_ago in desk if site.size.is_full else desk[::2]:
        yield Item(
            replace(first, title=title, lecturer="易德", unit=cast.NORTH),
            ResourceKind.DOCUMENT,
            title,
            author,
            site.ago(days_ago + 1, 10),
            f"{title}.{suffix}",
            make,
            fate=fate,
        )


def law_item(site: Site) -> Item:
    """The text of the law that many lectures cite, there before all of them."""
    lecture = replace(
        lectures(site)[0], code="LAW", title=shelves.LAW_TITLE, lecturer="", summary=shelves.LAW_SUMMARY, line="land"
    )
    uploaded_at = site.working_day_ago(FIRST_DAYS_AGO + 12, 9, 0)
    return Item(lecture, ResourceKind.ARTICLE, lecture.title, "hua", uploaded_at, body=shelves.law_html())


def next_law_item(site: Site) -> Item:
    """The same text with one more article, as its second version."""
    first = law_item(site)
    body = shelves.law_html(*shelves.LAW_ADDED)
    return replace(first, uploaded_at=site.working_day_ago(LAST_DAYS_AGO - 10, 9, 0), body=body)


def package_item(site: Site) -> Item:
    """An interactive package, there before the course that holds it."""
    lecture = replace(
        lectures(site)[0],
        code="PACKAGE",
        title=shelves.PACKAGE_TITLE,
        lecturer="",
        summary=shelves.PACKAGE_SUMMARY,
        line="farmland",
    )
    return Item(
        lecture,
        ResourceKind.PACKAGE,
        lecture.title,
        "hua",
        site.working_day_ago(LAST_DAYS_AGO - 8, 10, 0),
        f"{lecture.title}.zip",
        make_package,
        reading_seconds=60,
    )


def all_items(site: Site) -> list[Item]:
    """Everything that is handed in: each course's film and what goes with it, and what is still on the desks."""
    given = [item for plan in course_plans(site) for item in (plan.film, plan.extra)]
    return [*given, package_item(site), *waiting_items(site)]
