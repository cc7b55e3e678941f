"""Every version of an advancement list, made again from the journal of the earlier board up to where it was published."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.contests import advancement_correction_rules, advancement_queries, advancement_versions
from lms.contests.advancement_correction_rules import Before, Corrected
from lms.contests.advancement_rules import AdvanceRule, Candidate, Decision, Outcome, decide, lot_of
from lms.contests.advancement_versions import digest_of, subject_of
from lms.contests.entry_models import Advancement, AdvancementLine, AdvancementVersion
from lms.contests.models import Round, RoundEntry
from lms.leaderboard.models import Board
from lms.leaderboard.rules import places
from lms.leaderboard.services.counting import recount

Row = Mapping[str, Any]


def verify(session: Session, target: Round, faults: list[str]) -> None:
    """Digests, the chain of versions, the stored lines, and of people the decisions themselves. Lists of teams are not decided again:
    who was in which team is not kept for every moment."""
    published = advancement_queries.find_advancement(session, target.id)
    if published is None:
        return
    known: list[Row] = []
    for number in range(1, published.version + 1):
        version = advancement_versions.find_version(session, target.id, number)
        if version is None:
            faults.append(f"round {target.id}: version {number} of the list is missing")
            continue
        said = _faults_of(session, target, published, version, known)
        faults += [f"round {target.id}, list version {number}: {fault}" for fault in said]
        known = version.lines
    if published.version and known != _stored(session, target.id):
        faults.append(f"round {target.id}: the lines that stand are not those of list version {published.version}")


def _faults_of(
    session: Session, target: Round, published: Advancement, version: AdvancementVersion, known: Sequence[Row]
) -> list[str]:
    found = []
    if digest_of(version.lines, version.changes) != version.digest:
        found.append("it is not the one its digest names")
    if version.journal_until is not None and not advancement_queries.of_teams(target):
        wanted = [_plain(line) for line in _decided(session, target, published, version, known)]
        stored = [_plain_row(row) for row in version.lines]
        if wanted != stored:
            wrong = [one for one in stored if one not in wanted] or [one for one in wanted if one not in stored]
            found.append(f"does not follow from the journal and the rule, for example {wrong[:3]}")
    return found


def _decided(
    session: Session, target: Round, published: Advancement, version: AdvancementVersion, known: Sequence[Row]
) -> Sequence[Decision]:
    rule, cards = AdvanceRule.from_json(published.rule), advancement_queries.cards_of(session, target.id)
    there = _candidates(session, target, published, version)
    if version.version == 1:
        return [line for line in decide(rule, there, cards) if line.outcome is not Outcome.OUT]
    begun = select(RoundEntry.person_id).where(
        RoundEntry.round_id == target.id, RoundEntry.entered_at <= version.published_at
    )
    gone = advancement_versions.list_gone(session, target.id, version.published_at)
    before = Before([subject_of(row) for row in known], gone, set(session.scalars(begun)))
    new: Corrected = advancement_correction_rules.corrected(rule, there, cards, before)
    return new.lines


def _candidates(
    session: Session, target: Round, published: Advancement, version: AdvancementVersion
) -> list[Candidate]:
    """The earlier board as its journal had it when the version was published."""
    source = session.get_one(Round, published.from_round_id)
    board = session.get_one(Board, source.board_id)
    counted = recount(session, board, until=version.journal_until)
    ordered = sorted(counted.entries.values(), key=lambda entry: (int(entry["rank_key"]), int(entry["person_id"])))
    found = places(entry["rank_key"] for entry in ordered)
    return [
        Candidate(
            one["person_id"], one["unit_id"], place, one["score_millis"], lot_of(target.id, one["person_id"])
        )
        for one, place in zip(ordered, found, strict=True)
    ]  # fmt: skip


def _plain(line: Decision) -> tuple[object, ...]:
    return line.id, line.outcome.value, line.seat.value if line.seat else None, line.place, line.score_millis


def _plain_row(row: Row) -> tuple[object, ...]:
    return subject_of(row), row["outcome"], row["seat"], row["place"], row["score_millis"]


def _stored(session: Session, round_id: int) -> list[Row]:
    """The lines that stand, as a version writes them; who is on no version any more does not stand."""
    query = select(AdvancementLine).where(AdvancementLine.round_id == round_id).order_by(AdvancementLine.position)
    names = (
        "round_id", "position", "person_id", "team_id", "unit_id", "outcome", "seat", "reason", "place", "score_millis",
        "carried_millis",
    )  # fmt: skip
    return [{name: getattr(line, name) for name in names} for line in session.scalars(query)]
