"""The whole staff in one live quiz: two thousand phones join, poll, answer one question, and look at what they earned (W2)."""

import heapq
import secrets
import time
from dataclasses import dataclass, field
from random import Random
from typing import Any

from sqlalchemy import func, select

from bench.bureau import Bureau
from bench.figures import Figure, Group, Once, Row
from bench.hall import behind, press, spent_by
from bench.load import Pause, Person, Visitor, drive, stranger
from bench.stages import Quiz, live_quiz
from lms.livequiz.models import LiveAnswer

PHONES = 2000
JOIN_SECONDS, WAIT_SECONDS, QUESTION_SECONDS, GRACE_SECONDS, AFTER_SECONDS = 10.0, 60.0, 10, 2.1, 7.0
POLL, ECHOES, OWN_SECONDS, AGAIN = 2.0, (0.0, 0.8, 2.5, 6.0), 5.0, 0.7
"""As lms/static/js/modules/live-phone.js has them."""
THINKING = (0.5, 9.3)
QUIZ = Row(
    "W2",
    f"live quiz with {PHONES:,} phones behind nginx: all join within 10 s, all answer one question within 10 s",
    (
        Figure("answers' p95", "ms", 300, 80), Figure("lost", "answers", 0, 0), Figure("joined after", "s", 20, 12),
        Figure("errors", "", 0, 0), Figure("join p95", "ms"), Figure("polls' p95", "ms"), Figure("own p95", "ms"),
        Figure("rate", "/s"), Figure("Python CPU", "ms/s"), Figure("nginx CPU", "ms/s"),
    ),
)  # fmt: skip


@dataclass
class Crowd:
    """What of the quiz is known outside the server; `joined` and `answered` are moments and people."""

    quiz: Quiz
    began: float
    rng: Random = field(default_factory=lambda: Random(3))
    joined: list[float] = field(default_factory=list)
    answered: set[int] = field(default_factory=set)
    until: float = float("inf")

    def phone(self, visitor: Visitor, at: float) -> Person:
        """Everything that the page of one phone asks for, in the order in which it falls due."""
        yield Pause(at)
        yield from self._join(visitor)
        self.joined.append(time.perf_counter())
        now, state, tag = time.perf_counter(), {}, ""  # type: tuple[float, dict[str, Any], str]
        due = [(now, "poll"), *((now + wait, "echo") for wait in ECHOES)]
        asked, trip = "", ""
        while due and due[0][0] < self.until:
            moment, what = heapq.heappop(due)
            yield Pause(moment)
            if what == "poll":
                answer = yield stranger(f"/live/quiz/{self.quiz.live_key}/state", "poll", tag)
                if answer is not None and answer.status == 200:
                    tag, old, state = answer.tag_line, state, answer.json
                    due += self._follows(old, state)
                heapq.heapify(due)
                heapq.heappush(due, (time.perf_counter() + POLL * self.rng.uniform(0.85, 1.15), "poll"))
                wanted = f"{state.get('turn')} {'key' in state} {state.get('phase')}"
                if wanted != asked and not (asked and state.get("phase") == "asked"):
                    heapq.heappush(
                        due, (time.perf_counter() + (OWN_SECONDS * self.rng.random() if asked else 0), "own")
                    )
                    asked = wanted
            elif what == "echo":
                trip = (yield from self._echo(visitor)) or trip
            elif what == "own":
                yield visitor.get(f"/livequiz/{self.quiz.quiz_id}/mine", "own")
            else:
                body = {"turn": state["turn"], "choice": [state["question"]["options"][0][0]], "trip": trip}
                answer = yield visitor.call(f"/livequiz/{self.quiz.quiz_id}/answers", body, "answer")
                if answer is not None and answer.status == 200:
                    self.answered.add(visitor.person_id)
                elif answer is None or answer.status >= 500:
                    heapq.heappush(due, (time.perf_counter() + AGAIN, "answer"))

    def _follows(self, old: dict[str, Any], state: dict[str, Any]) -> list[tuple[float, str]]:
        """The answer to a question that is new."""
        if state["turn"] is None or state["turn"] == old.get("turn") or state["phase"] != "asked":
            return []
        opens = time.perf_counter() + state["opens_ms"] / 1000 - time.time()
        return [(max(time.perf_counter(), opens) + self.rng.uniform(*THINKING), "answer")]

    def _join(self, visitor: Visitor) -> Person:
        page = f"/livequiz/rounds/{self.quiz.round_id}"
        yield visitor.get(page, "page")
        yield visitor.post(page, {"operation_id": secrets.token_hex(16)}, "join")
        answer = yield visitor.get(page, "phone")
        if answer is None or b"live-phone" not in answer.body:
            raise RuntimeError("who has joined gets no phone's page")

    def _echo(self, visitor: Visitor) -> Any:
        told = yield visitor.call("/livequiz/echo", {}, "echo")
        if told.status != 200:
            return ""
        back = yield visitor.call("/livequiz/echo", {"nonce": told.json["nonce"]}, "echo")
        return back.json.get("trip", "")

    def host(self, host: Visitor) -> Person:
        """Asks once everybody is there, reveals once nobody can answer any more."""
        yield Pause(self.began + JOIN_SECONDS)
        while len(self.joined) < PHONES and time.perf_counter() < self.began + WAIT_SECONDS:
            yield Pause(time.perf_counter() + 0.1)
        asked_at = time.perf_counter()
        yield from press(host, f"/office/livequiz/{self.quiz.quiz_id}", "asked", question=0)
        state: dict[str, Any] = {}
        while state.get("ends_ms") is None:  # nginx may still give what was there before
            answer = yield stranger(f"/live/quiz/{self.quiz.live_key}/state", "wall")
            assert answer is not None
            state = answer.json
            yield Pause(time.perf_counter() + 0.2)
        ends = time.perf_counter() + state["ends_ms"] / 1000 - time.time()
        yield Pause(max(asked_at, ends) + GRACE_SECONDS)
        yield from press(host, f"/office/livequiz/{self.quiz.quiz_id}", "revealed")
        self.until = time.perf_counter() + AFTER_SECONDS

    def looking(self, host: Visitor, path: str, kind: str, seconds: float) -> Person:
        """The host's console and the wall, which ask by themselves."""
        at = self.began
        while at < self.until:
            yield Pause(at)
            yield host.get(path, kind)
            at += seconds


