import statistics
from dataclasses import replace

import pytest
from sqlalchemy import insert

from lms.leaderboard import queries, services
from lms.leaderboard.models import BoardResult
from lms.leaderboard.rules import BoardRule, Criterion, UnitRule
from lms.people.models import Person
from tests.leaderboard.making import NOON, make_hall, make_people, make_unit
from tests.support.spent import cpu_seconds
from tests.support.statements import statements_of


@pytest.fixture
def statements(session):
    """The statements executed while the test runs."""
    with statements_of(session.get_bind()) as said:
        yield said


def fill(hall, people: list[int], unit_id: int | None = None) -> None:
    """One point less and one second more for each next person."""
    for n, person in enumerate(people):
        hall.record(person, 100 - n, 60 + n, unit_id=unit_id)


def test_the_top_is_listed_up_to_the_limit_and_everybody_is_counted(session):
    hall = make_hall(session, rule=replace(BoardRule(), shown_people=3))
    people = make_people(session, 5)
    fill(hall, people)
    found = queries.top(session, hall.head, now=NOON)
    assert [(line.place, line.person_id) for line in found.lines] == list(zip([1, 2, 3], people, strict=False))
    assert found.total == 5


def test_an_empty_board_has_no_lines_and_no_own_place(session):
    hall = make_hall(session)
    (lin,) = make_people(session, 1)
    assert queries.top(session, hall.head, now=NOON).lines == []
    assert queries.find_own(session, hall.head, lin) is None
    assert queries.list_lines(session, hall.head) == []


def test_who_opted_out_is_not_named_in_the_top(session):
    hall = make_hall(session)
    lin, bo = make_people(session, 2)
    session.get_one(Person, lin).is_unlisted = True
    north = make_unit(session, "北")
    fill(hall, [lin, bo], north.id)
    first, second = queries.top(session, hall.head, now=NOON).lines
    assert (first.place, first.name, first.unit) == (1, "不公开", "")
    assert second.unit == north.name


def test_neighbours_are_figures_without_names_nearest_ones_only(session):
    hall = make_hall(session, rule=replace(BoardRule(), neighbours=2))
    people = make_people(session, 7)
    fill(hall, people)
    own = queries.find_own(session, hall.head, people[3])
    assert own.place == 4
    assert [(n.score_millis, n.seconds) for n in own.before] == [(99_000, 61), (98_000, 62)]
    assert [(n.score_millis, n.seconds) for n in own.after] == [(96_000, 64), (95_000, 65)]
    assert set(vars(own.before[0])) == {"score_millis", "seconds"}


def test_the_first_and_the_last_have_neighbours_on_one_side_only(session):
    hall = make_hall(session)
    first, last = make_people(session, 2)
    fill(hall, [first, last])
    assert queries.find_own(session, hall.head, first).before == []
    assert queries.find_own(session, hall.head, last).after == []


def test_an_equal_is_a_neighbour_and_not_better(session):
    hall = make_hall(session)
    lin, bo = make_people(session, 2)
    hall.record(lin)
    hall.record(bo)
    for person in (lin, bo):
        own = queries.find_own(session, hall.head, person)
        assert (own.place, own.before, len(own.after)) == (1, [], 1)


def test_time_is_not_told_of_neighbours_where_the_order_does_not_look_at_it(session):
    hall = make_hall(session, rule=BoardRule(order=(Criterion.SCORE,)))
    lin, bo = make_people(session, 2)
    fill(hall, [lin, bo])
    assert queries.find_own(session, hall.head, bo).before[0].seconds is None


def test_the_own_place_is_one_statement(session, statements):
    hall = make_hall(session)
    people = make_people(session, 5)
    fill(hall, people)
    head = hall.head
    statements.clear()
    queries.find_own(session, head, people[2])
    assert len(statements) == 1


def test_lines_and_head_take_the_same_few_statements_however_many_people(session, statements):
    hall = make_hall(session)
    fill(hall, make_people(session, 30))
    board_id = hall.board.id
    statements.clear()
    queries.top(session, queries.find_board(session, board_id), now=NOON)
    assert len(statements) == 3


