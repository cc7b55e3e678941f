"""What of a resource or course can be found, and under which words."""

from itertools import product
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from lms.courses.caption_rules import cues
from lms.courses.models import Course, Resource
from lms.courses.prose import to_text
from lms.courses.review_rules import COURSE, RESOURCE
from lms.db import search
from lms.db.search import Piece, SearchText
from lms.lazy import later
from lms.media import queries as media
from lms.media.models import MediaFile

if TYPE_CHECKING:
    import pypinyin
else:
    pypinyin = later("pypinyin")

READINGS_MOST = 8


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


def texts_of_resource(session: Session, resource: Resource, file: MediaFile | None) -> list[SearchText]:
    """A published resource is found by title, lecturer (also by sound), summary, transcript and the text of its pages."""
    pieces = [
        Piece("title", resource.title),
        Piece("lecturer", resource.lecturer_name, also=sounds_of(resource.lecturer_name)),
        Piece("summary", resource.summary),
        Piece("transcript", resource.transcript or " ".join(cue.text for cue in cues(resource.captions_vtt))),
        Piece("text", to_text(resource.body_html)),
    ]
    if file is not None:
        pieces += [Piece("page", page.text, page.number) for page in media.list_pages(session, file.id)]
        pieces += [Piece("text", file.text)] if file.text and not resource.body_html else []
    return search.made(RESOURCE, resource.id, pieces)


def texts_of_course(course: Course) -> list[SearchText]:
    """A published course is found by title, lecturer and summary."""
    pieces = [
        Piece("title", course.title),
        Piece("lecturer", course.lecturer_name, also=sounds_of(course.lecturer_name)),
        Piece("summary", course.summary),
    ]
    return search.made(COURSE, course.id, pieces)
