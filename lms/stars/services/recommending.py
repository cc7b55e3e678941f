"""What people give candidates: recommendations of branch and unit, and the marks of judged criteria."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.db import conflict_as
from lms.errors import Conflict, Invalid
from lms.leaderboard.rules import competing_unit
from lms.people.models import Unit
from lms.stars import queries
from lms.stars.catalogue_rules import Source
from lms.stars.errors import AlreadyRecommended, CycleMoved, NoPlaceLeft
from lms.stars.models import StarCandidate, StarRecommendation
from lms.stars.queries import CycleLine
from lms.stars.rules import CycleState, Level, recommendations_allowed
from lms.stars.services.measuring import locked, with_given


def node_of(session: Session, candidate: StarCandidate, line: CycleLine, level: Level) -> int:
    """The branch, or the unit right below the programme's own, that recommends the candidate. Raises Invalid where there is none."""
    if level is Level.BRANCH:
        if candidate.branch_id is None:
            raise Invalid("这位候选不在任何支部，由单位推荐。", field="level")
        return candidate.branch_id
    unit = session.get(Unit, candidate.unit_id) if candidate.unit_id else None
    node = competing_unit(unit.path, line.owner_path) if unit else None
    if node is None:
        raise Invalid("这位候选不在参评单位里。", field="level")
    return node


def count_heads(session: Session, cycle_id: int, level: Level, node_id: int) -> int:
    """How many candidates of the cycle belong to the branch or unit."""
    query = select(func.count()).where(StarCandidate.cycle_id == cycle_id)
    if level is Level.BRANCH:
        return session.scalars(query.where(StarCandidate.branch_id == node_id)).one()
    path = session.get_one(Unit, node_id).path
    of = select(Unit.id).where(Unit.path.startswith(path, autoescape=True))
    return session.scalars(query.where(StarCandidate.unit_id.in_(of))).one()


def places_left(session: Session, line: CycleLine, level: Level, node_id: int) -> tuple[int, int]:
    """(taken, allowed) recommendations of the node."""
    allowed = recommendations_allowed(
        queries.rule_of(session, line.cycle), count_heads(session, line.cycle.id, level, node_id)
    )
    return len(queries.slots_of(session, line.cycle.id, level, node_id)), allowed


def recommend(
    session: Session, candidate: StarCandidate, line: CycleLine, *, level: Level, reason: str, by_id: int, now: datetime
) -> StarRecommendation:
    """The candidate has the recommendation of that branch or unit, and the points that go with it.

    Raises CycleMoved once recommending is over, AlreadyRecommended, NoPlaceLeft, Invalid without a reason.
    """
    rule = queries.rule_of(session, line.cycle)
    if line.cycle.state is not CycleState.RECOMMENDING or level not in rule.levels:
        raise CycleMoved()
    if not reason.strip():
        raise Invalid("写一句推荐的事迹。", field="reason")
    node_id = node_of(session, candidate, line, level)
    taken = queries.slots_of(session, line.cycle.id, level, node_id)
    free = set(range(1, places_left(session, line, level, node_id)[1] + 1)) - taken
    if candidate.id in queries.list_recommended(session, line.cycle.id, level, node_id):
        raise AlreadyRecommended()
    if not free:
        raise NoPlaceLeft()
    made = StarRecommendation(
        cycle_id=line.cycle.id, candidate_id=candidate.id, level=level, node_id=node_id, slot=min(free),
        reason=reason.strip(), by_id=by_id, at=now,
    )  # fmt: skip
    with conflict_as(Conflict("别人刚刚也在推荐，请刷新后再看。"), session):
        session.add(made)
    locked(session, candidate)
    with_given(session, candidate, rule)
    _note(session, "star:recommend", line, by_id, now, candidate=candidate.id, level=level.value, reason=made.reason)
    return made


def withdraw_recommendation(
    session: Session, recommendation: StarRecommendation, candidate: StarCandidate, line: CycleLine, *, by_id: int, now: datetime
) -> None:  # fmt: skip
    """The recommendation is taken back, and its points; the audit log keeps it."""
    if line.cycle.state is not CycleState.RECOMMENDING:
        raise CycleMoved()
    session.delete(recommendation)
    locked(session, candidate)
    with_given(session, candidate, queries.rule_of(session, line.cycle))
    detail = {"candidate": candidate.id, "level": recommendation.level.value, "reason": recommendation.reason}
    _note(session, "star:recommend:withdraw", line, by_id, now, **detail)


def judge(
    session: Session, candidate: StarCandidate, line: CycleLine, source: Source, *, points: int, reason: str, by_id: int, now: datetime
) -> None:  # fmt: skip
    """A judged criterion has so many of 100 points for this candidate. Raises CycleMoved once the review is over."""
    rule = queries.rule_of(session, line.cycle)
    if line.cycle.state not in (CycleState.RECOMMENDING, CycleState.REVIEWING):
        raise CycleMoved()
    if source not in [criterion.source for criterion in rule.judged]:
        raise Invalid("这个方案没有这个评审项。", field="points")
    if not 0 <= points <= 100:
        raise Invalid("请填写 0 到 100 之间的数。", field="points")
    if not reason.strip():
        raise Invalid("写一句评分的理由。", field="reason")
    given = {"points": points, "reason": reason.strip()[:200], "by_id": by_id, "at": now.isoformat()}
    locked(session, candidate)
    candidate.judged = {**(candidate.judged or {}), source.value: given}
    with_given(session, candidate, rule)
    detail = {"candidate": candidate.id, "source": source.value, "points": points, "reason": given["reason"]}
    _note(session, "star:judge", line, by_id, now, **detail)


def _note(session: Session, action: str, line: CycleLine, by_id: int, now: datetime, **detail: object) -> None:
    audit.record(session, by_id, action, f"star_cycle:{line.cycle.id}", detail, now=now)
