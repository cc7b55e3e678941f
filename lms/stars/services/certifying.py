"""Certificates of who was named: issued once for each, withdrawn when a correction names somebody no more."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.certificates import queries as certificates
from lms.certificates import rules as certificate_rules
from lms.certificates import services as issuing
from lms.certificates.models import Certificate
from lms.certificates.rules import Holder as Owner
from lms.certificates.rules import Kind
from lms.db import unit_of_work
from lms.notices import services as notices
from lms.stars import queries
from lms.stars.catalogue_rules import Holder
from lms.stars.models import StarPublication
from lms.stars.queries import CycleLine
from lms.tasks.services import TaskContext

CERTIFY = "stars.certificates"
SOURCE = "star"
AT_ONCE = 50
OWNERS = {
    Holder.PERSON: certificate_rules.person,
    Holder.UNIT: certificate_rules.unit,
    Holder.BRANCH: certificate_rules.branch,
}


def certify(context: TaskContext) -> dict[str, Any]:
    """Everybody on the newest version has the certificate of the cycle; whoever is no longer on it, none that stands. Running it again
    changes nothing."""
    cycle_id = int(context.input["cycle_id"])
    with context.make_session() as session:
        named = _named(session, cycle_id)
        stale = _stale(session, cycle_id, {line["holder_id"] for line in named})
    for start in range(0, len(named), AT_ONCE):
        with unit_of_work(context.make_session) as session:
            line = queries.find_cycle(session, cycle_id)
            assert line is not None
            for one in named[start : start + AT_ONCE]:
                _issue(session, line, one, context.now)
        context.progress(min(start + AT_ONCE, len(named)), len(named))
    for certificate_id in stale:
        with unit_of_work(context.make_session) as session:
            _withdraw(session, cycle_id, session.get_one(Certificate, certificate_id), context.now)
    return {"issued": len(named), "withdrawn": len(stale)}


def _named(session: Session, cycle_id: int) -> list[dict[str, Any]]:
    newest = select(StarPublication.complete).where(StarPublication.cycle_id == cycle_id)
    complete = session.scalars(newest.order_by(StarPublication.version.desc()).limit(1)).first()
    return list(complete["named"]) if complete else []


def owner_of(line: CycleLine, holder_id: int, name: str) -> Owner:
    return OWNERS[line.programme.holder](holder_id, name)


def _stale(session: Session, cycle_id: int, named: set[int]) -> list[int]:
    """Certificates that stand, of those who are no longer named."""
    line = queries.find_cycle(session, cycle_id)
    assert line is not None
    keys = {owner_of(line, holder_id, "").key for holder_id in named}
    given = certificates.list_of_source(session, (SOURCE, cycle_id))
    return [one.id for one in given if one.is_valid and one.holder_key not in keys]


def _issue(session: Session, line: CycleLine, one: dict[str, Any], now: datetime) -> None:
    owner = owner_of(line, one["holder_id"], one["name"])
    source = (SOURCE, line.cycle.id)
    is_new = certificates.find_latest(session, source, owner.key) is None
    issuing.issue(
        session, owner, kind=Kind.STAR, title=line.programme.title,
        lines=[f"在{line.cycle.label}“{line.programme.title}”评选中，经推荐、复核和公示，被评为{line.programme.title}。", "特发此证。"],
        issuer=line.owner_name, source=source, issued_on=clock.today(now), now=now,
    )  # fmt: skip
    if is_new and owner.person_id is not None:
        text = f"你被评为{line.cycle.label}{line.programme.title}，证书已发"
        notices.tell(session, owner.person_id, text, "/stars/mine", now=now)


def _withdraw(session: Session, cycle_id: int, certificate: Certificate, now: datetime) -> None:
    newest = queries.find_publication(session, cycle_id)
    if newest is not None and certificate.is_valid:
        reason = newest.reason or "名单已更正"
        issuing.withdraw(session, certificate, reason=reason, by_id=newest.published_by_id, now=now)
