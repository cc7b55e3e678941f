"""R16: a backup made under load comes back on an empty machine, row by row, file by file; one that was damaged is refused."""

import hashlib
import os
import secrets
import shutil
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Engine, func, insert, select

from bench.figures import Figure, Row
from bench.load import Pause, Person, Visitor, drive
from bench.server import ROOT
from drill.site import TEN, Drill, Site, answer_body, lease_body, start_body
from lms import clock
from lms.db import open_engine, unit_of_work
from lms.quizzes.models import Answer, Attempt, CurrentAnswer, Paper
from lms.quizzes.rules import Purpose, Scoring, State

LONG, SHORT = 1_000_000, 20_000
EACH = 50
WRITERS, EVERY_SECONDS = 20, 0.2
AT_ONCE = 200
RECOUNTS = ("audit", "boards", "hours")
KEPT = ("attempt_id", "position", "sequence", "choice")


@dataclass
class Told:
    """What people were told is stored, and whether they are to stop."""

    answers: list[tuple[int, int, int]] = field(default_factory=list)
    is_over: bool = False


def filled(site: Site, answers: int) -> int:
    """So many answers of handed-in attempts more, journal and current ones; returns the highest attempt."""
    now, number = clock.now(), site.count("SELECT max(number) FROM attempts WHERE purpose = 'mock'")
    with unit_of_work(site.bureau.make_session) as session:
        paper = session.scalars(select(Paper.id).order_by(Paper.id).limit(1)).one()
        first = (session.scalar(select(func.max(Attempt.id))) or 0) + 1
    last = first + answers // EACH - 1
    people = [row[0] for row in site.ask("SELECT id FROM persons WHERE staff_no LIKE 'perf%' ORDER BY id")]
    for some in _chunks(range(first, last + 1), AT_ONCE):
        attempts = [
            {
                "id": n, "paper_id": paper, "person_id": people[(n - first) % len(people)], "purpose": Purpose.MOCK, "subject_id": 0,
                "number": number + 1 + (n - first) // len(people), "state": State.SUBMITTED, "scoring": Scoring.HALF,
                "started_at": now - timedelta(hours=1), "started_on": clock.today(now), "submitted_at": now, "max_millis": 100_000,
                "score_millis": n * 37 % 100_000, "letter": "", "note": "",
            }
            for n in some
        ]  # fmt: skip
        rows = [
            {"attempt_id": n, "position": p, "sequence": p, "choice": f"[{(n + p) % 4}]", "saved_at": now}
            for n in some
            for p in range(1, EACH + 1)
        ]
        with unit_of_work(site.bureau.make_session) as session:
            session.execute(insert(Attempt), attempts)
            session.execute(insert(Answer), [{**row, "is_counted": True} for row in rows])
            session.execute(insert(CurrentAnswer), rows)
    return last


def _chunks(numbers: range, size: int) -> Iterator[range]:
    for start in range(0, len(numbers), size):
        yield numbers[start : start + size]


def answering(visitor: Visitor, round_id: int, told: Told, rng: Random) -> Person:
    """Starts and answers until the backup is done."""
    answer = yield visitor.call("/api/attempts", start_body(round_id), "start", secrets.token_hex(16))
    if answer is None or answer.status != 200:
        return
    attempt = answer.json["attempt_id"]
    yield visitor.call(f"/api/attempts/{attempt}/lease", lease_body(), "lease", secrets.token_hex(16))
    sequence = 0
    while not told.is_over:
        sequence, item = sequence + 1, rng.randint(1, 10)
        body = answer_body(item, sequence, [rng.randint(0, 3)])
        answer = yield visitor.call(f"/api/attempts/{attempt}/answers", body, "answer")
        if answer is not None and answer.status == 200:
            told.answers.append((attempt, item, sequence))
        yield Pause(time.perf_counter() + EVERY_SECONDS)


