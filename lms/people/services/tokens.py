"""Personal access tokens: made, shown once, revoked."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.db import changed
from lms.errors import Conflict, Invalid
from lms.people.models import ApiToken
from lms.people.principal import token_hash
from lms.people.token_rules import DAYS_MOST, PREFIX, TOKENS_MOST, TokenScope


def make_token(
    session: Session, person_id: int, *, name: str, scopes: Collection[TokenScope], days: int, by: str, now: datetime
) -> str:
    """The token itself, which nobody can read again. Raises Invalid for no name, no scope or too long a life, Conflict when the
    person holds TOKENS_MOST live ones."""
    if not name.strip():
        raise Invalid("给令牌起个名字，以后好认。", field="name")
    if not scopes:
        raise Invalid("至少选一项能读的内容。", field="scopes")
    if not 1 <= days <= DAYS_MOST:
        raise Invalid(f"有效期 1 到 {DAYS_MOST} 天。", field="days")
    live = select(func.count()).select_from(ApiToken).where(ApiToken.person_id == person_id, *_live(now))
    if (session.scalar(live) or 0) >= TOKENS_MOST:
        raise Conflict(f"最多同时有 {TOKENS_MOST} 个令牌，先作废不用的。")
    token = PREFIX + secrets.token_urlsafe(32)
    session.add(
        ApiToken(
            person_id=person_id, name=name.strip(), token_hash=token_hash(token), scopes=sorted(scopes), created_at=now,
            expires_at=now + timedelta(days=days),
        )
    )  # fmt: skip
    audit.record(
        session,
        person_id,
        "token.make",
        f"person:{person_id}",
        {"title": name.strip(), "scopes": sorted(scopes)},
        actor=by,
        now=now,
    )
    return token


def revoke_token(session: Session, person_id: int, token_id: int, *, by: str, now: datetime) -> None:
    """The token opens nothing any more. Raises Conflict when it is none of the person's live ones."""
    gone = update(ApiToken).where(
        ApiToken.id == token_id, ApiToken.person_id == person_id, ApiToken.revoked_at.is_(None)
    )
    if not changed(session.execute(gone.values(revoked_at=now))):
        raise Conflict("这个令牌已经作废。")
    audit.record(session, person_id, "token.revoke", f"person:{person_id}", {"token": token_id}, actor=by, now=now)


def _live(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return ApiToken.revoked_at.is_(None), ApiToken.expires_at > now
