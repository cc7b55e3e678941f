"""Signing in and out.

A way of proving who one is (password today, OIDC or CAS later) is an `Authenticate`: it returns the person or raises. Everything after that,
lockout included, is the same for all: `begin` opens the sign-in, `end` closes it.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import pyotp
from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from lms.config import Keys
from lms.db import after_commit, record_apart
from lms.errors import Invalid, TooMany
from lms.people import queries, rules
from lms.people.models import Person, SignIn, SignInFailure
from lms.people.password_rules import PasswordPolicy
from lms.people.principal import CACHE, token_hash
from lms.people.services.passwords import password_fits

WRONG = "工号或密码不对。连续输错 5 次，账号会锁定 30 分钟；忘记密码请联系账号管理员。"


class Authenticate(Protocol):
    """One way to prove who one is: the person, or Invalid/TooMany."""

    def __call__(self, session: Session, given: Mapping[str, str], *, source: str, now: datetime) -> Person: ...


@dataclass(frozen=True)
class PasswordAuthenticate:
    """工号 or phone with a password."""

    keys: Keys

    def __call__(self, session: Session, given: Mapping[str, str], *, source: str, now: datetime) -> Person:
        _refuse_flood(session, source, now)
        typed = rules.normal_identity(given.get("username", ""))
        identity = self.keys.mac("phone_index", f"identity:{typed}")
        person = self._find(session, typed)
        # Before the password is looked at, or a locked account would tell which guess was right.
        _refuse_locked(session, person, identity, now)
        fits = password_fits(person.password_hash if person else None, given.get("password", "")[:256])
        if person is None or not fits or person.disabled_at is not None:
            _note_failure(session, person, source, now, identity)
            raise Invalid(WRONG, field="password")
        return person

    def _find(self, session: Session, identity: str) -> Person | None:
        phone = rules.normal_phone(identity)
        ways = [Person.staff_no == identity]
        if phone:
            ways.append(Person.phone_index == self.keys.mac("phone_index", phone))
        return session.scalars(select(Person).where(or_(*ways)).limit(1)).one_or_none()


def _refuse_flood(session: Session, source: str, now: datetime) -> None:
    since = now - timedelta(minutes=rules.SOURCE_WINDOW_MINUTES)
    query = (
        select(func.count()).select_from(SignInFailure).where(SignInFailure.source == source, SignInFailure.at > since)
    )
    if (session.scalar(query) or 0) >= rules.SOURCE_LIMIT:
        raise TooMany("这个网络出口输错太多次，请 10 分钟后再试。")


def _refuse_locked(session: Session, person: Person | None, identity: str, now: datetime) -> None:
    """A name that nobody has is locked as an account would be: half an hour after each fifth failure."""
    if person is not None:
        locked_until = person.locked_until
    else:
        query = select(func.count(), func.max(SignInFailure.at)).where(SignInFailure.identity == identity)
        failures, newest = session.execute(query).one()
        is_full = failures > 0 and failures % rules.LOCK_AFTER_FAILURES == 0
        locked_until = newest + timedelta(minutes=rules.LOCK_MINUTES) if is_full else None
    if locked_until is not None and locked_until > now:
        raise TooMany("输错次数太多，账号已锁定 30 分钟。急用请联系账号管理员解锁。")


def _note_failure(session: Session, person: Person | None, source: str, now: datetime, identity: str = "") -> None:
    """Counted in a transaction of its own, because the request itself is refused."""
    person_id = person.id if person else None

    def write(apart: Session) -> None:
        apart.add(SignInFailure(source=source, identity=identity, at=now))
        if person_id is None:
            return
        apart.execute(update(Person).where(Person.id == person_id).values(failures=Person.failures + 1))
        apart.execute(
            update(Person)
            .where(Person.id == person_id, Person.failures >= rules.LOCK_AFTER_FAILURES)
            .values(failures=0, locked_until=now + timedelta(minutes=rules.LOCK_MINUTES))
        )

    record_apart(session, write)


def begin(session: Session, person: Person, *, device: str, hours: int, now: datetime) -> str:
    """A new sign-in for the person; returns the cookie's value, which is stored nowhere."""
    token = secrets.token_urlsafe(32)
    session.add(
        SignIn(
            person_id=person.id,
            token_hash=token_hash(token),
            started_at=now,
            expires_at=now + timedelta(hours=hours),
            device=device[:200],
        )
    )
    session.execute(update(Person).where(Person.id == person.id).values(failures=0, locked_until=None))
    return token


def ask_for_new_password(session: Session, person: Person, policy: PasswordPolicy, *, now: datetime) -> None:
    """Whoever signs in with a password that is too old has to choose another one before anything else."""
    if policy.is_too_old(person.password_set_at, now):
        session.execute(update(Person).where(Person.id == person.id).values(must_change_password=True))


def end(session: Session, sign_in_id: int, person_id: int, *, now: datetime) -> None:
    """The sign-in is over, on every node, from the moment this is stored."""
    session.execute(
        update(SignIn)
        .where(SignIn.id == sign_in_id, SignIn.person_id == person_id, SignIn.ended_at.is_(None))
        .values(ended_at=now)
    )
    after_commit(session, lambda: CACHE.forget(person_id))


def end_all(session: Session, person_id: int, *, now: datetime, keep_id: int | None = None) -> None:
    """Every sign-in of the person is over, but the one to keep."""
    query = update(SignIn).where(SignIn.person_id == person_id, SignIn.ended_at.is_(None))
    session.execute((query if keep_id is None else query.where(SignIn.id != keep_id)).values(ended_at=now))
    after_commit(session, lambda: CACHE.forget(person_id))


def needs_second_factor(session: Session, person: Person) -> bool:
    """True for the three admins and for roles that publish or export."""
    return bool(queries.roles_of(session, person.id) & rules.SECOND_FACTOR)


def new_totp_secret() -> str:
    return pyotp.random_base32()


def totp_address(secret: str, staff_no: str) -> str:
    """The address that an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=staff_no, issuer_name="讲台")


def check_totp(session: Session, person: Person, secret: str, code: str, *, source: str, now: datetime) -> None:
    """Accepts a code once, one step early or late; raises Invalid, counting the failure."""
    _refuse_flood(session, source, now)
    if person.locked_until is not None and person.locked_until > now:
        raise TooMany("输错次数太多，账号已锁定 30 分钟。")
    step = int(now.timestamp()) // 30
    fitting = [s for s in (step - 1, step, step + 1) if secrets.compare_digest(pyotp.TOTP(secret).at(s * 30), code)]
    if not fitting or fitting[0] <= person.totp_step:
        _note_failure(session, person, source, now)
        raise Invalid("动态口令不对，请输入手机上最新的 6 位数字。", field="code")
    session.execute(update(Person).where(Person.id == person.id).values(totp_step=fitting[0]))


def keep_totp_secret(session: Session, person: Person, secret: str, keys: Keys) -> None:
    session.execute(update(Person).where(Person.id == person.id).values(totp_sealed=keys.seal("phone", secret)))
