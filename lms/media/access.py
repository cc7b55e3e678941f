"""Who may be served a file: the sign-in a link was made for, while it lives and nothing was withdrawn."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from lms.config import Keys
from lms.errors import NotFound
from lms.media import queries
from lms.media.errors import LinkOver
from lms.media.models import MediaFile
from lms.media.rules import FILE_TYPES, Link, LinkScope, MediaState, link_of, suffix_of


@dataclass(frozen=True)
class Delivery:
    """A blob to send: where it is, what it is, and the name to save it under (None: shown in place)."""

    key: str
    mime: str
    save_as: str | None = None


def delivery_to_get(session: Session, keys: Keys, token: str, name: str, *, sign_in_id: int, now: datetime) -> Delivery:
    """What the link leads to; raises LinkOver for another sign-in, after expiry or withdrawal, NotFound for what it does not hold."""
    link = _checked(keys, token, sign_in_id, now)
    media = queries.find_media(session, link.media_id)
    if media is None or media.link_epoch != link.epoch:
        raise LinkOver()
    delivery = _original(media, link, name) if name.startswith("original.") else _shown(session, media, name)
    if delivery is None:
        raise NotFound()
    return delivery


def _checked(keys: Keys, token: str, sign_in_id: int, now: datetime) -> Link:
    found = link_of(token)
    if found is None:
        raise LinkOver()
    link, mac = found
    if link.expires <= now.timestamp() or not keys.mac_fits("cookie", link.sealed_text(sign_in_id), mac):
        raise LinkOver()
    return link


def _original(media: MediaFile, link: Link, name: str) -> Delivery | None:
    fits = (
        name == f"original.{suffix_of(media.original_name)}" and link.scope is LinkScope.DOWNLOAD and media.is_checked
    )
    return Delivery(media.key, media.mime, media.original_name) if fits else None


def _shown(session: Session, media: MediaFile, name: str) -> Delivery | None:
    if media.state is not MediaState.READY:
        return None
    if name == "poster.webp" and media.poster_key:
        return Delivery(media.poster_key, "image/webp")
    if media.play_key and name == f"play.{suffix_of(media.play_key)}":
        return Delivery(media.play_key, "image/webp" if name.endswith("webp") else FILE_TYPES[suffix_of(name)].mime)
    numbered = re.fullmatch(r"page-([1-9]\d{0,3})\.webp", name)
    page = queries.find_page(session, media.id, int(numbered[1])) if numbered else None
    return Delivery(page.key, "image/webp") if page and page.key else None
