"""Keeps this node's clock in step with the database's: measured every 30 s on PostgreSQL; on SQLite there is only one clock."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from lms import clock
from lms.db import MakeSession
from lms.db.dialect import database_clock

EVERY_SECONDS = 30
JUMP = timedelta(seconds=5)

log = structlog.get_logger("lms.clock")


class NodeClock:
    """The last measurement of this process. `jumped_at` is the instant at which the offset last moved by more than 5 s."""

    def __init__(self) -> None:
        self.offset = timedelta(0)
        self.measured_at: datetime | None = None
        self.jumped_at: datetime | None = None
        self._thread: threading.Thread | None = None

    def start(self, make_session: MakeSession) -> None:
        """Measure now and every 30 s, in a thread of its own; nothing to do, and no thread, on SQLite or when it runs already."""
        with make_session() as session:
            if session.get_bind().dialect.name == "sqlite" or self._thread is not None:
                return
        self._thread = threading.Thread(target=self._keep, args=(make_session,), name="node-clock", daemon=True)
        self._thread.start()

    def _keep(self, make_session: MakeSession) -> None:
        pause = threading.Event()
        while True:
            try:
                self.measure(make_session)
            except Exception as problem:  # the database is away; the last offset stays in force
                log.warning("clock not measured", reason=type(problem).__name__)
            pause.wait(EVERY_SECONDS)

    def measure(self, make_session: MakeSession) -> None:
        """Adopt the offset to the database's clock, if that is another clock than ours."""
        with make_session() as session:
            # The second question: the first one may have waited for a connection.
            database_clock(session)
            before = datetime.now(UTC)
            there = database_clock(session)
            after = datetime.now(UTC)
        if there is not None:
            self.adopt(offset_of(before, there, after))

    def adopt(self, offset: timedelta) -> None:
        """From here on `clock.now()` uses the offset (database minus host)."""
        moved = clock.set_offset(offset)
        self.offset, self.measured_at = offset, clock.now()
        if abs(moved) > JUMP:
            self.jumped_at = self.measured_at
            log.error("clock jumped", moved_seconds=moved.total_seconds(), offset_seconds=offset.total_seconds())

    def facts(self) -> dict[str, Any]:
        """For /readyz: the offset, how long ago it was measured (None: never, as on SQLite), and the last jump."""
        age = (clock.now() - self.measured_at).total_seconds() if self.measured_at else None
        return {
            "offset_millis": round(self.offset.total_seconds() * 1000),
            "measured_seconds_ago": None if age is None else round(age),
            "jumped_at": self.jumped_at.isoformat(timespec="seconds") if self.jumped_at else None,
        }


def offset_of(before: datetime, there: datetime, after: datetime) -> timedelta:
    """Database minus host, with the database asked between two looks at the host's clock; wrong by at most half their distance."""
    return there - (before + (after - before) / 2)


NODE_CLOCK = NodeClock()
