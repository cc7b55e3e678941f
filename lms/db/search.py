"""Full-text search on both databases: subjects with their words and marks, found by phrases of bigrams.

A subject (a resource, a course, a question) has one row in `search_subjects` and a row in `search_texts` for each piece that can be shown
as the place of a hit. What a subject is filtered by (kind, audience, line, …) stands beside its words as marks, so that a search with filters
is one look into one index that gives ids in order and can stop early.

On SQLite an FTS5 table follows `search_subjects` by triggers. A tsvector keeps too few positions for a long subject, so on PostgreSQL the
words are indexed by piece and only the title and the marks by subject.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    DDL,
    ColumnElement,
    Integer,
    Select,
    String,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    case,
    column,
    delete,
    event,
    func,
    insert,
    literal_column,
    select,
    table,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from lms.db.bigrams import Phrase, tokens
from lms.db.dialect import is_sqlite
from lms.db.prepared import Prepared
from lms.db.session import flushed
from lms.db.types import Base, Key, Ref

TEXT_MOST = 20_000
HITS_MOST = 1_000
"""So many hits of a search can be paged through; of more it is only known that there are more."""

Marks = Sequence[str]


class SearchSubject(Base):
    """What can be found. `id` grows whenever the subject is put, so the highest is the newest."""

    __tablename__ = "search_subjects"
    __table_args__ = (UniqueConstraint("kind", "subject_id"),)

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[Ref]
    title: Mapped[str] = mapped_column(Text, default="")
    grams: Mapped[str] = mapped_column(Text, default="")
    marks: Mapped[str] = mapped_column(Text, default="")


class SearchText(Base):
    """One piece of a subject that can be shown: its title, a page, a line said. `place` says which, `number` which page or when."""

    __tablename__ = "search_texts"
    __table_args__ = (UniqueConstraint("kind", "subject_id", "place", "number"),)

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[Ref]
    place: Mapped[str] = mapped_column(String(20))
    number: Mapped[int] = mapped_column(default=0)
    text: Mapped[str] = mapped_column(Text)
    grams: Mapped[str] = mapped_column(Text, default="")


SQLITE_STATEMENTS = (
    "CREATE VIRTUAL TABLE search_words USING fts5("
    "title, grams, marks, content='search_subjects', content_rowid='id', tokenize='ascii', detail=full)",
    "CREATE TRIGGER search_subjects_added AFTER INSERT ON search_subjects BEGIN "
    "INSERT INTO search_words(rowid, title, grams, marks) VALUES (new.id, new.title, new.grams, new.marks); END",
    "CREATE TRIGGER search_subjects_removed AFTER DELETE ON search_subjects BEGIN "
    "INSERT INTO search_words(search_words, rowid, title, grams, marks) "
    "VALUES ('delete', old.id, old.title, old.grams, old.marks); END",
    "CREATE TRIGGER search_subjects_changed AFTER UPDATE ON search_subjects BEGIN "
    "INSERT INTO search_words(search_words, rowid, title, grams, marks) "
    "VALUES ('delete', old.id, old.title, old.grams, old.marks); "
    "INSERT INTO search_words(rowid, title, grams, marks) VALUES (new.id, new.title, new.grams, new.marks); END",
)
POSTGRESQL_STATEMENTS = (
    "CREATE INDEX ix_search_subjects_title ON search_subjects USING gin (to_tsvector('simple', title))",
    "CREATE INDEX ix_search_subjects_marks ON search_subjects USING gin (to_tsvector('simple', marks))",
)
POSTGRESQL_TEXTS = "CREATE INDEX ix_search_texts_grams ON search_texts USING gin (to_tsvector('simple', grams))"


def _with_the_table(model: type[Base], moment: str, statement: str, dialect: str) -> None:
    ddl = DDL(statement).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]
    event.listen(model.__table__, moment, ddl)


for _statement in SQLITE_STATEMENTS:
    _with_the_table(SearchSubject, "after_create", _statement, "sqlite")
for _statement in POSTGRESQL_STATEMENTS:
    _with_the_table(SearchSubject, "after_create", _statement, "postgresql")
_with_the_table(SearchText, "after_create", POSTGRESQL_TEXTS, "postgresql")
_with_the_table(SearchSubject, "after_drop", "DROP TABLE IF EXISTS search_words", "sqlite")


@dataclass(frozen=True)
class Piece:
    """A text to be found under its subject. `also` is found too but never shown (the sound of a name). A piece that is not `is_indexed`
    only shows where something stands whose words another piece gives (a line of a transcript)."""

    place: str
    text: str
    number: int = 0
    also: str = ""
    is_indexed: bool = True


@dataclass(frozen=True)
class Entry:
    """A subject ready to be put: its rows, made before the first write, as long texts take their time."""

    title: str
    marks: str
    pieces: tuple[dict[str, Any], ...]


def mark(name: str, value: object) -> str:
    """A mark as the index knows it: the letter that says of what, and the value as ASCII letters and digits."""
    said = str(value)
    return f"f{name}{said if said.isascii() and said.isalnum() and said == said.lower() else said.encode().hex()}"


def made(kind: str, pieces: Iterable[Piece], marks: Marks = ()) -> Entry:
    """What will be put for a subject of the kind; pieces without text are left out."""
    kept = [piece for piece in pieces if piece.text.strip()]
    rows: list[dict[str, Any]] = [
        {"place": piece.place, "number": piece.number, "text": piece.text[:TEXT_MOST], "grams": _grams(piece)}
        for piece in kept
    ]
    title = " ".join(row["grams"] for row in rows if row["place"] == "title")
    return Entry(title, " ".join([mark("k", kind), *marks]), tuple(rows))


def _grams(piece: Piece) -> str:
    return " ".join(tokens(f"{piece.text[:TEXT_MOST]} {piece.also}")) if piece.is_indexed else ""


def put(session: Session, kind: str, subject_id: int, entry: Entry) -> None:
    """The subject is found by this entry and by nothing else, and is the newest of its kind."""
    remove(session, kind, subject_id)
    put_new(session, kind, {subject_id: entry})


def put_new(session: Session, kind: str, entries: Mapping[int, Entry]) -> None:
    """The same for several that were not found before, the last of them the newest."""
    by_subject = is_sqlite(session)
    subjects, texts = [], []
    for subject_id, entry in entries.items():
        key = {"kind": kind, "subject_id": subject_id}
        words = " ".join(row["grams"] for row in entry.pieces if row["grams"] and row["place"] != "title")
        subjects.append({**key, "title": entry.title, "marks": entry.marks, "grams": words if by_subject else ""})
        texts += [{**key, **row, **({"grams": ""} if by_subject else {})} for row in entry.pieces]
    if subjects:
        session.execute(insert(SearchSubject), subjects)
    if texts:
        session.execute(insert(SearchText), texts)


def remark(session: Session, kind: str, subject_id: int, marks: Marks) -> None:
    """The subject is filtered by these marks from now on; nothing happens to one that is not found anyway."""
    said = " ".join([mark("k", kind), *marks])
    session.execute(update(SearchSubject).where(*_of(SearchSubject, kind, subject_id)).values(marks=said))


def remove(session: Session, kind: str, subject_id: int) -> None:
    """The subject is not found any more."""
    for model in (SearchSubject, SearchText):
        session.execute(delete(model).where(*_of(model, kind, subject_id)))


def _of(model: type[SearchSubject] | type[SearchText], kind: str, subject_id: int) -> tuple[ColumnElement[bool], ...]:
    return model.kind == kind, model.subject_id == subject_id


@dataclass(frozen=True)
class Sought:
    """What is looked for: every phrase, and of each group of marks at least one."""

    kind: str
    phrases: Sequence[Phrase]
    marks: Sequence[Marks] = ()


@dataclass(frozen=True)
class Found:
    """A page of a search: subjects in order, how many there are up to HITS_MOST, and whether there are more than that."""

    ids: list[int]
    total: int
    is_more: bool = False


def find(session: Session, sought: Sought, *, offset: int, limit: int, titles_first: bool = True) -> Found:
    """Those with all phrases in the title first, then the newest first; nothing without any phrase."""
    if not sought.phrases:
        return Found([], 0)
    asking = _Matches(session, sought) if is_sqlite(session) else _Vectors(session, sought)
    count = asking.count_all()
    total = min(count, HITS_MOST)
    limit = min(limit, total - offset)
    ids = asking.page(offset, limit, titles_first=titles_first) if limit > 0 else []
    return Found(ids, total, count > HITS_MOST)


def subjects(session: Session, sought: Sought, most: int | None = None) -> Select[int]:
    """The ids of what is found, to be put into another statement; the newest `most` where that is said."""
    asking = _Matches(session, sought) if is_sqlite(session) else _Vectors(session, sought)
    found = asking.select()
    return found.limit(most) if most else found.order_by(None)


WORDS = table("search_words", column("rowid", Integer))
SUBJECT = select(SearchSubject.subject_id).where(SearchSubject.id == WORDS.c.rowid).scalar_subquery()
MATCHING = text("search_words MATCH :match").bindparams(bindparam("match", type_=Text))
MATCHED = select(SUBJECT.label("subject_id")).select_from(WORDS).where(MATCHING).order_by(WORDS.c.rowid.desc())
"""The subject is looked up row by row, so that a count need not look."""
PAGE = Prepared(MATCHED.limit(bindparam("limit", type_=Integer)).offset(bindparam("offset", type_=Integer)))
COUNT = Prepared(
    select(func.count().label("count")).select_from(
        select(literal_column("1")).select_from(WORDS).where(MATCHING).limit(HITS_MOST + 1).subquery()
    )
)


class _Matches:
    """A search as SQLite's FTS5 is asked: strings of its query language, against statements that are made once."""

    def __init__(self, session: Session, sought: Sought) -> None:
        self.connection = flushed(session)
        here = " AND ".join([mark("k", sought.kind), *(f"({' OR '.join(group)})" for group in sought.marks)])
        words = " AND ".join(
            f'"{" ".join(phrase.tokens)}"{" *" if phrase.is_open else ""}' for phrase in sought.phrases
        )
        self.all = f"{here} AND {words}"
        self.in_title = f"{here} AND {{title}} : ({words})"
        self.elsewhere = f"({self.all}) NOT ({{title}} : ({words}))"

    def count_all(self) -> int:
        return self._count(self.all)

    def page(self, offset: int, limit: int, *, titles_first: bool) -> list[int]:
        if not titles_first:
            return self._page(self.all, offset, limit)
        ids = self._page(self.in_title, offset, limit)
        if len(ids) == limit:
            return ids
        before = len(ids) + offset if ids or offset == 0 else self._count(self.in_title)
        return ids + self._page(self.elsewhere, max(0, offset - before), limit - len(ids))

    def select(self) -> Select[int]:
        return MATCHED.params(match=self.all)

    def _count(self, match: str) -> int:
        return int(COUNT.first(self.connection, {"match": match}).count)

    def _page(self, match: str, offset: int, limit: int) -> list[int]:
        rows = PAGE.rows(self.connection, {"match": match, "limit": limit, "offset": offset})
        return [row.subject_id for row in rows]


