"""Marks of the whole site: a few named values, such as "this is a demonstration database"."""

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from lms.db.dialect import upsert
from lms.db.types import Base


class SiteMark(Base):
    __tablename__ = "site_marks"

    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[str] = mapped_column(String(2000))


def mark(session: Session, key: str, value: str) -> None:
    upsert(session, SiteMark, [{"key": key, "value": value}], key=["key"], update=["value"])


def find_mark(session: Session, key: str) -> str | None:
    return session.scalar(select(SiteMark.value).where(SiteMark.key == key))


def is_demonstration(session: Session) -> bool:
    """True in a database made by the demonstration loader; only there demonstration commands run."""
    return find_mark(session, "demonstration") == "yes"
