"""`flask backup create|verify|restore` of a file, `flask backup nightly|rehearse` of a folder."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import click
from flask import current_app

from lms import clock
from lms.backup import folder, newest, services
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
    """The command takes --passphrase-file, gets `passphrase`, and tells its refusals as sentences."""

    @click.option(
        "--passphrase-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="seals the backup"
    )
    @wraps(command)
    def with_passphrase(passphrase_file: Path | None, **others: Any) -> Any:
        with _said():
            return command(passphrase=_passphrase(passphrase_file), **others)

    return with_passphrase


in_file = click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
in_folder = click.argument("place", metavar="FOLDER", type=click.Path(exists=True, file_okay=False, path_type=Path))
without_files = click.option(
    "--without-files", is_flag=True, help="the database only, where the bucket keeps versions of its own"
)


@backup.command()
@in_file
@without_files
@sealed_by
def create(path: Path, passphrase: bytes | None, without_files: bool) -> None:
    """Write the site as it is now to FILE, while it goes on serving."""
    made = services.create(_site(), path, passphrase=passphrase, with_files=not without_files, now=clock.now())
    _written(path, made, passphrase)


def _written(path: Path, made: Counted, passphrase: bytes | None) -> None:
    newest.note(make_session(), made.made_at)
    _tell(f"backup: {path} written", made)
    if not passphrase:
        click.echo("backup: the key file is not in it; keep a copy of it in another place, or seal the backup")


@backup.command()
@in_folder
@without_files
@sealed_by
def nightly(place: Path, passphrase: bytes | None, without_files: bool) -> None:
    """Add a backup to FOLDER, compare it, and keep the newest of each of 7 days, 5 weeks and 12 months."""
    path, made = folder.add(_site(), place, passphrase=passphrase, with_files=not without_files, now=clock.now())
    _written(path, made, passphrase)
    for gone in folder.thin_out(place):
        click.echo(f"backup: {gone.name} is no longer needed and was taken away")


@backup.command()
@in_folder
@sealed_by
def rehearse(place: Path, passphrase: bytes | None) -> None:
    """Restore the newest backup of FOLDER into a place of its own (in TMPDIR), compare it there, and take the place away."""
    back = folder.rehearse(_site(), place, passphrase=passphrase, tell=lambda what: click.echo(f"backup: {what}"))
    newest.note_rehearsal(make_session(), clock.now())
    _tell("backup: the newest one came back whole", back)


@backup.command()
@in_file
@sealed_by
def verify(path: Path, passphrase: bytes | None) -> None:
    """Compare every byte of FILE with its manifest; exit 1 when it is cut or changed."""
    _tell(f"backup: {path} is whole", services.verify(path, passphrase=passphrase))


@backup.command()
@in_file
@sealed_by
def restore(path: Path, passphrase: bytes | None) -> None:
    """Make an empty site the one FILE was made of."""
    back = services.restore(_site(), path, passphrase=passphrase, tell=lambda what: click.echo(f"backup: {what}"))
    _tell("backup: restored", back)
    click.echo("backup: now flask audit verify, flask boards verify and flask hours verify compare what is in it")


def _tell(what: str, counted: Counted) -> None:
    click.echo(f"{what}: {counted.rows} rows, {counted.files} files, of {counted.made_at}, schema {counted.revision}")
