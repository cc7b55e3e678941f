"""Materials, homework and what people think of a class."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from lms.courses.models import Resource
from lms.db import changed, conflict_as, insert_ignore
from lms.errors import Conflict, Invalid
from lms.gatherings.questionnaire_rules import OPEN_FOR, are_points
from lms.notices import services as notices
from lms.training import queries, study_queries
from lms.training.class_rules import ClassState
from lms.training.closing_rules import QUESTIONS
from lms.training.errors import ClassMoved
from lms.training.models import ClassEvaluation, ClassMaterial, HandIn, Homework, TrainingClass


def add_material(session: Session, training: TrainingClass, resource: Resource, *, now: datetime) -> None:
    """The resource is among the class's materials; adding it again changes nothing. The caller has checked that the person may see it."""
    row = {"class_id": training.id, "resource_id": resource.id, "added_at": now}
    insert_ignore(session, ClassMaterial, [row], key=["class_id", "resource_id"])


def remove_material(session: Session, training: TrainingClass, resource_id: int) -> None:
    session.execute(
        delete(ClassMaterial).where(ClassMaterial.class_id == training.id, ClassMaterial.resource_id == resource_id)
    )


def set_homework(
    session: Session, training: TrainingClass, *, title: str, text: str, due_at: datetime, by_id: int, now: datetime
) -> Homework:
    """Everybody with a place has it to do and is told. Raises Invalid for a time that is over, ClassMoved once the class is."""
    if training.state not in (ClassState.APPROVED, ClassState.OPEN):
        raise ClassMoved("已经结班，不能再布置作业。")
    if not title.strip():
        raise Invalid("给作业起个名字。", field="title")
    if due_at <= now:
        raise Invalid("截止时间要在现在以后。", field="due_at")
    homework = Homework(
        class_id=training.id, title=title.strip()[:120], text=text.strip()[:2000], due_at=due_at, created_by_id=by_id,
        created_at=now,
    )  # fmt: skip
    session.add(homework)
    session.flush()  # those told follow its class
    for person_id in queries.list_placed(session, training.id):
        notices.tell(session, person_id, f"新作业：{homework.title}", f"/classes/{training.id}", now=now)
    return homework


def hand_in(
    session: Session, homework: Homework, person_id: int, *, text: str, media_id: int | None, now: datetime
) -> HandIn:
    """What the person hands in now takes the place of what was there; a file stays unless another comes. Late is allowed and shown.

    Raises Invalid for nothing at all, Conflict once the class officer has written back.
    """
    row = study_queries.find_hand_in(session, homework.id, person_id)
    if not text.strip() and media_id is None and (row is None or row.media_id is None):
        raise Invalid("写几句话，或选一个文件。", field="text")
    if row is None:
        row = HandIn(
            homework_id=homework.id, person_id=person_id, text=text.strip()[:5000], media_id=media_id, handed_at=now
        )
        with conflict_as(Conflict("已经交过了，请刷新后再改。"), session):
            session.add(row)
        return row
    values = {"text": text.strip()[:5000], "media_id": media_id or row.media_id, "handed_at": now}
    unread = update(HandIn).where(HandIn.id == row.id, HandIn.commented_at.is_(None))
    if not changed(session.execute(unread.values(values))):
        raise Conflict("作业已经批阅，不能再改。")
    session.refresh(row)
    return row


def comment(
    session: Session, training: TrainingClass, homework: Homework, row: HandIn, *, text: str, by_id: int, now: datetime
) -> None:
    """The class officer's words, which the person is told of; writing again replaces them."""
    if not text.strip():
        raise Invalid("写一句评语。", field="comment")
    is_first = row.commented_at is None
    row.comment, row.commented_by_id, row.commented_at = text.strip()[:1000], by_id, now
    if is_first:
        told = f"作业“{homework.title}”有了评语"
        notices.tell(session, row.person_id, told, f"/classes/{training.id}", now=now)


def evaluates_from_to(session: Session, training: TrainingClass) -> tuple[datetime, datetime] | None:
    """From the beginning of the last meeting for thirty days; None for an empty timetable."""
    meetings = queries.list_meetings(session, training.id)
    if not meetings:
        return None
    return meetings[-1].starts_at, max(each.ends_at for each in meetings) + OPEN_FOR


def evaluate(
    session: Session, training: TrainingClass, person_id: int, *, points: Sequence[int], words: str, now: datetime
) -> ClassEvaluation:
    """The person's opinion, once. Raises Invalid for other than five marks of 1 to 5, Conflict outside its time and for a second one."""
    if not are_points(points, QUESTIONS):
        raise Invalid("每一项都选 1 到 5 分。", field="points")
    window = evaluates_from_to(session, training)
    if window is None or not window[0] <= now < window[1]:
        raise Conflict("现在不在评价时间内。")
    given = ClassEvaluation(
        class_id=training.id, person_id=person_id, points=list(points), words=words.strip()[:500], given_at=now
    )
    with conflict_as(Conflict("你已经评价过了，谢谢。"), session):
        session.add(given)
    return given
