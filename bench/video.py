"""A video segment through nginx (P15)."""

import shutil

from bench.figures import Figure, Group, Once, Row, Skipped

SEGMENT = Row("P15", "authorised 1 MB video segment through nginx", (Figure("rate", "/s", 800, 2000, at_least=True),))


def groups() -> list[Group]:
    return [Group((SEGMENT,), _measure, repetitions=1)]


def _measure() -> Once:
    if shutil.which("nginx") is None:
        raise Skipped("nginx is not installed")
    raise Skipped("the site behind nginx is not set up by this command")
