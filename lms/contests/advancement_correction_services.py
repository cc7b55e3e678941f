"""A published advancement list is corrected: the next version with its reason, by somebody who may publish; only those it changes are told."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.contests import advancement_correction_rules, advancement_queries, advancement_services, advancement_versions
from lms.contests.advancement_correction_rules import Difference
from lms.contests.advancement_versions import Next, digest_of, subject_of
from lms.contests.entry_models import Advancement, AdvancementLine, AdvancementVersion, AdvancementWithdrawal
from lms.contests.errors import NotYet
from lms.contests.queries import RoundLine
from lms.db import changed, conflict_as
from lms.errors import Conflict, Invalid
from lms.leaderboard.errors import NothingChanged


def obstacle(target: RoundLine, source: RoundLine, *, actor_id: int) -> str:
    """Why the list cannot be corrected now by this person, as a sentence; empty when it can."""
    return advancement_services.obstacle(target, source, is_published=False, actor_id=actor_id)


def correct(
    session: Session, target: RoundLine, source: RoundLine, *, reason: str, actor_id: int, now: datetime
) -> AdvancementVersion:
    """The next version by the earlier board as it stands. Raises Invalid without a reason, NotYet with what is missing, NothingChanged
    when it would say the same, Conflict when somebody was faster."""
    published = advancement_queries.find_advancement(session, target.round.id)
    if published is None:
        raise Conflict("名单还没有公布，公布后才有更正。")
    if not reason.strip():
        raise Invalid("请写明更正的原因，会随新版名单一起公布。", field="reason")
    said = obstacle(target, source, actor_id=actor_id)
    if said:
        raise NotYet(said)
    until = advancement_versions.journal_end(session, source.round.board_id)
    new = advancement_versions.next_version(session, published, target.round, source.round, now=now)
    advancement_versions.check_still(session, source.round.board_id, until)
    if not new.differs:
        raise NothingChanged()
    made = _version(session, published, source, new, until, reason=reason.strip(), by_id=actor_id, now=now)
    _move_on(session, published, made)
    _set_lines(session, target, new)
    _tell(session, target, new.changes, now)
    detail = {"version": made.version, "digest": made.digest, "changed": len(new.changes)}
    audit.record(session, actor_id, "round:advance-again", f"round:{target.round.id}", detail, now=now)
    return made


def _version(
    session: Session,
    published: Advancement,
    source: RoundLine,
    new: Next,
    until: int,
    *,
    reason: str,
    by_id: int,
    now: datetime,
) -> AdvancementVersion:
    said = [
        {"id": one.id, "was": one.was.value if one.was else None, "now": one.now.value, "reason": one.reason}
        for one in new.changes
    ]
    return AdvancementVersion(
        round_id=published.round_id, version=published.version + 1, lines=new.rows, changes=said, edge_place=new.corrected.edge,
        state=source.board_state.value, digest=digest_of(new.rows, said), reason=reason[:500], published_by_id=by_id,
        published_at=now, journal_until=until,
    )  # fmt: skip


def _move_on(session: Session, published: Advancement, made: AdvancementVersion) -> None:
    """The head names the new version, once."""
    same = ("version", "edge_place", "state", "digest", "published_by_id", "published_at")
    here = (Advancement.round_id == published.round_id, Advancement.version == made.version - 1)
    head = update(Advancement).where(*here).values({name: getattr(made, name) for name in same})
    if not changed(session.execute(head)):
        raise Conflict("名单刚刚由别人更正了，请刷新。")
    with conflict_as(Conflict("名单刚刚由别人更正了，请刷新。"), session):
        session.add(made)


def _set_lines(session: Session, target: RoundLine, new: Next) -> None:
    """The stored lines are those of the version, each person's under its old id; who withdrew is followed by who moves up now."""
    of_round = AdvancementLine.round_id == target.round.id
    session.execute(update(AdvancementLine).where(of_round).values(position=-AdvancementLine.position))
    ids = {subject_of(one.line): one.line.id for one in advancement_queries.list_published(session, target.round.id)}
    for row in new.rows:
        if subject_of(row) in ids:
            session.execute(update(AdvancementLine).where(AdvancementLine.id == ids[subject_of(row)]).values(**row))
    fresh = [row for row in new.rows if subject_of(row) not in ids]
    if fresh:
        session.execute(insert(AdvancementLine), fresh)
    session.expire_all()
    _set_successors(session, target.round.id, new.corrected.successors)


def _set_successors(session: Session, round_id: int, successors: Mapping[int, int | None]) -> None:
    ids = {subject_of(one.line): one.line.id for one in advancement_queries.list_published(session, round_id)}
    of_round = AdvancementWithdrawal.round_id == round_id
    session.execute(update(AdvancementWithdrawal).where(of_round).values(successor_id=None))
    for who, comes in successors.items():
        if comes is not None:
            mine = update(AdvancementWithdrawal).where(AdvancementWithdrawal.line_id == ids[who])
            session.execute(mine.values(successor_id=ids[comes]))
    session.expire_all()


def _tell(session: Session, target: RoundLine, changes: Sequence[Difference], now: datetime) -> None:
    title = f"{target.contest.title} · {target.round.title}"
    for change in changes:
        text = advancement_correction_rules.tell(change, title, is_over=target.is_over)
        advancement_services.tell_subject(session, target, change.id, text, now)
