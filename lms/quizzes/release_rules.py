"""What a candidate may see of an attempt, and from when: one literal table of moments. Pure.

A plan is chosen by what the attempt is for: a course quiz shows everything at once, a contest waits until nobody can answer any
more, a paper whose results are released by hand waits for that act. The board's place is the board's business.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from lms.quizzes.rules import GRACE, State


class Part(StrEnum):
    """A part of a result."""

    ANSWERS = "answers"
    SCORE = "score"
    VERDICT = "verdict"
    KEY = "key"
    EXPLANATION = "explanation"
    COMMENT = "comment"


PART_LABELS = {
    Part.ANSWERS: "自己的答案",
    Part.SCORE: "总分",
    Part.VERDICT: "各题对错",
    Part.KEY: "正确答案",
    Part.EXPLANATION: "解析和依据",
    Part.COMMENT: "评语",
}


class Plan(StrEnum):
    AT_ONCE = "at_once"
    AFTER_CLOSE = "after_close"
    BY_HAND = "by_hand"


class Moment(StrEnum):
    OPEN = "open"
    ENDED = "ended"
    RELEASED = "released"


MOMENT_LABELS = {Moment.OPEN: "作答中", Moment.ENDED: "交卷后", Moment.RELEASED: "公布后"}

_ALL = frozenset(Part)
_OWN = frozenset({Part.ANSWERS})
TABLE: Mapping[Plan, Mapping[Moment, frozenset[Part]]] = {
    Plan.AT_ONCE: {Moment.OPEN: _OWN, Moment.ENDED: _ALL, Moment.RELEASED: _ALL},
    Plan.AFTER_CLOSE: {Moment.OPEN: _OWN, Moment.ENDED: _OWN | {Part.SCORE}, Moment.RELEASED: _ALL},
    Plan.BY_HAND: {Moment.OPEN: _OWN, Moment.ENDED: _OWN, Moment.RELEASED: _ALL},
}


def plan_of(release_at: datetime | None, *, is_by_hand: bool) -> Plan:
    if is_by_hand:
        return Plan.BY_HAND
    return Plan.AT_ONCE if release_at is None else Plan.AFTER_CLOSE


def moment_of(
    state: State, release_at: datetime | None, *, is_by_hand: bool, released_at: datetime | None, now: datetime
) -> Moment:
    """Where an attempt is. With a release time it waits the grace longer: somebody in the last minute must not meet a key."""
    if state not in (State.SUBMITTED, State.CLOSED):
        return Moment.OPEN
    if is_by_hand and (released_at is None or now < released_at):
        return Moment.ENDED
    return Moment.ENDED if release_at is not None and now <= release_at + GRACE else Moment.RELEASED


def visible(
    state: State, release_at: datetime | None, *, is_by_hand: bool, released_at: datetime | None, now: datetime
) -> frozenset[Part]:
    """The parts the candidate may see now."""
    plan = plan_of(release_at, is_by_hand=is_by_hand)
    return TABLE[plan][moment_of(state, release_at, is_by_hand=is_by_hand, released_at=released_at, now=now)]


def told(plan: Plan) -> list[tuple[str, str]]:
    """(moment, what is shown then) of a plan in words, from the table that decides."""
    return [
        (MOMENT_LABELS[moment], "、".join(PART_LABELS[part] for part in Part if part in parts))
        for moment, parts in TABLE[plan].items()
        if not (plan is Plan.AT_ONCE and moment is Moment.RELEASED)
    ]
