"""Commands about accounts, for whoever has the server: the way back in when nobody on the site may open it."""

import click

from lms import clock
from lms.db import unit_of_work
from lms.db.request import make_session
from lms.people import queries
from lms.people.models import Person
from lms.people.services import accounts as services


@click.group()
def accounts() -> None:
    """Accounts of persons."""


@accounts.command("code")
@click.argument("staff_no")
def issue_code(staff_no: str) -> None:
    """Print a one-time code with which the person sets a new password (valid 72 hours)."""
    with unit_of_work(make_session()) as session:
        person = queries.find_by_staff_no(session, staff_no)
        code = services.issue_code(session, _known(person), by_id=None, by="flask accounts", now=clock.now())
    click.echo(f"{staff_no}: /activation?code={code}")


@accounts.command("forget-second-factor")
@click.argument("staff_no")
def forget_second_factor(staff_no: str) -> None:
    """Forget the person's authenticator; the next sign-in enrols a new one."""
    with unit_of_work(make_session()) as session:
        person = queries.find_by_staff_no(session, staff_no)
        services.forget_second_factor(session, _known(person), by_id=None, by="flask accounts", now=clock.now())
    click.echo(f"{staff_no}: the next sign-in enrols a new authenticator")


def _known(person: Person | None) -> Person:
    if person is None:
        raise click.ClickException("nobody has this staff number")
    return person
