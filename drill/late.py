"""R12 and R14: what comes after the time, and attempts nobody hands in."""

import secrets
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update

from bench.figures import Figure, Row
from bench.load import Answer, Request, Visitor, drive
from drill.once import LOCATION
from drill.site import TEN, Drill, Site, answer_body, ask_one, asking, at_once, good, lease_body, start_body
from lms import clock, outcomes
from lms.db import unit_of_work
from lms.quizzes import services as quizzes
from lms.quizzes.models import Attempt
from lms.quizzes.rules import GRACE, Purpose, State
from lms.quizzes.services import attempts

PEOPLE = 10
NEEDED_SECONDS = 60.0


def sitting(port: int, people: Sequence[Visitor], round_id: int) -> dict[Visitor, int]:
    """Everybody's open attempt, on this device, with one answer that counts."""
    opened = {}
    for visitor in people:
        made = good(ask_one(port, visitor.call("/api/attempts", start_body(round_id), "start", secrets.token_hex(16))))
        opened[visitor] = attempt = made["attempt_id"]
        good(ask_one(port, visitor.call(f"/api/attempts/{attempt}/lease", lease_body(), "lease")))
        good(ask_one(port, visitor.call(f"/api/attempts/{attempt}/answers", answer_body(1, 1, [0]), "answer")))
    return opened


def other_verbs(visitor: Visitor, attempt: int, round_id: int, *, is_open: bool) -> list[Request]:
    """Everything but an answer that could still write the attempt."""
    api = f"/api/attempts/{attempt}"
    fields = {"lease": "", "then": "submit", "take_over": "1"}
    verbs = [
        visitor.call(f"{api}/submission", {}, "submit", secrets.token_hex(16)),
        visitor.call(f"{api}/lease", lease_body(), "lease", secrets.token_hex(16)),
        visitor.post(f"/attempts/{attempt}/answers", fields, "form"),
        visitor.post(f"/attempts/{attempt}/submission", {}, "form submission"),
    ]
    if is_open:  # once it is closed, a start is a new attempt, or one too many for the day
        verbs.append(visitor.call("/api/attempts", start_body(round_id), "start", secrets.token_hex(16)))
    return verbs


def late(site: Site) -> dict[str, float]:
    round_ = site.bureau.contest("迟到演练", preset=TEN).round
    sums = {"late answers": 0, "not answered as late": 0, "other verbs": 0, "other verbs not refused": 0}
    refused_as: set[str] = set()
    with site.server() as server:
        opened = sitting(server.port, site.people(PEOPLE), round_.id)
        _end(site, list(opened.values()), clock.now() - GRACE - timedelta(seconds=1))
        for is_open in (True, False):
            if not is_open:
                quizzes.close_due(site.bureau.make_session, outcomes.settle, clock.now())
                before = _scores(site, opened)
            for n, (visitor, attempt) in enumerate(opened.items()):
                body = answer_body(1, 2 if is_open else 3, [n % 4])
                heard = at_once(server.port, [visitor.call(f"/api/attempts/{attempt}/answers", body, "late")] * 2)
                sums["late answers"] += len(heard)
                sums["not answered as late"] += sum(not _is_late(answer) for answer in heard)
                for verb in other_verbs(visitor, attempt, round_.id, is_open=is_open):
                    answer = ask_one(server.port, verb)
                    sums["other verbs"] += 1
                    if not _is_refused(answer, is_open=is_open):
                        sums["other verbs not refused"] += 1
                        refused_as.add(f"{verb.kind} ({'open' if is_open else 'closed'}): {answer.status}")
    for told in sorted(refused_as):
        print(f"     not refused: {told}")
    counted = site.count(
        "SELECT count(*) FROM answers a JOIN attempts t ON t.id = a.attempt_id WHERE t.purpose = 'contest' "
        "AND t.subject_id = :round AND a.sequence > 1 AND a.is_counted",
        round=round_.id,
    )
    changed = sum(before[attempt] != score for attempt, score in _scores(site, opened).items())
    return {**sums, "late ones that count": counted, "changed scores": changed + _regraded(site, opened, before)}


def _is_late(answer: Answer) -> bool:
    return answer.status == 200 and answer.json["saved"] is True and answer.json["counted"] is False


def _is_refused(answer: Answer, *, is_open: bool) -> bool:
    """409; a form of an attempt that is closed meanwhile leads to its result, which writes nothing."""
    where = LOCATION.search(answer.head)
    return answer.status == 409 or (
        not is_open and answer.status == 303 and where is not None and b"/review" in where[1]
    )


def _end(site: Site, attempts: Sequence[int], deadline_at: datetime) -> None:
    with unit_of_work(site.bureau.make_session) as session:
        begun = deadline_at - timedelta(minutes=TEN.minutes)
        session.execute(
            update(Attempt).where(Attempt.id.in_(attempts)).values(deadline_at=deadline_at, started_at=begun)
        )


def _scores(site: Site, opened: dict[Visitor, int]) -> dict[int, int | None]:
    with site.bureau.make_session() as session:
        rows = session.execute(select(Attempt.id, Attempt.score_millis).where(Attempt.id.in_(opened.values())))
        return {attempt: score for attempt, score in rows}


def _regraded(site: Site, opened: dict[Visitor, int], before: dict[int, int | None]) -> int:
    """How many attempts would earn something else if they were graded anew from what is stored now."""
    wrong = 0
    for attempt_id in opened.values():
        with site.bureau.make_session() as session:
            attempt = session.get_one(Attempt, attempt_id)
            assert attempt.deadline_at is not None
            attempts._grade(session, attempt, ended_at=attempt.deadline_at)
            wrong += attempt.score_millis != before[attempt_id]
            session.rollback()
    return wrong


# --- abandoned


def abandoned(site: Site) -> dict[str, float]:
    """Workers close what nobody hands in: two at once without taking turns, both killed on the way, a third after them."""
    site.write("CREATE TABLE IF NOT EXISTS drill_settled (attempt_id BIGINT)")
    many = 500 if site.is_long else 100
    round_ = site.bureau.contest("弃考演练", preset=TEN).round
    site.bureau.prepare(round_, many)
    with site.server() as server:
        heard: list[Answer] = []
        people = site.people(many)
        drive(
            server.port,
            [
                asking(v.call("/api/attempts", start_body(round_.id), "start", secrets.token_hex(16)), heard)
                for v in people
            ],
        )
        ids = [good(answer)["attempt_id"] for answer in heard]
    workers = [site.worker(hasty=True), site.worker(hasty=True)]
    try:
        site.await_workers(workers)
        over_at = clock.now() + timedelta(seconds=1)
        _end(site, ids, over_at - GRACE)
        first = list(workers)
        workers.append(site.worker())  # it begins when those are dead
        killed = _kill_midway(site, first, round_.id, many)
        seconds = _wait(site, round_.id, over_at)
        time.sleep(2.0)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    return {**_closed(site, round_.id, ids), "seconds until all are": seconds, "closed when both were killed": killed}


def _open(site: Site, round_id: int) -> int:
    query = "SELECT count(*) FROM attempts WHERE purpose = 'contest' AND subject_id = :round AND state = 'open'"
    return site.count(query, round=round_id)


def _kill_midway(site: Site, workers: Sequence[object], round_id: int, many: int) -> int:
    """Both workers die once a fifth of the attempts is closed; how many were by then."""
    until = time.monotonic() + 30
    while _open(site, round_id) > many * 4 // 5 and time.monotonic() < until:
        time.sleep(0.002)
    for worker in workers:
        worker.kill()  # type: ignore[attr-defined]
    return many - _open(site, round_id)


def _wait(site: Site, round_id: int, over_at: datetime) -> float:
    """Seconds from deadline and grace until no attempt is open."""
    while _open(site, round_id) and (clock.now() - over_at).total_seconds() < NEEDED_SECONDS + 5:
        time.sleep(0.1)
    return (clock.now() - over_at).total_seconds()


def _closed(site: Site, round_id: int, ids: Sequence[int]) -> dict[str, float]:
    with site.bureau.make_session() as session:
        rows = session.scalars(
            select(Attempt).where(Attempt.purpose == Purpose.CONTEST, Attempt.subject_id == round_id)
        ).all()
    whole = [row for row in rows if row.state is State.CLOSED and row.score_millis is not None]
    right = [row for row in whole if row.submitted_at == row.deadline_at]
    settled = {
        attempt: count
        for attempt, count in site.ask("SELECT attempt_id, count(*) FROM drill_settled GROUP BY attempt_id")
        if attempt in set(ids)
    }
    return {
        "abandoned": len(ids),
        "not closed and graded": len(ids) - len(whole),
        "not closed as of the deadline": len(whole) - len(right),
        "not settled once": sum(settled.get(attempt, 0) != 1 for attempt in ids),
    }


LATE = Row(
    "R12",
    "answers and other verbs after deadline and grace",
    (
        Figure("not answered as late", "", 0, 0),
        Figure("other verbs not refused", "", 0, 0),
        Figure("late ones that count", "", 0, 0),
        Figure("changed scores", "", 0, 0),
        Figure("late answers", "", 4 * PEOPLE, at_least=True),
        Figure("other verbs", "", 9 * PEOPLE, at_least=True),
    ),
)
ABANDONED = Row(
    "R14",
    "abandoned attempts, closers doubled and killed",
    (
        Figure("not closed and graded", "", 0, 0),
        Figure("not closed as of the deadline", "", 0, 0),
        Figure("not settled once", "", 0, 0),
        Figure("seconds until all are", "s", NEEDED_SECONDS, 20),
        Figure("abandoned", "", 100, at_least=True),
        Figure("closed when both were killed", "", 20, at_least=True),
    ),
)
DRILLS = [
    Drill(LATE, late, ("late-answers-count", "late-submissions-taken")),
    Drill(ABANDONED, abandoned, ("nothing-closes", "closed-in-two-steps", "closed-whatever-the-state")),
]
