"""`flask backup create|verify|restore`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import click
from flask import current_app

from lms import clock
from lms.backup import newest, services
from lms.backup.errors import BadBackup, NotEmpty, OtherKeys
from lms.backup.services import Counted, Site
from lms.db.copying import Dangling
from lms.db.request import make_session

SECRET_LEAST = 12


@click.group()
def backup() -> None:
    """One file that holds the whole site."""


def _site() -> Site:
    found = current_app.extensions
    return Site(found["engine"], found["storage"], found["settings"].keys, found["keys"].public_keys())


def _passphrase(file: Path | None) -> bytes | None:
    if file is None:
        return None
    secret = file.read_bytes().strip()
    if len(secret) < SECRET_LEAST:
        raise click.ClickException(f"{file} holds fewer than {SECRET_LEAST} characters")
    return secret


@contextmanager
def _said() -> Iterator[None]:
    """What is wrong, as a sentence and exit code 1."""
    try:
        yield
    except (BadBackup, NotEmpty, OtherKeys, Dangling, OSError) as problem:
        raise click.ClickException(str(problem)) from problem


def sealed_by(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command takes FILE and --passphrase-file, gets `path` and `passphrase`, and tells its refusals as sentences."""

    @click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
    @click.option(
        "--passphrase-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="seals the backup"
    )
    @wraps(command)
    def with_passphrase(path: Path, passphrase_file: Path | None, **others: Any) -> Any:
        with _said():
            return command(path=path, passphrase=_passphrase(passphrase_file), **others)

    return with_passphrase


@backup.command()
@click.option("--without-files", is_flag=True, help="the database only, where the bucket keeps versions of its own")
@sealed_by
def create(path: Path, passphrase: bytes | None, without_files: bool) -> None:
    """Write the site as it is now to FILE, while it goes on serving."""
    made = services.create(_site(), path, passphrase=passphrase, with_files=not without_files, now=clock.now())
    newest.note(make_session(), made.made_at)
    _tell(f"backup: {path} written", made)
    if not passphrase:
        click.echo("backup: the key file is not in it; keep a copy of it in another place, or seal the backup")


@backup.command()
@sealed_by
def verify(path: Path, passphrase: bytes | None) -> None:
    """Compare every byte of FILE with its manifest; exit 1 when it is cut or changed."""
    _tell(f"backup: {path} is whole", services.verify(path, passphrase=passphrase))


@backup.command()
@sealed_by
def restore(path: Path, passphrase: bytes | None) -> None:
    """Make an empty site the one FILE was made of."""
    back = services.restore(_site(), path, passphrase=passphrase, tell=lambda what: click.echo(f"backup: {what}"))
    _tell("backup: restored", back)
    click.echo("backup: now flask audit verify, flask boards verify and flask hours verify compare what is in it")


def _tell(what: str, counted: Counted) -> None:
    click.echo(f"{what}: {counted.rows} rows, {counted.files} files, of {counted.made_at}, schema {counted.revision}")
