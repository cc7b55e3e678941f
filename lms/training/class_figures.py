"""What the classes of a year came to, by unit."""

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.training.class_rules import ClassState, EnrolmentState
from lms.training.models import ClassEnrolment, ClassResult, TrainingClass

HELD, CLOSED, PLACED, COMPLETED = range(4)


def count_by_unit(session: Session, year: int, on: date) -> dict[int, list[int]]:
    """By unit id: classes it held that began in the year until that day, how many of them are closed, people of it who had a place in any such
    class, and how many of those completed it. A person counts for the unit in which they enrolled."""
    begun = TrainingClass.starts_on.between(date(year, 1, 1), min(on, date(year, 12, 31)))
    held = begun & TrainingClass.state.in_([ClassState.OPEN, ClassState.CLOSED])
    classes = select(TrainingClass.unit_id, TrainingClass.state, func.count()).where(held)
    placed = (
        select(ClassEnrolment.unit_id, ClassEnrolment.class_id, ClassEnrolment.person_id)
        .join(TrainingClass, TrainingClass.id == ClassEnrolment.class_id)
        .where(held, ClassEnrolment.state == EnrolmentState.PLACED)
        .subquery()
    )
    done = (ClassResult.class_id == placed.c.class_id) & (ClassResult.person_id == placed.c.person_id)
    people = (
        select(placed.c.unit_id, func.count(), func.count(ClassResult.id))
        .outerjoin(ClassResult, done & ClassResult.is_completed)
        .group_by(placed.c.unit_id)
    )
    found: dict[int, list[int]] = {}
    for unit_id, state, count in session.execute(classes.group_by(TrainingClass.unit_id, TrainingClass.state)):
        row = found.setdefault(unit_id, [0, 0, 0, 0])
        row[HELD] += count
        row[CLOSED] += count * (state is ClassState.CLOSED)
    for unit_id, taken, completed in session.execute(people):
        row = found.setdefault(unit_id, [0, 0, 0, 0])
        row[PLACED], row[COMPLETED] = taken, completed
    return found
