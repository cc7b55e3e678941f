"""The write side of teams: entered, changed, withdrawn; and what they reach in a round."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.contests import team_queries, team_rules
from lms.contests.models import Contest
from lms.contests.team_models import Team, TeamChange, TeamMember, TeamResult, TeamSetting
from lms.contests.team_queries import TeamHead, Terms
from lms.contests.team_rules import Act, Deadlines, MemberRole, Sizes, TeamState
from lms.db import changed, conflict_as
from lms.errors import Conflict, Invalid
from lms.notices import services as notices
from lms.people.models import Person


@dataclass(frozen=True)
class Hand:
    """Who changes a team: the organiser may after the deadlines, with a reason."""

    id: int
    is_organiser: bool = False
    reason: str = ""


def set_terms(
    session: Session, contest: Contest, sizes: Sizes, deadlines: Deadlines, *, actor_id: int, now: datetime
) -> None:
    """The contest has teams, of these sizes and until these instants. Teams that are there stay. Raises Invalid."""
    if sizes.fault():
        raise Invalid(sizes.fault(), field="least")
    if deadlines.change_until < deadlines.entry_until:
        raise Invalid("换人截止不能早于报名截止。", field="change_until")
    session.merge(
        TeamSetting(
            contest_id=contest.id, least=sizes.least, most=sizes.most, substitutes=sizes.substitutes,
            per_unit=sizes.per_unit, best_of=sizes.best_of, entry_until=deadlines.entry_until,
            change_until=deadlines.change_until, changed_by_id=actor_id, changed_at=now,
        )
    )  # fmt: skip
    detail = {"sizes": vars(sizes), "entry_until": deadlines.entry_until.isoformat()}
    audit.record(session, actor_id, "team:terms", f"contest:{contest.id}", detail, now=now)


def enter_team(
    session: Session, terms: Terms, *, name: str, unit_id: int, captain: Person | None, hand: Hand, now: datetime
) -> Team:
    """A team of the unit, led by `captain` as its first member. Raises Conflict when the unit has its number of teams, when the
    name is taken or the captain stands in another team; Invalid after the deadline."""
    _check(terms, Act.ENTER, hand, now)
    held = update(TeamSetting).where(TeamSetting.contest_id == terms.contest.id)
    session.execute(held.values(per_unit=TeamSetting.per_unit))  # two entries of one unit wait for each other here
    if team_queries.count_teams(session, terms.contest.id, unit_id) >= terms.sizes.per_unit:
        raise Conflict(f"这个单位已报满 {terms.sizes.per_unit} 队。")
    team = Team(
        contest_id=terms.contest.id, name=name, unit_id=unit_id, captain_id=captain and captain.id,
        state=TeamState.ENTERED, created_by_id=hand.id, created_at=now,
    )  # fmt: skip
    with conflict_as(Conflict("这个队名已经有了，请换一个。"), session):
        session.add(team)
    if captain is not None:
        _add(session, team, captain, MemberRole.MEMBER, now)
    _note(session, team, hand, "team:enter", f"报名：{name}", now)
    return team


def join(session: Session, head: TeamHead, person: Person, role: MemberRole, *, hand: Hand, now: datetime) -> None:
    """The person is in the team and is told so. Raises Conflict when the team is full or the person stands in another one."""
    _check(head.terms, Act.JOIN, hand, now)
    _hold(session, head.team)
    there = team_queries.count_role(session, head.team.id, role)
    if not team_rules.room(head.terms.sizes, role, there):
        raise Conflict(f"{team_rules.MEMBER_ROLES[role]}已满 {there} 人。")
    _add(session, head.team, person, role, now)
    _note(session, head.team, hand, "team:join", f"加入{team_rules.MEMBER_ROLES[role]}：{person.name}", now)
    told = f"你已加入“{head.team.name}”，参加{head.terms.contest.title}"
    notices.tell(session, person.id, told, f"/contests/{head.team.contest_id}/team", now=now)


def _add(session: Session, team: Team, person: Person, role: MemberRole, now: datetime) -> None:
    member = TeamMember(
        team_id=team.id, person_id=person.id, contest_id=team.contest_id, role=role,
        position=team_queries.last_position(session, team.id) + 1, joined_at=now,
    )  # fmt: skip
    with conflict_as(Conflict(f"{person.name}已在这次比拼的一支队里，一人只能参加一队。"), session):
        session.add(member)


def leave(session: Session, head: TeamHead, person: Person, *, hand: Hand, now: datetime) -> None:
    """The person is in the team no longer; if it was the captain, the team has none."""
    _check(head.terms, Act.LEAVE, hand, now)
    _hold(session, head.team)
    member = _member(session, head.team, person.id)
    member.left_at = now
    if head.team.captain_id == person.id:
        head.team.captain_id = None
    _note(session, head.team, hand, "team:leave", f"退出：{person.name}", now)
    notices.tell(session, person.id, f"你已不在“{head.team.name}”里", f"/contests/{head.team.contest_id}", now=now)


def substitute(session: Session, head: TeamHead, leaves: Person, comes: Person, *, hand: Hand, now: datetime) -> None:
    """A substitute plays for a member, who becomes a substitute; the position, and the share of a team round not yet begun, go
    over. Raises Invalid when they are not member and substitute of the team."""
    _check(head.terms, Act.SUBSTITUTE, hand, now)
    _hold(session, head.team)
    out, into = _member(session, head.team, leaves.id), _member(session, head.team, comes.id)
    if (out.role, into.role) != (MemberRole.MEMBER, MemberRole.SUBSTITUTE):
        raise Invalid("换下的要是队员，换上的要是替补。", field="comes")
    out.role, into.role = into.role, out.role
    out.position, into.position = into.position, out.position
    _note(session, head.team, hand, "team:substitute", f"{comes.name}换下{leaves.name}", now)
    notices.tell(
        session, comes.id, f"你由替补转为“{head.team.name}”的队员", f"/contests/{head.team.contest_id}/team", now=now
    )


def set_captain(session: Session, head: TeamHead, person: Person, *, hand: Hand, now: datetime) -> None:
    """A member or substitute leads the team from now on."""
    _check(head.terms, Act.CAPTAIN, hand, now)
    _hold(session, head.team)
    _member(session, head.team, person.id)
    head.team.captain_id = person.id
    _note(session, head.team, hand, "team:captain", f"队长：{person.name}", now)


def withdraw(session: Session, head: TeamHead, *, hand: Hand, now: datetime) -> None:
    """The team takes part no more and stands on no list; its people are free for another one. Raises Conflict when repeated."""
    _check(head.terms, Act.WITHDRAW, hand, now)
    gone = update(Team).where(Team.id == head.team.id, Team.state == TeamState.ENTERED)
    if not changed(session.execute(gone.values(state=TeamState.WITHDRAWN, withdrawn_at=now))):
        raise Conflict("这支队已经退出了。")
    people = update(TeamMember).where(TeamMember.team_id == head.team.id, TeamMember.left_at.is_(None))
    session.execute(people.values(left_at=now).execution_options(synchronize_session=False))
    _note(session, head.team, hand, "team:withdraw", "退出比拼", now)


def _check(terms: Terms, act: Act, hand: Hand, now: datetime) -> None:
    problem = team_rules.obstacle(terms.deadlines, act, now, is_organiser=hand.is_organiser, reason=hand.reason)
    if problem:
        raise Invalid(problem, field="reason")


def _hold(session: Session, team: Team) -> None:
    """Changes of one team wait for each other from here on, so that counts hold. Raises Conflict when it has withdrawn."""
    held = update(Team).where(Team.id == team.id, Team.state == TeamState.ENTERED).values(state=TeamState.ENTERED)
    if not changed(session.execute(held)):
        raise Conflict("这支队已经退出了。")


def _member(session: Session, team: Team, person_id: int) -> TeamMember:
    found = team_queries.find_membership(session, team.id, person_id)
    if found is None:
        raise Invalid("这个人不在这支队里。", field="person")
    return found


def _note(session: Session, team: Team, hand: Hand, action: str, text: str, now: datetime) -> None:
    reason = hand.reason.strip()
    session.add(TeamChange(team_id=team.id, text=text, reason=reason, by_id=hand.id, at=now))
    audit.record(session, hand.id, action, f"team:{team.id}", {"text": text, "reason": reason}, now=now)


# --- results -------------------------------------------------------------------------------------------------------


def record_team_result(
    session: Session, round_id: int, team_id: int, *, score_millis: int, seconds: int, source: str, now: datetime
) -> TeamResult:
    """What the team has in the round from now on: a further line of the journal, unless it would say the same. `score_millis` in
    1/1000 points, `seconds` of time used (0 where time does not count), `source` "shares" or "stage"."""
    last = team_queries.find_result(session, round_id, team_id)
    if last is not None and (last.score_millis, last.seconds, last.source) == (score_millis, seconds, source):
        return last
    made = TeamResult(
        round_id=round_id, team_id=team_id, revision=last.revision + 1 if last else 0, score_millis=score_millis,
        seconds=seconds, source=source, recorded_at=now,
    )  # fmt: skip
    session.add(made)
    session.flush()  # the next line of this team must find it
    return made
