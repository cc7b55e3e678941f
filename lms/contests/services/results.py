"""The way of a result: ended, settled, reviewed, noticed, published, corrected. Each step once, each with an audit record."""

from datetime import datetime
from functools import partial

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms import clock
from lms.audit import services as audit
from lms.config import Keys
from lms.contests import award_queries, award_services, queries
from lms.contests.errors import ContestMoved, NotYet
from lms.contests.models import Objection, Round, RoundLeave
from lms.contests.queries import RoundLine
from lms.contests.rules import Phase, RoundKind
from lms.contests.services.contests import rosters_of
from lms.db import conflict_as
from lms.errors import Conflict, Invalid
from lms.leaderboard import notice_rules
from lms.leaderboard import services as boards
from lms.leaderboard.models import BoardState, PublishedRanking
from lms.leaderboard.queries import BoardHead
from lms.people.models import Person


def end_round(session: Session, line: RoundLine, *, actor_id: int | None, now: datetime) -> None:
    """Nobody can begin any more; who is answering goes on to the own deadline. Earlier than planned, the round closes now."""
    if now < line.round.opens_at:
        raise NotYet("比拼还没有开始，要取消请撤下。")
    boards.move_board(session, line.round.board_id, BoardState.LIVE, BoardState.ENDED)
    if now < line.round.closes_at:
        line.round.closes_at = now
    _note(session, "round:end", line, actor_id, now)


def settle_round(session: Session, line: RoundLine, *, now: datetime) -> bool:
    """Every result is in and the rosters are those of the cut-off; False while somebody is still answering, or may begin,
    or results of a live quiz are on their way to the board."""
    if queries.count_open_attempts(session, line.round.id) or now < queries.keys_from(session, line.round):
        return False
    if line.round.kind is RoundKind.LIVE and line.round.results_in_at is None:
        return False
    rosters = rosters_of(session, line)
    boards.move_board(session, line.round.board_id, BoardState.ENDED, BoardState.SETTLING)
    boards.set_rosters(session, line.round.board_id, rosters, now=now)
    _note(session, "round:settle", line, None, now)
    return True


def review(session: Session, line: RoundLine, *, note: str, actor_id: int, now: datetime) -> None:
    """The reviewer stands for the results."""
    boards.move_board(session, line.round.board_id, BoardState.SETTLING, BoardState.REVIEWED)
    _set(session, line, reviewed_by_id=actor_id, reviewed_at=now, review_note=note)
    _note(session, "round:review", line, actor_id, now, note=note)


def start_notice(session: Session, line: RoundLine, *, actor_id: int, now: datetime) -> None:
    """Objections may be filed through the last day of the notice period. Raises NotYet while the board is frozen: nobody could
    see what to object to."""
    if line.is_frozen:
        raise NotYet("这张榜还封着，先揭晓，再开始公示。")
    today = clock.today(now)
    until = boards.notice_until(session, line.round.notice_days, today)
    boards.move_board(session, line.round.board_id, BoardState.REVIEWED, BoardState.NOTICE)
    _set(session, line, notice_from_on=today, notice_until_on=until)
    _note(session, "round:notice", line, actor_id, now, until=until.isoformat())


def file_objection(session: Session, line: RoundLine, *, person_id: int, text: str, now: datetime) -> Objection:
    """An objection to be answered. Raises NoNoticePeriod outside the notice period, AlreadyObjected while an earlier one is unanswered."""
    return boards.file_objection(
        session,
        lambda: Objection(round_id=line.round.id, person_id=person_id, text=text, filed_at=now),
        until_on=line.round.notice_until_on if line.phase is Phase.NOTICE else None,
        now=now,
    )


def answer_objection(
    session: Session, objection: Objection, *, reply: str, link: str, actor_id: int, now: datetime
) -> None:
    """Answered once, in writing; who filed it is told."""
    told = "你对比拼名次的异议有了答复"
    boards.answer_objection(session, objection, reply=reply, told=told, link=link, actor_id=actor_id, now=now)


def publish(
    session: Session, line: RoundLine, board: BoardHead, *, keys: Keys, actor_id: int, now: datetime
) -> PublishedRanking:
    """Version 1, immutable; what was chosen for it follows. Raises NotYet before the end of the notice period, with open objections, or for the reviewer."""
    if line.phase is not Phase.NOTICE:
        raise ContestMoved()
    obstacle = notice_rules.publication_obstacle(
        notice_until_on=line.round.notice_until_on,
        today=clock.today(now),
        open_objections=queries.count_open_objections(session, line.round.id),
        reviewer_id=line.round.reviewed_by_id,
        actor_id=actor_id,
    )
    if obstacle:
        raise NotYet(obstacle)
    more = partial(award_queries.more_of, session, line, board)
    published = boards.publish(session, board, keys=keys, actor_id=actor_id, more=more, now=now)
    boards.move_board(session, line.round.board_id, BoardState.NOTICE, BoardState.PUBLISHED)
    if award_queries.find_award(session, line.round.id).does_anything:
        award_services.follow_later(session, line, published, now=now)
    _note(session, "round:publish", line, actor_id, now, digest=published.complete_digest)
    return published


def correct(
    session: Session, line: RoundLine, board: BoardHead, *, keys: Keys, reason: str, actor_id: int, now: datetime
) -> PublishedRanking:
    """The next version, with its reason and what it changed; certificates and hours follow it. Raises NothingChanged when it would say the same."""
    if line.phase is not Phase.PUBLISHED:
        raise ContestMoved()
    if not reason.strip():
        raise Invalid("请写明更正的原因，会随新版一起公布。", field="reason")
    more = partial(award_queries.more_of, session, line, board)
    published = boards.publish(session, board, keys=keys, actor_id=actor_id, reason=reason, more=more, now=now)
    award_services.follow_later(session, line, published, now=now)
    _note(session, "round:correct", line, actor_id, now, version=published.version, digest=published.complete_digest)
    return published


def approve_leave(
    session: Session, line: RoundLine, person: Person, *, reason: str, actor_id: int, now: datetime
) -> None:
    """The person does not count in the unit's roster. Raises ContestMoved when the results are settled already."""
    if line.phase not in (Phase.UPCOMING, Phase.RUNNING, Phase.ENDED):
        raise ContestMoved()
    leave = RoundLeave(
        round_id=line.round.id, person_id=person.id, reason=reason, approved_by_id=actor_id, approved_at=now
    )
    with conflict_as(Conflict("这个人的请假已经登记过了。"), session):
        session.add(leave)
    boards.set_rosters(session, line.round.board_id, rosters_of(session, line), now=now)
    _note(session, "round:leave", line, actor_id, now, person=person.id)


def _set(session: Session, line: RoundLine, **values: object) -> None:
    session.execute(update(Round).where(Round.id == line.round.id).values(values))


def _note(
    session: Session, action: str, line: RoundLine, actor_id: int | None, now: datetime, **detail: object
) -> None:
    audit.record(session, actor_id, action, f"round:{line.round.id}", detail, now=now)
