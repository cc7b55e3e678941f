"""What published rankings say of one person."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms import clock
from lms.leaderboard.models import Board, BoardEntry, BoardState, PublishedRanking
from lms.leaderboard.queries import place_of_key


@dataclass(frozen=True)
class PublishedPlace:
    """A person's place on one published board."""

    board_id: int
    title: str
    published_on: date
    place: int
    score_millis: int


def list_published_of(session: Session, person_id: int, first: datetime, last: datetime) -> list[PublishedPlace]:
    """The person's places on boards that were first published from `first` until before `last`, oldest first.

    After a correction it is the place of the newest version: entries are counted anew before they are published again.
    """
    published_at = func.min(PublishedRanking.published_at).label("published_at")
    rows = session.execute(
        select(Board.id, Board.title, published_at, BoardEntry.rank_key, BoardEntry.score_millis)
        .join(PublishedRanking, PublishedRanking.board_id == Board.id)
        .join(BoardEntry, BoardEntry.board_id == Board.id)
        .where(BoardEntry.person_id == person_id, Board.state == BoardState.PUBLISHED)
        .group_by(Board.id, Board.title, BoardEntry.rank_key, BoardEntry.score_millis)
        .having(func.min(PublishedRanking.published_at) >= first, func.min(PublishedRanking.published_at) < last)
        .order_by(published_at)
    ).all()
    return [
        PublishedPlace(board, title, clock.today(at), place_of_key(session, board, key), score)
        for board, title, at, key, score in rows
    ]
