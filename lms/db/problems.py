"""Errors of the driver, told as SQLAlchemy tells them."""

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


def raise_as_execute_does(conn: Connection, problem: BaseException) -> None:
    """An error of the driver comes out as SQLAlchemy's, without the parameters: they hold names and choices. A connection that is lost
    is given up; other errors are left to whoever caught them."""
    dialect = conn.dialect
    errors = dialect.loaded_dbapi.Error
    if not isinstance(problem, errors):
        return
    is_lost = not conn.invalidated and dialect.is_disconnect(problem, conn.connection.dbapi_connection, None)
    if is_lost:
        conn.invalidate(problem)
    raise DBAPIError.instance(
        None, None, problem, errors, hide_parameters=True, dialect=dialect, connection_invalidated=is_lost
    ) from problem
