import random
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, update

from lms.db import conflict_as
from lms.errors import Conflict, Invalid
from lms.leaderboard import queries, rules, services
from lms.leaderboard.errors import AlreadyPublished, BoardClosed, BoardMoved
from lms.leaderboard.models import BoardBucket, BoardEntry, BoardResult, BoardState, BoardUnit, PublishedRanking
from lms.leaderboard.rules import BoardRule
from lms.people.models import Person
from tests.leaderboard.making import NOON, make_hall, make_people, make_unit

# --- recording ---


def test_the_best_result_counts_and_a_worse_one_changes_nothing(session):
    hall = make_hall(session)
    lin, bo = make_people(session, 2)
    hall.record(lin, 80)
    hall.record(bo, 85)
    assert hall.places() == {bo: 1, lin: 2}
    hall.record(lin, 95)
    hall.record(lin, 70)
    assert hall.places() == {lin: 1, bo: 2}


def test_score_then_time_then_submission_decides_and_equals_share_a_place(session):
    hall = make_hall(session)
    a, b, c, d, e = make_people(session, 5)
    hall.record(a, 90, 100, 60)
    hall.record(b, 90, 100, 30)
    hall.record(c, 90, 99, 90)
    hall.record(d, 90, 100, 60)
    hall.record(e, 89, 1, 0)
    assert hall.places() == {c: 1, b: 2, a: 3, d: 3, e: 5}


def test_a_repeated_record_is_harmless(session):
    """B14: a result replayed must not count twice."""
    hall = make_hall(session)
    (lin,) = make_people(session, 1)
    assert hall.record(lin, 80, source_id=7)
    assert not hall.record(lin, 80, source_id=7)
    assert session.scalar(select(func.count()).select_from(BoardResult)) == 1
    assert queries.count_people(session, hall.board.id) == 1
    assert services.verify(session).faults == []


def test_results_of_guests_and_organisers_stand_in_the_journal_without_a_place(session):
    hall = make_hall(session)
    guest, lin = make_people(session, 2)
    hall.record(guest, 100, is_ranked=False)
    hall.record(lin, 50)
    assert hall.places() == {lin: 1}
    assert queries.find_own(session, hall.head, guest) is None
    assert services.verify(session).results == 2


def test_an_impossible_score_is_refused_before_it_is_stored(session):
    hall = make_hall(session)
    (lin,) = make_people(session, 1)
    with pytest.raises(Invalid):
        hall.record(lin, 10_000)


@pytest.mark.parametrize("state", [s for s in BoardState if s not in (BoardState.LIVE, BoardState.ENDED)])
def test_a_board_under_review_takes_no_results(session, state):
    hall = make_hall(session)
    (lin,) = make_people(session, 1)
    hall.board.state = state
    with pytest.raises(BoardClosed):
        hall.record(lin)


def test_the_last_attempts_still_count_after_the_end(session):
    hall = make_hall(session)
    (lin,) = make_people(session, 1)
    services.move_board(session, hall.board.id, BoardState.LIVE, BoardState.ENDED)
    session.expire_all()
    assert hall.record(lin)


def test_a_transition_happens_once(session):
    hall = make_hall(session)
    services.move_board(session, hall.board.id, BoardState.LIVE, BoardState.ENDED)
    with pytest.raises(BoardMoved):
        services.move_board(session, hall.board.id, BoardState.LIVE, BoardState.ENDED)


# --- derived rows ---


def random_history(dice: random.Random, people: list[int], units: list[int | None]) -> list[dict[str, object]]:
    """Few distinct values, so that ties and repeats abound; a person keeps the unit for the whole round."""
    unit_of = {person: dice.choice(units) for person in people}
    return [
        {
            "person_id": (person := dice.choice(people)),
            "score": dice.choice([60, 80, 80, 100]),
            "seconds": dice.choice([30, 31, 62, 500]),
            "at": dice.randrange(3),
            "unit_id": unit_of[person],
            "source_id": dice.randrange(1, 30),
            "is_ranked": person != people[0],
        }
        for _ in range(dice.randrange(1, 30))
    ]


def counted_by_hand(history: list[dict[str, object]]) -> dict[int, int]:
    """Places by sorting tuples: no key, no bucket, no SQL."""
    best: dict[int, tuple[int, int, int]] = {}
    seen: set[object] = set()
    for result in history:
        if result["source_id"] in seen:
            continue
        seen.add(result["source_id"])
        if result["is_ranked"]:
            figures = (-result["score"], result["seconds"], result["at"])
            best[result["person_id"]] = min(best.get(result["person_id"], figures), figures)
    return {person: 1 + sum(other < mine for other in best.values()) for person, mine in best.items()}


