"""Closing a class in one act: results, hours, certificates; and what later corrections of roll and quiz bring with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms.certificates import rules as certificate_rules
from lms.certificates import services as certificates
from lms.certificates.models import Certificate
from lms.errors import Conflict
from lms.gatherings.rules import GatheringState
from lms.hours import services as hours
from lms.hours.rules import Bucket, Source
from lms.notices import services as notices
from lms.people import queries as people
from lms.people.models import Unit
from lms.training import closing_rules as rules
from lms.training import queries
from lms.training.class_rules import ClassState, EnrolmentState
from lms.training.closing_rules import Attendance
from lms.training.errors import ClassMoved
from lms.training.models import SUBJECT, ClassEnrolment, ClassResult, TrainingClass
from lms.training.services import quiz
from lms.training.services.turns import check_open, move, record, take_turn

CORRECTED = "点名或测验更正"


@dataclass(frozen=True)
class Outcome:
    """What a class comes to for one person, by roll and quiz as they stand. `evidence` and `worth`, its quarters by the rules of the day,
    are by year; `reason` says why not completed."""

    person_id: int
    attendance: Attendance
    quiz_passed: bool | None
    reason: str
    evidence: Mapping[int, Mapping[str, Any]]
    worth: Mapping[int, int]

    @property
    def is_completed(self) -> bool:
        return not self.reason

    def quarters_of(self, year: int) -> int:
        return self.worth.get(year, 0) if self.is_completed else 0

    @property
    def quarters(self) -> int:
        return sum(self.quarters_of(year) for year in self.evidence)

    def agrees(self, with_: ClassResult | None) -> bool:
        """Whether this is what was settled."""
        if with_ is None:
            return False
        of = self.attendance
        return (with_.attended_seconds, with_.held_seconds, with_.quiz_passed, with_.is_completed, with_.quarters) == (
            of.attended, of.held, self.quiz_passed, self.is_completed, self.quarters,
        )  # fmt: skip


def outcomes(session: Session, training: TrainingClass) -> list[Outcome]:
    """Of everybody with a place."""
    meetings = queries.list_meetings(session, training.id)
    there = queries.attended_by(session, meetings)
    passed, policy = quiz.passed_by(session, training), queries.policy_of(session, training)
    found = []
    for person_id in sorted(queries.list_placed(session, training.id)):
        mine = queries.meetings_of(person_id, meetings, there)
        of, quiz_passed = rules.attendance(mine), (person_id in passed) if training.paper_id else None
        reason = rules.why_not_completed(of, policy, quiz_passed=quiz_passed)
        evidence = rules.evidence_by_year(mine)
        worth = {
            year: hours.worth(session, each, on=_credited_on(training, year), source_kind=SUBJECT)
            for year, each in evidence.items()
        }
        found.append(Outcome(person_id, of, quiz_passed, reason, evidence, worth))
    return found


def most_of(session: Session, training: TrainingClass, year: int) -> int:
    """The quarters of that year for who misses nothing of the timetable as it stands and passes the quiz."""
    planned = [
        rules.Meeting(each.starts_at, each.ends_at, each.extent, was_there=True)
        for each in queries.list_meetings(session, training.id)
    ]
    evidence = rules.evidence_by_year(planned).get(year)
    return hours.worth(session, evidence, on=_credited_on(training, year), source_kind=SUBJECT) if evidence else 0


def _credited_on(training: TrainingClass, year: int) -> date:
    """The day of a year's hours: the class's last one, or New Year's Eve for the part before it."""
    return training.ends_on if training.ends_on.year == year else date(year, 12, 31)


def obstacle(session: Session, training: TrainingClass) -> str:
    """What stands in the way of closing the class, "" for nothing."""
    meetings = queries.list_meetings(session, training.id)
    waiting = sum(each.state is GatheringState.PLANNED for each in meetings)
    if waiting:
        return f"还有 {waiting} 次课没有结束点名，点完或取消后再结班。"
    return "" if meetings else "一次课也没有上过，不能结班。"


def close_class(session: Session, training: TrainingClass, *, by_id: int, now: datetime) -> list[ClassResult]:
    """Results are written, hours credited and certificates numbered, all in this transaction and once. Raises Conflict while a roll is
    open, ClassMoved when the class is closed."""
    take_turn(session, training)
    check_open(training)
    if why := obstacle(session, training):
        raise Conflict(why)
    found = outcomes(session, training)
    move(session, training, (ClassState.OPEN,), ClassState.CLOSED, closed_at=now, closed_by_id=by_id)
    _end_waiting(session, training)
    results = _settle(session, training, found, by_id=by_id, now=now)
    completed = sum(each.is_completed for each in results)
    record(session, training, "close", {"people": len(results), "completed": completed}, by_id=by_id, now=now)
    return results


def _end_waiting(session: Session, training: TrainingClass) -> None:
    open_ = (EnrolmentState.ASKED, EnrolmentState.WAITING)
    waiting = update(ClassEnrolment).where(ClassEnrolment.class_id == training.id, ClassEnrolment.state.in_(open_))
    session.execute(waiting.values(state=EnrolmentState.REFUSED, note="名额已满"))


def to_correct(session: Session, training: TrainingClass) -> list[Outcome]:
    """Outcomes of a closed class that are other than what was settled."""
    if training.state is not ClassState.CLOSED:
        return []
    results = queries.list_results(session, training.id)
    return [each for each in outcomes(session, training) if not each.agrees(results.get(each.person_id))]


