"""An upload in parts: how a file is cut, what its parts add up to, what a name may hold, and how much a person may store. Pure."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from lms.people.rules import Role

MOVING = timedelta(minutes=2)
UNFINISHED_KEPT = timedelta(days=7)
UNUSED_KEPT = timedelta(days=7)
NAME_MOST = 120
NO_NAME = "未命名"
DIGEST = re.compile(r"[0-9a-f]{64}\Z")

GB = 2**30
OTHERS_BYTES = 100 * GB
QUOTA_BYTES: dict[Role, int] = {Role.LECTURER: 200 * GB, Role.UNIT_ADMIN: 500 * GB}
"""What a person may have stored and under way, by role; `upload_quotas` holds what a site has set instead."""


class UploadState(StrEnum):
    """Parts arrive; the whole is there; a media file was made of it; given up, its bytes about to be deleted."""

    OPEN = "open"
    COMPLETE = "complete"
    ADOPTED = "adopted"
    DISCARDED = "discarded"


def is_moving(touched_at: datetime, now: datetime) -> bool:
    """Whether parts still arrive; a slow line takes a minute or two for one."""
    return now - touched_at < MOVING


def part_count(size: int, part_bytes: int) -> int:
    return -(-size // part_bytes)


def part_size(number: int, size: int, part_bytes: int) -> int:
    """The bytes of a part, numbered from 1; the last one is what is left. Raises ValueError for a number the file has not."""
    if not 1 <= number <= part_count(size, part_bytes):
        raise ValueError(f"no part {number}")
    return min(part_bytes, size - (number - 1) * part_bytes)


def digest_of_parts(digests: Iterable[str]) -> str:
    """What stands for the whole file as the browser knows it: the SHA-256 of its parts' SHA-256 in order. A browser without
    WebCrypto can make it while it reads each part once."""
    return hashlib.sha256(b"".join(bytes.fromhex(one) for one in digests)).hexdigest()


def clean_name(name: str) -> str:
    """The last piece of a path as a name people can trust: no marks that turn the writing direction, no control or invisible
    characters, none that file systems refuse; at most 120 characters, the extension kept."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    plain = "".join(c for c in last if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    plain = re.sub(r"\s+", " ", re.sub(r'[<>:"|?*]', "_", plain)).strip().rstrip(" .")
    stem, dot, suffix = plain.rpartition(".")
    if not dot or len(suffix) > 10:
        return plain[:NAME_MOST].strip(" .") or NO_NAME
    return f"{stem[: NAME_MOST - len(suffix) - 1].strip(' .') or NO_NAME}.{suffix}"


def quota_of(roles: Iterable[Role], set_here: Mapping[Role, int]) -> int:
    """The bytes a person with these roles may store: the largest of them. Roles without a figure of their own have what others have."""
    others = set_here.get(Role.CADRE, OTHERS_BYTES)
    figures = {**QUOTA_BYTES, **set_here}
    return max([figures.get(role, others) for role in roles if role is not Role.CADRE], default=others)
