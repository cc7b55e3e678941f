"""Read closed years."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session, undefer

from lms.archive.models import ArchivedYear, YearClosing
from lms.certificates.models import Certificate
from lms.hours.models import HourSum


def find_newest(session: Session, person_id: int, year: int) -> ArchivedYear | None:
    """The version that stands, with its facts; None while the year is open for this person."""
    mine = select(ArchivedYear).where(ArchivedYear.person_id == person_id, ArchivedYear.year == year)
    return session.scalar(mine.options(undefer(ArchivedYear.facts)).order_by(ArchivedYear.version.desc()).limit(1))


def list_versions(session: Session, person_id: int, year: int) -> Sequence[ArchivedYear]:
    """Newest first, without their facts."""
    mine = select(ArchivedYear).where(ArchivedYear.person_id == person_id, ArchivedYear.year == year)
    return session.scalars(mine.order_by(ArchivedYear.version.desc())).all()


def find_certificate(session: Session, version: ArchivedYear) -> Certificate:
    return session.get_one(Certificate, version.certificate_id)


def list_closings(session: Session) -> Sequence[YearClosing]:
    """Newest year first."""
    return session.scalars(select(YearClosing).order_by(YearClosing.year.desc())).all()


def find_closing(session: Session, year: int) -> YearClosing | None:
    return session.scalar(select(YearClosing).where(YearClosing.year == year))


def list_years(session: Session) -> list[int]:
    """Years in which anybody earned hours, newest first."""
    return list(session.scalars(select(HourSum.year).distinct().order_by(HourSum.year.desc())))


def list_archived(session: Session, person_id: int) -> set[int]:
    """Years of the person that are closed, with or without hours."""
    return set(session.scalars(select(ArchivedYear.year).where(ArchivedYear.person_id == person_id)))


def list_unclosed(session: Session, year: int, person_ids: Sequence[int]) -> list[int]:
    """Those of the persons whose year is open."""
    there = select(ArchivedYear.person_id).where(
        ArchivedYear.year == year, ArchivedYear.version == 1, ArchivedYear.person_id.in_(person_ids)
    )
    closed = set(session.scalars(there))
    return [person_id for person_id in person_ids if person_id not in closed]


def list_newest_ids(session: Session, year: int) -> list[int]:
    """The numbers of the versions that stand, in order of persons."""
    newest = (
        select(func.max(ArchivedYear.version).label("version"), ArchivedYear.person_id)
        .where(ArchivedYear.year == year)
        .group_by(ArchivedYear.person_id)
        .subquery()
    )
    same = (ArchivedYear.person_id == newest.c.person_id) & (ArchivedYear.version == newest.c.version)
    query = select(ArchivedYear.id).join(newest, same).where(ArchivedYear.year == year)
    return list(session.scalars(query.order_by(ArchivedYear.person_id)))


def load_versions(session: Session, ids: Sequence[int]) -> Sequence[ArchivedYear]:
    """With their facts, in order of persons."""
    query = select(ArchivedYear).where(ArchivedYear.id.in_(ids)).options(undefer(ArchivedYear.facts))
    return session.scalars(query.order_by(ArchivedYear.person_id)).all()
