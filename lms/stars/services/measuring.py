"""What the facts of a period give each candidate: measured in chunks by a task, and compared again later."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms import clock
from lms.audit import services as audit
from lms.db import changed, unit_of_work, upsert
from lms.stars import queries
from lms.stars.catalogue_rules import RECOMMENDED, Gate, Holder, Source
from lms.stars.errors import CycleMoved
from lms.stars.fact_queries import PASSAGES, PERSONAL, Fact, Passage
from lms.stars.group_queries import OF_GROUPS
from lms.stars.models import StarCandidate, StarCycle, StarProgramme, StarRecommendation
from lms.stars.period_rules import Span
from lms.stars.pool_queries import Holding, Pool, pool_of
from lms.stars.rules import LEVEL_SOURCES, LEVELS, CycleState, StarRule, points
from lms.tasks import services as tasks
from lms.tasks.services import TaskContext
from lms.workdays import queries as workdays

MEASURE = "stars.measure"
AT_ONCE, GROUPS_AT_ONCE = 100, 10
MEASURABLE = (CycleState.MEASURING, CycleState.RECOMMENDING, CycleState.REVIEWING, CycleState.PUBLISHED)
"""While candidates are named and on notice, scores stand still; changes are shown beside them."""
WRITTEN = ("name", "unit_id", "unit_name", "branch_id", "parts", "gates", "score_millis", "tie", "obstacle", "now_millis")  # fmt: skip
NO_PACE = {Gate.HOURS_ON_PACE: "学时没有跟上进度", Gate.NO_ABSENCE: "有未请假缺席"}

FactsBySource = Mapping[Source, Mapping[int, Sequence[Fact]]]


@dataclass(frozen=True)
class Measured:
    """A candidate's parts and gates as they are stored, and what they come to."""

    parts: list[dict[str, Any]]
    gates: list[dict[str, Any]]
    score_millis: int
    obstacle: str


# --- measuring -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reading:
    """What was read of some candidates: their facts of the period and how they stand at the gates."""

    facts: FactsBySource
    passages: Mapping[Gate, Mapping[int, Passage]]


def read(
    session: Session, programme: StarProgramme, rule: StarRule, span: Span, holdings: Sequence[Holding]
) -> Reading:
    ids = [holding.id for holding in holdings]
    facts = gather(session, programme.holder, [c.source for c in rule.criteria], span, holdings)
    return Reading(facts, {gate: PASSAGES[gate](session, ids, span) for gate in rule.gates})


def measure(
    session: Session, rule: StarRule, reading: Reading, holdings: Sequence[Holding], cycle_id: int
) -> dict[int, Measured]:
    """What the facts come to for these candidates, with what was recommended and judged in the cycle so far."""
    ids = [holding.id for holding in holdings]
    facts = {**reading.facts, **_given(session, rule, cycle_id, ids)}
    return {holder_id: _measured(rule, facts, reading.passages, holder_id) for holder_id in ids}


def gather(
    session: Session, holder: Holder, sources: Sequence[Source], span: Span, holdings: Sequence[Holding]
) -> FactsBySource:
    """The facts of the period by source and candidate. Sources that people give (recommendations, judgements) have none here."""
    found: dict[Source, Mapping[int, Sequence[Fact]]] = {}
    for source in sources:
        if source is Source.CONTEST_SCORE:
            found[source] = {h.id: [Fact(h.score, h.text, span.last_on)] for h in holdings}
        elif holder is Holder.PERSON and source in PERSONAL:
            found[source] = PERSONAL[source](session, [holding.id for holding in holdings], span)
        elif holder is not Holder.PERSON and source in OF_GROUPS:
            found[source] = OF_GROUPS[source](session, {h.id: h.members for h in holdings}, span)
    return found


def _given(session: Session, rule: StarRule, cycle_id: int, holder_ids: Sequence[int]) -> FactsBySource:
    """What people gave candidates: recommendations and judgements, as facts."""
    found: dict[Source, dict[int, list[Fact]]] = {}
    rows = session.execute(
        select(StarRecommendation, StarCandidate.holder_id)
        .join(StarCandidate, StarCandidate.id == StarRecommendation.candidate_id)
        .where(StarCandidate.cycle_id == cycle_id, StarCandidate.holder_id.in_(holder_ids))
    ).all()
    for recommendation, holder_id in rows:
        source = LEVEL_SOURCES[recommendation.level]
        text = f"{LEVELS[recommendation.level]}：{recommendation.reason}"
        found.setdefault(source, {})[holder_id] = [Fact(1000, text, clock.today(recommendation.at))]
    if rule.judged:
        judged = select(StarCandidate.holder_id, StarCandidate.judged).where(
            StarCandidate.cycle_id == cycle_id, StarCandidate.holder_id.in_(holder_ids)
        )
        for holder_id, given in session.execute(judged):
            for source, one in (given or {}).items():
                fact = Fact(one["points"] * 10, f"评 {one['points']} 分：{one['reason']}", clock.today(datetime.fromisoformat(one["at"])))  # fmt: skip
                found.setdefault(Source(source), {})[holder_id] = [fact]
    return found


