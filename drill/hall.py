"""STAGE: a final with twelve phones on lines of 20 to 800 ms that lose one message in twenty, and a host whose console is loaded anew.

The phones do what lms/static/js/modules/stage-device.js does: poll, echo, and send a buzz three times at once and again until it is
heard. When a thumb really came down is known here and nowhere else; the server is asked for its order.
"""

import asyncio
import json
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import Any
from urllib.parse import urlencode

from bench.figures import Figure, Row
from bench.load import LENGTH, Visitor
from bench.stages import stage_final
from drill.site import TEN, Broken, Drill, Site
from lms.stage.buzz_rules import SLOW_MS

PHONES, QUESTIONS = 12, 9
ROUND_TRIPS = (20, 800)  # milliseconds, evenly from the first phone to the last
LOSS = 0.05  # of each message on its way there, and on its way back
JITTER_MS = 3
POLL, AGAIN, COPIES = 0.4, 0.12, 3
MEASURING_SECONDS = 6.0
FIRST_MS, APART_MS = 200, 40  # thumbs come down so long after the opening, one after the other
BACK_AFTER = 2.5
SEEN = re.compile(r'name="seen" value="(\d+)"')


@dataclass
class Phone:
    """One team's phone and its line. `pressed` is turn → when its thumb came down, in milliseconds of the server's clock."""

    team: int
    token: str
    round_trip_ms: float
    rng: Random
    state: dict[str, Any] = field(default_factory=dict)
    newest: float = 0.0
    pressed: dict[int, float] = field(default_factory=dict)
    heard: set[int] = field(default_factory=set)
    late: int = 0
    thumbs: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def is_slow(self) -> bool:
        return self.round_trip_ms > SLOW_MS

    async def way(self) -> bool:
        """One way through the network; False: lost on it."""
        await asyncio.sleep((self.round_trip_ms / 2 + self.rng.uniform(0, JITTER_MS)) / 1000)
        return self.rng.random() >= LOSS


@dataclass(frozen=True)
class Hall:
    """The final on a server, and where its things are."""

    port: int
    final_id: int
    live_key: str
    host: Visitor
    phones: Sequence[Phone]


def now_ms() -> float:
    return time.time() * 1000


