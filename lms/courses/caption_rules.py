"""Captions (WebVTT) as the lines of a transcript that can be jumped to. Pure."""

import re
from bisect import bisect_right
from dataclasses import dataclass

TIMING = re.compile(r"^((?:\d+:)?\d{2}:\d{2}\.\d{3})\s+-->\s+((?:\d+:)?\d{2}:\d{2}\.\d{3})", re.MULTILINE)
TAG = re.compile(r"<[^>]{0,200}>")


@dataclass(frozen=True)
class Cue:
    """What is said from a moment on."""

    from_millis: int
    to_millis: int
    text: str


def millis(stamp: str) -> int:
    """ "1:02:03.004" or "02:03.004" in milliseconds."""
    whole, fraction = stamp.split(".")
    total = 0
    for part in whole.split(":"):
        total = total * 60 + int(part)
    return total * 1000 + int(fraction)


def cues(vtt: str) -> list[Cue]:
    """The cues in the order of the file, without markup; blocks that are no cues are passed over."""
    found = []
    for block in re.split(r"\n{2,}", vtt.replace("\r\n", "\n").replace("\r", "\n")):
        timing = TIMING.search(block)
        if timing is None:
            continue
        text = TAG.sub("", block[block.find("\n", timing.end()) + 1 :] if "\n" in block[timing.end() :] else "")
        if text.strip():
            found.append(Cue(millis(timing[1]), millis(timing[2]), " ".join(text.split())))
    return found


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
