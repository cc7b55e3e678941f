"""The edge of such a program: its memory, its answer, its refusal."""

import json
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

MEMORY_BYTES = 3 * 2**30
TEXT_MOST = 20_000

Examine = Callable[[Path, Path], dict[str, Any]]


class Unusable(Exception):
    """The sentence for the person who uploaded the file."""


def main(examine: Examine) -> int:
    """Examine the file named first, with the folder named second; returns the exit code."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    try:
        found = examine(Path(sys.argv[1]), Path(sys.argv[2]))
    except Unusable as problem:
        sys.stderr.write(str(problem))
        return 3
    sys.stdout.write(json.dumps(found))
    return 0


def clean(text: str) -> str:
    """Lines without surplus space, empty lines dropped."""
    return "\n".join(line for line in (" ".join(raw.split()) for raw in text.replace("\0", "").splitlines()) if line)
