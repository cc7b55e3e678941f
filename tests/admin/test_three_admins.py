"""The three exclusive admins: each has a page of its own, and none can become another."""

import re
import threading
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms import clock
from lms.audit import services as audit
from lms.audit.models import AuditRecord
from lms.config import Keys
from lms.db import MakeSession, unit_of_work
from lms.demo.cast import BUREAU, NORTH, NORTH_BRANCH, PASSWORD
from lms.errors import Conflict, Invalid
from lms.people import queries
from lms.people.models import Branch, Person, RoleGrant, Unit
from lms.people.rules import EXCLUSIVE, Role
from lms.people.services import accounts, grants, sign_in
from tests.support.web import Web

PAGES = {"sun": "/office/accounts", "qin": "/office/grants", "shi": "/office/audit"}


def text_of(answer) -> str:  # type: ignore[no-untyped-def]
    return answer.get_data(as_text=True)


def newest(session: Session) -> AuditRecord:
    return session.scalars(select(AuditRecord).order_by(AuditRecord.number.desc()).limit(1)).one()


@pytest.mark.parametrize("name", PAGES)
def test_each_reaches_the_own_page_and_not_the_others(web: Web, name: str) -> None:
    admin = web.as_(name)
    for owner, page in PAGES.items():
        admin.get(page, 200 if owner == name else 403)
    for page in ("/office/people", "/office/units", "/office/feedback", "/office/self-check"):
        admin.get(page, 403)
    links = re.findall(r'href="(/office[^"]*)"', text_of(admin.get("/office")))
    assert PAGES[name] in links
    assert not set(links) & {page for owner, page in PAGES.items() if owner != name}


# Accounts


def test_sun_issues_a_code_that_is_shown_once_and_works_once(web: Web, session: Session, cast: SimpleNamespace) -> None:
    sun = web.as_("sun")
    page = text_of(sun.follow(sun.post(f"/office/accounts/{cast.lin.id}/code")))
    code = re.search(r"一次性口令：([2-9A-Z]{10})", page)
    assert code
    assert code[1] not in text_of(sun.get(f"/office/accounts/{cast.lin.id}"))
    new = {"code": code[1].lower(), "password": "Xinmima-2026", "again": "Xinmima-2026"}
    web.post("/activation", new)
    web.post("/activation", {**new, "password": "Xinmima-2027", "again": "Xinmima-2027"}, 422)
    record = newest(session)
    assert code[1] not in str(record.fields)


def test_sun_cannot_become_another_admin_by_a_code(
    web: Web, session: Session, cast: SimpleNamespace, keys: Keys
) -> None:
    sun = web.as_("sun")
    page = text_of(sun.post(f"/office/accounts/{cast.qin.id}/code", status=403))
    assert "flask accounts code" in page
    cast.qin.totp_sealed = keys.seal("phone", "JBSWY3DPEHPK3PXP")
    sun.post(f"/office/accounts/{cast.qin.id}/code")


def test_a_new_code_makes_the_older_one_void(web: Web, session: Session, cast: SimpleNamespace) -> None:
    now = clock.now()
    first = accounts.issue_code(session, cast.lin, by_id=None, by="test", now=now)
    second = accounts.issue_code(session, cast.lin, by_id=None, by="test", now=now)
    with pytest.raises(Invalid):
        accounts.redeem_code(session, first, "Xinmima-2026", now=now)
    with pytest.raises(Invalid):
        accounts.redeem_code(session, second, "Xinmima-2026", now=now + timedelta(hours=73))
    assert accounts.redeem_code(session, second, "Xinmima-2026", now=now).id == cast.lin.id


def test_sun_unlocks_closes_opens_and_signs_out(web: Web, session: Session, cast: SimpleNamespace) -> None:
    sun = web.as_("sun")
    place = f"/office/accounts/{cast.lin.id}"
    cast.lin.locked_until = clock.now() + timedelta(minutes=20)
    assert "解除锁定" in text_of(sun.get(place))
    assert "林晓" in text_of(sun.get("/office/accounts?state=locked"))
    sun.post(place + "/unlocking")
    assert queries.person_by_id(session, cast.lin.id).locked_until is None
    lin = web.as_("lin")
    lin.get("/me")
    sun.post(place + "/sign-ins/ending")
    lin.get("/me", 303)
    again = web.as_("lin")
    sun.post(place + "/closure")
    again.get("/me", 303)
    assert "启用账号" in text_of(sun.get(place))
    assert "林晓" in text_of(sun.get("/office/accounts?state=disabled"))
    sun.post(place + "/opening")
    again.get("/me", 303)
    web.post("/login", {"username": "lin", "password": PASSWORD, "next": ""})
    actions = [r.action for r in session.scalars(select(AuditRecord).order_by(AuditRecord.number))][-4:]
    assert actions == ["account.unlock", "account.sign_out", "account.disable", "account.enable"]


