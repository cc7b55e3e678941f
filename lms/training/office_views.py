"""The class office: classes proposed, decided, built, opened, filled, closed."""

from typing import Any

from flask import Blueprint, Response, request, url_for

from lms import clock
from lms.certificates.models import Certificate
from lms.errors import Conflict, Invalid, NotFound
from lms.people import access as people_access
from lms.people import queries as people
from lms.people.guard import me, requires
from lms.people.models import Unit
from lms.people.rules import RANK_BANDS, Permission
from lms.quizzes import queries as quizzes
from lms.training import access, queries, services, study_queries
from lms.training.class_rules import ENROLMENT_STATES, PHASES, PRESETS, ClassKind, Preset
from lms.training.closing_rules import QUESTIONS
from lms.training.export import workbook
from lms.training.forms import ClassForm, DecisionForm, PersonForm, ReasonForm, class_data, preset_data
from lms.training.models import TrainingClass
from lms.web import attachment, now, page, page_number, paged, see_other, session
from lms.web.fields import choices
from lms.web.spreadsheets import XLSX

bp = Blueprint("class_office", __name__, url_prefix="/office/classes")

MANAGE, APPROVE = Permission.CLASS_MANAGE, Permission.CLASS_APPROVE
MOST_PAPERS = 200
NAMES: dict[str, Any] = {"enrolment_states": ENROLMENT_STATES, "rank_bands": RANK_BANDS}


@bp.get("")
@requires(MANAGE)
def index() -> Response:
    found = paged(session(), queries.list_classes(access.manage_scope(session(), me())), page_number())
    lines = queries.lines_of(session(), found.rows, now())
    return page("training/office_index.html", found=found, lines=lines, presets=PRESETS.values(), active="classes")


# --- planning ------------------------------------------------------------------------------------------------------


@bp.get("/new/<kind>")
@requires(MANAGE)
def new(kind: str) -> Response:
    preset, unit = _preset(kind), access.unit_to_propose_for(session(), me())
    data = preset_data(preset, clock.today(now()), me().id)
    return _form_page(_fitted(ClassForm.shown(data=data), unit), preset, unit)


@bp.post("/new/<kind>")
@requires(MANAGE)
def create(kind: str) -> Response:
    preset, unit = _preset(kind), access.unit_to_propose_for(session(), me())
    form = _fitted(ClassForm.posted(), unit)
    try:
        if form.validate():
            made = services.propose(session(), unit, form.plan(preset), by_id=me().id, now=now())
            return _to(made, "已提出，等人事教育处批准。")
    except Invalid as refused:
        form.refuse(refused)
    return _form_page(form, preset, unit, status=422)


def _preset(kind: str) -> Preset:
    if kind not in {each.value for each in ClassKind}:
        raise NotFound()
    return PRESETS[ClassKind(kind)]


def _fitted(form: ClassForm, unit: Unit) -> ClassForm:
    """The form with the officers, units and papers of the unit to choose from."""
    officers = queries.list_officers(session(), unit)
    form.officer.choices = choices({"": "未定"} | {str(person_id): name for person_id, name in officers})
    form.audience.choices = choices({each.id: each.name for each in access.units_of(session(), unit)})
    scope = people_access.scope(session(), me(), Permission.PAPER_MANAGE)
    papers = session().scalars(quizzes.list_papers(scope).limit(MOST_PAPERS)).all()
    form.paper.choices = choices({"": "不考"} | {str(paper.id): paper.title for paper in papers})
    return form


def _form_page(
    form: ClassForm, preset: Preset, unit: Unit, training: TrainingClass | None = None, status: int = 200
) -> Response:
    return page(
        "training/office_form.html", status, form=form, preset=preset, unit=unit, training=training, active="classes"
    )


@bp.get("/<int:class_id>/plan")
@requires(MANAGE)
def edit(class_id: int) -> Response:
    training = access.class_to_manage(session(), me(), class_id)
    unit = session().get_one(Unit, training.unit_id)
    return _form_page(_fitted(ClassForm.shown(data=class_data(training)), unit), training.preset, unit, training)


@bp.post("/<int:class_id>/plan")
@requires(MANAGE)
def change(class_id: int) -> Response:
    training = access.class_to_manage(session(), me(), class_id)
    unit = session().get_one(Unit, training.unit_id)
    form = _fitted(ClassForm.posted(), unit)
    try:
        if form.validate():
            services.change(session(), training, form.plan(training.preset), by_id=me().id, now=now())
            return _to(training, "已保存。")
    except Invalid as refused:
        form.refuse(refused)
    return _form_page(form, training.preset, unit, training, 422)


def _to(training: TrainingClass, said: str) -> Response:
    return see_other(url_for("class_office.show", class_id=training.id), flash=said)


