"""R23: an upload that is cut again and again, by two tabs, over a killed server, ends as one equal object, and nothing else is left."""

import hashlib
import json
import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from sqlalchemy import update

from bench.figures import Figure, Row
from bench.load import Visitor
from bench.server import Server
from drill.site import Broken, Drill, Site
from lms import clock
from lms.db import unit_of_work
from lms.media import upload_sweep
from lms.media.orphans import sweep
from lms.media.upload_models import Upload
from lms.media.upload_rules import digest_of_parts
from lms.storage.local import LocalStorage
from lms.tasks.services import run_due

MB = 2**20
SHORT, SHORT_PART, LONG = 160 * MB, 2 * MB, 2048 * MB
CUTS, AT_ONCE = 20, 3
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


@dataclass
class Count:
    """What happened; each tab adds to it under the mutex. `bytes`: the most the server weighed while it was at work."""

    cuts: int = 0
    bytes: int = 0
    mutex: threading.Lock = field(default_factory=threading.Lock)
    stop: bool = False

    def may_cut(self) -> bool:
        with self.mutex:
            if self.cuts >= CUTS:
                return False
            self.cuts += 1
            return True


def send_all(tab: Tab, count: Count, rng: random.Random) -> None:
    """Sends what is missing, in any order, until nothing is or the server is gone; cuts the line now and then."""
    while not count.stop and (missing := tab.missing()):
        rng.shuffle(missing)
        if count.cuts < CUTS and rng.random() < 0.9 and count.may_cut():
            tab.send(missing[0], cut=True)
        for number in missing[:AT_ONCE]:
            tab.send(number)


def patient(tab: Tab, count: Count, seed: int) -> None:
    """As the script: no answer is a reason to try again."""
    rng = random.Random(seed)
    done = False
    while not done and not count.stop:
        try:
            send_all(tab, count, rng)
            done = True
        except KeyError:  # the server was gone when it was asked what is missing
            time.sleep(0.2)


@contextmanager
def working(tabs: list[Tab], count: Count) -> Iterator[list[threading.Thread]]:
    threads = [threading.Thread(target=patient, args=(tab, count, n), daemon=True) for n, tab in enumerate(tabs)]
    for thread in threads:
        thread.start()
    try:
        yield threads
    finally:
        count.stop = count.stop or any(thread.is_alive() for thread in threads)
        for thread in threads:
            thread.join(60)


def server_of(site: Site, port: int, part_bytes: int) -> Server:
    environment = site.environment | {"LMS_UPLOAD_PART_BYTES": str(part_bytes)}
    return Server("drill.inside:app", environment, site.bureau.folder, port=port)


def upload_through_everything(site: Site) -> dict[str, float]:
    size, each = (LONG, 8 * MB) if site.is_long else (SHORT, SHORT_PART)
    source = made(site.bureau.folder, size)
    storage = LocalStorage(Path(site.environment["LMS_MEDIA_DIR"]))
    server, count = server_of(site, site.port, each), Count()
    server.wait()
    before, visitor = server.pss_bytes(), site.bureau.named("ed")
    others = {one.key for one in storage.stored("files/")}
    tabs = [Tab(server.port, visitor, source) for _ in range(2)]
    try:
        figures = {"uploads": float(len({begun(tab) for tab in tabs}))}
        figures["wrong parts taken"] = wrong_parts_taken(tabs[0])
        server = killed_on_the_way(site, server, tabs, count, each)
        figures["visible before"] = len(new_blobs(storage, others))
        server = killed_while_joining(site, server, tabs[0], each)
        figures["refused completions"] = completed(tabs)
        figures["memory"] = max(0, count.bytes - before, server.pss_bytes() - before) / MB
        figures |= outcome(site, storage, tabs[0], others)
        figures["orphans"] = left_behind(site, storage, tabs[0], others)
        return figures | {"cuts": count.cuts, "megabytes": size / MB}
    finally:
        server.close()
        source.path.unlink()


def begun(tab: Tab) -> object:
    reply = tab.begin()
    if reply.status != 200:
        raise Broken(f"begin: {reply.status} {reply.body}")
    return reply.body["upload_id"]


