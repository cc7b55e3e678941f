"""Read feedback: threads, lists, figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from lms.notices.feedback_rules import OPEN, FeedbackState, median_days
from lms.notices.models import Feedback, FeedbackMessage
from lms.people.models import Person

MOST_MEASURED = 5000


def list_feedback(person_id: int | None = None, *, answered: bool | None = None) -> Select[Feedback]:
    """Newest first; of one person, or of all; closed, open, or both (None)."""
    query = select(Feedback).order_by(Feedback.id.desc())
    if answered is not None:
        query = query.where(Feedback.state.not_in(OPEN) if answered else Feedback.state.in_(OPEN))
    return query if person_id is None else query.where(Feedback.person_id == person_id)


def count_unanswered(session: Session, within: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(Feedback).where(Feedback.state.in_(OPEN), within)
    return session.scalar(query) or 0


@dataclass(frozen=True)
class Word:
    """One message of a thread; `author` is "" for the system."""

    author: str
    is_office: bool
    text: str
    at: datetime


def list_words(session: Session, feedback_id: int) -> list[Word]:
    """What was said after the first word, in order."""
    query = (
        select(FeedbackMessage, Person.name)
        .outerjoin(Person, Person.id == FeedbackMessage.author_id)
        .where(FeedbackMessage.feedback_id == feedback_id)
        .order_by(FeedbackMessage.id)
    )
    return [Word(name or "", m.is_office, m.text, m.at) for m, name in session.execute(query)]


def last_words(session: Session, feedback_ids: Sequence[int]) -> dict[int, FeedbackMessage]:
    """The newest message of each thread that has any."""
    if not feedback_ids:
        return {}
    newest = select(func.max(FeedbackMessage.id)).where(FeedbackMessage.feedback_id.in_(feedback_ids))
    query = select(FeedbackMessage).where(FeedbackMessage.id.in_(newest.group_by(FeedbackMessage.feedback_id)))
    return {message.feedback_id: message for message in session.scalars(query)}


@dataclass(frozen=True)
class Figures:
    """Threads of a scope: how many in each state, and the median days to the first answer of those answered."""

    counts: dict[FeedbackState, int]
    median_days: float | None

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True)
class SectionFigures:
    """The same for one section of the site, by its key."""

    section: str
    total: int
    open: int
    median_days: float | None


def figures_of(session: Session, within: ColumnElement[bool], since: datetime) -> tuple[Figures, list[SectionFigures]]:
    """Of what was given since then, the sections with the most first. Medians are over the newest 5000 answered."""
    counts: dict[FeedbackState, int] = dict.fromkeys(FeedbackState, 0)
    sections: dict[str, dict[FeedbackState, int]] = {}
    grouped = select(Feedback.section, Feedback.state, func.count()).where(within, Feedback.at > since)
    for section, state, count in session.execute(grouped.group_by(Feedback.section, Feedback.state)):
        counts[state] += count
        sections.setdefault(section, {})[state] = count
    spans = _spans(session, within, since)
    lines = [
        SectionFigures(
            key, sum(of.values()), sum(n for state, n in of.items() if state in OPEN), median_days(spans.get(key, []))
        )
        for key, of in sections.items()
    ]
    every = [span for each in spans.values() for span in each]
    return Figures(counts, median_days(every)), sorted(lines, key=lambda line: (-line.total, line.section))


def _spans(
    session: Session, within: ColumnElement[bool], since: datetime
) -> dict[str, list[tuple[datetime, datetime]]]:
    query = (
        select(Feedback.section, Feedback.at, Feedback.answered_at)
        .where(within, Feedback.at > since, Feedback.answered_at.is_not(None))
        .order_by(Feedback.id.desc())
        .limit(MOST_MEASURED)
    )
    found: dict[str, list[tuple[datetime, datetime]]] = {}
    for section, at, answered_at in session.execute(query):
        if answered_at is not None:
            found.setdefault(section, []).append((at, answered_at))
    return found
