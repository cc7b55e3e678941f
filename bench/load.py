"""The load generator: any number of people on keep-alive connections, driven by one thread.

A person is a generator: it yields a `Request` and is sent the `Answer`, or yields a `Pause` until a moment. One event loop serves all of
them, so that the generator costs as little as it can beside the server it measures.
"""

import heapq
import json
import re
import selectors
import socket
import time
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
TAG = re.compile(rb"\r\netag: *([^\r]+)", re.IGNORECASE)
STALLED_SECONDS = 30.0


@dataclass(frozen=True)
class Visitor:
    """A signed-in browser: its cookie and the token of its forms."""

    person_id: int
    cookie: str
    csrf: str

    def get(self, path: str, kind: str = "get") -> "Request":
        return Request(kind, _head("GET", path, f"Cookie: lms_session={self.cookie}\r\n") + b"\r\n")

    def call(self, path: str, body: object, kind: str, operation: str = "") -> "Request":
        """An unsafe JSON request, as the site's scripts make it."""
        sent = json.dumps(body, separators=(",", ":")).encode()
        more = f"Cookie: lms_session={self.cookie}\r\nX-CSRF-Token: {self.csrf}\r\nContent-Type: application/json\r\n"
        if operation:
            more += f"X-Operation-Id: {operation}\r\n"
        return Request(kind, _head("POST", path, f"{more}Content-Length: {len(sent)}\r\n") + b"\r\n" + sent)

    def post(self, path: str, fields: Mapping[str, str], kind: str) -> "Request":
        """A form as its page posts it; an operation id is a field (`operation_id`)."""
        sent = urlencode({"csrf_token": self.csrf, **fields}).encode()
        more = f"Cookie: lms_session={self.cookie}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        return Request(kind, _head("POST", path, f"{more}Content-Length: {len(sent)}\r\n") + b"\r\n" + sent)


def stranger(path: str, kind: str, headers: str = "", body: object = None) -> "Request":
    """A request without a sign-in; with a body, a JSON one. `headers` are lines with their ends."""
    if body is None:
        return Request(kind, _head("GET", path, headers) + b"\r\n")
    sent = json.dumps(body, separators=(",", ":")).encode()
    more = f"{headers}Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n"
    return Request(kind, _head("POST", path, more) + b"\r\n" + sent)


def _head(method: str, path: str, more: str) -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{more}".encode()


@dataclass(frozen=True)
class Request:
    """Bytes to send; `kind` is the name its time is kept under."""

    kind: str
    raw: bytes


@dataclass(frozen=True)
class Pause:
    """Nothing until this moment of time.perf_counter()."""

    until: float


@dataclass(frozen=True)
class Answer:
    status: int
    head: bytes
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def tag_line(self) -> str:
        """The header by which the same is asked for again; "" of an answer without a tag."""
        found = TAG.search(self.head)
        return f"If-None-Match: {found[1].decode()}\r\n" if found else ""


Person = Generator[Request | Pause, Answer | None, None]


@dataclass
class Took:
    """Seconds of each good answer by kind, and the failures."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    elapsed: float = 0.0

    def count(self, *kinds: str) -> int:
        return sum(len(self.seconds.get(kind, [])) for kind in kinds or self.seconds)

    def percentile(self, kind: str, share: float = 0.95) -> float:
        """Milliseconds."""
        ordered = sorted(self.seconds.get(kind, [])) or [float("nan")]
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000

    def check(self) -> "Took":
        """Itself; raises when anything failed, because a failed run measures nothing."""
        if self.failures:
            raise RuntimeError(f"{len(self.failures)} requests failed: {self.failures[:3]}")
        return self


class _Line:
    """One connection and the person on it."""

    def __init__(self, port: int, person: Person) -> None:
        self.person, self.port = person, port
        self.received, self.kind, self.sent_at = b"", "", 0.0
        self.is_open = self.is_asking = False
        self.open()

    def open(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.is_open = True

    def close(self) -> None:
        self.socket.close()
        self.is_open = False

    def send(self, request: Request) -> None:
        self.is_asking = True
        self.received, self.kind, self.sent_at = b"", request.kind, time.perf_counter()
        self.socket.sendall(request.raw)

    def receive(self) -> Answer | None:
        """The answer once it is whole."""
        part = self.socket.recv(262_144)
        if not part:
            raise ConnectionError("closed by the server")
        self.received += part
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found:
            return None
        if head[9:12] == b"304":  # no body, and no length of it
            return Answer(304, head, b"")
        length = LENGTH.search(head)
        if length is None or len(body) < int(length[1]):
            return None
        return Answer(int(head[9:12]), head, body)


class _Loop:
    def __init__(self, port: int) -> None:
        self.port, self.took = port, Took()
        self.ready = selectors.DefaultSelector()
        self.waiting: list[tuple[float, int, _Line]] = []
        self.busy = 0

    def run(self, people: Iterable[Person]) -> Took:
        began = last = time.perf_counter()
        for person in people:
            line = _Line(self.port, person)
            self.ready.register(line.socket, selectors.EVENT_READ, line)
            self._go_on(line, None)
        while self.busy or self.waiting:
            now = time.perf_counter()
            while self.waiting and self.waiting[0][0] <= now:
                self._go_on(heapq.heappop(self.waiting)[2], None)
            until = self.waiting[0][0] - now if self.waiting else 1.0
            events = self.ready.select(min(1.0, max(0.0, until))) if self.busy else []
            if not self.busy and until > 0 and self.waiting:
                time.sleep(min(until, 1.0))
            for key, _ in events:
                last = time.perf_counter()
                self._hear(key.data)
            if self.busy and time.perf_counter() - last > STALLED_SECONDS:
                raise RuntimeError(f"{self.busy} requests were not answered within {STALLED_SECONDS:.0f} s")
        self.took.elapsed = time.perf_counter() - began
        return self.took

    def _hear(self, line: _Line) -> None:
        if not line.is_asking:  # closed while nothing was asked: opened again for the next request, as browsers do
            self.ready.unregister(line.socket)
            line.close()
            return
        try:
            answer = line.receive()
        except OSError as problem:
            self.busy -= 1
            self._lost(line, problem)
            return
        if answer is None:
            return
        self.busy -= 1
        line.is_asking = False
        if answer.status < 400:
            self.took.seconds.setdefault(line.kind, []).append(time.perf_counter() - line.sent_at)
        else:
            self.took.failures.append(f"{line.kind}: {answer.status} {answer.body[:200].decode(errors='replace')}")
        self._go_on(line, answer)

    def _go_on(self, line: _Line, answer: Answer | None) -> None:
        try:
            wish = next(line.person) if answer is None else line.person.send(answer)
        except StopIteration:
            self._end(line)
            return
        if isinstance(wish, Pause):
            heapq.heappush(self.waiting, (wish.until, id(line), line))
        else:
            try:
                if not line.is_open:
                    line.open()
                    self.ready.register(line.socket, selectors.EVENT_READ, line)
                line.send(wish)
            except OSError as problem:
                self._lost(line, problem)
                return
            self.busy += 1

    def _lost(self, line: _Line, problem: OSError) -> None:
        self.took.failures.append(f"{line.kind}: {problem}")
        self._end(line)

    def _end(self, line: _Line) -> None:
        if line.is_open:
            self.ready.unregister(line.socket)
            line.close()


def drive(port: int, people: Iterable[Person]) -> Took:
    """Everybody's requests until the last one is through."""
    return _Loop(port).run(people)
