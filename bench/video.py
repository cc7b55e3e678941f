"""A video segment through nginx (P15): sixteen viewers take pieces of 1 MB by their own links, as fast as they come."""

import io
import selectors
import socket
import time
from functools import partial
from pathlib import Path

from sqlalchemy import select

from bench.bureau import Bureau
from bench.figures import Figure, Group, Once, Row, Skipped
from bench.load import LENGTH, Visitor
from bench.proxy import PREFIX, Proxy, find_nginx
from bench.server import Server
from lms import clock
from lms.db import unit_of_work
from lms.media import services
from lms.media.models import MediaFile, Rendition
from lms.media.rules import MediaKind, MediaState, RenditionKind
from lms.people.models import Person, SignIn
from lms.people.principal import token_hash
from lms.storage.local import LocalStorage

VIEWERS = 16
WARM_SECONDS = 2.0
PIECES = 8
PIECE_BYTES = 2**20
FIRST = 1700
FOLDER = "files/2026-11/0123456789abcdef0123456789abcdef"
SEGMENT = Row(
    "P15",
    "authorised 1 MB video segment through nginx",
    (
        Figure("rate", "/s", 800, 2000, at_least=True),
        Figure("Python CPU", "ms"),
        Figure("nginx CPU", "ms"),
        Figure("asked each time", "/s"),
        Figure("any file, nobody asked", "/s"),
    ),
)


class Viewings:
    """A film in pieces in the bureau, and links to it for people who are signed in."""

    def __init__(self, bureau: Bureau, seconds: float) -> None:
        self.bureau, self.seconds = bureau, seconds

    def measure(self) -> Once:
        if find_nginx() is None:
            raise Skipped("nginx is not installed")
        media = Path(self.bureau.environment["LMS_MEDIA_DIR"])
        film = self._film(LocalStorage(media))
        environment = {**self.bureau.environment, "LMS_X_ACCEL_PREFIX": PREFIX}
        with Server("wsgi:app", environment, self.bureau.folder) as server:
            server.wait()
            viewers = [self._viewer(visitor, film) for visitor in self.bureau.visitors(VIEWERS, first=FIRST)]
            with self._proxy(server, media, trust=True) as proxy:
                pulled(proxy.port, viewers, time.perf_counter() + WARM_SECONDS)
                at_all, _ = self._rate(proxy, [[_plain(n) for n in range(PIECES)]] * VIEWERS)
                cpu, nginx = server.cpu_seconds(), proxy.cpu_seconds()
                rate, many = self._rate(proxy, viewers)
                cpu, nginx = server.cpu_seconds() - cpu, proxy.cpu_seconds() - nginx
            with self._proxy(server, media, trust=False) as proxy:
                each_time, _ = self._rate(proxy, viewers)
        per_piece = {"Python CPU": cpu * 1000 / many, "nginx CPU": nginx * 1000 / many}
        return {"P15": {"rate": rate, **per_piece, "asked each time": each_time, "any file, nobody asked": at_all}}

    def _proxy(self, server: Server, media: Path, *, trust: bool) -> Proxy:
        folder = self.bureau.folder / f"nginx-{'trust' if trust else 'ask'}"
        return Proxy(server.port, media, folder, trust=trust, plain=True)

    def _rate(self, proxy: Proxy, viewers: list[list[bytes]]) -> tuple[float, int]:
        began = time.perf_counter()
        many = pulled(proxy.port, viewers, began + self.seconds)
        return many / (time.perf_counter() - began), many

    def _film(self, storage: LocalStorage) -> MediaFile:
        for n in range(PIECES):
            storage.put(f"{FOLDER}-1/hls-720/seg-{n:05d}.m4s", io.BytesIO(bytes([n]) * PIECE_BYTES))
        with unit_of_work(self.bureau.make_session) as session:
            found = session.scalars(select(MediaFile).where(MediaFile.key == f"{FOLDER}.mp4")).one_or_none()
            if found is not None:
                return found
            film = MediaFile(
                key=f"{FOLDER}.mp4", original_name="a.mp4", mime="video/mp4", size_bytes=1, sha256="0" * 64, link_epoch=1,
                kind=MediaKind.VIDEO, state=MediaState.READY, created_at=clock.now(),
                owner_id=session.scalars(select(Person.id).limit(1)).one(),
            )  # fmt: skip
            session.add(film)
            session.flush()  # the rendition names it
            stream = Rendition(
                media_id=film.id, name="hls-720", kind=RenditionKind.STREAM, prefix=f"{FOLDER}-1/hls-720", facts={},
                size_bytes=PIECES * PIECE_BYTES, file_count=PIECES,
            )  # fmt: skip
            session.add(stream)
            return film

    def _viewer(self, visitor: Visitor, film: MediaFile) -> list[bytes]:
        """The requests of one viewer, piece after piece."""
        with self.bureau.make_session() as session:
            mine = select(SignIn.id).where(SignIn.token_hash == token_hash(visitor.cookie))
            sign_in_id = session.scalars(mine).one()
        base = services.link_base(self.bureau.keys, film, sign_in_id=sign_in_id, now=clock.now())
        return [visitor.get(f"{base}hls-720/seg-{n:05d}.m4s").raw for n in range(PIECES)]


def _plain(n: int) -> bytes:
    return f"GET /plain/{FOLDER}-1/hls-720/seg-{n:05d}.m4s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


class _Taking:
    """One connection that asks for one piece after the other and counts what comes."""

    def __init__(self, port: int, requests: list[bytes]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.requests, self.n, self.left = requests, 0, 0
        self.ask()

    def ask(self) -> None:
        self.socket.sendall(self.requests[self.n % len(self.requests)])
        self.left = -1

    def take(self, buffer: memoryview) -> bool:
        """True when a piece has come whole. Raises RuntimeError for anything else than the piece."""
        got = self.socket.recv_into(buffer)
        if self.left < 0:
            head, _, body = bytes(buffer[:got]).partition(b"\r\n\r\n")
            length = LENGTH.search(head)
            if not head.startswith(b"HTTP/1.1 200") or length is None or int(length[1]) != PIECE_BYTES:
                raise RuntimeError(f"no piece: {head[:300]!r}")
            self.left = PIECE_BYTES - len(body)
        elif got == 0:
            raise RuntimeError("the connection ended within a piece")
        else:
            self.left -= got
        if self.left:
            return False
        self.n += 1
        self.ask()
        return True


def pulled(port: int, viewers: list[list[bytes]], until: float) -> int:
    """How many pieces came whole before that moment."""
    buffer, many = memoryview(bytearray(PIECE_BYTES)), 0
    with selectors.DefaultSelector() as selector:
        for requests in viewers:
            one = _Taking(port, requests)
            selector.register(one.socket, selectors.EVENT_READ, one)
        while time.perf_counter() < until:
            many += sum(key.data.take(buffer) for key, _ in selector.select(1))
        for key in list(selector.get_map().values()):
            key.data.socket.close()
    return many


def groups(bureau: Bureau, seconds: float) -> list[Group]:
    return [Group((SEGMENT,), partial(Viewings(bureau, seconds).measure), repetitions=3)]
