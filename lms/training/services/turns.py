"""What every change of a class goes through: its turn, its state, its line in the audit log."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.db import changed, serialise
from lms.training.class_rules import ClassState
from lms.training.errors import ClassMoved
from lms.training.models import TrainingClass


def take_turn(session: Session, training: TrainingClass) -> None:
    """From here on nobody else changes this class until the transaction ends, and what is read of it is current."""
    serialise(session, f"class:{training.id}")
    session.refresh(training)


def check_open(training: TrainingClass) -> None:
    if training.state is not ClassState.OPEN:
        raise ClassMoved()


def move(
    session: Session, training: TrainingClass, old: tuple[ClassState, ...], new: ClassState, **values: Any
) -> None:
    """The class is in the new state from one of the old ones, once. Raises ClassMoved otherwise."""
    moved = update(TrainingClass).where(TrainingClass.id == training.id, TrainingClass.state.in_(old))
    if not changed(session.execute(moved.values(state=new, **values))):
        raise ClassMoved()
    session.refresh(training)


def record(
    session: Session, training: TrainingClass, act: str, detail: Mapping[str, Any], *, by_id: int | None, now: datetime
) -> None:
    audit.record(session, by_id, f"class:{act}", f"class:{training.id}", dict(detail), now=now)
