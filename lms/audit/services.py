"""Write and verify the audit log."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.audit.models import AuditHead, AuditRecord
from lms.audit.rules import START, first_fault, link
from lms.db import serialise


def record(
    session: Session,
    actor_id: int | None,
    action: str,
    target: str,
    detail: dict[str, Any] | None = None,
    *,
    now: datetime,
    actor: str = "",
) -> AuditRecord:
    """Append one act to the chain, in the transaction of the act itself. Detail holds plain JSON values and no secrets."""
    serialise(session, "audit")
    head = session.get(AuditHead, 1)
    if head is None:
        head = AuditHead(id=1, number=0, hash=START)
        session.add(head)
    entry = AuditRecord(
        number=head.number + 1,
        at=now,
        actor_id=actor_id,
        actor=actor[:60],
        action=action[:60],
        target=target[:120],
        detail=detail or {},
        previous=head.hash,
        hash="",
    )
    entry.hash = link(head.hash, entry.fields)
    session.add(entry)
    head.number, head.hash = entry.number, entry.hash
    session.flush()  # the next record of this transaction reads the head
    return entry


def verify(session: Session) -> tuple[int, list[str]]:
    """How many records were compared, and a sentence for each fault found."""
    records = session.scalars(select(AuditRecord).order_by(AuditRecord.number)).all()
    head = session.get(AuditHead, 1)
    faults = []
    bad = first_fault((r.number, r.previous, r.hash, r.fields) for r in records)
    if bad is not None:
        faults.append(f"record {bad} is changed, missing or out of order")
    newest = records[-1] if records else None
    if (head.number if head else 0) != (newest.number if newest else 0):
        faults.append(
            f"the log was cut: head says {head.number if head else 0}, found {newest.number if newest else 0}"
        )
    elif head and newest and head.hash != newest.hash:
        faults.append(f"record {newest.number} is not the one the head names")
    return len(records), faults


def count_records(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(AuditRecord)) or 0
