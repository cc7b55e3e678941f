"""What a branch's handbook of a year says, as plain values that its print and its Word file both write.

Everything stands in it as it is at one instant, which is stamped on it; the digest is taken over all but that instant, so two handbooks
of unchanged records carry the same one.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.gatherings.kind_rules import KINDS
from lms.gatherings.models import Gathering
from lms.gatherings.rules import STATES, GatheringState, Mark
from lms.people import queries as people
from lms.people.models import Branch
from lms.people.rules import DUTY_STATUSES, PARTY_STATUSES
from lms.themedays import duties_queries, duties_rules
from lms.themedays import records_queries as records
from lms.themedays import records_rules as words
from lms.themedays.duties_queries import DutyYear
from lms.themedays.duties_rules import Cell, Standing
from lms.themedays.models import BranchMonth, MonthPack, Part
from lms.themedays.records_queries import MadeUp, Record
from lms.themedays.rules import PART_STATES, PARTS, PartKind, part_state

RATE = "到会率＝到会 ÷ 应到；应到按活动当天的名册，请假仍算应到；补学单独记，不算到会。"


@dataclass(frozen=True)
class Handbook:
    """The facts, the photos to be placed (name in the facts → id of the media file), and what identifies it."""

    facts: dict[str, Any]
    photos: dict[str, int]

    @property
    def digest(self) -> str:
        return str(self.facts["digest"])


def gather(session: Session, branch: Branch, year: int, *, now: datetime) -> Handbook:
    """The year of the branch as it stands now; of the running year until now."""
    today, first, last = clock.today(now), date(year, 1, 1), date(year, 12, 31)
    as_of = min(today, last)
    held = records.list_records(session, Branch.id == branch.id, first, last)
    duties = duties_queries.duties_of(session, branch, year, today=today)
    photos = {f"photo-{number}-{place}": media for record in held for number, place, media in _photos(record)}
    facts: dict[str, Any] = {
        "branch": branch.name,
        "year": year,
        "secretaries": people.secretaries_of(session, branch.id),
        "organisation": _organisation(duties),
        "roster_on": words.day_text(as_of),
        "roster": _roster(session, branch, as_of),
        "plan": _plan(session, branch, year),
        "parts": _parts(session, branch, year),
        "duties": _duties(duties, today),
        "summary": _summary(held),
        "records": [_record(number, record) for number, record in enumerate(held, 1)],
        "decisions": [line for record in held for line in _decisions(record)],
        "make_ups": [line for record in held for line in _make_ups(record)],
        "definition": RATE,
    }
    facts["digest"] = digest_of(facts)
    facts["as_of"] = words.minute_text(now)
    return Handbook(facts, photos)


def digest_of(facts: dict[str, Any]) -> str:
    """SHA-256 of the facts in one spelling, in hex."""
    said = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()


def _organisation(duties: DutyYear) -> list[list[str]]:
    branch = duties.organisation
    return [
        [
            "党员",
            f"{branch.members} 人（正式党员 {branch.full_members} 人，预备党员 {branch.members - branch.full_members} 人）",
        ],
        ["支委会", "设" if branch.has_committee else "不设"],
        ["党小组", f"{branch.groups} 个" if branch.groups else "未划分"],
    ]


def _roster(session: Session, branch: Branch, on: date) -> list[list[str]]:
    """Everybody of the branch itself on the day: name, unit, Party status, duty status, whether due."""
    members = [m for m in people.roster(session, on, branch_path=branch.path) if m.branch_id == branch.id]
    return [
        [str(number), m.name, m.unit_name, PARTY_STATUSES[m.party_status], DUTY_STATUSES[m.duty_status]]
        for number, m in enumerate(members, 1)
    ]


def _plan(session: Session, branch: Branch, year: int) -> list[list[str]]:
    """What the branch planned for the year, held or not: day, kind, title, place, how far it is."""
    query = (
        select(Gathering)
        .where(Gathering.branch_id == branch.id, Gathering.held_on.between(date(year, 1, 1), date(year, 12, 31)))
        .order_by(Gathering.starts_at, Gathering.id)
    )
    return [
        [words.short_text(one.starts_at), KINDS[one.kind].name, one.title, one.place or "未定", _how_far(one)]
        for one in session.scalars(query)
    ]


def _how_far(gathering: Gathering) -> str:
    if gathering.state is GatheringState.HELD:
        return "已记录" if gathering.minutes_at else "待写记录"
    return STATES[gathering.state]


def _parts(session: Session, branch: Branch, year: int) -> list[list[str]]:
    """A line for each month of the branch: theme and the state of its three parts with the day."""
    query = (
        select(BranchMonth, MonthPack.theme, Part, Gathering)
        .outerjoin(MonthPack, MonthPack.id == BranchMonth.pack_id)
        .outerjoin(Part, Part.branch_month_id == BranchMonth.id)
        .outerjoin(Gathering, Gathering.id == Part.gathering_id)
        .where(BranchMonth.branch_id == branch.id, BranchMonth.month.between(date(year, 1, 1), date(year, 12, 31)))
        .order_by(BranchMonth.month)
    )
    lines: dict[date, dict[str, str]] = {}
    for month, theme, part, gathering in session.execute(query):
        line = lines.setdefault(month.month, {"theme": month.theme or theme or ""})
        if part is not None:
            line[part.kind] = _part_words(part, gathering)
    return [
        [
            f"{on.month}月",
            line["theme"] or "—",
            *(line.get(kind, PART_STATES[part_state(None, None)]) for kind in PARTS),
        ]
        for on, line in lines.items()
    ]


def _part_words(part: Part, gathering: Gathering | None) -> str:
    state = part_state(gathering.state if gathering else None, part.done_on)
    on = part.done_on or (gathering.held_on if gathering and gathering.state is not GatheringState.CANCELLED else None)
    return PART_STATES[state] + (f"（{on.month}月{on.day}日）" if on else "")


def _duties(duties: DutyYear, today: date) -> list[list[str]]:
    """Duty, how often, what of the periods was met, and what was not."""
    lines = []
    for row in duties.rows:
        asked = [cell for cell in row.cells if cell.standing in (Standing.MET, Standing.MISSED)]
        met = sum(cell.standing is Standing.MET for cell in asked)
        held = sum(len(cell.held) for cell in row.cells)
        lines.append([row.name, row.often, f"{held} 次", f"{met} / {len(asked)}", _left(row.cells)])
    return lines + [[name, "—", f"{times} 次", "—", "—"] for name, times in duties.others.items()]


def _left(cells: Sequence[Cell]) -> str:
    missed = [cell.span.label for cell in cells if cell.standing is Standing.MISSED]
    still = [cell.span.label for cell in cells if cell.is_open]
    why = dict.fromkeys(cell.why for cell in cells if cell.standing is Standing.EXEMPT)
    said = [f"{'、'.join(missed)}没有记录"] if missed else []
    said += [f"{'、'.join(still)}待开"] if still else []
    said += [f"不作要求：{'、'.join(why)}"] if why else []
    return "；".join(said) or "无"


def _summary(held: Sequence[Record]) -> list[list[str]]:
    """Kind, times, due, present, rate: from the lines of the closed rolls."""
    lines = []
    for kind in KINDS.values():
        counts = [record.count for record in held if record.gathering.kind is kind.key]
        if counts:
            due, present = sum(c.due for c in counts), sum(c.present for c in counts)
            rate = duties_rules.rate_text(present, due)
            lines.append([kind.name, str(len(counts)), str(due), str(present), rate])
    return lines


def _record(number: int, record: Record) -> dict[str, Any]:
    one, count = record.gathering, record.count
    return {
        "title": f"（{words.chinese(number)}）{one.title}",
        "kind": one.words.name,
        "particulars": [
            ["时间", words.span_text(one.starts_at, one.ends_at)],
            ["地点", one.place or "未填写"],
            ["主持人", record.name_of(one.host_id) or "未填写"],
            ["记录人", record.name_of(one.recorder_id) or "未填写"],
            *([["列席", one.guests]] if one.guests else []),
            *([["三部分", "、".join(PARTS[kind] for kind in PartKind if kind in record.parts)]] if record.parts else []),
        ],
        "attendance": [
            ["人数", f"应到 {count.due} 人，到会 {count.present} 人，请假 {count.leave} 人，缺席 {count.absent} 人，到会率 {duties_rules.rate_text(count.present, count.due)}"],
            ["到会", "、".join(each.name for each in record.who(Mark.PRESENT)) or "无"],
            ["请假", words.reasons_text([(e.name, e.entry.cause) for e in record.who(Mark.LEAVE)], "请假") or "无"],
            ["缺席", "、".join(each.name for each in record.who(Mark.ABSENT)) or "无"],
            *([["来访", "、".join(each.name for each in record.visitors)]] if record.visitors else []),
            *([["补学", "、".join(_made_up(each) for each in record.make_ups)]] if record.make_ups else []),
        ],
        "agenda": words.numbered(list(one.agenda)),
        "materials": [f"《{title}》" for title in record.materials],
        "minutes": [[f.label, record.texts[f.key]] for f in one.words.fields if record.texts.get(f.key)],
        "decisions": _decisions(record),
        "photos": [name for number, place, _ in _photos(record) for name in (f"photo-{number}-{place}",)],
    }  # fmt: skip


def _photos(record: Record) -> list[tuple[int, int, int]]:
    return [(record.gathering.id, place, media_id) for place, media_id in enumerate(record.photos, 1)]


def _decisions(record: Record) -> list[list[str]]:
    """Day of the meeting, what, who, until when, how far, result."""
    on = record.gathering.held_on
    return [
        [
            f"{on.month}月{on.day}日", each.text, record.name_of(each.owner_id), f"{each.due_on.month}月{each.due_on.day}日",
            words.DECISION_STATES[each.state] + (f"：{each.result}" if each.result else ""),
        ]
        for each in record.decisions
    ]  # fmt: skip


def _made_up(each: MadeUp) -> str:
    return f"{each.name}（{PARTS[each.part]}，{'已补' if each.row.closed_at else '未补'}）"


def _make_ups(record: Record) -> list[list[str]]:
    """Name, which theme day, which part, until when, how far."""
    one = record.gathering
    return [
        [
            each.name, one.title, PARTS[each.part], words.day_text(each.row.due_on),
            f"{words.minute_text(each.row.closed_at)}学完" if each.row.closed_at else "未完成",
        ]
        for each in record.make_ups
    ]  # fmt: skip
