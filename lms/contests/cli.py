"""`flask boards verify` and `flask boards rebuild`: the journal against everything made from it."""

import sys

import click

from lms.contests import checks
from lms.db import unit_of_work
from lms.db.request import make_session
from lms.leaderboard import services
from lms.leaderboard.models import Board
from lms.people.guard import keys


@click.group()
def boards() -> None:
    """Boards and published rankings."""


@boards.command()
def verify() -> None:
    """Recount every board, frozen copies too, from its journal, every publication from the journal it was made of, team results, what
    publications brought, and every version of advancement lists; exit 1 when anything differs."""
    with make_session()() as session:
        report, contests = services.verify(session, keys()), checks.verify(session)
    faults = [*report.faults, *contests.faults]
    for fault in faults:
        click.echo(f"FAULT {fault}")
    click.echo(
        f"contests: {contests.teams} team lines, {contests.honours} honours, {contests.effects} effects compared, "
        f"{contests.waiting} effects waiting, {contests.lists} versions of advancement lists"
    )
    click.echo(
        f"boards: {report.boards} boards, {report.results} results, {report.entries} entries, "
        f"{report.publications} publications compared ({report.copies} frozen copies, {report.listed} published lines), "
        f"{len(faults)} faults"
    )
    sys.exit(1 if faults else 0)


@boards.command()
@click.argument("board_id", type=int)
def rebuild(board_id: int) -> None:
    """Make entries, histogram and unit totals of one board anew from its journal."""
    with unit_of_work(make_session()) as session:
        board = session.get(Board, board_id)
        if board is None:
            raise click.ClickException(f"there is no board {board_id}")
        counted = services.rebuild(session, board)
    click.echo(f"board {board_id}: {counted.results} results, {len(counted.entries)} entries")
