"""`flask demo …`: the demonstration bureau. Every command refuses a database that is not marked as demonstration."""

import sys
import time
from collections.abc import Callable
from typing import TypeVar

import click
from flask import current_app

from lms import clock
from lms.db import MakeSession
from lms.demo import cast, load
from lms.demo.site import FULL, SMALL, Site
from lms.errors import LmsError

BAR = 24

Done = TypeVar("Done")


@click.group()
def demo() -> None:
    """The demonstration bureau."""


@demo.command("load")
@click.option("--small", is_flag=True, help="the cast, two short courses and one contest, in seconds")
@click.option("--if-empty", is_flag=True, help="do nothing when a demonstration is loaded already")
def load_command(small: bool, if_empty: bool) -> None:
    """Fill an empty database with a bureau and a year of its history."""
    if if_empty and load.is_loaded(_make_session()):
        return
    begun = time.monotonic()
    bar = Bar()
    site = Site(
        make_session=_make_session(),
        services=current_app.extensions,
        now=clock.now(),
        size=SMALL if small else FULL,
        progress=bar.show,
    )
    _or_refuse(lambda: load.load(site))
    bar.close()
    click.echo(f"demonstration loaded in {time.monotonic() - begun:.0f} s")


@demo.command()
@click.argument("count", type=click.IntRange(1, 1_000_000))
def crowd(count: int) -> None:
    """People perf1 … perfCOUNT for load tools, all with the demonstration password."""
    added = _or_refuse(lambda: load.crowd(_make_session(), count, now=clock.now()))
    click.echo(f"{added} added; password {cast.PASSWORD}")


@demo.command()
def accounts() -> None:
    """The cast: whom to sign in as, and what each can do."""
    _or_refuse(lambda: load.refuse_unless_demonstration(_make_session()))
    click.echo(f"  password of all: {cast.PASSWORD}")
    for part in cast.CAST + cast.DEMONSTRATED:
        click.echo(f"  {part.staff_no:<6}{_padded(part.name, 8)}{_padded(part.unit, 14)}{part.says}")


class Bar:
    """A progress line on standard error: rewritten in place on a terminal, one line per step elsewhere."""

    def __init__(self) -> None:
        self._alive = sys.stderr.isatty()
        self._what = ""

    def show(self, what: str, done: int, total: int) -> None:
        filled = BAR * done // max(total, 1)
        line = f"{what:<12} [{'#' * filled}{'.' * (BAR - filled)}] {done}/{total}"
        if self._alive:
            if self._what not in ("", what):
                click.echo("", err=True)
            click.echo(f"\r\x1b[K{line}", nl=False, err=True)
        elif done >= total:
            click.echo(line, err=True)
        self._what = what

    def close(self) -> None:
        if self._alive and self._what:
            click.echo("", err=True)


def _or_refuse(act: Callable[[], Done]) -> Done:
    try:
        return act()
    except LmsError as refusal:
        raise click.ClickException(refusal.message) from refusal


def _padded(text: str, width: int) -> str:
    """Filled with spaces to the width on screen, where a Chinese character takes two places."""
    return text + " " * (width - sum(2 if ord(c) > 0x2E80 else 1 for c in text))


def _make_session() -> MakeSession:
    maker: MakeSession = current_app.extensions["make_session"]
    return maker
