"""Where in its subjects a search found something: the piece that is shown under the title."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from lms.db.bigrams import Phrase, tokens
from lms.db.search import SearchText


@dataclass(frozen=True)
class Hit:
    """Where a subject was found: the earliest piece, and in how many pieces of that place."""

    place: str
    number: int
    text: str
    count: int


def list_hits(
    session: Session,
    kind: str,
    query: str,
    phrases: Sequence[Phrase],
    subject_ids: Sequence[int],
    places: Sequence[str],
) -> dict[int, Hit]:
    """For each of the subjects the piece that shows why it was found: the earliest place in the given order, there the one put first.
    One that was found only by what is never shown is left out."""
    terms = query.split()
    here = (SearchText.kind == kind, SearchText.subject_id.in_(subject_ids))
    shown = or_(*(SearchText.text.icontains(term, autoescape=True) for term in terms))
    first = (
        select(SearchText.subject_id, SearchText.place, func.min(SearchText.id), func.count())
        .where(*here, shown)
        .group_by(SearchText.subject_id, SearchText.place)
    )
    best: dict[int, tuple[str, int, int]] = {}
    for subject, place, id, count in session.execute(first):
        if subject not in best or places.index(place) < places.index(best[subject][0]):
            best[subject] = (place, id, count)
    hits = _with_texts(session, best)
    for subject in set(subject_ids) - set(hits):
        if (hit := _looked_through(session, kind, subject, phrases, places)) is not None:
            hits[subject] = hit
    return hits


def _with_texts(session: Session, best: Mapping[int, tuple[str, int, int]]) -> dict[int, Hit]:
    """The pieces with their texts; the text of a title is not fetched, as it stands above the hit anyway."""
    wanted = [id for place, id, _ in best.values() if place != "title"]
    query = select(SearchText.id, SearchText.number, SearchText.text).where(SearchText.id.in_(wanted))
    pieces = {id: (number, said) for id, number, said in session.execute(query)} if wanted else {}
    return {subject: Hit(place, *pieces.get(id, (0, "")), count) for subject, (place, id, count) in best.items()}


def _looked_through(
    session: Session, kind: str, subject_id: int, phrases: Sequence[Phrase], places: Sequence[str]
) -> Hit | None:
    """The slow way, for words that stand there in another width, or with a mark between that the search passes over."""
    wanted = [f" {' '.join(phrase.tokens)}{'' if phrase.is_open else ' '}" for phrase in phrases]
    query = select(SearchText).where(SearchText.kind == kind, SearchText.subject_id == subject_id)
    pieces = sorted(session.scalars(query), key=lambda piece: (places.index(piece.place), piece.number))
    for piece in pieces:
        said = f" {' '.join(tokens(piece.text))} "
        if any(words in said for words in wanted):
            return Hit(piece.place, piece.number, piece.text, 1)
    return None
