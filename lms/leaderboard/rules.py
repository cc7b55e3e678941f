"""How a board orders people and units, what of it may be shown, and how a snapshot is sealed.

The sentences a user reads (`explain`) are made from the same `BoardRule` that ranks, so that text and order cannot differ.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any, Protocol, TypeVar

RULE_VERSION = "2026-1"
KEY_BITS = 63
BUCKET_SHIFT = 30  # a histogram bucket of the usual order is one score and 32 seconds of time used
HIDDEN_NAME = "不公开"


class Criterion(StrEnum):
    SCORE = "score"
    SECONDS = "seconds"
    SUBMITTED = "submitted"


@dataclass(frozen=True)
class Packing:
    """A criterion as an unsigned number of `bits` in which smaller is better: raw values from `lowest` up, the rest clamped."""

    bits: int
    lowest: int
    is_reversed: bool
    noun: str
    phrase: str

    @property
    def highest(self) -> int:
        return self.lowest + (1 << self.bits) - 1

    def pack(self, value: int) -> int:
        inside = min(max(value, self.lowest), self.highest)
        return self.highest - inside if self.is_reversed else inside - self.lowest

    def unpack(self, packed: int) -> int:
        return self.highest - packed if self.is_reversed else packed + self.lowest


# 22 + 16 + 25 bits fill a signed 64-bit integer: −1,048 to 3,145 points, 18 hours of time used, 388 days after the board began.
PACKINGS = {
    Criterion.SCORE: Packing(22, -(1 << 20), True, "得分", "得分高的在前"),
    Criterion.SECONDS: Packing(16, 0, False, "用时", "用时短的在前"),
    Criterion.SUBMITTED: Packing(25, 0, False, "交卷时间", "交卷早的在前"),
}
LOWEST_SCORE = PACKINGS[Criterion.SCORE].lowest
HIGHEST_SCORE = PACKINGS[Criterion.SCORE].highest


@dataclass(frozen=True)
class UnitRule:
    """Unit score on a scale of 100 points: participation and mean best score, weighted; bands are (name, up to this many people)."""

    participation_percent: int = 50
    team_size: int = 3
    bands: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.participation_percent <= 100:
            raise ValueError("participation_percent is 0 to 100")


@dataclass(frozen=True)
class BoardRule:
    order: tuple[Criterion, ...] = (Criterion.SCORE, Criterion.SECONDS, Criterion.SUBMITTED)
    shown_people: int = 50
    shown_units: int = 10
    neighbours: int = 5
    unit: UnitRule = field(default_factory=UnitRule)

    def __post_init__(self) -> None:
        if not self.order or len(set(self.order)) != len(self.order):
            raise ValueError("an order names each of its criteria once")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "BoardRule":
        unit = data["unit"]
        bands = tuple((str(name), int(limit)) for name, limit in unit["bands"])
        return cls(
            order=tuple(Criterion(name) for name in data["order"]),
            shown_people=data["shown_people"],
            shown_units=data["shown_units"],
            neighbours=data["neighbours"],
            unit=UnitRule(unit["participation_percent"], unit["team_size"], bands),
        )


class Placed(Protocol):
    @property
    def place(self) -> int: ...


P = TypeVar("P", bound=Placed)


# --- the order of people -------------------------------------------------------------------------------------------


def rank_key(rule: BoardRule, score_millis: int, seconds: int, submitted_after: int) -> int:
    """One number for the whole order: smaller is better, equal is the same place. `submitted_after` counts seconds from the board's start."""
    values = {Criterion.SCORE: score_millis, Criterion.SECONDS: seconds, Criterion.SUBMITTED: submitted_after}
    key, used = 0, 0
    for criterion in rule.order:
        packing = PACKINGS[criterion]
        key = key << packing.bits | packing.pack(values[criterion])
        used += packing.bits
    return key << (KEY_BITS - used)


