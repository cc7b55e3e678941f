"""Begin, extend and forget visits to packages. Whoever calls has checked that the person may see the file."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from lms.db import MakeSession, changed, unit_of_work
from lms.media.errors import LinkOver
from lms.media.models import MediaFile
from lms.media.packages.access import SILENT, token_hash
from lms.media.packages.models import PackageVisit

KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Begun:
    """A new visit: where its shim stands below the package origin, and the word by which its messages are known."""

    visit_id: int
    path: str
    nonce: str


def begin_visit(session: Session, media: MediaFile, *, sign_in_id: int, site: str, now: datetime) -> Begun:
    """The package may be seen by this sign-in at an address of its own. `site` is the origin of the page that shows it."""
    token, nonce = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    visit = PackageVisit(
        token_hash=token_hash(token), nonce=nonce, site=site, media_id=media.id, link_epoch=media.link_epoch,
        sign_in_id=sign_in_id, opened_at=now, extended_at=now,
    )  # fmt: skip
    session.add(visit)
    session.flush()  # the page names the visit by its number
    return Begun(visit.id, f"/p/{token}/", nonce)


def extend_visit(session: Session, visit: PackageVisit, *, now: datetime) -> None:
    """Ten more minutes from now. Raises LinkOver when it fell silent meanwhile."""
    going_on = update(PackageVisit).where(PackageVisit.id == visit.id, PackageVisit.extended_at > now - SILENT)
    if not changed(session.execute(going_on.values(extended_at=now))):
        raise LinkOver()


def forget_visits(make_session: MakeSession, now: datetime) -> None:
    """Visits that have been over for a day go."""
    with unit_of_work(make_session) as session:
        session.execute(delete(PackageVisit).where(PackageVisit.extended_at < now - KEPT))
