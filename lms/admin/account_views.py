"""Accounts, for the system admin: one-time codes, locks, closing and opening, present sign-ins."""

from flask import Blueprint, Response, request, url_for

from lms import clock
from lms.admin.rules import device_in_words
from lms.people import access, queries
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.people.services import accounts
from lms.web import now, page, page_number, paged, see_other, session
from lms.web.fields import clean_line

bp = Blueprint("accounts", __name__, url_prefix="/accounts")


@bp.get("")
@requires(Permission.ACCOUNT_MANAGE)
def index() -> Response:
    text, state = clean_line(request.args.get("q"))[:40], request.args.get("state", "")
    people = paged(session(), queries.list_accounts(text=text, state=state, now=now()), page_number())
    places = queries.places_of(session(), [person.id for person in people.rows], clock.today(now()))
    return page(
        "admin/accounts/index.html", people=people, places=places, text=text, state=state, at=now(), active="accounts"
    )


@bp.get("/<int:person_id>")
@requires(Permission.ACCOUNT_MANAGE)
def show(person_id: int) -> Response:
    person = access.person_to_manage(session(), me(), person_id, Permission.ACCOUNT_MANAGE)
    place = queries.places_of(session(), [person.id], clock.today(now())).get(person.id)
    sign_ins = queries.list_sign_ins(session(), person.id, now())
    is_admin = queries.is_exclusive_admin(session(), person.id)
    return page(
        "admin/accounts/show.html",
        person=person,
        place=place,
        sign_ins=sign_ins,
        is_admin=is_admin,
        device_in_words=device_in_words,
        at=now(),
        active="accounts",
    )


def _done(person_id: int, flash: str) -> Response:
    return see_other(url_for("admin.accounts.show", person_id=person_id), flash=flash)


@bp.post("/<int:person_id>/code")
@requires(Permission.ACCOUNT_MANAGE)
def issue_code(person_id: int) -> Response:
    """The code travels in the flash, so it is on one page only and stored nowhere but as a hash."""
    person = access.account_to_reset(session(), me(), person_id)
    code = accounts.issue_code(session(), person, by_id=me().id, by=me().name, now=now())
    return _done(person_id, f"给{person.name}的一次性口令：{code}。只显示这一次，72 小时内有效；请当面或电话告诉本人。")


@bp.post("/<int:person_id>/unlocking")
@requires(Permission.ACCOUNT_MANAGE)
def unlock(person_id: int) -> Response:
    person = access.account_to_manage(session(), me(), person_id)
    accounts.unlock(session(), person, by_id=me().id, by=me().name, now=now())
    return _done(person_id, "已解除锁定，本人可以再次登录。")


@bp.post("/<int:person_id>/closure")
@requires(Permission.ACCOUNT_MANAGE)
def disable(person_id: int) -> Response:
    person = access.account_to_manage(session(), me(), person_id)
    accounts.disable(session(), person, by_id=me().id, by=me().name, now=now())
    return _done(person_id, "账号已停用，所有设备已退出。")


@bp.post("/<int:person_id>/opening")
@requires(Permission.ACCOUNT_MANAGE)
def enable(person_id: int) -> Response:
    person = access.account_to_manage(session(), me(), person_id)
    accounts.enable(session(), person, by_id=me().id, by=me().name, now=now())
    return _done(person_id, "账号已启用。")


@bp.post("/<int:person_id>/sign-ins/ending")
@requires(Permission.ACCOUNT_MANAGE)
def end_sign_ins(person_id: int) -> Response:
    person = access.account_to_manage(session(), me(), person_id)
    accounts.end_sign_ins(session(), person, by_id=me().id, by=me().name, now=now())
    return _done(person_id, "这个人的所有设备都已退出登录。")


@bp.post("/<int:person_id>/second-factor/removal")
@requires(Permission.ACCOUNT_MANAGE)
def forget_second_factor(person_id: int) -> Response:
    person = access.second_factor_to_remove(session(), me(), person_id)
    accounts.forget_second_factor(session(), person, by_id=me().id, by=me().name, now=now())
    return _done(person_id, "已解除动态口令，本人下次登录时重新绑定。")
