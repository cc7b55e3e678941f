"""Which version of the rules holds on a day, and what a version says. Hot paths ask here for every credit and every home page.

A process keeps what it has read: an issued version never changes, and it is issued at least a day ahead, so what was read on a day is
complete for that day and all before it.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.hours import policy_rules, requirement_rules, rules
from lms.hours.models import RuleVersion, YearClosing
from lms.hours.policy_rules import Subject, VersionState
from lms.hours.requirement_rules import Asked
from lms.hours.rules import Policy

Figures = TypeVar("Figures")
SLACK = timedelta(minutes=10)
"""A version may be issued until so long before the midnight it begins at; nobody reads the schedule of a day before its last commit."""


@dataclass(frozen=True)
class Held(Generic[Figures]):
    """A version that holds from a day on."""

    name: str
    from_on: date
    figures: Figures


@dataclass(frozen=True)
class _Schedule:
    read_on: date
    conversion: Sequence[Held[Policy]]
    requirement: Sequence[Held[Asked]]


class _Kept:
    """The schedule of each database this process speaks to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: WeakKeyDictionary[Any, _Schedule] = WeakKeyDictionary()

    def of(self, session: Session, on: date) -> _Schedule:
        bind = session.get_bind()
        with self._lock:
            kept = self._kept.get(bind)
        if kept is not None and on <= kept.read_on:
            return kept
        read = _read(session)
        with self._lock:
            self._kept[bind] = read
        return read

    def forget(self) -> None:
        with self._lock:
            self._kept.clear()


CACHE = _Kept()
FIRST_CONVERSION = Held(rules.RULE_VERSION, date.min, rules.FIRST)
FIRST_REQUIREMENT = Held(requirement_rules.FIRST_VERSION, date.min, requirement_rules.FIRST)


def _read(session: Session) -> _Schedule:
    read_on = clock.today(clock.now())
    conversion, requirement = [FIRST_CONVERSION], [FIRST_REQUIREMENT]
    for version in session.scalars(issued()):
        name, from_on = version.name or "", version.from_on or date.max
        if version.subject is Subject.CONVERSION:
            conversion.append(Held(name, from_on, policy_rules.policy_of(version.figures)))
        else:
            requirement.append(Held(name, from_on, requirement_rules.asked_of(version.figures)))
    return _Schedule(read_on, conversion, requirement)


def issued() -> Any:
    """Issued versions, by the day from which they hold."""
    return select(RuleVersion).where(RuleVersion.state == VersionState.ISSUED).order_by(RuleVersion.from_on)


def _on(versions: Sequence[Held[Figures]], on: date) -> Held[Figures]:
    return next(version for version in reversed(versions) if version.from_on <= on)


def policy_on(session: Session, on: date) -> Held[Policy]:
    """The conversion that holds for what is earned on that day."""
    return _on(CACHE.of(session, on).conversion, on)


def asked_on(session: Session, on: date) -> Held[Asked]:
    """The requirements that hold on that day."""
    return _on(CACHE.of(session, on).requirement, on)


def list_held(session: Session) -> Sequence[Held[Policy]]:
    """Every version of conversion that ever held or will, by its day, read afresh."""
    return _read(session).conversion


def policy_named(session: Session, name: str) -> Policy | None:
    """The policy an entry names."""
    kept = CACHE.of(session, date.min).conversion
    found = next((held.figures for held in kept if held.name == name), None)
    return found or next((held.figures for held in list_held(session) if held.name == name), None)


def first_day(now_on: date, later_on: date) -> date:
    """The first day a version issued now may hold from. `later_on`: the day SLACK from now."""
    return max(now_on, later_on) + timedelta(days=1)


# --- for pages


def find_version(session: Session, version_id: int) -> RuleVersion | None:
    return session.get(RuleVersion, version_id)


def list_versions(session: Session, subject: Subject) -> list[RuleVersion]:
    """Drafts first, then by the day from which they hold, the latest first; what was dropped is left out."""
    query = select(RuleVersion).where(RuleVersion.subject == subject, RuleVersion.state != VersionState.DROPPED)
    found = list(session.scalars(query.order_by(RuleVersion.id.desc())))
    return sorted(found, key=lambda v: (v.state is VersionState.ISSUED, -(v.from_on or date.max).toordinal()))


def figures_on(session: Session, subject: Subject, on: date) -> tuple[str, dict[str, Any]]:
    """(name, figures as stored) of what holds on a day."""
    if subject is Subject.CONVERSION:
        held = policy_on(session, on)
        return held.name, policy_rules.policy_json(held.figures)
    asked = asked_on(session, on)
    return asked.name, dict(requirement_rules.as_json(asked.figures))


def list_closings(session: Session) -> list[YearClosing]:
    """Closed years, the newest first."""
    return list(session.scalars(select(YearClosing).order_by(YearClosing.year.desc())))
