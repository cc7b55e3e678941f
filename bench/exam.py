"""Exams: one answer (P1, P2), a whole exam of fifty questions (P6, P7, P8), a thousand people at once (P9), log-ins beside answers (P14)."""

import re
import secrets
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from urllib.parse import urlencode

from bench.bureau import Bureau
from bench.figures import Figure, Group, Once, Row
from bench.load import Pause, Person, Request, Took, Visitor, drive
from bench.server import Server
from lms.contests.jobs import STOCK
from lms.demo.cast import PASSWORD

CONNECTIONS = 32
EXAMS = 128
QUESTIONS = 50
CROWD, START_SECONDS, EVERY_SECONDS, RUN_SECONDS = 1000, 10.0, 10.0, 30.0
PACED, LOGINS = 200.0, 10.0
LEASE = "lease-of-the-bench-device"


class Exams:
    """The rows of exams against one server."""

    def __init__(self, bureau: Bureau, server: Server, seconds: float) -> None:
        self.bureau, self.server, self.seconds = bureau, server, seconds
        self._sitting: list[tuple[Visitor, int]] = []
        self._counter = count(1)

    def sitting(self) -> list[tuple[Visitor, int]]:
        """People with an open attempt on this device, for answers alone."""
        if not self._sitting:
            round_ = self.bureau.contest("答题").round
            opened: dict[Visitor, int] = {}
            people = self.bureau.visitors(CONNECTIONS)
            drive(self.server.port, [_open(v, round_.id, opened) for v in people]).check()
            self._sitting = list(opened.items())
        return self._sitting

    def answers(self) -> Once:
        sitting = self.sitting()
        _warm(self.server, sitting)
        until = time.perf_counter() + self.seconds
        cpu = self.server.cpu_seconds()
        took = drive(self.server.port, [_answering(v, a, until=until) for v, a in sitting]).check()
        cpu = self.server.cpu_seconds() - cpu
        many = took.count("answer")
        p95 = took.percentile("answer")
        return {"P1": {"CPU": cpu * 1000 / many}, "P2": {"rate": many / took.elapsed, "p95": p95}}

    def whole(self) -> Once:
        """EXAMS people from start to submission, 32 at once, phase by phase, so that each phase's work is known."""
        number = next(self._counter)
        round_ = self.bureau.contest(f"满卷第{number}场").round
        self.bureau.prepare(round_, EXAMS)
        people = self.bureau.visitors(EXAMS, first=100)
        opened: dict[Visitor, int] = {}
        self._phase(
            [_read(v) for v in people]
        )  # so that everybody's session is known, as after reading the contest page
        start = self._phase([_start(v, round_.id, opened) for v in people])
        paper = self._phase([_paper(v, opened[v]) for v in people])
        answers = self._phase([_answering(v, opened[v], times=QUESTIONS) for v in people])
        submit = self._phase([_submit(v, opened[v]) for v in people])
        cpu = [phase[0] * 1000 / EXAMS for phase in (start, paper, answers, submit)]
        return {
            "P6": {"CPU": cpu[0], "p95": start[1].percentile("start")},
            "P7": {"CPU": cpu[3]},
            "P8": {"CPU": sum(cpu)},
        }

    def _phase(self, people: Sequence[Person]) -> tuple[float, Took]:
        """(CPU seconds, took) of these people, 32 at a time."""
        cpu = self.server.cpu_seconds()
        took = drive(self.server.port, [_in_turn(people[n::CONNECTIONS]) for n in range(CONNECTIONS)]).check()
        return self.server.cpu_seconds() - cpu, took

    def crowd(self) -> Once:
        """A thousand people start within ten seconds, then each answers every ten seconds."""
        number = next(self._counter)
        round_ = self.bureau.contest(f"大场第{number}场").round
        self.bureau.prepare(round_, STOCK)
        people = self.bureau.visitors(CROWD, first=500)
        began = time.perf_counter() + 1.0
        lives = [
            _life(v, round_.id, began + START_SECONDS * n / CROWD, began + RUN_SECONDS) for n, v in enumerate(people)
        ]
        took = drive(self.server.port, lives)
        errors = len(took.failures)
        slow = max(took.percentile("start"), took.percentile("answer"))
        return {"P9": {"errors": errors, "p95": slow, "answers": took.count("answer")}}

    def logins(self) -> Once:
        """Paced answers alone, then with ten log-ins a second beside them."""
        sitting = self.sitting()
        _warm(self.server, sitting)
        quiet = self._paced(sitting, [])
        named = [f"perf{3000 + n}" for n in range(8)]
        busy = self._paced(sitting, named)
        before, during = (took.check().percentile("answer") for took in (quiet, busy))
        return {"P14": {"ratio": during / before, "quiet": before, "during": during, "logins": busy.count("login")}}

    def _paced(self, sitting: Sequence[tuple[Visitor, int]], names: Sequence[str]) -> Took:
        began = time.perf_counter() + 0.1
        until = began + self.seconds
        every = len(sitting) / PACED
        lives = [_pacing(v, a, began + every * n / len(sitting), every, until) for n, (v, a) in enumerate(sitting)]
        each = len(names) / LOGINS
        lives += [_signing_in(name, began + each * n / len(names), each, until) for n, name in enumerate(names)]
        return drive(self.server.port, lives)


