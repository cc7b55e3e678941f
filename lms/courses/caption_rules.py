"""Captions (WebVTT) as the lines of a transcript that can be jumped to. Pure."""

import re
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
