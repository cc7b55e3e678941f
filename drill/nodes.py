"""R19 and R21: several nodes on one database, one of them killed or standing still; nodes exchanged under load."""

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from random import Random
from typing import Any

from bench.cluster import Cluster
from bench.figures import Figure, Row
from bench.load import Pause, Person, Visitor, drive
from drill.durable import Acknowledged, candidate, differences
from drill.late import sitting
from drill.site import TEN, Drill, Site, answer_body, ask_one

RATE = 300.0
SAVERS, CANDIDATES = 60, 40
AFTER_SECONDS = 1.5


def cluster_of(site: Site, nodes: int) -> Cluster:
    """Nodes with the drill's defect."""
    return Cluster(
        site.bureau, nodes=nodes, port=site.port, target="drill.inside:app", environment={"DRILL_MUTANT": site.mutant}
    )


def beside(work: Callable[..., None], *arguments: Any) -> Future[None]:
    """The work goes on in a thread of its own; `result()` waits for its end and raises what it raised, or the drill would hold
    without having been done."""
    pool = ThreadPoolExecutor(1)
    begun = pool.submit(work, *arguments)
    pool.shutdown(wait=False)
    return begun


# --- R21: exchanged under load


def saver(visitor: Visitor, attempt: int, told: Acknowledged, rng: Random, over: threading.Event) -> Person:
    """Saves at an even pace until it is over, whatever is answered."""
    each, sequence = SAVERS / RATE, 1
    at = time.perf_counter() + rng.random() * each
    while not over.is_set():
        yield Pause(at)
        at = max(at + each, time.perf_counter())
        sequence += 1
        item, choice = rng.randint(1, 10), rng.randint(0, 3)
        body = answer_body(item, sequence, [choice])
        answer = yield visitor.call(f"/api/attempts/{attempt}/answers", body, "answer")
        if answer is not None and answer.status == 200:
            told.answers[attempt, item] = (sequence, f"[{choice}]")
            told.count += 1


def reloaded(site: Site) -> dict[str, float]:
    """One node gives way to its successor on SQLite; on PostgreSQL two are restarted one after the other."""
    round_ = site.bureau.contest("换班演练", preset=TEN).round
    site.bureau.prepare(round_, SAVERS)
    told, rng, over = Acknowledged(), Random(21), threading.Event()
    times = 5 if site.is_long else 1 + site.bureau.is_sqlite
    with cluster_of(site, 1 if site.bureau.is_sqlite else 2) as cluster:
        opened = sitting(cluster.port, site.people(SAVERS), round_.id)
        exchanging = beside(_exchange, cluster, times, over)
        took = drive(cluster.port, [saver(v, attempt, told, rng, over) for v, attempt in opened.items()])
        exchanging.result()
    _print_some(took.failures)
    return {
        "requests lost": len(took.failures),
        "missing or older": differences(site, told, round_.id)["missing or older"],
        "acknowledged": told.count,
        "saves": told.count / took.elapsed,
        "slowest 1 of 100": took.percentile("answer", 0.99),
    }


def _exchange(cluster: Cluster, times: int, over: threading.Event) -> None:
    try:
        for _ in range(times):
            time.sleep(AFTER_SECONDS)
            cluster.exchange()
        time.sleep(AFTER_SECONDS)
    finally:
        over.set()


# --- R19: two nodes, one of them gone


def two_nodes(site: Site) -> dict[str, float]:
    round_ = site.bureau.contest("双机演练", preset=TEN).round
    site.bureau.prepare(round_, CANDIDATES)
    told, rng = Acknowledged(), Random(19)
    with cluster_of(site, 2) as cluster:
        heard_after = sum(_log_out(site, cluster, *order) for order in ((0, 1), (1, 0)))
        times = 3 if site.is_long else 1
        until = time.perf_counter() + times * 13
        people = site.people(CANDIDATES)
        lives = [candidate(v, round_.id, told, rng, answers=100_000, until=until + rng.random()) for v in people]
        trouble = beside(_trouble, cluster, times)
        took = drive(cluster.port, lives)
        trouble.result()
    _print_some(took.failures)
    return {
        "heard after the log-out": heard_after,
        **differences(site, told, round_.id),
        "requests lost": len(took.failures),
        "recounts that differ": site.verify(),
    }


def _trouble(cluster: Cluster, times: int) -> None:
    """The second node is killed and comes back, then the first one stands still for six seconds."""
    for _ in range(times):
        time.sleep(1)
        cluster.nodes[1].kill()
        time.sleep(1)
        cluster.start_again(1)
        time.sleep(1)
        cluster.nodes[0].pause()
        time.sleep(6)
        cluster.nodes[0].go_on()


def _log_out(site: Site, cluster: Cluster, here: int, there: int) -> int:
    """Somebody works on both nodes and signs out on one: how many of the requests to both are still heard afterwards."""
    visitor = site.people(1)[0]
    round_ = site.bureau.contest(f"退出演练{here}", preset=TEN).round
    ports = [node.port for node in cluster.nodes]
    attempt = sitting(ports[here], [visitor], round_.id)[visitor]
    working = [_works(ports[n], visitor, attempt, 2 + n) for n in (here, there)]
    assert all(all(each) for each in working), "the sign-in does not stand on both nodes"
    out = ask_one(ports[here], visitor.post("/logout", {"operation_id": secrets.token_hex(16)}, "logout"))
    assert out.status == 303, out.status
    site.bureau.forget(visitor)
    return sum(sum(_works(ports[n], visitor, attempt, 4 + n)) for n in (there, here))


def _works(port: int, visitor: Visitor, attempt: int, sequence: int) -> Sequence[bool]:
    """Whether a page, and an answer, are given to whoever has the sign-in."""
    page = ask_one(port, visitor.get("/me"))
    saved = ask_one(port, visitor.call(f"/api/attempts/{attempt}/answers", answer_body(1, sequence, [0]), "answer"))
    return page.status == 200, saved.status == 200


def _print_some(failures: Sequence[str]) -> None:
    for told in sorted(set(failures))[:3]:
        print(f"     {failures.count(told)} × {told[:160]}")


EXCHANGED = Row(
    "R21",
    "nodes exchanged during 300 saves a second",
    (
        Figure("requests lost", "", 0, 0),
        Figure("missing or older", "", 0, 0),
        Figure("acknowledged", "answers", 1000, at_least=True),
        Figure("saves", "/s", None, 290, at_least=True),
        Figure("slowest 1 of 100", "ms"),
    ),
)
TWO = Row(
    "R19",
    "two nodes, one killed, one standing still",
    (
        Figure("heard after the log-out", "", 0, 0),
        Figure("missing or older", "", 0, 0),
        Figure("unsubmitted", "", 0, 0),
        Figure("doubled", "", 0, 0),
        Figure("requests lost", "", 0, 0),
        Figure("recounts that differ", "", 0, 0),
        Figure("acknowledged", "answers", 500, at_least=True),
        Figure("submissions", "", CANDIDATES, at_least=True),
    ),
)
DRILLS = [
    Drill(TWO, two_nodes, ("each-node-remembers-sign-ins",), needs="nginx", only="postgres"),
    Drill(EXCHANGED, reloaded, ("stopped-before-others-serve",), needs="nginx"),
]
