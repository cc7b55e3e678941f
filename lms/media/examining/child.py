"""The edge of such a program: its answer, its refusal, its progress."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

TEXT_MOST = 20_000
FOUND = "found.json"
REFUSED = 3

Examine = Callable[[Path, Path], dict[str, Any]]


class Unusable(Exception):
    """The sentence for the person who uploaded the file."""


def main(examine: Examine) -> int:
    """Examine the file named first, with the folder named second, where the answer is left; returns the exit code."""
    folder = Path(sys.argv[2])
    try:
        found = examine(Path(sys.argv[1]), folder)
    except Unusable as problem:
        sys.stderr.write(str(problem))
        return REFUSED
    (folder / FOUND).write_text(json.dumps(found))
    return 0


def progress(done: int, total: int) -> None:
    """Tell the caller how far the work is."""
    sys.stdout.write(f"{done} {total}\n")
    sys.stdout.flush()


def clean(text: str) -> str:
    """Lines without surplus space, empty lines dropped."""
    return "\n".join(line for line in (" ".join(raw.split()) for raw in text.replace("\0", "").splitlines()) if line)