def read_key(rule: BoardRule, key: int) -> dict[Criterion, int]:
    """What a key says about a result: exactly the criteria the order looks at."""
    values, left = {}, KEY_BITS
    for criterion in rule.order:
        packing = PACKINGS[criterion]
        left -= packing.bits
        values[criterion] = packing.unpack(key >> left & (1 << packing.bits) - 1)
    return values


def bucket_of(key: int) -> int:
    return key >> BUCKET_SHIFT


def places(keys: Iterable[int]) -> list[int]:
    """Competition places (1, 2, 2, 4) of keys that come in order."""
    found: list[int] = []
    last = None
    for position, key in enumerate(keys, start=1):
        found.append(found[-1] if key == last else position)
        last = key
    return found


def shown(lines: Sequence[P], limit: int) -> list[P]:
    """The lines that may be listed: at most `limit`, and equals are listed together or not at all."""
    if len(lines) <= limit:
        return list(lines)
    cut = lines[limit].place
    return [line for line in lines[:limit] if line.place < cut]


# --- units ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class UnitFigures:
    """A unit on a board: people on its roster at the cut-off less approved leave, who took part, the sum of their best scores."""

    unit_id: int
    roster: int
    people: int
    score_millis: int


@dataclass(frozen=True)
class UnitStanding:
    place: int
    unit_id: int
    band: str
    score_millis: int
    rate_millis: int
    mean_millis: int


def half_up(value: Fraction) -> int:
    return math.floor(value + Fraction(1, 2))


def rate_of(figures: UnitFigures) -> Fraction:
    """0 to 1. A roster smaller than its participants (somebody on leave took part all the same) counts as complete."""
    return Fraction(figures.people, max(figures.roster, figures.people)) if figures.people else Fraction(0)


def mean_of(figures: UnitFigures, full_millis: int) -> Fraction:
    """Mean best score of those who took part as a share of the full score, 0 to 1."""
    if not figures.people or full_millis <= 0:
        return Fraction(0)
    return max(Fraction(figures.score_millis, figures.people * full_millis), Fraction(0))


def unit_score(rule: UnitRule, figures: UnitFigures, full_millis: int) -> int:
    """In 1/1000 point of 100, rounded half up once, at the end."""
    weight = Fraction(rule.participation_percent, 100)
    share = weight * rate_of(figures) + (1 - weight) * mean_of(figures, full_millis)
    return half_up(share * 100_000)


def band_of(rule: UnitRule, roster: int) -> str:
    """The first band the roster fits into; beyond the last limit it is still the last band; no bands: the empty name."""
    for name, limit in rule.bands:
        if roster <= limit:
            return name
    return rule.bands[-1][0] if rule.bands else ""


def rank_units(rule: UnitRule, units: Iterable[UnitFigures], full_millis: int) -> list[UnitStanding]:
    """Units by score within their band, equal scores share a place. Units without roster and participants are no units of this board."""
    scored = [(band_of(rule, u.roster), unit_score(rule, u, full_millis), u) for u in units if u.roster or u.people]
    bands = [name for name, _ in rule.bands] or [""]
    standings: list[UnitStanding] = []
    for band in bands:
        of_band = sorted((row for row in scored if row[0] == band), key=lambda row: (-row[1], row[2].unit_id))
        for place, (_, score, unit) in zip(places(-row[1] for row in of_band), of_band, strict=True):
            rate, mean = half_up(rate_of(unit) * 100_000), half_up(mean_of(unit, full_millis) * 100_000)
            standings.append(UnitStanding(place, unit.unit_id, band, score, rate, mean))
    return standings


def team_score(best_scores: Iterable[int], size: int = 3) -> int:
    """The sum of a team's best `size` scores; absent members count nothing."""
    return sum(sorted(best_scores, reverse=True)[:size])


def median(values: Sequence[int]) -> int:
    """The middle value, the mean of the middle two rounded half up; 0 of none."""
    ordered = sorted(values)
    if not ordered:
        return 0
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else half_up(Fraction(ordered[half - 1] + ordered[half], 2))


# --- freezing ------------------------------------------------------------------------------------------------------


