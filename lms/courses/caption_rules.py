"""Captions (WebVTT, SRT) as cues: read with what is wrong by line, written, and as the lines of a transcript that can be jumped to. Pure."""

import hashlib
import html
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

CAPTIONS_BYTES = 500_000
CUES_MOST = 6000
PROBLEMS_SHOWN = 10
HOURS_MOST = 24 * 3_600_000

_STAMP = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
_TIMING = re.compile(rf"^\s*{_STAMP}\s*-->\s*{_STAMP}(?:\s.*)?$")
_TAG = re.compile(r"<[^>]{0,200}>|\{\\[^}]{0,200}\}")
_NO_CUE = re.compile(r"WEBVTT|NOTE\b|STYLE\b|REGION\b")
_BOMS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


@dataclass(frozen=True)
class Cue:
    """What is said from a moment on."""

    from_millis: int
    to_millis: int
    text: str


@dataclass(frozen=True)
class Problem:
    """What is wrong with a caption file; `line` counts from 1, 0 means the whole."""

    line: int
    message: str

    def __str__(self) -> str:
        return f"第 {self.line} 行：{self.message}" if self.line else self.message


@dataclass(frozen=True)
class Read:
    """The cues of a file in its order, and everything that is wrong with it."""

    cues: list[Cue]
    problems: list[Problem]


def text_of(raw: bytes) -> str:
    """The file's text, whatever a subtitle program saved it as: UTF-8 or UTF-16 with or without its mark, GB18030. Raises ValueError."""
    encoding = _BOMS.get(raw[:2], "utf-8-sig")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = raw.decode("gb18030")
    if "\0" in text:
        raise ValueError("not a text")
    return text


def read(text: str) -> Read:
    """SRT or WebVTT, CRLF or LF. Times that cannot be read, ends before their beginning, wrong order and overlaps are told by line."""
    cues: list[Cue] = []
    problems: list[Problem] = []
    for line, cue in _blocks(text):
        if cue is None:
            problems.append(Problem(line, "时间看不懂，应为 00:01:02.000 --> 00:01:05.000 这样的写法。"))
            continue
        problems += [Problem(line, message) for message in _faults(cue, cues[-1] if cues else None)]
        cues.append(cue)
    if not cues and not problems:
        problems.append(Problem(0, "里面没有字幕，请确认是 SRT 或 VTT 文件。"))
    if len(cues) > CUES_MOST:
        problems.append(Problem(0, f"字幕超过 {CUES_MOST} 条，请合并一些短句。"))
    return Read(cues, problems)


def _faults(cue: Cue, before: Cue | None) -> Iterator[str]:
    if cue.to_millis <= cue.from_millis:
        yield "结束时间须晚于开始时间。"
    if cue.to_millis > HOURS_MOST:
        yield "时间超过 24 小时。"
    if before is not None and cue.from_millis < before.from_millis:
        yield f"顺序不对：上一条从 {stamp(before.from_millis)} 开始。"
    elif before is not None and cue.from_millis < before.to_millis:
        yield f"与上一条重叠：上一条到 {stamp(before.to_millis)} 才结束。"


def _blocks(text: str) -> Iterator[tuple[int, Cue | None]]:
    """Line of the timing and cue; None for a timing that cannot be read. Cues without words are left out."""
    lines = [*text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), ""]
    block: list[tuple[int, str]] = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            block.append((number, line))
            continue
        at = next((n for n, (_, one) in enumerate(block) if "-->" in one), None)
        if at is not None and not _NO_CUE.match(block[0][1]):
            cue = _cue(block[at][1], [one for _, one in block[at + 1 :]])
            if cue is None or cue.text:
                yield block[at][0], cue
        block = []


def _cue(timing: str, lines: Sequence[str]) -> Cue | None:
    found = _TIMING.match(timing)
    if found is None:
        return None
    parts = found.groups()
    plain = (html.unescape(_TAG.sub("", line)) for line in lines)
    return Cue(_millis(*parts[:4]), _millis(*parts[4:]), "\n".join(" ".join(line.split()) for line in plain).strip())


def _millis(hours: str | None, minutes: str, seconds: str, fraction: str) -> int:
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return whole * 1000 + int(fraction.ljust(3, "0"))


def cues(text: str) -> list[Cue]:
    """The cues as lines of a transcript, each on one line; what is no cue is passed over."""
    return [replace(cue, text=" ".join(cue.text.split())) for _, cue in _blocks(text) if cue is not None]


def tidied(found: Sequence[Cue]) -> list[Cue]:
    """In order, each ending where the next begins at the latest; what is left without time is dropped."""
    ordered = sorted(found, key=lambda cue: cue.from_millis)
    ends = [*(cue.from_millis for cue in ordered), HOURS_MOST][1:]
    cut = [replace(cue, to_millis=min(cue.to_millis, end)) for cue, end in zip(ordered, ends, strict=True)]
    return [cue for cue in cut if cue.to_millis > cue.from_millis]


def stamp(millis: int) -> str:
    """ "01:02:03.004" """
    seconds, rest = divmod(max(0, millis), 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{rest:03}"


def vtt_of(found: Sequence[Cue]) -> str:
    """The cues as WebVTT; "" for none."""
    blocks = [
        f"{stamp(cue.from_millis)} --> {stamp(cue.to_millis)}\n{html.escape(cue.text, quote=False)}" for cue in found
    ]
    return "\n\n".join(["WEBVTT", *blocks]) + "\n" if blocks else ""


def mark_of(vtt: str) -> str:
    """What an editor remembers of the captions it began with."""
    return hashlib.sha256(vtt.encode()).hexdigest()[:32]


def refusal_of(problems: Sequence[Problem]) -> str:
    """One sentence for the person: the first problems by line, and how many there are."""
    more = f"；还有 {len(problems) - PROBLEMS_SHOWN} 处" if len(problems) > PROBLEMS_SHOWN else ""
    return " ".join(map(str, problems[:PROBLEMS_SHOWN])) + more


def said(lines: list[Cue]) -> str:
    """What is said from the first line to the last as one text: a word that two lines share stands whole, English words stay apart."""
    return _joined(lines)[0]


def _joined(lines: list[Cue]) -> tuple[str, list[int]]:
    """The text and where each line begins in it."""
    parts: list[str] = []
    starts: list[int] = []
    length, before = 0, ""
    for line in lines:
        apart = before[-1:].isascii() and line.text[:1].isascii() and bool(before)
        part = f" {line.text}" if apart else line.text
        starts.append(length + apart)
        parts.append(part)
        length, before = length + len(part), line.text
    return "".join(parts), starts


def moment_of(lines: list[Cue], terms: list[str]) -> int | None:
    """When the line begins in which the first of the words begins, also one that two lines share; None when none is said."""
    text, starts = _joined(lines)
    lowered = text.lower()
    found = [at for term in terms if (at := lowered.find(term.lower())) >= 0]
    if not found:
        return None
    return lines[bisect_right(starts, min(found)) - 1].from_millis