@pytest.mark.parametrize("seed", range(10))
def test_200_random_histories_give_the_board_a_recount_gives(session, seed):
    """R09: incremental board = recount from scratch; ties share places; pages are disjoint and complete."""
    dice = random.Random(seed)
    units = [make_unit(session, "处").id for _ in range(3)] + [None]
    people = make_people(session, 9)
    for _ in range(20):
        hall = make_hall(session)
        history = random_history(dice, people, units)
        for result in history:
            hall.record(**result)
        expected = counted_by_hand(history)
        head = hall.head
        own = {person: queries.find_own(session, head, person) for person in people}
        assert {person: found.place for person, found in own.items() if found} == expected
        size = dice.randrange(1, 5)
        pages = [queries.list_lines(session, head, offset=start, limit=size) for start in range(0, 10, size)]
        lines = [line for page in pages for line in page]
        assert {line.person_id: line.place for line in lines} == expected
        assert len(lines) == len(expected) == queries.count_people(session, head.id)
    report = services.verify(session)
    assert report.faults == []
    assert (report.boards, report.entries > 0) == (20, True)


def test_unit_totals_follow_the_best_result(session):
    hall = make_hall(session)
    north = make_unit(session, "北", hall.root)
    lin, bo = make_people(session, 2, north)
    for person, score in ((lin, 60), (bo, 80), (lin, 100), (lin, 20)):
        hall.record(person, score, unit_id=north.id)
    services.set_rosters(session, hall.board.id, {north.id: 4}, now=NOON)
    (line,) = queries.unit_board(session, hall.head, now=NOON).lines
    assert (line.people, line.roster, line.rate_millis, line.mean_millis) == (2, 4, 50_000, 90_000)
    assert line.score_millis == 70_000


def test_a_person_without_a_unit_at_the_cut_off_is_ranked_but_counts_for_no_unit(session):
    hall = make_hall(session)
    (lin,) = make_people(session, 1)
    hall.record(lin, unit_id=None)
    assert hall.places() == {lin: 1}
    assert queries.unit_board(session, hall.head, now=NOON).lines == []


# --- verify and rebuild: each spoiled row is found ---


def spoil_entry(session, hall):
    session.execute(update(BoardEntry).values(rank_key=BoardEntry.rank_key - 1))


def spoil_bucket(session, hall):
    session.execute(update(BoardBucket).values(people=BoardBucket.people + 1))


def spoil_unit(session, hall):
    session.execute(update(BoardUnit).values(score_millis=BoardUnit.score_millis + 1))


def spoil_journal(session, hall):
    session.execute(update(BoardResult).values(score_millis=BoardResult.score_millis + 1))


def forget_entry(session, hall):
    session.delete(session.scalars(select(BoardEntry)).first())
    session.flush()


@pytest.mark.parametrize("spoil", [spoil_entry, spoil_bucket, spoil_unit, spoil_journal, forget_entry])
def test_the_check_finds_what_was_spoiled_and_a_rebuild_mends_it(session, spoil):
    hall = make_hall(session)
    north = make_unit(session, "北", hall.root)
    (lin,) = make_people(session, 1)
    hall.record(lin, unit_id=north.id)
    services.set_rosters(session, hall.board.id, {north.id: 3}, now=NOON)
    assert services.verify(session).faults == []
    spoil(session, hall)
    assert services.verify(session).faults
    services.rebuild(session, hall.board)
    assert services.verify(session).faults == []
    assert session.scalars(select(BoardUnit.roster)).all() == [3]


def test_results_loaded_in_bulk_give_the_same_board_as_results_recorded_one_by_one(session):
    one, bulk = make_hall(session), make_hall(session)
    people = make_people(session, 20)
    dice = random.Random(3)
    for source_id, person in enumerate(people * 2):
        score, seconds = dice.randrange(50, 100), dice.randrange(60, 600)
        one.record(person, score, seconds, source_id=source_id)
    same = [
        {c.name: getattr(row, c.name) for c in BoardResult.__table__.c if c.name not in ("id", "board_id")}
        for row in session.scalars(select(BoardResult).order_by(BoardResult.id))
    ]
    services.record_many(session, bulk.board.id, same)
    services.rebuild(session, bulk.board)
    assert bulk.places() == one.places()
    assert services.verify(session).faults == []


# --- publication ---


def spread(session, hall, many: int) -> list[int]:
    people = make_people(session, many)
    for n, person in enumerate(people):
        hall.record(person, 100 - n, 60)
    return people


def test_a_published_ranking_keeps_what_it_was_and_a_correction_is_the_next_version(session, keys):
    hall = make_hall(session)
    people = spread(session, hall, 3)
    first = services.publish(session, hall.head, keys=keys, actor_id=people[0], now=NOON)
    before = (first.public_digest, first.complete_digest, queries.load_complete(session, first))
    hall.record(people[2], 100, 1)
    second = services.publish(session, hall.head, keys=keys, actor_id=people[0], reason="第 4 题答案有误", now=NOON)
    assert (first.version, second.version) == (1, 2)
    assert (first.public_digest, first.complete_digest, queries.load_complete(session, first)) == before
    assert second.public_digest != first.public_digest
    changes = queries.load_public(session, second)["changes"]
    assert [(c["old_place"], c["new_place"]) for c in changes] == [(3, 1), (1, 2), (2, 3)]
    assert services.verify(session, keys).faults == []


