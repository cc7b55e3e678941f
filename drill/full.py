"""R03: a write that fails below the database, or a disk that is full, is told as 503, changes nothing, and is over when there is space again."""

import os
import resource
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import text

from bench.figures import Figure, Row
from bench.load import Answer, Request, Visitor
from bench.server import Server, tree_of
from drill.durable import Acknowledged, differences
from drill.late import sitting
from drill.site import TEN, Drill, Site, answer_body, at_once, start_body
from lms.db import open_engine

PEOPLE = 8
ROOM_BYTES = 24_000_000
SMALL = 4096


@dataclass
class Seen:
    """What was answered while nothing could be written, and after it."""

    told: Acknowledged = field(default_factory=Acknowledged)
    refused: int = 0
    not_503: list[str] = field(default_factory=list)
    pages_failed: int = 0
    slowest: float = 0.0


@contextmanager
def failing_writes(server: Server) -> Iterator[None]:
    """Each write beyond the first 4 KB of any file fails in the server's processes (EFBIG: an I/O error for SQLite)."""
    pids = tree_of(server.pid)
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in pids}
    for pid, (_, hard) in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (SMALL, hard))
    try:
        yield
    finally:
        for pid, limits in before.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


@contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """Not a byte is left on the file system of the folder."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (2**20, SMALL, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def small_disk(site: Site) -> Iterator[Site | None]:
    """The same bureau with its database on a file system of its own, which has little room; None where none can be mounted."""
    folder = site.bureau.folder / "small"
    folder.mkdir(exist_ok=True)
    size = site.count("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()") + ROOM_BYTES
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "jiangtai-drill", str(folder)]
    if os.geteuid() or not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        print("     no small disk can be mounted here: only failing writes were tried")
        yield None
        return
    engine = None
    try:
        url = f"sqlite:///{folder / 'site.sqlite3'}"
        with site.bureau.engine.connect() as connection:
            connection.connection.execute(f"VACUUM INTO '{folder / 'site.sqlite3'}'")
        engine = open_engine(url)
        environment = site.bureau.environment | {"DATABASE_URL": url}
        yield replace(site, bureau=replace(site.bureau, environment=environment, engine=engine, _visitors={}))
    finally:
        if engine is not None:
            engine.dispose()
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


def full(site: Site) -> dict[str, float]:
    seen = _tried(site, failing_writes)
    sums = dict(seen)
    with small_disk(site) as small:
        if small is not None:
            folder = small.bureau.folder / "small"
            for name, value in _tried(small, lambda _server: full_disk(folder)).items():
                sums[name] = max(sums[name], value) if name == "works again after" else sums[name] + value
    return sums


def _tried(site: Site, trouble: Callable[[Server], object]) -> dict[str, float]:
    """One exam with two moments of trouble."""
    round_ = site.bureau.contest(f"磁盘演练{time.monotonic_ns()}", preset=TEN).round
    site.bureau.prepare(round_, 2 * PEOPLE)
    people, seen = site.people(PEOPLE + 1), Seen()
    quiet = replace(
        site, bureau=replace(site.bureau, environment=site.bureau.environment | {"LMS_LOG_LEVEL": "critical"})
    )
    again = 0.0
    with quiet.server() as server:
        opened = sitting(server.port, people[:-1], round_.id)
        for visitor, attempt in opened.items():
            _note(seen, visitor, attempt, 1, _save(server.port, visitor, attempt, 1))
        for turn in range(3 if site.is_long else 2):
            _emptied(site)
            with trouble(server):  # type: ignore[attr-defined]
                _in_trouble(server.port, opened, people[-1], round_.id, seen, 10 + turn)
            again = max(again, _works_again(server.port, opened, seen, 20 + turn))
        for visitor, attempt in opened.items():
            done = at_once(server.port, [_submission(visitor, attempt)])
            if done and done[0].status == 200:
                seen.told.submitted.add(attempt)
    for told in sorted(set(seen.not_503))[:3]:
        print(f"     {told}")
    return {
        "not answered with 503": len(seen.not_503),
        **differences(site, seen.told, round_.id),
        "half done": _half_done(site, round_.id),
        "integrity faults": int(site.ask("PRAGMA integrity_check")[0][0] != "ok"),
        "recounts that differ": site.verify(),
        "pages not shown": seen.pages_failed,
        "works again after": again,
        "refused": seen.refused,
    }


def _emptied(site: Site) -> None:
    """The journal is written into the database and cut off, so that the next write needs room."""
    with site.bureau.engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))


def _in_trouble(
    port: int, opened: dict[Visitor, int], newcomer: Visitor, round_id: int, seen: Seen, sequence: int
) -> None:
    """Everybody saves, hands in, and one begins: all of it is refused, and pages are shown."""
    for visitor, attempt in opened.items():
        _note(seen, visitor, attempt, sequence, _save(port, visitor, attempt, sequence))
        wishes = [
            _submission(visitor, attempt),
            visitor.post(f"/attempts/{attempt}/submission", {"operation_id": secrets.token_hex(16)}, "form"),
        ]
        for wish in wishes:
            for answer in at_once(port, [wish]):
                _judge(seen, wish.kind, answer)
                if answer.status == 200:
                    seen.told.submitted.add(attempt)
    begin = newcomer.call("/api/attempts", start_body(round_id), "start", secrets.token_hex(16))
    for answer in at_once(port, [begin]):
        _judge(seen, "start", answer)
    for visitor in list(opened)[:3]:
        page = at_once(port, [visitor.get("/me")])
        seen.pages_failed += not page or page[0].status != 200


def _save(port: int, visitor: Visitor, attempt: int, sequence: int) -> Answer | None:
    heard = at_once(port, [visitor.call(f"/api/attempts/{attempt}/answers", answer_body(1, sequence, [1]), "answer")])
    return heard[0] if heard else None


def _submission(visitor: Visitor, attempt: int) -> Request:
    return visitor.call(f"/api/attempts/{attempt}/submission", {}, "submit", secrets.token_hex(16))


def _note(seen: Seen, visitor: Visitor, attempt: int, sequence: int, answer: Answer | None) -> None:
    """What a save was answered; before the trouble and after it all are yes."""
    if answer is not None and answer.status == 200:
        seen.told.answers[attempt, 1] = (sequence, "[1]")
        seen.told.count += 1
    if sequence in range(10, 20):
        _judge(seen, "answer", answer)


def _judge(seen: Seen, kind: str, answer: Answer | None) -> None:
    """In trouble only 503 with its sentence is right."""
    if answer is not None and answer.status == 503 and b"retry-after" in answer.head.lower():
        seen.refused += 1
    else:
        told = "no answer" if answer is None else f"{answer.status} {answer.body[:120].decode(errors='replace')}"
        seen.not_503.append(f"{kind}: {told}")


def _works_again(port: int, opened: dict[Visitor, int], seen: Seen, sequence: int) -> float:
    """Seconds until everybody's answer is taken."""
    began = time.monotonic()
    for visitor, attempt in opened.items():
        while True:
            answer = _save(port, visitor, attempt, sequence)
            _note(seen, visitor, attempt, sequence, answer)
            if (answer is not None and answer.status == 200) or time.monotonic() - began > 20:
                break
            time.sleep(0.1)
    return time.monotonic() - began


def _half_done(site: Site, round_id: int) -> int:
    return site.count(
        "SELECT count(*) FROM attempts WHERE purpose = 'contest' AND subject_id = :round "
        "AND ((state = 'submitted' AND score_millis IS NULL) OR (state = 'open' AND score_millis IS NOT NULL))",
        round=round_id,
    )


FULL = Row(
    "R03",
    "writes that fail, and a full disk",
    (
        Figure("not answered with 503", "", 0, 0),
        Figure("missing or older", "", 0, 0),
        Figure("unsubmitted", "", 0, 0),
        Figure("half done", "", 0, 0),
        Figure("integrity faults", "", 0, 0),
        Figure("recounts that differ", "", 0, 0),
        Figure("pages not shown", "", 0, 0),
        Figure("works again after", "s", 5, 1),
        Figure("refused", "", 2 * (3 * PEOPLE + 1), at_least=True),
        Figure("submissions", "", PEOPLE, at_least=True),
    ),
)
DRILLS = [Drill(FULL, full, ("disk-errors-are-our-fault",), only="sqlite")]
