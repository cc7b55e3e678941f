"""The hall: a stage final with twelve phones on stage and two thousand watchers on theirs, behind nginx (W1a) and without it (W1b)."""

import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any

from sqlalchemy import select

from bench.bureau import FIFTY, Bureau
from bench.cluster import Cluster
from bench.figures import Figure, Group, Once, Row, Skipped
from bench.load import Pause, Person, Took, Visitor, drive, stranger
from bench.proxy import find_nginx
from bench.stages import Final, stage_final
from lms.stage.models import StageBuzz

WATCHERS, TEAMS, THUMBS = 2000, 12, 3
WATCHING, POLL, ECHO, CONSOLE = 3.0, 0.4, 2.0, 1.0
"""Seconds between requests, as the scripts of the pages have them."""
ARRIVE_SECONDS, MEASURED_SECONDS, QUESTION_SECONDS = 6.0, 18.0, 5.0
REACTION, APART = 0.2, 0.02
SEEN = re.compile(rb'name="seen" value="(\d+)"')


def _row(row_id: str, how: str) -> Row:
    return Row(
        row_id,
        f"final on stage, {TEAMS} devices and {WATCHERS:,} watchers, {how}",
        (
            Figure("watchers' p95", "ms", 1000, 200), Figure("polls' p95", "ms", 200, 60), Figure("buzz p95", "ms", 200, 60),
            Figure("lost", "buzzes", 0, 0), Figure("openings missed", "", 0, 0), Figure("rate", "/s"), Figure("Python CPU", "ms/s"), Figure("nginx CPU", "ms/s"),
        ),
    )  # fmt: skip


BEHIND, ALONE = _row("W1a", "behind nginx"), _row("W1b", "without nginx")


@contextmanager
def behind(bureau: Bureau) -> Iterator[Cluster]:
    """One web node behind the nginx of deploy/."""
    if find_nginx() is None:
        raise Skipped("nginx is not installed")
    with Cluster(bureau, nodes=1) as cluster:
        yield cluster


@dataclass
class Stage:
    """What devices and host know of each other while it runs; `turns` are those that were opened and buzzed in."""

    final: Final
    until: float
    rng: Random = field(default_factory=lambda: Random(7))
    pressed: set[tuple[int, int]] = field(default_factory=set)
    opened: int = 0

    def people(self, host: Visitor, began: float) -> list[Person]:
        lives = [self.watcher(began + ARRIVE_SECONDS * n / WATCHERS) for n in range(WATCHERS)]
        for place, (team, token) in enumerate(self.final.devices):
            state: dict[str, Any] = {}
            lives += [self.device(team, state), self.echoes(token)]
            lives += [self.thumb(team, token, state, REACTION + APART * place) for _ in range(THUMBS)]
        return [*lives, self.wall(), self.host(host, began + ARRIVE_SECONDS), self.console(host)]

    def every(self, path: str, kind: str, seconds: float, at: float) -> Person:
        """What a page asks for again and again."""
        tag = ""
        while at < self.until:
            yield Pause(at)
            answer = yield stranger(path, kind, tag)
            assert answer is not None
            tag = answer.tag_line or tag
            at = time.perf_counter() + seconds * self.rng.uniform(0.9, 1.1)

    def watcher(self, at: float) -> Person:
        yield Pause(at)
        yield stranger(f"/live/stage/{self.final.live_key}/watch", "page")
        later = at + WATCHING * self.rng.uniform(0.9, 1.1)
        yield from self.every(f"/live/stage/{self.final.live_key}/board", "watch", WATCHING, later)

    def wall(self) -> Person:
        return self.every(f"/live/stage/{self.final.live_key}/board", "wall", 0.6, time.perf_counter())

    def device(self, team: int, state: dict[str, Any]) -> Person:
        tag, at = "", time.perf_counter() + POLL * self.rng.random()
        while at < self.until:
            yield Pause(at)
            answer = yield stranger(f"/live/stage/{self.final.live_key}/state", "poll", tag)
            assert answer is not None
            if answer.status == 200:
                tag = answer.tag_line
                state.update(answer.json)
            at = max(at + POLL, time.perf_counter())

    def thumb(self, team: int, token: str, state: dict[str, Any], reaction: float) -> Person:
        """One of the copies in which each buzz leaves."""
        done = 0
        while time.perf_counter() < self.until:
            turn, opens = state.get("turn"), state.get("opens_ms")
            if opens is None or turn is None or turn == done:
                yield Pause(time.perf_counter() + 0.05)
                continue
            yield Pause(time.perf_counter() + opens / 1000 - time.time() + reaction)
            done = turn
            self.pressed.add((turn, team))
            yield stranger("/stage/device/buzz", "buzz", _token(token), {"turn": turn, "early": False})

    def echoes(self, token: str) -> Person:
        at = time.perf_counter() + self.rng.random()
        while at < self.until:
            yield Pause(at)
            told = yield stranger("/stage/device/echo", "echo", _token(token), {})
            assert told is not None
            yield stranger("/stage/device/echo", "echo", _token(token), {"nonce": told.json["nonce"]})
            at += ECHO

    def console(self, host: Visitor) -> Person:
        at = time.perf_counter()
        while at < self.until:
            yield Pause(at)
            yield host.get(f"/office/stage/{self.final.final_id}/desk", "desk")
            at += CONSOLE

    def host(self, host: Visitor, at: float) -> Person:
        yield from self.press(host, at, "segment", segment="buzzer")
        question = 0
        while at + QUESTION_SECONDS < self.until:
            yield from self.press(host, at + 0.5, "shown", question=question)
            yield from self.press(host, at + 1.0, "opened")
            self.opened += 1
            yield from self.press(host, at + 4.5, "judged", right="yes" if question % 2 else "no")
            question, at = question + 1, at + QUESTION_SECONDS

    def press(self, host: Visitor, at: float, kind: str, **fields: object) -> Person:
        yield Pause(at)
        yield from press(host, f"/office/stage/{self.final.final_id}", kind, **fields)