def _measured(
    rule: StarRule, facts: FactsBySource, passages: Mapping[Gate, Mapping[int, Passage]], holder_id: int
) -> Measured:
    parts: list[dict[str, Any]] = []
    for criterion in rule.criteria:
        of = facts.get(criterion.source, {}).get(holder_id, [])
        parts.append(
            {
                "source": criterion.source.value,
                "label": criterion.label,
                "weight": criterion.weight,
                "points": points(criterion, [fact.amount for fact in of]),
                "facts": [fact.to_json() for fact in of],
            }
        )
    closed = [gate for gate, of in passages.items() if not of[holder_id].is_open]
    return Measured(
        parts,
        [of[holder_id].to_json(gate) for gate, of in passages.items()],
        sum(part["points"] for part in parts),
        NO_PACE[closed[0]] if closed else "",
    )


def locked(session: Session, candidate: StarCandidate) -> None:
    """The candidate as it stands, and nobody else changes it before this transaction ends."""
    mine = StarCandidate.id == candidate.id
    session.execute(update(StarCandidate).where(mine).values(tie=StarCandidate.tie))
    session.refresh(candidate, ["parts", "judged", "score_millis"])


def with_given(session: Session, candidate: StarCandidate, rule: StarRule) -> None:
    """The parts of a locked candidate that people give are what was given by now, and the score follows; others stay as measured."""
    session.flush()  # what was just given is read below
    given = _given(session, rule, candidate.cycle_id, [candidate.holder_id])
    sources = {source.value for source in (*RECOMMENDED, *(criterion.source for criterion in rule.judged))}
    fresh = {part["source"]: part for part in _measured(rule, given, {}, candidate.holder_id).parts}
    candidate.parts = [fresh[part["source"]] if part["source"] in sources else part for part in candidate.parts]
    candidate.score_millis = sum(part["points"] for part in candidate.parts)


# --- the task ------------------------------------------------------------------------------------------------------


def ask_for_measuring(
    session: Session, cycle: StarCycle, *, by_id: int | None, compare: bool = False, now: datetime
) -> None:
    """A task measures all candidates again. `compare`, and whatever is asked while they are on notice, changes no score: what the
    facts would give now is noted beside it."""
    detail = {"cycle_id": cycle.id, "compare": compare}
    tasks.enqueue(session, MEASURE, detail, owner_id=by_id, title=f"评星计算：{cycle.label}", now=now)
    if by_id is not None:
        audit.record(session, by_id, "star:measure", f"star_cycle:{cycle.id}", {}, now=now)


def claim_check(session: Session, cycle_id: int, *, before: datetime, now: datetime) -> bool:
    """True for the one caller that compares a cycle that was not compared since `before`."""
    old = StarCycle.checked_at.is_(None) | (StarCycle.checked_at < before)
    return changed(session.execute(update(StarCycle).where(StarCycle.id == cycle_id, old).values(checked_at=now)))


def span_of_cycle(cycle: StarCycle) -> Span:
    return Span(cycle.period_key, cycle.first_on, cycle.last_on)


def run_measuring(context: TaskContext) -> dict[str, Any]:
    """All candidates of a cycle, a chunk a transaction, by what is known at that moment; run again it gives the same. The last
    transaction opens the cycle for recommendations, or for the review where nobody recommends."""
    cycle_id = int(context.input["cycle_id"])
    with context.make_session() as session:
        line = queries.find_cycle(session, cycle_id)
        if line is None:
            return {"candidates": 0}
        pool = pool_of(session, line.programme, line.cycle.cut_off_on, line.cycle.round_id)
        compares = bool(context.input.get("compare")) or line.cycle.state not in MEASURABLE
    done = 0
    for chunk in _chunks(pool, line.programme.holder):
        _measure_chunk(context, cycle_id, chunk, compares=compares)
        done += len(chunk)
        context.progress(done, len(pool.holdings))
    with unit_of_work(context.make_session) as session:
        _finish(session, cycle_id, pool.head_count, compares=compares, now=context.now)
    return {"candidates": done, "head_count": pool.head_count}


