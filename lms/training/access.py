"""The loaders of classes: what is there for whom."""

from sqlalchemy.orm import Session

from lms.errors import Forbidden, NotFound
from lms.gatherings.models import Gathering
from lms.media.models import MediaFile
from lms.people import access as people
from lms.people import queries as people_queries
from lms.people.access import Scope
from lms.people.models import Unit
from lms.people.principal import Principal
from lms.people.rules import Permission
from lms.training import class_rules as rules
from lms.training import queries, study_queries
from lms.training.class_rules import ClassState, EnrolmentState
from lms.training.models import ClassEnrolment, HandIn, Homework, TrainingClass

MANAGE, APPROVE = Permission.CLASS_MANAGE, Permission.CLASS_APPROVE


def class_to_see(session: Session, person: Principal, class_id: int) -> TrainingClass:
    """An open class that is meant for me, or one I enrolled in once it was opened."""
    training = queries.find_class(session, class_id)
    if training is None or training.opened_at is None:
        raise NotFound()
    if queries.find_enrolment(session, class_id, person.id) is not None:
        return training
    audience = queries.audience_of(training, queries.unit_paths(session))
    candidate = queries.candidate_of(session, person.id, person.unit_path)
    is_meant = not rules.why_not_meant(audience, candidate, training.starts_on.year)
    if training.state is not ClassState.OPEN or not is_meant:
        raise NotFound()
    return training


def own_class(session: Session, person: Principal, class_id: int) -> TrainingClass:
    """A class in which I have a place. Forbidden for who only sees it."""
    training = class_to_see(session, person, class_id)
    mine = queries.find_enrolment(session, class_id, person.id)
    if mine is None or mine.state is not EnrolmentState.PLACED:
        raise Forbidden("录取以后才能用，先报名。")
    return training


def own_enrolment(session: Session, person: Principal, training: TrainingClass) -> ClassEnrolment:
    mine = queries.find_enrolment(session, training.id, person.id)
    if mine is None:
        raise NotFound()
    return mine


def manage_scope(session: Session, person: Principal) -> Scope:
    return people.scope(session, person, MANAGE)


def class_to_manage(
    session: Session, person: Principal, class_id: int, permission: Permission = Permission.CLASS_MANAGE
) -> TrainingClass:
    """A class of the units in my scope; NotFound elsewhere, Forbidden for who runs it without the right asked for."""
    training = queries.find_class(session, class_id)
    unit = people_queries.find_unit(session, training.unit_id) if training else None
    if training is None or unit is None or not manage_scope(session, person).covers_unit(unit.path):
        raise NotFound()
    if permission is not MANAGE and not people.scope(session, person, permission).covers_unit(unit.path):
        raise Forbidden("这一步由人事教育处办理。")
    return training


def unit_to_propose_for(session: Session, person: Principal) -> Unit:
    """The unit whose class a new one is: the top of my scope."""
    reach = manage_scope(session, person)
    units = [unit for unit in people_queries.list_units(session) if reach.covers_unit(unit.path)]
    if not units:
        raise NotFound()
    return units[0]


def units_of(session: Session, training_unit: Unit) -> list[Unit]:
    """Units a class of that unit may be for: itself and everything below it; of 人事教育处's kind the whole bureau is the top."""
    return [unit for unit in people_queries.list_units(session) if unit.path.startswith(training_unit.path)]


def meeting_of(session: Session, training: TrainingClass, gathering_id: int) -> Gathering:
    meeting = queries.find_meeting(session, training.id, gathering_id)
    if meeting is None:
        raise NotFound()
    return meeting


def enrolment_of(session: Session, training: TrainingClass, enrolment_id: int) -> ClassEnrolment:
    row = session.get(ClassEnrolment, enrolment_id)
    if row is None or row.class_id != training.id:
        raise NotFound()
    return row


def homework_of(session: Session, training: TrainingClass, homework_id: int) -> Homework:
    homework = study_queries.find_homework(session, training.id, homework_id)
    if homework is None:
        raise NotFound()
    return homework


def hand_in_of(session: Session, homework: Homework, hand_in_id: int) -> HandIn:
    row = session.get(HandIn, hand_in_id)
    if row is None or row.homework_id != homework.id:
        raise NotFound()
    return row


def own_hand_in(session: Session, person: Principal, homework: Homework) -> HandIn:
    row = study_queries.find_hand_in(session, homework.id, person.id)
    if row is None:
        raise NotFound()
    return row


def file_of(session: Session, row: HandIn) -> MediaFile:
    file = session.get(MediaFile, row.media_id) if row.media_id else None
    if file is None:
        raise NotFound()
    return file