def flask(site: Site, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command of the site, with the drill's defect."""
    return subprocess.run(
        [sys.executable, "-m", "flask", *arguments],
        cwd=ROOT, env={**site.environment, "FLASK_APP": "drill.commands", **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def _done(ended: subprocess.CompletedProcess[str]) -> None:
    if ended.returncode:
        raise RuntimeError(f"{' '.join(ended.args[3:])}: {ended.stdout[-800:]}{ended.stderr[-800:]}")


def restore(site: Site) -> dict[str, float]:
    folder = site.bureau.folder / f"restored-{secrets.token_hex(4)}"
    folder.mkdir()
    try:
        return _restore(site, folder)
    finally:
        shutil.rmtree(folder)


def _restore(site: Site, folder: Path) -> dict[str, float]:
    last = filled(site, LONG if site.is_long else SHORT)
    backup, again = folder / "site.backup", folder / "again.backup"
    before, meanwhile, seconds = _backup_under_load(site, backup)
    there = _environment(site, folder)
    began = time.monotonic()
    _done(flask(site, "backup", "restore", str(backup), **there))
    restored = time.monotonic() - began
    engine = open_engine(there["DATABASE_URL"])
    try:
        differing, found = _differing(site.bureau.engine, engine, last)
        missing = _missing(engine, before)
    finally:
        engine.dispose()
    _done(flask(site, "backup", "create", str(again), **there))
    return {
        "answers that came back": found,
        "answers that differ": differing,
        "acknowledged before it and missing": missing,
        "rows or files that differ in a second backup": _differing_members(backup, again),
        "recounts with a fault": sum(flask(site, what, "verify", **there).returncode != 0 for what in RECOUNTS),
        "damaged backups taken": _damaged_taken(site, backup, folder),
        "answers acknowledged meanwhile": meanwhile,
        "backup": seconds,
        "restore": restored,
        "size": backup.stat().st_size / 2**20,
    }


def _backup_under_load(site: Site, backup: Path) -> tuple[list[tuple[int, int, int]], int, float]:
    """What was acknowledged before the backup began, how many answers came in while it was made, and how long it took."""
    told, rng = Told(), Random()
    round_id = site.bureau.contest(f"备份演练{secrets.token_hex(2)}", preset=TEN).round.id
    with site.server() as server:
        people = [answering(visitor, round_id, told, rng) for visitor in site.people(WRITERS)]
        crowd = threading.Thread(target=drive, args=(server.port, people))
        crowd.start()
        try:
            until = time.monotonic() + 60
            while len(told.answers) < WRITERS * 5 and time.monotonic() < until:
                time.sleep(0.05)
            before, began = list(told.answers), time.monotonic()
            _done(flask(site, "backup", "create", str(backup)))
            seconds = time.monotonic() - began
            meanwhile = len(told.answers) - len(before)
        finally:
            told.is_over = True
            crowd.join(60)
    return before, meanwhile, seconds


def _environment(site: Site, folder: Path) -> dict[str, str]:
    """An empty machine, with the site's key file as its operator keeps it."""
    shutil.copy(site.environment["LMS_KEYS"], folder / "keys.json")
    os.chmod(folder / "keys.json", 0o600)
    return {
        "DATABASE_URL": f"sqlite:///{folder / 'site.sqlite3'}",
        "LMS_KEYS": str(folder / "keys.json"),
        "LMS_MEDIA_DIR": str(folder / "media"),
    }


def _rows(engine: Engine, last: int) -> Iterator[tuple[Any, ...]]:
    """Journal answers up to the attempt, past the code that makes backups."""
    table: Any = Answer.__table__
    names = [table.c[name] for name in KEPT]
    query = select(*names, table.c.saved_at, table.c.is_counted).where(table.c.attempt_id <= last).order_by(*names[:3])
    with engine.connect() as connection:
        for row in connection.execution_options(yield_per=5000).execute(query):
            yield tuple(row)


def _differing(source: Engine, restored: Engine, last: int) -> tuple[int, int]:
    """How many answers of one are not in the other, or are others there; and how many came back."""
    ours, theirs = _rows(source, last), _rows(restored, last)
    differing = found = 0
    while True:
        left, right = list(islice(ours, 20_000)), list(islice(theirs, 20_000))
        if not left and not right:
            return differing, found
        found += len(right)
        if left != right:
            differing += len(set(left) ^ set(right))


def _missing(engine: Engine, before: list[tuple[int, int, int]]) -> int:
    wanted = {attempt for attempt, _, _ in before}
    with engine.connect() as connection:
        table: Any = Answer.__table__
        query = select(table.c.attempt_id, table.c.position, table.c.sequence).where(table.c.attempt_id.in_(wanted))
        there = {tuple(row) for row in connection.execute(query)}
    return len(set(before) - there)


def _members(backup: Path) -> Mapping[str, str]:
    """Name → SHA-256 of every part of a backup, computed here."""
    found = {}
    with tarfile.open(backup) as tar:
        for member in tar:
            content = tar.extractfile(member)
            assert content is not None
            found[member.name] = hashlib.sha256(content.read()).hexdigest()
    return found


OF_THE_MOMENT = ("about.json", "manifest.json", "tables/site_marks/")
"""What says when a backup was made."""


def _differing_members(first: Path, second: Path) -> int:
    one, two = _members(first), _members(second)
    names = {name for name in one.keys() | two.keys() if not name.startswith(OF_THE_MOMENT)}
    return sum(one.get(name) != two.get(name) for name in names)


def _damaged_taken(site: Site, backup: Path, folder: Path) -> int:
    """A bit turned in the middle of a part of answers, a part left out, the end cut off: how many of them are called whole."""
    damaged, taken = folder / "damaged.backup", 0
    with tarfile.open(backup) as tar:
        member = next(m for m in tar if m.name.startswith("tables/answers/"))
        middle = member.offset_data + member.size // 2
    for harm in (_bit_turned, _part_left_out, _end_cut):
        shutil.copy(backup, damaged)
        harm(damaged, middle)
        taken += flask(site, "backup", "verify", str(damaged)).returncode == 0
    return taken


def _bit_turned(path: Path, at: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1]))


def _part_left_out(path: Path, at: int) -> None:
    kept = path.with_suffix(".kept")
    with tarfile.open(path) as whole, tarfile.open(kept, "w", format=tarfile.PAX_FORMAT) as rest:
        for member in whole:
            if not member.name.startswith("tables/answers/000001"):
                rest.addfile(member, whole.extractfile(member))
    kept.replace(path)


def _end_cut(path: Path, at: int) -> None:
    os.truncate(path, at)


DRILLS = [
    Drill(
        Row(
            "R16",
            "a backup under load and its restore",
            (
                Figure("answers that differ", "", 0, 0),
                Figure("answers that came back", "", SHORT, at_least=True),
                Figure("acknowledged before it and missing", "", 0, 0),
                Figure("rows or files that differ in a second backup", "", 0, 0),
                Figure("recounts with a fault", "", 0, 0),
                Figure("damaged backups taken", "", 0, 0),
                Figure("answers acknowledged meanwhile", "", 1, at_least=True),
                Figure("backup", "s"),
                Figure("restore", "s"),
                Figure("size", "MB"),
            ),
        ),
        restore,
        ("newest-answers-left-out", "restored-answers-changed", "damaged-backups-taken"),
    ),
]
