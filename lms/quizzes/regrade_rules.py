"""What a corrected key changes: pure. An attempt is marked again by replaying its answer against what stands now."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from lms.quizzes.grade_rules import earned, grade
from lms.quizzes.rules import Choice, Key, Kind, Marking, Scoring


class Act(StrEnum):
    KEY = "key"
    ACCEPT = "accept"
    VOID = "void"
    POINTS = "points"


KEY_ACTS = (Act.KEY, Act.ACCEPT, Act.VOID)  # what is done to a version; POINTS is done to a question of a fixed paper
ACT_LABELS = {
    Act.KEY: "更正答案",
    Act.ACCEPT: "再接受一种答案",
    Act.VOID: "题目作废，答过的人都得满分",
    Act.POINTS: "更正分值",
}


@dataclass(frozen=True)
class Standing:
    """What an answer is held against."""

    key: Key
    marking: Marking


def corrected(stands: Standing, act: Act, key: Key) -> Standing:
    """What stands after the act: another key, a further one beside it, or a void question (`key` is then not looked at)."""
    if act is Act.VOID:
        return Standing(stands.key, _with(stands.marking, is_void=True))
    if act is Act.ACCEPT:
        return Standing(stands.key, _with(stands.marking, also=(*stands.marking.also, key), is_void=False))
    return Standing(key, _with(stands.marking, also=(), is_void=False))


def _with(marking: Marking, **changes: object) -> Marking:
    values = {name: getattr(marking, name) for name in marking.__dataclass_fields__}
    return Marking(**(values | changes))


@dataclass(frozen=True)
class Marked:
    """One answered question of an ended attempt as it stands: what it earned, and the attempt's whole score."""

    attempt_id: int
    position: int
    kind: Kind
    choice: Choice
    scoring: Scoring
    points_millis: int
    fraction: int
    score_millis: int
    total_millis: int


@dataclass(frozen=True)
class Change:
    """What marking it again changes. Totals are the attempt's whole score, `points_millis` what the question is worth from now
    on and `points_more` how much more that is, in 1/1000 points."""

    attempt_id: int
    position: int
    old_fraction: int
    new_fraction: int
    score_millis: int
    old_total_millis: int
    new_total_millis: int
    points_millis: int
    points_more: int = 0


def replay(marked: Sequence[Marked], stands: Standing) -> list[Change]:
    """The changes among these, in their order; nothing for whoever keeps the score."""
    return [change for each in marked if (change := _again(each, stands)) is not None]


def _again(marked: Marked, stands: Standing) -> Change | None:
    fraction = grade(marked.kind, stands.key, marked.choice, marked.scoring, stands.marking)
    score = earned(marked.points_millis, fraction)
    if fraction == marked.fraction and score == marked.score_millis:
        return None
    total = marked.total_millis - marked.score_millis + score
    return Change(
        marked.attempt_id, marked.position, marked.fraction, fraction, score, marked.total_millis, total, marked.points_millis
    )  # fmt: skip


def reprice(marked: Sequence[Marked], points_millis: int) -> list[Change]:
    """The changes when the question is worth so much: everybody keeps the share of it they earned."""
    return [_repriced(each, points_millis) for each in marked if each.points_millis != points_millis]


def _repriced(marked: Marked, points_millis: int) -> Change:
    score = earned(points_millis, marked.fraction)
    return Change(
        marked.attempt_id, marked.position, marked.fraction, marked.fraction, score, marked.total_millis,
        marked.total_millis - marked.score_millis + score, points_millis, points_millis - marked.points_millis,
    )  # fmt: skip