async def ask(port: int, method: str, path: str, headers: str = "", body: str = "") -> tuple[int, str, str]:
    """Status, head and body, on a connection of its own, without any network between."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    length = f"Content-Length: {len(body.encode())}\r\n" if method == "POST" else ""
    writer.write(f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}{length}\r\n{body}".encode())
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        found = LENGTH.search(head)
        content = await reader.readexactly(int(found[1])) if found else b""
    finally:
        writer.close()
    return int(head[9:12]), head.decode(), content.decode()


async def by_phone(hall: Hall, phone: Phone, path: str, body: dict[str, Any] | None) -> Any:
    """The JSON of an answer that came through; None when the request or its answer was lost."""
    if not await phone.way():
        return None
    headers = f"X-Device-Token: {phone.token}\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
    sent = json.dumps(body) if body is not None else ""
    status, _, told = await ask(hall.port, "POST" if body is not None else "GET", path, headers, sent)
    if status >= 400:
        raise Broken(f"{path}: {status} {told[:200]}")
    return json.loads(told) if await phone.way() else None


# --- phones --------------------------------------------------------------------------------------------------------


async def poll(hall: Hall, phone: Phone) -> None:
    asked = time.monotonic()
    told = await by_phone(hall, phone, f"/live/stage/{hall.live_key}/state", None)
    if told is None or asked < phone.newest:
        return
    phone.newest, phone.state = asked, told
    turn, opens = told["turn"], told["opens_ms"]
    if opens is not None and turn not in phone.pressed:
        phone.late += now_ms() > opens
        reaction = FIRST_MS + APART_MS * slot(hall, phone, turn)
        phone.pressed[turn] = max(now_ms(), opens + reaction)
        phone.thumbs.append(asyncio.create_task(buzz(hall, phone, turn)))


def slot(hall: Hall, phone: Phone, turn: int) -> int:
    """Whose thumb comes down when: another order in each turn."""
    order = Random(turn).sample(range(len(hall.phones)), len(hall.phones))
    return order[[one.team for one in hall.phones].index(phone.team)]


async def buzz(hall: Hall, phone: Phone, turn: int) -> None:
    await asyncio.sleep(max(0.0, (phone.pressed[turn] - now_ms()) / 1000))
    phone.pressed[turn] = now_ms()
    copies = [asyncio.create_task(deliver(hall, phone, turn)) for _ in range(COPIES)]
    while turn not in phone.heard:
        await asyncio.sleep(AGAIN)
        copies.append(asyncio.create_task(deliver(hall, phone, turn)))
    await asyncio.gather(*copies)


async def deliver(hall: Hall, phone: Phone, turn: int) -> None:
    if await by_phone(hall, phone, "/stage/device/buzz", {"turn": turn, "early": False}) is not None:
        phone.heard.add(turn)


async def echo(hall: Hall, phone: Phone) -> None:
    """A nonce is asked for and goes back at once."""
    told = await by_phone(hall, phone, "/stage/device/echo", {})
    if told is not None:
        await by_phone(hall, phone, "/stage/device/echo", {"nonce": told["nonce"]})


async def repeatedly(seconds: float, act: Callable[[], Awaitable[None]], *, overlapping: bool) -> None:
    running: set[asyncio.Task[None]] = set()
    while True:
        task = asyncio.ensure_future(act())
        running.add(task)
        task.add_done_callback(running.discard)
        if not overlapping:
            await task
        await asyncio.sleep(seconds)


# --- the host ------------------------------------------------------------------------------------------------------


class Host:
    """Knows nothing but the page it has loaded last."""

    def __init__(self, hall: Hall) -> None:
        self.hall, self.loaded = hall, 0
        self.cookie = f"Cookie: lms_session={hall.host.cookie}\r\n"

    async def seen(self) -> int:
        """The console is loaded anew; the last step that its page knows of."""
        status, _, page = await ask(self.hall.port, "GET", f"/office/stage/{self.hall.final_id}", self.cookie)
        found = SEEN.search(page)
        if status != 200 or found is None:
            raise Broken(f"the console shows nothing to press: {status}")
        self.loaded += 1
        return int(found[1])

    async def press(self, kind: str, **fields: Any) -> None:
        form = {"csrf_token": self.hall.host.csrf, "operation_id": secrets.token_hex(16), "kind": kind}
        sent = urlencode(form | {"seen": await self.seen()} | fields)
        headers = f"{self.cookie}Content-Type: application/x-www-form-urlencoded\r\n"
        before = await self.state()
        await ask(self.hall.port, "POST", f"/office/stage/{self.hall.final_id}/steps", headers, sent)
        if (await self.state())["sequence"] <= before["sequence"]:
            raise Broken(f"{kind} was not taken: {before['phase']}")

    async def state(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(
            (await ask(self.hall.port, "GET", f"/live/stage/{self.hall.live_key}/state"))[2]
        )
        return told


@dataclass(frozen=True)
class Turn:
    """What the server made of one question: the order it told, and who was to answer."""

    turn: int
    order: Sequence[int]
    slow: frozenset[int]


async def final(hall: Hall) -> tuple[list[Turn], int]:
    """The whole final; with how often the console was loaded."""
    loops = [repeatedly(POLL, lambda p=p: poll(hall, p), overlapping=True) for p in hall.phones]  # type: ignore[misc]
    loops += [repeatedly(0.2, lambda p=p: echo(hall, p), overlapping=False) for p in hall.phones]  # type: ignore[misc]
    tasks = [asyncio.create_task(loop) for loop in loops]
    host, turns = Host(hall), []
    try:
        await asyncio.sleep(MEASURING_SECONDS)
        await host.press("segment", segment="buzzer")
        for question in range(QUESTIONS):
            await host.press("shown", question=question)
            await host.press("opened")
            turn = (await host.state())["turn"]
            await asyncio.sleep(BACK_AFTER)
            await host.seen()  # loaded anew in the middle, while buzzes come in
            await asyncio.sleep(1.0)
            told = await host.state()
            turns.append(Turn(turn, [one["team"] for one in told["order"]], frozenset(told["slow"])))
            await host.press("judged", right="yes" if question % 2 else "no")
        await asyncio.sleep(1.5)
        for problem in [task.exception() for task in tasks if task.done()]:
            if problem is not None:
                raise problem
    finally:
        for task in tasks:
            task.cancel()
        thumbs = [thumb for phone in hall.phones for thumb in phone.thumbs]
        await asyncio.wait([*tasks, *thumbs], timeout=5)
    return turns, host.loaded


# --- the drill -----------------------------------------------------------------------------------------------------


def prepared(site: Site) -> tuple[int, str, list[Phone]]:
    """A contest with twelve teams on stage, and a joined phone for each."""
    made = stage_final(site.bureau, PHONES, TEN)
    least, most = ROUND_TRIPS
    step = (most - least) / (PHONES - 1)
    phones = [
        Phone(team, token, least + step * place, Random(place)) for place, (team, token) in enumerate(made.devices)
    ]
    return made.final_id, made.live_key, phones


def stage(site: Site) -> dict[str, float]:
    final_id, live_key, phones = prepared(site)
    with site.server() as server:
        hall = Hall(server.port, final_id, live_key, site.bureau.named("hua"), phones)
        turns, loaded = asyncio.run(final(hall))
    stored = site.ask("SELECT turn, team_id FROM stage_buzzes WHERE final_id = :final", final=final_id)
    rows = [(turn, team) for turn, team in stored]
    pressed = {(turn, phone.team) for phone in phones for turn in phone.pressed}
    return {
        "buzzes": len(pressed),
        "lost": len(pressed - set(rows)) + sum(len(phone.pressed) < QUESTIONS for phone in phones),
        "doubled": len(rows) - len(set(rows)),
        "out of order": sum(out_of_order(phones, turn) for turn in turns),
        "wrong winners": sum(is_wrong(phones, turn) for turn in turns),
        "wrongly marked slow or not": len({p.team for p in phones if p.is_slow} ^ turns[-1].slow),
        "openings heard too late": sum(phone.late for phone in phones if not phone.is_slow),
        "console loads": loaded,
    }


def out_of_order(phones: Sequence[Phone], turn: Turn) -> int:
    """Neighbours of the server's order, slow lines left out, whose thumbs came down the other way round."""
    fair = {phone.team: phone.pressed[turn.turn] for phone in phones if not phone.is_slow}
    moments = [fair[team] for team in turn.order if team in fair]
    return sum(one > other for one, other in pairwise(moments))


def is_wrong(phones: Sequence[Phone], turn: Turn) -> bool:
    """The first thumb of all was on a line that is not slow, and another team answers; or nobody does."""
    first = min(phones, key=lambda phone: phone.pressed.get(turn.turn, float("inf")))
    return not turn.order or (not first.is_slow and turn.order[0] != first.team)


DRILLS = [
    Drill(
        Row(
            "STAGE",
            "a final with 12 phones, 20 to 800 ms, one message in 20 lost",
            (
                Figure("lost", "buzzes", 0, 0),
                Figure("buzzes", "", 100, at_least=True),
                Figure("doubled", "", 0, 0),
                Figure("out of order", "", 0, 0),
                Figure("wrong winners", "", 0, 0),
                Figure("wrongly marked slow or not", "teams", 0, 0),
                Figure("openings heard too late", "", 0, 0),
                Figure("console loads", "", QUESTIONS, at_least=True),
            ),
        ),
        stage,
        ("buzzes-as-received", "one-buzz-a-turn"),
    ),
]
