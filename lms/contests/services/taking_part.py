"""Somebody takes part: the entry, the attempt, and the result that moves the board at submission."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lms import clock
from lms.contests import access, entry_queries, entry_services, queries, team_round_services
from lms.contests.errors import NotOpen
from lms.contests.models import Contest, Round, RoundEntry
from lms.contests.queries import Entrance, RoundLine
from lms.contests.rules import HOSTED_KINDS, PASS_PERCENT, RoundKind
from lms.contests.start_queries import Footing, find_footing, find_paper
from lms.db import Read, insert_ignore_soon
from lms.errors import Conflict, Forbidden, Invalid
from lms.hours import services as hours
from lms.hours.rules import Bucket, Source
from lms.leaderboard import services as board_services
from lms.leaderboard.models import TAKES_RESULTS
from lms.people.principal import Principal
from lms.people.rules import Permission
from lms.quizzes import exam_queries as quiz_exams
from lms.quizzes import queries as quiz_queries
from lms.quizzes import services as quizzes
from lms.quizzes.models import Attempt
from lms.quizzes.policy_rules import Terms
from lms.quizzes.rules import Purpose
from lms.quizzes.services import invigilation


def begin(session: Session, person: Principal, round_id: int, now: datetime) -> Attempt:
    """`start` for a caller that knows only the round's id: what the person may not see or enter is NotFound or Forbidden."""
    line = access.round_to_enter(session, person, round_id)
    if not person.can(Permission.CONTEST_ENTER):
        raise Forbidden()
    return start(session, line, person, now=now)


def start(session: Session, line: RoundLine | Entrance, person: Principal, *, now: datetime) -> Attempt:
    """The person's open attempt in the round, begun if need be; the entry stands with the unit of the cut-off day.

    Raises NotOpen before and after the round's time, Forbidden for who has no place in the round, AttemptsUsedUp when today's attempts
    are spent.
    """
    round_ = line.round
    terms = quiz_exams.terms_of(
        session, Purpose.CONTEST, round_.id, Terms(round_.opens_at, round_.closes_at, 0, round_.attempts_per_day),
        person_id=person.id, unit_path=person.unit_path,
    )  # fmt: skip
    _check_open(line, terms, now)
    if round_.kind in HOSTED_KINDS:
        raise Forbidden("这一轮由主持人出题，没有要在这里答的卷。")
    entry_services.check_entry(session, round_, person.id)
    footing = find_footing(session, round_, person.id)
    share = None
    if round_.kind is RoundKind.TEAM_ONLINE:
        share = team_round_services.share_of(session, round_, person.id, now=now)
    attempt = quizzes.start_attempt(
        session,
        find_paper(session, round_.id),
        person_id=person.id,
        purpose=Purpose.CONTEST,
        subject_id=round_.id,
        closes_at=terms.closes_at,
        release_at=footing.keys_from,
        limit_per_day=terms.attempts_per_day,
        extra_seconds=terms.extra_seconds,
        minimum_seconds=footing.minimum_seconds,
        draw_instead=share,
        now=now,
    )
    _enter(session, line, person, footing, now)
    return attempt


def _check_open(line: RoundLine | Entrance, terms: Terms, now: datetime) -> None:
    """The round takes results, and its time, or what the person was granted, has come and is not over."""
    if now < terms.opens_at:
        raise NotOpen("比拼还没有开始，请到时间再来。")
    if line.board_state not in TAKES_RESULTS or now >= terms.closes_at:
        raise NotOpen("比拼已经结束，不能再开始作答。")


def join(session: Session, line: RoundLine | Entrance, person: Principal, *, now: datetime) -> None:
    """The person takes part in a hosted round from now on: the entry stands with the unit of the cut-off day. Raises NotOpen outside the
    round's time, Forbidden for who has no place in it."""
    if line.board_state not in TAKES_RESULTS or now < line.round.opens_at:
        raise NotOpen("比拼还没有开始或者已经结束。")
    entry_services.check_entry(session, line.round, person.id)
    _enter(session, line, person, find_footing(session, line.round, person.id), now)


def _enter(session: Session, line: RoundLine | Entrance, person: Principal, footing: Footing, now: datetime) -> None:
    """The entry stands from now on, unless it does already."""
    if footing.has_entry:
        return
    entry = {
        "round_id": line.round.id, "person_id": person.id, "unit_id": footing.unit_id, "entered_at": now,
        "is_ranked": not access.is_unranked(session, person, line.owner_path),
    }  # fmt: skip
    insert_ignore_soon(session, RoundEntry, entry, key=["round_id", "person_id"])


