"""The task that works a year out by other rules, for HR to see before anything happens. It changes nothing in the ledger."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.hours import policy_rules, whatif_rules
from lms.hours.models import HourEntry, HourSum, RuleVersion
from lms.hours.rules import Bucket, Policy
from lms.hours.whatif_rules import Fact
from lms.people import queries as people
from lms.people.queries import Member
from lms.storage import Storage
from lms.tasks import services as tasks
from lms.tasks.models import Task
from lms.tasks.services import TaskContext
from lms.web.spreadsheets import XLSX, Sheet, write_workbook

KIND = "hours.whatif"
PERSONS_AT_ONCE = 100
SHOWN = 50
"""Persons on the page; the file holds all who would have more or less."""

Sums = dict[Bucket, int]


def ask(session: Session, version: RuleVersion, year: int, *, by_id: int, now: datetime) -> Task:
    """A task that works the year out by the version, a draft or one that was issued."""
    title = f"{year} 年学时试算：{version.name or '草稿 ' + str(version.id)}"
    return tasks.enqueue(
        session, KIND, {"version_id": version.id, "year": year, "figures": version.figures}, owner_id=by_id,
        title=title, now=now,
    )  # fmt: skip


@dataclass
class Outcome:
    """Sums before and after, over everybody, by unit and of each person whose hours would change."""

    before: Sums = field(default_factory=lambda: dict.fromkeys(Bucket, 0))
    after: Sums = field(default_factory=lambda: dict.fromkeys(Bucket, 0))
    units: dict[str, tuple[int, int]] = field(default_factory=dict)
    persons: list[tuple[str, str, str, int, int]] = field(default_factory=list)
    """(staff number, name, unit, before, after) in quarters."""
    compared: int = 0

    def add(self, member: Member | None, before: Sums, after: Sums) -> None:
        self.compared += 1
        for bucket in Bucket:
            self.before[bucket] += before[bucket]
            self.after[bucket] += after[bucket]
        old, new = sum(before.values()), sum(after.values())
        unit = member.unit_name if member else "已离开"
        was, will = self.units.get(unit, (0, 0))
        self.units[unit] = (was + old, will + new)
        if before != after:
            named = (member.staff_no, member.name, unit) if member else ("", "", unit)
            self.persons.append((*named, old, new))


def run(context: TaskContext) -> dict[str, Any]:
    """What the page shows, and a file with every person who would have more or less."""
    year, policy = int(context.input["year"]), policy_rules.policy_of(context.input["figures"])
    outcome = Outcome()
    with context.make_session() as session:
        ids = list(session.scalars(select(HourSum.person_id).where(HourSum.year == year).distinct()))
        on = min(clock.today(context.now), date(year, 12, 31))
        members = {member.person_id: member for member in people.roster(session, on)}
    for start in range(0, len(ids), PERSONS_AT_ONCE):
        with context.make_session() as session:
            for person_id, facts in facts_of(session, sorted(ids)[start : start + PERSONS_AT_ONCE], year):
                _add(outcome, members.get(person_id), facts, policy)
        context.progress(min(start + PERSONS_AT_ONCE, len(ids)), len(ids))
    return _result(context, outcome, year)


def _add(outcome: Outcome, member: Member | None, facts: list[Fact], policy: Policy) -> None:
    outcome.add(member, whatif_rules.totals(facts), whatif_rules.recount(facts, policy))


def facts_of(session: Session, ids: list[int], year: int) -> Iterator[tuple[int, list[Fact]]]:
    """The entries of these persons' year, person by person."""
    rows = session.execute(
        select(
            HourEntry.person_id, HourEntry.id, HourEntry.bucket, HourEntry.quarters, HourEntry.source_kind,
            HourEntry.source_id, HourEntry.revision, HourEntry.evidence,
        )
        .where(HourEntry.year == year, HourEntry.person_id.in_(ids))
        .order_by(HourEntry.person_id, HourEntry.id)
    ).all()  # fmt: skip
    for person_id, of_person in groupby(rows, key=lambda row: row[0]):
        yield person_id, [Fact(*row[1:]) for row in of_person]


def _result(context: TaskContext, outcome: Outcome, year: int) -> dict[str, Any]:
    outcome.persons.sort(key=lambda line: -abs(line[4] - line[3]))
    storage: Storage = context.services["storage"]
    key = f"files/hours-whatif-{context.task_id}.xlsx"
    storage.put(key, io.BytesIO(workbook(outcome)), mime=XLSX)
    more, less = (sum((p[4] > p[3]) is gains and p[4] != p[3] for p in outcome.persons) for gains in (True, False))
    return {
        "text": f"试算完成：{outcome.compared} 人中，{more} 人会增加，{less} 人会减少。学时没有改动。",
        "file_key": key, "file_name": f"{year}年学时试算.xlsx", "compared": outcome.compared, "more": more, "less": less,
        "buckets": [[bucket.label, outcome.before[bucket], outcome.after[bucket]] for bucket in Bucket],
        "units": [[name, was, will] for name, (was, will) in sorted(outcome.units.items()) if was != will],
        "persons": [list(line) for line in outcome.persons[:SHOWN]], "changed": len(outcome.persons),
    }  # fmt: skip


def workbook(outcome: Outcome) -> bytes:
    """Three sheets: by bucket, by unit, by person, in hours."""
    head = ["现在", "试算", "相差"]

    def line(*names: str, was: int, will: int) -> list[str | float]:
        return [*names, was / 4, will / 4, (will - was) / 4]

    return write_workbook(
        [
            Sheet(
                "按类别", ["类别", *head], [line(b.label, was=outcome.before[b], will=outcome.after[b]) for b in Bucket]
            ),
            Sheet("按单位", ["单位", *head], [line(n, was=w, will=x) for n, (w, x) in sorted(outcome.units.items())]),
            Sheet(
                "按人", ["工号", "姓名", "单位", *head], [line(*p[:3], was=p[3], will=p[4]) for p in outcome.persons]
            ),
        ]
    )


def find_task(session: Session, version_id: int, owner_id: int) -> Task | None:
    """The newest trial of the version that this person asked for."""
    query = select(Task).where(Task.kind == KIND, Task.owner_id == owner_id).order_by(Task.id.desc()).limit(50)
    return next((task for task in session.scalars(query) if task.input.get("version_id") == version_id), None)