def _chunks(pool: Pool, holder: Holder) -> Iterator[Sequence[Holding]]:
    size = AT_ONCE if holder is Holder.PERSON else GROUPS_AT_ONCE
    for start in range(0, len(pool.holdings), size):
        yield pool.holdings[start : start + size]


def _measure_chunk(context: TaskContext, cycle_id: int, chunk: Sequence[Holding], *, compares: bool) -> None:
    """Facts are read first; what people gave is read again under the lock, so that nothing given in between is lost. Raises
    CycleMoved when the cycle went on."""
    with unit_of_work(context.make_session) as session:
        line = queries.find_cycle(session, cycle_id)
        assert line is not None
        rule = queries.rule_of(session, line.cycle)
        reading = read(session, line.programme, rule, span_of_cycle(line.cycle), chunk)
        if compares:
            measured = measure(session, rule, reading, chunk, cycle_id)
            _compare(session, cycle_id, {holder: one.score_millis for holder, one in measured.items()})
            return
        stands = (StarCycle.id == cycle_id, StarCycle.state.in_(MEASURABLE))
        if not changed(session.execute(update(StarCycle).where(*stands).values(head_count=StarCycle.head_count))):
            raise CycleMoved()
        measured = measure(session, rule, reading, chunk, cycle_id)
        rows = [_row(cycle_id, holding, measured[holding.id]) for holding in chunk]
        upsert(session, StarCandidate, rows, key=["cycle_id", "holder_id"], update=WRITTEN)


def _row(cycle_id: int, holding: Holding, measured: Measured) -> dict[str, Any]:
    return {
        "cycle_id": cycle_id, "holder_id": holding.id, "name": holding.name, "unit_id": holding.unit_id,
        "unit_name": holding.unit_name, "branch_id": holding.branch_id, "parts": measured.parts, "gates": measured.gates,
        "judged": {}, "score_millis": measured.score_millis, "tie": holding.tie, "obstacle": measured.obstacle,
        "now_millis": None, "veto_reason": "",
    }  # fmt: skip


def _compare(session: Session, cycle_id: int, scores: Mapping[int, int]) -> None:
    for holder_id, score in scores.items():
        mine = (StarCandidate.cycle_id == cycle_id, StarCandidate.holder_id == holder_id)
        session.execute(update(StarCandidate).where(*mine).values(now_millis=score))


def _finish(session: Session, cycle_id: int, head_count: int, *, compares: bool, now: datetime) -> None:
    cycle = session.get_one(StarCycle, cycle_id)
    values: dict[str, Any] = {"checked_at": now}
    if not compares:
        values |= {"measured_at": now, "head_count": head_count}
    if cycle.state is CycleState.MEASURING:
        values |= _opened(session, queries.rule_of(session, cycle), now)
    stands = (StarCycle.id == cycle_id, StarCycle.state == cycle.state)
    if not changed(session.execute(update(StarCycle).where(*stands).values(values))):
        raise CycleMoved()


def _opened(session: Session, rule: StarRule, now: datetime) -> dict[str, Any]:
    """What a cycle becomes when its candidates are measured."""
    if not rule.levels or not rule.recommend_days:
        return {"state": CycleState.REVIEWING}
    today = clock.today(now)
    until = clock.add_working_days(today, rule.recommend_days, workdays.overrides(session, today))
    return {"state": CycleState.RECOMMENDING, "recommend_until_on": until}


def measured_now(session: Session, candidate: StarCandidate, line: queries.CycleLine) -> Measured:
    """What the facts give this one candidate at this moment, without changing anything."""
    programme, cycle = line.programme, line.cycle
    holding = Holding(candidate.holder_id, candidate.name, candidate.unit_id, candidate.unit_name, candidate.branch_id)
    if programme.holder is not Holder.PERSON or cycle.round_id is not None:
        pool = pool_of(session, programme, cycle.cut_off_on, cycle.round_id)
        holding = next((h for h in pool.holdings if h.id == candidate.holder_id), holding)
    rule = queries.rule_of(session, cycle)
    reading = read(session, programme, rule, span_of_cycle(cycle), [holding])
    return measure(session, rule, reading, [holding], cycle.id)[candidate.holder_id]


def moves_of(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> list[tuple[str, int, int]]:
    """(part, points when it was measured, points now) of the parts whose points have changed."""
    before = {part["source"]: part["points"] for part in old}
    pairs = [(part["label"], before.get(part["source"], 0), part["points"]) for part in new]
    return [(label, was, now) for label, was, now in pairs if was != now]