def test_sun_finds_accounts_without_a_password(web: Web, session: Session, cast: SimpleNamespace) -> None:
    cast.bo.password_hash = None
    sun = web.as_("sun")
    page = text_of(sun.get("/office/accounts?state=fresh"))
    assert "薄一鸣" in page
    assert "林晓" not in page
    assert "个账号还没有密码" in text_of(sun.get("/office"))


def test_sun_does_nothing_to_the_own_account(web: Web, cast: SimpleNamespace) -> None:
    sun = web.as_("sun")
    sun.get(f"/office/accounts/{cast.sun.id}")
    for act in ("code", "unlocking", "closure", "opening", "sign-ins/ending", "second-factor/removal"):
        sun.post(f"/office/accounts/{cast.sun.id}/{act}", status=403)


def test_sun_removes_a_lost_authenticator_but_never_that_of_another_admin(
    web: Web, session: Session, cast: SimpleNamespace, keys: Keys
) -> None:
    for person in (cast.hua, cast.qin):
        sign_in.keep_totp_secret(session, person, sign_in.new_totp_secret(), keys)
    sun, hua = web.as_("sun"), web.as_("hua")
    assert "解除动态口令" in text_of(sun.get(f"/office/accounts/{cast.hua.id}"))
    sun.post(f"/office/accounts/{cast.hua.id}/second-factor/removal")
    hua.get("/me", 303)
    assert queries.person_by_id(session, cast.hua.id).totp_sealed is None
    assert "只能在服务器上解除" in text_of(sun.get(f"/office/accounts/{cast.qin.id}"))
    sun.post(f"/office/accounts/{cast.qin.id}/second-factor/removal", status=403)
    assert queries.person_by_id(session, cast.qin.id).totp_sealed


# Grants


def unit(session: Session, name: str) -> Unit:
    return session.scalars(select(Unit).where(Unit.name == name)).one()


def branch(session: Session, name: str) -> Branch:
    return session.scalars(select(Branch).where(Branch.name == name)).one()


def test_qin_grants_and_revokes_and_the_person_signs_in_anew(web: Web, session: Session, cast: SimpleNamespace) -> None:
    qin, lin = web.as_("qin"), web.as_("lin")
    assert "林晓" in text_of(qin.get("/office/grants?q=lx"))
    place = f"/office/grants/{cast.lin.id}"
    qin.get(place)
    lin.get("/office/people", 403)
    given = {"role": "unit_admin", "unit_id": unit(session, NORTH).id, "branch_id": "0"}
    page = text_of(qin.follow(qin.post(place, given)))
    assert "单位管理员" in page
    lin.get("/me", 303)
    web.as_("lin").get("/office/people")
    assert "林晓" in text_of(qin.get("/office/grants?role=unit_admin"))
    grant_id = queries.list_grants(session, cast.lin.id)[0].id
    qin.post(f"/office/grants/revoking/{grant_id}")
    qin.post(f"/office/grants/revoking/{grant_id}", status=404)
    web.as_("lin").get("/office/people", 403)
    assert [r.action for r in session.scalars(select(AuditRecord).order_by(AuditRecord.number))][-2:] == [
        "role.grant",
        "role.revoke",
    ]


@pytest.mark.parametrize("wanted", sorted(EXCLUSIVE))
@pytest.mark.parametrize("holder", ["sun", "qin", "shi", "hua", "chen", "ed"])
def test_one_person_never_holds_an_admin_role_beside_any_other(
    web: Web, session: Session, cast: SimpleNamespace, holder: str, wanted: str
) -> None:
    person: Person = getattr(cast, holder)
    held = queries.roles_of(session, person.id)
    web.as_("qin").post(f"/office/grants/{person.id}", {"role": wanted, "unit_id": "0", "branch_id": "0"}, 409)
    assert queries.roles_of(session, person.id) == held


