"""The process itself: how soon it serves (P12), and what it weighs after load (P13)."""

from collections.abc import Callable

from bench.bureau import Bureau
from bench.exam import Exams
from bench.figures import Figure, Group, Once, Row
from bench.server import Server

BEGIN = Row("P12", "start of the process to the first 200", (Figure("wait", "s", 1.2, 0.7),))
WEIGHT = Row("P13", "memory after load (PSS)", (Figure("PSS", "MB", 180, 120),))


def groups(bureau: Bureau, exams: Callable[[], Exams]) -> list[Group]:
    def begin() -> Once:
        server = Server("wsgi:app", bureau.environment, bureau.folder)
        try:
            return {"P12": {"wait": server.wait()}}
        finally:
            server.close()

    def weigh() -> Once:
        exams().answers()
        return {"P13": {"PSS": exams().server.pss_bytes() / 1e6}}

    return [Group((BEGIN,), begin), Group((WEIGHT,), weigh, repetitions=1)]