def press(host: Visitor, console: str, kind: str, **fields: object) -> Person:
    """A button of that console, by whoever has just looked at it."""
    page = yield host.get(console, "console")
    found = SEEN.search(page.body) if page is not None else None
    if found is None:
        raise RuntimeError("the console shows nothing to press")
    form = {"operation_id": secrets.token_hex(16), "kind": kind, "seen": found[1].decode()}
    told = {name: str(value) for name, value in fields.items()}
    yield host.post(f"{console}/steps", form | told, "step")


def _token(token: str) -> str:
    return f"X-Device-Token: {token}\r\n"


@dataclass(frozen=True)
class Spent:
    """Processor seconds of Python and of nginx."""

    python: float
    nginx: float


def spent_by(cluster: Cluster) -> Spent:
    return Spent(sum(node.cpu_seconds() for node in cluster.nodes), cluster.proxy_seconds())


class Halls:
    def __init__(self, bureau: Bureau) -> None:
        self.bureau = bureau

    def behind(self) -> Once:
        with behind(self.bureau) as cluster:
            return {BEHIND.id: self._measured(cluster.port, partial(spent_by, cluster))}

    def alone(self) -> Once:
        """The same node asked directly."""
        with behind(self.bureau) as cluster:
            return {ALONE.id: self._measured(cluster.nodes[0].port, partial(spent_by, cluster))}

    def _measured(self, port: int, spent: Callable[[], Spent]) -> dict[str, float]:
        final, host = stage_final(self.bureau, TEAMS, FIFTY), self.bureau.named("hua")
        began, before = time.perf_counter() + 0.5, spent()
        stage = Stage(final, began + ARRIVE_SECONDS + MEASURED_SECONDS)
        took = drive(port, stage.people(host, began)).check()
        after = spent()
        due = TEAMS * max(1, stage.opened)
        told = _told(took, after, before)
        lost = len(stage.pressed - self._stored(final))
        return told | {"lost": lost, "openings missed": due - len(stage.pressed)}

    def _stored(self, final: Final) -> set[tuple[int, int]]:
        with self.bureau.make_session() as session:
            query = select(StageBuzz.turn, StageBuzz.team_id).where(StageBuzz.final_id == final.final_id)
            return {(row.turn, row.team_id) for row in session.execute(query)}


def _told(took: Took, after: Spent, before: Spent) -> dict[str, float]:
    return {
        "watchers' p95": took.percentile("watch"),
        "polls' p95": took.percentile("poll"),
        "buzz p95": took.percentile("buzz"),
        "rate": took.count() / took.elapsed,
        "Python CPU": (after.python - before.python) * 1000 / took.elapsed,
        "nginx CPU": (after.nginx - before.nginx) * 1000 / took.elapsed,
    }


def groups(bureau: Bureau) -> list[Group]:
    halls = Halls(bureau)
    return [Group((BEHIND,), halls.behind, repetitions=1), Group((ALONE,), halls.alone, repetitions=1)]
