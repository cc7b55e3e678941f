"""Persons' accounts: creation, passwords, one-time codes, disabling, preferences."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.config import Keys
from lms.db import after_commit, changed, conflict_as
from lms.errors import Conflict, Invalid
from lms.lazy import later
from lms.people import queries, rules
from lms.people.models import Branch, Membership, OneTimeCode, Person, Unit
from lms.people.password_rules import DENGBAO, POLICIES, PasswordPolicy
from lms.people.principal import CACHE, token_hash
from lms.people.rules import DutyStatus, PartyStatus, RankBand
from lms.people.services import sign_in
from lms.people.services.passwords import hash_password, password_fits

if TYPE_CHECKING:
    import pypinyin
else:
    pypinyin = later("pypinyin")

CODE_HOURS = 72
HISTORY_KEPT = max(policy.history for policy in POLICIES.values())


def initials_of(name: str) -> str:
    """Pinyin initials and full pinyin for looking a name up: 张三民 → "zsm zhangsanmin"."""
    return f"{''.join(pypinyin.lazy_pinyin(name, pypinyin.Style.FIRST_LETTER))} {''.join(pypinyin.lazy_pinyin(name))}"[
        :40
    ].lower()


def create_person(
    session: Session,
    *,
    staff_no: str,
    name: str,
    rank_band: RankBand,
    now: datetime,
    birth_year: int | None = None,
    title: str = "",
    phone: str | None = None,
    keys: Keys | None = None,
) -> Person:
    """A person without a password. Raises Conflict when the 工号 or phone belongs to somebody else."""
    person = Person(
        staff_no=rules.normal_identity(staff_no),
        name=name.strip(),
        initials=initials_of(name),
        rank_band=rank_band,
        birth_year=birth_year,
        title=title,
        created_at=now,
        password_history=[],
    )
    if phone and keys:
        set_phone(person, phone, keys)
    with conflict_as(Conflict(f"工号 {staff_no} 或手机号已经属于另一个人，请核对。"), session):
        session.add(person)
    return person


def set_phone(person: Person, phone: str, keys: Keys) -> None:
    """The phone number, encrypted, with its index for signing in. Raises Invalid when it is none."""
    digits = rules.normal_phone(phone)
    if digits is None:
        raise Invalid("手机号应是 11 位数字。", field="phone")
    person.phone_sealed, person.phone_index = keys.seal("phone", digits), keys.mac("phone_index", digits)


def place(
    session: Session,
    person: Person,
    unit: Unit,
    branch: Branch | None,
    *,
    from_on: date,
    party_status: PartyStatus = PartyStatus.NONE,
    duty_status: DutyStatus = DutyStatus.ON_DUTY,
) -> Membership:
    """From that day the person belongs there; the membership before ends the same day. Earlier rosters do not change."""
    before = queries.newest_membership(session, person.id)
    if before is not None and before.from_on >= from_on:
        raise Conflict(f"{before.from_on} 已有一条较新的任职记录，请改用更晚的日期。")
    if before is not None and (before.until_on is None or before.until_on > from_on):
        before.until_on = from_on
    membership = Membership(
        person_id=person.id,
        unit_id=unit.id,
        branch_id=branch.id if branch else None,
        from_on=from_on,
        party_status=party_status,
        duty_status=duty_status,
    )
    session.add(membership)
    after_commit(session, lambda: CACHE.forget(person.id))
    return membership


def set_password(
    session: Session, person: Person, password: str, *, now: datetime, policy: PasswordPolicy = DENGBAO
) -> None:
    """The new password, if the policy takes it; every other sign-in of the person is over."""
    fault = policy.fault(password, person.staff_no)
    if fault is None and any(password_fits(old, password) for old in _recent(person)[: policy.history]):
        fault = f"不能使用最近 {policy.history} 次用过的密码。" if policy.history > 1 else "新密码不能和现在的一样。"
    if fault:
        raise Invalid(fault, field="password")
    before = _recent(person)
    person.password_hash = hash_password(password)
    person.password_history = [person.password_hash, *before][:HISTORY_KEPT]
    person.password_set_at = now
    person.must_change_password = False
    sign_in.end_all(session, person.id, now=now)
    audit.record(session, person.id, "account.password", f"person:{person.id}", now=now, actor=person.name)


def _recent(person: Person) -> list[str]:
    """Hashes of the passwords used last, the present one first."""
    return [one for one in dict.fromkeys((person.password_hash, *person.password_history)) if one]


def change_password(
    session: Session, person: Person, old: str, new: str, *, now: datetime, policy: PasswordPolicy = DENGBAO
) -> None:
    if not password_fits(person.password_hash, old):
        raise Invalid("现在的密码不对。", field="old")
    set_password(session, person, new, now=now, policy=policy)


def issue_code(session: Session, person: Person, *, by_id: int | None, by: str, now: datetime) -> str:
    """A one-time code with which the person sets a password within 72 hours; earlier codes are void."""
    code = rules.fresh_code()
    session.execute(
        update(OneTimeCode).where(OneTimeCode.person_id == person.id, OneTimeCode.used_at.is_(None)).values(used_at=now)
    )
    row = OneTimeCode(person_id=person.id, code_hash=token_hash(code), created_at=now, expires_at=now)
    row.expires_at = now + timedelta(hours=CODE_HOURS)
    session.add(row)
    audit.record(session, by_id, "account.code", f"person:{person.id}", now=now, actor=by)
    return code


def redeem_code(
    session: Session, code: str, password: str, *, now: datetime, policy: PasswordPolicy = DENGBAO
) -> Person:
    """Set the password of the code's person; the code is used up. Raises Invalid when it is unknown, used or too old."""
    row = queries.find_code(session, token_hash(rules.normal_identity(code).upper()), now)
    person = queries.find_person(session, row.person_id) if row else None
    if row is None or person is None or person.disabled_at is not None:
        raise Invalid("这个一次性口令不对或已失效，请向账号管理员要一个新的。", field="code")
    set_password(session, person, password, now=now, policy=policy)
    used = update(OneTimeCode).where(OneTimeCode.id == row.id, OneTimeCode.used_at.is_(None)).values(used_at=now)
    if not changed(session.execute(used)):
        raise Conflict("这个一次性口令刚刚已被使用。")
    person.failures, person.locked_until = 0, None
    return person


