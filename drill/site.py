"""The bureau that drills work on, and its servers; what several drills ask of it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from bench.bureau import Bureau
from bench.figures import Row
from bench.load import Answer, Person, Request, Visitor, drive
from bench.server import ROOT, Server
from lms.contests.rules import Draw, Preset

TEN = Preset(
    "十题",
    tuple(Draw(kind, 2, count) for kind, count in (("single", 4), ("multiple", 3), ("boolean", 2), ("blank", 1))),
    minutes=30,
    attempts_per_day=1,
)
LEASE = "lease-of-the-drill-device"
BANK = 200


class Broken(Exception):
    """The drill itself could not go its way; the message says where it stopped. Counts as a failure."""


@dataclass
class Site:
    """`is_long`: the counts of the long form. `mutant`: the defect its servers and workers have; "" for none."""

    bureau: Bureau
    port: int = 0
    is_long: bool = False
    mutant: str = ""
    _used: int = field(default=0)

    @property
    def environment(self) -> dict[str, str]:
        return self.bureau.environment | {"DRILL_MUTANT": self.mutant}

    def server(self, under: Sequence[str] = ()) -> Server:
        return Server("drill.inside:app", self.environment, self.bureau.folder, port=self.port, under=under)

    def worker(self, *, hasty: bool = False) -> subprocess.Popen[bytes]:
        """A worker process; a hasty one also closes what is due at every moment, as if each turn were its own."""
        command = [sys.executable, "-m", "drill.worker", *(["hasty"] if hasty else [])]
        with (self.bureau.folder / "worker.log").open("ab") as log:
            return subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)

    def await_workers(self, workers: Sequence[subprocess.Popen[bytes]]) -> None:
        """All of them are at work. Raises TimeoutError after two minutes."""
        until, log = time.monotonic() + 120, self.bureau.folder / "worker.log"
        while not all(f"{worker.pid} is at work" in log.read_text() for worker in workers):
            if time.monotonic() > until:
                raise TimeoutError("the workers did not start")
            time.sleep(0.05)

    def people(self, count: int) -> list[Visitor]:
        """So many people, signed in, whom no drill has met before; from the beginning again when all were."""
        found = self.bureau.visitors(count, first=self._used)
        if len(found) < count:
            found, self._used = self.bureau.visitors(count), 0
        self._used += count
        return found

    def ask(self, sql: str, **values: Any) -> list[Any]:
        """Rows of a query, as they are stored now."""
        with self.bureau.engine.connect() as connection:
            return list(connection.execute(text(sql), values))

    def count(self, sql: str, **values: Any) -> int:
        return int(self.ask(sql, **values)[0][0] or 0)

    def write(self, sql: str, **values: Any) -> None:
        with self.bureau.make_session() as session:
            session.execute(text(sql), values)
            session.commit()

    def verify(self) -> int:
        """How many of the site's own recounts find a difference."""
        wrong = 0
        for domain in ("boards", "hours"):
            try:
                self.bureau.flask(domain, "verify")
            except RuntimeError:
                wrong += 1
        return wrong


@dataclass(frozen=True)
class Drill:
    """A row of the list: what it does gives its figures. `mutants`: the defects it must catch. `needs`: a program it cannot do
    without, that .ci/run installs. `only`: the one database it can be done on."""

    row: Row
    run: Any
    mutants: tuple[str, ...]
    needs: str = ""
    only: str = ""


def asking(request: Request, heard: list[Answer]) -> Person:
    answer = yield request
    assert answer is not None
    heard.append(answer)


def at_once(port: int, requests: Iterable[Request]) -> list[Answer]:
    """The answers to requests that are sent at the same time, each on its own connection; refusals too."""
    heard: list[Answer] = []
    drive(port, [asking(request, heard) for request in requests])
    return heard


def ask_one(port: int, request: Request) -> Answer:
    """Raises Broken when there is no answer."""
    heard = at_once(port, [request])
    if not heard:
        raise Broken(f"no answer to {request.kind}")
    return heard[0]


def good(answer: Answer) -> Any:
    """The JSON of an answer below 400; raises Broken for a refusal."""
    if answer.status >= 400:
        raise Broken(f"{answer.status} {answer.body[:200].decode(errors='replace')}")
    return answer.json


def start_body(round_id: int) -> Mapping[str, object]:
    return {"purpose": "contest", "subject_id": round_id}


def answer_body(item: int, sequence: int, choice: list[int]) -> Mapping[str, object]:
    return {"item": item, "sequence": sequence, "choice": choice, "lease": LEASE}


def lease_body() -> Mapping[str, object]:
    return {"lease": LEASE, "take_over": True}


def is_ci() -> bool:
    return bool(os.environ.get("CI"))
