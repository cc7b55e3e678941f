"""The read side of integrity: what the rules are fed with, cases and annulments. Only for reviewers."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.contests import integrity_rules as rules
from lms.contests.integrity_models import Annulment, IntegrityCase
from lms.contests.integrity_rules import Given, Signal, Sitting
from lms.contests.models import RoundEntry
from lms.people import queries as people
from lms.quizzes.models import Attempt, AttemptItem, AttemptLeave, AttemptSitting, CurrentAnswer
from lms.quizzes.rules import Purpose


def list_signals(session: Session, round_id: int) -> list[Signal]:
    """All signals of the round, the strongest first."""
    sittings, given = list_sittings(session, round_id), list_given(session, round_id)
    return rules.by_strength([
        *rules.shared_devices(sittings), *rules.parallel_sittings(sittings), *rules.same_answers(given),
        *rules.fast_answers(given), *rules.page_leaves(count_leaves(session, round_id)),
    ])  # fmt: skip


def list_sittings(session: Session, round_id: int) -> list[Sitting]:
    query = (
        select(Attempt.person_id, Attempt.id, AttemptSitting.address, AttemptSitting.device)
        .join(AttemptSitting, AttemptSitting.attempt_id == Attempt.id)
        .where(Attempt.purpose == Purpose.CONTEST, Attempt.subject_id == round_id)
        .order_by(Attempt.id, AttemptSitting.at)
    )
    return [Sitting(*row) for row in session.execute(query)]


def list_given(session: Session, round_id: int) -> list[Given]:
    """Graded answers of the round; the time of an answer is from the one before it in the same attempt, or from the start."""
    query = (
        select(
            Attempt.id, Attempt.person_id, Attempt.started_at, AttemptItem.version_id, AttemptItem.fraction,
            CurrentAnswer.choice, CurrentAnswer.saved_at,
        )
        .join(AttemptItem, AttemptItem.attempt_id == Attempt.id)
        .join(
            CurrentAnswer,
            (CurrentAnswer.attempt_id == AttemptItem.attempt_id) & (CurrentAnswer.position == AttemptItem.position),
        )
        .where(Attempt.purpose == Purpose.CONTEST, Attempt.subject_id == round_id, AttemptItem.fraction.is_not(None))
        .order_by(Attempt.id, CurrentAnswer.saved_at, AttemptItem.position)
    )  # fmt: skip
    before: dict[int, datetime] = {}
    found = []
    for attempt, person, started_at, version, fraction, choice, saved_at in session.execute(query):
        seconds = int((saved_at - before.get(attempt, started_at)).total_seconds())
        before[attempt] = saved_at
        found.append(Given(person, version, choice, fraction == 1000, seconds))
    return found


def count_leaves(session: Session, round_id: int) -> dict[int, int]:
    """Person → how often they left the page; everybody who began is there."""
    query = (
        select(Attempt.person_id, func.count(AttemptLeave.mark))
        .outerjoin(AttemptLeave, AttemptLeave.attempt_id == Attempt.id)
        .where(Attempt.purpose == Purpose.CONTEST, Attempt.subject_id == round_id)
        .group_by(Attempt.person_id)
    )
    return {person: times for person, times in session.execute(query)}


def took_part(session: Session, round_id: int, person_ids: Sequence[int]) -> bool:
    query = select(func.count()).where(RoundEntry.round_id == round_id, RoundEntry.person_id.in_(person_ids))
    return session.scalars(query).one() == len(set(person_ids))


@dataclass(frozen=True)
class CaseLine:
    """A case with the names of everybody in it."""

    case: IntegrityCase
    names: dict[int, str]

    @property
    def state_name(self) -> str:
        return rules.CASE_STATES[self.case.state]

    @property
    def people(self) -> list[int]:
        return people_of(self.case)

    @property
    def whom(self) -> str:
        return "、".join(self.names[person] for person in self.people)


def people_of(case: IntegrityCase) -> list[int]:
    return [person for person in (case.person_id, case.other_id) if person is not None]


def list_cases(session: Session, round_id: int) -> list[CaseLine]:
    """The newest first."""
    cases = session.scalars(
        select(IntegrityCase).where(IntegrityCase.round_id == round_id).order_by(IntegrityCase.id.desc())
    ).all()
    ids = {person for case in cases for person in _everybody(case)}
    names = people.names_of(session, sorted(ids))
    return [CaseLine(case, names) for case in cases]


def line_of(session: Session, case: IntegrityCase) -> CaseLine:
    annulled = list_annulments(session, case.id)
    ids = {*_everybody(case), *(p for one in annulled for p in (one.undo_asked_by_id, one.undone_by_id) if p)}
    return CaseLine(case, people.names_of(session, sorted(ids)))


def _everybody(case: IntegrityCase) -> set[int]:
    hands = (case.opened_by_id, case.heard_by_id, case.decided_by_id)
    return {person for person in (*people_of(case), *hands) if person is not None}


def list_annulments(session: Session, case_id: int) -> Sequence[Annulment]:
    return session.scalars(select(Annulment).where(Annulment.case_id == case_id).order_by(Annulment.id)).all()


def signals_by_kind(signals: Sequence[Signal]) -> dict[str, int]:
    """Kind → how many signals."""
    return Counter(rules.SIGNALS[signal.kind] for signal in signals)


def sources_by_person(annulled: Sequence[Annulment]) -> dict[int, list[int]]:
    """Person → attempts whose results were annulled."""
    found: dict[int, list[int]] = defaultdict(list)
    for one in annulled:
        found[one.person_id].append(one.attempt_id)
    return dict(found)
