"""Kinds, serials and codes. Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum

CODE_LENGTH = 20
CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without 0, 1, I and O: people type codes from paper. 20 of 32 letters are 100 bits."""


class Kind(StrEnum):
    STAR = "star"
    CLASS = "class"
    ARCHIVE = "archive"


class State(StrEnum):
    VALID = "valid"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"


@dataclass(frozen=True)
class Words:
    """What a kind is called, and the letter of its serials."""

    name: str
    letter: str


KINDS = {
    Kind.STAR: Words("荣誉证书", "R"),
    Kind.CLASS: Words("结业证书", "J"),
    Kind.ARCHIVE: Words("学习档案", "D"),
}
STATES = {State.VALID: "有效", State.WITHDRAWN: "已撤销", State.REPLACED: "已换发"}


@dataclass(frozen=True)
class Holder:
    """Whose certificate it is. `key` is "person:12", "unit:3" or "branch:4"."""

    key: str
    name: str
    person_id: int | None = None


def person(person_id: int, name: str) -> Holder:
    return Holder(f"person:{person_id}", name, person_id)


def unit(unit_id: int, name: str) -> Holder:
    return Holder(f"unit:{unit_id}", name)


def branch(branch_id: int, name: str) -> Holder:
    return Holder(f"branch:{branch_id}", name)


def serial_of(kind: Kind, year: int, number: int) -> str:
    """Such as 2026-R-000123."""
    return f"{year}-{KINDS[kind].letter}-{number:06d}"


def tidied(code: str) -> str:
    """The code as it is kept, of what somebody typed: groups and small letters are fine."""
    return re.sub(r"[^0-9A-Z]", "", code.upper())[:CODE_LENGTH]


def grouped(code: str) -> str:
    """The code as it is printed, in groups of five."""
    return "-".join(code[start : start + 5] for start in range(0, len(code), 5))
