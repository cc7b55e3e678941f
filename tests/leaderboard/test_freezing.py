"""A frozen board stays what it was at the moment of freezing, whatever happens to the true one, until it is revealed."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.errors import Invalid
from lms.leaderboard import queries, services
from lms.leaderboard.errors import BoardMoved
from lms.leaderboard.models import Board, BoardEntry
from lms.leaderboard.services import annulments
from tests.leaderboard.making import NOON, make_hall, make_people, make_unit

HOUR = timedelta(hours=1)
FROZEN = NOON + HOUR
LATER = NOON + 2 * HOUR


@pytest.fixture
def hall(session):
    return make_hall(session)


def freeze(session, hall):
    services.set_freeze(session, hall.board, FROZEN, actor_id=make_people(session, 1)[0], now=NOON)
    session.expire_all()


def shown(session, hall, now):
    """Everything everybody can be told of the board."""
    head = queries.as_shown(hall.head, now)
    lines = [(one.person_id, one.place, one.score_millis, one.seconds) for one in queries.list_lines(session, head)]
    units = [vars(one) for one in queries.unit_board(session, head, now=NOON).lines]
    own = [queries.find_own(session, head, person) for person, *_ in lines]
    return lines, units, own, queries.count_people(session, head.id), head.live_key


def test_until_something_comes_in_the_board_itself_is_what_it_was(session, hall):
    (lin,) = make_people(session, 1)
    freeze(session, hall)
    hall.record(lin, 90)
    assert queries.as_shown(hall.head, FROZEN - timedelta(seconds=1)).is_frozen is False
    head = queries.as_shown(hall.head, FROZEN)
    assert (head.is_frozen, head.id) == (True, hall.board.id)


@pytest.mark.parametrize("seed", range(8))
def test_a_frozen_board_stays_and_the_true_one_goes_on(session, hall, seed):
    chance = random.Random(seed)
    units = [make_unit(session, "单位", hall.root) for _ in range(3)]
    people = make_people(session, 9)
    services.set_rosters(session, hall.board.id, {unit.id: 4 for unit in units}, now=NOON)
    freeze(session, hall)
    sources = range(1, 31)
    for source in sources[:15]:
        person = chance.choice(people)
        hall.record(person, chance.randint(0, 9), chance.randint(1, 5), source_id=source, unit_id=units[person % 3].id)
    before = shown(session, hall, FROZEN)
    for source in sources[15:]:
        match chance.randrange(4):
            case 0:
                services.revise(session, hall.board.id, {chance.choice(sources[:15]): 1000}, now=LATER)
            case 1:
                annulments.annul(session, hall.board.id, chance.choice(people), now=LATER)
            case 2:
                services.set_rosters(session, hall.board.id, {units[0].id: chance.randint(5, 9)}, now=LATER)
            case _:
                person = chance.choice(people)
                hall.record(person, chance.randint(5, 20), source_id=source, unit_id=units[person % 3].id, now=LATER)
    person = people[0]
    hall.record(person, 77, source_id=99, unit_id=units[person % 3].id, now=LATER)
    assert shown(session, hall, LATER)[:4] == before[:4]
    assert hall.places()[person] == 1
    assert services.verify(session).faults == []


def test_verify_recounts_the_copy_too(session, hall):
    lin, bo = make_people(session, 2)
    freeze(session, hall)
    hall.record(lin, 90)
    hall.record(bo, 80, now=LATER)
    (copy,) = session.scalars(select(Board.id).where(Board.frozen_of_id == hall.board.id))
    session.get_one(BoardEntry, (copy, lin)).seconds = 1
    session.flush()
    assert [f"board {copy}" in fault for fault in services.verify(session).faults] == [True]


def test_the_address_of_the_big_screen_is_another_one_after_freezing_and_after_revealing(session, hall):
    lin, bo = make_people(session, 2)
    freeze(session, hall)
    hall.record(lin, 90)
    first = hall.head.live_key
    hall.record(bo, 95, now=LATER)
    second = queries.as_shown(hall.head, LATER).live_key
    found = queries.find_live_board(session, second, LATER)
    assert found is not None
    assert [one.person_id for one in queries.top(session, found, now=LATER).lines] == [lin]
    assert queries.find_live_board(session, first, LATER) is None
    services.reveal(session, hall.board, actor_id=bo, now=LATER)
    session.expire_all()
    third = queries.as_shown(hall.head, LATER)
    assert (third.id, third.is_frozen) == (hall.board.id, False)
    assert len({first, second, third.live_key}) == 3
    assert queries.find_live_board(session, first, LATER) is None
    assert queries.find_live_board(session, second, LATER) is None
    assert queries.find_live_board(session, third.live_key, LATER) == third


def test_a_copy_is_no_board_of_its_own(session, hall):
    (lin,) = make_people(session, 1)
    freeze(session, hall)
    hall.record(lin, 90, now=LATER)
    (copy,) = session.scalars(select(Board.id).where(Board.frozen_of_id == hall.board.id))
    assert queries.find_board(session, copy) is None


def test_a_moment_can_be_changed_until_it_comes_and_not_after(session, hall):
    (ada,) = make_people(session, 1)
    with pytest.raises(Invalid):
        services.set_freeze(session, hall.board, NOON - HOUR, actor_id=ada, now=NOON)
    freeze(session, hall)
    services.set_freeze(session, hall.board, None, actor_id=ada, now=NOON)
    services.set_freeze(session, hall.board, FROZEN, actor_id=ada, now=NOON)
    with pytest.raises(BoardMoved):
        services.set_freeze(session, hall.board, None, actor_id=ada, now=LATER)
    with pytest.raises(BoardMoved):
        services.reveal(session, hall.board, actor_id=ada, now=NOON)
    services.reveal(session, hall.board, actor_id=ada, now=LATER)
    with pytest.raises(BoardMoved):
        services.reveal(session, hall.board, actor_id=ada, now=LATER)
    with pytest.raises(BoardMoved):
        services.set_freeze(session, hall.board, LATER + HOUR, actor_id=ada, now=LATER)
