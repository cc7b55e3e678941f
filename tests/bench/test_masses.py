"""What the bench measures on is a board like any other."""

import pytest
from sqlalchemy import func, select

from bench import masses
from lms.leaderboard import queries, services
from lms.leaderboard.models import BoardEntry
from lms.people.models import Person
from tests.leaderboard.making import make_hall, make_people, make_unit


@pytest.mark.parametrize("people", [40, 160])
def test_a_mass_of_people_stands_on_the_board_as_its_journal_says(session, make_session, monkeypatch, people):
    monkeypatch.setattr(masses, "PART", 40)
    hall = make_hall(session)
    make_unit(session, "北", hall.root)
    (lin,) = make_people(session, 1)
    session.commit()
    masses.fill_board(make_session, hall.board.id, people, [lin])
    with make_session() as fresh:
        report = services.verify(fresh)
        assert (report.faults, report.results) == ([], people + 1)
        assert fresh.scalar(select(func.count()).select_from(BoardEntry)) == people + 1
        named = fresh.scalars(select(Person.staff_no).where(Person.staff_no.startswith("m"))).all()
        assert len(set(named)) >= people
        head = queries.find_board(fresh, hall.board.id)
        assert queries.find_own(fresh, head, lin).place in range(1, people + 2)
