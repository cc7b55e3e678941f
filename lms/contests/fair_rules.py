"""Fair to slow lines: what is taken off the moment at which something was received. Whole milliseconds since 1970, of the server's clock.

The server believes only its own clock: it issues nonces and sees them come back. A device that holds one back looks slower than it is,
and gains what a slower line would gain: at most CREDIT_MOST_MS.
"""

CREDIT_MOST_MS = 200
NONCE_LIVES_MS = 10_000


def credit_ms(round_trip_ms: int | None) -> int:
    """What is taken off the moment of receipt: half the round trip, at most CREDIT_MOST_MS."""
    return min((round_trip_ms or 0) // 2, CREDIT_MOST_MS)


def round_trip_ms(issued_ms: int, returned_ms: int) -> int | None:
    """Of a nonce that came back; None of one that is too old, or from the future: it tells nothing."""
    took = returned_ms - issued_ms
    return took if 0 <= took <= NONCE_LIVES_MS else None
