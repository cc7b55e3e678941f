"""What waits for secretaries, unit admins and reviewers of stars: a recommendation that was not given yet, a review that is open."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.notices.rules import Due
from lms.people.models import Person, RoleGrant
from lms.people.principal import Principal, principal_of
from lms.people.rules import ROLE_PERMISSIONS, Permission
from lms.stars import access, queries
from lms.stars.models import StarCycle
from lms.stars.queries import CycleLine
from lms.stars.rules import CycleState


def list_due(session: Session, *, now: datetime) -> list[Due]:
    """For each cycle that collects recommendations: whoever may give one for a branch or unit that has given none; for each that is up
    for review: its reviewers."""
    open_states = (CycleState.RECOMMENDING, CycleState.REVIEWING)
    lines = queries.list_cycles(session, StarCycle.state.in_(open_states))
    if not lines:
        return []
    recommenders = _holders(session, Permission.STAR_RECOMMEND, now)
    reviewers = _holders(session, Permission.STAR_REVIEW, now)
    found: list[Due] = []
    for line in lines:
        if line.cycle.state is CycleState.RECOMMENDING:
            found += [_to_recommend(line, person) for person in recommenders if _owes(session, person, line)]
        else:
            found += [_to_review(line, person) for person in reviewers if _reviews(session, person, line)]
    return found


def _holders(session: Session, permission: Permission, now: datetime) -> list[Principal]:
    """Everybody who holds a role with the permission somewhere."""
    roles = [role for role, may in ROLE_PERMISSIONS.items() if permission in may]
    held = select(RoleGrant.person_id).where(RoleGrant.role.in_(roles), RoleGrant.revoked_at.is_(None))
    persons = session.scalars(
        select(Person).where(Person.id.in_(held), Person.disabled_at.is_(None)).order_by(Person.id)
    )
    return [principal_of(session, person, now) for person in persons.all()]


def _owes(session: Session, person: Principal, line: CycleLine) -> bool:
    """Whether some branch or unit of the person has candidates and has recommended none."""
    nodes = access.nodes_to_recommend_for(session, person, line)
    given = any(queries.slots_of(session, line.cycle.id, level, node) for level, node in nodes)
    scope = access.recommend_scope(session, person)
    return bool(nodes) and not given and queries.has_candidates_for(session, line.cycle.id, scope)


def _reviews(session: Session, person: Principal, line: CycleLine) -> bool:
    return access.may_handle(session, person, line, Permission.STAR_REVIEW)


def _to_recommend(line: CycleLine, person: Principal) -> Due:
    until = f"，{_day(line.cycle.recommend_until_on)}截止" if line.cycle.recommend_until_on else ""
    text = f"{line.cycle.label}{line.programme.title}请推荐本支部、本单位的人选{until}"
    return Due(person.id, f"stars.recommend:{line.cycle.id}", text, f"/stars/recommending/{line.cycle.id}")


def _to_review(line: CycleLine, person: Principal) -> Due:
    text = f"{line.cycle.label}{line.programme.title}的候选等待复核"
    return Due(person.id, f"stars.review:{line.cycle.id}", text, f"/office/stars/cycles/{line.cycle.id}")


def _day(on: date) -> str:
    return f"{on.month}月{on.day}日"
