"""The read side of corrections of an advancement list: what the next version would say, and the versions that were published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, undefer

from lms.contests import advancement_correction_rules, advancement_queries, advancement_rules
from lms.contests.advancement_correction_rules import STANDS, Before, Corrected, Difference, Stand
from lms.contests.advancement_queries import PublishedLine
from lms.contests.advancement_rules import AdvanceRule, Candidate, Decision, Outcome, lot_of
from lms.contests.entry_models import Advancement, AdvancementLine, AdvancementVersion, AdvancementWithdrawal
from lms.contests.models import Round, RoundEntry
from lms.contests.rules import RoundKind
from lms.contests.team_models import Team, TeamResult, TeamSheet
from lms.contests.team_queries import TeamStanding
from lms.errors import Conflict
from lms.leaderboard.models import BoardResult
from lms.leaderboard.rules import HIDDEN_NAME, digest
from lms.leaderboard.services import Standing
from lms.people import queries as people


def subject_of(line: Any) -> int:
    """The person or the team of a stored line, as a row or as it stands in a version."""
    person, team = (line["person_id"], line["team_id"]) if isinstance(line, Mapping) else (line.person_id, line.team_id)
    return int(person or team or 0)


# --- the next version ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Next:
    """What a correction would say, as stored lines too, and whose standing it changes. `differs`: also when only figures do, such as
    what is carried."""

    corrected: Corrected
    changes: Sequence[Difference]
    rows: list[dict[str, Any]]
    differs: bool


def next_version(
    session: Session,
    published: Advancement,
    target: Round,
    source: Round,
    instead: Sequence[Candidate] | None = None,
    *,
    now: datetime,
) -> Next:
    """The correction by the earlier board as it stands, or by these candidates."""
    lines = advancement_queries.list_published(session, target.id)
    stands = {subject_of(one.line): one.stand for one in lines}
    found = advancement_queries.candidates(session, target, source) if instead is None else instead
    played = find_played(session, target, lines, now)
    before = Before(stands.keys(), list_gone(session, target.id), played)
    rule, cards = AdvanceRule.from_json(published.rule), advancement_queries.cards_of(session, target.id)
    new = advancement_correction_rules.corrected(rule, found, cards, before)
    changes = advancement_correction_rules.differences(stands, new)
    carried = {subject_of(one.line): one.line.carried_millis for one in lines if subject_of(one.line) in played}
    rows, last = rows_of(target, new.lines, carried), find_version(session, target.id, published.version)
    return Next(new, changes, rows, bool(changes) or last is None or last.lines != rows)


def list_gone(session: Session, round_id: int, until: datetime | None = None) -> list[int]:
    """Who withdrew, in their order."""
    query = (
        select(AdvancementLine)
        .join(AdvancementWithdrawal, AdvancementWithdrawal.line_id == AdvancementLine.id)
        .where(AdvancementWithdrawal.round_id == round_id)
        .order_by(AdvancementWithdrawal.id)
    )
    if until is not None:
        query = query.where(AdvancementWithdrawal.at <= until)
    return [subject_of(line) for line in session.scalars(query)]


def find_played(session: Session, target: Round, lines: Sequence[PublishedLine], now: datetime) -> set[int]:
    """Who of the list has begun the round, or whose team has. A final on stage has begun for everybody when it opens."""
    if not advancement_queries.of_teams(target):
        return set(session.scalars(select(RoundEntry.person_id).where(RoundEntry.round_id == target.id)))
    if target.kind is RoundKind.STAGE and now >= target.opens_at:
        return {subject_of(one.line) for one in lines if one.is_in}
    drawn = select(TeamSheet.team_id).where(TeamSheet.round_id == target.id)
    there = select(TeamResult.team_id).where(TeamResult.round_id == target.id)
    return set(session.scalars(drawn)) | set(session.scalars(there))


def rows_of(target: Round, lines: Sequence[Decision], carried: Mapping[int, int]) -> list[dict[str, Any]]:
    """The lines of a list as they are stored. `carried`: what counts already for those who have taken part: that
    stays, because their result was made with it."""
    of_teams = advancement_queries.of_teams(target)
    return [
        {
            "round_id": target.id, "position": position, "person_id": None if of_teams else line.id,
            "team_id": line.id if of_teams else None, "unit_id": line.unit_id, "outcome": line.outcome.value,
            "seat": line.seat.value if line.seat else None, "reason": line.reason[:200], "place": line.place,
            "score_millis": line.score_millis,
            "carried_millis": carried.get(line.id, advancement_rules.carried(line.score_millis, target.carry_percent)),
        }
        for position, line in enumerate(lines, 1)
    ]  # fmt: skip


# --- versions ------------------------------------------------------------------------------------------------------


def digest_of(lines: Sequence[Mapping[str, Any]], changes: Sequence[Mapping[str, Any]]) -> str:
    """That of a version; of one that changes nothing, its lines alone."""
    return digest({"lines": lines, "changes": changes} if changes else lines)


def journal_end(session: Session, board_id: int) -> int:
    """The last line of the board's journal now."""
    last = select(func.coalesce(func.max(BoardResult.id), 0)).where(BoardResult.board_id == board_id)
    return session.scalars(last).one()