def test_a_version_exists_once(session, keys):
    hall = make_hall(session)
    people = spread(session, hall, 1)
    published = services.publish(session, hall.head, keys=keys, actor_id=people[0], now=NOON)
    values = dict(session.execute(select(PublishedRanking.__table__)).mappings().one()) | {"id": published.id + 1}
    with pytest.raises(Conflict), conflict_as(AlreadyPublished(), session):
        session.execute(insert(PublishedRanking).values(values))


@pytest.mark.parametrize("part", ["public", "complete"])
def test_a_changed_publication_is_found(session, keys, part):
    hall = make_hall(session)
    people = spread(session, hall, 2)
    published = services.publish(session, hall.head, keys=keys, actor_id=people[0], now=NOON)
    forged = {**queries.load_complete(session, published), "title": "别的"}
    session.execute(update(PublishedRanking).values({part: forged}))
    session.expire_all()
    assert any(part in fault for fault in services.verify(session, keys).faults)


def test_a_publication_whose_digest_was_changed_with_it_is_found_by_its_signature(session, keys):
    hall = make_hall(session)
    people = spread(session, hall, 2)
    published = services.publish(session, hall.head, keys=keys, actor_id=people[0], now=NOON)
    forged = {**queries.load_complete(session, published), "board": "别的"}
    public = rules.public_part(hall.head.rule, forged)
    both = {
        "complete": forged,
        "complete_digest": rules.digest(forged),
        "public": public,
        "public_digest": rules.digest(public),
    }
    session.execute(update(PublishedRanking).values(both))
    session.expire_all()
    assert services.verify(session).faults == []
    assert any("signature" in fault for fault in services.verify(session, keys).faults)


def test_the_public_part_holds_the_first_lines_and_nobody_below(session, keys):
    hall = make_hall(session, rule=replace(BoardRule(), shown_people=3))
    people = spread(session, hall, 6)
    published = services.publish(session, hall.head, keys=keys, actor_id=people[0], now=NOON)
    names = {person.id: person.name for person in session.scalars(select(Person).where(Person.id.in_(people)))}
    public, complete = rules.canonical(published.public).decode(), rules.canonical(published.complete).decode()
    for position, person in enumerate(people):
        assert names[person] in complete
        assert (names[person] in public) == (position < 3)
    assert published.public["total"] == 6


def test_who_opted_out_is_not_named_and_keeps_the_place(session, keys):
    hall = make_hall(session)
    people = spread(session, hall, 3)
    hidden = session.get_one(Person, people[1])
    hidden.is_unlisted = True
    session.flush()
    published = services.publish(session, hall.head, keys=keys, actor_id=people[0], now=NOON)
    assert [(row["place"], row["name"]) for row in published.public["people"]][1] == (2, "不公开")
    assert hidden.name not in rules.canonical(published.public).decode()
    assert hidden.name in rules.canonical(published.complete).decode()


def test_a_correction_does_not_tell_the_new_place_of_who_fell_below_the_list(session, keys):
    hall = make_hall(session, rule=replace(BoardRule(), shown_people=2))
    people = spread(session, hall, 3)
    services.publish(session, hall.head, keys=keys, actor_id=people[0], now=NOON)
    hall.record(people[2], 100, 1)
    second = services.publish(session, hall.head, keys=keys, actor_id=people[0], reason="更正", now=NOON)
    assert [(c["old_place"], c["new_place"]) for c in second.public["changes"]] == [(None, 1), (1, 2), (2, None)]


# --- the switch ---


def test_one_switch_turns_all_rankings_off_and_on_again(session):
    hall = make_hall(session)
    assert queries.are_rankings_on(session)
    assert hall.head.rankings_on
    services.switch_rankings(session, on=False, actor_id=make_people(session, 1)[0], now=NOON)
    assert not queries.are_rankings_on(session)
    assert not hall.head.rankings_on
    services.switch_rankings(session, on=True, actor_id=make_people(session, 1)[0], now=NOON)
    assert hall.head.rankings_on


def test_hand_ins_of_one_second_are_equal_whenever_within_a_second_the_board_began(session):
    """Time is whole seconds of the server's clock, not of the board's own start."""
    hall = make_hall(session)
    hall.board.begins_at = NOON - timedelta(milliseconds=500)
    lin, bo = make_people(session, 2)
    for person, moment in ((lin, 200), (bo, 800)):
        hall.record(person, 90, 100, submitted_at=NOON + timedelta(seconds=10, milliseconds=moment))
    assert hall.places() == {lin: 1, bo: 1}
