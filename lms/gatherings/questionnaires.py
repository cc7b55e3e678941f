"""Reading the questionnaires: who may still reply, and what came of them."""

from collections.abc import Sequence

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from lms.gatherings import queries
from lms.gatherings import questionnaire_rules as rules
from lms.gatherings.models import Entry, Gathering, Reply
from lms.gatherings.questionnaire_rules import Outcome
from lms.gatherings.rules import GatheringState, Mark, VisitState


def may_reply(session: Session, gathering: Gathering, person_id: int) -> bool:
    """Whether the person stands present on the closed roll of a gathering with questions, and is not who spoke."""
    if gathering.state is not GatheringState.HELD or not gathering.words.questions:
        return False
    return person_id != gathering.speaker_id and queries.is_there(queries.find_entry(session, gathering.id, person_id))


def has_replied(session: Session, gathering_id: int, person_id: int) -> bool:
    query = select(Reply.id).where(Reply.gathering_id == gathering_id, Reply.person_id == person_id)
    return session.scalar(query) is not None


_STANDS_PRESENT = (
    Entry.gathering_id == Reply.gathering_id,
    Entry.person_id == Reply.person_id,
    Entry.mark == Mark.PRESENT,
    or_(Entry.visit.is_(None), Entry.visit == VisitState.CONFIRMED),
)
"""Replies count while their author stands present."""


def outcome_of(session: Session, gathering_id: int) -> Outcome:
    """What one gathering's questionnaire came to."""
    query = select(Reply.points, Reply.words).join(Entry, and_(*_STANDS_PRESENT))
    rows = session.execute(query.where(Reply.gathering_id == gathering_id))
    return rules.outcome([(points, words) for points, words in rows])


def means_of(session: Session, gathering_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """(replies, sum of all points) by gathering id, for those with a reply; whoever shows a mean of them asks for SHOWN_FROM replies."""
    query = select(Reply.gathering_id, func.count(), func.sum(Reply.total)).join(Entry, and_(*_STANDS_PRESENT))
    rows = session.execute(query.where(Reply.gathering_id.in_(gathering_ids)).group_by(Reply.gathering_id))
    return {gathering_id: (count, int(total)) for gathering_id, count, total in rows}
