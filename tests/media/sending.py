"""A browser that sends a file in parts, as the site's script does, with every step at the test's command."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from lms.media.upload_rules import digest_of_parts
from tests.support.web import Web

KB64 = 65_536
MP4 = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"


def film(parts: int = 3, rest: int = 100, seed: int = 1) -> bytes:
    """Content that begins like an MP4 and needs so many parts of 64 KB, the last one of `rest` bytes."""
    size = (parts - 1) * KB64 + rest
    body = b"".join(hashlib.sha256(f"{seed}-{n}".encode()).digest() for n in range(size // 32 + 1))
    return (MP4 + body)[:size]


@dataclass
class Sender:
    """One tab: it knows its file and, after `begin`, its upload."""

    web: Web
    content: bytes
    name: str = "大讲堂.mp4"
    modified_millis: int = 1_790_000_000_000
    upload: dict[str, Any] = field(default_factory=dict)

    def begin(self, status: int = 200, **more: Any) -> dict[str, Any]:
        facts = {"name": self.name, "size_bytes": len(self.content), "modified_millis": self.modified_millis, **more}
        self.upload = self.web.call("/api/uploads", facts, status)
        return self.upload

    @property
    def path(self) -> str:
        return f"/api/uploads/{self.upload['upload_id']}"

    def pieces(self) -> list[bytes]:
        each = self.upload["part_bytes"]
        return [self.content[start : start + each] for start in range(0, len(self.content), each)]

    def send(self, number: int, status: int = 200, *, content: bytes | None = None, digest: str | None = None) -> Any:
        """One part; other bytes or another digest than the file's when given."""
        piece = self.pieces()[number - 1] if content is None else content
        said = digest or hashlib.sha256(self.pieces()[number - 1]).hexdigest()
        headers = {"X-CSRF-Token": self.web.csrf_token(), "X-Part-Digest": said}
        self.web.session.commit()
        answer = self.web.client.post(
            f"{self.path}/parts/{number}", data=piece, headers=headers, content_type="application/octet-stream"
        )
        return self.web._seen(answer, status).get_json()

    def send_all(self) -> "Sender":
        for number in range(1, len(self.pieces()) + 1):
            self.send(number)
        return self

    def complete(self, status: int = 200) -> Any:
        digest = digest_of_parts(hashlib.sha256(piece).hexdigest() for piece in self.pieces())
        return self.web.call(f"{self.path}/completion", {"digest": digest}, status)

    def stored(self) -> list[int]:
        return [part["number"] for part in self.web.get(self.path).get_json()["parts"]]
