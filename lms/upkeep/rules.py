"""What is too old, too late or too full. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

GIGABYTE = 2**30
ROOM_LEAST_BYTES = 2 * GIGABYTE
ROOM_LEAST_PERCENT = 5
ROOM_ENOUGH_BYTES = 50 * GIGABYTE
BACKUP_MOST = timedelta(hours=26)
REHEARSAL_MOST = timedelta(days=9)
SLACK = timedelta(minutes=2)
TASK_WAITS_MOST = timedelta(minutes=20)
MESSAGE_WAITS_MOST = timedelta(hours=2)
CLOCK_MOST = timedelta(seconds=5)


class Level(StrEnum):
    OK = "ok"
    WITHOUT = "without"
    MEND = "mend"


@dataclass(frozen=True)
class Line:
    """What was looked at, and what was found; where something is to be done, what."""

    level: Level
    name: str
    told: str


def ok(name: str, told: str) -> Line:
    return Line(Level.OK, name, told)


def without(name: str, told: str) -> Line:
    return Line(Level.WITHOUT, name, told)


def mend(name: str, told: str) -> Line:
    return Line(Level.MEND, name, told)


def is_late(every_seconds: int, last: datetime | None, now: datetime) -> bool:
    """A job that comes round has missed three turns and two minutes more; one that never ran is late."""
    return last is None or now - last > 3 * timedelta(seconds=max(60, every_seconds)) + SLACK


def is_full(free_bytes: int, total_bytes: int) -> bool:
    """Less than 2 GB free, or less than 5 % unless that is 50 GB."""
    share = free_bytes * 100 < total_bytes * ROOM_LEAST_PERCENT
    return free_bytes < ROOM_LEAST_BYTES or (share and free_bytes < ROOM_ENOUGH_BYTES)


def span(of: timedelta) -> str:
    """A length of time as people say it: "40 min", "5 h", "3 days"."""
    minutes = int(of.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"


def gigabytes(size: int) -> str:
    return f"{size / GIGABYTE:.1f} GB"


@dataclass
class Block:
    """A block of nginx's configuration: its directives as word lists, and the blocks in it."""

    words: Sequence[str] = ()
    directives: list[Sequence[str]] = field(default_factory=list)
    blocks: list["Block"] = field(default_factory=list)

    def value(self, name: str) -> str | None:
        """The last word of the directive; None when it is not there."""
        found = [words for words in self.directives if words[0] == name]
        return found[-1][-1] if found else None

    def all_blocks(self) -> Iterator["Block"]:
        yield self
        for inner in self.blocks:
            yield from inner.all_blocks()


_WORD = re.compile(
    r"""\s*(?:\#[^\n]*|([{};])|"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|((?:[^\s{};"'\\]|\\.)(?:[^\s{};\\]|\\.|\{\w+\})*))"""
)


def nginx_blocks(text: str) -> Block:
    """The configuration as blocks. Raises ValueError when a brace is missing."""
    whole = Block()
    open_blocks, words = [whole], list[str]()
    for sign, double, single, plain in _WORD.findall(text):
        if sign == ";" and words:
            open_blocks[-1].directives.append(tuple(words))
            words = []
        elif sign == "{":
            inner = Block(tuple(words))
            open_blocks[-1].blocks.append(inner)
            open_blocks.append(inner)
            words = []
        elif sign == "}":
            open_blocks.pop()
            if not open_blocks:
                raise ValueError("a closing brace too many")
        elif not sign and (double or single or plain):
            words.append(double or single or plain)
    if len(open_blocks) != 1:
        raise ValueError("a closing brace is missing")
    return whole


def media_faults(block: Block, prefix: str, media_dir: str, *, is_local: bool) -> list[str]:
    """What hinders nginx from sending the files the site names. `prefix` "" when the site sends them itself."""
    inside = [b for b in block.all_blocks() if b.words[:1] == ("location",) and ("internal",) in b.directives]
    sent = {b.words[-1]: b for b in inside if b.value("alias") or (b.value("proxy_pass") and b.words[1] != "=")}
    if not prefix:
        return [f"nginx has {name}, the site does not use it: set LMS_X_ACCEL_PREFIX={name}" for name in sent]
    if prefix not in sent:
        return [
            f"nginx has no `location {prefix}` with `internal`: every film is a 404; copy it from deploy/nginx.conf"
        ]
    alias = sent[prefix].value("alias")
    if is_local and (alias or "").rstrip("/") != media_dir.rstrip("/"):
        return [f"nginx sends from {alias}, the site keeps in {media_dir}: make the alias {media_dir}/"]
    return []


def body_faults(block: Block, needed_bytes: int) -> list[str]:
    """Bodies nginx refuses although the site would take them."""
    said = [block_bytes(v) for b in block.all_blocks() if (v := b.value("client_max_body_size"))]
    allowed = 0 if 0 in said else max(said, default=2**20)
    if 0 < allowed < needed_bytes:
        return [f"nginx takes {allowed} bytes, an upload's part has {needed_bytes}: set client_max_body_size 0"]
    return []


_UNITS: Mapping[str, int] = {"k": 2**10, "m": 2**20, "g": 2**30}


def block_bytes(text: str) -> int:
    """nginx's sizes: 8m, 512k, 0."""
    unit = _UNITS.get(text[-1:].lower(), 1)
    return int(text[:-1] if unit > 1 else text) * unit
