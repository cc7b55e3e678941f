"""R01 and R02: what was acknowledged is there after the process was killed, and was on the disk before it was acknowledged."""

import math
import re
import secrets
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median

from bench.figures import Figure, Row
from bench.load import Person, Visitor, drive
from bench.server import Server
from drill.site import TEN, Drill, Site, answer_body, lease_body, start_body

CANDIDATES, SUBMITTING = 100, 10
SYNCED = 50


@dataclass
class Acknowledged:
    """What candidates were told is stored: (attempt, item) → (sequence, choice), and the attempts handed in."""

    answers: dict[tuple[int, int], tuple[int, str]] = field(default_factory=dict)
    submitted: set[int] = field(default_factory=set)
    count: int = 0


def candidate(
    visitor: Visitor, round_id: int, told: Acknowledged, rng: Random, *, answers: int, until: float = math.inf
) -> Person:
    """Starts, answers one question after the other as fast as it can, and hands in after so many answers, or at a moment of
    time.perf_counter()."""
    answer = yield visitor.call("/api/attempts", start_body(round_id), "start", secrets.token_hex(16))
    if answer is None or answer.status != 200:
        return
    attempt = answer.json["attempt_id"]
    yield visitor.call(f"/api/attempts/{attempt}/lease", lease_body(), "lease", secrets.token_hex(16))
    for sequence in range(1, answers + 1):
        if time.perf_counter() > until:
            break
        item, choice = rng.randint(1, 10), rng.randint(0, 3)
        body = answer_body(item, sequence, [choice])
        answer = yield visitor.call(f"/api/attempts/{attempt}/answers", body, "answer")
        if answer is not None and answer.status == 200:
            told.answers[attempt, item] = (sequence, f"[{choice}]")
            told.count += 1
    answer = yield visitor.call(f"/api/attempts/{attempt}/submission", {}, "submit", secrets.token_hex(16))
    if answer is not None and answer.status == 200:
        told.submitted.add(attempt)


def kill_under_load(site: Site) -> dict[str, float]:
    kills, rng = (100 if site.is_long else 3), Random()
    sums = dict.fromkeys(("acknowledged", "submissions", "missing or older", "unsubmitted", "doubled"), 0.0)
    waits, ratios = [], []
    for n in range(kills):
        told, round_id, first, again = _one_kill(site, n, rng)
        waits.append(again.seconds)
        ratios.append(again.worked / first.worked)
        for name, value in differences(site, told, round_id).items():
            sums[name] += value
    faults = 0
    if site.bureau.is_sqlite:
        faults = int(site.ask("PRAGMA integrity_check")[0][0] != "ok")
    return {
        **sums,
        "integrity faults": faults,
        "recounts that differ": site.verify(),
        "serving again": max(waits),
        "against a first start": median(ratios),
    }


@dataclass(frozen=True)
class Begun:
    """How long a server took to its first 200, and how much of that it was not waiting for a processor others had."""

    seconds: float
    worked: float


def begun(server: Server) -> Begun:
    seconds = server.wait()
    return Begun(seconds, max(0.01, seconds - server.queued_seconds()))


def _one_kill(site: Site, n: int, rng: Random) -> tuple[Acknowledged, int, Begun, Begun]:
    """(what was acknowledged before the kill, round, the start before it, the start after it)."""
    round_ = site.bureau.contest(f"断电演练{n}", preset=TEN).round
    site.bureau.prepare(round_, CANDIDATES)
    people, told, server = site.people(CANDIDATES), Acknowledged(), site.server()
    first = begun(server)
    handing_in = set(rng.sample(range(CANDIDATES), SUBMITTING))
    lives = [
        candidate(v, round_.id, told, rng, answers=rng.randint(1, 10) if k in handing_in else 100_000)
        for k, v in enumerate(people)
    ]
    killer = threading.Timer(rng.uniform(1.5, 3.5), server.kill)
    killer.start()
    try:
        drive(server.port, lives)
    finally:
        killer.join()
    again = site.server()
    try:
        return told, round_.id, first, begun(again)
    finally:
        again.close()


