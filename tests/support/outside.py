"""Servers of our own on 127.0.0.1 that a message may be brought to: a robot and a mail server, which can fail in every way."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default


@dataclass
class Request:
    """One request as a robot got it."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Server:
    """A listening socket; each connection is served in a thread of its own, with the next of `moods` (the last one stays)."""

    moods: list[str] = field(default_factory=lambda: ["ok"])
    connections: int = 0
    requests: list[Request] = field(default_factory=list)
    mails: list[Message] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    port: int = 0
    context: ssl.SSLContext | None = None

    def mood(self) -> str:
        self.connections += 1
        return self.moods.pop(0) if len(self.moods) > 1 else self.moods[0]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/robot/send?key=secret-of-the-robot"


@contextlib.contextmanager
def _listening(server: Server, serve: Callable[[Server, socket.socket], None]) -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.port = listener.getsockname()[1]
        listener.settimeout(0.2)
        over = threading.Event()

        def accept() -> None:
            while not over.is_set():
                with contextlib.suppress(TimeoutError, OSError):
                    opened, _ = listener.accept()
                    opened.settimeout(30)
                    threading.Thread(target=_quietly, args=(server, opened, serve), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            over.set()
            thread.join()


def _quietly(server: Server, opened: socket.socket, serve: Callable[[Server, socket.socket], None]) -> None:
    with opened, contextlib.suppress(OSError, ValueError):
        serve(server, opened)


# --- a robot


@contextlib.contextmanager
def robot(*moods: str) -> Iterator[Server]:
    """Moods: "ok", a status ("500", "404"), "errcode 45009", "redirect", "lost" (takes the message and hangs up), "hang"."""
    with _listening(Server(list(moods) or ["ok"]), _serve_http) as server:
        yield server


def _serve_http(server: Server, opened: socket.socket) -> None:
    mood = server.mood()
    if mood == "refuse":
        return
    request = _read_request(opened)
    server.requests.append(request)
    if mood == "lost":
        return
    if mood == "hang":
        opened.recv(1)
        return
    status, body = _answer(mood)
    more = "Location: http://127.0.0.1/elsewhere\r\n" if mood == "redirect" else ""
    opened.sendall(
        f"HTTP/1.1 {status} X\r\n{more}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
    )


def _answer(mood: str) -> tuple[int, bytes]:
    if mood.startswith("errcode"):
        return 200, b'{"errcode": %d, "errmsg": "no"}' % int(mood.split()[1])
    if mood == "redirect":
        return 302, b""
    return (200, b'{"errcode": 0, "errmsg": "ok"}') if mood == "ok" else (int(mood), b"oops")


def _read_request(opened: socket.socket) -> Request:
    raw = b""
    while b"\r\n\r\n" not in raw:
        raw += _some(opened)
    head, _, body = raw.partition(b"\r\n\r\n")
    line, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += _some(opened)
    return Request(line, headers, body)


def _some(opened: socket.socket) -> bytes:
    part = opened.recv(65_536)
    if not part:
        raise ValueError("the other side hung up")
    return part


# --- a mail server


@contextlib.contextmanager
def mail_server(*moods: str, context: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Moods of a connection: "ok", "busy" (421), "lost" (takes the mail and hangs up before it says so), "hang", "no recipient" (550),
    "not now" (451 at the recipient), "no login" (535)."""
    with _listening(Server(list(moods) or ["ok"], context=context), _serve_smtp) as server:
        yield server


def _serve_smtp(server: Server, opened: socket.socket) -> None:
    mood = server.mood()
    if mood == "hang":
        opened.recv(1)
        return
    if mood == "busy":
        opened.sendall(b"421 busy\r\n")
        return
    _Talk(server, opened, mood).run()


class _Talk:
    """One SMTP conversation."""

    def __init__(self, server: Server, opened: socket.socket, mood: str) -> None:
        self.server, self.opened, self.mood, self.rest, self.sealed = server, opened, mood, b"", False

    def run(self) -> None:
        self.say("220 test")
        while (line := self.line()) is not None:
            word = line.split(b" ")[0].upper().rstrip(b":")
            if not self.answer(word.decode(), line):
                return

    def say(self, text: str) -> None:
        self.opened.sendall(text.encode() + b"\r\n")

    def line(self) -> bytes | None:
        while b"\r\n" not in self.rest:
            part = self.opened.recv(65_536)
            if not part:
                return None
            self.rest += part
        found, _, self.rest = self.rest.partition(b"\r\n")
        return found

    def answer(self, word: str, line: bytes) -> bool:
        if word == "EHLO":
            offers = ["STARTTLS"] if self.server.context and not self.sealed else ["AUTH PLAIN"]
            self.say("\r\n".join(["250-test", *(f"250-{offer}" for offer in offers), "250 8BITMIME"]))
        elif word == "STARTTLS" and self.server.context:
            self.say("220 go")
            self.opened = self.server.context.wrap_socket(self.opened, server_side=True)
            self.sealed = True
        elif word == "AUTH":
            self.server.logins.append(line.decode())
            self.say("535 no" if self.mood == "no login" else "235 ok")
        elif word == "RCPT":
            self.say({"no recipient": "550 unknown", "not now": "451 later"}.get(self.mood, "250 ok"))
        elif word == "DATA":
            return self.take()
        elif word == "QUIT":
            self.say("221 bye")
            return False
        else:
            self.say("250 ok")
        return True

    def take(self) -> bool:
        self.say("354 go on")
        lines = []
        while (line := self.line()) != b".":
            if line is None:
                return False
            lines.append(line.removeprefix(b"."))
        self.server.mails.append(message_from_bytes(b"\r\n".join(lines), policy=default))  # type: ignore[arg-type]
        if self.mood == "lost":
            return False
        self.say("250 taken")
        return True
