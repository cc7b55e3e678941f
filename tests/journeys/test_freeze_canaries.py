"""S03 while a board is frozen: a score that came in after the freeze is met by nobody but organisers, on no page, interface, export
or big screen, until the board is revealed."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lms import clock
from lms.contests import team_queries, team_services
from lms.contests.models import Round
from lms.contests.team_rules import Deadlines, MemberRole, Sizes
from lms.contests.team_services import Hand
from lms.leaderboard import queries as boards
from lms.leaderboard import services as leaderboard
from lms.leaderboard.models import Board
from lms.people.services import tokens
from lms.people.token_rules import TokenScope
from tests.contests.conftest import bank, bureau, make_contest, north, now, running
from tests.journeys.north import Reader, every_address, readable

__all__ = ["bank", "bureau", "make_contest", "north", "now", "running"]

CANARIES = {"score": "87.654", "score of the interface": 'score_millis":87654', "time": "12:52:31"}
LEARNERS = ("lin", "dana", "chen")


@pytest.fixture
def frozen(session, running, cast, north):
    """Lin stands first of two when the board freezes; then bo hands in better ones."""
    lin, bo, dana = cast.lin, cast.bo, cast.dana
    together(session, running, lin, bo, north)
    running.hand_in(lin, right=8, seconds=60)
    running.hand_in(dana, right=6, seconds=90)
    board = session.get_one(Board, running.round.board_id)
    at = clock.now()
    leaderboard.set_freeze(session, board, at, actor_id=cast.hua.id, now=at)
    result = {"person_id": bo.id, "unit_id": north.id, "score_millis": 87_654, "seconds": 46_351, "source_id": 999_999}
    leaderboard.record(
        session, board.id, **result, submitted_at=at + timedelta(seconds=1), now=at + timedelta(seconds=1)
    )
    session.commit()
    return board


def together(session, running, lin, bo, north):
    """The two are one team, whose page shows what its members have."""
    ends = Deadlines(running.now + timedelta(hours=1), running.now + timedelta(hours=1))
    team_services.set_terms(session, running.contest, Sizes(1, 3, 1, 2, 2), ends, actor_id=lin.id, now=running.now)
    terms, hand = team_queries.find_terms(session, running.contest.id), Hand(lin.id)
    team = team_services.enter_team(
        session, terms, name="北区一队", unit_id=north.id, captain=lin, hand=hand, now=running.now
    )
    head = team_queries.find_team(session, team.id)
    team_services.join(session, head, bo, MemberRole.MEMBER, hand=hand, now=running.now)


@pytest.fixture
def look(web, session, cast, frozen):
    def everything(name):
        """What somebody meets, by where: every link, every address with every id, the interface by token, the big screens."""
        reader = Reader(web.as_(name) if name else web, CANARIES)
        reader.crawl()
        reader.read(every_address(web.app, session))
        head = boards.find_board(session, frozen.id)
        for key in (head.live_key, head.copy_key, boards.as_shown(head, clock.now()).live_key):
            reader.read([f"/live/{key}", f"/live/{key}/standings"])
        if name:
            token = tokens.make_token(
                session,
                getattr(cast, name).id,
                name="脚本",
                scopes=tuple(TokenScope),
                days=30,
                by=name,
                now=clock.now(),
            )
            session.commit()
            bearer = {"Authorization": f"Bearer {token}"}
            answer = web.app.test_client().get(f"/api/boards/{frozen.id}", headers=bearer)
            assert answer.status_code == 200
            reader.look(readable(answer), "/api/boards by token")
        return reader.found

    return everything


def test_no_learner_meets_a_later_score_before_the_reveal_and_everybody_does_after(web, session, cast, frozen, look):
    for name in (None, *LEARNERS):
        assert look(name) == {}, name
    assert "正在封榜" in web.as_("lin").get(f"/contests/rounds/{round_of(session, frozen)}/board").get_data(
        as_text=True
    )
    met = look("hua")
    assert any("standings" in where for where in met["score"]), met
    leaderboard.reveal(session, session.get_one(Board, frozen.id), actor_id=cast.hua.id, now=clock.now())
    session.commit()
    for name in LEARNERS:
        assert set(look(name)) == set(CANARIES), name
    assert "score" in look(None), "the big screen"


def round_of(session, board):
    return session.scalars(select(Round.id).where(Round.board_id == board.id)).one()


def test_the_crawl_sees_a_page_that_forgets_the_frozen_copy(web, session, look, monkeypatch):
    """The mutant: the true board is shown to everybody."""
    monkeypatch.setattr("lms.leaderboard.queries.as_shown", lambda board, now: board)
    met = look("lin")
    assert set(met) == set(CANARIES)
    assert any("/api/boards/" in where for where in met["score of the interface"]), met
