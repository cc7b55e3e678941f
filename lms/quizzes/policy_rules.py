"""Who may sit an exam when, where and for how long: pure. What a subject offers everybody, and what somebody is granted beside it."""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

NETWORKS_MOST = 50


@dataclass(frozen=True)
class Terms:
    """When attempts may begin and must end, how much longer than the paper says they last, how many may be begun a day."""

    opens_at: datetime
    closes_at: datetime
    extra_seconds: int = 0
    attempts_per_day: int | None = None


@dataclass(frozen=True)
class Grant:
    """What differs for somebody; None leaves it as it is. `depth` orders grants: the one for a person stands above one for a
    unit, a deeper unit above a higher one."""

    depth: int
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    extra_seconds: int = 0
    attempts_per_day: int | None = None


PERSONAL = 1_000  # deeper than any unit


def terms_with(terms: Terms, grants: Iterable[Grant]) -> Terms:
    """The terms of somebody who holds the grants: for each thing the deepest grant that speaks of it decides, of two equally
    deep ones the later in the list."""
    for grant in sorted(grants, key=lambda each: each.depth):
        said = {name: getattr(grant, name) for name in ("opens_at", "closes_at", "attempts_per_day")}
        terms = replace(terms, **{name: value for name, value in said.items() if value is not None})
        if grant.extra_seconds:
            terms = replace(terms, extra_seconds=grant.extra_seconds)
    return terms


def networks_in(text: str) -> list[str]:
    """Networks as typed, one a line: addresses, or addresses with a prefix length. Raises ValueError with the line that is none."""
    found = []
    for line in text.split():
        try:
            found.append(str(ipaddress.ip_network(line, strict=False)))
        except ValueError:
            raise ValueError(line) from None
    if len(found) > NETWORKS_MOST:
        raise ValueError(found[NETWORKS_MOST])
    return found


def is_inside(address: str, networks: Sequence[str]) -> bool:
    """True when there are no networks to be inside of, or the address lies in one of them."""
    if not networks:
        return True
    try:
        here = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(here, ipaddress.IPv6Address) and here.ipv4_mapped:
        here = here.ipv4_mapped
    return any(here in ipaddress.ip_network(network) for network in networks)
