"""A handbook set as PDF and as a Word file, from the same facts."""

import io
import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lms.lazy import later
from lms.printing.typeset import framed, pdf
from lms.printing.word import Paper

if TYPE_CHECKING:
    from PIL import Image, ImageOps
else:
    Image, ImageOps = later("PIL.Image"), later("PIL.ImageOps")

PHOTO_PIXELS, PHOTO_QUALITY = 1200, 78
PRINT = "themedays/handbook"

Photos = Mapping[str, bytes]


def photo_to_print(content: bytes) -> bytes:
    """A photo as JPEG of at most PHOTO_PIXELS a side, upright and without what the camera wrote into it."""
    with Image.open(io.BytesIO(content)) as picture:
        upright = ImageOps.exif_transpose(picture).convert("RGB")
    upright.thumbnail((PHOTO_PIXELS, PHOTO_PIXELS))
    kept = io.BytesIO()
    upright.save(kept, "JPEG", quality=PHOTO_QUALITY)
    return kept.getvalue()


def as_pdf(facts: Mapping[str, Any], photos: Photos, *, at: datetime) -> bytes:
    """`photos` are JPEGs by the names the records give them; a name without one is left out."""
    pictures = {f"{name}.svg": _framed(content) for name, content in photos.items()}
    return pdf(PRINT, {**facts, "records": _shown(facts, photos)}, at=at, pictures=pictures)


def _framed(content: bytes) -> bytes:
    with Image.open(io.BytesIO(content)) as picture:
        width, height = picture.size
    return framed(content, width=width, height=height)


def _shown(facts: Mapping[str, Any], photos: Photos) -> list[dict[str, Any]]:
    return [{**one, "photos": [name for name in one["photos"] if name in photos]} for one in facts["records"]]


def as_word(facts: Mapping[str, Any], photos: Photos) -> bytes:
    """The same, to be edited further."""
    facts = _writable(facts)
    paper = Paper(f"{facts['branch']}{facts['year']}年度工作手册")
    under = (
        f"{facts['year']}年度",
        facts["branch"],
        f"截至 {facts['as_of']}",
        f"内容校验码 SHA-256 {facts['digest'][:16]}…",
    )
    paper.cover("党支部工作手册", under)
    _about(paper, facts)
    paper.heading("四、活动记录")
    for record in _shown(facts, photos):
        _record(paper, record, photos)
    if not facts["records"]:
        paper.text("没有记录。")
    paper.heading("五、决定事项落实情况")
    _table(paper, ("会议日期", "事项", "责任人", "期限", "落实情况"), facts["decisions"], (18, 62, 20, 18, 40))
    paper.heading("六、补学情况")
    _table(paper, ("姓名", "活动", "补学内容", "期限", "完成情况"), facts["make_ups"], (18, 54, 20, 28, 38))
    paper.heading("说明")
    paper.text(f"本手册由平台按记录自动生成，内容截至{facts['as_of']}。{facts['definition']}")
    paper.text("校验码只由手册内容算出：记录没有变化，再次生成的手册校验码相同。")
    paper.text(f"SHA-256 {facts['digest']}")
    return paper.content()


_NO_XML = re.compile("[\ufffe\uffff]")


def _writable(value: Any) -> Any:
    """The same without the two characters that people can type and no Word file may hold."""
    if isinstance(value, str):
        return _NO_XML.sub("", value)
    if isinstance(value, Mapping):
        return {key: _writable(inside) for key, inside in value.items()}
    return [_writable(inside) for inside in value] if isinstance(value, list) else value


def _about(paper: Paper, facts: Mapping[str, Any]) -> None:
    paper.heading("一、支部概况")
    secretaries = "、".join(facts["secretaries"]) or "未登记"
    paper.particulars([("党支部", facts["branch"]), ("支部书记", secretaries), *facts["organisation"]])
    paper.heading(f"党员名册（{facts['roster_on']}）", 2)
    _table(paper, ("序号", "姓名", "单位", "政治面貌", "在岗状态"), facts["roster"], (14, 26, 64, 28, 26))
    paper.heading("二、年度工作安排")
    _table(paper, ("时间", "类型", "名称", "地点", "进度"), facts["plan"], (44, 22, 46, 28, 18))
    paper.heading("三、组织生活完成情况")
    paper.heading("次数要求", 2)
    _table(paper, ("类型", "要求", "已开展", "完成期数", "其余"), facts["duties"], (26, 24, 18, 22, 68))
    paper.heading("出席情况", 2)
    _table(paper, ("类型", "次数", "应到人次", "到会人次", "到会率"), facts["summary"], (38, 30, 30, 30, 30))
    paper.heading("主题党日三部分", 2)
    _table(paper, ("月份", "主题", "一课", "一片", "一实践"), facts["parts"], (14, 48, 32, 32, 32))


def _record(paper: Paper, record: Mapping[str, Any], photos: Photos) -> None:
    paper.heading(record["title"], 2)
    _table(
        paper, ("项目", "内容"), [["类型", record["kind"]], *record["particulars"], *record["attendance"]], (26, 132)
    )
    for words, lines in (("议程", record["agenda"]), ("学习材料", record["materials"])):
        if lines:
            paper.particulars([(words, "")])
            paper.text("\n".join(lines))
    for words, said in record["minutes"]:
        paper.particulars([(words, "")])
        paper.text(said)
    if record["decisions"]:
        paper.particulars([("决定事项", "")])
        rows = [line[1:] for line in record["decisions"]]
        _table(paper, ("事项", "责任人", "期限", "落实情况"), rows, (70, 24, 22, 42))
    for name in record["photos"]:
        paper.picture(photos[name])


def _table(paper: Paper, head: tuple[str, ...], rows: list[list[str]], widths_mm: tuple[int, ...]) -> None:
    """A table in columns of these widths (158 mm in all); a sentence where there are no rows."""
    if rows:
        paper.table(head, rows, widths_mm=widths_mm)
    else:
        paper.text("没有记录。")
