"""What the loader works on: the site's services, the day it plays on, and how much is to be made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from lms import clock
from lms.db import MakeSession

Progress = Callable[[str, int, int], None]
"""`progress(what, done, total)`, called from the loading thread."""


def silent(what: str, done: int, total: int) -> None:
    """Progress nobody watches."""


@dataclass(frozen=True)
class Size:
    """How much is made; the small one is for tests."""

    people: int = 2000
    lectures: int = 24
    questions: int = 200
    students: int = 600
    contestants: int = 300
    film_slides: int | None = None
    film_slide_seconds: int = 4

    @property
    def is_full(self) -> bool:
        return self == FULL


FULL = Size()
SMALL = Size(people=60, lectures=2, questions=20, students=12, contestants=12, film_slides=2)


@dataclass(frozen=True)
class Site:
    """`services` is what the application holds for tasks and services (storage, keys, settle, …)."""

    make_session: MakeSession
    services: Mapping[str, Any]
    now: datetime
    size: Size = FULL
    progress: Progress = field(default=silent)

    @property
    def today(self) -> date:
        return clock.today(self.now)

    def ago(self, days: int, hour: int = 9, minute: int = 0) -> datetime:
        """That many days before today (after it when negative), at a Shanghai wall-clock time."""
        return clock.at_local(self.today - timedelta(days=days), hour, minute)

    @property
    def morning(self) -> datetime:
        """Eight o'clock today, or the beginning of the day while that is still to come."""
        eight = self.ago(0, 8)
        return eight if self.now >= eight else clock.start_of(self.today)

    def working_day_ago(self, days: int, hour: int = 9, minute: int = 0) -> datetime:
        """The same, moved back to a working day."""
        on = self.today - timedelta(days=days)
        while not clock.is_working_day(on):
            on -= timedelta(days=1)
        return clock.at_local(on, hour, minute)
