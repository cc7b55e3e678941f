"""Commands of the site: `flask …` with FLASK_APP=wsgi."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask import Flask, current_app

from lms import clock, scheduler
from lms.audit import services as audit_services
from lms.backup.cli import backup
from lms.claims import services as claims_services
from lms.contests.cli import boards
from lms.courses.services import progress as study_services
from lms.db import unit_of_work
from lms.db.migrate import upgrade
from lms.db.request import make_session
from lms.hours import services as hours_services
from lms.lazy import later
from lms.media.uploads_cli import uploads
from lms.people import queries as people_queries
from lms.people.cli import accounts as accounts_commands
from lms.people.rules import RankBand, Role
from lms.people.services import accounts, grants
from lms.quizzes.cli import questions
from lms.quizzes.practice_cli import practice
from lms.stars.cli import stars
from lms.upkeep import doctor as upkeep
from lms.upkeep.rules import Level

if TYPE_CHECKING:
    from lms.demo import cli as demo_cli
else:
    demo_cli = later("lms.demo.cli")


def register_commands(app: Flask) -> None:
    for command in COMMANDS:
        app.cli.add_command(command)


def report(what: str, compared: int, faults: list[str], *, has_data: bool | None = None) -> None:
    """Print how much was compared and each fault; exit 1 on a fault, or when nothing was compared although data exist."""
    for fault in faults:
        click.echo(f"FAULT {fault}")
    click.echo(f"{what}: {compared} compared, {len(faults)} faults")
    if faults or (has_data and compared == 0):
        sys.exit(1)


@click.command()
def migrate() -> None:
    """Bring the database's schema up to date."""
    upgrade(current_app.extensions["engine"])


@click.group()
def audit() -> None:
    """The audit log."""


@audit.command("verify")
def audit_verify() -> None:
    """Recompute the hash chain; names the first record that does not fit."""
    with make_session()() as session:
        compared, faults = audit_services.verify(session)
        # Each grant of a role is recorded: where somebody holds one, an empty log was emptied.
        report("audit", compared, faults, has_data=people_queries.has_grants(session))


@click.group()
def hours() -> None:
    """The hours ledger and the study behind it."""


@hours.command("verify")
def hours_verify() -> None:
    """Recompute every entry from its evidence, the sums from the entries, every approved claim, and every lesson's coverage and finish from its beats; exit 1 when anything differs."""
    with make_session()() as session:
        checks = {
            "hours": hours_services.verify(session),
            "claims": claims_services.verify(session),
            "study": study_services.verify(session),
        }
    for what, check in checks.items():
        for problem in check.problems:
            click.echo(f"FAULT {problem}")
        click.echo(f"{what}: {check.compared} of {check.there} compared, {len(check.problems)} faults")
    if not all(check.holds for check in checks.values()):
        sys.exit(1)


@hours.command("rebuild")
def hours_rebuild() -> None:
    """Make the sums of the ledger anew from its entries, while nobody is credited."""
    with unit_of_work(make_session()) as session:
        made = hours_services.rebuild(session)
    click.echo(f"hours: {made} sums")


@click.command()
def setup() -> None:
    """On an empty site: create the three admins and print their one-time activation links (valid 72 hours)."""
    now = clock.now()
    with unit_of_work(make_session()) as session:
        if people_queries.find_by_staff_no(session, "sysadmin") is not None:
            raise click.ClickException("this site is set up already; the account admin issues one-time codes")
        for staff_no, name, role in (
            ("sysadmin", "系统管理员", Role.SYSTEM_ADMIN),
            ("secadmin", "安全管理员", Role.SECURITY_ADMIN),
            ("auditadmin", "审计管理员", Role.AUDIT_ADMIN),
        ):
            person = accounts.create_person(session, staff_no=staff_no, name=name, rank_band=RankBand.TOWNSHIP, now=now)
            grants.grant(session, person, role, by_id=None, by="setup", now=now)
            code = accounts.issue_code(session, person, by_id=None, by="setup", now=now)
            click.echo(f"{name} {staff_no}: /activation?code={code}")


@click.command()
def worker() -> None:
    """Run jobs and tasks until stopped; any number of workers may run beside each other."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    if app.extensions["settings"].read_only:
        raise click.ClickException("LMS_READ_ONLY is on: a worker would write; start it again when the site may")
    running = scheduler.start(make_session(), {"app": app, **app.extensions})
    click.echo("worker: running, stop with Ctrl-C")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        running.shutdown(wait=True)


@click.command()
@click.option(
    "--nginx",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="the proxy's configuration",
)
def doctor(nginx: tuple[Path, ...]) -> None:
    """Look the site over and say what to mend; exit 1 when something is to be mended."""
    found = current_app.extensions
    jobs = (*scheduler.JOBS, *scheduler.jobs_of({"app": current_app, **found}))
    site = upkeep.Site(found["settings"], found["engine"], found["make_session"], found["storage"], jobs, nginx)
    faults = 0
    for line in upkeep.examine(site, clock.now()):
        click.echo(f"{line.level:<7}  {line.name}: {line.told}")
        faults += line.level is Level.MEND
    click.echo(f"doctor: {faults} to mend" if faults else "doctor: nothing to mend")
    if faults:
        sys.exit(1)


class DemoCommands(click.Group):
    """`flask demo`, whose drawing and typesetting libraries are loaded when one of its commands is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return demo_cli.demo.list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return demo_cli.demo.get_command(ctx, cmd_name)


demo = DemoCommands("demo", help="The demonstration bureau.")

COMMANDS = (
    accounts_commands,
    audit,
    backup,
    boards,
    demo,
    doctor,
    hours,
    migrate,
    practice,
    questions,
    setup,
    stars,
    uploads,
    worker,
)
