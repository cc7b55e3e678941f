"""Where a page may send somebody: only to a path of this site."""

import re

PATH = re.compile(r"^/(?![/\\])[^\\\x00-\x20]*\Z")


def safe_next(target: str | None) -> str:
    """The target if it is a plain path here, otherwise "/". Browsers read backslashes, tabs and `//` as another host: all refused."""
    if target and len(target) <= 500 and PATH.match(target) and not target.startswith("/login"):
        return target
    return "/"