def differences(site: Site, told: Acknowledged, round_id: int) -> dict[str, float]:
    """What of the acknowledged is not there, counted."""
    of_round = "SELECT id FROM attempts WHERE purpose = 'contest' AND subject_id = :round"
    current = {
        (attempt, item): sequence
        for attempt, item, sequence in site.ask(
            f"SELECT attempt_id, position, sequence FROM current_answers WHERE attempt_id IN ({of_round})",
            round=round_id,
        )
    }
    journal = {
        (attempt, item, sequence): choice
        for attempt, item, sequence, choice in site.ask(
            f"SELECT attempt_id, position, sequence, choice FROM answers WHERE attempt_id IN ({of_round})",
            round=round_id,
        )
    }
    missing = sum(
        current.get(place, 0) < sequence or journal.get((*place, sequence)) != choice
        for place, (sequence, choice) in told.answers.items()
    )
    ended = {
        attempt
        for (attempt,) in site.ask(
            f"SELECT id FROM attempts WHERE state = 'submitted' AND score_millis IS NOT NULL AND id IN ({of_round})",
            round=round_id,
        )
    }
    twice = site.ask(
        "SELECT person_id FROM attempts WHERE purpose = 'contest' AND subject_id = :round GROUP BY person_id HAVING count(*) > 1",
        round=round_id,
    )
    return {
        "acknowledged": told.count,
        "submissions": len(told.submitted),
        "missing or older": missing,
        "unsubmitted": len(told.submitted - ended),
        "doubled": len(twice),
    }


# --- the order of syncs and answers

TRACED = "trace=fdatasync,fsync,sendto,sendmsg,write,writev"
_ANSWERED = re.compile(r"(?:sendto|sendmsg|write|writev)\(.*HTTP/1\.1 (\d)")
_SYNCED = re.compile(r"f(?:data)?sync(?:\(\d+\)| resumed>\))\s+= 0")


def synced_first(lines: Iterable[str]) -> tuple[int, int]:
    """(answers below 400, those with a finished sync between them and the answer before), from the output of strace."""
    answered = after_sync = 0
    is_synced = False
    for line in lines:
        if _SYNCED.search(line):
            is_synced = True
        elif found := _ANSWERED.search(line):
            if found[1] in "23":
                answered += 1
                after_sync += is_synced
            is_synced = False
    return answered, after_sync


def sync_before_answer(site: Site) -> dict[str, float]:
    """One request after the other, so that every answer needs a sync of its own."""
    trace = site.bureau.folder / "strace.txt"
    round_ = site.bureau.contest("落盘演练", preset=TEN).round
    people = site.people(6)
    server = site.server(under=("strace", "-f", "-s", "24", "-e", "signal=none", "-e", TRACED, "-o", str(trace)))
    told = Acknowledged()
    with server:
        drive(server.port, [candidate(people[0], round_.id, told, Random(1), answers=3)])
        begins = _size(trace)
        for visitor in people[1:]:
            drive(server.port, [_without_lease(visitor, round_.id)])
        time.sleep(0.3)
        with trace.open(errors="replace") as read:
            read.seek(begins)
            answered, after_sync = synced_first(read)
    return {"acknowledged": answered, "without a sync of their own": answered - after_sync}


def _size(trace: Path) -> int:
    time.sleep(0.3)
    return trace.stat().st_size


def _without_lease(visitor: Visitor, round_id: int) -> Person:
    return candidate(visitor, round_id, Acknowledged(), Random(2), answers=SYNCED // 5)


KILLED = Row(
    "R01",
    "killed under load",
    (
        Figure("missing or older", "", 0, 0),
        Figure("unsubmitted", "", 0, 0),
        Figure("doubled", "", 0, 0),
        Figure("integrity faults", "", 0, 0),
        Figure("recounts that differ", "", 0, 0),
        Figure("against a first start", "×", 2, 1.2),
        Figure("serving again", "s", None, 3),
        Figure("acknowledged", "answers", 100, at_least=True),
        Figure("submissions", "", 1, at_least=True),
    ),
)
SYNC = Row(
    "R02",
    "a sync before each acknowledgement",
    (Figure("without a sync of their own", "", 0, 0), Figure("acknowledged", "", SYNCED, at_least=True)),
)
DRILLS = [
    Drill(KILLED, kill_under_load, ("acknowledged-before-the-commit",)),
    Drill(SYNC, sync_before_answer, ("synchronous-normal",), needs="strace", only="sqlite"),
]