# --- one class -----------------------------------------------------------------------------------------------------


@bp.get("/<int:class_id>")
@requires(MANAGE)
def show(class_id: int) -> Response:
    return _page(access.class_to_manage(session(), me(), class_id))


def _page(training: TrainingClass, status: int = 200, **forms: object) -> Response:
    people_ids = [each for each in (training.officer_id, training.proposed_by_id, training.decided_by_id) if each]
    quotas = queries.list_quotas(session(), training.id)
    unit = session().get_one(Unit, training.unit_id)
    return page(
        "training/office_show.html",
        status,
        **head_of(training),
        unit=unit,
        units=[each for each in access.units_of(session(), unit) if each.id != unit.id],
        quotas=quotas,
        quota_of={of.id: quota for quota, of in quotas},
        meetings=queries.list_meetings(session(), training.id),
        absence_limit=queries.policy_of(session(), training).absence_limit,
        names=people.names_of(session(), people_ids),
        audience=_audience(training),
        may_approve=me().can(APPROVE),
        decision_form=forms.get("decision_form") or DecisionForm.shown(),
        reason_form=forms.get("reason_form") or ReasonForm.shown(),
        **NAMES,
    )


def head_of(training: TrainingClass) -> dict[str, Any]:
    """What the head of every page of the class office shows."""
    return {"training": training, "phase": queries.phase_of(training, now()), "phases": PHASES, "active": "classes"}


def _audience(training: TrainingClass) -> str:
    named = {each.id: each.name for each in people.list_units(session())}
    units = (
        "、".join(named[each] for each in training.audience_units if each in named) or f"{named[training.unit_id]}全体"
    )
    bands = "、".join(RANK_BANDS[band] for band in RANK_BANDS if band in training.rank_bands)
    ages = [
        f"{training.least_age} 岁及以上" if training.least_age else "",
        f"{training.most_age} 岁及以下" if training.most_age else "",
    ]
    return "，".join(part for part in (units, bands, *ages) if part)


@bp.post("/<int:class_id>/<any(approval, returning):what>")
@requires(APPROVE)
def decide(class_id: int, what: str) -> Response:
    training, form = access.class_to_manage(session(), me(), class_id, APPROVE), DecisionForm.posted()
    try:
        if form.validate():
            approve = what == "approval"
            services.decide(session(), training, approve=approve, note=form.note.data or "", by_id=me().id, now=now())
            return _to(training, "已批准，可以排课了。" if approve else "已退回，提出人会收到通知。")
    except Invalid as refused:
        form.refuse(refused)
    return _page(training, 422, decision_form=form)


@bp.post("/<int:class_id>/opening")
@requires(MANAGE)
def open_enrolment(class_id: int) -> Response:
    training = access.class_to_manage(session(), me(), class_id)
    services.open_enrolment(session(), training, by_id=me().id, now=now())
    return _to(training, "已开放，面向的人到报名时间就能报名。")


@bp.post("/<int:class_id>/cancellation")
@requires(MANAGE)
def cancel(class_id: int) -> Response:
    training, form = access.class_to_manage(session(), me(), class_id), ReasonForm.posted()
    if not form.validate():
        return _page(training, 422, reason_form=form)
    services.cancel(session(), training, reason=form.reason.data, by_id=me().id, now=now())
    return _to(training, "已取消，报名的人会收到通知。")


@bp.post("/<int:class_id>/quotas")
@requires(MANAGE)
def set_quotas(class_id: int) -> Response:
    """One field for each unit; what is empty or 0 is no quota."""
    training = access.class_to_manage(session(), me(), class_id)
    unit = session().get_one(Unit, training.unit_id)
    given = {each.id: request.form.get(f"quota-{each.id}", "").strip() for each in access.units_of(session(), unit)}
    try:
        wanted = {unit_id: _number(text) for unit_id, text in given.items() if text and _number(text)}
        services.set_quotas(session(), training, wanted, by_id=me().id, now=now())
    except Invalid as refused:
        return see_other(url_for("class_office.show", class_id=training.id), flash=refused.message, kind="warn")
    return _to(training, "单位名额已保存。")


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 4:
        raise Invalid("单位名额填数字。", field="places")
    return int(text)


# --- who is in it --------------------------------------------------------------------------------------------------


@bp.get("/<int:class_id>/enrolments")
@requires(MANAGE)
def enrolments(class_id: int) -> Response:
    return _enrolments_page(access.class_to_manage(session(), me(), class_id))


