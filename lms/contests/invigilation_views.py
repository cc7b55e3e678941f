"""Invigilating a round: its policy, grants, more time, an attempt opened again. For those who manage its contest."""

from typing import Any

from flask import Blueprint, Response, url_for

from lms import clock
from lms.contests import access, services
from lms.contests.forms import GrantForm, MoreTimeForm, PolicyForm, ReopenForm, instant
from lms.contests.queries import RoundLine
from lms.errors import Invalid
from lms.people import access as people_access
from lms.people import queries as people
from lms.people.guard import me, requires
from lms.people.models import Person
from lms.people.rules import Permission
from lms.quizzes import exam_queries
from lms.quizzes.policy_rules import networks_in
from lms.quizzes.rules import EVENT_LABELS, Purpose
from lms.quizzes.services import Subject, invigilation
from lms.quizzes.services.invigilation import Wish
from lms.web import Form, now, page, see_other, session

bp = Blueprint("invigilation", __name__, url_prefix="/office/contests/rounds/<int:round_id>/invigilation")

NOBODY = "没有找到这个工号，请核对。"


@bp.get("")
@requires(Permission.CONTEST_MANAGE)
def index(round_id: int) -> Response:
    line, subject = _line(round_id), _subject(round_id)
    about = (session(), subject.purpose, subject.id)
    return page(
        "contests/invigilation.html", line=line, policy=exam_queries.find_policy(*about), grants=exam_queries.list_grants(*about),
        running=len(exam_queries.list_running(*about)), events=exam_queries.list_events(*about), acts=EVENT_LABELS,
        active="contests",
    )  # fmt: skip


# --- policy


@bp.get("/policy")
@requires(Permission.CONTEST_MANAGE)
def policy(round_id: int) -> Response:
    kept = exam_queries.find_policy(session(), Purpose.CONTEST, round_id)
    shown = kept and {
        "minimum_minutes": kept.minimum_seconds // 60, "networks": "\n".join(kept.networks),
        "is_one_per_address": kept.is_one_per_address,
    }  # fmt: skip
    return _form_page(_line(round_id), "policy", PolicyForm.shown(data=shown or {}))


@bp.post("/policy")
@requires(Permission.CONTEST_MANAGE)
def set_policy(round_id: int) -> Response:
    line, form = _line(round_id), PolicyForm.posted()
    if not form.validate():
        return _form_page(line, "policy", form, 422)
    try:
        networks = networks_in(form.networks.data or "")
        invigilation.set_policy(
            session(), _subject(round_id), minimum_seconds=(form.minimum_minutes.data or 0) * 60, networks=networks,
            is_one_per_address=form.is_one_per_address.data, by_id=me().id, now=now(),
        )  # fmt: skip
    except ValueError as wrong:
        form.networks.errors = [f"“{wrong}”不是网络地址，写成 10.1.2.3 或 10.1.2.0/24。"]
        return _form_page(line, "policy", form, 422)
    return _done(round_id, "考场规则已保存，对以后开始的作答生效")


# --- grants


@bp.get("/grants/new")
@requires(Permission.CONTEST_MANAGE)
def new_grant(round_id: int) -> Response:
    return _form_page(_line(round_id), "grant", GrantForm())


@bp.post("/grants")
@requires(Permission.CONTEST_MANAGE)
def grant(round_id: int) -> Response:
    line, form = _line(round_id), GrantForm.posted()
    form.unit.choices = _units(line)
    if not form.validate():
        return _form_page(line, "grant", form, 422)
    try:
        invigilation.grant(session(), _subject(round_id), _wish(form), **_whom(line, form), by_id=me().id, now=now())
    except Invalid as problem:
        form.refuse(problem)
        return _form_page(line, "grant", form, 422)
    return _done(round_id, "已放宽，本人开始作答时按新的办法")


def _wish(form: GrantForm) -> Wish:
    return Wish(
        reason=form.reason.data, opens_at=instant(form.opens_at.data), closes_at=instant(form.closes_at.data),
        extra_seconds=(form.extra_minutes.data or 0) * 60, attempts_per_day=form.attempts_per_day.data,
    )  # fmt: skip


