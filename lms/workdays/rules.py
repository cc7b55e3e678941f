"""Which years nobody has told the holidays of."""

from collections.abc import Collection
from datetime import date

from lms import clock

DAYS_AT_ONCE = 31


def unknown_years(today: date, entered: Collection[int]) -> list[int]:
    """This year and the next, as far as neither the built-in calendar nor an entry of ours knows them."""
    return [year for year in (today.year, today.year + 1) if not clock.is_known_year(year) and year not in entered]
