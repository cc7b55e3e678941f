"""Classes for learners: what is open, enrolling, and my class with timetable, homework, evaluation and certificate."""

from typing import Any, BinaryIO, cast

from flask import Blueprint, Response, current_app, request, url_for

from lms.certificates.models import Certificate
from lms.errors import Conflict, Invalid
from lms.gatherings import queries as gatherings
from lms.gatherings.rules import MARKS, GatheringState
from lms.media import services as media
from lms.media.rules import LinkScope, MediaKind, MediaState
from lms.people import queries as people
from lms.people.guard import keys, me, requires
from lms.people.rules import Permission
from lms.quizzes import queries as quizzes
from lms.quizzes.rules import Purpose
from lms.storage import Storage
from lms.training import access, queries, services, study_queries
from lms.training.class_rules import ENROLMENT_STATES, LIVE, PHASES, EnrolmentState, Phase
from lms.training.forms import EvaluationForm, HandInForm
from lms.training.models import HandIn, Homework, TrainingClass
from lms.web import body_up_to, now, page, see_other, session

bp = Blueprint("classes", __name__, url_prefix="/classes")

STUDY = Permission.COURSE_STUDY
FILE_BYTES = 20_000_000
NAMES: dict[str, Any] = {"phases": PHASES, "enrolment_states": ENROLMENT_STATES, "marks": MARKS}


@bp.get("")
@requires(STUDY)
def index() -> Response:
    lines = queries.list_for(session(), me(), now())
    mine = [line for line in lines if line.mine is not None and line.mine.state in LIVE]
    ids = {line.training.id for line in mine}
    others = [line for line in lines if line.training.id not in ids and line.phase in (Phase.ENROLLING, Phase.COMING)]
    return page("training/index.html", mine=mine, others=others, active="me", **NAMES)


@bp.get("/<int:class_id>")
@requires(STUDY)
def show(class_id: int) -> Response:
    return _page(access.class_to_see(session(), me(), class_id))


def _page(
    training: TrainingClass,
    status: int = 200,
    *,
    evaluation: EvaluationForm | None = None,
    hand_in: tuple[int, HandInForm] | None = None,
) -> Response:
    mine = queries.find_enrolment(session(), training.id, me().id)
    placed = mine is not None and mine.state is EnrolmentState.PLACED
    return page(
        "training/show.html",
        status,
        training=training,
        unit=people.find_unit(session(), training.unit_id),
        phase=queries.phase_of(training, now()),
        mine=mine,
        placed=placed,
        place_in_queue=queries.place_in_queue(session(), mine) if mine else 0,
        officer=people.names_of(session(), [training.officer_id]) if training.officer_id else {},
        absence_limit=queries.policy_of(session(), training).absence_limit,
        **_timetable(training),
        **(_inside(training, evaluation, hand_in) if placed else {"result": None}),
        active="me",
        **NAMES,
    )


def _timetable(training: TrainingClass) -> dict[str, Any]:
    meetings = queries.list_meetings(session(), training.id)
    hosts = [each.host_id for each in meetings if each.host_id is not None]
    return {"meetings": meetings, "names": people.names_of(session(), hosts), "now": now()}


def _inside(
    training: TrainingClass, evaluation: EvaluationForm | None, hand_in: tuple[int, HandInForm] | None
) -> dict[str, Any]:
    """What only those with a place see."""
    result = queries.find_result(session(), training.id, me().id)
    window = services.evaluates_from_to(session(), training)
    has_evaluated = study_queries.has_evaluated(session(), training.id, me().id)
    homework = study_queries.list_homework(session(), training.id, me().id)
    return {
        "entries": _entries(training),
        "materials": study_queries.list_materials(session(), training.id),
        "homework": [(line, _hand_in_form(line.homework, line.mine, hand_in)) for line in homework],
        "may_evaluate": window is not None and window[0] <= now() < window[1] and not has_evaluated,
        "has_evaluated": has_evaluated,
        "evaluation": evaluation or EvaluationForm.shown(),
        "result": result,
        "certificate": session().get(Certificate, result.certificate_id) if result and result.certificate_id else None,
        "attempts": quizzes.list_attempts(session(), me().id, Purpose.CLASS, training.id) if training.paper_id else [],
    }


def _entries(training: TrainingClass) -> dict[int, Any]:
    """Meeting → my line of its roll."""
    return {
        each.id: gatherings.find_entry(session(), each.id, me().id)
        for each in queries.list_meetings(session(), training.id)
        if each.state in (GatheringState.HELD, GatheringState.PLANNED)
    }