def check_still(session: Session, board_id: int, until: int) -> None:
    """What was read of the board since then is what its journal has up to that line. Raises Conflict when a result came in between."""
    if journal_end(session, board_id) != until:
        raise Conflict("前一轮的成绩刚刚有更正，请再试一次。")


def list_versions(session: Session, round_id: int) -> Sequence[AdvancementVersion]:
    """The newest first, without their lines."""
    query = select(AdvancementVersion).where(AdvancementVersion.round_id == round_id)
    return session.scalars(query.order_by(AdvancementVersion.version.desc())).all()


def find_version(session: Session, round_id: int, version: int) -> AdvancementVersion | None:
    query = select(AdvancementVersion).where(
        AdvancementVersion.round_id == round_id, AdvancementVersion.version == version
    )
    whole = (undefer(AdvancementVersion.lines), undefer(AdvancementVersion.changes))
    return session.scalars(query.options(*whole)).one_or_none()


@dataclass(frozen=True)
class Name:
    """Of a person or a team, as lists show it."""

    name: str
    is_unlisted: bool = False

    @property
    def public(self) -> str:
        return HIDDEN_NAME if self.is_unlisted else self.name


def names_of(session: Session, target: Round, ids: Sequence[int]) -> dict[int, Name]:
    """Names of today by person or team."""
    if advancement_queries.of_teams(target):
        teams = select(Team.id, Team.name).where(Team.id.in_(ids))
        return {id: Name(name) for id, name in session.execute(teams)}
    return {id: Name(*listing) for id, listing in people.list_listings(session, ids).items()}


@dataclass(frozen=True)
class ChangeLine:
    """A difference with the name it is about."""

    change: Difference
    name: Name

    @property
    def was(self) -> str:
        return STANDS[self.change.was] if self.change.was else "不在名单里"

    @property
    def now(self) -> str:
        return STANDS[self.change.now]


def named(session: Session, target: Round, changes: Sequence[Difference]) -> list[ChangeLine]:
    names = names_of(session, target, [one.id for one in changes])
    return [ChangeLine(one, names[one.id]) for one in changes]


def changes_of(version: AdvancementVersion) -> list[Difference]:
    """Whom the version changed."""
    return [
        Difference(one["id"], Stand(one["was"]) if one["was"] else None, Stand(one["now"]), one["reason"])
        for one in version.changes
    ]


@dataclass(frozen=True)
class OldLine:
    """A line of an earlier version."""

    row: Mapping[str, Any]
    name: Name
    unit: str

    @property
    def outcome(self) -> str:
        return advancement_rules.OUTCOMES[advancement_rules.Outcome(self.row["outcome"])]


def lines_of(session: Session, target: Round, version: AdvancementVersion) -> list[OldLine]:
    """Those whom the version admitted, with the names of today."""
    rows = [row for row in version.lines if row["outcome"] in ("advanced", "kept")]
    names, units = names_of(session, target, [subject_of(row) for row in rows]), people.list_units(session)
    units_by_id = {unit.id: unit.name for unit in units}
    return [OldLine(row, names[subject_of(row)], units_by_id.get(row["unit_id"] or 0, "")) for row in rows]


# --- what other standings would change -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Shift:
    """What other standings of an earlier round would change in who enters this one. A published list changes by its next version only."""

    round: Round
    is_published: bool
    changes: Sequence[Difference]


def list_shifts(
    session: Session, source: Round, lines: Sequence[Standing], teams: Sequence[TeamStanding], *, now: datetime
) -> list[Shift]:
    """For each later round on which these standings of people and teams have an effect."""
    found = []
    for target in advancement_queries.list_later_rounds(session, source.id):
        if advancement_queries.of_teams(target):
            moved = advancement_queries.of_team_lines(session, target, teams)
        else:
            moved = [
                Candidate(one.person_id, one.unit_id, one.place, one.score_millis, lot_of(target.id, one.person_id))
                for one in lines
            ]
        published = advancement_queries.find_advancement(session, target.id)
        if published is None:
            changes = _unpublished(session, target, source, moved)
            found += [Shift(target, False, changes)] if changes else []
        else:
            after = next_version(session, published, target, source, moved, now=now)
            found += [Shift(target, True, after.changes)] if after.differs else []
    return found


def _unpublished(session: Session, target: Round, source: Round, moved: Sequence[Candidate]) -> list[Difference]:
    """By the rule as it would admit now, against the same with these candidates."""
    old = {
        one.id: Stand.IN
        for one in advancement_queries.decisions(session, target, source)
        if one.outcome is Outcome.ADVANCED
    }
    new = {one.id: one for one in advancement_queries.decisions(session, target, source, moved)}
    into = {id for id, one in new.items() if one.outcome is Outcome.ADVANCED}
    comes = [Difference(id, None, Stand.IN, one.reason) for id, one in new.items() if id in into - old.keys()]
    goes = [
        Difference(id, Stand.IN, Stand.OUT, new[id].reason if id in new else "") for id in sorted(old.keys() - into)
    ]
    return comes + goes
