"""Write down, confirm and end short records; each act of an office is in the audit log."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms import clock
from lms.audit import services as audit
from lms.db import changed, conflict_as
from lms.errors import Conflict, Forbidden, Invalid
from lms.notices import services as notices
from lms.records.models import MentorPair, Posting
from lms.records.rules import PostingKind, PostingState, trouble_with

OWN_PAGE = "/me/records"


@dataclass(frozen=True)
class Stretch:
    """What a posting says."""

    kind: PostingKind
    place: str
    from_on: date
    until_on: date | None = None
    duty: str = ""


def propose_posting(session: Session, person_id: int, stretch: Stretch, *, by_id: int, now: datetime) -> Posting:
    """A posting that waits for confirmation by somebody else.

    Raises Invalid for impossible dates, Conflict when this person has one of that kind from that day on already.
    """
    _check_dates(stretch.from_on, stretch.until_on, now)
    posting = Posting(
        person_id=person_id, kind=stretch.kind, place=stretch.place, duty=stretch.duty, from_on=stretch.from_on,
        until_on=stretch.until_on, proposed_by_id=by_id, proposed_at=now,
    )  # fmt: skip
    with conflict_as(_twice(), session):
        session.add(posting)
    return posting


def decide_posting(session: Session, posting: Posting, *, confirm: bool, note: str, by_id: int, now: datetime) -> None:
    """Confirmed, or returned with what is missing; the person is told.

    Raises Forbidden for the person concerned and for who wrote it down, Invalid for a return without words, Conflict when it is decided.
    """
    if by_id in (posting.person_id, posting.proposed_by_id):
        raise Forbidden("本人和填写人不能确认，请另一位同事办理。")
    if not confirm and not note.strip():
        raise Invalid("退回要写明缺什么。", field="note")
    state = PostingState.CONFIRMED if confirm else PostingState.RETURNED
    values = {"state": state, "note": note.strip(), "decided_by_id": by_id, "decided_at": now}
    waits = (Posting.id == posting.id, Posting.state == PostingState.PROPOSED)
    if not changed(session.execute(update(Posting).where(*waits).values(values))):
        raise Conflict("这条记录已经办过了，请刷新后再看。")
    detail = {"person_id": posting.person_id, "state": state.value, "note": note.strip()}
    audit.record(session, by_id, "record.decide", f"posting:{posting.id}", detail, now=now)
    told = f"“{posting.place}”的实践记录{'已确认' if confirm else '被退回，请补充后再报'}"
    notices.tell(session, posting.person_id, told, OWN_PAGE, now=now)


def correct_posting(session: Session, posting: Posting, stretch: Stretch, *, by_id: int, now: datetime) -> None:
    """Written anew by its person after a return, or ended; it waits for confirmation again. Raises Conflict while it waits."""
    _check_dates(stretch.from_on, stretch.until_on, now)
    values = {
        "kind": stretch.kind, "place": stretch.place, "duty": stretch.duty, "from_on": stretch.from_on, "note": "",
        "until_on": stretch.until_on, "state": PostingState.PROPOSED, "proposed_by_id": by_id, "proposed_at": now,
        "decided_by_id": None, "decided_at": None,
    }  # fmt: skip
    decided = (Posting.id == posting.id, Posting.state != PostingState.PROPOSED)
    with conflict_as(_twice(), session):
        if not changed(session.execute(update(Posting).where(*decided).values(values))):
            raise Conflict("正在等确认，办完以后才能修改。")


def pair_up(
    session: Session, mentor_id: int, mentee_id: int, *, subject: str, from_on: date, by_id: int, now: datetime
) -> MentorPair:
    """A mentor and a mentee from that day on; both are told.

    Raises Invalid when they are one person or the day lies ahead, Conflict when the pair stands already.
    """
    if mentor_id == mentee_id:
        raise Invalid("导师和学员不能是同一个人。", field="mentee_no")
    if from_on > clock.today(now):
        raise Invalid("结对日期不能晚于今天。", field="since_on")
    pair = MentorPair(
        mentor_id=mentor_id, mentee_id=mentee_id, subject=subject, from_on=from_on, made_by_id=by_id, made_at=now
    )
    with conflict_as(Conflict("这对师徒从这一天起已经结对了。"), session):
        session.add(pair)
    detail = {"mentor_id": mentor_id, "mentee_id": mentee_id, "subject": subject}
    audit.record(session, by_id, "record.pair", f"mentor_pair:{pair.id}", detail, now=now)
    notices.tell(session, mentor_id, f"你已担任“{subject}”的导师", OWN_PAGE, now=now)
    notices.tell(session, mentee_id, f"已为你安排“{subject}”的导师", OWN_PAGE, now=now)
    return pair


def end_pair(session: Session, pair: MentorPair, *, until_on: date, outcome: str, by_id: int, now: datetime) -> None:
    """The pair ends on that day with what came of it. Raises Invalid for a day before it began or ahead, Conflict when it has ended."""
    if not pair.from_on <= until_on <= clock.today(now):
        raise Invalid("请填写结对以后、今天以前的一天。", field="until_on")
    goes_on = (MentorPair.id == pair.id, MentorPair.until_on.is_(None))
    values = {"until_on": until_on, "outcome": outcome.strip()}
    if not changed(session.execute(update(MentorPair).where(*goes_on).values(values))):
        raise Conflict("这对师徒已经结束了。")
    detail = {"until": until_on.isoformat(), "outcome": outcome.strip()}
    audit.record(session, by_id, "record.pair_end", f"mentor_pair:{pair.id}", detail, now=now)


def _twice() -> Conflict:
    return Conflict("这段经历已经记过了，不用再写一遍。")


def _check_dates(from_on: date, until_on: date | None, now: datetime) -> None:
    trouble = trouble_with(from_on, until_on, clock.today(now))
    if trouble:
        raise Invalid(trouble[1], field=trouble[0])
