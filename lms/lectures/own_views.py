"""The lecturer's desk: topics to propose, own lectures, and their slides and recordings."""

from typing import Any

from flask import Blueprint, Response, request, url_for

from lms import clock
from lms.errors import Forbidden, Invalid
from lms.lectures import access, candidates, lecturers, queries, rules
from lms.lectures.forms import TopicForm
from lms.lectures.models import Topic
from lms.lectures.queries import LectureLine
from lms.lectures.services import scheduling, topics
from lms.lectures.views import NAMES
from lms.people import queries as people
from lms.people.guard import me, requires
from lms.people.rules import Permission, RankBand
from lms.web import now, page, see_other, session
from lms.web.fields import choices

bp = Blueprint("lecture_topics", __name__, url_prefix="/lectures")

PROPOSE = Permission.LECTURE_PROPOSE
KINDS = {"slides": scheduling.SLIDES, "recording": scheduling.RECORDINGS}
WHAT = "<any(slides, recording):what>"


@bp.get("/mine")
@requires(PROPOSE)
def index() -> Response:
    today = clock.today(now())
    year = rules.proposal_year(today)
    is_leader = people.person_by_id(session(), me().id).rank_band is RankBand.COUNTY
    return page(
        "lectures/mine.html",
        topics=queries.list_own_topics(session(), me().id),
        lectures=[(line, line.step(now())) for line in queries.list_of_lecturer(session(), me().id)],
        duty=lecturers.count_year(session(), [me().id], today.year)[me().id] if is_leader else None,
        year=year,
        deadline=queries.deadline_of(session(), year),
        call=queries.find_year(session(), year),
        today=today,
        editable=rules.EDITABLE,
        active="courses",
        **NAMES,
    )


@bp.get("/topics/new")
@requires(PROPOSE)
def new() -> Response:
    return _form(_years(TopicForm.shown(data={"year": str(rules.proposal_year(clock.today(now())))})))


def _years(form: TopicForm) -> TopicForm:
    this = clock.today(now()).year
    form.year.choices = choices({str(year): f"{year} 年" for year in (this, this + 1)})
    return form


def _form(form: TopicForm, topic: Topic | None = None, status: int = 200) -> Response:
    year = topic.year if topic else rules.proposal_year(clock.today(now()))
    return page(
        "lectures/topic_form.html", status, form=form, topic=topic, year=year, deadline=queries.deadline_of(session(), year),
        today=clock.today(now()), active="courses",
    )  # fmt: skip


@bp.post("/topics/new")
@requires(PROPOSE)
def create() -> Response:
    form = _years(TopicForm.posted())
    unit_id = me().unit_id
    if unit_id is None:
        raise Forbidden("你现在不属于任何单位，不能报题目。请联系单位管理员。")
    try:
        if form.validate():
            topics.propose(
                session(), form.offer(), year=int(form.year.data), person_id=me().id, unit_id=unit_id, now=now()
            )
            return _to_mine("题目已报上，审定以后会通知你。")
    except Invalid as refused:
        form.refuse(refused)
    return _form(form, status=422)


def _to_mine(said: str) -> Response:
    return see_other(url_for("lecture_topics.index"), flash=said)


@bp.get("/topics/<int:topic_id>")
@requires(PROPOSE)
def edit(topic_id: int) -> Response:
    topic = access.topic_to_change(session(), me(), topic_id)
    form = TopicForm.of(topic)
    del form.year
    return _form(form, topic)


@bp.post("/topics/<int:topic_id>")
@requires(PROPOSE)
def save(topic_id: int) -> Response:
    topic, form = access.topic_to_change(session(), me(), topic_id), TopicForm.posted()
    del form.year
    try:
        if form.validate():
            topics.change(session(), topic, form.offer(), now=now())
            return _to_mine("已保存，等待审定。")
    except Invalid as refused:
        form.refuse(refused)
    return _form(form, topic, 422)


@bp.post("/topics/<int:topic_id>/withdrawal")
@requires(PROPOSE)
def withdraw(topic_id: int) -> Response:
    topics.withdraw(session(), access.topic_to_change(session(), me(), topic_id))
    return _to_mine("题目已撤回。")


# --- slides and recording ------------------------------------------------------------------------------------------


@bp.get(f"/<int:lecture_id>/{WHAT}")
@requires(PROPOSE)
def choose(lecture_id: int, what: str) -> Response:
    line = access.lecture_to_prepare(session(), me(), lecture_id)
    asked = request.args.get("q", "")[:60].strip()
    return page(
        "lectures/choose.html",
        line=line,
        what=what,
        linked=candidates.state_of(session(), _linked(line, what)),
        linked_id=_linked(line, what),
        own=candidates.list_own(session(), me(), line.topic.lecturer_id, KINDS[what]),
        found=candidates.find(session(), me(), asked, KINDS[what]),
        asked=asked,
        is_mine=line.topic.lecturer_id == me().id,
        active="courses",
        resource_states=candidates.STATES,
    )


def _linked(line: LectureLine, what: str) -> int | None:
    return line.lecture.slides_id if what == "slides" else line.lecture.recording_id


@bp.post(f"/<int:lecture_id>/{WHAT}/<int:resource_id>")
@requires(PROPOSE)
def link(lecture_id: int, what: str, resource_id: int) -> Response:
    line = access.lecture_to_prepare(session(), me(), lecture_id)
    if what == "slides":
        scheduling.link_slides(session(), line, access.slides_to_link(session(), me(), resource_id))
        return _to_lecture(line, "课件已关联。")
    scheduling.link_recording(session(), line, access.recording_to_link(session(), me(), resource_id))
    return _to_lecture(line, "录像已关联，听众在讲座页面能看到。")


@bp.post(f"/<int:lecture_id>/{WHAT}/removal")
@requires(PROPOSE)
def unlink(lecture_id: int, what: str) -> Response:
    line = access.lecture_to_prepare(session(), me(), lecture_id)
    remove: Any = scheduling.link_slides if what == "slides" else scheduling.link_recording
    remove(session(), line, None)
    return _to_lecture(line, "已取消关联。")


def _to_lecture(line: LectureLine, said: str) -> Response:
    return see_other(url_for("lectures.show", lecture_id=line.id), flash=said)
