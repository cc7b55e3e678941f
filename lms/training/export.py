"""The list of a class as a workbook: who, from where, roll by meeting, result."""

from datetime import datetime

from sqlalchemy.orm import Session

from lms import clock
from lms.certificates.models import Certificate
from lms.gatherings.rules import GatheringState
from lms.training import queries
from lms.training.class_rules import ENROLMENT_STATES, EnrolmentState
from lms.training.models import ClassResult, TrainingClass
from lms.web.spreadsheets import Sheet, write_workbook

HEAD = ("序号", "工号", "姓名", "单位", "报名状态", "报名时间")
RESULT = ("出勤分钟", "应到分钟", "结业", "学时", "未结业原因", "证书编号")


def workbook(session: Session, training: TrainingClass, now: datetime) -> bytes:
    """Two sheets: the people with their roll, and what the list is, with the instant it was made."""
    meetings = [each for each in queries.list_meetings(session, training.id) if each.state is GatheringState.HELD]
    there = queries.attended_by(session, meetings)
    results = queries.list_results(session, training.id)
    lines = queries.list_enrolments(session, training.id)
    order = [EnrolmentState.PLACED, EnrolmentState.ASKED, EnrolmentState.WAITING]
    shown = sorted(
        (line for line in lines if line.enrolment.state in order), key=lambda line: order.index(line.enrolment.state)
    )
    rows = []
    for number, line in enumerate(shown, 1):
        row = line.enrolment
        roll = (
            ["到" if row.person_id in there[each.id] else "缺" for each in meetings]
            if row.state is EnrolmentState.PLACED
            else [""] * len(meetings)
        )
        about = [line.staff_no, line.name, line.unit_name, ENROLMENT_STATES[row.state], _moment(row.asked_at)]
        rows.append([number, *about, *roll, *_result(session, results.get(row.person_id))])
    titles = [f"{clock.local(each.starts_at):%m-%d %H:%M} {each.title}" for each in meetings]
    facts = [
        ["班次", training.title], ["类型", training.preset.name], ["日期", f"{training.starts_on} 至 {training.ends_on}"],
        ["名额", str(training.places)], ["已录取", str(training.placed_count)], ["统计时点", _moment(now)],
    ]  # fmt: skip
    return write_workbook([Sheet("名册", [*HEAD, *titles, *RESULT], rows), Sheet("说明", ["项目", "内容"], facts)])


def _moment(at: datetime) -> str:
    return f"{clock.local(at):%Y-%m-%d %H:%M}"


def _result(session: Session, result: ClassResult | None) -> list[str | int | float]:
    if result is None:
        return [""] * len(RESULT)
    paper = session.get(Certificate, result.certificate_id) if result.certificate_id else None
    return [
        result.attended_seconds // 60, result.held_seconds // 60, "是" if result.is_completed else "否", result.quarters / 4,
        result.reason, paper.serial if paper and paper.is_valid else "",
    ]  # fmt: skip
