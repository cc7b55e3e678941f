"""Taking in a roster from Excel: read and shown first, taken in afterwards by a task, a few persons at a time.

A person whose 工号 is there already is never changed by an import, so the same file may be taken in twice and a task that died may begin
again.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session, undefer

from lms import clock
from lms.audit import services as audit
from lms.config import Keys
from lms.db import changed, serialise, unit_of_work
from lms.errors import Conflict, Invalid
from lms.people import access, queries
from lms.people.models import Branch, Membership, Person, RosterImport, Unit
from lms.people.principal import Principal
from lms.people.roster_rules import Places, Problem, Reading, RosterLine, read_roster
from lms.people.rules import ImportState, Permission
from lms.people.services.accounts import initials_of
from lms.tasks import services as tasks
from lms.tasks.models import Task
from lms.tasks.services import TaskContext

KIND = "people.import"
CHUNK = 200
SHOWN = 300


def read_in(
    session: Session,
    rows: Sequence[Sequence[str]],
    *,
    file_name: str,
    from_on: date,
    units: Sequence[Unit],
    branches: Sequence[Branch],
    keys: Keys,
    by: Principal,
    now: datetime,
) -> RosterImport:
    """The file's rows, understood and compared with the persons that exist; nobody is added yet. Raises Invalid for a file without rows."""
    reading = read_roster(rows, _places(units), _places(branches), this_year=clock.today(now).year)
    if not reading.lines and not reading.problems:
        raise Invalid("表头下面没有人员，请填好后再上传。", field="file")
    known = _part_from_known(session, reading, keys, by, clock.today(now))
    roster = RosterImport(
        owner_id=by.id,
        file_name=file_name[:200],
        state=ImportState.READ,
        from_on=from_on,
        new_count=len(reading.lines),
        known={"count": len(known), "shown": known[:SHOWN]},
        problems=[problem.sentence for problem in sorted(reading.problems, key=lambda p: p.row)[:SHOWN]],
        problem_rows=len({problem.row for problem in reading.problems}),
        lines_sealed=keys.seal("phone", json.dumps([asdict(line) for line in reading.lines])),
        created_at=now,
    )
    session.add(roster)
    session.flush()  # the page of the file is addressed by its number
    return roster


def _places(nodes: Sequence[Unit] | Sequence[Branch]) -> Places:
    return Places.of([(node.id, node.name, node.short_name) for node in nodes])


def _part_from_known(session: Session, reading: Reading, keys: Keys, by: Principal, on: date) -> list[str]:
    """Lines of persons who exist leave the reading: as sentences that name them, or as problems when the names differ or a phone is taken.

    Nobody outside the reader's scope is named, not even to say that the name in the file is right.
    """
    numbers = [line.staff_no for line in reading.lines]
    names = queries.known_staff(session, numbers)
    inside = access.persons_in(access.scope(session, by, Permission.PEOPLE_MANAGE), Person.id, on)
    own = queries.known_staff(session, numbers, inside)
    known, fresh = [], []
    for line in reading.lines:
        name = names.get(line.staff_no)
        if name is None:
            fresh.append(line)
        elif line.staff_no not in own:
            message = f"“{line.staff_no}”已经属于另一个人，请核对。"
            reading.problems.append(Problem(line.row, "工号", message))
        elif name == line.name:
            known.append(f"第 {line.row} 行：{line.name}（工号 {line.staff_no}）已在库中，不再添加。")
        else:
            message = f"“{line.staff_no}”已经是{name}，表里写的是{line.name}，请核对。"
            reading.problems.append(Problem(line.row, "工号", message))
    reading.lines = _with_free_phones(session, fresh, reading.problems, keys)
    return known


def _with_free_phones(
    session: Session, lines: Sequence[RosterLine], problems: list[Problem], keys: Keys
) -> list[RosterLine]:
    indexes = {line.row: keys.mac("phone_index", line.phone) for line in lines if line.phone}
    taken = queries.known_phones(session, list(indexes.values()))
    first: dict[str, int] = {}
    free = []
    for line in lines:
        index = indexes.get(line.row, "")
        if index in taken:
            problems.append(Problem(line.row, "手机号", "已经属于库里的另一个人，请核对。"))
        elif index and index in first:
            problems.append(Problem(line.row, "手机号", f"和第 {first[index]} 行相同，请核对。"))
        else:
            first[index] = line.row
            free.append(line)
    return free