def reopen_last(
    session: Session, line: RoundLine, person_id: int, *, seconds: int, reason: str, by_id: int, now: datetime
) -> Attempt:
    """The person's newest attempt of the round takes answers again. Raises Conflict once the results are being reviewed, Invalid
    where there is none, and as `invigilation.reopen` does."""
    if line.board_state not in TAKES_RESULTS:
        raise Conflict("成绩已进入复核，不能再开放答卷；有异议请走异议。")
    attempt = quiz_queries.find_last_attempt(session, person_id, Purpose.CONTEST, line.round.id)
    if attempt is None:
        raise Invalid("这个人还没有答卷。", field="staff_no")
    invigilation.reopen(session, attempt, seconds=seconds, reason=reason, by_id=by_id, now=now)
    return attempt


def reads_of_settling(attempt_id: int) -> list[Read]:
    """What `settle_attempt` reads of the attempt that it settles."""
    return [(queries.PART_OF, {"attempt": attempt_id})]


def settle_attempt(session: Session, attempt: Attempt, now: datetime) -> None:
    """The result of a handed-in or closed attempt stands on the board, in the transaction of the submission. Practice leaves no result."""
    part = queries.find_part_of(session, attempt.id)
    if part is None or part.kind is RoundKind.PRACTICE:
        return
    assert attempt.score_millis is not None
    assert attempt.submitted_at is not None
    score = attempt.score_millis + entry_queries.carried_of(session, part, attempt.person_id)
    is_new = board_services.record(
        session,
        part.board_id,
        person_id=attempt.person_id,
        unit_id=part.unit_id,
        score_millis=score,
        seconds=attempt.seconds_used or 0,
        submitted_at=attempt.submitted_at,
        source_id=attempt.id,
        is_ranked=part.is_ranked,
        board=part,
        now=now,
    )
    if not is_new:  # it had been opened again
        again = {"seconds": attempt.seconds_used or 0, "submitted_at": attempt.submitted_at}
        board_services.revise(session, part.board_id, {attempt.id: score}, also=again, now=now)
    if part.kind is RoundKind.TEAM_ONLINE:
        round_ = session.get_one(Round, attempt.subject_id)
        team_round_services.sum_up(session, round_, [attempt.person_id], now=now)
    if part.hours_quarters:
        _credit_hours(session, session.get_one(Round, attempt.subject_id), attempt, now)


def resettle_attempts(
    session: Session, round_id: int, attempts: Sequence[Attempt], *, reason: str, now: datetime
) -> None:
    """What follows when scores of a round are corrected: the board moves, and hours follow the best score. A published ranking
    stays as it is until its next version."""
    round_ = session.get_one(Round, round_id)
    if round_.kind is RoundKind.PRACTICE:
        return
    scores = {attempt.id: (attempt.person_id, attempt.score_millis or 0) for attempt in attempts}
    on_board = entry_queries.board_scores(session, round_, scores)
    board_services.revise(session, round_.board_id, on_board, now=now)
    if round_.kind is RoundKind.TEAM_ONLINE:
        team_round_services.sum_up(session, round_, {attempt.person_id for attempt in attempts}, now=now)
    if round_.hours_quarters:
        for attempt in sorted(attempts, key=lambda attempt: attempt.person_id):
            _credit_again(session, round_, attempt, reason=reason, now=now)


def _credit_again(session: Session, round_: Round, attempt: Attempt, *, reason: str, now: datetime) -> None:
    assert attempt.submitted_at is not None
    about: dict[str, Any] = {
        "person_id": attempt.person_id, "source": Source("contest", round_.id), "year": clock.today(attempt.submitted_at).year,
        "reason": reason, "now": now,
    }  # fmt: skip
    done = queries.my_part(session, round_.id, attempt.person_id, now=now).best
    if done is not None and (done.score_millis or 0) * 100 >= done.max_millis * PASS_PERCENT:
        _credit_hours(session, round_, done, now)
        hours.restore(session, **about)
    else:
        hours.withdraw(session, **about)


def _credit_hours(session: Session, round_: Round, attempt: Attempt, now: datetime) -> None:
    """A round that gives hours gives them once, for the first result of at least PASS_PERCENT; until then the page says why not."""
    assert attempt.score_millis is not None
    assert attempt.submitted_at is not None
    title = session.get_one(Contest, round_.contest_id).title
    about: dict[str, Any] = {
        "person_id": attempt.person_id,
        "source": Source("contest", round_.id),
        "title": title,
        "now": now,
    }
    on = clock.today(attempt.submitted_at)
    if attempt.score_millis * 100 < attempt.max_millis * PASS_PERCENT:
        hours.note_uncredited(session, reason=f"得分未到 {PASS_PERCENT}%", on=on, **about)
        return
    evidence = {"attempt": attempt.id, "score_millis": attempt.score_millis}
    hours.credit(session, bucket=Bucket.ONLINE, quarters=round_.hours_quarters, on=on, evidence=evidence, **about)
