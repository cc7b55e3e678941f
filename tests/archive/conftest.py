"""A year of lin's that is past: hours of two buckets, a star, a posting and a mentor."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from time_machine import travel

from lms import clock
from lms.certificates import rules as certificate_rules
from lms.certificates import services as certificates
from lms.certificates.rules import Kind
from lms.db import MakeSession
from lms.hours import services as hours
from lms.hours.rules import Bucket, Source
from lms.records import services as records
from lms.records.rules import PostingKind
from lms.records.services import Stretch
from lms.scheduler import KINDS
from lms.storage import Storage
from lms.tasks.services import run_due
from tests.media.conftest import storage

__all__ = ["storage"]

YEAR = 2026
AFTER = datetime(2027, 1, 12, 2, 0, tzinfo=UTC)


def earn(
    session: Session, person_id: int, quarters: int, *, on: date, source_id: int, bucket: Bucket = Bucket.ONLINE
) -> None:
    hours.credit(
        session, person_id=person_id, source=Source("resource", source_id), bucket=bucket, quarters=quarters, on=on,
        title=f"第 {source_id} 课", evidence={}, now=clock.now(),
    )  # fmt: skip


@pytest.fixture
def year(session: Session, cast: SimpleNamespace) -> Iterator[int]:
    with travel(AFTER, tick=False):
        earn(session, cast.lin.id, 6, on=date(2026, 3, 2), source_id=1)
        earn(session, cast.lin.id, 32, on=date(2026, 9, 9), source_id=2, bucket=Bucket.OFFLINE)
        earn(session, cast.lin.id, 4, on=date(2027, 1, 4), source_id=3)
        certificates.issue(
            session, certificate_rules.person(cast.lin.id, cast.lin.name), kind=Kind.STAR, title="学习之星", lines=["三季度"],
            issuer="某局", source=("star", 1), issued_on=date(2026, 10, 20), now=clock.now(),
        )  # fmt: skip
        village = Stretch(PostingKind.RURAL, "湖溪村", date(2025, 11, 1), date(2026, 2, 28))
        posting = records.propose_posting(session, cast.lin.id, village, by_id=cast.lin.id, now=clock.now())
        records.decide_posting(session, posting, confirm=True, note="", by_id=cast.ada.id, now=clock.now())
        records.pair_up(
            session,
            cast.ed.id,
            cast.lin.id,
            subject="确权登记",
            from_on=date(2026, 5, 1),
            by_id=cast.ada.id,
            now=clock.now(),
        )
        session.commit()
        session.expire_all()
        yield YEAR


@pytest.fixture
def run_tasks(app: Flask, make_session: MakeSession, storage: Storage, session: Session) -> Callable[[], int]:
    """Commits what was written and runs every task that is due."""

    def run() -> int:
        session.commit()
        ran = run_due(make_session, KINDS, {**app.extensions, "storage": storage})
        session.expire_all()
        return ran

    return run
