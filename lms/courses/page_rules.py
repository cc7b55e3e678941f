"""Words looked for in the pages of a document. Pure."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

WORDS_MOST = 60
HITS_MOST = 100
BEFORE, AFTER = 14, 36


class Page(Protocol):
    """What is looked through; pages come in order."""

    @property
    def number(self) -> int: ...

    @property
    def text(self) -> str: ...


@dataclass(frozen=True)
class PageHit:
    """The first place on a page where the words stand, with what stands around it, and how often they stand there."""

    number: int
    before: str
    found: str
    after: str
    times: int


@dataclass(frozen=True)
class PageSearch:
    """What was looked for ("" when nothing was) and where it was found, page by page."""

    words: str
    hits: list[PageHit]

    @classmethod
    def of(cls, words: str, pages: Sequence[Page]) -> "PageSearch":
        words = " ".join(words.split())[:WORDS_MOST]
        if not words:
            return cls("", [])
        hits = [hit for page in pages if (hit := _hit(page, words)) is not None]
        return cls(words, hits[:HITS_MOST])


def _hit(page: Page, words: str) -> PageHit | None:
    text = " ".join(page.text.split())
    plain, wanted = _plain(text), _plain(words)
    at = plain.find(wanted)
    if at < 0:
        return None
    end = at + len(wanted)
    before = ("…" if at > BEFORE else "") + text[max(0, at - BEFORE) : at]
    after = text[end : end + AFTER] + ("…" if len(text) > end + AFTER else "")
    return PageHit(page.number, before, text[at:end], after, plain.count(wanted))


def _plain(text: str) -> str:
    """Character for character what full-width letters and capitals mean, so that places stay the same."""
    return "".join(_one(character) for character in text)


def _one(character: str) -> str:
    plain = unicodedata.normalize("NFKC", character).lower()
    return plain if len(plain) == 1 else character
