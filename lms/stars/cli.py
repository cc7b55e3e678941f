"""`flask stars verify`: every published list of stars against its digests and signatures."""

import sys

import click

from lms.db.request import make_session
from lms.people.guard import keys
from lms.stars import services


@click.group()
def stars() -> None:
    """Stars and their published lists."""


@stars.command()
def verify() -> None:
    """Compare every published version with its digests and signatures; exit 1 when anything differs."""
    with make_session()() as session:
        report = services.verify(session, keys())
    for fault in report.faults:
        click.echo(f"FAULT {fault}")
    click.echo(f"stars: {report.publications} publications compared, {len(report.faults)} faults")
    sys.exit(1 if report.faults else 0)
