"""What leaves the house: kinds of channels, the words each robot takes, signatures, and when a failed message is tried again."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode, urlsplit

WAITS = (1, 5, 15, 60, 240)
"""Minutes until a failed message is tried again, by the number of its tries; after the last one it is dead."""


class ChannelKind(StrEnum):
    EMAIL = "email"
    WECOM = "wecom"
    DINGTALK = "dingtalk"
    GENERIC = "generic"

    @property
    def is_robot(self) -> bool:
        return self is not ChannelKind.EMAIL


KINDS = {
    ChannelKind.EMAIL: "电子邮件",
    ChannelKind.WECOM: "企业微信群机器人",
    ChannelKind.DINGTALK: "钉钉群机器人",
    ChannelKind.GENERIC: "通用 JSON 接口",
}


class Tls(StrEnum):
    """How the mail server is spoken to."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


TLS = {
    Tls.STARTTLS: "STARTTLS（常用端口 587）",
    Tls.TLS: "TLS（常用端口 465）",
    Tls.NONE: "不加密（只限内网，端口 25）",
}


class DeliveryState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DEAD = "dead"
    EXPIRED = "expired"


class Cause(StrEnum):
    ANNOUNCEMENT = "announcement"
    REMINDER = "reminder"
    CODE = "code"
    TEST = "test"


class Unsent(Exception):
    """A message that did not arrive, as far as we know. `why` is a sentence without any secret; `is_final`: trying again changes nothing."""

    def __init__(self, why: str, *, is_final: bool = False) -> None:
        super().__init__(why)
        self.why, self.is_final = why, is_final


@dataclass(frozen=True)
class Message:
    """One message; `number` stays the same on every try, so that a receiver can tell a repeat. `link` is absolute or ""."""

    number: str
    title: str
    text: str
    link: str
    sent_at: int
    """Unix seconds of this try."""

    @property
    def plain(self) -> str:
        return "\n".join(part for part in (self.title, self.text, self.link) if part)


@dataclass(frozen=True)
class Call:
    """One POST: address, headers, body."""

    url: str
    headers: Mapping[str, str]
    body: bytes


def wait_after(tries: int) -> timedelta | None:
    """How long to wait after the `tries`-th failure; None: no more tries."""
    return timedelta(minutes=WAITS[tries - 1]) if tries <= len(WAITS) else None


def call_of(kind: ChannelKind, url: str, secret: str, message: Message) -> Call:
    """The request that brings the message to a robot of the kind."""
    headers = {"Content-Type": "application/json; charset=utf-8"}
    if kind is ChannelKind.WECOM:
        return Call(url, headers, _json({"msgtype": "text", "text": {"content": _cut(message.plain, 2000)}}))
    if kind is ChannelKind.DINGTALK:
        body = _json({"msgtype": "text", "text": {"content": _cut(message.plain, 18_000)}})
        return Call(_signed_url(url, secret, message.sent_at), headers, body)
    body = _json({"id": message.number, "title": message.title, "text": message.text, "link": message.link})
    signed = {
        "X-Jiangtai-Delivery": message.number,
        "X-Jiangtai-Timestamp": str(message.sent_at),
        "X-Jiangtai-Signature": f"sha256={generic_signature(secret, message.sent_at, body)}",
    }
    return Call(url, headers | signed, body)


def generic_signature(secret: str, sent_at: int, body: bytes) -> str:
    """Hex HMAC-SHA256 of "timestamp.body"; receivers refuse old timestamps and repeated ids."""
    return hmac.new(secret.encode(), f"{sent_at}.".encode() + body, hashlib.sha256).hexdigest()


def dingtalk_signature(secret: str, millis: int) -> str:
    """Base64 of HMAC-SHA256 over "timestamp\\nsecret", as the robot's documentation says (自定义机器人安全设置, 加签)."""
    made = hmac.new(secret.encode(), f"{millis}\n{secret}".encode(), hashlib.sha256).digest()
    return base64.b64encode(made).decode()


def _signed_url(url: str, secret: str, sent_at: int) -> str:
    if not secret:
        return url
    millis = sent_at * 1000
    more = urlencode({"timestamp": millis, "sign": dingtalk_signature(secret, millis)})
    return f"{url}{'&' if urlsplit(url).query else '?'}{more}"


def _json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def _cut(text: str, most_bytes: int) -> str:
    """As many whole characters as fit into so many bytes."""
    return text.encode()[:most_bytes].decode(errors="ignore")


RATE_LIMITED = {45009, 660026, 130101}
"""errcode of 企业微信 and 钉钉 for too many messages a minute."""


def check_reply(kind: ChannelKind, status: int, body: bytes) -> None:
    """Raises Unsent when the answer says that the message was not taken."""
    if 300 <= status < 400:
        raise Unsent("对方要求跳转到别的地址，已拒绝，请填写最终地址", is_final=True)
    if status >= 400:
        raise Unsent(f"对方返回 {status}", is_final=status < 500 and status not in (408, 425, 429))
    if kind in (ChannelKind.WECOM, ChannelKind.DINGTALK):
        code = _errcode(body)
        if code:
            raise Unsent(f"机器人没有接收，错误码 {code}", is_final=code > 0 and code not in RATE_LIMITED)


def _errcode(body: bytes) -> int:
    """0 when it was taken; -1 (busy, try again) when the answer cannot be read."""
    try:
        return int(json.loads(body)["errcode"])
    except (ValueError, KeyError, TypeError):
        return -1
