"""What this machine has for films and documents, and what the site does without: part of `flask doctor`. Each line says what to do."""

import shutil
import subprocess
from collections.abc import Iterator

import imageio_ffmpeg

from lms.config import Settings
from lms.media import children, office
from lms.media.scanning import Scanner
from lms.web.vendor import missing

CHECK_SECONDS = 60
SCANNER_SECONDS = 5
Line = tuple[bool, str, str]


def lines(settings: Settings) -> Iterator[Line]:
    """Whether it is there, what, and what is found or missing."""
    yield _ffmpeg()
    yield _office(settings.office_command)
    apart = children.apart()
    without = (
        "not allowed by this kernel: converters could reach the network; set kernel.unprivileged_userns_clone=1 with sysctl, "
        "or let a firewall refuse the worker's account every connection but the database's"
    )
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
    yield _scanner(settings.clamav)


def _ffmpeg() -> Line:
    try:
        return True, "FFmpeg", f"{imageio_ffmpeg.get_ffmpeg_version()} ({imageio_ffmpeg.get_ffmpeg_exe()})"
    except RuntimeError as problem:
        return False, "FFmpeg", f"{problem}: install requirements/runtime.txt again, its wheel brings it"


def _office(command: str) -> Line:
    found = office.found(command)
    if found is None:
        return (
            False,
            "LibreOffice",
            (
                f"{command or 'LMS_OFFICE_COMMAND'} not found: Office documents have no pages; install libreoffice-impress "
                "and libreoffice-writer, or name the program in LMS_OFFICE_COMMAND"
            ),
        )
    return True, "LibreOffice", found


def _nice() -> Line:
    found = children.after_others()
    return (
        len(found) > 3,
        "converters after everybody else",
        " ".join(found) or "nice or ionice not found: install util-linux",
    )


def _fonts() -> Line:
    lister = shutil.which("fc-list")
    if lister is None:
        return False, "Chinese fonts", "fc-list not found: install fontconfig and fonts-noto-cjk"
    told = subprocess.run([lister, ":lang=zh", "family"], capture_output=True, text=True, timeout=CHECK_SECONDS)
    families = sorted({line.split(",")[0].strip() for line in told.stdout.splitlines() if line.strip()})
    return (
        bool(families),
        "Chinese fonts",
        ", ".join(families[:5]) or "none: Chinese pages come out as boxes; install fonts-noto-cjk",
    )


def _speech(command: str) -> Line:
    if not command:
        return (
            False,
            "speech recogniser",
            "LMS_SPEECH_COMMAND is not set: captions are uploaded or written; name a recogniser there to have drafts",
        )
    found = shutil.which(command.split()[0])
    return found is not None, "speech recogniser", found or f"{command.split()[0]} not found: mend LMS_SPEECH_COMMAND"


def _scanner(address: str) -> Line:
    name = "virus scanner (ClamAV)"
    if not address:
        return False, name, "not set: uploads are not scanned; install clamav-daemon and name its socket in LMS_CLAMAV"
    if not Scanner(address, SCANNER_SECONDS).is_there():
        return (
            False,
            name,
            f"{address} does not answer, uploads wait: start clamd (systemctl start clamav-daemon) or mend LMS_CLAMAV",
        )
    return True, name, address
