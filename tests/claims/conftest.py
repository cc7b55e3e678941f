"""A claim as lin files it: two and a half days of training elsewhere, with a certificate."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from lms.claims import services
from lms.claims.models import Claim
from lms.claims.rules import ClaimKind, Wanted
from lms.hours.rules import Bucket
from lms.media import services as media
from tests.media import files

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
TRAINING = Wanted(
    ClaimKind.TRAINING, "省厅不动产登记培训班", "省自然资源厅", date(2026, 10, 12), date(2026, 10, 14), Bucket.OFFLINE,
    days=2, half_days=1,
)  # fmt: skip

File = Callable[..., Claim]


@pytest.fixture
def proof(app: Flask, session: Session, cast: SimpleNamespace) -> Callable[[Any], int]:
    """`proof(cast.lin)`: the id of a file that this person uploaded."""

    def made(person: Any) -> int:
        stream = io.BytesIO(files.picture())
        file = media.receive(
            session, stream, name="证书.png", owner_id=person.id, storage=app.extensions["storage"], now=NOW
        )
        return file.id

    return made


@pytest.fixture
def file(session: Session, cast: SimpleNamespace, proof: Callable[[Any], int]) -> File:
    """`file(cast.lin, title="…")`: a claim that waits for the unit."""

    def filed(person: Any, *, now: datetime = NOW, **more: Any) -> Claim:
        return services.submit(session, person.id, replace(TRAINING, **more), [proof(person)], now=now)

    return filed
