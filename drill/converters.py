"""R24: converters that hang, crash, eat memory, fill the disk, multiply or look for the network are bounded and named, and slow nobody."""

import io
import sys
import threading
import time
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import docx
from sqlalchemy import select

from bench.figures import Figure, Row
from bench.load import Person, Visitor, drive
from drill.site import Broken, Drill, Site
from lms import clock
from lms.config import Settings
from lms.db import unit_of_work
from lms.media import children, jobs, office
from lms.media import services as media
from lms.media.models import MediaFile
from lms.media.rules import MediaState
from lms.people.models import Person as Member
from lms.storage.local import LocalStorage
from lms.tasks.services import run_due

CONVERT_SECONDS = 4
VISITORS, VISITS = 4, 60
PAGES = ("/", "/library/")

# Each leaves a file in MARKS when it got beyond its bounds.
WICKED = {
    "hangs": "while True: pass",
    "hangs and leaves others behind": (
        "import subprocess, time\n"
        "subprocess.Popen([sys.executable, __file__, 'stay'], start_new_session=False)\n"
        "time.sleep(120)"
    ),
    "crashes": "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
    "eats memory": "kept = bytearray(6 * 2**30); mark('memory')",
    "fills the disk": "f = open(os.path.join(os.environ['HOME'], 'big'), 'wb'); f.seek(20 * 2**30); f.write(b'x'); f.flush(); mark('disk')",
    "looks for the network": "import socket; socket.create_connection(('127.0.0.1', PORT), 3); mark('network')",
    "looks for secrets": "any('DATABASE' in k or 'LMS_' in k or 'AWS' in k for k in os.environ) and mark('secrets')",
}
_HEAD = """#!{python}
import os, sys, time
MARKS, PORT = {marks!r}, {port}
def mark(name): open(os.path.join(MARKS, name), 'w').close()
if sys.argv[1:] == ['stay']:
    for _ in range(1200):
        open(os.path.join(MARKS, 'left'), 'a').write('.')
        time.sleep(0.05)
"""


@dataclass(frozen=True)
class Workshop:
    """Where converters work in the drill: their folder, storage and marks."""

    site: Site
    folder: Path
    storage: LocalStorage

    @property
    def marks(self) -> Path:
        return self.folder / "marks"

    def converter(self, number: int, deed: str, port: int) -> Path:
        path = self.folder / f"wicked-{number}"
        path.write_text(_HEAD.format(python=sys.executable, marks=str(self.marks), port=port) + deed + "\n")
        path.chmod(0o755)
        return path

    def convert(self, converter: Path) -> tuple[MediaState, str]:
        """State and reason of a document that this converter had."""
        with unit_of_work(self.site.bureau.make_session) as session:
            owner = session.scalars(select(Member.id).limit(1)).one()
            received = media.receive(
                session,
                io.BytesIO(_document()),
                name="drill.docx",
                owner_id=owner,
                storage=self.storage,
                now=clock.now(),
            )
            media_id = received.id
        settings = replace(Settings(), office_command=str(converter))
        run_due(self.site.bureau.make_session, jobs.KINDS, {"storage": self.storage, "settings": settings})
        with self.site.bureau.make_session() as session:
            found = session.get_one(MediaFile, media_id)
            assert self.storage.size(found.key) == found.size_bytes
            return found.state, found.failure


def _document() -> bytes:
    out = io.BytesIO()
    made = docx.Document()
    made.add_paragraph("演练")
    made.save(out)
    assert zipfile.is_zipfile(out)
    return out.getvalue()


def _visiting(visitor: Visitor) -> Person:
    for number in range(VISITS):
        yield visitor.get(PAGES[number % len(PAGES)], "page")


def _p95(port: int, people: list[Visitor]) -> float:
    return drive(port, [_visiting(one) for one in people]).check().percentile("page")


def converters(site: Site) -> dict[str, float]:
    folder = site.bureau.folder / f"converters-{time.monotonic_ns()}"
    work = Workshop(site, folder, LocalStorage(folder / "media"))
    work.marks.mkdir(parents=True)
    ended: list[tuple[str, MediaState, str]] = []
    with site.server() as server:
        people = site.people(VISITORS)
        _p95(server.port, people)
        quiet = _p95(server.port, people)
        files = [work.converter(n, deed, server.port) for n, deed in enumerate(WICKED.values())]
        busy = threading.Thread(target=_all, args=(work, files, ended))
        seconds, office.SECONDS = office.SECONDS, CONVERT_SECONDS
        try:
            busy.start()
            during = []
            while busy.is_alive():
                during.append(_p95(server.port, people))
            busy.join()
        finally:
            office.SECONDS = seconds
    if len(ended) != len(WICKED):
        raise Broken(f"only {len(ended)} of {len(WICKED)} conversions ended")
    unnamed = sum(state is not MediaState.FAILED or not why for _, state, why in ended)
    marks = {path.name for path in work.marks.iterdir()} - {"left"}
    if not children.apart():
        marks.discard("network")
    for name in sorted(marks):
        print(f"     beyond its bounds: {name}")
    ordered = sorted(during)
    return {
        "conversions": len(ended),
        "not marked with a reason": unnamed,
        "bounds broken": len(marks),
        "left running": _still_runs(work.marks / "left"),
        "pages' p95 quiet": quiet,
        "pages' p95 during": ordered[len(ordered) // 2],
        "ratio": ordered[len(ordered) // 2] / quiet,
    }


def _all(work: Workshop, files: list[Path], ended: list[Any]) -> None:
    for path in files:
        ended.append((path.name, *work.convert(path)))


def _still_runs(beats: Path) -> int:
    """Whether what a converter left behind is still writing."""
    before = beats.stat().st_size if beats.exists() else 0
    time.sleep(0.5)
    after = beats.stat().st_size if beats.exists() else 0
    return int(after > before)


FIGURES = (
    Figure("conversions", "", len(WICKED), at_least=True),
    Figure("not marked with a reason", "", 0, 0),
    Figure("bounds broken", "", 0, 0),
    Figure("left running", "", 0, 0),
    Figure("pages' p95 quiet", "ms"),
    Figure("pages' p95 during", "ms"),
    Figure("ratio", "×", 4, 1.5),
)
DRILLS = [
    Drill(
        Row("R24", "converters that hang, crash or want too much", FIGURES),
        converters,
        ("converters-without-limits", "only-the-converter-itself-ended"),
    )
]
