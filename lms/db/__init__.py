"""The database: engines, sessions, write turns, group commit and what differs between SQLite and PostgreSQL.

Invariants: a transaction begins at the first statement that is not a SELECT; on SQLite one transaction writes at a time per process;
services never commit.
"""

from lms.db.dialect import (
    add_up,
    insert_ignore,
    insert_ignore_soon,
    is_sqlite,
    json_items,
    reading_turns,
    rows_from,
    serialise,
    sharing,
    skip_locked,
    upsert,
    write_alone,
    writes_in_with,
)
from lms.db.engine import open_engine, reading_only
from lms.db.groups import GroupWriter
from lms.db.marks import SiteMark, find_mark, is_demonstration, mark
from lms.db.prepared import Prepared, Read, find_row, read_ahead
from lms.db.session import (
    MakeSession,
    TooLong,
    after_commit,
    changed,
    conflict_as,
    finish,
    flushed,
    record_apart,
    session_in_group,
    session_maker,
    takes_its_time,
    unit_of_work,
)
from lms.db.types import Base, JsonValue, Key, Ref, UtcDateTime, enum_column

__all__ = [
    "Base",
    "GroupWriter",
    "JsonValue",
    "Key",
    "MakeSession",
    "Prepared",
    "Read",
    "Ref",
    "SiteMark",
    "TooLong",
    "UtcDateTime",
    "add_up",
    "after_commit",
    "changed",
    "conflict_as",
    "enum_column",
    "find_mark",
    "find_row",
    "finish",
    "flushed",
    "insert_ignore",
    "insert_ignore_soon",
    "is_demonstration",
    "is_sqlite",
    "json_items",
    "mark",
    "open_engine",
    "read_ahead",
    "reading_only",
    "reading_turns",
    "record_apart",
    "rows_from",
    "serialise",
    "session_in_group",
    "session_maker",
    "sharing",
    "skip_locked",
    "takes_its_time",
    "unit_of_work",
    "upsert",
    "write_alone",
    "writes_in_with",
]
