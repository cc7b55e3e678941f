"""The read side of what a class learns with: materials, homework, hand-ins, opinions."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.courses.models import Resource
from lms.gatherings.questionnaire_rules import Outcome, outcome
from lms.people.models import Person
from lms.training.class_rules import EnrolmentState
from lms.training.models import ClassEnrolment, ClassEvaluation, ClassMaterial, HandIn, Homework


@dataclass(frozen=True)
class HomeworkLine:
    """A piece of homework with the asker's hand-in, or for the class officer how many handed in and wait for words."""

    homework: Homework
    mine: HandIn | None = None
    handed: int = 0
    waiting: int = 0


@dataclass(frozen=True)
class HandInLine:
    """Somebody of the class with what they handed in, if anything."""

    person_id: int
    name: str
    hand_in: HandIn | None


def list_materials(session: Session, class_id: int) -> Sequence[Resource]:
    query = select(Resource).join(ClassMaterial, ClassMaterial.resource_id == Resource.id)
    return session.scalars(query.where(ClassMaterial.class_id == class_id).order_by(ClassMaterial.added_at)).all()


def list_homework(session: Session, class_id: int, person_id: int) -> list[HomeworkLine]:
    """What a person of the class has to do, the first due first."""
    query = (
        select(Homework, HandIn)
        .outerjoin(HandIn, (HandIn.homework_id == Homework.id) & (HandIn.person_id == person_id))
        .where(Homework.class_id == class_id)
        .order_by(Homework.due_at, Homework.id)
    )
    return [HomeworkLine(homework, mine) for homework, mine in session.execute(query)]


def list_homework_of_class(session: Session, class_id: int) -> list[HomeworkLine]:
    """For the class officer, with counts."""
    waiting = func.count(HandIn.id) - func.count(HandIn.commented_at)
    query = (
        select(Homework, func.count(HandIn.id), waiting)
        .outerjoin(HandIn, HandIn.homework_id == Homework.id)
        .where(Homework.class_id == class_id)
        .group_by(Homework.id)
        .order_by(Homework.due_at, Homework.id)
    )
    return [HomeworkLine(each, None, handed, unread) for each, handed, unread in session.execute(query)]


def find_homework(session: Session, class_id: int, homework_id: int) -> Homework | None:
    homework = session.get(Homework, homework_id)
    return homework if homework is not None and homework.class_id == class_id else None


def find_hand_in(session: Session, homework_id: int, person_id: int) -> HandIn | None:
    return session.scalar(select(HandIn).where(HandIn.homework_id == homework_id, HandIn.person_id == person_id))


def list_hand_ins(session: Session, homework: Homework) -> list[HandInLine]:
    """Everybody with a place, by staff number, and what they handed in."""
    query = (
        select(Person.id, Person.name, HandIn)
        .join(ClassEnrolment, ClassEnrolment.person_id == Person.id)
        .outerjoin(HandIn, (HandIn.person_id == Person.id) & (HandIn.homework_id == homework.id))
        .where(ClassEnrolment.class_id == homework.class_id, ClassEnrolment.state == EnrolmentState.PLACED)
        .order_by(Person.staff_no)
    )
    return [HandInLine(*row) for row in session.execute(query)]


def has_evaluated(session: Session, class_id: int, person_id: int) -> bool:
    query = select(ClassEvaluation.id).where(
        ClassEvaluation.class_id == class_id, ClassEvaluation.person_id == person_id
    )
    return session.scalar(query) is not None


def opinions_of(session: Session, class_id: int) -> Outcome:
    """What came of the five questions; nothing but the count below five replies."""
    query = select(ClassEvaluation.points, ClassEvaluation.words).where(ClassEvaluation.class_id == class_id)
    return outcome([(points, words) for points, words in session.execute(query)])
