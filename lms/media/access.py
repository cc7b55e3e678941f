"""Who may be served a file: the sign-in a link was made for, while it lives and nothing was withdrawn."""

import re
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from lms.config import Keys
from lms.errors import NotFound
from lms.media import queries
from lms.media.errors import LinkOver
from lms.media.models import MediaFile
from lms.media.rules import (
    FILE_OF_RENDITION,
    FILE_TYPES,
    Link,
    LinkScope,
    MediaState,
    link_of,
    suffix_of,
    trusted_seconds,
)


def own_file(session: Session, person_id: int, media_id: int) -> MediaFile:
    """A file this person uploaded; NotFound for anybody else's."""
    media = queries.find_media(session, media_id)
    if media is None or media.owner_id != person_id:
        raise NotFound()
    return media


@dataclass(frozen=True)
class Delivery:
    """A blob to send: where it is, what it is, and the name to save it under (None: shown in place).

    `is_marked`: the person's name has to be drawn into it. `trusted_seconds`: how long a proxy may go by this answer for the other files
    of the same folder, asked for with the same link by the same sign-in.
    """

    key: str
    mime: str
    save_as: str | None = None
    is_marked: bool = False
    trusted_seconds: int = 0


def delivery_to_get(session: Session, keys: Keys, token: str, name: str, *, sign_in_id: int, now: datetime) -> Delivery:
    """What the link leads to; raises LinkOver for another sign-in, after expiry or withdrawal, NotFound for what it does not hold."""
    link = _checked(keys, token, sign_in_id, now)
    media = queries.find_media(session, link.media_id)
    if media is None or media.link_epoch != link.epoch:
        raise LinkOver()
    delivery = _original(media, link, name) if name.startswith("original.") else _shown(session, media, link, name)
    if delivery is None:
        raise NotFound()
    return replace(delivery, trusted_seconds=trusted_seconds(link, now)) if "/" in name else delivery


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


def _shown(session: Session, media: MediaFile, link: Link, name: str) -> Delivery | None:
    if media.state is not MediaState.READY:
        return None
    if name == "poster.webp" and media.poster_key:
        return Delivery(media.poster_key, "image/webp")
    if media.play_key and name == f"play.{suffix_of(media.play_key)}":
        return Delivery(media.play_key, "image/webp" if name.endswith("webp") else FILE_TYPES[suffix_of(name)].mime)
    if inside := FILE_OF_RENDITION.match(name):
        rendition = queries.find_rendition(session, media.id, inside[1])
        return Delivery(f"{rendition.prefix}/{inside[2]}", _MIMES[suffix_of(name)]) if rendition else None
    numbered = re.fullmatch(r"page-([1-9]\d{0,3})(-small)?\.webp", name)
    page = queries.find_page(session, media.id, int(numbered[1])) if numbered else None
    key = (page.small_key or page.key if numbered and numbered[2] else page.key) if page else None
    return Delivery(key, "image/webp", is_marked=link.scope is LinkScope.MARKED) if key else None


_MIMES = {"mp4": "video/mp4", "m4s": "video/mp4", "webp": "image/webp"}
