"""Read the audit log."""

from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from lms.audit.models import AuditRecord


def list_records(action: str = "", text: str = "") -> Select[AuditRecord]:
    """Newest first; by start of the action's name and by text in actor or target."""
    query = select(AuditRecord).order_by(AuditRecord.number.desc())
    if action:
        query = query.where(AuditRecord.action.startswith(action, autoescape=True))
    if text:
        query = query.where(
            AuditRecord.actor.contains(text, autoescape=True) | AuditRecord.target.contains(text, autoescape=True)
        )
    return query


def find_record(session: Session, number: int) -> AuditRecord | None:
    return session.scalar(select(AuditRecord).where(AuditRecord.number == number))


def count_since(session: Session, at: datetime) -> int:
    return session.scalar(select(func.count()).select_from(AuditRecord).where(AuditRecord.at >= at)) or 0


def newest_number(session: Session) -> int:
    """How many records were ever made; 0 for none."""
    return session.scalar(select(func.max(AuditRecord.number))) or 0
