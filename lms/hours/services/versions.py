"""Versions of the rules: drafted from a preset or from what holds, worked on, issued for a day to come. Each act is in the audit log."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from lms import clock
from lms.audit import services as audit
from lms.db import changed, serialise
from lms.errors import Conflict, Invalid
from lms.hours import policy_rules, requirement_rules, rule_queries
from lms.hours.models import RuleVersion
from lms.hours.policy_rules import PRESETS, Subject, VersionState

USED = "这一版已经生效或已被撤下，不能再改；要改就从它另起一版。"


def draft(session: Session, subject: Subject, preset: str, *, by_id: int, now: datetime) -> RuleVersion:
    """A draft with the figures of a preset, or ("" ) of what holds today."""
    figures = preset_figures(subject, preset)
    if figures is None:
        _, figures = rule_queries.figures_on(session, subject, clock.today(now))
    version = RuleVersion(
        subject=subject, preset=preset, figures=figures, state=VersionState.DRAFT, created_by_id=by_id, created_at=now
    )
    session.add(version)
    session.flush()  # the audit log and the caller name it by its number
    audit.record(session, by_id, "hours.rule_draft", _target(version), {"preset": preset}, now=now)
    return version


def preset_figures(subject: Subject, preset: str) -> dict[str, Any] | None:
    """What a preset says; None for no preset."""
    chosen = PRESETS.get(preset)
    if chosen is None:
        return None
    if subject is Subject.CONVERSION:
        return policy_rules.policy_json(chosen.policy)
    return dict(requirement_rules.as_json(chosen.asked))


def write(
    session: Session, version: RuleVersion, figures: Mapping[str, Any], *, reason: str, by_id: int, now: datetime
) -> None:
    """The draft says this now. Raises Conflict for anything but a draft."""
    before = dict(version.figures)
    query = update(RuleVersion).where(RuleVersion.id == version.id, RuleVersion.state == VersionState.DRAFT)
    if not changed(session.execute(query.values(figures=dict(figures), reason=reason))):
        raise Conflict(USED)
    _record(session, version, "hours.rule_write", before, figures, by_id=by_id, now=now)


def issue(session: Session, version: RuleVersion, *, from_on: date, by_id: int, now: datetime) -> None:
    """The version holds from that day on, for what is earned from then on; its name is the day's year and a number.

    Raises Invalid for a day that is not at least tomorrow or not after the day of the newest version, Conflict for anything but a draft.
    """
    serialise(session, "hours.rules")
    earliest = rule_queries.first_day(clock.today(now), clock.today(now + rule_queries.SLACK))
    if from_on < earliest:
        raise Invalid(f"规则只管以后的学时，最早从 {earliest:%Y-%m-%d} 起生效。", field="from_on")
    newest = session.scalar(
        select(func.max(RuleVersion.from_on)).where(
            RuleVersion.subject == version.subject, RuleVersion.state == VersionState.ISSUED
        )
    )
    if newest is not None and from_on <= newest:
        raise Invalid(f"已有一版从 {newest:%Y-%m-%d} 起生效，请选它之后的日子，或先撤下那一版。", field="from_on")
    if not version.reason:
        raise Invalid("先写明为什么改，再生效。", field="reason")
    _, before = rule_queries.figures_on(session, version.subject, clock.today(now))
    name = _free_name(session, version.subject, from_on.year)
    query = update(RuleVersion).where(RuleVersion.id == version.id, RuleVersion.state == VersionState.DRAFT)
    values = {"state": VersionState.ISSUED, "name": name, "from_on": from_on, "issued_by_id": by_id, "issued_at": now}
    if not changed(session.execute(query.values(**values))):
        raise Conflict(USED)
    rule_queries.CACHE.forget()
    more = {"name": name, "from_on": from_on.isoformat(), "reason": version.reason}
    _record(session, version, "hours.rule_issue", before, version.figures, by_id=by_id, now=now, **more)


def drop(session: Session, version: RuleVersion, *, by_id: int, now: datetime) -> None:
    """A draft, or a version whose day has not come, never holds. Raises Conflict once it has begun or is about to."""
    serialise(session, "hours.rules")
    earliest = rule_queries.first_day(clock.today(now), clock.today(now + rule_queries.SLACK))
    ahead = (RuleVersion.state == VersionState.DRAFT) | (RuleVersion.from_on >= earliest)
    query = update(RuleVersion).where(RuleVersion.id == version.id, RuleVersion.state != VersionState.DROPPED, ahead)
    if not changed(session.execute(query.values(state=VersionState.DROPPED))):
        raise Conflict(USED)
    rule_queries.CACHE.forget()
    audit.record(session, by_id, "hours.rule_drop", _target(version), {"name": version.name}, now=now)


def _free_name(session: Session, subject: Subject, year: int) -> str:
    taken = session.scalar(
        select(func.count()).where(RuleVersion.subject == subject, RuleVersion.name.startswith(f"{year}-"))
    )
    first = 2 if year == int(requirement_rules.FIRST_VERSION.split("-")[0]) else 1
    return f"{year}-{first + (taken or 0)}"


def _record(
    session: Session,
    version: RuleVersion,
    act: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    by_id: int,
    now: datetime,
    **more: Any,
) -> None:
    said = policy_rules.differences(version.subject, before, after)
    detail = {**more, "changes": "；".join(f"{term}：{old} → {new}" for term, old, new in said)}
    audit.record(session, by_id, act, _target(version), detail, now=now)


def _target(version: RuleVersion) -> str:
    return f"hour_rules:{version.id}"
