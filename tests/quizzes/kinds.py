"""One question of every kind, the last two of them parts of a case, and an attempt at all of them."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.people.line_rules import Line
from lms.people.models import Unit
from lms.quizzes import services
from lms.quizzes.models import Attempt
from lms.quizzes.rules import Kind, Marking, Purpose
from lms.quizzes.services import Content, PaperSettings

MATERIAL = (
    "某公司占用耕地 1200 平方米建设厂房，未办理批准手续。\n县自然资源主管部门立案后查明：该地块为一般耕地，尚未投产。"
)
ITEMS = ["立案", "调查取证", "听取陈述申辩", "作出处罚决定"]
OFFICES = ["县级人民政府", "不动产登记机构", "自然资源主管部门"]

CONTENTS = [
    Content(Kind.SINGLE, "下列哪项是耕地？", ["水田", "林地", "草地"], [0], "水田属于耕地。"),
    Content(Kind.MULTIPLE, "哪些属于农用地？", ["耕地", "林地", "宅基地", "草地"], [0, 1, 3]),
    Content(Kind.BOOLEAN, "土地可以买卖。", [], [1]),
    Content(Kind.BLANK, "土地归____和____所有。", [], [["国家"], ["集体"]]),
    Content(Kind.NUMERIC, "12 亩耕地合多少公顷？", [], [["0.8"]], marking=Marking(tolerance="0.01", unit="公顷")),
    Content(
        Kind.MATCHING, "谁来办理？", OFFICES, [1, 0], prompts=["办理不动产登记", "发布征收土地公告"],
        explanation="登记和公告的主体不同。",
    ),
    Content(Kind.ORDERING, "行政处罚案件按什么顺序办理？", ITEMS, [0, 1, 2, 3]),
    Content(Kind.NUMERIC, "每平方米罚 100 元，共罚多少万元？", [], [["12"]], material=MATERIAL, marking=Marking(unit="万元")),
    Content(
        Kind.SHORT, "简述查处的步骤。", [], [["立案、调查、告知、决定"]], material=MATERIAL,
        marking=Marking(rubric="四步各一分"),
    ),
]  # fmt: skip


def number_of(content: Content, text: str) -> int:
    """The number of an option."""
    return list(content.options).index(text)


def right_choices() -> dict[int, list[int | str]]:
    """Position → the right choice."""
    matching, ordering = CONTENTS[5], CONTENTS[6]
    return {
        1: [0], 2: [0, 1, 3], 3: [1], 4: ["国家", "集体"], 5: ["0.8"],
        6: [number_of(matching, OFFICES[1]), number_of(matching, OFFICES[0])],
        7: [number_of(ordering, item) for item in ITEMS], 8: ["12"], 9: ["立案、调查、告知、决定"],
    }  # fmt: skip


def begin(
    session: Session,
    person_id: int,
    now: datetime,
    *,
    seconds: int | None = None,
    purpose: Purpose = Purpose.PRACTICE,
    is_shuffled: bool = False,
    release_after: timedelta | None = None,
) -> Attempt:
    """Somebody's open attempt; each of the nine questions is worth 10 points."""
    unit_id = session.scalars(select(Unit.id).where(Unit.parent_id.is_(None))).one()
    by = {"owner_unit_id": unit_id, "by_id": None, "now": now}
    ids = [services.create_question(session, content, line=Line.LAND, **by).id for content in CONTENTS]
    settings = PaperSettings("各种题型", duration_seconds=seconds, is_shuffled=is_shuffled)
    paper = services.create_fixed_paper(session, settings, ids, total_millis=10_000 * len(ids), **by)
    attempt = services.start_attempt(
        session,
        paper,
        person_id=person_id,
        purpose=purpose,
        subject_id=1,
        now=now,
        release_at=now + release_after if release_after else None,
    )
    session.commit()
    return attempt