def is_frozen(freezes_at: datetime | None, revealed_at: datetime | None, now: datetime) -> bool:
    """From the moment of freezing until an organiser reveals, everybody sees the board as it stood at that moment."""
    return freezes_at is not None and revealed_at is None and now >= freezes_at


# --- the rule in words ---------------------------------------------------------------------------------------------


ABOUT_ORDER = 2
"""So many of the first sentences of `explain` are about the order and attempts."""


def explain(rule: BoardRule, *, has_units: bool = True) -> list[str]:
    """The rule as sentences for the people it ranks."""
    sentences = [explain_order(rule.order), "每人多次作答取最好的一次；名次只在交卷时变动。", _explain_publicity(rule)]
    return sentences + _explain_units(rule.unit) if has_units else sentences


def explain_order(order: Iterable[Criterion]) -> str:
    """By what one is ranked, and what equal ones get, as a sentence."""
    first, *others = (PACKINGS[criterion] for criterion in order)
    said, before = first.phrase, first.noun
    for packing in others:
        said += f"；{before}相同的，{packing.phrase}"
        before = packing.noun
    return f"{said}；全部相同的名次并列，后面的名次顺延（1、2、2、4）。"


def _explain_publicity(rule: BoardRule) -> str:
    return (
        f"只列前 {rule.shown_people} 名和你自己；末位并列超出人数的，并列者都不列。"
        f"相邻的 {rule.neighbours} 位只显示得分和用时。选择不公开的人显示“{HIDDEN_NAME}”，名次保留。"
    )


def _explain_units(rule: UnitRule) -> list[str]:
    participation, mean = rule.participation_percent, 100 - rule.participation_percent
    if participation == 0:
        formula = "单位得分是参加者最好成绩的平均分（折合 100 分）。"
    elif participation == 100:
        formula = "单位得分是参与率（100% 得 100 分）。"
    else:
        formula = f"单位得分（100 分）= 参与率 × {participation}% + 参加者最好成绩的平均分 × {mean}%。"
    sentences = [formula, "参与率 = 参加人数 ÷ 名册截止日在册人数，已批准请假的人不计入。"]
    if rule.bands:
        sentences.append(
            "单位按人数分组排名：" + "、".join(f"{name}（{limit} 人以内）" for name, limit in rule.bands) + "。"
        )
    return sentences


# --- snapshots -----------------------------------------------------------------------------------------------------


def canonical(payload: object) -> bytes:
    """The one way this payload is written down: sorted keys, no spaces, UTF-8."""
    return json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def digest(payload: object) -> str:
    """SHA-256 of the canonical form, 64 hexadecimal digits."""
    return hashlib.sha256(canonical(payload)).hexdigest()


def tidied_digest(typed: str) -> str | None:
    """A digest as somebody copied it, without blanks and in lower case; None when it cannot be one."""
    digest = "".join(typed.split()).lower()
    return digest if len(digest) == 64 and set(digest) <= set("0123456789abcdef") else None


def proof(payload: object, digest: str, signature: str, key_name: str) -> bytes:
    """The signed file of a publication: the canonical form as one text, so that its bytes survive every JSON writer."""
    parts = {"key": key_name, "signature": signature, "digest": digest, "snapshot": canonical(payload).decode()}
    return json.dumps(parts, ensure_ascii=False, indent=1).encode()


def fingerprint(digest: str) -> str:
    """The beginning of a digest as people read it aloud: `7f3a 92c1`."""
    return f"{digest[:4]} {digest[4:8]}"


@dataclass(frozen=True)
class Change:
    """One person's line in two versions of a ranking; None where the person is missing from that version."""

    person_id: int
    old: dict[str, Any] | None
    new: dict[str, Any] | None


