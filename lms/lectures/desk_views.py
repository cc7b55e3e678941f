"""The organiser's desk: the call, topics to decide, the timetable, lecturers and the duty of leaders."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from flask import Blueprint, Response, request, url_for

from lms import clock
from lms.errors import Invalid
from lms.gatherings import access as gatherings
from lms.gatherings.clash_queries import Clash
from lms.lectures import access, lecturers, queries
from lms.lectures.forms import LENGTHS, DeadlineForm, ReturnForm, SlotForm, slot_data
from lms.lectures.queries import LectureLine, TopicLine
from lms.lectures.rules import LectureStep, TopicState
from lms.lectures.services import scheduling, topics
from lms.lectures.views import NAMES
from lms.people import access as people
from lms.people.guard import me, requires
from lms.people.models import Unit
from lms.people.rules import Permission
from lms.web import now, page, page_number, paged, see_other, session
from lms.web.fields import choices

bp = Blueprint("lecture_desk", __name__, url_prefix="/office/lectures")

MANAGE = Permission.LECTURE_MANAGE
USUAL_MINUTES = 90


def _year() -> int:
    """The year in the address, or this one."""
    asked = request.args.get("year", "")
    this = clock.today(now()).year
    return int(asked) if asked.isdecimal() and len(asked) == 4 and this - 20 < int(asked) <= this + 1 else this


@bp.get("")
@requires(MANAGE)
def index() -> Response:
    return _index(DeadlineForm.shown(data=_call(_year())))


def _call(year: int) -> dict[str, object]:
    kept = queries.find_year(session(), year)
    return {"deadline_on": queries.deadline_of(session(), year), "note": kept.note if kept else ""}


def _index(form: DeadlineForm, status: int = 200) -> Response:
    year, scope = _year(), access.manage_scope(session(), me())
    found = queries.list_topics(session(), scope, year)
    lines = [(line, line.step(now())) for line in queries.list_managed(session(), scope, year)]
    open_ones = [(line, step) for line, step in lines if step not in (LectureStep.DONE, LectureStep.CANCELLED)]
    return page(
        "lectures/desk.html",
        status,
        year=year,
        years=queries.list_years(session(), scope, this_year=clock.today(now()).year),
        waiting=[line for line in found if line.topic.state is TopicState.PROPOSED],
        undated=[line for line in found if line.waits_for_a_date],
        returned=[line for line in found if line.topic.state is TopicState.RETURNED],
        open_ones=open_ones,
        over=[(line, step) for line, step in reversed(lines) if (line, step) not in open_ones],
        deadline=queries.deadline_of(session(), year),
        form=form,
        active="lectures",
        **NAMES,
    )


@bp.post("/call")
@requires(MANAGE)
def set_deadline() -> Response:
    form = DeadlineForm.posted()
    try:
        if form.validate():
            topics.set_deadline(
                session(), _year(), form.deadline_on.data, form.note.data or "", by_id=me().id, now=now()
            )
            return see_other(url_for("lecture_desk.index", year=_year()), flash="征集截止日期已保存。")
    except Invalid as refused:
        form.refuse(refused)
    return _index(form, 422)


# --- topics --------------------------------------------------------------------------------------------------------


@bp.get("/topics/<int:topic_id>")
@requires(MANAGE)
def topic(topic_id: int) -> Response:
    return _topic(access.topic_to_manage(session(), me(), topic_id), ReturnForm.shown())


def _topic(found: TopicLine, form: ReturnForm, status: int = 200) -> Response:
    lines = [(line, line.step(now())) for line in queries.list_of_topic(session(), found.topic.id)]
    return page(
        "lectures/topic.html", status, found=found, topic=found.topic, lines=lines, form=form,
        is_mine=found.topic.lecturer_id == me().id, active="lectures", **NAMES,
    )  # fmt: skip


@bp.post("/topics/<int:topic_id>/approval")
@requires(MANAGE)
def approve(topic_id: int) -> Response:
    found = access.topic_to_manage(session(), me(), topic_id)
    topics.approve(session(), found.topic, by_id=me().id, link=url_for("lecture_topics.index"), now=now())
    return see_other(url_for("lecture_desk.schedule", topic_id=topic_id), flash="题目已通过，现在可以排时间。")


@bp.post("/topics/<int:topic_id>/return")
@requires(MANAGE)
def return_topic(topic_id: int) -> Response:
    found, form = access.topic_to_manage(session(), me(), topic_id), ReturnForm.posted()
    if not form.validate():
        return _topic(found, form, 422)
    link = url_for("lecture_topics.index")
    topics.return_topic(session(), found.topic, form.reason.data, by_id=me().id, link=link, now=now())
    return see_other(url_for("lecture_desk.index", year=found.topic.year), flash="已退回，主讲人会收到消息。")


# --- the timetable -------------------------------------------------------------------------------------------------


@bp.get("/topics/<int:topic_id>/lectures")
@requires(MANAGE)
def schedule(topic_id: int) -> Response:
    found = access.topic_to_manage(session(), me(), topic_id)
    known = {"starts_at": _proposal(found), "length": str(USUAL_MINUTES)}
    return _slot_page(found, _fitted(SlotForm.shown(data=known)))


def _proposal(found: TopicLine) -> datetime:
    """The second Wednesday from now, or the first one of the wished quarter, at half past two."""
    today = clock.today(now())
    begins = date(found.topic.year, 3 * found.topic.wished_quarter - 2, 1)
    on = max(today + timedelta(days=14), begins)
    on += timedelta(days=(2 - on.weekday()) % 7)
    return datetime(on.year, on.month, on.day, 14, 30)  # noqa: DTZ001  a wall clock, as the field shows it


def _fitted(form: SlotForm, line: LectureLine | None = None) -> SlotForm:
    """The form with what may be chosen; an odd length that stands is offered too."""
    if line is not None:
        del form.unit
        minutes = str(slot_data(line.gathering, is_recorded=True)["length"])
        if minutes not in LENGTHS:
            form.length.choices = [*form.length.choices, *choices({minutes: f"{minutes} 分钟"})]
        return form
    form.unit.choices = [(unit.id, unit.name) for unit in people.units_to_see(session(), me(), MANAGE)]
    return form


def _slot_page(
    found: TopicLine,
    form: SlotForm,
    status: int = 200,
    line: LectureLine | None = None,
    clashes: Sequence[Clash] = (),
) -> Response:
    return page(
        "lectures/slot.html", status, found=found, topic=found.topic, form=form, line=line, clashes=gatherings.clashes_to_see(session(), me(), clashes),
        active="lectures", **NAMES,
    )  # fmt: skip


@bp.post("/topics/<int:topic_id>/lectures")
@requires(MANAGE)
def create(topic_id: int) -> Response:
    found, form = access.topic_to_manage(session(), me(), topic_id), _fitted(SlotForm.posted())
    clashes: list[Clash] = []
    try:
        if form.validate():
            slot = form.slot(access.unit_to_schedule_for(session(), me(), form.unit.data))
            clashes = scheduling.clashes(session(), found.topic, slot)
            if form.is_sure.data or not clashes:
                made = scheduling.schedule(session(), found.topic, slot, link_of=_link_of, by_id=me().id, now=now())
                return see_other(_link_of(made.id), flash="已排进讲座时间表，主讲人会收到消息。")
    except Invalid as refused:
        form.refuse(_at_field(refused))
    return _slot_page(found, form, 422, clashes=clashes)


def _link_of(lecture_id: int) -> str:
    return url_for("lectures.show", lecture_id=lecture_id)


def _at_field(refused: Invalid) -> Invalid:
    return Invalid(refused.message, field={"ends_at": "length"}.get(refused.field, refused.field))


@bp.get("/<int:lecture_id>/slot")
@requires(MANAGE)
def edit(lecture_id: int) -> Response:
    line = access.lecture_to_manage(session(), me(), lecture_id)
    data = slot_data(line.gathering, is_recorded=line.lecture.is_recorded)
    return _slot_page(_topic_of(line), _fitted(SlotForm.shown(data=data), line), line=line)


def _topic_of(line: LectureLine) -> TopicLine:
    return TopicLine(line.topic, line.lecturer, line.unit)


@bp.post("/<int:lecture_id>/slot")
@requires(MANAGE)
def save(lecture_id: int) -> Response:
    line = access.lecture_to_manage(session(), me(), lecture_id)
    form, clashes = _fitted(SlotForm.posted(), line), list[Clash]()
    try:
        if form.validate():
            slot = form.slot(session().get_one(Unit, line.gathering.unit_id))
            clashes = scheduling.clashes(session(), line.topic, slot, besides=line.gathering.id)
            if form.is_sure.data or not clashes:
                scheduling.move(session(), line, slot, link=_link_of(line.id), by_id=me().id, now=now())
                return see_other(_link_of(line.id), flash="时间和地点已保存。")
    except Invalid as refused:
        form.refuse(_at_field(refused))
    return _slot_page(_topic_of(line), form, 422, line, clashes)


@bp.post("/<int:lecture_id>/readiness")
@requires(MANAGE)
def confirm(lecture_id: int) -> Response:
    line = access.lecture_to_manage(session(), me(), lecture_id)
    scheduling.confirm_ready(session(), line, by_id=me().id, now=now())
    return see_other(_link_of(line.id), flash="已确认就绪。")


# --- lecturers and leaders -----------------------------------------------------------------------------------------


@bp.get("/lecturers")
@requires(MANAGE)
def list_lecturers() -> Response:
    """师资库."""
    asked, today = request.args.get("q", "")[:40].strip(), clock.today(now())
    scope = access.manage_scope(session(), me())
    persons = paged(session(), lecturers.list_persons(scope, today, asked), page_number())
    records = lecturers.records_of(session(), persons.rows, today)
    return page(
        "lectures/lecturers.html", persons=persons, records=records, asked=asked, year=today.year, active="lectures"
    )


@bp.get("/lecturers/<int:person_id>")
@requires(MANAGE)
def lecturer(person_id: int) -> Response:
    person = access.lecturer_to_see(session(), me(), person_id)
    (record,) = lecturers.records_of(session(), [person], clock.today(now()))
    return page("lectures/lecturer.html", record=record, year=clock.today(now()).year, active="lectures", **NAMES)


@bp.get("/duty")
@requires(MANAGE)
def duty() -> Response:
    """应讲、已讲: for the organiser only, by unit, in no order of who did how much."""
    year, today = _year(), clock.today(now())
    on = today if year == today.year else date(year, 12, 31)
    lines = lecturers.list_duties(session(), access.manage_scope(session(), me()), year, on)
    years = [today.year + 1, today.year, today.year - 1]
    return page("lectures/duty.html", lines=lines, year=year, years=years, active="lectures")