class _Vectors:
    """The same as PostgreSQL is asked."""

    def __init__(self, session: Session, sought: Sought) -> None:
        self.session, self.sought = session, sought

    def count_all(self) -> int:
        some: Select[Any] = self.select().with_only_columns(literal_column("1")).order_by(None).limit(HITS_MOST + 1)
        return self.session.scalar(select(func.count()).select_from(some.subquery())) or 0

    def page(self, offset: int, limit: int, *, titles_first: bool) -> list[int]:
        found = _postgresql_part(self.sought, titles_first)
        return list(self.session.scalars(found.limit(limit).offset(offset)))

    def select(self) -> Select[int]:
        return _postgresql_part(self.sought, titles_first=False)


def _postgresql_part(sought: Sought, titles_first: bool) -> Select[int]:
    queries = [" <-> ".join(phrase.tokens) + (":*" if phrase.is_open else "") for phrase in sought.phrases]
    marks = " & ".join([mark("k", sought.kind), *(f"({' | '.join(group)})" for group in sought.marks)])
    with_words = [
        SearchSubject.subject_id.in_(
            select(SearchText.subject_id).where(SearchText.kind == sought.kind, _holds("search_texts.grams", query))
        )
        for query in queries
    ]
    found = select(SearchSubject.subject_id).where(_holds("search_subjects.marks", marks), *with_words)
    is_title = case((and_(*(_holds("search_subjects.title", query) for query in queries)), 1), else_=0)
    order = (is_title.desc(),) if titles_first else ()
    return found.order_by(*order, SearchSubject.id.desc())


def _holds(column: str, query: str) -> ColumnElement[bool]:
    vector = func.to_tsvector(literal_column("'simple'"), literal_column(column))
    return vector.bool_op("@@")(func.to_tsquery(literal_column("'simple'"), query))
