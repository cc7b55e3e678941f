"""Advancement: wild cards, the first version of the list with its reasons, and withdrawals, for which the reserve moves up."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.contests import advancement_queries, advancement_rules, advancement_versions, queries, team_queries
from lms.contests.advancement_correction_rules import Stand
from lms.contests.advancement_queries import PublishedLine
from lms.contests.advancement_rules import Decision, Held, Outcome
from lms.contests.advancement_versions import digest_of, rows_of
from lms.contests.entry_models import (
    Advancement,
    AdvancementLine,
    AdvancementVersion,
    AdvancementWithdrawal,
    WildCard,
)
from lms.contests.errors import NotYet
from lms.contests.queries import RoundLine
from lms.contests.rules import ContestState, EntryMode, Phase
from lms.db import conflict_as
from lms.errors import Conflict, Invalid
from lms.notices import services as notices

READY = (Phase.REVIEWED, Phase.NOTICE, Phase.PUBLISHED)


def obstacle(target: RoundLine, source: RoundLine, *, is_published: bool, actor_id: int) -> str:
    """Why the list cannot be published now, as a sentence; empty when it can."""
    if is_published:
        return "名单已公布；有人退出请在名单里登记，前一轮有更正请发更正版。"
    if target.contest.state is not ContestState.OPEN:
        return "比拼还没有开放，或者已经撤下。"
    if source.phase not in READY:
        return f"“{source.round.title}”复核通过后才能公布晋级名单，现在是“{source.phase_name}”。"
    if source.is_frozen:
        return f"“{source.round.title}”的榜还封着，揭晓后才能公布晋级名单。"
    if source.round.reviewed_by_id == actor_id:
        return "晋级名单须由复核人以外的人公布。"
    return ""


# --- wild cards ----------------------------------------------------------------------------------------------------


def give_card(
    session: Session,
    target: RoundLine,
    subject_id: int,
    unit_id: int | None,
    *,
    reason: str,
    actor_id: int,
    now: datetime,
) -> None:
    """A place outside the order, to a person or, where teams advance, a team. Raises Conflict once the list is published or for a
    second card."""
    _check_unpublished(session, target)
    if not reason.strip():
        raise Invalid("请写明给外卡的理由，会随名单公布。", field="reason")
    subject = {"team_id" if advancement_queries.of_teams(target.round) else "person_id": subject_id}
    card = WildCard(round_id=target.round.id, unit_id=unit_id, reason=reason.strip(), by_id=actor_id, at=now, **subject)
    with conflict_as(Conflict("已经给过外卡了。"), session):
        session.add(card)
    audit.record(session, actor_id, "round:wild-card", _target(target), {**subject, "reason": reason}, now=now)


def take_card_back(session: Session, target: RoundLine, card: WildCard, *, actor_id: int, now: datetime) -> None:
    _check_unpublished(session, target)
    session.delete(card)
    detail = {"person_id": card.person_id, "team_id": card.team_id}
    audit.record(session, actor_id, "round:wild-card-back", _target(target), detail, now=now)


def _check_unpublished(session: Session, target: RoundLine) -> None:
    if target.round.entry is not EntryMode.ADVANCEMENT:
        raise Conflict("这一轮不按晋级参加。")
    if advancement_queries.find_advancement(session, target.round.id) is not None:
        raise Conflict("名单已公布，不能再改外卡。")


def _target(line: RoundLine) -> str:
    return f"round:{line.round.id}"


# --- published -----------------------------------------------------------------------------------------------------


def publish(session: Session, target: RoundLine, source: RoundLine, *, actor_id: int, now: datetime) -> Advancement:
    """The list as the rule gives it now is version 1; those on it are told. Raises NotYet, with what is missing, and Conflict
    when nobody advances or somebody else has just published."""
    published = advancement_queries.find_advancement(session, target.round.id) is not None
    said = obstacle(target, source, is_published=published, actor_id=actor_id)
    if said:
        raise NotYet(said)
    until = advancement_versions.journal_end(session, source.round.board_id)
    found = advancement_queries.decisions(session, target.round, source.round)
    advancement_versions.check_still(session, source.round.board_id, until)
    kept = [line for line in found if line.outcome is not Outcome.OUT]
    if not any(line.outcome is Outcome.ADVANCED for line in kept):
        raise Conflict("按现在的办法没有人晋级，请先改晋级办法或者给外卡。")
    rows = rows_of(target.round, kept, {})
    made = Advancement(
        round_id=target.round.id, from_round_id=source.round.id, rule=target.round.admission,
        edge_place=advancement_rules.edge_of(kept), state=source.board_state.value, digest=digest_of(rows, []), version=1,
        published_by_id=actor_id, published_at=now,
    )  # fmt: skip
    with conflict_as(Conflict("名单刚刚由别人公布了，请刷新。"), session):
        session.add(made)
    session.execute(insert(AdvancementLine), rows)
    session.add(_first_version(made, rows, until))
    _tell_all(session, target, kept, now)
    detail = {"digest": made.digest, "advanced": sum(1 for line in kept if line.seat is not None), "lines": len(kept)}
    audit.record(session, actor_id, "round:advance", _target(target), detail, now=now)
    return made


def _first_version(made: Advancement, rows: Sequence[Mapping[str, Any]], until: int) -> AdvancementVersion:
    same = ("round_id", "edge_place", "state", "digest", "published_by_id", "published_at")
    return AdvancementVersion(
        version=1,
        lines=rows,
        changes=[],
        reason="",
        journal_until=until,
        **{name: getattr(made, name) for name in same},
    )


def _tell_all(session: Session, target: RoundLine, lines: Sequence[Decision], now: datetime) -> None:
    for line in lines:
        word = "你已晋级" if line.outcome is Outcome.ADVANCED else "你进入候补名单"
        tell_subject(
            session, target, line.id, f"{word}“{target.contest.title} · {target.round.title}”：{line.reason}", now
        )


def tell_subject(session: Session, target: RoundLine, subject_id: int, text: str, now: datetime) -> None:
    """The person, or everybody in the team."""
    people = [subject_id]
    if advancement_queries.of_teams(target.round):
        people = [one.person_id for one in team_queries.list_members(session, subject_id)]
    for person_id in people:
        notices.tell(session, person_id, text, f"/contests/{target.contest.id}", now=now)


# --- withdrawals ---------------------------------------------------------------------------------------------------


def withdraw(
    session: Session, target: RoundLine, line: PublishedLine, *, reason: str, actor_id: int, now: datetime
) -> PublishedLine | None:
    """Who is on the list is no more; for somebody who had a place the next of the reserve moves up, is told, and is returned.
    Raises Conflict for who has begun, when the round is over, and when the line has withdrawn already."""
    if target.is_over or (line.line.person_id and queries.has_entry(session, target.round.id, line.line.person_id)):
        raise Conflict("这一轮已经答过或者已经结束，不能再退出。")
    if not reason.strip():
        raise Invalid("请写明退出的原因。", field="reason")
    if line.stand is Stand.WITHDRAWN:
        raise Conflict("已经退出了。")
    if line.stand is Stand.KEPT:
        raise Conflict("已参加这一轮，不能再退出。")
    if line.stand is Stand.OUT:
        raise Conflict("名单更正后已经没有名额，不用退出。")
    comes = _successor(session, target, line) if line.is_in else None
    made = AdvancementWithdrawal(
        round_id=target.round.id, line_id=line.line.id, successor_id=comes.line.id if comes else None,
        reason=reason.strip(), by_id=actor_id, at=now,
    )  # fmt: skip
    with conflict_as(Conflict("名单刚刚有变动，请刷新后再试。"), session):
        session.add(made)
    detail = {"line": line.line.id, "successor": comes and comes.line.id, "reason": reason}
    audit.record(session, actor_id, "round:withdraw", _target(target), detail, now=now)
    if comes is not None:
        told = f"有人退出，你已递补晋级“{target.contest.title} · {target.round.title}”"
        tell_subject(session, target, comes.line.person_id or comes.line.team_id or 0, told, now)
    return comes


def _successor(session: Session, target: RoundLine, line: PublishedLine) -> PublishedLine | None:
    lines = advancement_queries.list_published(session, target.round.id)
    waiting = {one.line.id: one for one in lines if one.stand is Stand.RESERVE}
    seat, unit_id = advancement_queries.find_seat(session, line.line)
    order = [(id, one.line.unit_id) for id, one in waiting.items()]
    chosen = advancement_rules.successor(Held(seat, unit_id), order)
    return waiting[chosen] if chosen is not None else None
