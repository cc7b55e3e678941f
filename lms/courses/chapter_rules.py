"""Chapters of a recording: where they begin and what they are called, and the lines a lecturer types them as. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LINE = re.compile(r"(?:(\d{1,2})[:：])?(\d{1,3})[:：](\d{2})(?!\d)\s*(\S.*)?\Z")
CHAPTERS_MOST = 100
TITLE_MOST = 60


@dataclass(frozen=True)
class Chapter:
    """A stretch of a recording, from its beginning to the next chapter's."""

    at_millis: int
    title: str


def chapters_of(rows: Sequence[Mapping[str, Any]]) -> list[Chapter]:
    """Chapters as they are stored: objects with `at_millis` and `title`, in order."""
    return [Chapter(int(row["at_millis"]), str(row["title"])) for row in rows]


def rows_of(chapters: Sequence[Chapter]) -> list[dict[str, Any]]:
    return [{"at_millis": chapter.at_millis, "title": chapter.title} for chapter in chapters]


def as_lines(chapters: Sequence[Chapter]) -> str:
    """What the lecturer would type: "mm:ss title", "h:mm:ss title" from the first hour on."""
    return "\n".join(f"{_stamp(chapter.at_millis // 1000)} {chapter.title}" for chapter in chapters)


def _stamp(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes:02d}:{rest:02d}"


def read(text: str) -> tuple[list[Chapter], list[str]]:
    """The chapters of "mm:ss title" lines and a sentence for each line that is wrong; empty lines are passed over."""
    chapters: list[Chapter] = []
    faults: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        found = _chapter(line.strip())
        fault = found if isinstance(found, str) else _misplaced(found, chapters)
        if fault:
            faults.append(f"第 {number} 行{fault}")
        elif isinstance(found, Chapter):
            chapters.append(found)
    if len(chapters) > CHAPTERS_MOST:
        faults.append(f"最多 {CHAPTERS_MOST} 章，现在有 {len(chapters)} 章")
    return chapters, faults


def _chapter(line: str) -> Chapter | str:
    found = LINE.match(line)
    if found is None:
        return "要以时间开头，如“03:20 占补平衡的三条红线”"
    hours, minutes, seconds, title = found.groups()
    if int(seconds) > 59 or (hours and int(minutes) > 59):
        return "的时间不对，分和秒都不能超过 59"
    if not title:
        return "只有时间，请在后面写上标题"
    if len(title) > TITLE_MOST:
        return f"的标题太长，最多 {TITLE_MOST} 个字"
    return Chapter(((int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)) * 1000, title)


def _misplaced(chapter: Chapter, before: Sequence[Chapter]) -> str:
    return "的时间要晚于上一章" if before and chapter.at_millis <= before[-1].at_millis else ""


def beyond(chapters: Sequence[Chapter], length_millis: int | None) -> list[str]:
    """A sentence for each chapter that begins behind the end of the recording; none while its length is not known."""
    if length_millis is None:
        return []
    return [
        f"“{c.title}”从 {_stamp(c.at_millis // 1000)} 开始，但全长只有 {_stamp(length_millis // 1000)}"
        for c in chapters
        if c.at_millis >= length_millis
    ]
