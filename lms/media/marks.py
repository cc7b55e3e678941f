"""Page pictures with the name of whoever looks drawn into them.

Drawing costs tens of milliseconds of a processor, so few are drawn at a time, and what was drawn is kept for a few minutes, for few people.
"""

import io
import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from lms.errors import Unavailable
from lms.lazy import later
from lms.printing.fonts import SANS, find_font

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont
else:
    Image, ImageDraw, ImageFont = later("PIL.Image"), later("PIL.ImageDraw"), later("PIL.ImageFont")

KEPT_MOST = 48
AT_A_TIME = 2
WAIT_SECONDS = 8.0
INK, HALO = (168, 40, 30, 70), (255, 255, 255, 60)
TURNED = 24
BUSY = "正在生成带姓名的页面图，请稍后刷新。"

Key = tuple[str, str]


class Marks:
    """The pictures drawn last, by storage key and words; safe for threads."""

    def __init__(self, kept_most: int = KEPT_MOST, at_a_time: int = AT_A_TIME) -> None:
        self._kept_most = kept_most
        self._kept: OrderedDict[Key, bytes] = OrderedDict()
        self._mutex = threading.Lock()
        self._turns = threading.Semaphore(at_a_time)

    def marked(self, key: str, words: str, read: Callable[[], bytes]) -> bytes:
        """The picture under the storage key with the words on it; raises Unavailable when too many are waiting."""
        if (found := self._find((key, words))) is not None:
            return found
        if not self._turns.acquire(timeout=WAIT_SECONDS):
            raise Unavailable(BUSY)
        try:
            made = self._find((key, words)) or drawn(read(), words)
        finally:
            self._turns.release()
        self._keep((key, words), made)
        return made

    def _find(self, key: Key) -> bytes | None:
        with self._mutex:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _keep(self, key: Key, made: bytes) -> None:
        with self._mutex:
            self._kept[key] = made
            while len(self._kept) > self._kept_most:
                self._kept.popitem(last=False)


MARKS = Marks()


def drawn(picture: bytes, words: str) -> bytes:
    """A WebP of the same size with the words all over it, slanted, so that no part that is worth cutting out is without them."""
    with Image.open(io.BytesIO(picture)) as opened:
        page = opened.convert("RGB")
    stamp = _stamp(words, max(11, min(page.size) // 42))
    step_x, step_y = int(stamp.width * 1.15), int(stamp.height * 1.3)
    for row, top in enumerate(range(-stamp.height // 3, page.height, step_y)):
        for left in range(-(row % 2) * step_x // 2, page.width, step_x):
            page.paste(stamp, (left, top), stamp)
    out = io.BytesIO()
    page.save(out, "WEBP", quality=76, method=1)
    return out.getvalue()


def _stamp(words: str, size: int) -> "Image.Image":
    face = _face(size)
    left, top, right, bottom = face.getbbox(words)
    flat = Image.new("RGBA", (int(right - left) + 8, int(bottom - top) + 8), (0, 0, 0, 0))
    ImageDraw.Draw(flat).text((4 - left, 4 - top), words, font=face, fill=INK, stroke_width=1, stroke_fill=HALO)
    return flat.rotate(TURNED, expand=True, resample=Image.Resampling.BILINEAR)


@cache
def _face(size: int) -> "ImageFont.FreeTypeFont":
    return ImageFont.truetype(find_font(SANS), size)