def _enrolments_page(training: TrainingClass, status: int = 200, **forms: object) -> Response:
    lines = queries.list_enrolments(session(), training.id)
    return page(
        "training/office_enrolments.html",
        status,
        **head_of(training),
        asked=[line for line in lines if line.enrolment.state == "asked"],
        placed=[line for line in lines if line.enrolment.state == "placed"],
        waiting=[line for line in lines if line.enrolment.state == "waiting"],
        gone=[line for line in lines if line.enrolment.state in ("refused", "withdrawn")],
        quotas=queries.list_quotas(session(), training.id),
        person_form=forms.get("person_form") or PersonForm.shown(),
        enrolment_states=ENROLMENT_STATES,
    )


@bp.post("/<int:class_id>/enrolments")
@requires(MANAGE)
def enrol(class_id: int) -> Response:
    training, form = access.class_to_manage(session(), me(), class_id), PersonForm.posted()
    person = None
    if form.validate():
        person = people_access.find_person_by_number(session(), me(), form.staff_no.data, MANAGE, clock.today(now()))
        if person is None:
            form.staff_no.errors = ["没有找到这个工号，请核对。"]
    if person is None:
        return _enrolments_page(training, 422, person_form=form)
    try:
        row = services.enrol(session(), training, person.id, by_id=me().id, now=now())
    except Conflict as refused:
        form.staff_no.errors = [refused.message]
        return _enrolments_page(training, 422, person_form=form)
    return _to_enrolments(training, f"{person.name}{ENROLMENT_STATES[row.state]}。")


def _to_enrolments(training: TrainingClass, said: str) -> Response:
    return see_other(url_for("class_office.enrolments", class_id=training.id), flash=said)


@bp.post("/<int:class_id>/enrolments/<int:enrolment_id>/acceptance")
@requires(MANAGE)
def accept(class_id: int, enrolment_id: int) -> Response:
    training = access.class_to_manage(session(), me(), class_id)
    row = access.enrolment_of(session(), training, enrolment_id)
    services.decide_enrolment(session(), training, row, accept=True, note="", by_id=me().id, now=now())
    return _to_enrolments(training, "已录取。" if row.state == "placed" else "名额已满，列入候补。")


@bp.post("/<int:class_id>/enrolments/<int:enrolment_id>/refusal")
@requires(MANAGE)
def refuse(class_id: int, enrolment_id: int) -> Response:
    training, form = access.class_to_manage(session(), me(), class_id), ReasonForm.posted()
    row = access.enrolment_of(session(), training, enrolment_id)
    note = form.reason.data if form.validate() else ""
    try:
        services.decide_enrolment(session(), training, row, accept=False, note=note, by_id=me().id, now=now())
    except Invalid as refused:
        here = url_for("class_office.enrolments", class_id=training.id)
        return see_other(here, flash=refused.message, kind="warn")
    return _to_enrolments(training, "已移出，本人会收到通知；有候补的自动递补。")


@bp.post("/<int:class_id>/list")
@requires(MANAGE)
def export(class_id: int) -> Response:
    training = access.class_to_manage(session(), me(), class_id)
    book = workbook(session(), training, now())
    services.note_export(session(), training, by_id=me().id, now=now())
    return attachment(book, f"{training.title}名册.xlsx", XLSX)


# --- closing -------------------------------------------------------------------------------------------------------


@bp.get("/<int:class_id>/closing")
@requires(MANAGE)
def closing(class_id: int) -> Response:
    training = access.class_to_manage(session(), me(), class_id)
    outcomes = services.outcomes(session(), training)
    results = queries.list_results(session(), training.id)
    numbers = [each.certificate_id for each in results.values() if each.certificate_id]
    return page(
        "training/office_closing.html",
        **head_of(training),
        outcomes=outcomes,
        results=results,
        certificates={number: session().get_one(Certificate, number) for number in numbers},
        names=people.names_of(session(), [each.person_id for each in outcomes]),
        obstacle=services.obstacle(session(), training),
        to_correct=services.to_correct(session(), training),
        opinions=study_queries.opinions_of(session(), training.id),
        questions=QUESTIONS,
    )


@bp.post("/<int:class_id>/closing")
@requires(MANAGE)
def close(class_id: int) -> Response:
    training = access.class_to_manage(session(), me(), class_id)
    results = services.close_class(session(), training, by_id=me().id, now=now())
    completed = sum(each.is_completed for each in results)
    return _to_closing(training, f"已结班：{completed} 人结业，学时已记，证书已编号。")


@bp.post("/<int:class_id>/corrections")
@requires(MANAGE)
def correct(class_id: int) -> Response:
    training = access.class_to_manage(session(), me(), class_id)
    corrected = services.correct_class(session(), training, by_id=me().id, now=now())
    return _to_closing(training, f"已按点名和测验更正 {len(corrected)} 人。")


def _to_closing(training: TrainingClass, said: str) -> Response:
    return see_other(url_for("class_office.closing", class_id=training.id), flash=said)
