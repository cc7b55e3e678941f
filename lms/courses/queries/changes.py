"""Two versions of a resource side by side, for the reviewer."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.courses import caption_rules
from lms.courses import change_rules as rules
from lms.courses.change_rules import Changes, Sheet
from lms.courses.models import Resource
from lms.courses.queries.shelf import name_of_series
from lms.courses.queries.versions import list_tags
from lms.courses.review_rules import LINE_NAMES
from lms.media import queries as media
from lms.people.models import Unit
from lms.web.prose import to_text


def against_published(session: Session, draft: Resource) -> Changes | None:
    """What the draft of a next version changes; None for a resource that was never public."""
    present = session.get(Resource, draft.replaces_id) if draft.replaces_id else None
    return rules.changes(_sheet(session, present), _sheet(session, draft)) if present is not None else None


def _sheet(session: Session, resource: Resource) -> Sheet:
    file = media.find_media(session, resource.media_id) if resource.media_id else None
    pages = media.list_pages(session, file.id) if file else []
    lines = caption_rules.cues(resource.captions_vtt)
    audience = session.scalar(select(Unit.name).where(Unit.id == resource.audience_unit_id)) or "全体干部"
    facts = {
        "标题": resource.title,
        "简介": resource.summary,
        "条线": LINE_NAMES[resource.line],
        "讲师": resource.lecturer_name,
        "谁可以看": audience,
        "系列": name_of_series(session, resource.series_id),
        "年份": str(resource.year or ""),
        "标签": "、".join(list_tags(session, resource.id)),
        "网址": resource.url,
        "要求阅读": f"{resource.required_reading_seconds // 60} 分钟" if resource.required_reading_seconds else "",
        "文件": f"{file.original_name}（{file.sha256[:12]}）" if file else "",
        "时长": _clock(file.duration_millis) if file and file.duration_millis else "",
        "页数": str(file.page_count or "") if file else "",
    }
    texts = {
        "正文": _lines(to_text(resource.body_html)),
        "字幕": [f"{_clock(line.from_millis)} {line.text}" for line in lines],
        "文字稿": _lines(resource.transcript),
        **{f"第 {page.number} 页": _lines(page.text) for page in pages},
        "文档全文": _lines(file.text) if file and not pages else [],
    }
    return Sheet(facts, texts)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _clock(millis: int) -> str:
    return f"{millis // 60_000}:{millis // 1000 % 60:02d}"
