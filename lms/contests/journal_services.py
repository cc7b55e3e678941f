"""Steps of something that a host runs, appended to its journal: after the last one their author saw, or not at all."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms.contests.errors import JournalMoved
from lms.db import Base, changed

Step = tuple[Any, Mapping[str, Any]]
"""(kind, data)."""


def append(
    session: Session,
    head: Any,
    event: type[Base],
    steps: Sequence[Step],
    *,
    actor_id: int | None,
    now: datetime,
    **values: Any,
) -> None:
    """The steps stand after the last one of `head`, whose `sequence` counts them and which gets these `values`; rows of `event` refer
    to it by their first foreign column. Raises JournalMoved when somebody else was faster."""
    model, seen = type(head), head.sequence
    here = update(model).where(model.id == head.id, model.sequence == seen)
    if not changed(session.execute(here.values(sequence=seen + len(steps), **values))):
        raise JournalMoved()
    link = next(column.key for column in event.__table__.columns if column.references(model.__table__.c.id))
    session.add_all(
        event(**{link: head.id}, sequence=seen + place, kind=kind, data=dict(data), actor_id=actor_id, at=now)
        for place, (kind, data) in enumerate(steps, start=1)
    )
    session.flush()  # what stands now is read from the rows
