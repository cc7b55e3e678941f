"""Who buzzed first, fair to slow lines. All instants are whole milliseconds since 1970, as the server's clock has them.

How much a slow line is given: lms/contests/fair_rules.py.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lms.contests.fair_rules import credit_ms

AHEAD_MS = 1500
"""An opening is announced at least so long before: a device that polls every 400 ms through a proxy's second has heard of it."""
WINDOW_MS = 400
SETTLING_MS = 200
"""After the window a buzz received in it may still be on its way to the disk."""
SLOW_MS = 400
KEPT_ROUND_TRIPS = 20


@dataclass(frozen=True)
class Buzz:
    """As it was received. `round_trip_ms` is the device's least at that moment, None when none was measured; `is_early`: the device
    says itself that the button was pressed before the opening."""

    turn: int
    team: int
    received_ms: int
    round_trip_ms: int | None
    is_early: bool = False


@dataclass(frozen=True)
class Pressed:
    team: int
    effective_ms: int
    received_ms: int


@dataclass(frozen=True)
class Decision:
    """`order`: who buzzed in time, the first one first. `decided_ms`: from then on the order stands; None: nobody has buzzed."""

    order: Sequence[Pressed]
    early: Sequence[int]
    decided_ms: int | None

    def winner(self, now_ms: int) -> int | None:
        """The team that answers; None while that may still change."""
        return self.order[0].team if self.decided_ms is not None and now_ms >= self.decided_ms else None


def effective_ms(buzz: Buzz, opens_ms: int) -> int:
    """When the button counts as pressed: never before the opening."""
    return max(opens_ms, buzz.received_ms - credit_ms(buzz.round_trip_ms))


def is_early(buzz: Buzz, opens_ms: int | None) -> bool:
    """Received before the opening, or without one; or its own device says so."""
    return buzz.is_early or opens_ms is None or buzz.received_ms < opens_ms


def decide(buzzes: Iterable[Buzz], opens_ms: int | None) -> Decision:
    """The order of one turn. What is received after the window of the first is not in it; what comes later changes nothing."""
    inside: list[Pressed] = []
    early: list[int] = []
    closes: int | None = None
    for buzz in sorted(buzzes, key=lambda one: (one.received_ms, one.team)):
        if opens_ms is None or is_early(buzz, opens_ms):
            early.append(buzz.team)
        elif closes is None or buzz.received_ms <= closes:
            pressed = Pressed(buzz.team, effective_ms(buzz, opens_ms), buzz.received_ms)
            inside.append(pressed)
            window = pressed.effective_ms + WINDOW_MS
            closes = window if closes is None else min(closes, window)
    inside.sort(key=lambda one: (one.effective_ms, one.received_ms, one.team))
    return Decision(inside, early, None if closes is None else closes + SETTLING_MS)


# --- round trips ---------------------------------------------------------------------------------------------------


def with_round_trip(kept: Sequence[int], round_trip_ms: int | None) -> list[int]:
    """The last KEPT_ROUND_TRIPS with the one just measured, if one was."""
    return list(kept) if round_trip_ms is None else [*kept, round_trip_ms][-KEPT_ROUND_TRIPS:]


def least(kept: Sequence[int]) -> int | None:
    return min(kept, default=None)


def is_slow(kept: Sequence[int]) -> bool:
    """Over SLOW_MS even at its best: marked 网络慢 before a segment."""
    return bool(kept) and min(kept) > SLOW_MS
