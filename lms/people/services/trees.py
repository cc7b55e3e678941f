"""The unit tree and the branch tree."""

import secrets
from datetime import datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.db import conflict_as
from lms.errors import Conflict
from lms.people.models import Branch, Unit

Node = TypeVar("Node", Unit, Branch)


def create_unit(
    session: Session,
    *,
    name: str,
    parent: Unit | None,
    short_name: str = "",
    sort: int = 0,
    by_id: int | None,
    by: str,
    now: datetime,
) -> Unit:
    """A unit below its parent. Raises Conflict when the name is taken."""
    return _create(session, Unit(name=name, short_name=short_name or name[:20], sort=sort), parent, by_id, by, now)


def create_branch(
    session: Session,
    *,
    name: str,
    parent: Branch | None,
    short_name: str = "",
    sort: int = 0,
    by_id: int | None,
    by: str,
    now: datetime,
) -> Branch:
    return _create(session, Branch(name=name, short_name=short_name or name[:20], sort=sort), parent, by_id, by, now)


def _create(session: Session, node: Node, parent: Node | None, by_id: int | None, by: str, now: datetime) -> Node:
    node.parent_id, node.path = parent.id if parent else None, secrets.token_hex(8)
    with conflict_as(Conflict(f"已经有名为“{node.name}”的组织，请换一个名称。"), session):
        session.add(node)
    node.path = f"{parent.path if parent else '/'}{node.id}/"
    audit.record(session, by_id, f"{node.__tablename__}.create", f"{node.__tablename__}:{node.id}", now=now, actor=by)
    return node


def rename(
    session: Session, node: Node, *, name: str, short_name: str, sort: int, by_id: int, by: str, now: datetime
) -> None:
    """New names and order; the place in the tree stays."""
    before = node.name
    with conflict_as(Conflict(f"已经有名为“{name}”的组织，请换一个名称。"), session):
        node.name, node.short_name, node.sort = name, short_name or name[:20], sort
    detail = {"before": before, "after": name}
    audit.record(
        session, by_id, f"{node.__tablename__}.rename", f"{node.__tablename__}:{node.id}", detail, now=now, actor=by
    )
