"""What there is to play of a recording: streams with their playlists, sound alone, the plain file, and the pictures for the bar."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from lms.errors import NotFound
from lms.media import queries
from lms.media.models import MediaFile, Rendition
from lms.media.playlist_rules import Variant, master_playlist, media_playlist
from lms.media.rules import MediaKind, RenditionKind

MASTER = "master"


@dataclass(frozen=True)
class Playing:
    """What a player can choose from. `qualities` are (name of the stream, what people call it), the largest picture first."""

    is_plain: bool
    """There is one file that plays by itself."""
    qualities: Sequence[tuple[str, str]] = ()
    sound: str | None = None
    """The stream of sound alone of a recording that has pictures."""
    storyboard: dict[str, Any] | None = None
    """`every_millis columns rows tile_width tile_height count`, as the pipeline made it."""

    @property
    def is_stream(self) -> bool:
        return bool(self.qualities)


def playing_of(session: Session, media: MediaFile | None) -> Playing:
    """For a recording; of anything else there is nothing to play."""
    if media is None or media.kind not in (MediaKind.VIDEO, MediaKind.AUDIO):
        return Playing(is_plain=False)
    made = queries.list_renditions(session, media.id)
    streams = [one for one in made if one.kind is RenditionKind.STREAM]
    shown = [one for one in streams if one.height]
    sound = next((one.name for one in streams if not one.height), None)
    boards = [one for one in made if one.kind is RenditionKind.STORYBOARD]
    return Playing(
        is_plain=media.play_key is not None,
        qualities=[(one.name, f"{one.height}p") for one in reversed(shown)] or ([(sound, "声音")] if sound else []),
        sound=sound if shown else None,
        storyboard={**boards[0].facts, "name": boards[0].name} if boards else None,
    )


def playlist(session: Session, media: MediaFile, name: str, base: str) -> str:
    """The playlist of that name: of all streams, or of one with `base` before its pieces. Raises NotFound when there is none."""
    streams = queries.list_renditions(session, media.id, RenditionKind.STREAM)
    if name == MASTER and streams:
        # A middling picture comes first: players begin with the first they are told of.
        shown = [one for one in streams if one.height] or streams
        first = shown[(len(shown) - 1) // 2]
        return master_playlist([_variant(one) for one in (first, *(one for one in shown if one is not first))])
    found = next((one for one in streams if one.name == name), None)
    if found is None or not found.playlist:
        raise NotFound()
    return media_playlist(found.playlist, base)


def _variant(one: Rendition) -> Variant:
    return Variant(one.name, one.bits_per_second, one.codecs, one.width, one.height)