def _warm(server: Server, sitting: Sequence[tuple[Visitor, int]]) -> None:
    until = time.perf_counter() + 0.5
    drive(server.port, [_answering(v, a, until=until) for v, a in sitting]).check()


def _in_turn(people: Sequence[Person]) -> Person:
    for person in people:
        yield from person


def _read(visitor: Visitor) -> Person:
    yield visitor.get("/contests", "page")


def _start(visitor: Visitor, round_id: int, opened: dict[Visitor, int]) -> Person:
    body = {"purpose": "contest", "subject_id": round_id}
    answer = yield visitor.call("/api/attempts", body, "start", secrets.token_hex(16))
    assert answer is not None
    opened[visitor] = answer.json.get("attempt_id", 0)


def _paper(visitor: Visitor, attempt_id: int) -> Person:
    """The exam page with all its questions, and the lease its script takes."""
    yield visitor.get(f"/attempts/{attempt_id}", "paper")
    lease = {"lease": LEASE, "take_over": False}
    yield visitor.call(f"/api/attempts/{attempt_id}/lease", lease, "lease")


def _open(visitor: Visitor, round_id: int, opened: dict[Visitor, int]) -> Person:
    yield from _start(visitor, round_id, opened)
    yield from _paper(visitor, opened[visitor])


_sequences = count(1)


def answer_request(visitor: Visitor, attempt_id: int) -> Request:
    """The next answer: every one is new, to one question after the other, as a candidate gives them."""
    n = next(_sequences)
    body = {"item": n % QUESTIONS + 1, "sequence": n, "choice": [n % 4], "lease": LEASE}
    return visitor.call(f"/api/attempts/{attempt_id}/answers", body, "answer")


def _answering(visitor: Visitor, attempt_id: int, *, until: float = 0.0, times: int = 0) -> Person:
    done = 0
    while time.perf_counter() < until or done < times:
        yield answer_request(visitor, attempt_id)
        done += 1


def _pacing(visitor: Visitor, attempt_id: int, at: float, every: float, until: float) -> Person:
    while at < until:
        yield Pause(at)
        yield answer_request(visitor, attempt_id)
        at += every


def submit_request(visitor: Visitor, attempt_id: int) -> Request:
    return visitor.call(f"/api/attempts/{attempt_id}/submission", {}, "submit", secrets.token_hex(16))


def _submit(visitor: Visitor, attempt_id: int) -> Person:
    yield submit_request(visitor, attempt_id)


def _life(visitor: Visitor, round_id: int, at: float, until: float) -> Person:
    opened: dict[Visitor, int] = {}
    yield Pause(at)
    yield from _open(visitor, round_id, opened)
    while at + EVERY_SECONDS < until:
        at += EVERY_SECONDS
        yield Pause(at)
        yield answer_request(visitor, opened[visitor])


def _signing_in(name: str, at: float, every: float, until: float) -> Person:
    """The log-in page and its form, with the real hash."""
    while at < until:
        yield Pause(at)
        page = yield Request("page", b"GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert page is not None
        token = re.search(rb'<meta name="csrf-token" content="([0-9a-f]+)">', page.body)
        visit = re.search(rb"lms_visit=([^;]+)", page.head)
        assert token is not None
        assert visit is not None
        form = urlencode({"csrf_token": token[1].decode(), "username": name, "password": PASSWORD}).encode()
        head = b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        head += b"Cookie: lms_visit=" + visit[1] + b"\r\nContent-Length: " + str(len(form)).encode() + b"\r\n\r\n"
        yield Request("login", head + form)
        at += every


MILLIS = "ms"
ANSWER = Row("P1", "save one answer", (Figure("CPU", MILLIS, 1.2, 0.55),))
RATE = Row(
    "P2",
    "answers/s, 32 connections",
    (Figure("rate", "/s", 1000, 2200, at_least=True), Figure("p95", MILLIS, None, 25)),
)
START = Row(
    "P6", "start of 50 drawn questions, 32 at once", (Figure("CPU", MILLIS, 8, 3), Figure("p95", MILLIS, 150, 60))
)
SUBMIT = Row("P7", "submit and grade 50 answers", (Figure("CPU", MILLIS, 8, 3),))
WHOLE = Row("P8", "whole exam of one person, 50 questions", (Figure("CPU", MILLIS, 150, 70),))
CROWDED = Row(
    "P9",
    "1,000 people start within 10 s, then answer every 10 s",
    (Figure("p95", MILLIS, 300, 80), Figure("errors", "", 0, 0), Figure("answers", "")),
)
LOGGING_IN = Row(
    "P14",
    "answers' p95 during 10 log-ins/s, against quiet",
    (Figure("ratio", "×", 3, 1.5), Figure("quiet", MILLIS), Figure("during", MILLIS), Figure("logins", "")),
)


def groups(exams: Callable[[], Exams]) -> list[Group]:
    def of(name: str) -> Callable[[], Once]:
        return partial(_call, exams, name)

    return [
        Group((ANSWER, RATE), of("answers")),
        Group((START, SUBMIT, WHOLE), of("whole")),
        Group((CROWDED,), of("crowd"), repetitions=1),
        Group((LOGGING_IN,), of("logins")),
    ]


def _call(exams: Callable[[], Exams], name: str) -> Once:
    once: Once = getattr(exams(), name)()
    return once
