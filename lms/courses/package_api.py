"""The JSON interface of packages: begin a visit, keep it going, keep what the package reports."""

from typing import Annotated, Any

from flask import Blueprint, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from lms.courses import access, access_study
from lms.courses.models import Resource
from lms.courses.package_rules import Completion, Score, Success
from lms.courses.queries import packages as queries
from lms.courses.services import packages as services
from lms.courses.services.packages import Report
from lms.errors import Conflict, NotFound
from lms.media import queries as media_queries
from lms.media.packages import access as visits_access
from lms.media.packages import services as visits
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.web import described, json_body, json_reply, now, session
from lms.web.hosts import package_origin, site_origin

bp = Blueprint("package_api", __name__, url_prefix="/api")

REPORT_BYTES = 600_000
NO_ORIGIN = "本站还没有给课件设置单独的网址（LMS_PACKAGE_ORIGIN），请联系系统管理员。"
Id = Annotated[int, Field(ge=1, le=2**53)]
Number = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Shown(Strict):
    """What is looked at: a lesson one studies, or a resource one previews."""

    lesson_id: Id | None = None
    resource_id: Id | None = None

    @model_validator(mode="after")
    def one_of_them(self) -> "Shown":
        if (self.lesson_id is None) == (self.resource_id is None):
            raise ValueError("either a lesson or a resource")
        return self


class VisitBegun(Strict):
    visit_id: int
    url: str
    origin: str
    nonce: str
    standard: str
    items: list[dict[str, Any]]
    learner: dict[str, str]


class Extended(Strict):
    extended: bool


class Interaction(Strict):
    id: Annotated[str, Field(max_length=250)]
    type: Annotated[str, Field(max_length=20)]
    response: Annotated[str, Field(max_length=250)]
    result: Annotated[str, Field(max_length=20)]


class ReportBody(Strict):
    item: Annotated[str, Field(min_length=1, max_length=200)]
    sequence: Annotated[int, Field(ge=1, le=1_000_000)]
    completion: Completion
    success: Success
    raw: Number | None = None
    min: Number | None = None
    max: Number | None = None
    scaled: Annotated[float, Field(ge=-1, le=1)] | None = None
    location: Annotated[str, Field(max_length=1000)] = ""
    suspend_data: Annotated[str, Field(max_length=64_000)] = ""
    exit: Annotated[str, Field(max_length=20)] = ""
    session_seconds: Annotated[int, Field(ge=0, le=86_400)] = 0
    interactions: Annotated[list[Interaction], Field(max_length=100)] = []


class ReportKept(Strict):
    items: list[dict[str, Any]]
    is_done: bool
    score: str
    finished: bool
    message: str


@bp.post("/package-visits")
@requires(Permission.COURSE_STUDY)
@described(summary="打开课件：在课件专用的主机名下得到一个 10 分钟的地址", body=Shown, reply=VisitBegun)
def begin_visit() -> Response:
    body = json_body(Shown)
    resource = _shown(body)
    media = media_queries.find_media(session(), resource.media_id) if resource.media_id else None
    view = queries.view_package(session(), resource.media_id, lesson_id=body.lesson_id or 0, person_id=me().id)
    if media is None or view is None:
        raise NotFound()
    origin = package_origin()
    if not origin:
        raise Conflict(NO_ORIGIN)
    begun = visits.begin_visit(session(), media, sign_in_id=me().sign_in_id, site=site_origin(), now=now())
    reply = VisitBegun(
        visit_id=begun.visit_id,
        url=f"{origin}{begun.path}",
        origin=origin,
        nonce=begun.nonce,
        standard=view.package.standard,
        items=[item.as_json() for item in view.items],
        learner={"id": str(me().id), "name": me().name},
    )
    return json_reply(reply.model_dump())


@bp.post("/package-visits/<int:visit_id>/extension")
@requires(Permission.COURSE_STUDY)
@described(summary="课件还开着：它的地址再用 10 分钟；超过 20 分钟没有消息的不能再延", body=Shown, reply=Extended)
def extend_visit(visit_id: int) -> Response:
    resource = _shown(json_body(Shown))
    visit = visits_access.own_visit(
        session(), visit_id, sign_in_id=me().sign_in_id, media_id=resource.media_id, now=now()
    )
    visits.extend_visit(session(), visit, now=now())
    return json_reply({"extended": True})


def _shown(body: Shown) -> Resource:
    """Asked anew each time: who leaves the audience, or whose course is withdrawn, gets no more time."""
    if body.lesson_id is not None:
        return access_study.lesson_to_study(session(), me(), body.lesson_id)[2]
    return access.resource_to_preview(session(), me(), body.resource_id or 0)


@bp.post("/viewings/<int:viewing_id>/reports")
@requires(Permission.COURSE_STUDY)
@described(summary="交课件报告的状态、得分和续学位置；重复提交无害", body=ReportBody, reply=ReportKept)
def keep_report(viewing_id: int) -> Response:
    body = json_body(ReportBody, limit_bytes=REPORT_BYTES)
    standing = services.keep_report(session(), viewing_id, _report(body), person_id=me().id, now=now())
    reply = ReportKept(
        items=[{"identifier": i.facts["identifier"], "is_done": i.is_done, "score": i.score.words, "state": i.state} for i in standing.view.items],
        is_done=standing.view.is_done,
        score=standing.view.score,
        finished=standing.finished,
        message=standing.message,
    )  # fmt: skip
    return json_reply(reply.model_dump())


def _report(body: ReportBody) -> Report:
    score = Score(*(None if one is None else round(one * 1000) for one in (body.raw, body.min, body.max, body.scaled)))
    return Report(
        body.item, body.sequence, body.completion, body.success, score, body.location.replace("\0", ""),
        body.suspend_data.replace("\0", ""), body.exit, body.session_seconds,
        [one.model_dump() for one in body.interactions],
    )  # fmt: skip
