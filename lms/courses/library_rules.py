"""How the library is ordered and searched: tags, years, places in a medium, sorts, marks of the search. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

TAGS_MOST, TAG_CHARACTERS_MOST = 8, 20
FIRST_YEAR = 1990
DAY_MILLIS = 24 * 3600 * 1000

_BETWEEN = re.compile(r"[\s,，、;；#＃]+")
_CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):([0-5]\d)")
_PAGE = re.compile(r"第?\s*(\d{1,4})\s*页?")


class Sort(StrEnum):
    """In which order a list is shown."""

    BEST = "best"
    NEWEST = "newest"
    TITLE = "title"


SORT_NAMES: dict[Sort, str] = {Sort.BEST: "最相关", Sort.NEWEST: "最新", Sort.TITLE: "标题拼音"}


def tags_of(typed: str) -> list[str]:
    """The tags in what somebody typed, each once, in order: "耕地，占补 耕地" → ["耕地", "占补"]."""
    words = _BETWEEN.split(unicodedata.normalize("NFKC", typed).strip())
    return list(dict.fromkeys(word.lower() for word in words if word))


def why_not_tags(tags: Sequence[str]) -> str | None:
    """The sentence that refuses these tags, or None."""
    if len(tags) > TAGS_MOST:
        return f"最多 {TAGS_MOST} 个标签，请留下最要紧的。"
    if any(len(tag) > TAG_CHARACTERS_MOST for tag in tags):
        return f"每个标签最多 {TAG_CHARACTERS_MOST} 个字，标签之间用空格隔开。"
    return None


@dataclass(frozen=True)
class Spot:
    """A moment in what is played, a page of what is read, or neither: the whole."""

    at_millis: int | None = None
    page: int | None = None

    @property
    def seconds(self) -> int:
        return (self.at_millis or 0) // 1000


def spot_of(typed: str, *, is_played: bool) -> Spot | None:
    """What somebody typed as a place: "3:05", "1:02:03" or seconds in what is played, "12" or "第 12 页" in what is read; nothing is the
    whole. None when it is no place."""
    given = unicodedata.normalize("NFKC", typed).strip()
    if not given:
        return Spot()
    if is_played:
        return _moment_of(given)
    page = _PAGE.fullmatch(given)
    return Spot(page=int(page[1])) if page and int(page[1]) > 0 else None


def _moment_of(given: str) -> Spot | None:
    clock = _CLOCK.fullmatch(given)
    if clock:
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
    elif given.isascii() and given.isdecimal() and len(given) <= 5:
        hours, minutes, seconds = 0, 0, int(given)
    else:
        return None
    millis = ((hours * 60 + minutes) * 60 + seconds) * 1000
    return Spot(at_millis=millis) if millis <= DAY_MILLIS else None


def years_between(first: int, last: int) -> list[int]:
    """Newest first, none before FIRST_YEAR."""
    return list(range(last, max(first, FIRST_YEAR) - 1, -1))