@pytest.mark.parametrize("holder", ["sun", "qin", "shi"])
def test_an_admin_is_given_no_other_role(web: Web, session: Session, cast: SimpleNamespace, holder: str) -> None:
    given = {"role": "organiser", "unit_id": unit(session, BUREAU).id, "branch_id": "0"}
    page = web.as_("qin").post(f"/office/grants/{getattr(cast, holder).id}", given, 409)
    assert "三员相互独立" in text_of(page)


def test_two_admin_roles_granted_in_the_same_moment_leave_one(make_session: MakeSession, cast: SimpleNamespace) -> None:
    refused = []
    ready = threading.Barrier(2)

    def try_to(role: Role) -> None:
        ready.wait()
        try:
            with unit_of_work(make_session) as session:
                lin = queries.person_by_id(session, cast.lin.id)
                grants.grant(session, lin, role, by_id=cast.qin.id, by="秦岚", now=clock.now())
        except Conflict as problem:
            refused.append(problem.message)

    threads = [threading.Thread(target=try_to, args=(role,)) for role in (Role.SYSTEM_ADMIN, Role.AUDIT_ADMIN)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    with make_session() as session:
        assert len(queries.list_grants(session, cast.lin.id)) == 1


@pytest.mark.parametrize(
    ("role", "where", "says"),
    [
        ("unit_admin", {}, "请选择单位"),
        ("secretary", {}, "请选择支部"),
        ("unit_admin", {"branch_id": NORTH_BRANCH}, "请选择单位"),
        ("secretary", {"unit_id": NORTH}, "请选择支部"),
        ("cadre", {}, "请从列表中选择"),
    ],
)
def test_a_role_stands_on_the_kind_of_node_it_is_made_for(
    web: Web, session: Session, cast: SimpleNamespace, role: str, where: dict[str, str], says: str
) -> None:
    ids = {"unit_id": "0", "branch_id": "0"}
    if "unit_id" in where:
        ids["unit_id"] = str(unit(session, where["unit_id"]).id)
    if "branch_id" in where:
        ids["branch_id"] = str(branch(session, where["branch_id"]).id)
    page = web.as_("qin").post(f"/office/grants/{cast.lin.id}", {"role": role, **ids}, 422)
    assert says in text_of(page)


def test_the_same_role_twice_is_refused_in_words(web: Web, session: Session, cast: SimpleNamespace) -> None:
    given = {"role": "secretary", "unit_id": "0", "branch_id": branch(session, NORTH_BRANCH).id}
    assert "已经有同样的角色" in text_of(web.as_("qin").post(f"/office/grants/{cast.chen.id}", given, 409))


def test_qin_cannot_revoke_the_own_role(web: Web, session: Session, cast: SimpleNamespace) -> None:
    own = session.scalars(select(RoleGrant).where(RoleGrant.person_id == cast.qin.id)).one()
    qin = web.as_("qin")
    assert "自己的角色不能收回" in text_of(qin.get(f"/office/grants/{cast.qin.id}"))
    qin.post(f"/office/grants/revoking/{own.id}", status=403)


# The audit log


def test_shi_reads_filters_and_opens_records(web: Web, session: Session, cast: SimpleNamespace) -> None:
    accounts.issue_code(session, cast.lin, by_id=cast.sun.id, by="孙平", now=clock.now())
    shi = web.as_("shi")
    page = text_of(shi.get("/office/audit?action=account.&q=孙平"))
    assert "发放一次性口令" in page
    assert "林晓" in page
    assert "新建单位" not in page
    number = newest(session).number
    assert newest(session).hash in text_of(shi.get(f"/office/audit/{number}"))
    shi.get("/office/audit/99999999", 404)


def test_shi_verifies_the_chain_and_a_forged_record_is_named(web: Web, session: Session, cast: SimpleNamespace) -> None:
    shi = web.as_("shi")
    assert "没有缺失或改动" in text_of(shi.follow(shi.post("/office/audit/verification")))
    assert newest(session).action == "audit.verify"
    session.execute(update(AuditRecord).where(AuditRecord.number == 3).values(actor="别人"))
    assert "第 3 条" in text_of(shi.follow(shi.post("/office/audit/verification")))
    assert audit.verify(session)[1]
