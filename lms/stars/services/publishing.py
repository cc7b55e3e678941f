"""Immutable versions of who was named; a correction is the next one and shows what it changed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from lms.config import Keys
from lms.db import conflict_as
from lms.errors import Invalid
from lms.leaderboard import services as boards
from lms.leaderboard.errors import AlreadyPublished, NothingChanged
from lms.leaderboard.rules import HIDDEN_NAME, listed
from lms.stars import queries, rules
from lms.stars.catalogue_rules import HOLDERS, Holder
from lms.stars.errors import CycleMoved
from lms.stars.models import StarCandidate, StarPublication, StarRuleVersion
from lms.stars.queries import CycleLine
from lms.stars.rules import SHOWN, CycleState
from lms.stars.services.certifying import CERTIFY
from lms.stars.services.cycles import move, note, proposal, write_names
from lms.tasks import services as tasks


def publish(session: Session, line: CycleLine, *, keys: Keys, by_id: int, now: datetime) -> StarPublication:
    """Version 1 of a decided list, and a task that issues the certificates. Raises CycleMoved when it was published already."""
    move(session, line.cycle.id, CycleState.DECIDED, CycleState.PUBLISHED)
    return _add(session, line, queries.list_named(session, line.cycle.id), keys=keys, reason="", by_id=by_id, now=now)


def correct(
    session: Session, line: CycleLine, *, keys: Keys, reason: str, by_id: int, now: datetime
) -> StarPublication:
    """The next version, by the scores as they were last measured. Raises NothingChanged when it would say the same, Invalid without a
    reason."""
    if line.cycle.state is not CycleState.PUBLISHED:
        raise CycleMoved()
    if not reason.strip():
        raise Invalid("请写明更正的原因，会随新版一起公布。", field="reason")
    write_names(session, line.cycle.id, proposal(session, line))
    session.expire_all()  # the places were written past the session
    named = queries.list_named(session, line.cycle.id)
    return _add(session, line, named, keys=keys, reason=reason.strip(), by_id=by_id, now=now)


def _add(
    session: Session,
    line: CycleLine,
    named: Sequence[StarCandidate],
    *,
    keys: Keys,
    reason: str,
    by_id: int,
    now: datetime,
) -> StarPublication:
    newest = queries.find_publication(session, line.cycle.id)
    old = _complete(session, newest) if newest else None
    version = newest.version + 1 if newest else 1
    complete = {"version": version, "reason": reason, **_snapshot(session, line, named, now=now)}
    if newest and old:
        complete["corrects"] = newest.complete_digest
        if complete["named"] == old["named"]:
            raise NothingChanged()
    published = StarPublication(
        cycle_id=line.cycle.id, version=version, reason=reason, published_by_id=by_id, published_at=now,
        **boards.sealed(keys, public_part(complete, old), complete),
    )  # fmt: skip
    with conflict_as(AlreadyPublished(), session):
        session.add(published)
    detail = {"cycle_id": line.cycle.id, "version": version}
    tasks.enqueue(session, CERTIFY, detail, owner_id=by_id, title=f"发证：{line.programme.title}", now=now)
    note(session, "star:publish", line.cycle.id, by_id, now, version=version, digest=published.complete_digest)
    return published


def _complete(session: Session, published: StarPublication) -> dict[str, Any]:
    query = select(StarPublication.complete).where(StarPublication.id == published.id)
    payload: dict[str, Any] = session.scalars(query).one()
    return payload


def _snapshot(session: Session, line: CycleLine, named: Sequence[StarCandidate], *, now: datetime) -> dict[str, Any]:
    programme, cycle = line.programme, line.cycle
    version = session.get_one(StarRuleVersion, cycle.rule_id)
    ids = [one.holder_id for one in named]
    hidden = queries.unlisted_among(session, ids) if programme.holder is Holder.PERSON else set()
    return {
        "programme": programme.title, "holder": programme.holder.value, "period": cycle.label,
        "first_on": cycle.first_on.isoformat(), "last_on": cycle.last_on.isoformat(),
        "cut_off_on": cycle.cut_off_on.isoformat(), "head_count": cycle.head_count,
        "rule": rules.explain(version.star_rule, who=HOLDERS[programme.holder]), "rule_version": version.version,
        "as_of": now.isoformat(timespec="seconds"), "total": len(named),
        "named": [_line(one, is_hidden=one.holder_id in hidden) for one in named],
    }  # fmt: skip


def _line(one: StarCandidate, *, is_hidden: bool) -> dict[str, Any]:
    return {
        "holder_id": one.holder_id, "place": one.place, "name": one.name, "unit": one.unit_name,
        "score_millis": one.score_millis, "is_hidden": is_hidden,
        "parts": [{"label": part["label"], "points": part["points"]} for part in one.parts],
    }  # fmt: skip


def public_part(complete: dict[str, Any], old: dict[str, Any] | None = None) -> dict[str, Any]:
    """What everybody may read: the head, the first lines, and, in a correction of `old`, what changed in them."""
    shown = listed(complete["named"], SHOWN)
    part = {**complete, "named": [_public(line) for line in shown]}
    if old is not None:
        changes = rules.differences(listed(old["named"], SHOWN), shown)
        part["changes"] = [{side: _public(one[side]) if one[side] else None for side in one} for one in changes]
    return part


def _public(line: dict[str, Any]) -> dict[str, Any]:
    shown = {name: line[name] for name in ("place", "score_millis", "parts")}
    hidden = line["is_hidden"]
    return shown | {"name": HIDDEN_NAME if hidden else line["name"], "unit": "" if hidden else line["unit"]}


# --- checking ------------------------------------------------------------------------------------------------------


@dataclass
class StarReport:
    """What a check compared and what was wrong."""

    publications: int = 0
    faults: list[str] = field(default_factory=list)


def verify(session: Session, keys: Keys | None) -> StarReport:
    """Every published version against its digests and signatures, and its public part against its complete one."""
    report = StarReport()
    loaded = (undefer(StarPublication.public), undefer(StarPublication.complete))
    before: dict[int, dict[str, Any]] = {}
    for one in session.scalars(select(StarPublication).options(*loaded).order_by(StarPublication.id)):
        name = f"cycle {one.cycle_id} version {one.version}"
        columns = {c.key: getattr(one, c.key) for c in StarPublication.__table__.columns}
        report.faults += [f"{name}: {fault}" for fault in boards.snapshot_faults(columns, keys)]
        if public_part(one.complete, before.get(one.cycle_id)) != one.public:
            report.faults.append(f"{name}: the public list does not follow from the complete one")
        before[one.cycle_id] = one.complete
        report.publications += 1
    return report
