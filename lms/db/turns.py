"""Whose turn it is to write: one first-come-first-served lock per process around every SQLite write transaction.

Measured (bench/README.md, "write lock"): without it SQLite's busy timeout lets ordinary writers wait 5–7 times longer beside the answers.
"""

import threading
from collections import deque

from lms.errors import Unavailable

PATIENCE_SECONDS = 5.0


class WriteLock:
    """First come, first served. Whoever asks twice is told at once instead of waiting for itself."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._queue: deque[tuple[threading.Lock, int]] = deque()
        self._owner: int | None = None

    def acquire(self, patience_seconds: float = PATIENCE_SECONDS) -> None:
        """Returns when it is this thread's turn; raises Unavailable when the wait was too long."""
        me, gate = threading.get_ident(), threading.Lock()
        with self._mutex:
            if self._owner == me:
                raise RuntimeError("this thread already writes in another transaction: commit that one first")
            if self._owner is None:
                self._owner = me
                return
            gate.acquire()
            turn = (gate, me)
            self._queue.append(turn)
        if not gate.acquire(timeout=patience_seconds):
            with self._mutex:
                if turn in self._queue:
                    self._queue.remove(turn)
                    raise Unavailable()

    @property
    def waiting(self) -> int:
        """How many wait for their turn at this moment."""
        return len(self._queue)

    def release(self) -> None:
        """Hands the turn to the next in line; it is never free in between."""
        with self._mutex:
            if self._queue:
                gate, self._owner = self._queue.popleft()
                gate.release()
            else:
                self._owner = None