def _whom(line: RoundLine, form: GrantForm) -> dict[str, Any]:
    if form.staff_no.data and form.unit.data:
        raise Invalid("工号和单位只填一样。", field="staff_no")
    if form.staff_no.data:
        return {"person_id": _named(form.staff_no.data).id}
    known = {value for value, _ in _units(line)}
    return {"unit_id": int(form.unit.data) if form.unit.data and form.unit.data in known else None}


@bp.post("/grants/<int:grant_id>/revocation")
@requires(Permission.CONTEST_MANAGE)
def revoke(round_id: int, grant_id: int) -> Response:
    _line(round_id)
    found = access.grant_to_revoke(session(), round_id, grant_id)
    invigilation.revoke_grant(session(), found, by_id=me().id, now=now())
    return _done(round_id, "已撤销；已经开始的作答不受影响")


# --- attempts


@bp.get("/extension")
@requires(Permission.CONTEST_MANAGE)
def extension(round_id: int) -> Response:
    return _form_page(_line(round_id), "extension", MoreTimeForm())


@bp.post("/extension")
@requires(Permission.CONTEST_MANAGE)
def extend(round_id: int) -> Response:
    line, form = _line(round_id), MoreTimeForm.posted()
    if not form.validate():
        return _form_page(line, "extension", form, 422)
    try:
        person_id = _named(form.staff_no.data).id if form.staff_no.data else None
        people_met = invigilation.extend(
            session(), _subject(round_id), seconds=form.minutes.data * 60, reason=form.reason.data, person_id=person_id,
            by_id=me().id, now=now(),
        )  # fmt: skip
    except Invalid as problem:
        form.refuse(problem)
        return _form_page(line, "extension", form, 422)
    return _done(round_id, f"已给 {people_met} 人延长 {form.minutes.data} 分钟")


@bp.get("/reopening")
@requires(Permission.CONTEST_MANAGE)
def reopening(round_id: int) -> Response:
    return _form_page(_line(round_id), "reopening", ReopenForm())


@bp.post("/reopening")
@requires(Permission.CONTEST_MANAGE)
def reopen(round_id: int) -> Response:
    line, form = _line(round_id), ReopenForm.posted()
    if not form.validate():
        return _form_page(line, "reopening", form, 422)
    try:
        person = _named(form.staff_no.data)
        services.reopen_last(
            session(),
            line,
            person.id,
            seconds=form.minutes.data * 60,
            reason=form.reason.data,
            by_id=me().id,
            now=now(),
        )
    except Invalid as problem:
        form.refuse(problem)
        return _form_page(line, "reopening", form, 422)
    return _done(round_id, f"{person.name}的答卷已重新开放 {form.minutes.data} 分钟")


# --- shared

_FORMS = {
    "policy": ("考场规则", "set_policy", "保存"),
    "grant": ("给个人或单位放宽", "grant", "放宽"),
    "extension": ("给正在作答的人延长时间", "extend", "延长"),
    "reopening": ("重新开放一份答卷", "reopen", "重新开放"),
}


def _form_page(line: RoundLine, name: str, form: Form, status: int = 200) -> Response:
    title, endpoint, submit = _FORMS[name]
    if isinstance(form, GrantForm):
        form.unit.choices = _units(line)
    return page(
        "contests/invigilation_form.html", status, line=line, title=title, form=form, submit=submit,
        action=url_for(f"invigilation.{endpoint}", round_id=line.round.id), active="contests",
    )  # fmt: skip


def _units(line: RoundLine) -> list[tuple[str, str]]:
    below = [unit for unit in people.list_units(session()) if unit.path.startswith(line.owner_path)]
    return [("", "不按单位"), *((str(unit.id), unit.name) for unit in below)]


def _named(staff_no: str) -> Person:
    found = people_access.find_person_by_number(
        session(), me(), staff_no, Permission.CONTEST_MANAGE, clock.today(now())
    )
    if found is None:
        raise Invalid(NOBODY, field="staff_no")
    return found


def _line(round_id: int) -> RoundLine:
    return access.round_to_handle(session(), me(), round_id, Permission.CONTEST_MANAGE, now=now())


def _subject(round_id: int) -> Subject:
    return Subject(Purpose.CONTEST, round_id)


def _done(round_id: int, flash: str) -> Response:
    return see_other(url_for("invigilation.index", round_id=round_id), flash=flash)
