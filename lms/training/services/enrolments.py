"""Who gets into a class: enrolled, decided, placed, waiting, promoted, withdrawn. A place is given only by `_place`."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from lms import clock
from lms.db import changed
from lms.errors import Conflict, Invalid
from lms.gatherings import clash_queries
from lms.gatherings import services as gatherings
from lms.gatherings.rules import GatheringState
from lms.notices import services as notices
from lms.people import queries as people
from lms.training import class_rules as rules
from lms.training import queries
from lms.training.class_rules import EnrolmentState, Phase, Room
from lms.training.errors import Clashing, NotMeant
from lms.training.models import SUBJECT, ClassEnrolment, ClassQuota, TrainingClass
from lms.training.services.turns import check_open, record, take_turn

PLACED, WAITING, ASKED = EnrolmentState.PLACED, EnrolmentState.WAITING, EnrolmentState.ASKED


def enrol(session: Session, training: TrainingClass, person_id: int, *, by_id: int, now: datetime) -> ClassEnrolment:
    """The person has a place, waits for one, or waits for the class officer; enrolling again while one of these holds changes nothing.

    The class officer (`by_id` another person) may enrol somebody outside the time of enrolment and without a review. Raises NotMeant,
    Clashing when another class of the person meets at the same time, Conflict outside the time of enrolment, ClassMoved.
    """
    take_turn(session, training)
    check_open(training)
    by_officer = by_id != person_id
    standing = queries.find_enrolment(session, training.id, person_id)
    if standing is not None and standing.state in rules.LIVE:
        return standing
    if standing is not None and standing.state is EnrolmentState.REFUSED and not by_officer:
        raise Conflict("这次报名没有被录取，有疑问请找班务人员。")
    phase = queries.phase_of(training, now)
    if not by_officer and phase is not Phase.ENROLLING:
        raise Conflict("现在不在报名时间内。")
    unit_id, path = _unit_of(session, person_id, now)
    _check_meant(session, training, person_id, path)
    _check_free(session, training, person_id)
    quotas = queries.list_quotas(session, training.id)
    row = standing or ClassEnrolment(class_id=training.id, person_id=person_id)
    row.unit_id, row.asked_at, row.placed_at, row.was_promoted, row.note = unit_id, now, None, False, ""
    row.quota_id = rules.quota_of(path, [(quota.id, unit.path) for quota, unit in quotas])
    row.state = ASKED if training.is_decided and not by_officer else WAITING
    session.add(row)
    session.flush()  # it is placed by its number
    if row.state is WAITING:
        _settle(session, training, row, now)
    return row


def _unit_of(session: Session, person_id: int, now: datetime) -> tuple[int, str]:
    member = people.membership_of(session, person_id, clock.today(now))
    unit = people.find_unit(session, member.unit_id) if member else None
    if unit is None:
        raise NotMeant("你现在不属于任何单位，不能报名。")
    return unit.id, unit.path


def _check_meant(session: Session, training: TrainingClass, person_id: int, path: str) -> None:
    audience = queries.audience_of(training, queries.unit_paths(session))
    person = queries.candidate_of(session, person_id, path)
    if why := rules.why_not_meant(audience, person, training.starts_on.year):
        raise NotMeant(why)


def _check_free(session: Session, training: TrainingClass, person_id: int) -> None:
    for meeting in queries.list_meetings(session, training.id):
        for _, other in clash_queries.list_expected(session, clash_queries.slot_of(meeting), [person_id]):
            if other.subject_kind == SUBJECT and other.subject_id != training.id:
                raise Clashing(f"“{meeting.title}”和你已报的“{other.title}”时间冲突。")


def _settle(session: Session, training: TrainingClass, row: ClassEnrolment, now: datetime) -> None:
    """A place when there is one, otherwise the end of the waiting list."""
    if _room(session, training).has(row.quota_id) and _place(session, training, row.id, was_promoted=False, now=now):
        sync_rosters(session, training, now=now)
    session.refresh(row)


def _room(session: Session, training: TrainingClass) -> Room:
    return queries.room_of(training, [quota for quota, _ in queries.list_quotas(session, training.id)])


def _place(session: Session, training: TrainingClass, enrolment_id: int, *, was_promoted: bool, now: datetime) -> bool:
    """The waiting person has a place from now on; False when they no longer wait. The counts can not pass their bounds: the database
    refuses."""
    moved = update(ClassEnrolment).where(ClassEnrolment.id == enrolment_id, ClassEnrolment.state == WAITING)
    values = {"state": PLACED, "placed_at": now, "was_promoted": was_promoted}
    if not changed(session.execute(moved.values(values))):
        return False
    row = session.get_one(ClassEnrolment, enrolment_id)
    session.refresh(row)
    _count(session, training, row.quota_id, 1)
    return True


def _count(session: Session, training: TrainingClass, quota_id: int | None, by: int) -> None:
    taken = update(TrainingClass).where(TrainingClass.id == training.id)
    session.execute(taken.values(placed_count=TrainingClass.placed_count + by))
    if quota_id is not None:
        of_unit = update(ClassQuota).where(ClassQuota.id == quota_id)
        session.execute(of_unit.values(placed_count=ClassQuota.placed_count + by))
        session.refresh(session.get_one(ClassQuota, quota_id))
    session.refresh(training)


def withdraw(session: Session, training: TrainingClass, enrolment: ClassEnrolment, *, now: datetime) -> None:
    """The person gives the place or the waiting up; the next one gets the place. Raises Conflict once the class has begun."""
    take_turn(session, training)
    check_open(training)
    if clock.today(now) >= training.starts_on:
        raise Conflict("已经开班，不能自己退出，请找班务人员。")
    leave(session, training, enrolment, EnrolmentState.WITHDRAWN, note="", now=now)


def leave(
    session: Session,
    training: TrainingClass,
    enrolment: ClassEnrolment,
    to: EnrolmentState,
    *,
    note: str,
    now: datetime,
) -> bool:
    """The person is out, once; a place that becomes free goes to the next. The caller has taken the class's turn."""
    session.refresh(enrolment)
    before = enrolment.state
    moved = update(ClassEnrolment).where(ClassEnrolment.id == enrolment.id, ClassEnrolment.state.in_(rules.LIVE))
    if not changed(session.execute(moved.values(state=to, note=note[:200]))):
        return False
    session.refresh(enrolment)
    if before is PLACED:
        _count(session, training, enrolment.quota_id, -1)
        promote(session, training, now=now)
        sync_rosters(session, training, now=now)
    return True


