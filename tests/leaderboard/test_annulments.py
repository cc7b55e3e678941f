"""Annulled results count for nothing, and taking it back gives the same board."""

import random

import pytest
from sqlalchemy import func, select

from lms.leaderboard import services
from lms.leaderboard.models import Board, BoardBucket, BoardEntry, BoardResult, BoardState, BoardUnit
from lms.leaderboard.services import annulments
from tests.leaderboard.making import NOON, make_hall, make_people, make_unit


@pytest.fixture
def hall(session):
    return make_hall(session)


def whole(session, board):
    """Everything derived of the board, without the empty rows of sums."""
    found = {}
    for model in (BoardEntry, BoardBucket, BoardUnit):
        table = model.__table__
        rows = session.execute(select(table).where(table.c.board_id == board.id)).mappings()
        found[model] = sorted(tuple(row.items()) for row in rows if row.get("people", 1) or row.get("roster"))
    return found


def test_an_annulled_result_leaves_the_board_and_the_journal_keeps_it(session, hall):
    lin, bo = make_people(session, 2)
    hall.record(lin, 90, source_id=1)
    hall.record(bo, 80, source_id=2)
    assert annulments.annul(session, hall.board.id, lin, now=NOON) == [1]
    assert hall.places() == {bo: 1}
    assert services.verify(session).faults == []
    assert session.scalar(select(func.count()).select_from(BoardResult)) == 3
    assert annulments.annul(session, hall.board.id, lin, now=NOON) == []


def test_a_regrade_of_an_annulled_result_shows_once_it_counts_again(session, hall):
    (lin,) = make_people(session, 1)
    hall.record(lin, 90, source_id=1)
    sources = annulments.annul(session, hall.board.id, lin, now=NOON)
    services.revise(session, hall.board.id, {1: 70_000}, now=NOON)
    assert hall.places() == {}
    annulments.reinstate(session, hall.board.id, lin, sources, now=NOON)
    assert session.scalars(select(BoardEntry.score_millis)).all() == [70_000]
    assert services.verify(session).faults == []


@pytest.mark.parametrize("seed", range(6))
def test_annulling_and_taking_it_back_gives_the_same_board_whatever_was_on_it(session, hall, seed):
    chance = random.Random(seed)
    units = [make_unit(session, "单位", hall.root) for _ in range(3)]
    people = make_people(session, 8)
    for source in range(1, 20):
        person = chance.choice(people)
        unit = units[person % 3]
        hall.record(person, chance.randint(0, 100), source_id=source, unit_id=unit.id)
    session.get_one(Board, hall.board.id).state = BoardState.PUBLISHED
    before = whole(session, hall.board)
    for person in chance.sample(people, 4):
        sources = annulments.annul(session, hall.board.id, person, now=NOON)
        assert person not in hall.places()
        assert services.verify(session).faults == []
        annulments.reinstate(session, hall.board.id, person, sources, now=NOON)
        assert whole(session, hall.board) == before
    assert services.verify(session).faults == []