def wrong_parts_taken(tab: Tab) -> int:
    """Parts with one bit turned: the first, one in the middle, the last."""
    numbers = tab.missing()
    replies = [tab.send(number, spoilt=True) for number in (numbers[0], numbers[len(numbers) // 2], numbers[-1])]
    said = sum("校验" in str(reply.body.get("error")) for reply in replies if reply.status == 422)
    return len(replies) - said


def killed_on_the_way(site: Site, server: Server, tabs: list[Tab], count: Count, each: int) -> Server:
    """Both tabs send, the server is killed at a third and comes back; returns the one that came back, when everything has arrived."""
    total = len(tabs[0].missing())
    with working(tabs, count) as threads:
        _until(lambda: stored(site, tabs[0]) >= total // 3, "a third of the parts")
        count.bytes = server.pss_bytes()
        server.kill()
        again = server_of(site, server.port, each)
        again.wait()
        for thread in threads:
            thread.join(1200)
        count.bytes = max(count.bytes, again.pss_bytes())
        if any(thread.is_alive() for thread in threads):
            raise Broken("the tabs do not come to an end")
    return again


def stored(site: Site, tab: Tab) -> int:
    return site.count("SELECT count(*) FROM upload_parts WHERE upload_id = :id", id=tab.upload["upload_id"])


def _until(holds: object, what: str) -> None:
    ends = time.monotonic() + 300
    while not holds():  # type: ignore[operator]
        if time.monotonic() > ends:
            raise Broken(f"{what} did not come about")
        time.sleep(0.02)


def killed_while_joining(site: Site, server: Server, tab: Tab, each: int) -> Server:
    """The first completion loses its server in the middle."""
    asked = threading.Thread(target=tab.complete, daemon=True)
    asked.start()
    folder = Path(site.environment["LMS_MEDIA_DIR"])
    _until(lambda: list(folder.glob("files/*/.*.part")) or not asked.is_alive(), "joining")
    server.kill()
    asked.join(60)
    again = server_of(site, server.port, each)
    again.wait()
    return again


def completed(tabs: list[Tab]) -> int:
    """Both tabs complete at once and once more; a "joining" is asked again. Returns how many were refused in the end."""
    replies: list[Reply] = []

    def to_the_end(tab: Tab) -> None:
        for _ in range(200):
            reply = tab.complete()
            if reply.body.get("reason") != "joining":
                break
            time.sleep(0.2)
        replies.append(reply)

    for _ in range(2):
        threads = [threading.Thread(target=to_the_end, args=(tab,)) for tab in tabs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return sum(reply.status != 200 or reply.body["state"] != "complete" for reply in replies)


def new_blobs(storage: LocalStorage, others: set[str]) -> set[str]:
    return {one.key for one in storage.stored("files/")} - others


def outcome(site: Site, storage: LocalStorage, tab: Tab, others: set[str]) -> dict[str, float]:
    blobs, digest = new_blobs(storage, others), tab.source.digest
    complete = "SELECT key, sha256 FROM uploads WHERE state = 'complete' AND id = :id"
    rows = site.ask(complete, id=tab.upload["upload_id"])
    wrong = sum(sha256 != digest or _digest(storage, key) != digest for key, sha256 in rows)
    return {"objects": len(blobs), "differing": wrong + (len(rows) != 1)}


def _digest(storage: LocalStorage, key: str) -> str:
    digest = hashlib.sha256()
    for piece in storage.read(key):
        digest.update(piece)
    return digest.hexdigest()


def left_behind(site: Site, storage: LocalStorage, tab: Tab, others: set[str]) -> int:
    """Files that are left of this upload's parts, of the killed joining, and of another upload nobody went on with for eight days."""
    tab.begin("abandoned.mp4")
    tab.send(1)
    make_session, now = site.bureau.make_session, clock.now()
    with unit_of_work(make_session) as session:
        long_ago = update(Upload).where(Upload.id == tab.upload["upload_id"])
        session.execute(long_ago.values(touched_at=now - timedelta(days=8)))
    upload_sweep.sweep_uploads(make_session, now)
    run_due(make_session, upload_sweep.KINDS, {"storage": storage})
    sweep(make_session, storage, now + timedelta(days=2))
    kept = others | {key for (key,) in site.ask("SELECT key FROM uploads WHERE state = 'complete'")}
    there = [path.relative_to(storage.root).as_posix() for path in storage.root.rglob("*") if path.is_file()]
    return sum(name.startswith(("files/", "uploads/")) and name not in kept for name in there)


ROW = Row(
    "R23",
    "an upload cut, killed, in two tabs",
    (
        Figure("differing", "objects", 0, 0),
        Figure("objects", "", 1, 1),
        Figure("uploads", "", 1, 1),
        Figure("wrong parts taken", "", 0, 0),
        Figure("visible before", "", 0, 0),
        Figure("refused completions", "", 0, 0),
        Figure("orphans", "files", 0, 0),
        Figure("memory", "MB", 96, 64),
        Figure("cuts", "", CUTS, at_least=True),
        Figure("megabytes", "", SHORT / MB, at_least=True),
    ),
)
DRILLS = [Drill(ROW, upload_through_everything, ("checksums-believed", "parts-left-behind"))]
