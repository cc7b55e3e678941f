"""What is to be made of a recording: which streams may stay as they are, which sizes are made, how the bar's pictures are laid out. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

HEIGHTS = (360, 720, 1080)
BITS = {360: 700_000, 720: 1_800_000, 1080: 3_600_000}
KEY_SECONDS = 2
SEGMENT_SECONDS = 4
KEY_SECONDS_MOST = 6.0
RATE_MOST = 30.0
COPIED_BITS_MOST = 8_000_000
STREAM_MILLIS_LEAST = 600_000
STREAM_BYTES_LEAST = 24 * 2**20
BOARD_MILLIS_LEAST = 20_000
TILE_WIDTH, COLUMNS, ROWS = 160, 8, 8
TILES_MOST = 512


@dataclass(frozen=True)
class Recording:
    """What was found in a recording. Sizes are those of the upright picture; `key_seconds` is the longest time without a key picture;
    `delay_pictures` how many pictures are coded before the first is shown."""

    duration_millis: int
    video: str | None
    audio: str | None
    audio_profile: str = ""
    pixels: str = ""
    width: int = 0
    height: int = 0
    bits_per_second: int = 0
    rate: float = 25.0
    key_seconds: float = 0.0
    delay_pictures: int = 2
    is_turned: bool = False
    is_square: bool = True
    is_interlaced: bool = False
    is_even: bool = True

    @staticmethod
    def of(found: Mapping[str, Any]) -> "Recording":
        known = {name: found[name] for name in Recording.__dataclass_fields__ if found.get(name) is not None}
        return Recording(**{"video": None, "audio": None} | known)

    @property
    def short_side(self) -> int:
        return min(self.width, self.height)


def keeps_video(it: Recording) -> bool:
    """True when every browser plays the pictures as they are, upright and even, and no line is overtaxed by them."""
    plays = it.video == "h264" and it.pixels in ("yuv420p", "yuvj420p") and it.width % 2 == it.height % 2 == 0
    as_seen = not it.is_turned and it.is_square and not it.is_interlaced and it.is_even
    return plays and as_seen and it.short_side <= HEIGHTS[-1] and it.bits_per_second <= COPIED_BITS_MOST


def keeps_audio(it: Recording) -> bool:
    """True when every browser plays the sound as it is."""
    return it.audio is None or (it.audio == "aac" and it.audio_profile in ("LC", ""))


def is_streamed(it: Recording, size_bytes: int) -> bool:
    """Whether it is worth several sizes to choose from while it plays; what is short and small is one file."""
    return it.duration_millis >= STREAM_MILLIS_LEAST or size_bytes >= STREAM_BYTES_LEAST


def heights_of(it: Recording) -> list[int]:
    """The short sides to make, smallest first: two or three, none larger than the source, none nearly the same as its neighbour."""
    found: list[int] = []
    for height in HEIGHTS:
        made = min(height, it.short_side // 2 * 2)
        if not found or made > found[-1] * 1.25:
            found.append(made)
    return found


def bits_of(height: int) -> int:
    """Bits a second that pictures of this short side may take."""
    return next((BITS[most] for most in HEIGHTS if height <= most), BITS[HEIGHTS[-1]])


def rate_of(it: Recording) -> float:
    """Pictures a second to make: the source's own, halved until it is at most thirty."""
    rate = it.rate if it.rate > 0 else 25.0
    while rate > RATE_MOST + 0.5:
        rate /= 2
    return round(max(rate, 1.0), 3)


def delay_of(it: Recording, *, follows: bool) -> int:
    """Pictures coded before the first is shown: in all sizes the same, so that a change of size is no jump in time."""
    return max(0, min(2, it.delay_pictures)) if follows else 2


def is_first_small(it: Recording, size_bytes: int) -> bool:
    """A long recording that must be made anew is first made small, so that it can be watched soon."""
    return not keeps_video(it) and is_streamed(it, size_bytes) and it.short_side > HEIGHTS[0]


@dataclass(frozen=True)
class Board:
    """The bar's pictures: one every so many milliseconds, laid out in sheets."""

    every_millis: int
    tile_width: int
    tile_height: int
    count: int

    def facts(self) -> dict[str, int]:
        return {**vars(self), "columns": COLUMNS, "rows": ROWS}


def board_of(duration_millis: int, width: int, height: int) -> Board:
    """A picture every two seconds, or as seldom as gives at most 512 of them."""
    every = max(2, -(-duration_millis // (1000 * TILES_MOST))) * 1000
    tile_height = max(2, round(TILE_WIDTH * height / width / 2) * 2)
    return Board(every, TILE_WIDTH, min(tile_height, 2 * TILE_WIDTH), max(1, -(-duration_millis // every)))


def size_at(it: Recording, short_side: int) -> tuple[int, int]:
    """Width and height of the picture with this short side, both even."""
    other = max(2, round(max(it.width, it.height) * short_side / it.short_side / 2) * 2)
    return (other, short_side) if it.width >= it.height else (short_side, other)


LOUDNESS_LEAST, LOUDNESS_MOST, SILENCE = -24.0, -12.0, -60.0


def is_even_in_volume(loudness: float | None) -> bool:
    """True for sound that may stay as loud as it is (LUFS); silence stays silence."""
    return loudness is None or loudness <= SILENCE or LOUDNESS_LEAST <= loudness <= LOUDNESS_MOST
