"""What a resource may be, which business lines exist, and how a resource becomes visible. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lms.people.line_rules import LINE_NAMES as LINE_NAMES
from lms.people.line_rules import Line as Line

# Under these words resources and courses stand in the search.
RESOURCE, COURSE = "resource", "course"


class ResourceKind(StrEnum):
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"
    ARTICLE = "article"
    LINK = "link"
    PACKAGE = "package"


class ResourceState(StrEnum):
    DRAFT = "draft"
    CONTENT_REVIEW = "content_review"
    SECRECY_REVIEW = "secrecy_review"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    RETURNED = "returned"
    SUPERSEDED = "superseded"
    """A version that was public until the next one took its place."""


class CourseState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class ReviewStep(StrEnum):
    CONTENT = "content"
    SECRECY = "secrecy"


class Verdict(StrEnum):
    APPROVED = "approved"
    RETURNED = "returned"


KIND_NAMES: dict[ResourceKind, str] = {
    ResourceKind.VIDEO: "视频",
    ResourceKind.AUDIO: "音频",
    ResourceKind.DOCUMENT: "文档",
    ResourceKind.ARTICLE: "文章",
    ResourceKind.LINK: "链接",
    ResourceKind.PACKAGE: "互动课件",
}

STATE_NAMES: dict[ResourceState, str] = {
    ResourceState.DRAFT: "草稿",
    ResourceState.CONTENT_REVIEW: "待内容审核",
    ResourceState.SECRECY_REVIEW: "待保密审核",
    ResourceState.PUBLISHED: "已发布",
    ResourceState.WITHDRAWN: "已撤下",
    ResourceState.RETURNED: "已退回",
    ResourceState.SUPERSEDED: "旧版",
}

COURSE_STATE_NAMES: dict[CourseState, str] = {
    CourseState.DRAFT: "草稿",
    CourseState.PUBLISHED: "已发布",
    CourseState.WITHDRAWN: "已撤下",
}

STEP_NAMES: dict[ReviewStep, str] = {ReviewStep.CONTENT: "内容审核", ReviewStep.SECRECY: "保密审核"}

EDITABLE = frozenset({ResourceState.DRAFT, ResourceState.RETURNED})

STATE_OF_STEP: dict[ReviewStep, ResourceState] = {
    ReviewStep.CONTENT: ResourceState.CONTENT_REVIEW,
    ReviewStep.SECRECY: ResourceState.SECRECY_REVIEW,
}

STEP_OF_STATE: dict[ResourceState, ReviewStep] = {state: step for step, state in STATE_OF_STEP.items()}

NEEDS_FILE = frozenset({ResourceKind.VIDEO, ResourceKind.AUDIO, ResourceKind.DOCUMENT, ResourceKind.PACKAGE})


@dataclass(frozen=True)
class Approval:
    """One reviewer's approval of one file version of a resource."""

    step: ReviewStep
    reviewer_id: int
    version: int
    media_id: int | None
    digest: str = ""


def state_after(step: ReviewStep, verdict: Verdict) -> ResourceState:
    """The state a resource has after this verdict: content, then secrecy, then published; any step may send it back."""
    if verdict is Verdict.RETURNED:
        return ResourceState.RETURNED
    return ResourceState.SECRECY_REVIEW if step is ReviewStep.CONTENT else ResourceState.PUBLISHED


def why_not_reviewer(
    step: ReviewStep, *, reviewer_id: int, author_ids: set[int], approvals: list[Approval]
) -> str | None:
    """The sentence that refuses this reviewer, or None: authors never review, and the two steps are two persons."""
    if reviewer_id in author_ids:
        return "本人上传或主讲的资源须由他人审核"
    if step is ReviewStep.SECRECY and any(
        approval.reviewer_id == reviewer_id for approval in approvals if approval.step is ReviewStep.CONTENT
    ):
        return "您已做过内容审核，保密审核须由另一人完成"
    return None


def is_approved(approvals: list[Approval], *, version: int, media_id: int | None, digest: str) -> bool:
    """True when exactly this file, in this version with this content, passed both steps, by two different persons. An approval from
    before digests were kept has none and names version and file only."""
    by_step = {
        approval.step: approval.reviewer_id
        for approval in approvals
        if (approval.version, approval.media_id) == (version, media_id) and approval.digest in ("", digest)
    }
    return set(by_step) == set(ReviewStep) and len(set(by_step.values())) == len(ReviewStep)
