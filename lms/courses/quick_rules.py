"""A lecturer's quick course: which questions might be asked, and what was filled in. Pure.

A suggestion is a heading of the slides or sections and an empty form beside it: nothing of a question is made up.
"""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lms.quizzes.rules import MAX_TAG, Kind, tags_of

MOST_QUESTIONS = 10
OPTIONS = 4
MOST_STEM = 500
MOST_OPTION = 200
SHORTEST, LONGEST = 2, 40
_HEADING = re.compile(r"<h[1-3][^>]*>(.*?)</h[1-3]>", re.I | re.S)
_TAG = re.compile(r"<[^>]*>")
_NUMBERING = re.compile(r"^[\s\d一二三四五六七八九十、.．（）()第章节\-—·•]+")


@dataclass(frozen=True)
class Heading:
    """What a page or section is about, and where it stands ("第 3 页", or empty)."""

    text: str
    where: str = ""


def headings(pages: Iterable[tuple[int, str]], body_html: str, *, title: str) -> list[Heading]:
    """At most MOST_QUESTIONS headings, each once and none of them the title: the first line of each page, and the headings of an
    article. A line too long to be one is none."""
    found = [Heading(_first_line(text), f"第 {number} 页") for number, text in pages]
    found += [Heading(" ".join(html.unescape(_TAG.sub("", each)).split())) for each in _HEADING.findall(body_html)]
    seen = {title}
    kept: list[Heading] = []
    for each in found:
        if len(_NUMBERING.sub("", each.text)) >= SHORTEST and len(each.text) <= LONGEST and each.text not in seen:
            seen.add(each.text)
            kept.append(each)
    return kept[:MOST_QUESTIONS]


def _first_line(text: str) -> str:
    return next((" ".join(line.split()) for line in text.splitlines() if line.strip()), "")


@dataclass(frozen=True)
class QuickQuestion:
    """One form: the heading it stands beside, the question, its options and which of them are right (from 0)."""

    heading: str = ""
    where: str = ""
    stem: str = ""
    options: tuple[str, ...] = ("",) * OPTIONS
    right: tuple[int, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.stem and not any(self.options)

    @property
    def fault(self) -> str:
        """What is still to be done about it; empty when it can be asked, or when it was left out."""
        if self.is_empty:
            return ""
        filled = [option for option in self.options if option]
        if not self.stem:
            return "请写题干；不用这一题就把选项清空。"
        if len(filled) < 2:
            return "请至少写两个选项。"
        if len(set(filled)) < len(filled):
            return "有两个选项一样，请改一个。"
        if not self.right:
            return "请勾出正确的选项。"
        return "勾选的选项是空的，请补上或改勾别的。" if any(not self.options[n] for n in self.right) else ""

    @property
    def kind(self) -> Kind:
        return Kind.SINGLE if len(self.right) == 1 else Kind.MULTIPLE

    def asked(self) -> tuple[list[str], list[int]]:
        """The options that were filled in and the right ones among them, as a question keeps them."""
        filled = [n for n, option in enumerate(self.options) if option]
        return [self.options[n] for n in filled], [filled.index(n) for n in self.right]

    @property
    def tags(self) -> list[str]:
        """The heading as the question's topic, where it can be a tag."""
        return tags_of("".join(self.heading.split()))[:1] if self.heading and len(self.heading) <= MAX_TAG else []

    def stored(self) -> dict[str, Any]:
        return {
            "heading": self.heading, "where": self.where, "stem": self.stem, "options": list(self.options),
            "right": list(self.right),
        }  # fmt: skip


def from_stored(stored: Sequence[Mapping[str, Any]]) -> list[QuickQuestion]:
    return [
        QuickQuestion(each["heading"], each["where"], each["stem"], tuple(each["options"]), tuple(each["right"]))
        for each in stored
    ]


def read(posted: Mapping[str, Sequence[str]]) -> list[QuickQuestion]:
    """The forms of a page in their order, cut to what may be kept: fields "q0-stem", "q0-option-2", "q0-right" and so on."""
    return [_read_one(posted, f"q{n}-") for n in range(MOST_QUESTIONS) if f"q{n}-stem" in posted]


def _read_one(posted: Mapping[str, Sequence[str]], prefix: str) -> QuickQuestion:
    def text(name: str, most: int) -> str:
        return " ".join((posted.get(prefix + name) or [""])[0].split())[:most]

    right = {int(n) for n in posted.get(f"{prefix}right", ()) if n.isascii() and n.isdecimal() and int(n[:3]) < OPTIONS}
    return QuickQuestion(
        heading=text("heading", LONGEST),
        where=text("where", 20),
        stem=text("stem", MOST_STEM),
        options=tuple(text(f"option-{n}", MOST_OPTION) for n in range(OPTIONS)),
        right=tuple(sorted(right)),
    )


def forms(kept: Sequence[QuickQuestion], suggested: Sequence[Heading]) -> list[QuickQuestion]:
    """What the page shows: what was written, then an empty form for each heading without one, and always one to write freely."""
    used = {each.heading for each in kept}
    empty = [QuickQuestion(each.text, each.where) for each in suggested if each.text not in used]
    shown = [*kept, *empty][:MOST_QUESTIONS]
    return (
        shown if len(shown) == MOST_QUESTIONS or any(not each.heading for each in shown) else [*shown, QuickQuestion()]
    )
