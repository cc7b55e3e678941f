"""Full-text search on both databases: texts by subject, found by phrases of bigrams.

`search_texts` is an ordinary table. On SQLite an FTS5 table follows it by triggers, on PostgreSQL an index over `to_tsvector('simple', …)`
does; both are made together with the table.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    DDL,
    ColumnElement,
    String,
    Subquery,
    Text,
    UniqueConstraint,
    case,
    delete,
    event,
    func,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from lms.db.bigrams import Phrase, tokens
from lms.db.dialect import is_sqlite
from lms.db.types import Base, Key, Ref

TEXT_MOST = 20_000


class SearchText(Base):
    """One piece of a subject that can be found: its title, a page, a transcript. `place` says which, `number` which page."""

    __tablename__ = "search_texts"
    __table_args__ = (UniqueConstraint("kind", "subject_id", "place", "number"),)

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[Ref]
    place: Mapped[str] = mapped_column(String(20))
    number: Mapped[int] = mapped_column(default=0)
    text: Mapped[str] = mapped_column(Text)
    grams: Mapped[str] = mapped_column(Text)


SQLITE_STATEMENTS = (
    "CREATE VIRTUAL TABLE search_grams USING fts5("
    "grams, content='search_texts', content_rowid='id', tokenize='ascii', detail=full)",
    "CREATE TRIGGER search_texts_added AFTER INSERT ON search_texts BEGIN "
    "INSERT INTO search_grams(rowid, grams) VALUES (new.id, new.grams); END",
    "CREATE TRIGGER search_texts_removed AFTER DELETE ON search_texts BEGIN "
    "INSERT INTO search_grams(search_grams, rowid, grams) VALUES ('delete', old.id, old.grams); END",
    "CREATE TRIGGER search_texts_changed AFTER UPDATE ON search_texts BEGIN "
    "INSERT INTO search_grams(search_grams, rowid, grams) VALUES ('delete', old.id, old.grams); "
    "INSERT INTO search_grams(rowid, grams) VALUES (new.id, new.grams); END",
)
POSTGRESQL_STATEMENTS = ("CREATE INDEX ix_search_texts_grams ON search_texts USING gin (to_tsvector('simple', grams))",)


def _with_the_table(moment: str, statement: str, dialect: str) -> None:
    ddl = DDL(statement).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]
    event.listen(SearchText.__table__, moment, ddl)


for _statement in SQLITE_STATEMENTS:
    _with_the_table("after_create", _statement, "sqlite")
for _statement in POSTGRESQL_STATEMENTS:
    _with_the_table("after_create", _statement, "postgresql")
_with_the_table("after_drop", "DROP TABLE IF EXISTS search_grams", "sqlite")


@dataclass(frozen=True)
class Piece:
    """A text to be found under its subject. `also` is found too but never shown (the sound of a name)."""

    place: str
    text: str
    number: int = 0
    also: str = ""


def made(kind: str, subject_id: int, pieces: Iterable[Piece]) -> list[SearchText]:
    """The rows by which the subject will be found; made before the first write, as long texts take their time."""
    return [
        SearchText(
            kind=kind,
            subject_id=subject_id,
            place=piece.place,
            number=piece.number,
            text=piece.text[:TEXT_MOST],
            grams=" ".join(tokens(f"{piece.text[:TEXT_MOST]} {piece.also}")),
        )
        for piece in pieces
        if piece.text.strip()
    ]


def put(session: Session, kind: str, subject_id: int, rows: Iterable[SearchText]) -> None:
    """The subject is found by these rows and by nothing else."""
    remove(session, kind, subject_id)
    session.add_all(rows)


def remove(session: Session, kind: str, subject_id: int) -> None:
    """The subject is not found any more."""
    session.execute(delete(SearchText).where(SearchText.kind == kind, SearchText.subject_id == subject_id))


def holds(session: Session, phrase: Phrase) -> ColumnElement[bool]:
    """SQL condition on SearchText: the phrase stands in the piece."""
    if is_sqlite(session):
        match = f'"{" ".join(phrase.tokens)}"{" *" if phrase.is_open else ""}'
        rows = text("SELECT rowid FROM search_grams WHERE search_grams MATCH :match").bindparams(match=match)
        return SearchText.id.in_(rows.columns(SearchText.id))
    query = " <-> ".join(phrase.tokens) + (":*" if phrase.is_open else "")
    return text("to_tsvector('simple', search_texts.grams) @@ to_tsquery('simple', :query)").bindparams(query=query)  # type: ignore[return-value]


def subjects(session: Session, kind: str, phrase: Phrase, *, is_small: bool = False) -> Subquery:
    """The subjects one of whose pieces holds the phrase: `subject_id`, and `is_title` 1 when it stands in the title.
    `is_small`: there are few texts of the kind, fewer than a common phrase is found in."""
    is_title = func.max(case((SearchText.place == "title", 1), else_=0)).label("is_title")
    # The index on `kind` would lead SQLite through every text of the kind instead of through the few that hold the phrase.
    of_kind = SearchText.kind == kind if is_small else SearchText.kind.concat("") == kind
    found = select(SearchText.subject_id, is_title).where(of_kind, holds(session, phrase))
    return found.group_by(SearchText.subject_id).subquery()


def list_hits(
    session: Session, kind: str, phrases: Sequence[Phrase], subject_ids: Sequence[int], places: Sequence[str]
) -> dict[int, SearchText]:
    """For each of the subjects the piece that shows why it was found: the earliest place in the given order, then the lowest number."""
    best: dict[int, SearchText] = {}
    for phrase in phrases:
        query = select(SearchText).where(
            SearchText.kind == kind, SearchText.subject_id.in_(subject_ids), holds(session, phrase)
        )
        for piece in session.scalars(query):
            known = best.get(piece.subject_id)
            if known is None or _order(piece, places) < _order(known, places):
                best[piece.subject_id] = piece
    return best


def _order(piece: SearchText, places: Sequence[str]) -> tuple[int, int]:
    return (places.index(piece.place), piece.number)