def disable(session: Session, person: Person, *, by_id: int, by: str, now: datetime) -> None:
    """The account is closed and every sign-in of it over; history stays."""
    session.execute(update(Person).where(Person.id == person.id, Person.disabled_at.is_(None)).values(disabled_at=now))
    sign_in.end_all(session, person.id, now=now)
    audit.record(session, by_id, "account.disable", f"person:{person.id}", now=now, actor=by)


def enable(session: Session, person: Person, *, by_id: int, by: str, now: datetime) -> None:
    session.execute(
        update(Person).where(Person.id == person.id).values(disabled_at=None, failures=0, locked_until=None)
    )
    audit.record(session, by_id, "account.enable", f"person:{person.id}", now=now, actor=by)


def unlock(session: Session, person: Person, *, by_id: int, by: str, now: datetime) -> None:
    """The half hour of a locked account is over, and its failures are forgotten."""
    session.execute(update(Person).where(Person.id == person.id).values(failures=0, locked_until=None))
    audit.record(session, by_id, "account.unlock", f"person:{person.id}", now=now, actor=by)


def end_sign_ins(session: Session, person: Person, *, by_id: int, by: str, now: datetime) -> None:
    """Every browser of the person is signed out."""
    sign_in.end_all(session, person.id, now=now)
    audit.record(session, by_id, "account.sign_out", f"person:{person.id}", now=now, actor=by)


def forget_second_factor(session: Session, person: Person, *, by_id: int | None, by: str, now: datetime) -> None:
    """The lost authenticator no longer counts: the next sign-in enrols a new one. Every present sign-in is over."""
    session.execute(update(Person).where(Person.id == person.id).values(totp_sealed=None))
    sign_in.end_all(session, person.id, now=now)
    audit.record(session, by_id, "account.second_factor", f"person:{person.id}", now=now, actor=by)


def prefer(session: Session, person_id: int, *, type_size: str, theme: str, is_unlisted: bool) -> None:
    """How the person wants pages shown, and whether the name stays off public honour lists."""
    values = {"type_size": type_size, "theme": theme, "is_unlisted": is_unlisted}
    session.execute(update(Person).where(Person.id == person_id).values(**values))
    after_commit(session, lambda: CACHE.forget(person_id))
