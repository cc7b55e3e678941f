"""Text as search tokens: CJK as overlapping pairs, Latin words whole. Pure.

Text is folded (NFKC, lower case) and cut into runs of ASCII letters and digits (one token each) and runs of other letters. A run of n such
characters gives its n - 1 overlapping pairs and its last character alone, so that every substring of two or more characters is a phrase of
neighbouring tokens and a single character is the beginning of some token. Tokens are plain ASCII, so that every full-text engine
leaves them as they are.
"""

import re
import unicodedata
from dataclasses import dataclass

_RUN = re.compile(r"[0-9a-z]+|[^\W_0-9a-z]+")
TERMS_MOST = 8
TERM_CHARACTERS_MOST = 40


@dataclass(frozen=True)
class Phrase:
    """Neighbouring tokens; with `is_open` the last one stands for every token that begins with it."""

    tokens: tuple[str, ...]
    is_open: bool = False


def folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def tokens(text: str) -> list[str]:
    """The tokens of a text in order."""
    return [token for run in _RUN.findall(folded(text)) for token in _tokens_of(run)]


def phrases(query: str) -> list[Phrase]:
    """What a text must hold to be found: one phrase for each word between spaces. Words beyond the eighth are left out."""
    made = (_phrase(term[:TERM_CHARACTERS_MOST]) for term in folded(query).split()[:TERMS_MOST])
    return [phrase for phrase in made if phrase.tokens]


def _phrase(term: str) -> Phrase:
    runs = _RUN.findall(term)
    if not runs:
        return Phrase(())
    *before, last = runs
    closed = [token for run in before for token in _tokens_of(run)]
    if last[0].isascii():
        return Phrase((*closed, *_tokens_of(last)))
    if len(last) == 1:
        return Phrase((*closed, _code(last)), is_open=True)
    return Phrase((*closed, *_tokens_of(last)[:-1]))


def _tokens_of(run: str) -> list[str]:
    if run[0].isascii():
        return [f"w{run}"]
    return [*(_code(run[i : i + 2]) for i in range(len(run) - 1)), _code(run[-1])]


def _code(characters: str) -> str:
    """Letters as ASCII: five hex digits each."""
    return "x" + "".join(f"{ord(c):05x}" for c in characters)


def excerpt(text: str, query: str, around: int = 24) -> str:
    """The piece of the text around the first word of the query that stands in it; the beginning when none does."""
    flat = " ".join(text.split())
    lowered = flat.lower()
    found = [at for term in query.lower().split() if (at := lowered.find(term)) >= 0]
    start = max(0, min(found) - around) if found else 0
    piece = flat[start : start + 3 * around]
    return f"{'…' if start else ''}{piece}{'…' if start + 3 * around < len(flat) else ''}"
