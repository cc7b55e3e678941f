"""December's pack on the shelf, published by wen."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from lms.themedays.models import MonthPack
from tests.support.statements import statements_of
from tests.themedays import december
from tests.themedays.december import Shelf


@pytest.fixture
def shelf(session: Session) -> Shelf:
    made = december.shelf(session)
    session.commit()
    return made


@pytest.fixture
def pack(session: Session, cast: SimpleNamespace, shelf: Shelf) -> MonthPack:
    return december.publish(session, december.draft(session, cast.wen, shelf), cast.wen)


@pytest.fixture
def count_statements(app: Flask) -> Callable[[], AbstractContextManager[list[str]]]:
    """`with count_statements() as sent: …`: what is sent to the database inside."""
    return lambda: statements_of(app.extensions["engine"])
