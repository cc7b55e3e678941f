"""How the files of a folder become lessons: numbers decide the order, names the titles, sub-folders the sections. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

_DIGITS = {each: value for value, each in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_NUMBER = re.compile(r"\d+|[零〇一二两三四五六七八九十百]+")
_ORDINAL = re.compile(r"^第\s*(?:\d+|[零〇一二两三四五六七八九十百]+)\s*(?:讲|课|章|节|集|期|部分)[\s_.、：:\-—]*")
# "03_", "1.2 ", "[04]", and "07" before a word; "30问" and "2026年" begin with a figure that means something.
_PREFIX = re.compile(r"^[\[（(【]\d+[\]）)】][\s_.、：:\-—]*|^\d+(?:[.\-]\d+)*[\s_.、：:\-—]+|^0\d{1,2}(?=\D)")
UNNAMED = "未命名"
MOST_TITLE = 120
MOST_SECTION = 80


@dataclass(frozen=True)
class Planned:
    """One file: where it lies, what its lesson is called, and under which section ("" for none)."""

    name: str
    title: str
    section: str


def planned(names: Iterable[str]) -> list[Planned]:
    """The files in the order of their lessons. A folder that holds everything is only the wrapping; files beside sub-folders come
    first."""
    paths = [tuple(name.split("/")) for name in names]
    wrapping = _common(paths)
    ordered = sorted(paths, key=lambda path: (len(path) > wrapping + 1, [_sortable(piece) for piece in path]))
    return [
        Planned("/".join(path), title_of(path[-1]), " · ".join(map(_bare, path[wrapping:-1]))[:MOST_SECTION])
        for path in ordered
    ]


def sections_of(files: Iterable[Planned]) -> list[str]:
    """The sections in order, each once."""
    return [section for section, _ in groupby(file.section for file in files) if section]


def title_of(file_name: str) -> str:
    """ "03_耕地保护.pdf" → "耕地保护"; "第二讲 登记.mp4" → "登记"; a name that is only a number stays."""
    stem = file_name.rpartition(".")[0] or file_name
    return (_bare(stem) or file_name.strip() or UNNAMED)[:MOST_TITLE]


def _bare(name: str) -> str:
    found = _PREFIX.sub("", _ORDINAL.sub("", name.strip())).strip(" _-—.、")
    return found or name.strip()


def _common(paths: list[tuple[str, ...]]) -> int:
    """How many leading folders all files share."""
    if not paths:
        return 0
    depth = 0
    while all(len(path) > depth + 1 for path in paths) and len({path[depth] for path in paths}) == 1:
        depth += 1
    return depth


def _sortable(name: str) -> list[tuple[int, int, str]]:
    """Numbers by their size, Arabic or Chinese, everything else by its characters."""
    parts: list[tuple[int, int, str]] = []
    at = 0
    for found in _NUMBER.finditer(name):
        if found.start() > at:
            parts.append((1, 0, name[at : found.start()].casefold()))
        parts.append((0, number_of(found[0]), ""))
        at = found.end()
    return [*parts, (1, 0, name[at:].casefold())]


def number_of(text: str) -> int:
    """ "12" → 12, "十二" → 12, "一百零三" → 103."""
    if text.isascii() and text.isdecimal():
        return int(text[:15])
    total, digit = 0, 0
    for character in text:
        if character in "十百":
            total += max(1, digit) * (10 if character == "十" else 100)
            digit = 0
        else:
            digit = digit * 10 + _DIGITS[character] if digit else _DIGITS[character]
    return total + digit
