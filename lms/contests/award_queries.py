"""The read side of what follows from a ranking: what would follow now, and what followed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.certificates.models import Certificate
from lms.contests import award_rules, team_queries
from lms.contests.award_models import RoundAward, RoundEffect
from lms.contests.award_rules import AwardRule, Effect, HonourChange, Outcome, Ranked, TeamLine
from lms.contests.models import Round
from lms.contests.queries import RoundLine
from lms.contests.team_queries import TeamStanding
from lms.leaderboard import queries as boards
from lms.leaderboard.models import PublishedRanking
from lms.leaderboard.queries import BoardHead
from lms.people import queries as people

NOTHING = AwardRule(most=0)


def find_award(session: Session, round_id: int) -> AwardRule:
    """What was chosen for the round; nothing when nobody has."""
    found = session.get(RoundAward, round_id)
    return found.award_rule if found else NOTHING


# --- versions ------------------------------------------------------------------------------------------------------


def more_of(session: Session, line: RoundLine, board: BoardHead, snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """What a contest adds to a snapshot of its board: the award with the honoured, and the teams in order where there are any."""
    rule, more = find_award(session, line.round.id), dict[str, Any]()
    if rule.does_anything:
        named = {one.person_id for one in award_rules.honoured(rule, ranked(snapshot))}
        more["award"] = rule.to_json()
        more["honours"] = [row for row in snapshot["people"] if row["person_id"] in named]
    terms = team_queries.find_terms(session, line.contest.id)
    if terms is not None:
        found = team_queries.standings(session, line.round, board.rule, terms.sizes)
        more["teams"] = [_team(one) for one in found.lines]
    if terms is not None and rule.team_most:
        more["team_honours"] = _team_honours(session, line, rule, more["teams"], snapshot)
    return more


def _team_honours(
    session: Session,
    line: RoundLine,
    rule: AwardRule,
    teams: Sequence[Mapping[str, Any]],
    snapshot: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """The rows of the honoured teams with who played for them."""
    players = team_queries.list_players(session, line.round, (row["person_id"] for row in snapshot["people"]))
    named = {one.team_id for one in award_rules.honoured_teams(rule, team_lines(teams))}
    rows = [row for row in teams if row["team_id"] in named]
    listings = people.list_listings(session, [who for row in rows for who in players.get(row["team_id"], ())])
    return [
        {**row, "players": [_player(who, *listings[who]) for who in players.get(row["team_id"], ())]} for row in rows
    ]


def _player(person_id: int, name: str, is_unlisted: bool) -> dict[str, Any]:
    return {"person_id": person_id, "name": name, "is_hidden": is_unlisted}


def team_lines(rows: Iterable[Mapping[str, Any]]) -> list[TeamLine]:
    """Rows of a complete snapshot in their order; with players where the row has them."""
    return [
        TeamLine(
            row["team_id"], row["place"], row["score_millis"], row["name"],
            tuple(one["person_id"] for one in row.get("players", ())),
        )
        for row in rows
    ]  # fmt: skip


def _team(one: team_queries.TeamStanding) -> dict[str, Any]:
    figures = {"score_millis": one.total.score_millis, "seconds": one.total.seconds}
    return {"place": one.place, "team_id": one.team_id, "name": one.name, "unit": one.unit, **figures}


def ranked(snapshot: Mapping[str, Any]) -> list[Ranked]:
    """The lines of a complete snapshot in their order."""
    return [Ranked(row["person_id"], row["place"], row["score_millis"], row["unit"]) for row in snapshot["people"]]


def rule_of(complete: Mapping[str, Any]) -> AwardRule:
    """The award a version carries."""
    return AwardRule.from_json(complete["award"]) if "award" in complete else NOTHING


@dataclass(frozen=True)
class VersionEffects:
    """What one version changed, with its snapshot."""

    version: int
    rule: AwardRule
    complete: Mapping[str, Any]
    effects: Sequence[Effect]

    @cached_property
    def rows(self) -> Mapping[int, Mapping[str, Any]]:
        """The lines of the snapshot by person."""
        return {row["person_id"]: row for row in self.complete["people"]}

    @cached_property
    def names(self) -> Mapping[int, str]:
        """Of everybody for whom the version does something, as it names them."""
        players = (one for row in self.complete.get("team_honours", ()) for one in row["players"])
        return {one["person_id"]: one["name"] for one in (*self.complete["people"], *players)}


def find_version(session: Session, board_id: int, version: int) -> VersionEffects:
    """By the two snapshots alone, so that it is the same whenever it is asked."""
    complete = _complete(session, board_id, version)
    old = _complete(session, board_id, version - 1) if version > 1 else None
    rule = rule_of(complete)
    before = _outcome(old) if old is not None else None
    return VersionEffects(version, rule, complete, award_rules.effects(rule, before, _outcome(complete)))


def _outcome(complete: Mapping[str, Any]) -> Outcome:
    """The honoured are those the version names, not those a rule would name today."""
    lines = {line.person_id: line for line in ranked(complete)}
    named = frozenset(row["person_id"] for row in complete.get("honours", ()))
    return Outcome(lines, named, award_rules.by_player(team_lines(complete.get("team_honours", ()))))


def _complete(session: Session, board_id: int, version: int | None = None) -> dict[str, Any]:
    published = boards.find_publication(session, board_id, version)
    assert published is not None
    return boards.load_complete(session, published)


# --- what would follow ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Preview:
    """What publishing or correcting would bring. `is_first`: there is no version yet, and `moved` is 0."""

    rule: AwardRule
    is_first: bool
    effects: Sequence[Effect]
    names: Mapping[int, str]

    @property
    def moved(self) -> int:
        return sum(1 for one in self.effects if not self.is_first and one.has_moved)

    def count(self, change: str) -> int:
        """Certificates, of people and of teams."""
        return sum(one.changes.count(HonourChange(change)) for one in self.effects)

    @property
    def credited(self) -> int:
        return sum(1 for one in self.effects if one.quarters > 0)

    @property
    def taken_back(self) -> int:
        return sum(1 for one in self.effects if one.quarters < 0)

    def name(self, effect: Effect) -> str:
        return self.names.get(effect.person_id, "")

    def word(self, effect: Effect) -> str:
        own, team = (award_rules.HONOUR_CHANGES[change] for change in effect.changes)
        return "；".join(part for part in (own, f"团队{team}" if team else "") if part)


SHOWN = 30
"""So many rows of a preview have names."""


def preview(
    session: Session,
    line: RoundLine,
    lines: Iterable[Ranked] | None = None,
    teams: Sequence[TeamStanding] | None = None,
) -> Preview:
    """What the next version would bring by the true board as it stands, or by these lines, and teams, in its place."""
    if lines is None:
        board = boards.find_board(session, line.round.board_id)
        found = boards.list_lines(session, board) if board else []
        lines = [Ranked(one.person_id, one.place, one.score_millis, one.unit) for one in found]
    newest = boards.find_publication(session, line.round.board_id)
    old = boards.load_complete(session, newest) if newest else None
    rule = rule_of(old) if old is not None else find_award(session, line.round.id)
    lines = list(lines)
    new = award_rules.outcome(rule, lines, _teams_now(session, line, rule, lines, teams))
    effects = award_rules.effects(rule, _outcome(old) if old is not None else None, new)
    effects.sort(key=lambda one: not any(one.changes))
    return Preview(rule, newest is None, effects, people.names_of(session, [one.person_id for one in effects[:SHOWN]]))


def _teams_now(
    session: Session, line: RoundLine, rule: AwardRule, lines: Sequence[Ranked], teams: Sequence[TeamStanding] | None
) -> list[TeamLine]:
    if not rule.team_most:
        return []
    if teams is None:
        teams = team_queries.list_standings(session, line.round)
    players = team_queries.list_players(session, line.round, (one.person_id for one in lines))
    return [
        TeamLine(
            one.team_id, one.place, one.total.score_millis, one.name, tuple(players.get(one.team_id, ()))
        )
        for one in teams
    ]  # fmt: skip


# --- what followed -------------------------------------------------------------------------------------------------


def count_effects(session: Session, round_id: int, version: int) -> int:
    query = select(func.count()).where(RoundEffect.round_id == round_id, RoundEffect.version == version)
    return session.scalars(query).one()


def find_certificate(session: Session, round_id: int, person_id: int, *, of_team: bool = False) -> Certificate | None:
    """The one that stands for the person's honour in this round, or for that of the team the person played for."""
    which = RoundEffect.team_certificate_id if of_team else RoundEffect.certificate_id
    query = (
        select(Certificate)
        .join(RoundEffect, which == Certificate.id)
        .where(RoundEffect.round_id == round_id, RoundEffect.person_id == person_id)
        .order_by(Certificate.id.desc())
        .limit(1)
    )
    found = session.scalars(query).first()
    return found if found is not None and found.is_valid else None


@dataclass(frozen=True)
class Followed:
    """How far what follows from the newest version has come."""

    version: int
    expected: int
    done: int
    honours: int
    quarters: int


def find_followed(session: Session, round_: Round, newest: PublishedRanking) -> Followed:
    """Certificates that stand and quarters that were credited, over all versions."""
    of_round = RoundEffect.round_id == round_.id
    stands = (
        select(func.count(Certificate.id))
        .join(RoundEffect, Certificate.id.in_((RoundEffect.certificate_id, RoundEffect.team_certificate_id)))
        .where(of_round, Certificate.state == "valid")
    )
    quarters = session.scalars(select(func.coalesce(func.sum(RoundEffect.quarters), 0)).where(of_round)).one()
    expected = len(find_version(session, round_.board_id, newest.version).effects)
    done = count_effects(session, round_.id, newest.version)
    return Followed(newest.version, expected, done, session.scalars(stands).one(), int(quarters))
