"""What an invigilator decides about an exam: its policy, grants for persons and units, more time, an attempt opened again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.db import changed, conflict_as, insert_ignore, upsert
from lms.errors import Conflict, Invalid
from lms.notices import services as notices
from lms.quizzes import exam_queries
from lms.quizzes.errors import WrongPlace
from lms.quizzes.models import Attempt, AttemptEvent, AttemptItem, AttemptSitting, ExamGrant, ExamPolicy
from lms.quizzes.policy_rules import is_inside
from lms.quizzes.rules import EventAct, Purpose, State

MOST_EXTRA_SECONDS = 4 * 3600


@dataclass(frozen=True)
class Subject:
    """What attempts are for: a round, a course …"""

    purpose: Purpose
    id: int

    @property
    def name(self) -> str:
        return f"{self.purpose}:{self.id}"


def set_policy(
    session: Session,
    subject: Subject,
    *,
    minimum_seconds: int,
    networks: Sequence[str],
    is_one_per_address: bool,
    by_id: int,
    now: datetime,
) -> None:
    """What the subject asks from now on; attempts that have begun keep their least time."""
    if not 0 <= minimum_seconds <= MOST_EXTRA_SECONDS:
        raise Invalid("最短作答时间从 0 到 240 分钟。", field="minimum_minutes")
    asked = {"minimum_seconds": minimum_seconds, "networks": list(networks), "is_one_per_address": is_one_per_address}
    row = {"purpose": subject.purpose, "subject_id": subject.id, **asked, "changed_by_id": by_id, "changed_at": now}
    upsert(session, ExamPolicy, [row], key=["purpose", "subject_id"], update=[*asked, "changed_by_id", "changed_at"])
    audit.record(session, by_id, "exam.policy", subject.name, asked, now=now)


@dataclass(frozen=True)
class Wish:
    """What is to be granted; None leaves it as the subject has it."""

    reason: str
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    extra_seconds: int = 0
    attempts_per_day: int | None = None

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise Invalid("写明理由，会留下记录。", field="reason")
        if not 0 <= self.extra_seconds <= MOST_EXTRA_SECONDS:
            raise Invalid("加时从 0 到 240 分钟。", field="extra_minutes")
        if self.attempts_per_day is not None and not 1 <= self.attempts_per_day <= 50:
            raise Invalid("每天 1 到 50 次。", field="attempts_per_day")
        if self.opens_at and self.closes_at and self.closes_at <= self.opens_at:
            raise Invalid("结束时间要晚于开始时间。", field="closes_at")
        if not (self.opens_at or self.closes_at or self.extra_seconds or self.attempts_per_day):
            raise Invalid("至少填一项要放宽的内容。", field="extra_minutes")


def grant(
    session: Session,
    subject: Subject,
    wish: Wish,
    *,
    person_id: int | None = None,
    unit_id: int | None = None,
    by_id: int,
    now: datetime,
) -> ExamGrant:
    """A person, or a unit with those below it, is granted what the wish says. Keys wait for the last who may still answer."""
    if (person_id is None) == (unit_id is None):
        raise Invalid("选一个人或一个单位。", field="staff_no")
    made = ExamGrant(
        purpose=subject.purpose, subject_id=subject.id, person_id=person_id, unit_id=unit_id, opens_at=wish.opens_at,
        closes_at=wish.closes_at, extra_seconds=wish.extra_seconds, attempts_per_day=wish.attempts_per_day,
        reason=wish.reason.strip(), made_by_id=by_id, made_at=now,
    )  # fmt: skip
    session.add(made)
    session.flush()  # the record names it
    if wish.closes_at:
        _hold_keys(session, subject, wish.closes_at)
    whom = {"person": person_id} if person_id else {"unit": unit_id}
    audit.record(session, by_id, "exam.grant", subject.name, {**whom, "reason": wish.reason.strip()}, now=now)
    return made


def revoke_grant(session: Session, found: ExamGrant, *, by_id: int, now: datetime) -> None:
    """From now on it is not counted; attempts that have begun keep their deadline."""
    revoked = update(ExamGrant).where(ExamGrant.id == found.id, ExamGrant.revoked_at.is_(None)).values(revoked_at=now)
    if not changed(session.execute(revoked.execution_options(synchronize_session=False))):
        raise Conflict("这一条已经撤销。")
    audit.record(session, by_id, "exam.revoke", f"{found.purpose}:{found.subject_id}", {"grant": found.id}, now=now)


def extend(
    session: Session,
    subject: Subject,
    *,
    seconds: int,
    reason: str,
    person_id: int | None = None,
    by_id: int,
    now: datetime,
) -> int:
    """Everybody who answers at the moment (or one person) has so much longer; how many. Their pages learn it with the next reply
    of the server. Raises Invalid for no reason or no time, Conflict when nobody answers."""
    if not reason.strip():
        raise Invalid("写明理由，会留下记录。", field="reason")
    if not 0 < seconds <= MOST_EXTRA_SECONDS:
        raise Invalid("延长 1 到 240 分钟。", field="minutes")
    running = exam_queries.list_running(session, subject.purpose, subject.id, person_id)
    kept = [
        each for each in running if each.deadline_at is not None and _moved(session, each, timedelta(seconds=seconds))
    ]
    if not kept:
        raise Conflict("现在没有人在作答，不用延长。")
    for attempt in kept:
        assert attempt.deadline_at is not None
        _note(
            session,
            attempt,
            EventAct.EXTENDED,
            {"seconds": seconds, "before": attempt.deadline_at.isoformat()},
            reason,
            by_id,
            now,
        )
    latest = max(each.deadline_at for each in kept if each.deadline_at) + timedelta(seconds=seconds)
    _hold_keys(session, subject, latest)
    audit.record(
        session,
        by_id,
        "exam.extend",
        subject.name,
        {"seconds": seconds, "people": len(kept), "reason": reason.strip()},
        now=now,
    )
    return len(kept)


def _moved(session: Session, attempt: Attempt, by: timedelta) -> bool:
    """Whether the attempt was still open with the deadline that was read."""
    assert attempt.deadline_at is not None
    moved = (
        update(Attempt)
        .where(Attempt.id == attempt.id, Attempt.state == State.OPEN, Attempt.deadline_at == attempt.deadline_at)
        .values(deadline_at=attempt.deadline_at + by)
        .execution_options(synchronize_session=False)
    )
    return changed(session.execute(moved))


def reopen(session: Session, attempt: Attempt, *, seconds: int, reason: str, by_id: int, now: datetime) -> None:
    """A handed-in or closed attempt takes answers again for so long; what was saved is still there. Its result stays in the
    journals and is replaced when it is handed in anew. Raises Conflict when it is open, or the person has another one open."""
    if not reason.strip():
        raise Invalid("写明理由，会留下记录。", field="reason")
    if not 0 < seconds <= MOST_EXTRA_SECONDS:
        raise Invalid("重新开放 1 到 240 分钟。", field="minutes")
    before: dict[str, object] = {"state": attempt.state.value, "score_millis": attempt.score_millis, "seconds": seconds}
    until = now + timedelta(seconds=seconds)
    opened = (
        update(Attempt)
        .where(Attempt.id == attempt.id, Attempt.state.in_((State.SUBMITTED, State.CLOSED)))
        .values(
            state=State.OPEN,
            deadline_at=until,
            submitted_at=None,
            score_millis=None,
            seconds_used=None,
            lease=None,
            submit_from_at=None,
        )
        .execution_options(synchronize_session=False)
    )
    with conflict_as(Conflict("本人正在作答另一份，交卷后再开放这一份。"), session):
        if not changed(session.execute(opened)):
            raise Conflict("这份答卷正在作答，不用重新开放。")
    session.execute(
        update(AttemptItem)
        .where(AttemptItem.attempt_id == attempt.id)
        .values(fraction=None, score_millis=None)
        .execution_options(synchronize_session=False)
    )
    session.refresh(attempt)
    _note(session, attempt, EventAct.REOPENED, before, reason, by_id, now)
    _hold_keys(session, Subject(attempt.purpose, attempt.subject_id), until)
    text = f"你的答卷重新开放 {seconds // 60} 分钟：{reason.strip()}"
    notices.tell(session, attempt.person_id, text, f"/attempts/{attempt.id}", now=now)
    audit.record(session, by_id, "exam.reopen", f"attempt:{attempt.id}", {**before, "reason": reason.strip()}, now=now)


def _note(
    session: Session, attempt: Attempt, act: EventAct, detail: dict[str, object], reason: str, by_id: int, now: datetime
) -> None:
    session.add(AttemptEvent(attempt_id=attempt.id, act=act, detail=detail, reason=reason.strip(), by_id=by_id, at=now))


def _hold_keys(session: Session, subject: Subject, until: datetime) -> None:
    """Where keys wait for the end at all, they wait for this moment too."""
    session.execute(
        update(Attempt)
        .where(Attempt.purpose == subject.purpose, Attempt.subject_id == subject.id, Attempt.release_at < until)
        .values(release_at=until)
        .execution_options(synchronize_session=False)
    )


# --- where an exam is sat


@dataclass(frozen=True)
class Place:
    """Where a request comes from: its address and what the browser says of itself."""

    address: str
    device: str = field(default="")


def check_place(session: Session, subject: Subject, place: Place, *, person_id: int) -> None:
    """Raises WrongPlace outside the subject's networks, or where somebody else answers at the same address."""
    policy = exam_queries.policy_for(session, subject.purpose, subject.id)
    if policy is None:
        return
    if not is_inside(place.address, policy.networks):
        raise WrongPlace("这场考试要在指定的考场里作答，请到考场的电脑上登录。")
    if policy.is_one_per_address and exam_queries.is_address_taken(
        session, subject.purpose, subject.id, place.address, person_id
    ):
        raise WrongPlace("这台电脑上有人正在作答，请换一台，或请监考人员处理。")


def note_sitting(session: Session, attempt: Attempt, place: Place, *, lease: str, now: datetime) -> None:
    """The device that holds the lease, once."""
    row = sitting_row(attempt.id, place, lease=lease, now=now)
    insert_ignore(session, AttemptSitting, [row], key=["attempt_id", "lease"])


def sitting_row(attempt_id: int, place: Place, *, lease: str, now: datetime) -> dict[str, object]:
    """What is kept of a device that holds the lease."""
    address, device = place.address[:45], place.device[:200]
    return {"attempt_id": attempt_id, "lease": lease, "address": address, "device": device, "at": now}
