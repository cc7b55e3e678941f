"""Which backups of a folder are kept: the newest of each of seven days, five weeks and twelve months. Pure.

Days, weeks and months are those of Asia/Shanghai that have a backup, so that a site that was off for a month keeps what it has.
"""

import re
from collections.abc import Callable, Collection, Hashable, Iterable
from datetime import UTC, datetime

from lms import clock

DAYS, WEEKS, MONTHS = 7, 5, 12
_NAME = re.compile(r"jiangtai-(\d{8}T\d{6})Z\.backup")
_FORM = "%Y%m%dT%H%M%S"


def name_of(at: datetime) -> str:
    """`jiangtai-20261127T183000Z.backup`, the instant in UTC."""
    return f"jiangtai-{at.astimezone(UTC):{_FORM}}Z.backup"


def moment_of(name: str) -> datetime | None:
    """The instant in a name; None for a name that `name_of` does not make."""
    found = _NAME.fullmatch(name)
    try:
        return datetime.strptime(found[1], _FORM).replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def kept(moments: Collection[datetime]) -> set[datetime]:
    """Those that stay; the newest one always does."""
    day = _newest_of_each(moments, clock.today, DAYS)
    week = _newest_of_each(moments, lambda at: clock.today(at).isocalendar()[:2], WEEKS)
    return day | week | _newest_of_each(moments, clock.month_of, MONTHS)


def _newest_of_each(moments: Iterable[datetime], span: Callable[[datetime], Hashable], most: int) -> set[datetime]:
    newest: dict[Hashable, datetime] = {}
    for at in sorted(moments, reverse=True):
        newest.setdefault(span(at), at)
    return set(list(newest.values())[:most])
