"""December's pack on the shelf, published by wen."""

from types import SimpleNamespace

import pytest
from sqlalchemy.orm import Session

from lms.themedays.models import MonthPack
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
