"""What changed between two versions of a resource, as a reviewer reads it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

LINES_MOST = 200
"""So many changed lines of one text are shown; of more only the number."""


@dataclass(frozen=True)
class Sheet:
    """A version in words: short facts by their names, and long texts as lines by their names."""

    facts: Mapping[str, str]
    texts: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class FactChange:
    name: str
    before: str
    after: str


@dataclass(frozen=True)
class TextChange:
    """Lines taken out and put in, in order; `kept_back` more changed lines are not listed."""

    name: str
    lines: tuple[tuple[str, str], ...]
    """("out", line) or ("in", line)."""
    kept_back: int = 0


@dataclass(frozen=True)
class Changes:
    facts: tuple[FactChange, ...] = ()
    texts: tuple[TextChange, ...] = ()

    @property
    def is_nothing(self) -> bool:
        return not self.facts and not self.texts


def changes(before: Sheet, after: Sheet) -> Changes:
    """Everything that differs, in the order of the newer sheet's names, names that only the older one has last."""
    facts = tuple(
        FactChange(name, before.facts.get(name, ""), after.facts.get(name, ""))
        for name in dict.fromkeys([*after.facts, *before.facts])
        if before.facts.get(name, "") != after.facts.get(name, "")
    )
    texts = tuple(
        _text_change(name, before.texts.get(name, ()), after.texts.get(name, ()))
        for name in dict.fromkeys([*after.texts, *before.texts])
        if list(before.texts.get(name, ())) != list(after.texts.get(name, ()))
    )
    return Changes(facts, texts)


def _text_change(name: str, before: Sequence[str], after: Sequence[str]) -> TextChange:
    lines: list[tuple[str, str]] = []
    for act, start, end, new_start, new_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if act != "equal":
            lines += [("out", line) for line in before[start:end]]
            lines += [("in", line) for line in after[new_start:new_end]]
    return TextChange(name, tuple(lines[:LINES_MOST]), max(0, len(lines) - LINES_MOST))
