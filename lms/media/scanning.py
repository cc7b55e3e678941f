"""A look through every file by ClamAV before anything is made of it, where the site has one (LMS_CLAMAV).

Speaks clamd's INSTREAM: pieces with their length in front, an empty one at the end, one line back. What was not scanned does not pass: when
the scanner cannot be reached or does not take the file, the file waits and is tried again, for as long as it takes.
"""

import re
import socket
import struct
from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import update

from lms.db import unit_of_work
from lms.media.errors import BadMedia
from lms.media.models import MediaFile
from lms.media.rules import MediaState
from lms.media.services import enqueue_again
from lms.storage import Storage
from lms.tasks.services import TaskContext

SECONDS = 120
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=2), timedelta(hours=1)
AWAY = "病毒扫描暂时不可用，文件还没有检查；系统会自动再试，不用重新上传。"
TOO_LARGE = "病毒扫描设置的大小上限小于这个文件，文件还没有检查；请联系系统管理员调大上限，系统会自动再试。"


class NotScanned(Exception):
    """The scanner gave no verdict; the message says to the owner what happens next."""


class Scanner:
    """A clamd at a Unix socket (`/run/clamav/clamd.ctl`) or a TCP address (`host:3310`)."""

    def __init__(self, address: str, seconds: float = SECONDS) -> None:
        self.address, self.seconds = address, seconds

    def virus_in(self, pieces: Iterable[bytes]) -> str:
        """The name of what was found, "" when nothing was. Raises NotScanned."""
        try:
            reply = self._ask(pieces)
        except OSError as problem:
            raise NotScanned(AWAY) from problem
        if found := re.fullmatch(r"stream: (.+) FOUND", reply):
            return found[1]
        if reply == "stream: OK":
            return ""
        raise NotScanned(TOO_LARGE if "size limit" in reply else AWAY)

    def is_there(self) -> bool:
        """Whether it answers."""
        try:
            with self._connected() as line:
                line.sendall(b"zPING\0")
                return _reply_on(line) == "PONG"
        except OSError:
            return False

    def _ask(self, pieces: Iterable[bytes]) -> str:
        with self._connected() as line:
            line.sendall(b"zINSTREAM\0")
            try:
                for piece in pieces:
                    line.sendall(struct.pack("!L", len(piece)) + piece)
                line.sendall(struct.pack("!L", 0))
            except (BrokenPipeError, ConnectionResetError):
                pass  # it answers before the end when it has seen enough
            return _reply_on(line)

    def _connected(self) -> socket.socket:
        host, colon, port = self.address.rpartition(":")
        if colon and port.isdecimal():
            return socket.create_connection((host, int(port)), self.seconds)
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(self.seconds)
        try:
            line.connect(self.address)
        except OSError:
            line.close()
            raise
        return line


def _reply_on(line: socket.socket) -> str:
    """The scanner's one line; "" when it ended without one."""
    reply, resets = b"", 0
    while not reply.endswith(b"\0"):
        try:
            piece = line.recv(4096)
        except (
            ConnectionResetError
        ):  # told once when it closed with our bytes unread; what it said before can still be there
            resets += 1
            if resets > 1:
                raise
            continue
        if not piece:
            break
        reply += piece
    return reply.decode(errors="replace").rstrip("\0\n")


def connect(address: str) -> Scanner | None:
    """The scanner of the settings; None when the site has none."""
    return Scanner(address) if address else None


def let_pass(context: TaskContext, media: MediaFile) -> bool:
    """True when the file may be examined; from then on it may be served. False when it waits for the scanner, and will be tried again.
    Raises BadMedia, which names what was found."""
    if media.is_checked:
        return True
    scanner: Scanner | None = context.services.get("scanner")
    storage: Storage = context.services["storage"]
    if scanner is not None:
        try:
            found = scanner.virus_in(storage.read(media.key))
        except NotScanned as problem:
            _wait(context, media, str(problem))
            return False
        if found:
            raise BadMedia(f"文件里查出病毒（{found[:100]}），不能使用。请在电脑上杀毒后，换一个干净的文件再上传。")
    with unit_of_work(context.make_session) as session:
        session.execute(update(MediaFile).where(MediaFile.id == media.id).values(is_checked=True))
    return True


def _wait(context: TaskContext, media: MediaFile, why: str) -> None:
    """The file says why it waits, and its task comes again, later each time."""
    tried = int(context.input.get("waited", 0))
    pause = min(FIRST_WAIT * 2 ** min(tried, 10), LONGEST_WAIT)
    again = {**context.input, "waited": tried + 1}
    with unit_of_work(context.make_session) as session:
        held = update(MediaFile).where(MediaFile.id == media.id)
        session.execute(held.values(state=MediaState.UPLOADED, failure=why))
        enqueue_again(session, media, again, now=context.now, at=context.now + pause)
