"""The class office's other half: timetable, materials, homework."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, current_app, request, url_for

from lms import clock
from lms.courses.models import Resource
from lms.errors import Conflict, Invalid
from lms.gatherings import access as gathering_access
from lms.gatherings import services as gatherings
from lms.gatherings.clash_queries import Clash
from lms.gatherings.models import Gathering
from lms.people import queries as people
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.training import access, queries, services, study_queries
from lms.training.booklet import sign_in_booklet
from lms.training.class_rules import ClassState
from lms.training.forms import LENGTHS, CommentForm, HomeworkForm, MeetingForm, ReasonForm, meeting_data, wall
from lms.training.models import HandIn, Homework, TrainingClass
from lms.training.office_views import head_of
from lms.training.views import file_link
from lms.web import attachment, now, page, see_other, session
from lms.web.fields import choices

bp = Blueprint("class_teaching", __name__, url_prefix="/office/classes")

MANAGE = Permission.CLASS_MANAGE


# --- timetable -----------------------------------------------------------------------------------------------------


@bp.get("/<int:class_id>/timetable")
@requires(MANAGE)
def timetable(class_id: int) -> Response:
    training = access.class_to_manage(session(), me(), class_id)
    return _timetable_page(training, MeetingForm.shown(data=_next(training)))


@bp.get("/<int:class_id>/sign-in.pdf")
@requires(MANAGE)
def booklet(class_id: int) -> Response:
    """The sign-in sheets of all meetings, to be printed at once."""
    training = access.class_to_manage(session(), me(), class_id)
    if not queries.list_meetings(session(), training.id):
        raise Conflict("先排课程表，再打印签到册。")
    return attachment(
        sign_in_booklet(session(), training, now()), f"class-{training.id}-sign-in.pdf", "application/pdf"
    )


def _next(training: TrainingClass) -> dict[str, Any]:
    """The morning or afternoon after the last meeting."""
    meetings = queries.list_meetings(session(), training.id)
    if not meetings:
        return {"starts_at": wall(clock.at_local(training.starts_on, 9)), "place": training.venue}
    last = clock.local(meetings[-1].starts_at)
    if last.hour < 12:
        starts_at = clock.at_local(last.date(), 14, 30)
    else:
        starts_at = clock.at_local(min(last.date() + timedelta(days=1), training.ends_on), 9)
    return {"starts_at": wall(starts_at), "place": meetings[-1].place}


def _timetable_page(
    training: TrainingClass,
    form: MeetingForm,
    status: int = 200,
    *,
    clashes: list[Clash] | None = None,
    meeting: Gathering | None = None,
) -> Response:
    meetings = queries.list_meetings(session(), training.id)
    hosts = [each.host_id for each in meetings if each.host_id is not None]
    return page(
        "training/office_timetable.html",
        status,
        **head_of(training),
        meetings=meetings,
        names=people.names_of(session(), hosts),
        form=form,
        clashes=gathering_access.clashes_to_see(session(), me(), clashes or []),
        meeting=meeting,
        may_plan=training.state in (ClassState.APPROVED, ClassState.OPEN),
        locked=meeting is not None and gatherings.is_locked(meeting, now()),
        reason_form=ReasonForm.shown(),
        now=now(),
    )


@bp.post("/<int:class_id>/timetable")
@requires(MANAGE)
def add_meeting(class_id: int) -> Response:
    return _save(access.class_to_manage(session(), me(), class_id), None)


@bp.get("/<int:class_id>/meetings/<int:gathering_id>")
@requires(MANAGE)
def edit_meeting(class_id: int, gathering_id: int) -> Response:
    training = access.class_to_manage(session(), me(), class_id)
    meeting = access.meeting_of(session(), training, gathering_id)
    host = people.find_person(session(), meeting.host_id) if meeting.host_id else None
    form = MeetingForm.shown(data=meeting_data(meeting, host.staff_no if host else ""))
    return _timetable_page(training, _with_length(form), meeting=meeting)


@bp.post("/<int:class_id>/meetings/<int:gathering_id>")
@requires(MANAGE)
def change_meeting(class_id: int, gathering_id: int) -> Response:
    training = access.class_to_manage(session(), me(), class_id)
    return _save(training, access.meeting_of(session(), training, gathering_id))


def _with_length(form: MeetingForm) -> MeetingForm:
    """A length that is not in the list is offered too."""
    minutes = str(form.length.data or "")
    if minutes.isdecimal() and len(minutes) < 4 and minutes not in LENGTHS:
        form.length.choices = [*form.length.choices, *choices({minutes: f"{minutes} 分钟"})]
    return form


def _save(training: TrainingClass, meeting: Gathering | None) -> Response:
    form = _with_length(MeetingForm.posted())
    found: list[Clash] = []
    try:
        if form.validate():
            plan = form.plan(_lecturer(form))
            found = services.find_clashes(session(), training, plan, meeting.id if meeting else 0)
            if not found or form.is_confirmed.data:
                if meeting is None:
                    services.add_meeting(session(), training, plan, by_id=me().id, now=now())
                else:
                    services.change_meeting(
                        session(), training, meeting, plan, by_id=me().id, now=now(), reason=form.reason.data or ""
                    )
                return _to_timetable(training, "课程表已保存。")
    except Invalid as refused:
        form.refuse(Invalid(refused.message, field={"ends_at": "length"}.get(refused.field, refused.field)))
    return _timetable_page(training, form, 422, clashes=found, meeting=meeting)


def _lecturer(form: MeetingForm) -> int | None:
    """Anybody of the site may lecture. Raises Invalid for a number nobody has."""
    if not form.lecturer.data:
        return None
    person = people.find_by_staff_no(session(), form.lecturer.data.strip().lower())
    if person is None:
        raise Invalid("没有找到这个工号，请核对。", field="lecturer")
    return person.id


def _to_timetable(training: TrainingClass, said: str) -> Response:
    return see_other(url_for("class_teaching.timetable", class_id=training.id), flash=said)


@bp.post("/<int:class_id>/meetings/<int:gathering_id>/cancellation")
@requires(MANAGE)
def cancel_meeting(class_id: int, gathering_id: int) -> Response:
    training, form = access.class_to_manage(session(), me(), class_id), ReasonForm.posted()
    meeting = access.meeting_of(session(), training, gathering_id)
    reason = form.reason.data if form.validate() else ""
    gatherings.cancel(session(), meeting, reason=reason or "课程调整", by_id=me().id, now=now())
    return _to_timetable(training, "这次课已取消，不计入课时。")


# --- materials and homework ----------------------------------------------------------------------------------------


@bp.get("/<int:class_id>/study")
@requires(MANAGE)
def study(class_id: int) -> Response:
    training = access.class_to_manage(session(), me(), class_id)
    due_at = wall(clock.at_local(training.ends_on, 18))
    return _study_page(training, HomeworkForm.shown(data={"due_at": due_at}))


def _study_page(training: TrainingClass, form: HomeworkForm, status: int = 200) -> Response:
    return page(
        "training/office_study.html",
        status,
        **head_of(training),
        materials=study_queries.list_materials(session(), training.id),
        homework=study_queries.list_homework_of_class(session(), training.id),
        found=_found(),
        asked=_asked(),
        form=form,
        now=now(),
    )


def _asked() -> str:
    return request.args.get("material", "")[:60].strip()


def _found() -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = current_app.extensions["find_materials"](session(), me(), _asked())
    return found


@bp.post("/<int:class_id>/materials/<int:resource_id>")
@requires(MANAGE)
def add_material(class_id: int, resource_id: int) -> Response:
    """One of those that the search of this page found; what it does not find is refused."""
    training = access.class_to_manage(session(), me(), class_id)
    if resource_id not in dict(_found()):
        return _to_study(training, "没有找到这份材料，换个词再找。", "warn")
    services.add_material(session(), training, session().get_one(Resource, resource_id), now=now())
    return _to_study(training, "材料已加上。")


@bp.post("/<int:class_id>/materials/<int:resource_id>/removal")
@requires(MANAGE)
def remove_material(class_id: int, resource_id: int) -> Response:
    training = access.class_to_manage(session(), me(), class_id)
    services.remove_material(session(), training, resource_id)
    return _to_study(training, "材料已移出。")


def _to_study(training: TrainingClass, said: str, kind: str = "done") -> Response:
    return see_other(url_for("class_teaching.study", class_id=training.id), flash=said, kind=kind)


@bp.post("/<int:class_id>/homework")
@requires(MANAGE)
def set_homework(class_id: int) -> Response:
    training, form = access.class_to_manage(session(), me(), class_id), HomeworkForm.posted()
    try:
        if form.validate():
            due_at = clock.at_local(form.due_at.data.date(), form.due_at.data.hour, form.due_at.data.minute)
            services.set_homework(
                session(), training, title=form.title.data, text=form.text.data or "", due_at=due_at, by_id=me().id,
                now=now(),
            )  # fmt: skip
            return _to_study(training, "作业已布置，学员会收到通知。")
    except Invalid as refused:
        form.refuse(refused)
    return _study_page(training, form, 422)


@bp.get("/<int:class_id>/homework/<int:homework_id>")
@requires(MANAGE)
def homework(class_id: int, homework_id: int) -> Response:
    training = access.class_to_manage(session(), me(), class_id)
    return _homework_page(training, access.homework_of(session(), training, homework_id))


def _homework_page(
    training: TrainingClass, of: Homework, status: int = 200, refused: tuple[int, CommentForm] | None = None
) -> Response:
    lines = study_queries.list_hand_ins(session(), of)
    return page(
        "training/office_homework.html",
        status,
        **head_of(training),
        homework=of,
        lines=[(line, _comment_form(line.hand_in, refused)) for line in lines if line.hand_in is not None],
        missing=[line for line in lines if line.hand_in is None],
    )


def _comment_form(row: HandIn | None, refused: tuple[int, CommentForm] | None) -> CommentForm:
    assert row is not None
    is_refused = refused is not None and refused[0] == row.id
    form = refused[1] if refused is not None and is_refused else CommentForm.shown(data={"comment": row.comment})
    form.comment.id = f"comment-{row.id}"
    return form


@bp.post("/<int:class_id>/homework/<int:homework_id>/hand-ins/<int:hand_in_id>/comment")
@requires(MANAGE)
def comment(class_id: int, homework_id: int, hand_in_id: int) -> Response:
    training, form = access.class_to_manage(session(), me(), class_id), CommentForm.posted()
    of = access.homework_of(session(), training, homework_id)
    row = access.hand_in_of(session(), of, hand_in_id)
    if not form.validate():
        return _homework_page(training, of, 422, (row.id, form))
    services.comment(session(), training, of, row, text=form.comment.data, by_id=me().id, now=now())
    here = url_for("class_teaching.homework", class_id=training.id, homework_id=of.id)
    return see_other(here, flash="评语已保存，本人会收到通知。")


@bp.get("/<int:class_id>/homework/<int:homework_id>/hand-ins/<int:hand_in_id>/file")
@requires(MANAGE)
def file(class_id: int, homework_id: int, hand_in_id: int) -> Response:
    training = access.class_to_manage(session(), me(), class_id)
    return file_link(access.hand_in_of(session(), access.homework_of(session(), training, homework_id), hand_in_id))
