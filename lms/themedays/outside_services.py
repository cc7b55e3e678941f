"""The outside platform's table: its layout kept, its rows written."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from lms import clock
from lms.audit import services as audit
from lms.errors import Invalid
from lms.gatherings.rules import Mark
from lms.themedays import outside_rules as rules
from lms.themedays import records_queries, records_rules
from lms.themedays.duties_models import OutsideLayout
from lms.themedays.duties_rules import rate_text
from lms.themedays.outside_rules import Field, Layout
from lms.themedays.records_queries import Record
from lms.themedays.rules import PARTS, PartKind
from lms.web.spreadsheets import Sheet, write_workbook

Cell = str | int


def find_layout(session: Session) -> Layout:
    """The layout that holds: the newest one kept, or the preset."""
    row = session.scalar(select(OutsideLayout).order_by(OutsideLayout.id.desc()).limit(1))
    return rules.PRESET if row is None else rules.read(row.name, row.columns, row.day_format)


def keep_layout(session: Session, layout: Layout, *, by_id: int, now: datetime) -> OutsideLayout:
    """From now on the table looks like this; former layouts stay in the database. Raises Invalid for columns that make no table."""
    if problem := rules.problem_of(layout.columns):
        raise Invalid(problem, field="name")
    if layout.day_format not in rules.DAY_FORMATS:
        raise Invalid("选一种日期写法。", field="day_format")
    row = OutsideLayout(
        name=layout.name.strip()[:60], columns=rules.stored(layout), day_format=layout.day_format, changed_by_id=by_id,
        changed_at=now,
    )  # fmt: skip
    session.add(row)
    told = {"name": row.name, "columns": [column.field.value for column in layout.columns]}
    audit.record(session, by_id, "branch:change-outside-layout", "branches", told, now=now)
    return row


def write(
    session: Session, which: ColumnElement[bool], first: date, last: date, *, target: str, by_id: int, now: datetime
) -> bytes:
    """The records of these branches (a condition over Branch) between the days, one a row; `target` names them in the audit log."""
    layout = find_layout(session)
    records = records_queries.list_records(session, which, first, last)
    body = write_workbook([Sheet("活动", layout.headings, rows_of(records, layout))])
    told = {"first": first.isoformat(), "last": last.isoformat(), "rows": len(records)}
    audit.record(session, by_id, "branch:export-outside", target, told, now=now)
    return body


def rows_of(records: Sequence[Record], layout: Layout) -> list[list[Cell]]:
    """A row for each record. Texts are texts, whatever they begin with; counts are numbers."""
    return [
        [_cut(_CELLS[column.field](record, layout, number)) for column in layout.columns]
        for number, record in enumerate(records, 1)
    ]


def _cut(cell: Cell) -> Cell:
    return cell[: rules.MOST_CELL] if isinstance(cell, str) else cell


def _names(record: Record, mark: Mark) -> str:
    return "、".join(each.name for each in record.who(mark))


def _away(record: Record) -> str:
    leave = [(each.name, each.entry.cause) for each in record.who(Mark.LEAVE)]
    absent = [(each.name, None) for each in record.who(Mark.ABSENT)]
    said = (records_rules.reasons_text(leave, "请假"), records_rules.reasons_text(absent, "缺席"))
    return "、".join(part for part in said if part)


def _decisions(record: Record) -> str:
    return "\n".join(
        f"{each.text}（{record.name_of(each.owner_id)}，{each.due_on.month}月{each.due_on.day}日前，{records_rules.DECISION_STATES[each.state]}）"
        for each in record.decisions
    )


def _whole(record: Record) -> str:
    fields = record.gathering.words.fields
    return "\n".join(f"{f.label}：{record.texts[f.key]}" for f in fields if record.texts.get(f.key))


def _made_up(record: Record) -> str:
    return "、".join(f"{each.name}（{PARTS[each.part]}）" for each in record.make_ups if each.row.closed_at)


def _length(record: Record) -> int:
    return int((record.gathering.ends_at - record.gathering.starts_at).total_seconds() // 60)


_CELLS: Mapping[Field, Callable[[Record, Layout, int], Cell]] = {
    Field.NUMBER: lambda r, _, number: number,
    Field.BRANCH: lambda r, _, __: r.branch,
    Field.KIND: lambda r, _, __: r.gathering.words.name,
    Field.TITLE: lambda r, _, __: r.gathering.title,
    Field.DAY: lambda r, layout, _: layout.day(clock.today(r.gathering.starts_at)),
    Field.STARTS: lambda r, layout, _: layout.moment(r.gathering.starts_at),
    Field.ENDS: lambda r, layout, _: layout.moment(r.gathering.ends_at),
    Field.MINUTES: lambda r, _, __: _length(r),
    Field.PLACE: lambda r, _, __: r.gathering.place,
    Field.HOST: lambda r, _, __: r.name_of(r.gathering.host_id),
    Field.RECORDER: lambda r, _, __: r.name_of(r.gathering.recorder_id),
    Field.GUESTS: lambda r, _, __: r.gathering.guests,
    Field.DUE: lambda r, _, __: r.count.due,
    Field.PRESENT: lambda r, _, __: r.count.present,
    Field.LEAVE: lambda r, _, __: r.count.leave,
    Field.ABSENT: lambda r, _, __: r.count.absent,
    Field.RATE: lambda r, _, __: rate_text(r.count.present, r.count.due),
    Field.WHO_PRESENT: lambda r, _, __: _names(r, Mark.PRESENT),
    Field.WHO_AWAY: lambda r, _, __: _away(r),
    Field.VISITORS: lambda r, _, __: "、".join(each.name for each in r.visitors),
    Field.MADE_UP: lambda r, _, __: _made_up(r),
    Field.PARTS: lambda r, _, __: "、".join(PARTS[kind] for kind in PartKind if kind in r.parts),
    Field.AGENDA: lambda r, _, __: "\n".join(records_rules.numbered(list(r.gathering.agenda))),
    Field.MATERIALS: lambda r, _, __: "、".join(f"《{title}》" for title in r.materials),
    Field.POINTS: lambda r, _, __: r.texts.get("points", ""),
    Field.WHOLE: lambda r, _, __: _whole(r),
    Field.DECISIONS: lambda r, _, __: _decisions(r),
    Field.PHOTOS: lambda r, _, __: len(r.photos),
    Field.EMPTY_A: lambda r, _, __: "",
    Field.EMPTY_B: lambda r, _, __: "",
}
