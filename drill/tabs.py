"""A lecturer's browser as R23 needs it: a file on a disk, and tabs that send it in parts and can be cut in the middle of a body."""

import hashlib
import json
import random
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench.load import Visitor
from lms.media.upload_rules import digest_of_parts

MB = 2**20
HEAD = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"


@dataclass
class Reply:
    status: int
    body: dict[str, object]


@dataclass
class Source:
    """The file on the sender's disk; each is of another date, so that each drill has an upload of its own."""

    path: Path
    size: int
    digest: str
    modified_millis: int = field(default_factory=lambda: int(time.time() * 1000))

    def part(self, number: int, each: int) -> bytes:
        with self.path.open("rb") as file:
            file.seek((number - 1) * each)
            return file.read(each)


def made(folder: Path, size: int) -> Source:
    """A film's head and noise after it."""
    path, noise, digest, left = folder / "source.mp4", random.Random(23), hashlib.sha256(), size
    with path.open("wb") as file:
        while left:
            piece = (HEAD if left == size else b"") + noise.randbytes(min(MB, left))
            piece = piece[: min(MB, left)]
            file.write(piece)
            digest.update(piece)
            left -= len(piece)
    return Source(path, size, digest.hexdigest())


@dataclass
class Tab:
    """A browser's window: the calls of the script, without its patience unless asked for. `cut` closes the line in the middle of a body."""

    port: int
    visitor: Visitor
    source: Source
    upload: dict[str, object] = field(default_factory=dict)

    def call(self, path: str, body: object) -> Reply:
        sent = json.dumps(body).encode()
        return self._send("POST", path, sent, "Content-Type: application/json\r\n")

    def begin(self, name: str = "drill.mp4") -> Reply:
        facts = {"name": name, "size_bytes": self.source.size, "modified_millis": self.source.modified_millis}
        reply = self.call("/api/uploads", facts)
        self.upload = reply.body
        return reply

    @property
    def each(self) -> int:
        return int(str(self.upload["part_bytes"]))

    @property
    def path(self) -> str:
        return f"/api/uploads/{self.upload['upload_id']}"

    def missing(self) -> list[int]:
        reply = self._send("GET", self.path, b"", "")
        stored = {part["number"] for part in reply.body["parts"]}  # type: ignore[attr-defined]
        return [number for number in range(1, -(-self.source.size // self.each) + 1) if number not in stored]

    def send(self, number: int, *, cut: bool = False, spoilt: bool = False) -> Reply:
        piece = self.source.part(number, self.each)
        said = hashlib.sha256(piece).hexdigest()
        if spoilt:
            piece = piece[:-1] + bytes([piece[-1] ^ 1])
        more = f"Content-Type: application/octet-stream\r\nX-Part-Digest: {said}\r\n"
        return self._send("POST", f"{self.path}/parts/{number}", piece, more, cut=cut)

    def complete(self) -> Reply:
        numbers = range(1, -(-self.source.size // self.each) + 1)
        digests = (hashlib.sha256(self.source.part(number, self.each)).hexdigest() for number in numbers)
        return self.call(f"{self.path}/completion", {"digest": digest_of_parts(digests)})

    def _send(self, method: str, path: str, body: bytes, more: str, *, cut: bool = False) -> Reply:
        """Status 0 when there was no answer."""
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nCookie: lms_session={self.visitor.cookie}\r\n"
        head += f"X-CSRF-Token: {self.visitor.csrf}\r\n{more}Content-Length: {len(body)}\r\n\r\n"
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=120) as line:
                line.sendall(head.encode() + (body[: len(body) // 2] if cut else body))
                return Reply(0, {}) if cut else _heard(line)
        except OSError:
            return Reply(0, {})


def _heard(line: socket.socket) -> Reply:
    answer = b""
    while piece := line.recv(65_536):
        answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    return Reply(int(head[9:12]), json.loads(body)) if head else Reply(0, {})