def start(session: Session, roster: RosterImport, *, by: Principal, now: datetime) -> Task:
    """The file's good lines are taken in by a task. Raises Conflict when it was decided on before, Invalid when there is nobody to add."""
    if roster.new_count == 0:
        raise Invalid("没有可以导入的人员。")
    task = tasks.enqueue(
        session,
        KIND,
        {"import": roster.id},
        owner_id=by.id,
        title=f"导入 {roster.new_count} 人：{roster.file_name}",
        now=now,
    )
    _decide(session, roster, ImportState.RUNNING, task_id=task.id)
    detail = {"file": roster.file_name, "count": roster.new_count}
    audit.record(session, by.id, "person.import", f"roster_import:{roster.id}", detail, now=now, actor=by.name)
    return task


def discard(session: Session, roster: RosterImport) -> None:
    """The file is forgotten. Raises Conflict when it was decided on before."""
    _decide(session, roster, ImportState.DISCARDED, lines_sealed="")


def _decide(session: Session, roster: RosterImport, state: ImportState, **values: Any) -> None:
    waiting = (RosterImport.id == roster.id, RosterImport.state == ImportState.READ)
    if not changed(session.execute(update(RosterImport).where(*waiting).values(state=state, **values))):
        raise Conflict("这份名册已经处理过了，请回到名册导入页看结果。")


def take_in(context: TaskContext) -> dict[str, Any]:
    """Add the file's persons, CHUNK at a time; returns how many were added and how many were there already."""
    keys: Keys = context.services["keys"]
    with context.make_session() as session:
        query = select(RosterImport).where(RosterImport.id == context.input["import"])
        roster = session.scalars(query.options(undefer(RosterImport.lines_sealed))).one()
    lines = json.loads(keys.unseal("phone", roster.lines_sealed)) if roster.lines_sealed else []
    added = done = 0
    for part in _parts(lines):
        persons = [_person_row(line, keys, context.now) for line in part]
        with unit_of_work(context.make_session) as session:
            added += _add(session, part, persons, roster.from_on)
        done += len(part)
        context.progress(done, len(lines))
    with unit_of_work(context.make_session) as session:
        finished = update(RosterImport).where(RosterImport.id == roster.id)
        session.execute(finished.values(state=ImportState.DONE, lines_sealed=""))
    return {"added": added, "skipped": len(lines) - added}


def _parts(lines: Sequence[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    for start_at in range(0, len(lines), CHUNK):
        yield lines[start_at : start_at + CHUNK]


def _person_row(line: dict[str, Any], keys: Keys, now: datetime) -> dict[str, Any]:
    phone = line["phone"]
    return {
        **{name: line[name] for name in ("staff_no", "name", "rank_band", "birth_year", "title")},
        "initials": initials_of(line["name"]),
        "phone_sealed": keys.seal("phone", phone) if phone else None,
        "phone_index": keys.mac("phone_index", phone) if phone else None,
        "created_at": now,
    }


def _add(session: Session, lines: Sequence[dict[str, Any]], persons: Sequence[dict[str, Any]], from_on: date) -> int:
    """Persons and their places in one transaction, without those who came in otherwise since the file was read."""
    serialise(session, "people.import")
    known = queries.known_staff(session, [line["staff_no"] for line in lines])
    taken = queries.known_phones(session, [p["phone_index"] for p in persons if p["phone_index"]])
    fresh = [p for p in persons if p["staff_no"] not in known and p["phone_index"] not in taken]
    if not fresh:
        return 0
    made = session.execute(insert(Person).returning(Person.staff_no, Person.id), fresh)
    ids = {staff_no: person_id for staff_no, person_id in made}
    placed = ("unit_id", "branch_id", "party_status", "duty_status")
    memberships = [
        {"person_id": ids[line["staff_no"]], "from_on": from_on, **{name: line[name] for name in placed}}
        for line in lines
        if line["staff_no"] in ids
    ]
    session.execute(insert(Membership), memberships)
    return len(fresh)
