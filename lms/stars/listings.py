"""Lists of names as pages show them to everybody: at most the first lines, who opted out as 不公开."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from lms.leaderboard.rules import HIDDEN_NAME, shown
from lms.stars import queries
from lms.stars.catalogue_rules import Holder
from lms.stars.queries import CycleLine, PublishedLines
from lms.stars.rules import SHOWN

MOST_CYCLES = 12


@dataclass(frozen=True)
class NamedLine:
    """One named line; `parts` are (label, 1/1000 points)."""

    place: int
    name: str
    unit: str
    score_millis: int
    parts: Sequence[tuple[str, int]]


@dataclass(frozen=True)
class Honours:
    """A programme with its newest published cycle in full and the earlier ones by name of the period."""

    line: CycleLine
    rows: Sequence[NamedLine]
    earlier: Sequence[CycleLine]


def rows_of(session: Session, line: CycleLine, lines: PublishedLines) -> list[NamedLine]:
    """Of a published version. Its file never changes; the page also leaves out the names of those who opted out since."""
    hidden = _hidden(session, line, lines.holder_ids)
    return [
        _line(one["place"], one["name"], one["unit"], one["score_millis"], one["parts"], is_hidden=holder in hidden)
        for one, holder in zip(lines.named, lines.holder_ids, strict=True)
    ]


def _hidden(session: Session, line: CycleLine, holder_ids: Sequence[int]) -> set[int]:
    return queries.unlisted_among(session, holder_ids) if line.programme.holder is Holder.PERSON else set()


def _line(
    place: int, name: str, unit: str, score_millis: int, parts: Sequence[Mapping[str, Any]], *, is_hidden: bool
) -> NamedLine:
    told = [(part["label"], part["points"]) for part in parts]
    return NamedLine(place, HIDDEN_NAME if is_hidden else name, "" if is_hidden else unit, score_millis, told)


def honours(session: Session, published: Sequence[CycleLine]) -> list[Honours]:
    """By programme, the one with the newest cycle first."""
    by_programme: dict[int, list[CycleLine]] = {}
    for line in published:
        by_programme.setdefault(line.programme.id, []).append(line)
    newest = queries.newest_publications(session, [lines[0].cycle.id for lines in by_programme.values()])
    public = queries.list_public_lines(session, newest)
    return [
        Honours(lines[0], rows_of(session, lines[0], public[lines[0].cycle.id]), lines[1 : MOST_CYCLES + 1])
        for lines in by_programme.values()
    ]


def proposed_lines(session: Session, line: CycleLine) -> list[NamedLine]:
    """Who is to be named, of a cycle on notice."""
    named = queries.list_named(session, line.cycle.id)
    hidden = _hidden(session, line, [one.holder_id for one in named])
    rows = [
        _line(one.place or 0, one.name, one.unit_name, one.score_millis, one.parts, is_hidden=one.holder_id in hidden)
        for one in named
    ]
    return shown(rows, SHOWN)
