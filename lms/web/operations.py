"""Operation ids: a repeated unsafe request gets the first one's answer and has no second effect.

A page mints an id with each form, a script makes its own. The row is written in the request's transaction, so it exists exactly when the
effect does. The same id with another body is a conflict. Rows are swept after 48 hours (lms/tasks/jobs.py).
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import SEEK_END

from flask import Response, make_response, request
from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    exists,
    insert,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column
from werkzeug.datastructures import FileStorage

from lms.db import Base, Key, Prepared, Ref, flushed
from lms.errors import Conflict

KEPT = timedelta(hours=48)
BODY_LIMIT = 4096


class Operation(Base):
    """One unsafe request that had its effect, and what was answered."""

    __tablename__ = "operations"
    __table_args__ = (UniqueConstraint("person_id", "operation_id"),)

    id: Mapped[Key]
    person_id: Mapped[Ref]
    operation_id: Mapped[str] = mapped_column(String(64))
    route: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    location: Mapped[str | None] = mapped_column(String(500))
    mimetype: Mapped[str] = mapped_column(String(60))
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(index=True)


@dataclass(frozen=True)
class Asked:
    """An unsafe request as a repeat is told by: whose it is, its operation id, its path and the digest of its body."""

    person_id: int
    operation_id: str
    route: str
    digest: str


def operation_id() -> str | None:
    """The id this request carries, if it carries one."""
    given = request.headers.get("X-Operation-Id") or request.form.get("operation_id")
    return given[:64] if given else None


def find_answer(session: Session, person_id: int, given: str) -> Response | None:
    """The stored answer of the same request; raises Conflict when the id was used for something else."""
    row = _FIND.first(flushed(session), {"person": person_id, "given": given})
    if row is None:
        return None
    if (row.route, row.digest) != (request.path, _digest()):
        raise Conflict("这个页面已经提交过了，请返回后重新打开再填写。")
    if not row.mimetype:
        raise Conflict("这一步刚才已经完成，请返回上一页查看结果。")
    response = make_response(row.body, row.status)
    response.mimetype = row.mimetype
    if row.location:
        response.headers["Location"] = row.location
    return response


def keep_answer(session: Session, person_id: int, given: str, response: Response, at: datetime) -> None:
    """Write the answer into the request's transaction; raises IntegrityError when a twin was faster."""
    body = _kept_body(response)
    answer: dict[str, object] = {
        "status": response.status_code, "location": response.headers.get("Location"),
        "mimetype": "" if body is None else response.mimetype or "text/html", "body": body or "",
    }  # fmt: skip
    row = _row(Asked(person_id, given, request.path, _digest()), answer, at)
    _KEEP.run(flushed(session), row)  # a twin request fails here, while its effect can still be undone


def answered() -> ColumnElement[bool]:
    """Whether the operation id bound as `given` was used before by the person bound as `person`, for whatever request."""
    return exists().where(_TABLE.c.person_id == bindparam("person"), _TABLE.c.operation_id == bindparam("given"))


def keep_short(connection: Connection, asked: Asked, answer: Mapping[str, object], at: datetime) -> None:
    """`keep_answer` of a short answer that was made without Flask: its status, mimetype, body and location."""
    _KEEP.run_soon(connection, _row(asked, answer, at))  # a twin request fails at the commit


def _row(asked: Asked, answer: Mapping[str, object], at: datetime) -> dict[str, object]:
    return {
        "person_id": asked.person_id, "operation_id": asked.operation_id, "route": asked.route[:200], "digest": asked.digest,
        "at": at, **answer,
    }  # fmt: skip


_TABLE: Table = Operation.__table__  # type: ignore[assignment]
_FIND = Prepared(
    select(_TABLE).where(_TABLE.c.person_id == bindparam("person"), _TABLE.c.operation_id == bindparam("given"))
)
_KEPT = [column.name for column in _TABLE.columns if column.name != "id"]
_KEEP = Prepared(insert(_TABLE).values({name: bindparam(name) for name in _KEPT}).inline())


def _kept_body(response: Response) -> str | None:
    """The text of a small answer; None for one that is too long, no text, or a secret shown once."""
    is_text = (response.mimetype or "").startswith("text/") or response.mimetype == "application/json"
    if response.is_streamed or not is_text or getattr(response, "is_secret", False):
        return None
    body = response.get_data()
    return body.decode() if len(body) <= BODY_LIMIT else None


def sweep(session: Session, at: datetime) -> None:
    session.execute(delete(Operation).where(Operation.at < at - KEPT))


def _digest() -> str:
    """Digest of the body without the CSRF token, which a reloaded page may have anew."""
    if request.mimetype == "application/json":
        return json_digest(request.get_data(cache=True))
    files = sorted((k, f.filename or "", _size(f)) for k, f in request.files.items(multi=True))
    return form_digest(request.form.items(multi=True), files)


def json_digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def form_digest(fields: Iterable[tuple[str, str]], files: list[tuple[str, str, int]]) -> str:
    """`files` are (name, file name, bytes), sorted."""
    told = sorted((k, v) for k, v in fields if k != "csrf_token")
    return hashlib.sha256(repr((told, files)).encode()).hexdigest()


def _size(file: FileStorage) -> int:
    """Bytes of an uploaded file: with its name enough to tell another file from the same one sent again."""
    at = file.stream.tell()
    size = file.stream.seek(0, SEEK_END)
    file.stream.seek(at)
    return size


__all__ = ["Asked", "Operation", "answered", "find_answer", "keep_answer", "keep_short", "operation_id", "sweep"]
