"""R09: random contest histories. Whatever happens in whatever order, the board is what its journal gives when counted from scratch,
its pages are disjoint and complete, and what was published changes only by a further version."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.leaderboard import queries, rules, services
from lms.leaderboard.errors import NothingChanged
from lms.leaderboard.models import Board, BoardBucket, BoardEntry, BoardResult, BoardState, BoardUnit, PublishedRanking
from lms.leaderboard.services import annulments
from tests.leaderboard.making import NOON, make_hall, make_people, make_unit

DERIVED = (BoardEntry, BoardBucket, BoardUnit)


def derived(session, board_id):
    """Everything that follows from the journal; a bucket or a unit in which nobody is left says as much as none."""
    session.flush()
    found = {}
    for model in DERIVED:
        table = model.__table__
        rows = [dict(row) for row in session.execute(select(table).where(table.c.board_id == board_id)).mappings()]
        found[model] = sorted(tuple(row.items()) for row in rows if row.get("people", 1) or row.get("roster"))
    return found


def by_hand(session, board):
    """The order of people, worked out anew from the journal without the code that counts it: best standing ranked line each."""
    last = {}
    for line in session.scalars(select(BoardResult).where(BoardResult.board_id == board.id).order_by(BoardResult.id)):
        last[line.source_kind, line.source_id] = line
    best = {}
    for line in last.values():
        figures = (-line.score_millis, line.seconds, line.submitted_at)
        if line.is_ranked and figures < best.get(line.person_id, (1,)):
            best[line.person_id] = figures
    return {person: 1 + sum(other < mine for other in best.values()) for person, mine in best.items()}


class History:
    """One contest with whatever can happen to its results."""

    def __init__(self, session, keys, seed, people, units):
        self.session, self.keys, self.chance = session, keys, random.Random(seed)
        self.hall, self.people, self.units = make_hall(session), people, units
        self.board_id, self.source, self.annulled, self.versions = self.hall.board.id, 0, {}, []
        self.unit_of = {person: self.chance.choice([*units, None]) for person in people}

    def submit(self):
        person, self.source = self.chance.choice(self.people), self.source + 1
        at = self.chance.randint(0, 3)  # few values, so that there are ties in everything
        self.hall.record(
            person, self.chance.randint(0, 3), self.chance.randint(0, 2), at, source_id=self.source, unit_id=self.unit_of[person],
            is_ranked=person != self.people[0],
        )  # fmt: skip

    def transfer(self):
        self.unit_of[self.chance.choice(self.people)] = self.chance.choice([*self.units, None])

    def regrade(self):
        sources = self.chance.sample(range(1, self.source + 1), min(self.source, 3))
        scores = {source: self.chance.randint(0, 3) * 1000 for source in sources}
        services.revise(self.session, self.board_id, scores, now=NOON)

    def annul(self):
        person = self.chance.choice(self.people)
        self.annulled.setdefault(person, []).extend(annulments.annul(self.session, self.board_id, person, now=NOON))

    def reinstate(self):
        if self.annulled:
            person = self.chance.choice(sorted(self.annulled))
            annulments.reinstate(self.session, self.board_id, person, self.annulled.pop(person), now=NOON)

    def publish(self):
        by = self.people[-1]
        try:
            ranking = services.publish(
                self.session, self.hall.head, keys=self.keys, actor_id=by, reason="更正", now=NOON
            )
        except NothingChanged:
            return
        self.session.flush()
        self.versions.append((ranking.id, ranking.public_digest, ranking.complete_digest))

    def live(self, acts):
        self.submit()
        for _ in range(acts):
            self.chance.choice(
                [self.submit, self.submit, self.transfer, self.regrade, self.annul, self.reinstate, self.publish]
            )()

    def check(self):
        self.session.flush()
        places = self.hall.places()
        assert places == by_hand(self.session, self.hall.board)
        before = derived(self.session, self.board_id)
        services.rebuild(self.session, self.session.get_one(Board, self.board_id))
        assert derived(self.session, self.board_id) == before, "incremental = from scratch"
        size, pages = self.chance.randint(1, 5), []
        while len(pages) * size < len(places):
            pages.append(queries.list_lines(self.session, self.hall.head, offset=len(pages) * size, limit=size))
        paged = [(line.person_id, line.place) for page in pages for line in page]
        assert len(paged) == len(dict(paged)) == len(places)
        assert dict(paged) == places
        for person, place in places.items():
            assert queries.place_of(self.session, self.hall.head, person) == place
        for number, (ranking_id, public, complete) in enumerate(self.versions, start=1):
            ranking = self.session.get_one(PublishedRanking, ranking_id, populate_existing=True)
            assert ranking.version == number
            assert (rules.digest(ranking.public), rules.digest(ranking.complete)) == (public, complete)


@pytest.mark.parametrize("part", range(4))
def test_two_hundred_random_histories(session, keys, part):
    root = make_unit(session, "局")
    people, units = make_people(session, 7), [make_unit(session, "单位", root).id for _ in range(2)]
    versions = 0
    for seed in range(50 * part, 50 * part + 50):
        history = History(session, keys, seed, people, units)
        history.live(14)
        history.check()
        versions += len(history.versions)
    assert versions > 40, "histories publish too"
    report = services.verify(session, keys)
    assert (report.faults, report.boards) == ([], 50)


def test_a_count_that_forgets_is_found(session, keys, monkeypatch):
    """The mutant: histogram and units do not follow what becomes of a result."""
    monkeypatch.setattr("lms.leaderboard.services.entries.count_change", lambda *_: None)
    root = make_unit(session, "局")
    people, units = make_people(session, 7), [make_unit(session, "单位", root).id for _ in range(2)]
    found = 0
    for seed in range(8):
        history = History(session, keys, seed, people, units)
        history.live(14)
        found += bool(services.verify(session).faults)
    assert found > 3


def test_a_thousand_people_with_regrades_give_the_same_board_from_scratch(session, keys):
    root = make_unit(session, "局")
    units = [make_unit(session, "单位", root).id for _ in range(20)]
    people, chance, hall = make_people(session, 1000), random.Random(9), make_hall(session, root=root)
    for source, person in enumerate(people, start=1):
        hall.record(
            person,
            chance.randint(40, 100),
            chance.randint(60, 600),
            chance.randint(0, 9),
            source_id=source,
            unit_id=units[person % 20],
        )
    session.get_one(Board, hall.board.id).state = BoardState.PUBLISHED
    services.publish(session, hall.head, keys=keys, actor_id=people[0], now=NOON)
    for _ in range(5):
        scores = {source: chance.randint(40, 100) * 1000 for source in chance.sample(range(1, 1001), 200)}
        services.revise(session, hall.board.id, scores, now=NOON + timedelta(hours=1))
    for person in chance.sample(people, 20):
        annulments.annul(session, hall.board.id, person, now=NOON + timedelta(hours=2))
    services.publish(session, hall.head, keys=keys, actor_id=people[0], reason="重新计分", now=NOON)
    before, places = derived(session, hall.board.id), hall.places()
    assert len(places) == 980
    assert places == by_hand(session, hall.board)
    services.rebuild(session, session.get_one(Board, hall.board.id))
    assert derived(session, hall.board.id) == before
    assert services.verify(session, keys).faults == []
