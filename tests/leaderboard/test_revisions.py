"""Results that turn out to be others: a further line in the journal, and everybody where they belong."""

import random

import pytest
from sqlalchemy import func, select

from lms.leaderboard import services
from lms.leaderboard.models import BoardResult, BoardState
from tests.leaderboard.making import NOON, make_hall, make_people, make_unit


def revise(hall, scores):
    return services.revise(hall.session, hall.board.id, {s: points * 1000 for s, points in scores.items()}, now=NOON)


@pytest.fixture
def hall(session):
    return make_hall(session)


def test_a_revised_result_moves_its_person_and_the_old_line_stays(session, hall):
    lin, bo = make_people(session, 2)
    hall.record(lin, 80, source_id=1)
    hall.record(bo, 85, source_id=2)
    assert revise(hall, {1: 90, 2: 85}) == [lin]
    assert hall.places() == {lin: 1, bo: 2}
    assert session.scalar(select(func.count()).select_from(BoardResult)) == 3
    assert services.verify(session).faults == []


def test_a_best_result_that_sinks_gives_way_to_the_second_best(session, hall):
    lin, bo = make_people(session, 2)
    hall.record(lin, 95, source_id=1)
    hall.record(lin, 70, source_id=2)
    hall.record(bo, 80, source_id=3)
    revise(hall, {1: 60})
    assert hall.places() == {bo: 1, lin: 2}
    revise(hall, {1: 95})
    assert hall.places() == {lin: 1, bo: 2}
    assert services.verify(session).faults == []


def test_revising_twice_alike_changes_nothing_the_second_time(session, hall):
    (lin,) = make_people(session, 1)
    hall.record(lin, 80, source_id=1)
    assert revise(hall, {1: 90}) == [lin]
    assert revise(hall, {1: 90}) == []
    assert session.scalar(select(func.count()).select_from(BoardResult)) == 2


@pytest.mark.parametrize("state", list(BoardState))
def test_a_board_can_be_put_right_in_every_state(session, hall, state):
    (lin,) = make_people(session, 1)
    hall.record(lin, 80, source_id=1)
    hall.board.state = state
    assert revise(hall, {1: 90}) == [lin]


def test_what_a_revision_would_move_is_told_without_moving_anything(session, hall):
    lin, bo, dana = make_people(session, 3)
    for source, (person, points) in enumerate(((lin, 80), (bo, 85), (dana, 70)), 1):
        hall.record(person, points, source_id=source)
    told = services.moves(session, hall.board.id, {1: 90_000})
    assert [(m.person_id, m.old_place, m.new_place, m.new_score_millis) for m in told] == [
        (lin, 2, 1, 90_000), (bo, 1, 2, 85_000),
    ]  # fmt: skip
    assert hall.places() == {bo: 1, lin: 2, dana: 3}
    revise(hall, {1: 90})
    assert services.moves(session, hall.board.id, {1: 90_000}) == []


@pytest.mark.parametrize("seed", range(40))
def test_any_history_of_results_and_revisions_equals_its_recount(session, seed):
    """R09."""
    rng = random.Random(seed)
    root = make_unit(session, "局")
    units = [make_unit(session, "处", root) for _ in range(3)]
    hall = make_hall(session, root=root)
    people = make_people(session, 6)
    homes = {person: rng.choice(units).id for person in people}
    known = []
    for turn in range(40):
        if known and rng.random() < 0.4:
            wanted = {source: rng.randrange(101) for source in rng.sample(known, min(len(known), rng.randint(1, 4)))}
            told = {
                m.person_id: m.new_place
                for m in services.moves(session, hall.board.id, {s: p * 1000 for s, p in wanted.items()})
            }
            revise(hall, wanted)
            now_at = hall.places()
            assert all(now_at[person] == place for person, place in told.items())
        else:
            person = rng.choice(people)
            hall.record(
                person, rng.randrange(101), rng.randrange(300), rng.randrange(300), source_id=turn, unit_id=homes[person],
                is_ranked=rng.random() < 0.9,
            )  # fmt: skip
            known.append(turn)
    assert services.verify(session).faults == []
