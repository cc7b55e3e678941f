"""The bare stack in the same run, so that machines can be compared by it."""

import os
import time
from functools import partial

from bench.bureau import Bureau
from bench.figures import Figure, Group, Once, Row
from bench.load import Person, Request, drive
from bench.server import Server

BARE = Row(
    "bare",
    "bare Flask and one durable write, 32 connections",
    (Figure("CPU", "ms"), Figure("rate", "/s"), Figure("p95", "ms")),
)
NOTE = Request("note", b"POST /notes HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\nhello")


def groups(bureau: Bureau, seconds: float) -> list[Group]:
    return [Group((BARE,), partial(_measure, bureau, seconds))]


def _measure(bureau: Bureau, seconds: float) -> Once:
    environment = {**os.environ, "BENCH_BARE": str(bureau.folder / "bare.sqlite3")}
    with Server("bench.bare:app", environment, bureau.folder) as server:
        drive(server.port, [_noting(time.perf_counter() + 0.5) for _ in range(32)]).check()
        cpu, until = server.cpu_seconds(), time.perf_counter() + seconds
        took = drive(server.port, [_noting(until) for _ in range(32)]).check()
        cpu = server.cpu_seconds() - cpu
    many = took.count("note")
    return {"bare": {"CPU": cpu * 1000 / many, "rate": many / took.elapsed, "p95": took.percentile("note")}}


def _noting(until: float) -> Person:
    while time.perf_counter() < until:
        yield NOTE
