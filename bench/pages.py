"""Learner pages: what they cost the server (P10) and the browser (P11)."""

import gzip
import shutil
import time
from collections.abc import Callable
from functools import partial
from statistics import median

from sqlalchemy import select

from bench.bureau import Bureau
from bench.figures import Figure, Group, Once, Row, Skipped
from bench.load import Answer, Person, Visitor, drive
from bench.server import Server
from lms.courses.models import Course
from lms.courses.review_rules import CourseState

TIMES = 60
FIRST = 1550
PAGES = Row(
    "P10", "learner pages: home, course, board", (Figure("CPU", "ms", 8, 4), Figure("HTML", "KB gzipped", 40, 15))
)
COLD = Row(
    "P11",
    "the same pages in a cold browser",
    (
        Figure("requests", "", 10, 6), Figure("size", "KB", 250, 100), Figure("outside", "hosts", 0, 0),
        Figure("first paint", "ms", 200, 120),
    ),
)  # fmt: skip


class Pages:
    def __init__(self, bureau: Bureau, server: Callable[[], Server]) -> None:
        self.bureau, self._server = bureau, server
        self._paths: list[str] = []

    def paths(self) -> list[str]:
        if not self._paths:
            round_ = self.bureau.contest("页面").round
            with self.bureau.make_session() as session:
                course = select(Course.id).where(
                    Course.state == CourseState.PUBLISHED, Course.audience_unit_id.is_(None)
                )
                self._paths = [
                    "/",
                    f"/courses/{session.scalars(course.limit(1)).one()}",
                    f"/contests/rounds/{round_.id}/board",
                ]
        return self._paths

    def cost(self) -> Once:
        """The dearest of the three pages, and the largest."""
        server, paths = self._server(), self.paths()
        visitors = self.bureau.visitors(8, first=FIRST)
        sizes: list[int] = []
        cpus: list[float] = []
        for path in paths:
            drive(server.port, [visiting(v, path, 3, sizes) for v in visitors]).check()
            cpu = server.cpu_seconds()
            took = drive(server.port, [visiting(v, path, TIMES // 2) for v in visitors]).check()
            cpus.append((server.cpu_seconds() - cpu) * 1000 / took.count())
        return {"P10": {"CPU": max(cpus), "HTML": max(sizes) / 1000}}

    def cold(self) -> Once:
        browser = shutil.which("chromium") or shutil.which("chromium-browser")
        if browser is None:
            raise Skipped("Chromium is not installed")
        try:
            from playwright.sync_api import sync_playwright  # noqa: PLC0415  (only where there is a browser)
        except ImportError as missing:
            raise Skipped("playwright is not installed") from missing
        server = self._server()
        with sync_playwright() as playwright:
            opened = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
            seen = [_seen(opened, server.port, self.bureau.visitors(1, first=FIRST)[0], path) for path in self.paths()]
            opened.close()
        return {"P11": {name: max(each[name] for each in seen) for name in seen[0]}}


def visiting(visitor: Visitor, path: str, times: int, sizes: list[int] | None = None) -> Person:
    """The page is looked at so many times; raises when it is not this person's. `sizes` gets what came over the line."""
    for _ in range(times):
        answer = yield visitor.get(path, "page")
        if answer is not None and f'<meta name="person" content="{visitor.person_id}">'.encode() not in _whole(answer):
            raise RuntimeError(f"{path} is not this person's page: {answer.status}")
        if sizes is not None and answer is not None:
            sizes.append(gzipped(answer))


def _whole(answer: Answer) -> bytes:
    return gzip.decompress(answer.body) if b"content-encoding: gzip" in answer.head.lower() else answer.body


def gzipped(answer: Answer) -> int:
    is_packed = b"content-encoding: gzip" in answer.head.lower()
    return len(answer.body) if is_packed else len(gzip.compress(answer.body, 6))


def _seen(browser: object, port: int, visitor: Visitor, path: str) -> dict[str, float]:
    """A new browser context: nothing is cached. First paint is the median of three such visits."""
    paints, requests, size, outside = [], 0, 0.0, 0
    for _ in range(3):
        context = browser.new_context(viewport={"width": 390, "height": 844})  # type: ignore[attr-defined]
        origin = f"http://127.0.0.1:{port}"
        context.add_cookies([{"name": "lms_session", "value": visitor.cookie, "url": origin}])
        page = context.new_page()
        urls: list[str] = []
        page.on("request", lambda request, urls=urls: urls.append(request.url))
        page.goto(f"{origin}{path}", wait_until="load")
        time.sleep(0.2)
        entries = page.evaluate(
            "() => performance.getEntriesByType('paint').filter(e => e.name === 'first-contentful-paint').map(e => e.startTime)"
        )
        paints.append(entries[0] if entries else float("nan"))
        sizes = "() => ['navigation', 'resource'].flatMap(t => performance.getEntriesByType(t)).reduce((n, e) => n + e.transferSize, 0)"
        requests, size = len([u for u in urls if not u.startswith("data:")]), page.evaluate(sizes) / 1000
        outside = len({u for u in urls if not u.startswith((origin, "data:", "blob:"))})
        context.close()
    return {"requests": requests, "size": size, "outside": outside, "first paint": median(paints)}


def groups(bureau: Bureau, server: Callable[[], Server]) -> list[Group]:
    pages = Pages(bureau, server)
    return [Group((PAGES,), partial(pages.cost)), Group((COLD,), partial(pages.cold), repetitions=1)]
