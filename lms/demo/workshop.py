"""Make the files and put them through the media service, while the rest of the bureau is loaded."""

import io
import os
import tempfile
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Lock

from lms import scheduler
from lms.courses.review_rules import ResourceKind
from lms.db import unit_of_work
from lms.demo.lecture_media import make_film
from lms.demo.shelf import Item
from lms.demo.site import Site
from lms.media import queries
from lms.media import services as media
from lms.tasks.services import run_due

AT_ONCE = min(4, os.cpu_count() or 1)
STREAMED = 1  # So many films in several sizes, to show the player with them; the others are too short to need them.


class Workshop:
    """Films and documents are made and examined in the background; `wait` gives the numbers of their media files."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._done = 0
        self._lock = Lock()
        self._made: list[tuple[Item, Future[bytes]]] = []

    def start(self, items: Sequence[Item]) -> None:
        """Begin to make the files, films first."""
        ordered = sorted((item for item in items if item.has_file), key=lambda item: item.kind != ResourceKind.VIDEO)
        self._made = [(item, self._pool.submit(self._make, item)) for item in ordered]

    def wait(self, owners: dict[str, int]) -> dict[Item, int]:
        """Hand in each file as its author (name → person id), and let the media task examine them all."""
        received = {item: self._receive(item, made.result(), owners[item.author]) for item, made in self._made}
        self._run()
        films = [media_id for item, media_id in received.items() if item.kind == ResourceKind.VIDEO]
        with unit_of_work(self._site.make_session) as session:
            for film in queries.media_by_id(session, films[:STREAMED]).values():
                media.enqueue_more(session, film, now=self._site.now, streams=True)
        self._run()
        self._pool.shutdown()
        return received

    def _run(self) -> None:
        site = self._site
        runs = [self._pool.submit(run_due, site.make_session, scheduler.KINDS, site.services) for _ in range(AT_ONCE)]
        for run in runs:
            run.result()

    def _make(self, item: Item) -> bytes:
        made = _film(item) if item.make is None else item.make(item.lecture)
        with self._lock:
            self._done += 1
            self._site.progress("files", self._done, len(self._made))
        return made

    def _receive(self, item: Item, content: bytes, owner_id: int) -> int:
        with unit_of_work(self._site.make_session) as session:
            stored = media.receive(
                session,
                io.BytesIO(content),
                name=item.file_name,
                owner_id=owner_id,
                storage=self._site.services["storage"],
                now=item.uploaded_at,
            )
            return stored.id


def _film(item: Item) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        make_film(item.lecture, path)
        return path.read_bytes()
