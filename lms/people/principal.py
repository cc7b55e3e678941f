"""Who is asking: the signed-in person with roles and place, as plain values that outlive the session that loaded them."""

import hashlib
import threading
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy import and_, bindparam, exists, select
from sqlalchemy.orm import Session, aliased

from lms import clock
from lms.db import Prepared, flushed
from lms.people.models import ApiToken, Branch, Membership, Person, RoleGrant, SignIn, Unit
from lms.people.rules import EXCLUSIVE, ROLE_PERMISSIONS, Permission, Role


@dataclass(frozen=True)
class Grant:
    """A role with the paths it reaches down from; None where it does not apply."""

    role: Role
    unit_path: str | None
    branch_path: str | None


@dataclass(frozen=True)
class Principal:
    """The person of a request. `unit_path` and `branch_path` are "" when there is none."""

    id: int
    staff_no: str
    name: str
    sign_in_id: int
    expires_at: datetime
    on: date
    """The day whose place this is: a transfer takes effect at midnight, also for who is signed in."""
    unit_id: int | None
    unit_path: str
    unit_name: str
    branch_id: int | None
    branch_path: str
    branch_name: str
    grants: tuple[Grant, ...]
    permissions: frozenset[Permission]
    must_change_password: bool
    type_size: str
    theme: str

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        return str(self.id)

    def can(self, permission: Permission | str) -> bool:
        """True when some grant gives the permission, wherever it reaches."""
        return permission in self.permissions

    def has_role(self, role: Role | str) -> bool:
        return any(grant.role == role for grant in self.grants)


Place = tuple[int | None, str, str, int | None, str, str]
"""Of unit and branch: id, path, name."""
_ON_THE_DAY = (
    Membership.from_on <= bindparam("on"),
    Membership.until_on.is_(None) | (Membership.until_on > bindparam("on")),
)


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def load_principal(session: Session, token: str, now: datetime) -> Principal | None:
    """The principal of a live sign-in, or None when it is unknown, over, or its person disabled."""
    values = {"token": token_hash(token), "now": now, "on": clock.today(now)}
    rows = _BY_TOKEN.rows(flushed(session), values)
    if not rows:
        return None
    first = rows[0]  # of the newest place
    grants = {row.grant_id: Grant(row.role, row.grant_unit, row.grant_branch) for row in rows if row.grant_id}
    return _principal(first, _place(first), tuple(grants[key] for key in sorted(grants)), now, first)


_GRANTED_UNIT, _GRANTED_BRANCH = aliased(Unit), aliased(Branch)
_BY_TOKEN = Prepared(
    select(
        SignIn.id.label("sign_in_id"), SignIn.expires_at, *Person.__table__.columns,
        Unit.id.label("unit"), Unit.path.label("unit_path"), Unit.name.label("unit_name"),
        Branch.id.label("branch"), Branch.path.label("branch_path"), Branch.name.label("branch_name"),
        RoleGrant.id.label("grant_id"), RoleGrant.role,
        _GRANTED_UNIT.path.label("grant_unit"), _GRANTED_BRANCH.path.label("grant_branch"),
    )
    .join(Person, Person.id == SignIn.person_id)
    .outerjoin(Membership, and_(Membership.person_id == Person.id, *_ON_THE_DAY))
    .outerjoin(Unit, Unit.id == Membership.unit_id)
    .outerjoin(Branch, Branch.id == Membership.branch_id)
    .outerjoin(RoleGrant, and_(RoleGrant.person_id == Person.id, RoleGrant.revoked_at.is_(None)))
    .outerjoin(_GRANTED_UNIT, _GRANTED_UNIT.id == RoleGrant.unit_id)
    .outerjoin(_GRANTED_BRANCH, _GRANTED_BRANCH.id == RoleGrant.branch_id)
    .where(SignIn.token_hash == bindparam("token"), SignIn.ended_at.is_(None))
    .where(SignIn.expires_at > bindparam("now"), Person.disabled_at.is_(None))
    .order_by(Membership.from_on.desc())
)  # fmt: skip
"""The sign-in with all it stands for in one round trip: a row for each of the person's roles, and for each place of the day."""


SIGN_IN_STANDS = (
    exists()
    .where(Person.id == SignIn.person_id)
    .where(SignIn.id == bindparam("sign_in"), SignIn.person_id == bindparam("person"), SignIn.ended_at.is_(None))
    .where(SignIn.expires_at > bindparam("now"), Person.disabled_at.is_(None))
)
"""While the sign-in is live, whichever process asks."""
RECHECKED_FOR = timedelta(seconds=30)
"""So long may a transfer or another size of type, told by another process, be news to a request that looks at its sign-in again."""


def load_token_holder(session: Session, token: str, now: datetime) -> tuple[int, frozenset[str], Principal] | None:
    """(id of the token, its scopes, its person) of a live token of an enabled person; None for any other."""
    row = session.execute(
        select(ApiToken, Person)
        .join(Person, Person.id == ApiToken.person_id)
        .where(ApiToken.token_hash == token_hash(token), ApiToken.revoked_at.is_(None), ApiToken.expires_at > now)
        .where(Person.disabled_at.is_(None))
    ).one_or_none()
    if row is None:
        return None
    return row.ApiToken.id, frozenset(row.ApiToken.scopes), principal_of(session, row.Person, now)


