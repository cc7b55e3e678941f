"""The rotating QR code and what the browser keeps of a scan. Pure: whoever calls makes and checks the MACs.

The screen shows a new code every STEP_SECONDS; a code is good for VALID_SECONDS and a margin for slow cameras and networks. The moment
of the scan is kept in the browser for KEPT_SECONDS, so that signing in between costs nothing, and the address that was scanned is
worthless to whoever it is forwarded to later.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

STEP_SECONDS = 5
VALID_SECONDS = 20
MARGIN_SECONDS = 10
KEPT_SECONDS = 600


@dataclass(frozen=True)
class Stamp:
    """A gathering and an instant in whole seconds: of the code's making, or of its scan."""

    gathering_id: int
    second: int

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.second, UTC)

    @property
    def code_text(self) -> str:
        """What a code's MAC is taken of."""
        return f"roll-code:{self.gathering_id}:{self.second}"

    @property
    def scan_text(self) -> str:
        """What a kept scan's MAC is taken of: another text, so that no code passes for a scan."""
        return f"roll-scan:{self.gathering_id}:{self.second}"

    def sealed(self, mac: str) -> str:
        return f"{self.gathering_id:x}-{self.second:x}-{mac}"


_SEALED = re.compile(r"([0-9a-f]{1,15})-([0-9a-f]{1,9})-([0-9a-f]{64})\Z")


def read(sealed: str) -> tuple[Stamp, str] | None:
    """The stamp and its MAC, still to be checked; None when it is neither code nor scan."""
    found = _SEALED.match(sealed)
    return (Stamp(int(found[1], 16), int(found[2], 16)), found[3]) if found else None


def shown_at(gathering_id: int, now: datetime) -> Stamp:
    """What the screen shows now: the same for STEP_SECONDS on every screen."""
    second = int(now.timestamp())
    return Stamp(gathering_id, second - second % STEP_SECONDS)


def is_fresh(code: Stamp, scanned: datetime) -> bool:
    """Whether the code was good at the moment of the scan; one from the future is not (but for the margin between two clocks)."""
    return -MARGIN_SECONDS <= scanned.timestamp() - code.second <= VALID_SECONDS + MARGIN_SECONDS


def is_kept(scan: Stamp, now: datetime) -> bool:
    """Whether a scan still counts."""
    return -MARGIN_SECONDS <= now.timestamp() - scan.second <= KEPT_SECONDS
