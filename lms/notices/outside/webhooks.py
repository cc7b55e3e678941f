"""One POST to a robot. Redirects are not followed; an answer may be slow or long for a moment, not for ever."""

import http.client
import ssl
import time
from collections.abc import Collection
from urllib.parse import urlsplit

from lms.notices.channel_rules import Call, Unsent
from lms.notices.outside.addresses import TALK_SECONDS, Place, find_place

ANSWER_BYTES = 65_536


class _Plain(http.client.HTTPConnection):
    """Goes to the address that was checked, under the name that was asked for."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.host, place.port, timeout=TALK_SECONDS)
        self.place = place

    def connect(self) -> None:
        self.sock = self.place.connect()


class _Sealed(_Plain):
    def connect(self) -> None:
        super().connect()
        context = ssl.create_default_context()
        self.sock = context.wrap_socket(self.sock, server_hostname=self.place.host)


def is_address(url: str) -> bool:
    """Whether it is an http(s) address of a host, without a user's name in it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None and port != 0


def post(call: Call, inside_hosts: Collection[str]) -> tuple[int, bytes]:
    """Status and first bytes of the answer. Raises Unsent; what it says holds nothing of the address, which may be a key."""
    parts = urlsplit(call.url)
    if not is_address(call.url):
        raise Unsent("地址不是有效的 http(s) 地址", is_final=True)
    is_sealed = parts.scheme == "https"
    place = find_place(parts.hostname or "", parts.port or (443 if is_sealed else 80), inside_hosts)
    connection = _Sealed(place) if is_sealed else _Plain(place)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", target, call.body, {**call.headers, "User-Agent": "jiangtai"})
        answer = connection.getresponse()
        return answer.status, _read(answer)
    except ssl.SSLError as problem:
        raise Unsent("对方证书无法核实或加密握手失败") from problem
    except TimeoutError as problem:
        raise Unsent("对方没有在时限内答复") from problem
    except (OSError, http.client.HTTPException) as problem:
        raise Unsent("连接中断，没有收到答复") from problem
    finally:
        connection.close()


def _read(answer: http.client.HTTPResponse) -> bytes:
    """At most 64 KB, for at most ten seconds."""
    until, body = time.monotonic() + TALK_SECONDS, b""
    while len(body) < ANSWER_BYTES and (part := answer.read1(4096)):
        body += part
        if time.monotonic() > until:
            raise TimeoutError
    return body
