"""The clock stands on the Monday before the lecture until it is moved."""

from collections.abc import Iterator

import pytest
import time_machine

from tests.lectures.north import NOON


@pytest.fixture
def monday() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller
