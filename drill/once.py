"""R05 and R10: one effect however often it is asked for, and a crowd that starts within a second."""

import re
import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from bench.figures import Figure, Row
from bench.load import Answer, Pause, Person, Request, Visitor, drive
from drill.lossy import LossyProxy, until_heard
from drill.site import TEN, Drill, Site, answer_body, ask_one, at_once, good, lease_body, start_body
from lms import clock
from lms.contests import queries as contest_queries
from lms.db import unit_of_work
from lms.leaderboard.models import Board, BoardState
from lms.people.models import Person as PersonRow
from lms.quizzes.models import Attempt
from lms.quizzes.rules import Purpose

REPEATS, THROUGH_PROXY = 50, 8
SECONDS_LEFT = re.compile(rb'"seconds_left": ?\d+')  # passes on while repeats are answered
LOCATION = re.compile(rb"\r\nlocation: *([^\r]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Act:
    """Something that must happen once: the request with a given operation id, and the count of its effects."""

    name: str
    request: Callable[[str], Request]
    effects: Callable[[], int]
    is_form: bool = False
    """A form of a page shows who comes second what is there already, by a 409 that says so."""


def acts(site: Site, port: int, round_id: int, visitor: Visitor) -> Sequence[Act]:
    """A person's way through an exam; each act is prepared when the one before is done."""
    person = visitor.person_id
    mine = "FROM attempts WHERE person_id = :person AND purpose = 'contest' AND subject_id = :round"
    known: dict[str, int] = {}

    def attempt() -> int:
        if "id" not in known:
            known["id"] = site.count(f"SELECT id {mine}", person=person, round=round_id)
            good(ask_one(port, visitor.call(f"/api/attempts/{known['id']}/lease", lease_body(), "lease")))
        return known["id"]

    def counting(sql: str, **values: Any) -> Callable[[], int]:
        return lambda: site.count(sql, **{k: v() if callable(v) else v for k, v in values.items()})

    words = f"意见{secrets.token_hex(8)}"
    return [
        Act(
            "start",
            lambda op: visitor.call("/api/attempts", start_body(round_id), "start", op),
            counting(f"SELECT count(*) {mine}", person=person, round=round_id),
        ),
        Act(
            "save",
            lambda op: visitor.call(f"/api/attempts/{attempt()}/answers", answer_body(1, 1, [0]), "save", op),
            counting("SELECT count(*) FROM answers WHERE attempt_id = :attempt", attempt=attempt),
        ),
        Act(
            "submit",
            lambda op: visitor.call(f"/api/attempts/{attempt()}/submission", {}, "submit", op),
            counting(
                "SELECT count(*) FROM board_results WHERE source_kind = 'attempt' AND source_id = :attempt",
                attempt=attempt,
            ),
        ),
        Act(
            "feedback",
            lambda op: visitor.post("/feedback", {"page": "/", "text": words, "operation_id": op}, "feedback"),
            counting("SELECT count(*) FROM feedback WHERE text = :words", words=words),
            is_form=True,
        ),
    ]


def publication(site: Site, title: str) -> Act:
    """A contest of last month with one result, noticed and reviewed: hua may publish it."""
    hua, visitor = site.bureau.named("hua"), site.people(1)[0]
    line = site.bureau.contest(title, opened_before=timedelta(days=30), lasts=timedelta(days=31), preset=TEN)
    with site.server() as server:
        started = good(ask_one(server.port, visitor.call("/api/attempts", start_body(line.round.id), "start")))
        good(ask_one(server.port, visitor.call(f"/api/attempts/{started['attempt_id']}/submission", {}, "submit")))
    now = clock.now()
    with unit_of_work(site.bureau.make_session) as session:
        found = contest_queries.find_round(session, line.round.id, now=now)
        assert found is not None
        round_ = found.round
        round_.closes_at = now - timedelta(days=20)
        round_.notice_from_on = clock.today(now - timedelta(days=15))
        round_.notice_until_on = clock.today(now - timedelta(days=5))
        round_.reviewed_by_id = session.scalars(select(PersonRow.id).where(PersonRow.staff_no == "ada")).one()
        board_id = round_.board_id
        session.get_one(Board, board_id).state = BoardState.NOTICE
    url = f"/office/contests/rounds/{line.round.id}/publication"
    return Act(
        "publish",
        lambda op: hua.post(url, {"operation_id": op}, "publish"),
        lambda: site.count("SELECT count(*) FROM published_rankings WHERE board_id = :board", board=board_id),
        is_form=True,
    )


@dataclass
class Sums:
    effects: int = 0
    failures: int = 0
    different: int = 0
    server_errors: int = 0
    requests: int = 0

    def hear(self, act: Act, answers: Sequence[Answer], wanted: int, *, is_same: bool) -> None:
        self.requests += wanted
        self.failures += wanted - sum(answer.status < 400 for answer in answers) if is_same else wanted - len(answers)
        self.server_errors += sum(answer.status >= 500 for answer in answers)
        if is_same:
            self.different += max(0, len({_said(answer) for answer in answers}) - 1)

    def see(self, act: Act) -> None:
        self.effects += abs(act.effects() - 1)


def _said(answer: Answer) -> tuple[int, bytes, bytes]:
    location = LOCATION.search(answer.head)
    return answer.status, SECONDS_LEFT.sub(b"", answer.body), location[1] if location else b""


def one_effect(site: Site) -> dict[str, float]:
    publish = [publication(site, f"公布演练{n}") for n in range(3)]
    round_ = site.bureau.contest("重复演练", preset=TEN).round
    repeater, clicker, *unlucky = site.people(2 + THROUGH_PROXY)
    sums = Sums()
    with site.server() as server:
        for act in [*acts(site, server.port, round_.id, repeater), publish[0]]:
            request = act.request(secrets.token_hex(16))
            sums.hear(act, at_once(server.port, [request] * REPEATS), REPEATS, is_same=True)
            sums.see(act)
        for act in [*acts(site, server.port, round_.id, clicker)[:3], publish[1]]:
            # two tabs, each with an operation id of its own; of a form, the second is told what is there already
            twice = [act.request(secrets.token_hex(16)) for _ in range(2)]
            sums.hear(act, at_once(server.port, twice), 2, is_same=False)
            sums.see(act)
        proxy = LossyProxy(server.port, Random(5))
        try:
            for visitor in unlucky:
                for act in acts(site, server.port, round_.id, visitor):
                    _through(proxy, act, sums)
            _through(proxy, publish[2], sums)
        finally:
            proxy.close()
    return {
        "more or less than one effect": sums.effects,
        "different bodies": sums.different,
        "failures": sums.failures,
        "5xx": sums.server_errors,
        "requests": sums.requests,
        "responses lost": proxy.lost,
        "recounts that differ": site.verify(),
    }


def _through(proxy: LossyProxy, act: Act, sums: Sums) -> None:
    """A double click on a network that loses half of the responses: two of the same, each repeated until it is heard."""
    raw = act.request(secrets.token_hex(16)).raw
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda _: until_heard(proxy.port, raw), range(2)))
    sums.hear(act, answers, 2, is_same=True)
    sums.see(act)


# --- a crowd at the bell


def crowd_starts(site: Site) -> dict[str, float]:
    """Half of the people at a round with time for the whole duration, half at one that ends before theirs would."""
    many = 2000 if site.is_long else 300
    whole = site.bureau.contest("开考演练", preset=TEN).round
    short = site.bureau.contest(
        "统一收卷演练", opened_before=timedelta(minutes=15), lasts=timedelta(minutes=35), preset=TEN
    ).round
    people = site.people(many)
    for round_ in (whole, short):
        site.bureau.prepare(round_, len(people) // 2)
    with site.server() as server:
        began = time.perf_counter() + 1.0
        lives = [_start_at(v, (whole, short)[n % 2].id, began + n / len(people)) for n, v in enumerate(people)]
        took = drive(server.port, lives)
    with site.bureau.make_session() as session:
        rows = session.scalars(
            select(Attempt).where(Attempt.purpose == Purpose.CONTEST, Attempt.subject_id.in_([whole.id, short.id]))
        ).all()
    wrong = 0
    for row in rows:
        own = row.started_at + timedelta(minutes=TEN.minutes)
        closes_at = whole.closes_at if row.subject_id == whole.id else short.closes_at
        wrong += row.deadline_at != min(own, closes_at)
    return {
        "errors": len(took.failures),
        "missing or doubled": abs(len(rows) - len(people)) + len(rows) - len({row.person_id for row in rows}),
        "wrong deadlines": wrong,
        "starts": took.count("start"),
        "p95": took.percentile("start"),
    }


def _start_at(visitor: Visitor, round_id: int, at: float) -> Person:
    yield Pause(at)
    yield visitor.call("/api/attempts", start_body(round_id), "start", secrets.token_hex(16))


ONE_EFFECT = Row(
    "R05",
    "50 repeats, double click, half of the responses lost",
    (
        Figure("more or less than one effect", "", 0, 0),
        Figure("different bodies", "", 0, 0),
        Figure("failures", "", 0, 0),
        Figure("5xx", "", 0, 0),
        Figure("recounts that differ", "", 0, 0),
        Figure("responses lost", "", 20, at_least=True),
        Figure("requests", "", 300, at_least=True),
    ),
)
CROWD = Row(
    "R10",
    "starts within one second",
    (
        Figure("errors", "", 0, 0),
        Figure("missing or doubled", "", 0, 0),
        Figure("wrong deadlines", "", 0, 0),
        Figure("starts", "", 300, at_least=True),
        Figure("p95", "ms"),
    ),
)
DRILLS = [
    Drill(ONE_EFFECT, one_effect, ("operation-ids-ignored",)),
    Drill(CROWD, crowd_starts, ("common-end-forgotten",)),
]