def _hand_in_form(homework: Homework, mine: HandIn | None, refused: tuple[int, HandInForm] | None) -> HandInForm:
    if refused is not None and refused[0] == homework.id:
        form = refused[1]
    else:
        form = HandInForm.shown(data={"text": mine.text if mine else ""})
    form.text.id, form.file.id = f"text-{homework.id}", f"file-{homework.id}"
    return form


def _back(training: TrainingClass, said: str, kind: str = "done") -> Response:
    return see_other(url_for("classes.show", class_id=training.id), flash=said, kind=kind)


@bp.post("/<int:class_id>/enrolment")
@requires(STUDY)
def enrol(class_id: int) -> Response:
    training = access.class_to_see(session(), me(), class_id)
    row = services.enrol(session(), training, me().id, by_id=me().id, now=now())
    said = {
        EnrolmentState.PLACED: "报名成功，你已录取。",
        EnrolmentState.WAITING: "名额已满，你在候补名单里；有名额会自动录取并通知你。",
        EnrolmentState.ASKED: "报名已提交，审核后会通知你。",
    }
    return _back(training, said[row.state])


@bp.post("/<int:class_id>/enrolment/withdrawal")
@requires(STUDY)
def withdraw(class_id: int) -> Response:
    training = access.class_to_see(session(), me(), class_id)
    services.withdraw(session(), training, access.own_enrolment(session(), me(), training), now=now())
    return _back(training, "已退出报名。")


@bp.post("/<int:class_id>/homework/<int:homework_id>")
@requires(STUDY)
@body_up_to(FILE_BYTES)
def hand_in(class_id: int, homework_id: int) -> Response:
    training, form = access.own_class(session(), me(), class_id), HandInForm.posted()
    homework = access.homework_of(session(), training, homework_id)
    upload = request.files.get("file")
    try:
        if not form.validate():
            return _page(training, 422, hand_in=(homework.id, form))
        media_id = _received(upload) if upload is not None and upload.filename else None
        services.hand_in(session(), homework, me().id, text=form.text.data or "", media_id=media_id, now=now())
    except Invalid as refused:
        form.refuse(refused)
        return _page(training, 422, hand_in=(homework.id, form))
    return _back(training, "作业已交，批阅前可以再改。")


def _received(upload: Any) -> int:
    storage: Storage = current_app.extensions["storage"]
    file = media.receive(
        session(), cast(BinaryIO, upload.stream), name=upload.filename, owner_id=me().id, storage=storage, now=now(),
        kinds=frozenset({MediaKind.DOCUMENT, MediaKind.IMAGE}),
    )  # fmt: skip
    return file.id


@bp.get("/<int:class_id>/homework/<int:homework_id>/file")
@requires(STUDY)
def own_file(class_id: int, homework_id: int) -> Response:
    training = access.own_class(session(), me(), class_id)
    return file_link(access.own_hand_in(session(), me(), access.homework_of(session(), training, homework_id)))


def file_link(row: HandIn) -> Response:
    """To the file as it was handed in; the caller has checked that the person may have it. Raises Conflict until it was examined."""
    file = access.file_of(session(), row)
    if file.state is not MediaState.READY:
        failed = file.state is MediaState.FAILED
        raise Conflict("这个文件打不开，请本人重新交一份。" if failed else "文件正在检查，过一会儿再打开。")
    name = media.original_name(file)
    return see_other(media.link(keys(), file, name, sign_in_id=me().sign_in_id, now=now(), scope=LinkScope.DOWNLOAD))


@bp.post("/<int:class_id>/evaluation")
@requires(STUDY)
def evaluate(class_id: int) -> Response:
    training, form = access.own_class(session(), me(), class_id), EvaluationForm.posted()
    if not form.validate():
        return _page(training, 422, evaluation=form)
    services.evaluate(session(), training, me().id, points=form.points, words=form.words.data or "", now=now())
    return _back(training, "谢谢，评价已收到。")


@bp.post("/<int:class_id>/quiz")
@requires(STUDY)
def start_quiz(class_id: int) -> Response:
    training = access.own_class(session(), me(), class_id)
    attempt = services.start_quiz(session(), training, person_id=me().id, now=now())
    return see_other(url_for("quizzes.attempt", attempt_id=attempt.id))