def test_units_are_listed_up_to_the_limit_with_a_median_of_all(session):
    hall = make_hall(session, rule=replace(BoardRule(), shown_units=2))
    units = [make_unit(session, name, hall.root) for name in "甲乙丙丁"]
    for n, unit in enumerate(units[:3]):
        fill(hall, make_people(session, 3 - n), unit.id)
    services.set_rosters(session, hall.board.id, {unit.id: 4 for unit in units}, now=NOON)
    board = queries.unit_board(session, hall.head, now=NOON)
    assert [line.unit_id for line in board.listed] == [units[0].id, units[1].id]
    assert len(board.lines) == 4
    assert board.lines[2].score_millis < board.median_millis < board.lines[1].score_millis
    assert board.of(units[3].id).score_millis == 0
    assert board.of(None) is None


def test_a_unit_nobody_of_which_took_part_is_never_listed(session):
    hall = make_hall(session)
    empty = make_unit(session, "空", hall.root)
    services.set_rosters(session, hall.board.id, {empty.id: 4}, now=NOON)
    board = queries.unit_board(session, hall.head, now=NOON)
    assert (len(board.lines), board.listed) == (1, [])


def test_bands_share_the_number_of_listed_units(session):
    rule = replace(BoardRule(), shown_units=2, unit=UnitRule(bands=(("小", 4), ("大", 100))))
    hall = make_hall(session, rule=rule)
    units = [make_unit(session, name, hall.root) for name in "甲乙丙丁"]
    for n, unit in enumerate(units):
        fill(hall, make_people(session, 3 - n % 2), unit.id)
    services.set_rosters(
        session, hall.board.id, {u.id: size for u, size in zip(units, (4, 4, 50, 50), strict=True)}, now=NOON
    )
    listed = queries.unit_board(session, hall.head, now=NOON).listed
    assert [(line.band, line.place) for line in listed] == [("小", 1), ("大", 1)]


def test_a_new_phase_never_shows_the_old_ones_lines(session):
    hall = make_hall(session)
    lin, bo = make_people(session, 2)
    hall.record(lin)
    assert len(queries.live_top(session, hall.head, now=NOON).lines) == 1
    hall.record(bo)
    assert len(queries.live_top(session, hall.head, now=NOON).lines) == 1, "half a second old at most"
    services.show_board(session, hall.board)
    assert len(queries.live_top(session, hall.head, now=NOON).lines) == 2


def test_a_live_address_leads_to_its_board_and_an_old_one_to_none(session):
    hall = make_hall(session)
    old = hall.head.live_key
    assert queries.find_live_board(session, old, NOON).id == hall.board.id
    services.show_board(session, hall.board)
    session.flush()
    assert queries.find_live_board(session, old, NOON) is None


@pytest.mark.slow
def test_the_own_place_among_100000_people_takes_a_few_milliseconds(session):
    """P4/P5 as a bound that only a scan of the board would break; the figures themselves are measured by the bench."""
    hall = make_hall(session)
    people = make_people(session, 100_000)
    rows = [
        {
            "board_id": hall.board.id,
            "person_id": person,
            "unit_id": None,
            "score_millis": 100_000 - n % 41 * 2_500,
            "seconds": 60 + n * 7 % 540,
            "submitted_at": NOON,
            "is_ranked": True,
            "source_kind": "attempt",
            "source_id": n,
            "recorded_at": NOON,
        }
        for n, person in enumerate(people)
    ]
    for start in range(0, len(rows), 10_000):
        session.execute(insert(BoardResult), rows[start : start + 10_000])
    services.rebuild(session, hall.board)
    head = hall.head
    taken = []
    for person in people[:: len(people) // 200]:
        began = cpu_seconds()
        own = queries.find_own(session, head, person)
        taken.append(cpu_seconds() - began)
        assert own.place >= 1
    print(f"place of one in 100,000: median {statistics.median(taken) * 1000:.2f} ms, worst {max(taken) * 1000:.2f} ms")
    assert statistics.median(taken) < 0.010
    began = cpu_seconds()
    assert len(queries.top(session, head, now=NOON).lines) <= 50
    assert cpu_seconds() - began < 0.1
