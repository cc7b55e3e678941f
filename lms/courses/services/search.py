"""What of a resource or course can be found, under which words, and by which marks it is filtered."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.courses.caption_rules import Cue, cues, said
from lms.courses.models import Course, Resource, ResourceTag
from lms.courses.review_rules import COURSE, RESOURCE
from lms.db import search
from lms.db.search import Entry, Piece, mark
from lms.lazy import later
from lms.media import queries as media
from lms.media.models import MediaFile
from lms.web.prose import to_text

if TYPE_CHECKING:
    import pypinyin
else:
    pypinyin = later("pypinyin")

READINGS_MOST = 8
CHUNK, OVERLAP = 8_000, 40
"""Long texts are indexed in pieces; what a query may hold stands whole in one of them."""


def sounds_of(name: str) -> str:
    """Pinyin of a name, whole and as initials, in every reading of its first character: 单明 → shanming sm danming dm …"""
    syllables = pypinyin.pinyin(name[:6], style=pypinyin.Style.NORMAL, heteronym=True)
    if not syllables:
        return ""
    first, rest = syllables[0], [options[0] for options in syllables[1:]]
    readings = list(product(dict.fromkeys(first), [rest]))[:READINGS_MOST]
    return " ".join(
        word
        for start, end in readings
        for word in ("".join([start, *end]), "".join(s[0] for s in [start, *end] if s), start)
    )


def sorting_sound(text: str) -> str:
    """Pinyin by which a list is sorted: 耕地保护 → "geng di bao hu"."""
    return " ".join(pypinyin.lazy_pinyin(text[:40]))[:120].lower()


def entry_of_resource(session: Session, resource: Resource, file: MediaFile | None, tags: Sequence[str]) -> Entry:
    """A published resource is found by title, lecturer (also by sound), summary, tags, what is said in it (each line with its moment), and
    the text of its pages."""
    lines = cues(resource.captions_vtt)
    pieces = [
        Piece("title", resource.title),
        Piece("lecturer", resource.lecturer_name, also=sounds_of(resource.lecturer_name)),
        Piece("summary", resource.summary),
        Piece("tag", " ".join(tags)),
        *_lines(lines),
        *_chunks("said", said(lines)),
        *_chunks("transcript", resource.transcript),
        *_chunks("text", to_text(resource.body_html)),
    ]
    if file is not None:
        pieces += [Piece("page", page.text, page.number) for page in media.list_pages(session, file.id)]
        pieces += _chunks("text", file.text) if file.text and not resource.body_html else []
    return search.made(RESOURCE, pieces, marks_of(resource, tags))


def _lines(lines: Sequence[Cue]) -> Iterator[Piece]:
    """Each line with its moment; a second one of the same moment is left to the first."""
    first = {line.from_millis: line for line in reversed(lines)}
    yield from (Piece("cue", line.text, line.from_millis, is_indexed=False) for line in first.values())


def _chunks(place: str, text: str) -> list[Piece]:
    starts = range(0, max(1, len(text)), CHUNK)
    return [Piece(place, text[start : start + CHUNK + OVERLAP], number) for number, start in enumerate(starts)]


def marks_of(resource: Resource, tags: Sequence[str]) -> list[str]:
    """By what a search for resources can be narrowed."""
    given = {
        "a": resource.audience_unit_id or 0,
        "l": resource.line.value,
        "t": resource.kind.value,
        "s": resource.series_id,
        "p": resource.speaker_id,
        "y": resource.year,
    }
    return [*(mark(name, value) for name, value in given.items() if value is not None), *map(tag_mark, tags)]


def tag_mark(tag: str) -> str:
    return mark("g", tag.encode().hex())


def put_resource(session: Session, resource: Resource, entry: Entry) -> None:
    search.put(session, RESOURCE, resource.id, entry)


def remark_resource(session: Session, resource: Resource) -> None:
    """A resource that can be found is filtered by its present series, year and tags."""
    tags = session.scalars(select(ResourceTag.tag).where(ResourceTag.resource_id == resource.id)).all()
    search.remark(session, RESOURCE, resource.id, marks_of(resource, tags))


def entry_of_course(course: Course) -> Entry:
    """A published course is found by title, lecturer and summary."""
    pieces = [
        Piece("title", course.title),
        Piece("lecturer", course.lecturer_name, also=sounds_of(course.lecturer_name)),
        Piece("summary", course.summary),
    ]
    return search.made(COURSE, pieces, [mark("a", course.audience_unit_id or 0), mark("l", course.line.value)])
