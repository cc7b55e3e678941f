"""A real site (granian, SQLite, the small demonstration bureau) and a real Chromium, phone and PC.

Without Chromium the browser tests are skipped by name; in CI a missing browser is a failure.
"""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from lms import clock
from lms.demo.cast import PASSWORD
from lms.people.guard import COOKIE
from lms.people.line_rules import Line
from lms.people.models import Unit
from lms.people.services import sign_in
from lms.quizzes import services
from lms.quizzes.models import Attempt
from lms.quizzes.rules import Kind, Purpose

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FLAGS += ["--autoplay-policy=no-user-gesture-required", "--mute-audio"]
VIEWS = {"phone": (390, 844), "pc": (1440, 900)}


@dataclass(frozen=True)
class Site:
    """A running site: its address and how to call its commands."""

    url: str
    environment: dict[str, str]

    def flask(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "flask", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"flask {' '.join(arguments)}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site as `./dev run` serves it, on the small demonstration bureau."""
    folder, port = tmp_path_factory.mktemp("site"), free_port()
    environment = {
        **os.environ,
        "FLASK_APP": "wsgi",
        "DATABASE_URL": f"sqlite:///{folder / 'site.sqlite3'}",
        "LMS_MEDIA_DIR": str(folder / "media"),
        "LMS_TOTP": "off",
        "LMS_LOG_LEVEL": "warning",
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    site = Site(f"http://127.0.0.1:{port}", environment)
    site.flask("migrate")
    site.flask("demo", "load", "--small")
    server = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    server += ["--workers", "1", "--blocking-threads", "8", "--no-ws", "--log-level", "warning", "wsgi:app"]
    with (folder / "server.log").open("w") as log:
        running = subprocess.Popen(
            server, cwd=ROOT, env={**environment, "LMS_SCHEDULER": "inside"}, stdout=log, stderr=log
        )
        try:
            _wait_for(site.url, folder / "server.log")
            yield site
        finally:
            running.terminate()
            running.wait(timeout=20)


def _wait_for(url: str, log: Path) -> None:
    for _ in range(150):
        try:
            urllib.request.urlopen(f"{url}/healthz", timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the site does not answer:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM:
        if os.environ.get("CI"):
            pytest.fail("Chromium is missing: the browser journeys must run in CI")
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Person:
    """Somebody at a browser. Collects console errors and policy violations; `check` raises when there were any."""

    def __init__(self, context: BrowserContext, site: Site, name: str) -> None:
        self.context, self.site, self.name = context, site, name
        self.page: Page = context.new_page()
        self.faults: list[str] = []
        self.page.on("console", lambda m: self.faults.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda e: self.faults.append(str(e)))

    def sign_in(self) -> "Person":
        self.go("/login")
        self.page.fill("input[name=username]", self.name)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.click("main form [type=submit]")
        self.page.wait_for_url(lambda url: "/login" not in url)
        return self

    def go(self, path: str) -> Page:
        self.page.goto(f"{self.site.url}{path}")
        self.look()
        return self.page

    def look(self) -> None:
        """No page scrolls sideways."""
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 1, f"{self.page.url} scrolls sideways by {wide} px"

    def check(self, but: str = "\0") -> None:
        """No console error but those that hold the given words (a network that was cut on purpose)."""
        real = [fault for fault in self.faults if but not in fault]
        assert not real, f"{self.name}: {real[:5]}"


def keep(page: Page, name: str) -> None:
    """The present page as a picture in the folder LMS_TEST_PICTURES names, for looking at; otherwise nothing."""
    if folder := os.environ.get("LMS_TEST_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.fixture
def person(chromium: Browser, live: Site) -> Iterator[Callable[..., Person]]:
    """`person("lin", "phone")`: the signed-in person at a phone or PC."""
    contexts = []

    def at(name: str, view: str = "phone") -> Person:
        width, height = VIEWS[view]
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            has_touch=view == "phone",
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
        )
        contexts.append(context)
        return Person(context, live, name).sign_in()

    yield at
    for context in contexts:
        context.close()


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The site in this process, on a port of its own, within the block."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = (
        False  # the end waits for requests under way: the next test lays a new database in the same place
    )
    running = threading.Thread(target=server.serve_forever, daemon=True)
    running.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    running.join(10)
    server.server_close()


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The test's own site on a port of its own."""
    with serving(app) as found:
        yield found


@pytest.fixture
def device(chromium: Browser, address: str, session: Session, cast) -> Iterator[Callable[..., BrowserContext]]:
    """`device()`: a phone of lin's, signed in; each has a storage of its own. `device("pc")`: a PC."""
    opened: list[BrowserContext] = []

    def open_one(view: str = "phone", **options) -> BrowserContext:
        token = sign_in.begin(session, cast.lin, device="phone", hours=12, now=clock.now())
        session.commit()
        width, height = VIEWS[view]
        context = chromium.new_context(
            base_url=address,
            viewport={"width": width, "height": height},
            has_touch=view == "phone",
            locale="zh-CN",
            **options,
        )
        context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
        opened.append(context)
        return context

    yield open_one
    for context in opened:
        context.close()


@pytest.fixture
def exam(session: Session, cast) -> Callable[[int], Attempt]:
    """`exam(30)`: lin's attempt at as many questions; the first is single, then multiple, boolean, blank, and round again."""

    def begin(count: int = 4, seconds: int | None = 600) -> Attempt:
        bureau = session.scalars(select(Unit).where(Unit.parent_id.is_(None))).one()
        contents = [
            (Kind.SINGLE, ["水田", "林地", "草地"], [0]),
            (Kind.MULTIPLE, ["耕地", "林地", "宅基地", "草地"], [0, 1, 3]),
            (Kind.BOOLEAN, [], [1]),
            (Kind.BLANK, [], [["国家"]]),
        ]
        ids = []
        for n in range(count):
            kind, options, key = contents[n % 4]
            content = services.Content(
                kind, f"第{n + 1}问，____是什么？" if kind is Kind.BLANK else f"第{n + 1}问是什么？", options, key
            )
            ids.append(
                services.create_question(
                    session, content, owner_unit_id=bureau.id, line=Line.LAND, by_id=None, now=clock.now()
                ).id
            )
        settings = services.PaperSettings("不动产登记专场", duration_seconds=seconds, is_shuffled=False)
        by = {"owner_unit_id": bureau.id, "by_id": None, "now": clock.now()}
        paper = services.create_fixed_paper(session, settings, ids, **by)
        attempt = services.start_attempt(
            session, paper, person_id=cast.lin.id, purpose=Purpose.PRACTICE, subject_id=1, now=clock.now()
        )
        session.commit()
        return attempt

    return begin


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.browser)
