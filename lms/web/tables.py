"""Pages of long lists: how many, which page, what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from flask import request
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

T = TypeVar("T")
PAGE_ROWS = 30


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list: rows, the page's number from 1, and how many rows there are in all."""

    rows: Sequence[T]
    number: int
    total: int
    size: int = PAGE_ROWS

    @property
    def last(self) -> int:
        return max(1, -(-self.total // self.size))


def page_number() -> int:
    """The page asked for in the query string, at least 1."""
    given = request.args.get("page", "1")
    return max(1, int(given)) if given.isdecimal() and len(given) < 7 else 1


def paged(session: Session, query: Select[Any], number: int, size: int = PAGE_ROWS) -> Page[Any]:
    """The page of a query of single entities."""
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    number = min(number, max(1, -(-total // size)))
    rows = session.scalars(query.limit(size).offset((number - 1) * size)).all()
    return Page(rows, number, total, size)


def page_of(everything: Sequence[T], number: int, size: int = PAGE_ROWS) -> Page[T]:
    """The page of a list that had to be worked out as a whole."""
    number = min(number, max(1, -(-len(everything) // size)))
    return Page(everything[(number - 1) * size : number * size], number, len(everything), size)
