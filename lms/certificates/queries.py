"""Read certificates."""

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from lms.certificates.models import Certificate
from lms.certificates.rules import tidied


def find_by_code(session: Session, code: str) -> Certificate | None:
    """By the code as somebody typed it."""
    return session.scalar(select(Certificate).where(Certificate.code == tidied(code)))


def find_latest(session: Session, source: tuple[str, int], holder_key: str) -> Certificate | None:
    """The newest paper of a source and a holder, whatever its state."""
    return session.scalar(_of(source).where(Certificate.holder_key == holder_key).order_by(Certificate.revision.desc()))


def list_of_source(session: Session, source: tuple[str, int]) -> Sequence[Certificate]:
    """Everything a source gave, in order of serials, those that do not stand any more too."""
    return session.scalars(_of(source).order_by(Certificate.id)).all()


def list_of_person(session: Session, person_id: int) -> Sequence[Certificate]:
    """A person's, newest first."""
    mine = select(Certificate).where(Certificate.person_id == person_id)
    return session.scalars(mine.order_by(Certificate.issued_on.desc(), Certificate.id.desc())).all()


def _of(source: tuple[str, int]) -> Select[Certificate]:
    kind, source_id = source
    return select(Certificate).where(Certificate.source_kind == kind, Certificate.source_id == source_id)
