"""`flask questions …`: check or import a file without a browser."""

import json
import sys
from pathlib import Path

import click
from flask import current_app
from sqlalchemy.orm import Session

from lms import clock
from lms.db import unit_of_work
from lms.people import queries as people_queries
from lms.people.access import Scope
from lms.people.line_rules import Line
from lms.people.models import Unit
from lms.quizzes import key_queries, queries
from lms.quizzes.exchange import MOST_EXPORTED
from lms.quizzes.exporting.formats import FORMATS as EXPORTS
from lms.quizzes.importing.files import FORMATS, read_file
from lms.quizzes.importing.normal import Reading
from lms.quizzes.queries import QuestionFilter
from lms.quizzes.services.imports import CHUNK, add_drafts


@click.group()
def questions() -> None:
    """The question bank."""


@questions.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="auto", help="What the file is; auto looks inside."
)
@click.option("--dry-run", is_flag=True, help="Only read; touches no database.")
@click.option("--json", "as_json", is_flag=True, help="Print what was read as {questions, errors} and nothing else.")
@click.option("--unit", default=None, help="Name of the unit whose bank gets the questions; default: the root unit.")
@click.option("--line", type=click.Choice([line.value for line in Line]), default=Line.GENERAL.value)
def import_questions(file: Path, form: str, dry_run: bool, as_json: bool, unit: str | None, line: str) -> None:
    """Read FILE (xlsx, CSV, docx, text, GIFT, Aiken, Moodle XML, QTI item or package) and add its questions to the bank; rows with errors are left out.

    Exits 1 when nothing could be read.
    """
    reading = read_file(file.read_bytes(), form)
    if as_json:
        click.echo(json.dumps(reading.as_json(), ensure_ascii=False, indent=2))
    else:
        _print(reading)
    if not dry_run and reading.questions:
        added, known = _add(reading, unit, Line(line))
        click.echo(f"{added} added, {known} known already", err=as_json)
    if not reading.questions:
        sys.exit(1)


def _print(reading: Reading) -> None:
    click.echo(f"{len(reading.questions)} questions, {len(reading.errors)} errors")
    for problem in reading.errors:
        click.echo(f"row {problem.row} {problem.column}: {problem.message} [{problem.text}]")


def _add(reading: Reading, unit: str | None, line: Line) -> tuple[int, int]:
    make_session, now = current_app.extensions["make_session"], clock.now()
    with make_session() as session:
        owner = _unit(session, unit)
    rows = [dict(vars(question)) for question in reading.questions]
    added = known = 0
    for start in range(0, len(rows), CHUNK):
        with unit_of_work(make_session) as session:
            chunk = rows[start : start + CHUNK]
            new, old = add_drafts(session, chunk, owner_unit_id=owner.id, line=line, by_id=None, now=now)
            added, known = added + new, known + old
    return added, known


@questions.command("export")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--format", "form", type=click.Choice(list(EXPORTS)), required=True)
@click.option(
    "--unit", default=None, help="Name of the unit whose bank (with those below it) is exported; default: all."
)
@click.option("--line", type=click.Choice([line.value for line in Line]), default=None)
def export_questions(out: Path, form: str, unit: str | None, line: str | None) -> None:
    """Write the questions of the bank to OUT, with keys; what the format cannot carry is listed."""
    with current_app.extensions["make_session"]() as session:
        scope = Scope((_unit(session, unit).path,), ())
        wanted = queries.list_questions(session, scope, QuestionFilter(Line(line) if line else None))
        drafts = key_queries.list_exported(session, wanted, limit=MOST_EXPORTED)
        total = key_queries.count_exported(session, wanted)
    exported = EXPORTS[form].write(drafts)
    out.write_bytes(exported.data)
    click.echo(f"{exported.count} exported of {total}")
    for left in exported.left:
        what = "not exported" if left.is_whole else "not complete"
        click.echo(f"{what}: question {left.number} because {left.message} [{left.stem}]")


def _unit(session: Session, name: str | None) -> Unit:
    """The unit of that name, or the root unit."""
    found = next((each for each in people_queries.list_units(session) if name in (None, each.name)), None)
    if found is None:
        raise click.ClickException(f"no unit named {name}" if name else "there are no units yet: set the site up first")
    return found