class Quizzes:
    def __init__(self, bureau: Bureau) -> None:
        self.bureau = bureau

    def measure(self) -> Once:
        with behind(self.bureau) as cluster:
            quiz, host = live_quiz(self.bureau, QUESTION_SECONDS), self.bureau.named("hua")
            phones = self.bureau.visitors(PHONES)
            crowd, before = Crowd(quiz, time.perf_counter() + 1.0), spent_by(cluster)
            every = JOIN_SECONDS / PHONES
            lives = [crowd.phone(phone, crowd.began + every * n) for n, phone in enumerate(phones)]
            office = f"/office/livequiz/{quiz.quiz_id}"
            lives += [
                crowd.host(host), crowd.looking(host, f"{office}/desk", "desk", 1.0),
                crowd.looking(host, f"{office}/counts", "counts", 2.0),
                crowd.looking(host, f"/live/quiz/{quiz.live_key}/board", "wall", 1.0),
            ]  # fmt: skip
            took = drive(cluster.port, lives)
            after = spent_by(cluster)
        told = {
            "answers' p95": took.percentile("answer"), "lost": PHONES - self._stored(quiz, crowd.answered),
            "joined after": max(crowd.joined) - crowd.began, "errors": len(took.failures),
            "join p95": took.percentile("join"), "polls' p95": took.percentile("poll"), "own p95": took.percentile("own"),
            "rate": took.count() / took.elapsed, "Python CPU": (after.python - before.python) * 1000 / took.elapsed,
            "nginx CPU": (after.nginx - before.nginx) * 1000 / took.elapsed,
        }  # fmt: skip
        if took.failures:
            print(f"… {took.failures[:3]}")
        return {"W2": told}

    def _stored(self, quiz: Quiz, answered: set[int]) -> int:
        """How many of those who were told so have their answer in the database."""
        with self.bureau.make_session() as session:
            query = select(func.count()).where(LiveAnswer.quiz_id == quiz.quiz_id, LiveAnswer.turn > 0)
            there = session.scalars(query).one()
        return min(there, len(answered))


def groups(bureau: Bureau) -> list[Group]:
    return [Group((QUIZ,), Quizzes(bureau).measure, repetitions=1)]
