"""HLS playlists as they are handed out: the variants of a recording, and each variant's pieces under addresses of ours. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_URI = re.compile(r'URI="([^"]*)"')
_PIECE = re.compile(r"init\.mp4|seg-\d{1,6}\.m4s")
MIME = "application/vnd.apple.mpegurl"


@dataclass(frozen=True)
class Variant:
    """One stream of a recording; without a size it is sound alone."""

    name: str
    bits_per_second: int
    codecs: str
    width: int | None = None
    height: int | None = None


def master_playlist(variants: Sequence[Variant]) -> str:
    """The playlist that names the variants' own, `NAME.m3u8` beside it: the first is the one to begin with."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for variant in variants:
        facts = [f"BANDWIDTH={max(1, variant.bits_per_second)}"]
        if variant.width and variant.height:
            facts.append(f"RESOLUTION={variant.width}x{variant.height}")
        if variant.codecs:
            facts.append(f'CODECS="{variant.codecs}"')
        lines += [f"#EXT-X-STREAM-INF:{','.join(facts)}", f"{variant.name}.m3u8"]
    return "\n".join(lines) + "\n"


def media_playlist(stored: str, base: str) -> str:
    """The stored playlist with `base` before each name. Raises ValueError for a name that is none of a stream's pieces."""
    return "\n".join(_with_base(line, base) for line in stored.splitlines()) + "\n"


def _with_base(line: str, base: str) -> str:
    if line.startswith("#"):
        return _URI.sub(lambda found: f'URI="{base}{_piece(found[1])}"', line)
    return base + _piece(line.strip()) if line.strip() else line


def _piece(name: str) -> str:
    if not _PIECE.fullmatch(name):
        raise ValueError(f"not a piece of a stream: {name!r}")
    return name
