"""How soon an uploaded film can be watched, as a share of its length (M1)."""

import subprocess
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import imageio_ffmpeg
from sqlalchemy import select

from bench.bureau import Bureau
from bench.figures import Figure, Group, Once, Row
from lms import clock
from lms.config import Settings
from lms.db import unit_of_work
from lms.media import jobs, queries
from lms.media import services as media
from lms.media.models import MediaFile
from lms.media.rules import MediaState, RenditionKind
from lms.people.models import Person
from lms.storage.local import LocalStorage
from lms.tasks.services import run_due

SECONDS = 120
FITS = Row(
    "M1a",
    f"upload finished to playable: {SECONDS} s of 1280 × 720, H.264 and AAC",
    (Figure("share of its length", ""), Figure("all sizes", "")),
)
ANEW = Row(
    "M1b",
    f"upload finished to playable: {SECONDS} s of 1280 × 720, MPEG-4 and MP3, to be made anew",
    (Figure("share of its length", ""), Figure("all sizes", "")),
)


def groups(bureau: Bureau) -> list[Group]:
    fits = (
        "mp4",
        ["-c:v", "libx264", "-preset", "ultrafast", "-b:v", "2500k", "-g", "50", "-pix_fmt", "yuv420p", "-c:a", "aac"],
    )
    anew = ("avi", ["-c:v", "mpeg4", "-q:v", "5", "-c:a", "libmp3lame"])
    return [
        Group((row,), partial(_measure, bureau, row.id, *form), repetitions=1)
        for row, form in ((FITS, fits), (ANEW, anew))
    ]


def _film(path: Path, coded: list[str]) -> None:
    """More restless than a lecture is: a moving pattern with a little noise."""
    picture = f"testsrc2=size=1280x720:rate=25:duration={SECONDS},noise=alls=2:allf=t"
    sound = f"sine=frequency=300:duration={SECONDS}"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", picture]
    subprocess.run([*command, "-f", "lavfi", "-i", sound, *coded, str(path)], check=True)


def _measure(bureau: Bureau, row_id: str, suffix: str, coded: list[str]) -> Once:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        film = folder / f"film.{suffix}"
        _film(film, coded)
        storage = LocalStorage(folder / "media")
        with unit_of_work(bureau.make_session) as session, film.open("rb") as stream:
            owner = session.scalars(select(Person.id).limit(1)).one()
            begun = clock.now()
            received = media.receive(session, stream, name=film.name, owner_id=owner, storage=storage, now=begun)
            media_id = received.id
        ready = _worked(bureau, storage, media_id)
        assert ready.playable_at is not None, ready.failure
        playable = (ready.playable_at - begun).total_seconds()
        whole = (clock.now() - begun).total_seconds()
    return {row_id: {"share of its length": playable / SECONDS, "all sizes": whole / SECONDS}}


def _worked(bureau: Bureau, storage: LocalStorage, media_id: int) -> MediaFile:
    """Everything is made, in the order of the site's own worker."""
    run: Callable[[], int] = partial(
        run_due, bureau.make_session, jobs.KINDS, {"storage": storage, "settings": Settings()}
    )
    run()
    with unit_of_work(bureau.make_session) as session:
        found = session.get_one(MediaFile, media_id)
        assert found.state is MediaState.READY, found.failure
        if not queries.list_renditions(session, media_id, RenditionKind.STREAM):
            media.enqueue_more(session, found, now=clock.now(), streams=True)
    run()
    return found
