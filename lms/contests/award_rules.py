"""What follows from a published ranking: honours with their certificates, and hours. Pure.

A version of the ranking names the honoured; the next version is held against it, and only what differs is done and told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from itertools import groupby
from typing import Any

from lms.contests.rules import PASS_PERCENT


@dataclass(frozen=True)
class AwardRule:
    """The honoured are the first `most` with at least `least_millis`, of a unit at most `per_unit` (0: however many); `hours_quarters`
    go once to everybody ranked with at least `hours_from_millis` and to whoever played for an honoured team. The honoured teams are
    the first `team_most` with at least `team_least_millis`. `most`, `team_most` 0: nobody is honoured."""

    title: str = "业务标兵"
    most: int = 8
    per_unit: int = 0
    least_millis: int = 85_000
    hours_quarters: int = 0
    hours_from_millis: int = 0
    team_title: str = "优胜队"
    team_most: int = 0
    team_least_millis: int = 0

    @property
    def does_anything(self) -> bool:
        return self.most > 0 or self.team_most > 0 or self.hours_quarters > 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "AwardRule":
        return cls(**data)


def hours_from(full_millis: int) -> int:
    """The score from which hours are given, of a round with this full score."""
    return full_millis * PASS_PERCENT // 100


@dataclass(frozen=True)
class Ranked:
    """Somebody's line of a ranking. `unit` is any name of the unit, empty for none."""

    person_id: int
    place: int
    score_millis: int
    unit: str = ""


def honoured(rule: AwardRule, lines: Iterable[Ranked]) -> list[Ranked]:
    """Who is honoured, of lines in the order of the ranking. Equal places are honoured together, also beyond `most` and `per_unit`."""
    found: list[Ranked] = []
    taken: dict[str, int] = {}
    for _, equals in groupby(lines, key=lambda line: line.place):
        if len(found) >= rule.most:
            break
        named = [line for line in equals if line.score_millis >= rule.least_millis and _has_room(rule, taken, line)]
        for line in named:
            taken[line.unit] = taken.get(line.unit, 0) + 1
        found += named
    return found


def _has_room(rule: AwardRule, taken: Mapping[str, int], line: Ranked) -> bool:
    return not rule.per_unit or not line.unit or taken.get(line.unit, 0) < rule.per_unit


@dataclass(frozen=True)
class TeamLine:
    """A team's line of a ranking; `players` are who took part for it, substitutes only when they did."""

    team_id: int
    place: int
    score_millis: int
    name: str
    players: tuple[int, ...] = ()


def honoured_teams(rule: AwardRule, teams: Iterable[TeamLine]) -> list[TeamLine]:
    """Which teams are honoured, of lines in the order of the ranking, equal places together."""
    found: list[TeamLine] = []
    for _, equals in groupby(teams, key=lambda line: line.place):
        if len(found) >= rule.team_most:
            break
        found += [line for line in equals if line.score_millis >= rule.team_least_millis]
    return found


def earns(rule: AwardRule, line: Ranked | None) -> bool:
    """Whether the line gives hours."""
    return line is not None and rule.hours_quarters > 0 and line.score_millis >= rule.hours_from_millis


class HonourChange(StrEnum):
    NONE = ""
    NAMED = "named"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


HONOUR_CHANGES = {
    HonourChange.NONE: "",
    HonourChange.NAMED: "新发证书",
    HonourChange.REPLACED: "证书换发",
    HonourChange.WITHDRAWN: "证书撤销",
}


@dataclass(frozen=True)
class Effect:
    """What a version changes for one person: the line before and now, the honour, hours in quarters (negative: taken back), and the
    honour of the team the person played for."""

    person_id: int
    old: Ranked | None
    new: Ranked | None
    honour: HonourChange
    quarters: int
    team_honour: HonourChange = HonourChange.NONE
    team: TeamLine | None = None

    @property
    def changes(self) -> tuple[HonourChange, HonourChange]:
        """Of the own honour and of the team's."""
        return self.honour, self.team_honour

    @property
    def has_moved(self) -> bool:
        """Whether place or score is another one than in the version before."""
        if self.old is None or self.new is None:
            return self.old is not self.new
        return (self.old.place, self.old.score_millis) != (self.new.place, self.new.score_millis)


@dataclass(frozen=True)
class Outcome:
    """A version of a ranking: its lines in order, who is honoured, and who played for which honoured team."""

    lines: Mapping[int, Ranked]
    named: frozenset[int]
    teams: Mapping[int, TeamLine] = field(default_factory=dict)

    def gives_hours(self, rule: AwardRule, person_id: int) -> bool:
        return rule.hours_quarters > 0 and (earns(rule, self.lines.get(person_id)) or person_id in self.teams)


def outcome(rule: AwardRule, lines: Sequence[Ranked], teams: Iterable[TeamLine] = ()) -> Outcome:
    by_person = {line.person_id: line for line in lines}
    named = frozenset(one.person_id for one in honoured(rule, lines))
    return Outcome(by_person, named, by_player(honoured_teams(rule, teams)))


def by_player(teams: Iterable[TeamLine]) -> dict[int, TeamLine]:
    """Person → team; who played for two has the better one."""
    found: dict[int, TeamLine] = {}
    for team in teams:
        for person_id in team.players:
            found.setdefault(person_id, team)
    return found


def effects(rule: AwardRule, old: Outcome | None, new: Outcome) -> list[Effect]:
    """What `new` brings after `old`, in the order of the new lines, those who are gone last; nobody for whom nothing changes. With
    no version before, only what it gives: a first place is no change of place."""
    before = (*old.lines, *old.teams) if old else ()
    people = dict.fromkeys((*new.lines, *new.teams, *before))
    found = [_effect(rule, old, new, person_id) for person_id in people]
    return [one for one in found if any(one.changes) or one.quarters or (old is not None and one.has_moved)]


