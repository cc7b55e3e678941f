"""`flask doctor`: what this machine has for media, and what the site does without."""

import shutil
import subprocess
from collections.abc import Iterator

import click
import imageio_ffmpeg
from flask import current_app

from lms.config import Settings
from lms.media import children, office
from lms.web.vendor import missing

CHECK_SECONDS = 60
Line = tuple[bool, str, str]


def lines(settings: Settings) -> Iterator[Line]:
    """Whether it is there, what, and what is found or missing."""
    yield _ffmpeg()
    yield _office(settings.office_command)
    apart = children.apart()
    without = "not allowed by this kernel: converters could reach the network; put the worker behind a firewall"
    yield bool(apart), "converters without a network", " ".join(apart) or without
    yield _nice()
    yield _fonts()
    lacking = missing()
    yield (
        not lacking,
        "third-party scripts",
        f"{', '.join(lacking)} missing: run ./dev assets" if lacking else "installed",
    )
    yield _speech(settings.speech_command)
    scanner = getattr(settings, "clamav_socket", "")
    yield bool(scanner), "virus scanner (ClamAV)", scanner or "not set: uploads are not scanned"


def _ffmpeg() -> Line:
    try:
        return True, "FFmpeg", f"{imageio_ffmpeg.get_ffmpeg_version()} ({imageio_ffmpeg.get_ffmpeg_exe()})"
    except RuntimeError as problem:
        return False, "FFmpeg", str(problem)


def _office(command: str) -> Line:
    found = office.found(command)
    if found is None:
        return False, "LibreOffice", f"{command or 'LMS_OFFICE_COMMAND'} not found: Office documents have no pages"
    return True, "LibreOffice", found


def _nice() -> Line:
    found = children.after_others()
    return len(found) > 3, "converters after everybody else", " ".join(found) or "nice and ionice not found"


def _fonts() -> Line:
    lister = shutil.which("fc-list")
    if lister is None:
        return False, "Chinese fonts", "fc-list not found: install fontconfig and fonts-noto-cjk"
    told = subprocess.run([lister, ":lang=zh", "family"], capture_output=True, text=True, timeout=CHECK_SECONDS)
    families = sorted({line.split(",")[0].strip() for line in told.stdout.splitlines() if line.strip()})
    return bool(families), "Chinese fonts", ", ".join(families[:5]) or "none: Chinese pages come out as boxes"


def _speech(command: str) -> Line:
    if not command:
        return False, "speech recogniser", "LMS_SPEECH_COMMAND is not set: captions are uploaded or written"
    found = shutil.which(command.split()[0])
    return found is not None, "speech recogniser", found or f"{command.split()[0]} not found"


@click.command()
def doctor() -> None:
    """What this machine has for video and documents, and what is missing."""
    settings: Settings = current_app.extensions["settings"]
    for is_there, what, told in lines(settings):
        click.echo(f"{'ok     ' if is_there else 'without'}  {what}: {told}")