def promote(session: Session, training: TrainingClass, *, now: datetime) -> list[int]:
    """Free places go to the waiting list in its order until the class begins; who gets one is told. Returns the enrolments."""
    if clock.today(now) > training.starts_on:
        return []
    found = rules.promoted(queries.list_waiting(session, training.id), _room(session, training))
    for enrolment_id in found:
        if _place(session, training, enrolment_id, was_promoted=True, now=now):
            row = session.get_one(ClassEnrolment, enrolment_id)
            text = f"培训班“{training.title}”有名额了，你已从候补转为录取"
            notices.tell(session, row.person_id, text, f"/classes/{training.id}", now=now)
    if found:
        sync_rosters(session, training, now=now)
    return found


def decide_enrolment(
    session: Session,
    training: TrainingClass,
    enrolment: ClassEnrolment,
    *,
    accept: bool,
    note: str,
    by_id: int,
    now: datetime,
) -> None:
    """The class officer takes the person (a place, or the waiting list) or refuses with a reason; the person is told.

    Also takes somebody out who has a place or waits. Raises Invalid without a reason, Conflict when it was decided meanwhile.
    """
    if not accept and not note.strip():
        raise Invalid("请写明原因，本人能看到。", field="note")
    take_turn(session, training)
    check_open(training)
    if accept:
        moved = update(ClassEnrolment).where(ClassEnrolment.id == enrolment.id, ClassEnrolment.state == ASKED)
        if not changed(session.execute(moved.values(state=WAITING))):
            raise Conflict("这个人的报名已经处理过了。")
        session.refresh(enrolment)
        _settle(session, training, enrolment, now)
        said = "已录取" if enrolment.state is PLACED else "已通过审核，名额满了，先候补"
    else:
        if not leave(session, training, enrolment, EnrolmentState.REFUSED, note=note.strip(), now=now):
            raise Conflict("这个人的报名已经处理过了。")
        said = f"没有录取：{note.strip()}"
    link = f"/classes/{training.id}" if accept else "/classes"
    notices.tell(session, enrolment.person_id, f"培训班“{training.title}”：{said}", link, now=now)
    record(session, training, "enrolment", {"person": enrolment.person_id, "accept": accept}, by_id=by_id, now=now)


def sync_rosters(session: Session, training: TrainingClass, *, now: datetime) -> None:
    """Every meeting whose roll is open expects exactly those who have a place."""
    session.flush()  # who has a place is read below
    placed = queries.list_placed(session, training.id)
    for meeting in queries.list_meetings(session, training.id):
        if meeting.state is GatheringState.PLANNED:
            gatherings.choose(session, meeting, placed, by_id=None, now=now)


def regroup(session: Session, training: TrainingClass, wanted: Mapping[int, int], paths: Mapping[int, str]) -> None:
    """The quotas are the wanted ones and everybody enrolled belongs to the nearest; the counts are counted anew."""
    standing = {quota.unit_id: quota for quota, _ in queries.list_quotas(session, training.id)}
    lines = queries.list_enrolments(session, training.id)
    nearest = {
        line.enrolment.id: rules.quota_of(
            paths[line.enrolment.unit_id], [(unit_id, paths[unit_id]) for unit_id in wanted]
        )
        for line in lines
    }
    for unit_id, places in wanted.items():
        taken = sum(nearest[line.enrolment.id] == unit_id and line.enrolment.state is PLACED for line in lines)
        if taken > places:
            raise Invalid("有单位已录取的人比名额多，请先调整名单。", field="places")
        quota = standing.pop(unit_id, None) or ClassQuota(class_id=training.id, unit_id=unit_id)
        quota.places, quota.placed_count = places, taken
        session.add(quota)
    session.flush()  # enrolments name the quota by its number
    by_unit = {quota.unit_id: quota.id for quota, _ in queries.list_quotas(session, training.id)}
    for line in lines:
        unit = nearest[line.enrolment.id]
        line.enrolment.quota_id = None if unit is None else by_unit[unit]
    session.flush()  # nobody names the quotas that go
    for quota in standing.values():
        session.execute(delete(ClassQuota).where(ClassQuota.id == quota.id))
