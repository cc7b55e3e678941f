"""With a scanner nothing passes unscanned: what is infected is refused by name, and what could not be scanned waits.

The scanner is a clamd of the test's own on a real socket, which speaks INSTREAM and knows one virus.
"""

import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from time_machine import travel

from lms import clock
from lms.config import Keys
from lms.db import MakeSession
from lms.media import access, scanning, services
from lms.media.errors import LinkOver
from lms.media.jobs import KINDS
from lms.media.models import MediaFile
from lms.media.rules import LinkScope, MediaState, link_of
from lms.media.scanning import NotScanned, Scanner
from lms.notices.models import Notice
from lms.storage.local import LocalStorage
from lms.tasks.services import run_due
from tests.media import files
from tests.media.conftest import Upload

VIRUS, LIMIT = b"X5O!-not-really-a-virus", 3_000_000


class Clamd(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        assert self.rfile.read(10) == b"zINSTREAM\0"
        seen = b""
        while size := struct.unpack("!L", self.rfile.read(4))[0]:
            seen += self.rfile.read(size)
            if len(seen) > LIMIT:
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
        self.wfile.write(b"stream: Test.Worm-1 FOUND\0" if VIRUS in seen else b"stream: OK\0")


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


@pytest.fixture
def clamd(tmp_path: Path) -> Iterator[str]:
    """The socket of a running clamd."""
    path = str(tmp_path / "clamd.ctl")
    server = UnixServer(path, Clamd)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield path
    server.shutdown()
    server.server_close()


@pytest.fixture
def process(app: Flask, session: Session, make_session: MakeSession, storage: LocalStorage) -> Callable[[str], int]:
    """Runs what is due on a site whose scanner is at that address."""

    def run(address: str) -> int:
        session.commit()
        services = {**app.extensions, "storage": storage, "scanner": scanning.connect(address)}
        ran = run_due(make_session, KINDS, services)
        session.expire_all()
        return ran

    return run


def original_of(session: Session, keys: Keys, media: MediaFile) -> access.Delivery:
    """As a link for the sign-in 1 would get it."""
    url = services.link(
        keys, media, services.original_name(media), sign_in_id=1, now=clock.now(), scope=LinkScope.DOWNLOAD
    )
    _, _, token, name = url.split("/")
    assert link_of(token)
    return access.delivery_to_get(session, keys, token, name, sign_in_id=1, now=clock.now())


@pytest.mark.parametrize("pieces", [[], [b"clean"], [b"x" * 70_000] * 9])
def test_clean_streams_pass_over_a_unix_socket(clamd: str, pieces: list[bytes]) -> None:
    assert Scanner(clamd).virus_in(pieces) == ""


def test_a_virus_that_lies_across_two_pieces_is_named(clamd: str) -> None:
    assert Scanner(clamd).virus_in([b"a" + VIRUS[:7], VIRUS[7:]]) == "Test.Worm-1"


def test_a_scanner_at_a_network_address_is_asked_the_same_way() -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Clamd) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert Scanner(f"127.0.0.1:{server.server_address[1]}").virus_in([VIRUS]) == "Test.Worm-1"
        server.shutdown()


def test_a_scanner_that_is_away_silent_or_overwhelmed_gives_no_verdict(clamd: str, tmp_path: Path) -> None:
    with pytest.raises(NotScanned, match="暂时不可用"):
        Scanner(str(tmp_path / "nobody")).virus_in([b"x"])
    with pytest.raises(NotScanned, match="大小上限"):
        Scanner(clamd).virus_in([b"x" * 500_000] * 20)
    with socket.create_server(("127.0.0.1", 0)) as deaf, pytest.raises(NotScanned, match="暂时不可用"):
        Scanner(f"127.0.0.1:{deaf.getsockname()[1]}", seconds=0.2).virus_in([b"x"])


def test_a_clean_file_is_examined_and_only_then_served(
    session: Session, cast: SimpleNamespace, keys: Keys, upload: Upload, clamd: str, process: Callable[[str], int]
) -> None:
    media = upload("a.pdf", files.pdf("clean"), cast.ed)
    with pytest.raises(Exception, match="移走"):
        original_of(session, keys, media)
    process(clamd)
    assert (media.state, media.is_checked) == (MediaState.READY, True)
    assert original_of(session, keys, media).key == media.key


def test_an_infected_file_is_refused_by_the_name_of_its_virus_and_never_served(
    session: Session, cast: SimpleNamespace, keys: Keys, upload: Upload, clamd: str, process: Callable[[str], int]
) -> None:
    media = upload("讲义.pdf", files.pdf("bad") + VIRUS, cast.ed)
    process(clamd)
    assert (media.state, media.is_checked) == (MediaState.FAILED, False)
    assert "查出病毒（Test.Worm-1）" in media.failure
    assert "Test.Worm-1" in session.scalars(select(Notice.text).where(Notice.person_id == cast.ed.id)).one()
    with pytest.raises(Exception, match="移走"):
        original_of(session, keys, media)
    services.retry(session, media, now=clock.now())
    process(clamd)
    assert media.state is MediaState.FAILED


def test_a_file_waits_while_the_scanner_is_away_and_goes_on_when_it_is_back(
    session: Session, cast: SimpleNamespace, upload: Upload, clamd: str, process: Callable[[str], int]
) -> None:
    media = upload("a.pdf", files.pdf("clean"), cast.ed)
    start = clock.now()
    for minutes in (0, 3, 8):
        with travel(start + timedelta(minutes=minutes), tick=False):
            assert process("/nowhere/clamd.ctl") == 1
            assert process("/nowhere/clamd.ctl") == 0, "not before its time"
        assert (media.state, media.is_checked) == (MediaState.UPLOADED, False)
        assert media.failure == scanning.AWAY
    with travel(start + timedelta(hours=2), tick=False):
        process(clamd)
    assert (media.state, media.failure, media.is_checked) == (MediaState.READY, "", True)


def test_without_a_scanner_files_are_examined_at_once(
    cast: SimpleNamespace, upload: Upload, process: Callable[[str], int]
) -> None:
    media = upload("a.pdf", files.pdf("clean") + VIRUS, cast.ed)
    process("")
    assert (media.state, media.is_checked) == (MediaState.READY, True)


def test_a_file_that_failed_before_it_was_scanned_is_not_served(
    session: Session, cast: SimpleNamespace, keys: Keys, upload: Upload
) -> None:
    media = upload("a.pdf", files.pdf("unknown"), cast.ed)
    session.execute(update(MediaFile).values(state=MediaState.FAILED))
    session.commit()
    with pytest.raises(Exception, match="移走") as refused:
        original_of(session, keys, media)
    assert not isinstance(refused.value, LinkOver)
