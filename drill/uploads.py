"""R23: an upload that is cut again and again, by two tabs, over a killed server, ends as one equal object, and nothing else is left."""

import hashlib
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from sqlalchemy import update

from bench.figures import Figure, Row
from bench.server import Server
from drill.site import Broken, Drill, Site
from drill.tabs import MB, Reply, Tab, made
from lms import clock
from lms.db import unit_of_work
from lms.media import upload_sweep
from lms.media.orphans import sweep
from lms.media.upload_models import Upload
from lms.storage.local import LocalStorage
from lms.tasks.services import run_due

SHORT, SHORT_PART, LONG = 160 * MB, 2 * MB, 2048 * MB
CUTS, AT_ONCE = 20, 3


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