def correct_class(session: Session, training: TrainingClass, *, by_id: int | None, now: datetime) -> list[ClassResult]:
    """What roll and quiz say now is what counts: by corrections of the ledger, withdrawn and further certificates. Doing it again changes
    nothing. Raises ClassMoved for a class that is not closed."""
    take_turn(session, training)
    if training.state is not ClassState.CLOSED:
        raise ClassMoved()
    differing = to_correct(session, training)
    results = _settle(session, training, differing, by_id=by_id, now=now)
    if results:
        record(session, training, "correct", {"people": [each.person_id for each in results]}, by_id=by_id, now=now)
    return results


def _settle(
    session: Session, training: TrainingClass, found: list[Outcome], *, by_id: int | None, now: datetime
) -> list[ClassResult]:
    names = people.names_of(session, [each.person_id for each in found])
    standing = queries.list_results(session, training.id)
    issuer = session.get_one(Unit, training.unit_id).name
    settled = []
    for outcome in found:
        result = _written(session, training, outcome, standing.get(outcome.person_id), now)
        _credit(session, training, outcome, now=now)
        _certify(session, training, result, names[outcome.person_id], issuer, by_id=by_id, now=now)
        _tell(session, training, result, now)
        settled.append(result)
    return settled


def _written(
    session: Session, training: TrainingClass, outcome: Outcome, result: ClassResult | None, now: datetime
) -> ClassResult:
    if result is None:
        result = ClassResult(class_id=training.id, person_id=outcome.person_id, revision=0)
        session.add(result)
    else:
        result.revision += 1
    result.attended_seconds, result.held_seconds = outcome.attendance.attended, outcome.attendance.held
    result.quiz_passed, result.is_completed = outcome.quiz_passed, outcome.is_completed
    result.reason, result.quarters, result.settled_at = outcome.reason, outcome.quarters, now
    return result


def _credit(session: Session, training: TrainingClass, outcome: Outcome, *, now: datetime) -> None:
    """The hours of each year and bucket are those of the outcome: credited, corrected, or noted with the reason."""
    buckets = [Bucket.OFFLINE, *([Bucket.PROFESSIONAL] if training.is_professional else [])]
    source = Source(SUBJECT, training.id)
    if outcome.reason:
        hours.note_uncredited(
            session, person_id=outcome.person_id, source=source, reason=outcome.reason, title=training.title,
            on=training.ends_on, now=now,
        )  # fmt: skip
    for year, evidence in outcome.evidence.items():
        quarters, proof = outcome.quarters_of(year), {**evidence, "class": training.id}
        on = _credited_on(training, year)
        for bucket in buckets:
            about: dict[str, Any] = {"person_id": outcome.person_id, "source": source, "bucket": bucket}
            if quarters and hours.credit(
                session, **about, quarters=quarters, on=on, title=training.title, evidence=proof, now=now
            ):
                continue
            standing = hours.find_entry(session, **about, year=year)
            if standing is not None:
                hours.correct(session, standing, quarters=quarters, reason=CORRECTED, evidence=proof, now=now)


def _certify(
    session: Session,
    training: TrainingClass,
    result: ClassResult,
    name: str,
    issuer: str,
    *,
    by_id: int | None,
    now: datetime,
) -> None:
    """Who completed the class has one certificate that stands, nobody else has. One that was withdrawn is never revived: a further paper
    names the correction in its source."""
    there = session.get(Certificate, result.certificate_id) if result.certificate_id else None
    stands = there is not None and there.is_valid
    if there is not None and stands and not result.is_completed:
        certificates.withdraw(session, there, reason=f"{CORRECTED}：{result.reason}", by_id=by_id, now=now)
    lines = [certificate_line(training, result.quarters)]
    if there is not None and stands and result.is_completed and there.lines != lines:
        further = certificates.replace(
            session, there, lines=lines, issued_on=training.ends_on, reason=CORRECTED, by_id=by_id, now=now
        )
        result.certificate_id = further.id
    if result.is_completed and not stands:
        issued = certificates.issue(
            session, certificate_rules.person(result.person_id, name), kind=certificate_rules.Kind.CLASS,
            title=training.title, lines=lines, issuer=issuer,
            source=(SUBJECT if there is None else f"{SUBJECT}.{result.revision}", training.id),
            issued_on=training.ends_on, now=now,
        )  # fmt: skip
        result.certificate_id = issued.id


def certificate_line(training: TrainingClass, quarters: int) -> str:
    """The sentence of the certificate."""
    first, last = training.starts_on, training.ends_on
    days = f"{first.year}年{first.month}月{first.day}日"
    if last != first:
        days += (
            f"至{last.month}月{last.day}日" if last.year == first.year else f"至{last.year}年{last.month}月{last.day}日"
        )
    return f"于{days}参加“{training.title}”学习，计 {quarters / 4:g} 学时，考核合格，准予结业。"


def _tell(session: Session, training: TrainingClass, result: ClassResult, now: datetime) -> None:
    if result.is_completed:
        text = f"“{training.title}”已结业，记 {result.quarters / 4:g} 学时，结业证书已发"
    else:
        text = f"“{training.title}”没有结业：{result.reason}"
    notices.tell(session, result.person_id, text, f"/classes/{training.id}", now=now)