def _effect(rule: AwardRule, old: Outcome | None, new: Outcome, person_id: int) -> Effect:
    was, line = old.lines.get(person_id) if old else None, new.lines.get(person_id)
    had = old is not None and old.gives_hours(rule, person_id)
    quarters = rule.hours_quarters * (new.gives_hours(rule, person_id) - had)
    team_honour, team = _team_honour(old, new, person_id)
    return Effect(person_id, was, line, _honour(old, new, person_id), quarters, team_honour, team)


def _honour(old: Outcome | None, new: Outcome, person_id: int) -> HonourChange:
    """A certificate says the place, so another place is another certificate."""
    had, has = old is not None and person_id in old.named, person_id in new.named
    if had and has and old is not None:
        same = old.lines[person_id].place == new.lines[person_id].place
        return HonourChange.NONE if same else HonourChange.REPLACED
    return HonourChange.NAMED if has else HonourChange.WITHDRAWN if had else HonourChange.NONE


def _team_honour(old: Outcome | None, new: Outcome, person_id: int) -> tuple[HonourChange, TeamLine | None]:
    """With the team it is about. The certificate says team and place."""
    had, has = old.teams.get(person_id) if old else None, new.teams.get(person_id)
    if had and has:
        same = (had.team_id, had.place) == (has.team_id, has.place)
        return HonourChange.NONE if same else HonourChange.REPLACED, has
    if has:
        return HonourChange.NAMED, has
    return HonourChange.WITHDRAWN if had else HonourChange.NONE, had


# --- in words ------------------------------------------------------------------------------------------------------


def explain(rule: AwardRule) -> list[str]:
    """The rule as sentences, for those whom it may honour."""
    said = []
    if rule.most:
        units = f"，每个单位最多 {rule.per_unit} 人" if rule.per_unit else ""
        least = f"、不低于 {_points(rule.least_millis)} 分" if rule.least_millis > 0 else ""
        said.append(f"公布时，前 {rule.most} 名{least}的评为{rule.title}并发证书{units}；名次并列的一起评。")
    if rule.team_most:
        least = f"、不低于 {_points(rule.team_least_millis)} 分" if rule.team_least_millis > 0 else ""
        said.append(
            f"团队前 {rule.team_most} 名{least}的评为{rule.team_title}，上场的队员每人一份证书，没有上场的替补不发。"
        )
    if rule.hours_quarters:
        hours, teams = _hours(rule.hours_quarters), "，获奖队上场的队员也记" if rule.team_most else ""
        said.append(f"公布后，得分不低于 {_points(rule.hours_from_millis)} 分的每人记 {hours} 学时{teams}，只记一次。")
    return said


def tell(rule: AwardRule, title: str, version: int, effect: Effect) -> str:
    """The one sentence in which the person is told what a version changed."""
    head = f"“{title}”的公布名次有更正：" if version > 1 else f"“{title}”已公布："
    parts = [
        _place_words(effect, version), _honour_words(rule, effect), _team_words(rule, effect), _hours_words(effect),
    ]  # fmt: skip
    return head + "，".join(part for part in parts if part)


def _place_words(effect: Effect, version: int) -> str:
    old, new = effect.old, effect.new
    if new is None:
        return "你的成绩不再计入名次" if old is not None else ""
    if version == 1 or old is None:
        return f"你是第 {new.place} 名"
    if old.place != new.place:
        return f"你由第 {old.place} 名改为第 {new.place} 名"
    if old.score_millis != new.score_millis:
        return f"你的得分由 {_points(old.score_millis)} 分改为 {_points(new.score_millis)} 分，名次不变"
    return ""


def _honour_words(rule: AwardRule, effect: Effect) -> str:
    return {
        HonourChange.NONE: "",
        HonourChange.NAMED: f"被评为{rule.title}，证书已发",
        HonourChange.REPLACED: f"{rule.title}证书已换发",
        HonourChange.WITHDRAWN: f"不再是{rule.title}，证书已撤销",
    }[effect.honour]


def _team_words(rule: AwardRule, effect: Effect) -> str:
    team = effect.team
    if team is None:
        return ""
    return {
        HonourChange.NONE: "",
        HonourChange.NAMED: f"“{team.name}”团队第 {team.place} 名，被评为{rule.team_title}，证书已发",
        HonourChange.REPLACED: f"“{team.name}”改为团队第 {team.place} 名，{rule.team_title}证书已换发",
        HonourChange.WITHDRAWN: f"“{team.name}”不再是{rule.team_title}，证书已撤销",
    }[effect.team_honour]


def _hours_words(effect: Effect) -> str:
    if not effect.quarters:
        return ""
    return f"{'记' if effect.quarters > 0 else '冲减'} {_hours(abs(effect.quarters))} 学时"


def certificate_lines(rule: AwardRule, contest: str, round_title: str, place: int) -> list[str]:
    return [f"在“{contest}·{round_title}”中获第 {place} 名，经复核和公示，被评为{rule.title}。", "特发此证。"]


def team_certificate_lines(rule: AwardRule, contest: str, round_title: str, team: TeamLine) -> list[str]:
    said = f"代表“{team.name}”参加“{contest}·{round_title}”，获团队第 {team.place} 名，经复核和公示，被评为{rule.team_title}。"
    return [said, "特发此证。"]


def _points(millis: int) -> str:
    return f"{millis / 1000:g}"


def _hours(quarters: int) -> str:
    return f"{quarters / 4:g}"
