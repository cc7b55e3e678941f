"""What awaits a person: each domain tells its own, home and back office show them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Awaiting:
    """How many of what, on which page (an endpoint with its arguments), and what to do there."""

    count: int
    text: str
    action: str
    endpoint: str
    arguments: dict[str, str | int]
