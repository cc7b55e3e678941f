"""`flask practice verify` and `flask practice rebuild`: the wrong-question books against the journal they are folded from."""

import sys

import click

from lms.db import unit_of_work
from lms.db.request import make_session
from lms.quizzes import practice_queries
from lms.quizzes.services import practice as services


@click.group()
def practice() -> None:
    """Wrong-question books. Prints numbers of persons and questions only, never what somebody answered."""


@practice.command()
def verify() -> None:
    """Fold every journal anew and compare; exit 1 when a card says something else."""
    cards = faults = 0
    with make_session()() as session:
        people = practice_queries.list_people(session)
        for person_id in people:
            compared, wrong = services.verify(session, person_id)
            cards, faults = cards + compared, faults + len(wrong)
            for question_id in wrong:
                click.echo(f"FAULT person {person_id}, question {question_id}: the card is not what the journal says")
    click.echo(f"practice: {len(people)} people, {cards} cards compared, {faults} faults")
    sys.exit(1 if faults else 0)


@practice.command()
@click.argument("person_id", type=int)
def rebuild(person_id: int) -> None:
    """Make the cards of one person anew from the journal."""
    with unit_of_work(make_session()) as session:
        cards = services.rebuild(session, person_id)
    click.echo(f"person {person_id}: {cards} cards")
