"""So many calls a minute for one key, and so many at once, counted in this process: enough to keep a runaway script, or slow
lines, from crowding out people."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from lms.errors import TooMany

KEYS_MOST = 10_000


class RateLimit:
    """A bucket of `per_minute` calls that refills evenly. Each process counts for itself."""

    def __init__(self, per_minute: int) -> None:
        self._most = float(per_minute)
        self._left: dict[object, tuple[float, float]] = {}
        self._mutex = threading.Lock()

    def take(self, key: object, now: float | None = None) -> None:
        """Raises TooMany when the key has used its calls up."""
        at = time.monotonic() if now is None else now
        with self._mutex:
            left, since = self._left.get(key, (self._most, at))
            left = min(self._most, left + (at - since) * self._most / 60)
            if left < 1:
                raise TooMany(f"每分钟最多 {self._most:.0f} 次，请稍后再试。")
            if len(self._left) >= KEYS_MOST:
                self._left.clear()
            self._left[key] = (left - 1, at)


class Places:
    """So many at once; the next one is refused instead of waiting, so that slow senders never hold every thread."""

    def __init__(self, count: int) -> None:
        self._free = threading.BoundedSemaphore(count)

    @contextmanager
    def taken(self, refusal: TooMany) -> Iterator[None]:
        """One place within the block; raises the refusal when there is none."""
        if not self._free.acquire(blocking=False):
            raise refusal
        try:
            yield
        finally:
            self._free.release()
