"""R15: during an exam the bucket goes away, hangs and comes back, and PostgreSQL is restarted and crashes: no acknowledged answer is lost,
only what needs them degrades, and soon after their return everything works again."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from bench.blobs import BlobServer
from bench.figures import Figure, Row
from bench.load import Pause, Person, Visitor, drive
from drill.durable import Acknowledged, differences
from drill.late import sitting
from drill.nodes import beside
from drill.site import TEN, Drill, Site, answer_body, at_once
from drill.suite import tests

PEOPLE, RATE = 40, 120.0
AGAIN_SECONDS = 0.5
AWAY_SECONDS = 2.5
OUTBOX = "tests/notices/test_outbox.py::"
MAIL = (
    f"{OUTBOX}test_a_mail_server_in_trouble_is_asked_again_and_the_repeat_carries_the_same_number",
    f"{OUTBOX}test_what_may_pass_is_tried_again_after_a_while_and_arrives",
)


@dataclass
class Heard:
    """What candidates heard. `yes`: (moment, who) of each acknowledged answer."""

    told: Acknowledged = field(default_factory=Acknowledged)
    yes: list[tuple[float, int]] = field(default_factory=list)
    no: list[tuple[float, str]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def refused(self, since: float, until: float) -> int:
        return sum(since <= at <= until for at, _ in self.no)

    def recovery(self, since: float) -> float:
        """Seconds until the last of them was heard again."""
        first: dict[int, float] = {}
        for at, who in self.yes:
            if at >= since:
                first.setdefault(who, at)
        return max(first.values()) - since if len(first) == PEOPLE else float("inf")


def patient(visitor: Visitor, attempt: int, heard: Heard, rng: Random) -> Person:
    """Saves at an even pace; what is not acknowledged is sent again, as the exam page does."""
    each, sequence = PEOPLE / RATE, 1
    at = time.perf_counter() + rng.random() * each
    while not heard.over.is_set():
        yield Pause(at)
        sequence += 1
        item, choice = rng.randint(1, 10), rng.randint(0, 3)
        request = visitor.call(f"/api/attempts/{attempt}/answers", answer_body(item, sequence, [choice]), "answer")
        while (answer := (yield request)) is not None and answer.status != 200:
            known = answer.status == 503 and b"retry-after" in answer.head.lower()
            heard.no.append((time.perf_counter(), "503" if known else f"{answer.status} {answer.body[:100]!r}"))
            if heard.over.is_set():
                return
            yield Pause(time.perf_counter() + AGAIN_SECONDS)
        heard.yes.append((time.perf_counter(), visitor.person_id))
        heard.told.answers[attempt, item] = (sequence, f"[{choice}]")
        heard.told.count += 1
        at = max(at + each, time.perf_counter())


def degraded(site: Site) -> dict[str, float]:
    heard, rng, measured = Heard(), Random(15), dict[str, float]()
    round_ = site.bureau.contest("依赖演练", preset=TEN).round
    site.bureau.prepare(round_, PEOPLE)
    with BlobServer(site.bureau.folder / "blobs") as blobs:
        with_s3 = replace(site, bureau=replace(site.bureau, environment=site.bureau.environment | blobs.environment))
        with with_s3.server() as server:
            opened = sitting(server.port, site.people(PEOPLE), round_.id)
            troubles = beside(_troubles, site, server.port, blobs, heard, measured)
            took = drive(server.port, [patient(v, attempt, heard, rng) for v, attempt in opened.items()])
            troubles.result()
    strange = [told for _, told in heard.no if told != "503"] + [f for f in took.failures if ": 503" not in f]
    for told in sorted(set(strange))[:3]:
        print(f"     {strange.count(told)} × {told[:160]}")
    missing = differences(site, heard.told, round_.id)["missing or older"]
    mail = tests(MAIL, site)["failed"] if not site.mutant else 0.0
    return {"missing or older": missing, **measured, "strange answers": len(strange), "mail tests failed": mail,
            "acknowledged": heard.told.count}  # fmt: skip


def _troubles(site: Site, port: int, blobs: BlobServer, heard: Heard, measured: dict[str, float]) -> None:
    try:
        time.sleep(1)
        began = time.perf_counter()
        with _asked(port):
            measured["bucket back after"] = _without_bucket(port, blobs)
        measured["answers refused without the bucket"] = heard.refused(began, time.perf_counter())
        recoveries = []
        for stop in _stops(site):
            stop()
            time.sleep(AWAY_SECONDS)
            _start(site)
            back = time.perf_counter()
            time.sleep(6)
            recoveries.append(heard.recovery(back))
        measured["answers back after"] = max(recoveries)
    finally:
        heard.over.set()


def _without_bucket(port: int, blobs: BlobServer) -> float:
    """The bucket's server dies and comes back, then it hangs. Seconds from its return until the site says that it is ready."""
    blobs.close()
    time.sleep(AWAY_SECONDS + 1.5)
    assert not _is_ready(port), "the site did not notice that the bucket was away"
    blobs.start()
    blobs.wait()
    back = time.perf_counter()
    while not _is_ready(port) and time.perf_counter() - back < 30:
        time.sleep(0.1)
    ready = time.perf_counter() - back
    blobs.pause()
    time.sleep(AWAY_SECONDS)
    blobs.go_on()
    return ready


@contextmanager
def _asked(port: int) -> Iterator[None]:
    """Three balancers ask all the while whether the site is ready, which asks the bucket."""
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            _is_ready(port)
            time.sleep(0.3)

    asking = [threading.Thread(target=ask) for _ in range(3)]
    for each in asking:
        each.start()
    try:
        yield
    finally:
        over.set()
        for each in asking:
            each.join()


def _is_ready(port: int) -> bool:
    heard = at_once(port, [Visitor(0, "", "").get("/readyz")])
    return bool(heard) and heard[0].status == 200


def _stops(site: Site) -> list[Callable[[], None]]:
    """PostgreSQL ends as for an upgrade; and as after a crash, with all its sessions."""
    return [lambda: _end(site, signal.SIGINT), lambda: _end(site, signal.SIGQUIT)]


def _end(site: Site, number: signal.Signals) -> None:
    pid = site.bureau.database_pid
    assert pid is not None
    os.kill(pid, number)
    until = time.monotonic() + 20
    while _runs(pid):
        if time.monotonic() > until:
            raise TimeoutError("PostgreSQL does not end")
        time.sleep(0.05)


def _start(site: Site) -> None:
    """PostgreSQL serves again; its starter has ten seconds of patience, a busy machine may want more."""
    for left in reversed(range(6)):
        try:
            site.bureau.postgres.ensure_postgres_running()
            return
        except subprocess.SubprocessError:
            if not left:
                raise


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


AWAY = Row(
    "R15",
    "without bucket, mail or PostgreSQL during an exam",
    (
        Figure("missing or older", "", 0, 0),
        Figure("strange answers", "", 0, 0),
        Figure("answers refused without the bucket", "", 0, 0),
        Figure("answers back after", "s", 5, 2),
        Figure("bucket back after", "s", 5, 4),
        Figure("mail tests failed", "", 0, 0),
        Figure("acknowledged", "answers", 500, at_least=True),
    ),
)
DRILLS = [Drill(AWAY, degraded, ("acknowledged-without-the-database",), needs="weed", only="postgres")]
