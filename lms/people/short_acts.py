"""Acts of the short way (lms/people/short_way.py): done and kept for a repeat in the one transaction of a group of requests.

An act is written like a service: a session, the person, what was asked. Whatever it raises is undone alone and goes the whole way.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from lms.db import GroupWriter, session_in_group
from lms.people.principal import SIGN_IN_STANDS, Principal
from lms.web import json_text, operations


@dataclass(frozen=True)
class Asked:
    """A request of the short way. `number` is the one in its address, 0 without one; `body` what its model made of the JSON, None of a
    form; `where` the address it comes from and what its browser calls itself."""

    person: Principal
    number: int
    body: Any
    at: datetime
    where: tuple[str, str]


@dataclass(frozen=True)
class Reply:
    """A yes."""

    status: int
    mimetype: str
    body: str
    location: str | None = None


Act = Callable[[Session, Mapping[str, Any], Asked], Reply]


def json_yes(members: dict[str, Any]) -> Reply:
    return Reply(200, "application/json", json_text(members))


def lead_to(location: str) -> Reply:
    """303 to the page that shows the result."""
    return Reply(303, "text/html", "", location)


@dataclass(frozen=True)
class ActRow:
    """An act on its way into a group. `once` is the request as a repeat is told by; None when it has no operation id."""

    act: Act
    extensions: Mapping[str, Any]
    asked: Asked
    once: operations.Asked | None


ActWriter = GroupWriter[ActRow, Reply | None]


def act_writer(engine: Engine) -> ActWriter:
    """The one writer of a process."""
    return GroupWriter(engine, _write, may_refuse=True)


def _write(connection: Connection, row: ActRow) -> Reply | None:
    """None for a request that was answered before: the whole way finds the answer, or that it was another request's."""
    if row.once is not None and operations.is_answered(connection, row.once):
        return None
    person = row.asked.person
    who = {"sign_in": person.sign_in_id, "person": person.id, "now": row.asked.at}
    if SIGN_IN_STANDS.first(connection, who) is None:
        return None  # another process has ended it
    with session_in_group(connection) as session:
        reply = row.act(session, row.extensions, row.asked)
    if row.once is not None:
        operations.keep_short(connection, row.once, asdict(reply), row.asked.at)
    return reply
