"""What is said to the database: by SQLAlchemy's own execution, and by prepared statements, which its events do not see."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from lms.db import prepared


@contextmanager
def statements_of(engine: Engine) -> Iterator[list[str]]:
    """The statements executed within the block, in order."""
    said: list[str] = []
    bound = prepared._Form.bound

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        said.append(statement)

    def noted(form: prepared._Form, values: prepared.Values) -> Any:
        said.append(form.text)
        return bound(form, values)

    event.listen(engine, "before_cursor_execute", note)
    prepared._Form.bound = noted  # type: ignore[method-assign]
    try:
        yield said
    finally:
        prepared._Form.bound = bound  # type: ignore[method-assign]
        event.remove(engine, "before_cursor_execute", note)
