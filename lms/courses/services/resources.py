"""A resource from draft through two reviews to the library, and out of it again."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms import clock
from lms.audit import services as audit
from lms.courses import chapter_rules
from lms.courses import review_rules as rules
from lms.courses.library_rules import why_not_tags
from lms.courses.models import Resource, ResourceReview
from lms.courses.queries import reviews
from lms.courses.queries.versions import list_tags
from lms.courses.review_rules import RESOURCE, Line, ResourceKind, ResourceState, ReviewStep, Verdict
from lms.courses.services import quick, shelf, versions
from lms.courses.services.search import entry_of_resource, put_resource, sorting_sound
from lms.db import changed, conflict_as, search
from lms.db.search import Entry
from lms.errors import Conflict, Forbidden, Invalid
from lms.media import queries as media_queries
from lms.media import services as media
from lms.media.models import MediaFile
from lms.media.rules import MediaKind, MediaState
from lms.notices import services as notices
from lms.people.principal import Principal

MEDIA_KINDS: dict[ResourceKind, frozenset[MediaKind]] = {
    ResourceKind.VIDEO: frozenset({MediaKind.VIDEO}),
    ResourceKind.AUDIO: frozenset({MediaKind.AUDIO}),
    ResourceKind.DOCUMENT: frozenset({MediaKind.DOCUMENT}),
    ResourceKind.PACKAGE: frozenset({MediaKind.PACKAGE}),
}

MARKED_OR_SAVED = "下载的原文件不带姓名水印，“允许下载”和“显示姓名水印”只能选一个。"
MOVED_ON = "这份资源的状态刚刚有了变化，请刷新后再试。"


@dataclass(frozen=True)
class Facts:
    """What the author says about a resource."""

    title: str
    summary: str
    line: Line
    lecturer_name: str
    audience_unit_id: int | None
    required_reading_seconds: int = 0
    body_html: str = ""
    url: str = ""
    captions_vtt: str = ""
    transcript: str = ""
    chapters: list[dict[str, Any]] = field(default_factory=list)
    may_download: bool = False
    is_watermarked: bool = False
    series_id: int | None = None
    year: int | None = None
    tags: tuple[str, ...] = ()
    change_note: str = ""

    @property
    def columns(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "tags"}


def draft_resource(
    session: Session,
    author: Principal,
    kind: ResourceKind,
    facts: Facts,
    *,
    file: MediaFile | None,
    owner_unit_id: int,
    now: datetime,
    lecturer_id: int | None = None,
) -> Resource:
    """A new draft, seen by its author only. Raises Invalid when its kind needs a file it has not got."""
    _check_content(kind, facts, file)
    year = facts.year or clock.today(now).year
    resource = Resource(
        kind=kind,
        lecturer_id=lecturer_id,
        owner_unit_id=owner_unit_id,
        state=ResourceState.DRAFT,
        version=1,
        media_id=file.id if file else None,
        created_by_id=author.id,
        created_at=now,
        speaker_id=shelf.speaker_of(session, lecturer_id, facts.lecturer_name),
        title_sound=sorting_sound(facts.title),
        **{**facts.columns, "year": year},
    )
    session.add(resource)
    session.flush()  # the page it leads to is named by its number
    shelf.set_tags(session, resource.id, facts.tags)
    return resource


def edit_resource(session: Session, resource: Resource, facts: Facts, *, file: MediaFile | None) -> None:
    """The draft says this now; a new file takes the place of the old. Raises Conflict once it is under review or published."""
    _check_content(resource.kind, facts, file or resource.media_id)
    follows = {
        "speaker_id": shelf.speaker_of(session, resource.lecturer_id, facts.lecturer_name),
        "title_sound": sorting_sound(facts.title),
    }
    new_file = {"media_id": file.id, "duration_millis": None, "page_count": None} if file else {}
    _move(session, resource, frozenset(rules.EDITABLE), **{**facts.columns, **follows, **new_file})
    shelf.set_tags(session, resource.id, facts.tags)


def check_editable(resource: Resource) -> None:
    """Raises Conflict for what is under review or published, before a large file is taken in for nothing."""
    if resource.state not in rules.EDITABLE:
        raise Conflict("审核中的资源不能修改；已发布的请点“准备新版本”，旧版照常可看。")


def _check_content(kind: ResourceKind, facts: Facts, file: MediaFile | int | None) -> None:
    if refusal := why_not_tags(facts.tags):
        raise Invalid(refusal, field="tags")
    if facts.may_download and facts.is_watermarked:
        raise Invalid(MARKED_OR_SAVED, field="may_download")
    if kind in rules.NEEDS_FILE and file is None:
        raise Invalid("请选择要上传的文件。", field="file")
    if kind is ResourceKind.ARTICLE and not facts.body_html.strip():
        raise Invalid("请填写文章正文。", field="body_html")
    if kind is ResourceKind.LINK and not facts.url.startswith(("https://", "http://")):
        raise Invalid("请填写以 https:// 开头的网址。", field="url")


def submit_resource(session: Session, resource: Resource, *, now: datetime) -> None:
    """The draft waits for its content review; raises Conflict while its file is not ready, a chapter begins behind its end or a reviewer's
    remark is not settled. A returned one comes back as a new version."""
    file = media_queries.find_media(session, resource.media_id) if resource.media_id else None
    if file is not None and file.state is not MediaState.READY:
        raise Conflict("文件还没有处理好，请等状态变成“可以提交”后再试。")
    if late := chapter_rules.beyond(
        chapter_rules.chapters_of(resource.chapters), file.duration_millis if file else None
    ):
        raise Conflict(f"章节要改一改：{'；'.join(late)}。")
    if waiting := reviews.count_open_comments(session, resource.id):
        raise Conflict(f"还有 {waiting} 条审核意见没有处理，请逐条改好并标为已处理，再提交。")
    versions.check_next(session, resource)
    found = {"duration_millis": file.duration_millis, "page_count": file.page_count} if file else {}
    version = resource.version + (resource.state is ResourceState.RETURNED)
    _move(session, resource, frozenset(rules.EDITABLE), state=ResourceState.CONTENT_REVIEW, version=version, **found)
    audit.record(session, resource.created_by_id, "resource.submit", _target(resource), {"version": version}, now=now)


def review_resource(
    session: Session,
    resource: Resource,
    step: ReviewStep,
    verdict: Verdict,
    *,
    reviewer: Principal,
    version: int,
    reason: str = "",
    is_unclassified: bool = False,
    now: datetime,
) -> None:
    """One verdict on exactly the version the reviewer saw: on to the next step, published, or returned with its reason.

    Raises Forbidden for the author and for whoever did the other step, Invalid without a reason or without the confirmation that it
    holds nothing classified, Conflict when the resource has moved on.
    """
    approvals = reviews.list_approvals(session, resource)
    _check_reviewer(resource, step, reviewer, approvals)
    _check_verdict(step, verdict, reason, is_unclassified)
    digest = versions.digest_of(session, resource)
    row = ResourceReview(
        resource_id=resource.id,
        version=version,
        media_id=resource.media_id,
        step=step,
        verdict=verdict,
        reason=reason,
        is_unclassified=is_unclassified,
        digest=digest,
        reviewer_id=reviewer.id,
        reviewed_at=now,
    )
    after = rules.state_after(step, verdict)
    mine = rules.Approval(step, reviewer.id, version, resource.media_id, digest)
    _check_version(resource, mine, approvals, after)
    entry = _entry(session, resource) if after is ResourceState.PUBLISHED else None
    with conflict_as(Conflict(MOVED_ON), session):
        session.add(row)
    shown = _after_verdict(session, resource, step, after, by=reviewer, now=now)
    if entry is not None:
        put_resource(session, shown, entry)
        quick.follow_review(session, shown, reviewer=reviewer, now=now)
    _tell_author(session, shown, resource.created_by_id, after, reason, now)
    detail = {"version": version, "step": step, "verdict": verdict, "unclassified": is_unclassified, "digest": digest}
    audit.record(session, reviewer.id, "resource.review", _target(shown), detail, now=now)


def _after_verdict(
    session: Session, resource: Resource, step: ReviewStep, after: ResourceState, *, by: Principal, now: datetime
) -> Resource:
    """The resource in its new state; a next version that is published takes the place of the present one, which is given back."""
    if after is ResourceState.PUBLISHED and resource.replaces_id is not None:
        versions.check_next(session, resource)
        return versions.take_place(session, resource, by=by, now=now)
    published = {"published_at": now, "withdrawn_reason": "", "withdrawn_at": None}
    fresh = published if after is ResourceState.PUBLISHED else {}
    _move(session, resource, frozenset({rules.STATE_OF_STEP[step]}), state=after, **fresh)
    return resource


def _check_version(
    resource: Resource, mine: rules.Approval, before: list[rules.Approval], after: ResourceState
) -> None:
    """Raises Conflict when the reviewer saw another version, or when publishing would lack an approval of exactly this content."""
    if mine.version != resource.version:
        raise Conflict(MOVED_ON)
    approvals = [*before, mine]
    if after is ResourceState.PUBLISHED and not rules.is_approved(
        approvals, version=resource.version, media_id=resource.media_id, digest=mine.digest
    ):
        raise Conflict("内容审核以后这份资源有了改动，不能发布。请退回，让作者重新提交。")


def _entry(session: Session, resource: Resource) -> Entry:
    file = media_queries.find_media(session, resource.media_id) if resource.media_id else None
    return entry_of_resource(session, resource, file, list_tags(session, resource.id))


def _check_reviewer(resource: Resource, step: ReviewStep, reviewer: Principal, approvals: list[rules.Approval]) -> None:
    authors = {resource.created_by_id} | ({resource.lecturer_id} if resource.lecturer_id else set())
    refusal = rules.why_not_reviewer(step, reviewer_id=reviewer.id, author_ids=authors, approvals=approvals)
    if refusal:
        raise Forbidden(refusal)


def _check_verdict(step: ReviewStep, verdict: Verdict, reason: str, is_unclassified: bool) -> None:
    if verdict is Verdict.RETURNED and not reason:
        raise Invalid("请写明退回原因，作者会照着修改。", field="reason")
    if step is ReviewStep.SECRECY and verdict is Verdict.APPROVED and not is_unclassified:
        raise Invalid("通过前须逐页查看并确认不含涉密内容。", field="is_unclassified")


def _tell_author(
    session: Session, resource: Resource, author_id: int, after: ResourceState, reason: str, now: datetime
) -> None:
    told = {
        ResourceState.PUBLISHED: f"《{resource.title}》已通过审核并发布。",
        ResourceState.RETURNED: f"《{resource.title}》被退回：{reason}",
    }
    if after in told:
        notices.tell(session, author_id, told[after], f"/studio/{resource.id}", now=now)


def withdraw_resource(session: Session, resource: Resource, *, by: Principal, reason: str, now: datetime) -> None:
    """The resource leaves the library at once: not found, not opened, and every link to its file is over."""
    if not reason:
        raise Invalid("请写明撤下的原因。", field="reason")
    gone = {"state": ResourceState.WITHDRAWN, "withdrawn_reason": reason, "withdrawn_at": now}
    _move(session, resource, frozenset({ResourceState.PUBLISHED}), **gone)
    search.remove(session, RESOURCE, resource.id)
    if resource.media_id:
        media.end_links(session, resource.media_id)
    notices.tell(
        session, resource.created_by_id, f"《{resource.title}》已撤下：{reason}", f"/studio/{resource.id}", now=now
    )
    audit.record(session, by.id, "resource.withdraw", _target(resource), {"reason": reason}, now=now)


def note_download(session: Session, resource: Resource, *, by: Principal, now: datetime) -> None:
    """Who took the original away stands in the audit log."""
    audit.record(session, by.id, "resource.download", _target(resource), {"version": resource.version}, now=now)


def revise_resource(session: Session, resource: Resource, *, now: datetime) -> None:
    """A withdrawn resource becomes the draft of its next version, to be reviewed anew; what it showed is kept in the history."""
    next_version = {"state": ResourceState.DRAFT, "version": resource.version + 1, "published_at": None}
    if resource.state is ResourceState.WITHDRAWN:
        versions.keep_old(session, resource, now=now)
    _move(session, resource, frozenset({ResourceState.WITHDRAWN}), **next_version)


def _move(session: Session, resource: Resource, old: frozenset[ResourceState], **values: object) -> None:
    """Set the columns if the resource still is in one of the states and in the version that was read; raises Conflict otherwise."""
    held = update(Resource).where(
        Resource.id == resource.id, Resource.state.in_(old), Resource.version == resource.version
    )
    if not changed(session.execute(held.values(**values))):
        raise Conflict(MOVED_ON)
    session.refresh(resource)


def _target(resource: Resource) -> str:
    return f"resource:{resource.id}"
