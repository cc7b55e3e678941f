"""A team round: one paper for each team, drawn when the first member begins and divided among the members, who answer their
own questions each in an attempt of their own; the team has the sum."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from lms.contests import team_queries, team_rules, team_services
from lms.contests.models import Round
from lms.contests.team_models import Team, TeamMember, TeamShare, TeamSheet
from lms.contests.team_queries import TeamHead
from lms.contests.team_rules import MemberRole, TeamState
from lms.contests.team_services import Hand, record_team_result
from lms.db import insert_ignore
from lms.errors import Conflict, Forbidden, Invalid
from lms.leaderboard.models import BoardEntry
from lms.people.models import Person
from lms.quizzes import queries as quizzes
from lms.quizzes.models import Attempt, Paper
from lms.quizzes.queries.papers import find_sheet_rows
from lms.quizzes.rules import Purpose, State
from lms.quizzes.services.drawing import Sheet, draw_sheet, stored

SHARES = "shares"


def divide(
    session: Session, head: TeamHead, round_: Round, shares: Mapping[int, int], *, hand: Hand, now: datetime
) -> None:
    """Person → how many questions. Raises Invalid when that is not the whole paper, Conflict once the team has begun."""
    members = [line.person_id for line in _playing(session, head.team.id)]
    if set(shares) != set(members):
        raise Invalid("队员刚刚变了，请重新分题。", field="shares")
    problem = team_rules.share_fault([shares[person_id] for person_id in members], round_.question_count)
    if problem:
        raise Invalid(problem, field="shares")
    if team_queries.find_sheet(session, round_.id, head.team.id) is not None:
        raise Conflict("已有队员开始答题，不能再改分题。")
    session.execute(delete(TeamShare).where(TeamShare.round_id == round_.id, TeamShare.team_id == head.team.id))
    rows = [
        {"round_id": round_.id, "team_id": head.team.id, "person_id": person_id, "questions": shares[person_id]}
        for person_id in members
    ]
    session.execute(insert(TeamShare), rows)


def planned(session: Session, round_: Any, team_id: int) -> list[tuple[int, int, int]]:
    """(person, first position, after the last) of the members in their order: as the captain divided, or as equal as can be
    when nobody did, or the members are others since then."""
    members = [line.person_id for line in _playing(session, team_id)]
    chosen = team_queries.list_shares(session, round_.id, team_id)
    if set(chosen) == set(members):
        counts = [chosen[person_id] for person_id in members]
    else:
        counts = team_rules.equal_shares(round_.question_count, len(members)) if members else []
    return [(person, *span) for person, span in zip(members, team_rules.spans(counts), strict=True)]


def _playing(session: Session, team_id: int) -> list[team_queries.MemberLine]:
    return [line for line in team_queries.list_members(session, team_id) if line.role is MemberRole.MEMBER]


def share_of(session: Session, round_: Any, person_id: int, *, now: datetime) -> Callable[[], Sheet]:
    """What gives the person's questions of the team's paper, which is drawn now if need be. Raises Forbidden for who is in no
    complete team or has no share, Conflict for who has answered already."""
    team = team_queries.find_team_of(session, round_.contest_id, person_id)
    if team is None or team.state is not TeamState.ENTERED:
        raise Forbidden("这一轮按队参加，你还不在任何一支队里。")
    last = quizzes.find_last_attempt(session, person_id, Purpose.CONTEST, round_.id)
    if last is not None and last.state is not State.OPEN:
        raise Conflict("团队赛每人只答一次，你已交卷。")
    sheet = team_queries.find_sheet(session, round_.id, team.id) or _draw(session, round_, team, now)
    mine = next(((start, end) for person, start, end in sheet.shares if person == person_id), None)
    if mine is None:
        raise Forbidden("本队的题已经分给其他队员，替补不答题。")
    part = sheet.sheet[slice(*mine)]
    rows = find_sheet_rows(session, [version for version, _, _ in part])
    return lambda: [(rows[version], points, order) for version, points, order in part]


def _draw(session: Session, round_: Any, team: Team, now: datetime) -> TeamSheet:
    """The team's paper and who answers which; however many members begin at once, there is one."""
    terms = team_queries.find_terms(session, round_.contest_id)
    shares = planned(session, round_, team.id)
    if terms is None or team_rules.lacks(terms.sizes, len(shares), has_captain=True):
        raise Forbidden("本队人数还不够，请队长补齐后再开始。")
    drawn = stored(draw_sheet(session, session.get_one(Paper, round_.paper_id), Random(secrets.randbits(128))))
    if shares[-1][2] != len(drawn):  # a paper whose cases have parts of their own
        equal = team_rules.spans(team_rules.equal_shares(len(drawn), len(shares)))
        shares = [(person, *span) for (person, _, _), span in zip(shares, equal, strict=True)]
    row = {
        "round_id": round_.id, "team_id": team.id, "sheet": [list(item) for item in drawn],
        "shares": [list(share) for share in shares], "drawn_at": now,
    }  # fmt: skip
    insert_ignore(session, TeamSheet, [row], key=["round_id", "team_id"])
    found = team_queries.find_sheet(session, round_.id, team.id)
    assert found is not None
    return found


def substitute(session: Session, head: TeamHead, leaves: Person, comes: Person, *, hand: Hand, now: datetime) -> None:
    """`team_services.substitute`; shares of rounds that the leaver has not begun are the newcomer's from now on."""
    team_services.substitute(session, head, leaves, comes, hand=hand, now=now)
    for sheet in session.scalars(select(TeamSheet).where(TeamSheet.team_id == head.team.id)).all():
        begun = quizzes.find_last_attempt(session, leaves.id, Purpose.CONTEST, sheet.round_id)
        if begun is None:
            sheet.shares = [
                [comes.id if person == leaves.id else person, start, end] for person, start, end in sheet.shares
            ]


def sum_up(session: Session, round_: Round, person_ids: Iterable[int], *, now: datetime) -> None:
    """The teams of these people have the sum of what stands on the round's board for those who answer for them."""
    people = list(person_ids)
    teams = select(TeamMember.team_id).where(
        TeamMember.contest_id == round_.contest_id, TeamMember.person_id.in_(people)
    )
    sheets = select(TeamSheet).where(TeamSheet.round_id == round_.id, TeamSheet.team_id.in_(teams))
    for sheet in session.scalars(sheets.order_by(TeamSheet.team_id)).all():
        who = [person for person, _, _ in sheet.shares]
        score, seconds = session.execute(
            select(func.coalesce(func.sum(BoardEntry.score_millis), 0), func.coalesce(func.sum(BoardEntry.seconds), 0))
            .where(BoardEntry.board_id == round_.board_id, BoardEntry.person_id.in_(who))
        ).one()  # fmt: skip
        record_team_result(
            session, round_.id, sheet.team_id, score_millis=int(score), seconds=int(seconds), source=SHARES, now=now
        )


def list_answered(session: Session, round_id: int, person_ids: Iterable[int]) -> dict[int, State]:
    """Person → state of the attempt in the round, for those who have begun."""
    query = select(Attempt.person_id, Attempt.state).where(
        Attempt.purpose == Purpose.CONTEST, Attempt.subject_id == round_id, Attempt.person_id.in_(list(person_ids))
    )
    return {person_id: state for person_id, state in session.execute(query)}