def differences(old: Iterable[dict[str, Any]], new: Iterable[dict[str, Any]]) -> list[Change]:
    """Whose place, score or time differs between two lists of lines, in the order of the new list, vanished people last."""
    before, after = ({line["person_id"]: line for line in lines} for lines in (old, new))
    figures = ("place", "score_millis", "seconds")

    def differs(person_id: int) -> bool:
        ours, theirs = before.get(person_id), after.get(person_id)
        return ours is None or theirs is None or any(ours[name] != theirs[name] for name in figures)

    people = [*after, *(person_id for person_id in before if person_id not in after)]
    return [Change(p, before.get(p), after.get(p)) for p in people if differs(p)]


def competing_unit(path: str, root_path: str) -> int | None:
    """The unit a person of the unit at `path` competes for: the child of the root that holds it, the root itself, or none outside it."""
    if not path.startswith(root_path):
        return None
    below = path[len(root_path) :].split("/")
    return int(below[0] or root_path.rstrip("/").rsplit("/", 1)[-1])


# --- publication ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Row:
    place: int
    row: dict[str, Any]


def listed(rows: Sequence[dict[str, Any]], limit: int) -> list[dict[str, Any]]:
    """The rows of a snapshot that may be shown to everybody (see `shown`)."""
    return [line.row for line in shown([_Row(row["place"], row) for row in rows[: limit + 1]], limit)]


FURTHER = ("honours", "teams", "team_honours")
"""Lists of lines that a snapshot may have besides people and units: people who are honoured, teams, and honoured teams with who
played for them."""


def public_part(rule: BoardRule, complete: dict[str, Any], old: dict[str, Any] | None = None) -> dict[str, Any]:
    """What everybody may read of a complete snapshot: the head, the first lines, and, in a correction of `old`, what moved in them."""
    people = listed(complete["people"], rule.shown_people)
    head = {
        name: value for name, value in complete.items() if name not in ("people", "units", "journal_until", *FURTHER)
    }
    part = head | {"people": [_public_person(row) for row in people], "units": _public_units(rule, complete["units"])}
    if "honours" in complete:
        part["honours"] = [_public_person(row) for row in listed(complete["honours"], rule.shown_people)]
    if "teams" in complete:
        part["teams"] = [_public_team(row) for row in listed(complete["teams"], rule.shown_units)]
    if "team_honours" in complete:
        part["team_honours"] = [_honoured_team(row) for row in listed(complete["team_honours"], rule.shown_units)]
    if old is not None:
        was = listed(old["people"], rule.shown_people)
        part["changes"] = [_public_change(change) for change in differences(was, people)]
    return part


def _public_person(row: dict[str, Any]) -> dict[str, Any]:
    figures = {name: row[name] for name in ("place", "score_millis", "seconds", "submitted_at")}
    hidden = row["is_hidden"]
    return figures | {"name": HIDDEN_NAME if hidden else row["name"], "unit": "" if hidden else row["unit"]}


def _public_team(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("place", "name", "unit", "score_millis", "seconds")}


def _honoured_team(row: dict[str, Any]) -> dict[str, Any]:
    return _public_team(row) | {"players": [HIDDEN_NAME if one["is_hidden"] else one["name"] for one in row["players"]]}


def _public_units(rule: BoardRule, units: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first units of each band, at most `shown_units` altogether, none of which nobody took part."""
    each = max(1, rule.shown_units // max(1, len(rule.unit.bands)))
    names = ("place", "name", "band", "score_millis")
    found = []
    for band in dict.fromkeys(unit["band"] for unit in units):
        of_band = [unit for unit in units if unit["band"] == band]
        found += [unit for unit in listed(of_band, each) if unit["people"]]
    return [{name: unit[name] for name in names} for unit in found[: rule.shown_units]]


def _public_change(change: Change) -> dict[str, Any]:
    known = change.new or change.old
    assert known is not None
    hidden = (change.old or known)["is_hidden"] or known["is_hidden"]
    return {
        "name": HIDDEN_NAME if hidden else known["name"],
        "old_place": change.old and change.old["place"],
        "new_place": change.new and change.new["place"],
        "old_score_millis": change.old and change.old["score_millis"],
        "new_score_millis": change.new and change.new["score_millis"],
    }
