"""A theme day of North on the first Friday of December, while it is going on."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import time_machine
from sqlalchemy.orm import Session

from lms.gatherings.models import Gathering
from tests.gatherings.north import DURING, theme_day


@pytest.fixture
def friday() -> Iterator[time_machine.Traveller]:
    """The clock stands at ten past three of that Friday until it is moved."""
    with time_machine.travel(DURING, tick=False) as traveller:
        yield traveller


@pytest.fixture
def gathering(session: Session, cast: SimpleNamespace) -> Gathering:
    return theme_day(session, cast.chen)
