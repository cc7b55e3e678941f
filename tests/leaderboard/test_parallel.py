"""Many at once: the board after a rush is the board a recount gives."""

import random
import threading
from datetime import timedelta

from sqlalchemy import select

from lms.db import MakeSession, unit_of_work
from lms.leaderboard import queries, services
from lms.leaderboard.models import BoardResult
from tests.leaderboard.making import NOON, make_hall, make_people, make_unit

THREADS, EACH = 8, 6


def test_results_that_come_in_at_once_all_count_once(session, make_session: MakeSession):
    """Few people, few buckets, one unit, every result sent twice: whatever may collide does."""
    hall = make_hall(session)
    north = make_unit(session, "北", hall.root)
    people = make_people(session, 4, north)
    board_id = hall.board.id
    session.commit()
    problems: list[BaseException] = []

    def rush(thread: int) -> None:
        dice = random.Random(thread)
        try:
            for n in range(EACH):
                person, score, source_id = dice.choice(people), dice.choice([60, 80, 100]), thread * 100 + n
                for _ in range(2):
                    with unit_of_work(make_session) as own:
                        services.record(
                            own,
                            board_id,
                            person_id=person,
                            unit_id=north.id,
                            score_millis=score * 1000,
                            seconds=dice.randrange(60, 64),
                            submitted_at=NOON + timedelta(seconds=dice.randrange(3)),
                            source_id=source_id,
                            now=NOON,
                        )
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=rush, args=(thread,)) for thread in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert len(session.scalars(select(BoardResult.id)).all()) == THREADS * EACH
    assert queries.count_people(session, board_id) == len(people)
    assert services.verify(session).faults == []
