"""On PostgreSQL a write of which nothing is asked is sent with the statement that follows it, or with the COMMIT: one round trip in place
of two. What is wrong with it is raised there, and the transaction is undone as ever."""

from typing import Any

from sqlalchemy import Connection, Engine, event

from lms.db.problems import raise_as_execute_does

SOON = "sent_soon"
Sent = tuple[str, Any]
"""The driver's text of a statement, and its values."""


def send_soon(connection: Connection, text: str, values: Any) -> None:
    """Within a transaction that has begun."""
    connection.info.setdefault(SOON, []).append((text, values))


def send_waiting(connection: Connection) -> None:
    """What waits is sent now: something else than a Prepared statement follows."""
    waiting: list[Sent] | None = connection.info.pop(SOON, None)
    if waiting:
        _send(connection, waiting)


def listen(engine: Engine) -> None:
    event.listen(engine, "commit", _send_with_commit)
    event.listen(engine, "rollback", _forget)
    event.listen(engine, "savepoint", lambda connection, _name: send_waiting(connection))


def _send_with_commit(connection: Connection) -> None:
    waiting: list[Sent] | None = None if connection.invalidated else connection.info.pop(SOON, None)
    if not waiting:
        return
    try:
        _send(connection, [*waiting, ("COMMIT", None)])
    except Exception:
        if not connection.invalidated:
            connection.connection.dbapi_connection.rollback()  # type: ignore[union-attr]
        raise


def _forget(connection: Connection) -> None:
    if not connection.invalidated:  # one that is lost has forgotten it
        connection.info.pop(SOON, None)


def _send(connection: Connection, statements: list[Sent]) -> None:
    driver: Any = connection.connection.dbapi_connection
    try:
        with driver.pipeline(), driver.cursor() as cursor:
            for text, values in statements:
                cursor.execute(text, values)
    except driver.Error as problem:
        raise_as_execute_does(connection, problem)