def principal_of(session: Session, person: Any, now: datetime, sign_in: Any = None) -> Principal:
    """The person (a Person or its columns) as a principal at an instant; without a sign-in (`sign_in_id`, `expires_at`) for
    jobs, commands and tests."""
    place = _place(_PLACE.first(flushed(session), {"person": person.id, "on": clock.today(now)}))
    return _principal(person, place, _grants(session, person.id), now, sign_in)


def _principal(person: Any, place: Place, grants: tuple[Grant, ...], now: datetime, sign_in: Any) -> Principal:
    admin = any(grant.role in EXCLUSIVE for grant in grants)
    roles = {grant.role for grant in grants} | (set() if admin else {Role.CADRE})
    permissions: frozenset[Permission] = frozenset().union(*(ROLE_PERMISSIONS[role] for role in roles))
    return Principal(
        id=person.id,
        staff_no=person.staff_no,
        name=person.name,
        sign_in_id=sign_in.sign_in_id if sign_in else 0,
        expires_at=sign_in.expires_at if sign_in else now,
        on=clock.today(now),
        unit_id=place[0],
        unit_path=place[1],
        unit_name=place[2],
        branch_id=place[3],
        branch_path=place[4],
        branch_name=place[5],
        grants=grants,
        permissions=permissions,
        must_change_password=person.must_change_password,
        type_size=person.type_size,
        theme=person.theme,
    )


def _place(row: Any) -> Place:
    """The unit and branch of a row that has them; nothing of none."""
    if row is None or row.unit is None:
        return None, "", "", None, "", ""
    return row.unit, row.unit_path, row.unit_name, row.branch, row.branch_path or "", row.branch_name or ""


_PLACE = Prepared(
    select(
        Unit.id.label("unit"), Unit.path.label("unit_path"), Unit.name.label("unit_name"),
        Branch.id.label("branch"), Branch.path.label("branch_path"), Branch.name.label("branch_name"),
    )
    .select_from(Membership)
    .join(Unit, Unit.id == Membership.unit_id)
    .outerjoin(Branch, Branch.id == Membership.branch_id)
    .where(Membership.person_id == bindparam("person"), *_ON_THE_DAY)
    .order_by(Membership.from_on.desc())
    .limit(1)
)  # fmt: skip


def _grants(session: Session, person_id: int) -> tuple[Grant, ...]:
    return tuple(
        Grant(role, unit, branch) for role, unit, branch in _GRANTS.rows(flushed(session), {"person": person_id})
    )


_GRANTS = Prepared(
    select(RoleGrant.role, Unit.path.label("unit_path"), Branch.path.label("branch_path"))
    .outerjoin(Unit, Unit.id == RoleGrant.unit_id)
    .outerjoin(Branch, Branch.id == RoleGrant.branch_id)
    .where(RoleGrant.person_id == bindparam("person"), RoleGrant.revoked_at.is_(None))
    .order_by(RoleGrant.id)
)


def preferences(person: Principal | None) -> SimpleNamespace:
    """How the person, or a stranger, is shown pages: theme, type_size and, where wanted, contrast."""
    if person is None:
        return SimpleNamespace(theme="auto", type_size="standard")
    if person.theme == "contrast":
        return SimpleNamespace(theme="auto", type_size=person.type_size, contrast="high")
    return SimpleNamespace(theme=person.theme, type_size=person.type_size)


class PrincipalCache:
    """Principals by the hash of their cookie, for the one process that also ends them.

    `forget` after the commit that changed something; a load that raced with it is not put back. Where several processes share the database
    (not `active`) another one may have ended the sign-in: a principal is then given, for RECHECKED_FOR, only to a request whose own
    writing statement looks at the sign-in again.
    """

    def __init__(self, *, active: bool) -> None:
        self._active = active
        self._kept: dict[str, tuple[Principal, datetime]] = {}
        self._generation = 0
        self._mutex = threading.Lock()

    def find(self, token: str, now: datetime, *, rechecked: bool = False) -> Principal | None:
        """`rechecked`: what the principal does is refused by its own statement once the sign-in is over (`SIGN_IN_STANDS`)."""
        if not self._active and not rechecked:
            return None
        kept, kept_at = self._kept.get(token_hash(token), (None, now))
        if kept is None or not (self._active or abs(now - kept_at) <= RECHECKED_FOR):
            return None
        return kept if kept.expires_at > now and kept.on == clock.today(now) else None

    def load(self, session: Session, token: str, now: datetime) -> Principal | None:
        generation = self._generation
        principal = load_principal(session, token, now)
        if principal is not None:
            with self._mutex:
                if generation == self._generation:
                    if len(self._kept) > 20_000:
                        self._kept.clear()
                    self._kept[token_hash(token)] = principal, now
        return principal

    def forget(self, person_id: int | None = None) -> None:
        """Drop one person's principals, or all."""
        with self._mutex:
            self._generation += 1
            self._kept = {} if person_id is None else {k: p for k, p in self._kept.items() if p[0].id != person_id}


CACHE = PrincipalCache(active=False)


def use_cache(*, active: bool) -> None:
    """Set at the start of the application: on for one process on SQLite, off when several nodes share the database."""
    CACHE._active = active
    CACHE.forget()
