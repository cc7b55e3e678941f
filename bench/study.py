"""Study beats (P3): many people watch, each beat kept durably before it is answered, many in one commit."""

import time
from collections.abc import Callable
from functools import partial

from sqlalchemy import select

from bench.bureau import Bureau
from bench.figures import Figure, Group, Once, Row
from bench.load import Person, Visitor, drive
from bench.server import Server
from lms.courses.models import Course, Lesson, Resource
from lms.courses.review_rules import CourseState, ResourceKind

CONNECTIONS = 64
FIRST = 1600
BEAT = Row(
    "P3",
    "study beat, 64 connections",
    (Figure("CPU", "ms", 0.8, 0.45), Figure("rate", "/s", 1200, 3000, at_least=True), Figure("p95", "ms")),
)


class Study:
    def __init__(self, bureau: Bureau, server: Callable[[], Server], seconds: float) -> None:
        self.bureau, self._server, self.seconds = bureau, server, seconds

    def measure(self) -> Once:
        server, lesson_id = self._server(), self._lesson()
        viewings: dict[Visitor, int] = {}
        people = self.bureau.visitors(CONNECTIONS, first=FIRST)
        drive(server.port, [_opening(v, lesson_id, viewings) for v in people]).check()
        cpu, until = server.cpu_seconds(), time.perf_counter() + self.seconds
        took = drive(server.port, [_watching(v, viewings[v], until) for v in people]).check()
        cpu = server.cpu_seconds() - cpu
        many = took.count("beat")
        return {"P3": {"CPU": cpu * 1000 / many, "rate": many / took.elapsed, "p95": took.percentile("beat")}}

    def _lesson(self) -> int:
        """A film of the demonstration that everybody may watch."""
        with self.bureau.make_session() as session:
            query = select(Lesson.id).join(Resource).join(Course, Course.id == Lesson.course_id)
            found = query.where(Resource.kind == ResourceKind.VIDEO, Course.state == CourseState.PUBLISHED)
            return session.scalars(found.where(Course.audience_unit_id.is_(None)).limit(1)).one()


def _opening(visitor: Visitor, lesson_id: int, viewings: dict[Visitor, int]) -> Person:
    answer = yield visitor.call("/api/viewings", {"lesson_id": lesson_id}, "open")
    assert answer is not None
    viewings[visitor] = answer.json["viewing_id"]


def _watching(visitor: Visitor, viewing_id: int, until: float) -> Person:
    """Ten milliseconds at a time, so that the film does not end within the measurement."""
    n = 0
    while time.perf_counter() < until:
        n += 1
        beat = {
            "sequence": n,
            "from_millis": (n - 1) * 10,
            "to_millis": n * 10,
            "speed_percent": 100,
            "has_input": n % 4 == 0,
        }
        yield visitor.call(f"/api/viewings/{viewing_id}/beats", {"beats": [beat]}, "beat")


def groups(bureau: Bureau, server: Callable[[], Server], seconds: float) -> list[Group]:
    return [Group((BEAT,), partial(Study(bureau, server, seconds).measure))]
