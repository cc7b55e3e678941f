"""What a token on the package host opens: nothing without a live visit of a live sign-in to a package that was not withdrawn."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.errors import NotFound
from lms.media.access import Delivery
from lms.media.errors import LinkOver
from lms.media.models import MediaFile
from lms.media.packages.manifest import folded
from lms.media.packages.models import Package, PackageFile, PackageVisit
from lms.people.models import Person, SignIn

ALIVE = timedelta(minutes=10)
SILENT = timedelta(minutes=20)
"""A visit that was not extended for so long is over for good, as a viewing is."""


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def visit_of(session: Session, token: str, *, now: datetime) -> PackageVisit:
    """The live visit; raises LinkOver after log-out, ten minutes without extension, a new password, or withdrawal."""
    found = session.scalar(LIVE.where(PackageVisit.token_hash == token_hash(token), SignIn.expires_at > now))
    if found is None or found.extended_at + ALIVE <= now:
        raise LinkOver()
    return found


def own_visit(session: Session, visit_id: int, *, sign_in_id: int, media_id: int | None, now: datetime) -> PackageVisit:
    """A visit of this sign-in to this file that may be extended; raises LinkOver."""
    found = session.scalar(LIVE.where(PackageVisit.id == visit_id, SignIn.id == sign_in_id))
    if found is None or found.media_id != media_id or found.extended_at + SILENT <= now:
        raise LinkOver()
    return found


LIVE = (
    select(PackageVisit)
    .join(SignIn, SignIn.id == PackageVisit.sign_in_id)
    .join(Person, Person.id == SignIn.person_id)
    .join(MediaFile, MediaFile.id == PackageVisit.media_id)
    .where(SignIn.ended_at.is_(None), Person.disabled_at.is_(None), MediaFile.link_epoch == PackageVisit.link_epoch)
)


def package_of(session: Session, visit: PackageVisit) -> Package:
    return session.get_one(Package, visit.media_id)


def file_to_get(session: Session, visit: PackageVisit, path: str) -> Delivery:
    """The file that stands at the path in the package, whatever its capitals; raises NotFound."""
    wanted = select(PackageFile).where(PackageFile.media_id == visit.media_id, PackageFile.path == folded(path)[:400])
    found = session.scalar(wanted)
    if found is None:
        raise NotFound()
    return Delivery(found.key, found.mime)
