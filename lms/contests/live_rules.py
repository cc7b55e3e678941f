"""How people are ranked in a round in which everybody answers together, and the same in words. Pure."""

from collections.abc import Mapping, Sequence

from lms.contests.fair_rules import CREDIT_MOST_MS
from lms.leaderboard.rules import PACKINGS, Criterion, explain_order

GRACE_MS = 2000
"""An answer may come in so long after the announced end: a slow line is not punished."""
LIVE_ORDER = (Criterion.SCORE, Criterion.SECONDS)
"""By what people are ranked, the first first. Who hands in earlier is no better: all are asked at once."""


def order_of(score_millis: int, seconds: int) -> tuple[int, ...]:
    """Smaller is better; equal is the same place."""
    values: Mapping[Criterion, int] = {Criterion.SCORE: score_millis, Criterion.SECONDS: seconds}
    return tuple(PACKINGS[criterion].pack(values[criterion]) for criterion in LIVE_ORDER)


def explain() -> Sequence[str]:
    """The rule as sentences for the people it ranks."""
    return (
        "答对得这一题的分，漏选得一半，答错和没答不扣分。",
        explain_order(LIVE_ORDER),
        "用时是得分的题从开放到收到答案的时间之和，按整秒算。",
        f"中途进来只是少了前面的题；网络慢的按测得的单程时间扣减（最多 {CREDIT_MOST_MS / 1000:g} 秒），"
        f"截止后 {GRACE_MS / 1000:g} 秒内送到的都算。",
        "一题只认第一次提交的答案。",
    )
