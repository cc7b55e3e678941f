"""Read the audit log."""

from sqlalchemy import Select, select

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
