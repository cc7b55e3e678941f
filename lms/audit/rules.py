"""The hash chain of the audit log."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime

START = "0" * 64


def _plain(value: object) -> str:
    return value.isoformat(timespec="microseconds") if isinstance(value, datetime) else str(value)


_canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_plain).encode


def link(previous: str, fields: Mapping[str, object]) -> str:
    """SHA-256 over the previous hash and the record's canonical JSON."""
    return hashlib.sha256(f"{previous}\n{_canonical(fields)}".encode()).hexdigest()


def first_fault(
    records: Iterable[tuple[int, str, str, Mapping[str, object]]], begin: tuple[int, str] = (1, START)
) -> int | None:
    """The position of the first record (number, previous, hash, fields) that does not follow from the one before; None if all do.
    `begin`: the first one's number and the hash before it."""
    number_expected, expected = begin
    for number, previous, made, fields in records:
        if number != number_expected or previous != expected or link(previous, fields) != made:
            return number_expected
        expected, number_expected = made, number_expected + 1
    return None
