"""Classical test theory over a set of marked attempts: pure functions.

Formulas after Moodle's quiz statistics (mod/quiz/report/statistics, question/classes/statistics/questions): with S attempts,
x_i the mark on question i, T the total, X_i = T − x_i the rest score; variances and covariances divide by S − 1. Figures that
are not defined for the data are None, never 0. Points are whole points (not thousandths); shares run from 0 to 1, indices from
−100 to 100.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lms.quizzes.rules import Kind

FEW = 10  # attempts below which no judgement is offered
UPPER_SHARE = 0.27


@dataclass(frozen=True)
class Mark:
    """What one attempt did with one question: points earned and possible, and the option numbers chosen."""

    question: int
    points: float
    most: float
    chosen: Sequence[int] = ()


@dataclass(frozen=True)
class Sheet:
    """One attempt: its marks."""

    marks: Sequence[Mark]

    @property
    def total(self) -> float:
        return sum(mark.points for mark in self.marks)


@dataclass(frozen=True)
class Asked:
    """A question as it was asked: kind, options, and the right option numbers (empty for what is typed or paired)."""

    kind: Kind
    options: Sequence[str] = ()
    right: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Whole:
    """The paper. `reliability` is Cronbach's α × 100 (CIC); None for drawn papers, whose questions differ between attempts."""

    attempts: int
    mean: float
    median: float
    spread: float | None
    skewness: float | None
    kurtosis: float | None
    reliability: float | None
    error_ratio: float | None
    standard_error: float | None


@dataclass(frozen=True)
class OptionLine:
    """One option of a choice question. `biserial` is the point-biserial correlation of choosing it with the rest score;
    `upper` and `lower` count the choosers among the best and the weakest 27 %."""

    number: int
    text: str
    is_right: bool
    count: int
    share: float
    biserial: float | None
    upper: int
    lower: int


@dataclass(frozen=True)
class Item:
    """One question. `facility` is the mean share of points earned; `guess` the share blind guessing would earn;
    `effective_weight` the share (0…100) of the paper's spread it makes, None with `is_negative` when it works against the
    total; `difference` is the share of the upper less that of the lower 27 %."""

    question: int
    attempts: int
    most: float
    facility: float | None
    spread: float | None
    guess: float | None
    effective_weight: float | None
    is_negative: bool
    discrimination: float | None
    efficiency: float | None
    difference: float | None
    options: Sequence[OptionLine] = field(default_factory=tuple)


# --- figures


def covariance(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    """Sample covariance (n − 1); None for fewer than two pairs."""
    n = len(xs)
    if n < 2:
        return None
    x_mean, y_mean = math.fsum(xs) / n, math.fsum(ys) / n
    return math.fsum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys, strict=True)) / (n - 1)


def variance(xs: Sequence[float]) -> float | None:
    return covariance(xs, xs)


def _root(value: float | None) -> float | None:
    return math.sqrt(max(value, 0.0)) if value is not None else None


def _ratio(numerator: float | None, denominator: float | None) -> float | None:
    """None where either is missing or the denominator is (as good as) 0."""
    if numerator is None or denominator is None or abs(denominator) < 1e-12:
        return None
    return numerator / denominator


def median(xs: Sequence[float]) -> float:
    ordered, middle = sorted(xs), len(xs) // 2
    return ordered[middle] if len(xs) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _cumulants(totals: Sequence[float]) -> tuple[float | None, float | None, float | None]:
    """k2, k3, k4 of the totals; None where there are too few or all are equal."""
    n = len(totals)
    mean = math.fsum(totals) / n
    m2, m3, m4 = (math.fsum((t - mean) ** power for t in totals) / n for power in (2, 3, 4))
    k2 = n * m2 / (n - 1) if n > 1 else None
    k3 = n**2 * m3 / ((n - 1) * (n - 2)) if n > 2 else None
    k4 = n**2 * ((n + 1) * m4 - 3 * (n - 1) * m2**2) / ((n - 1) * (n - 2) * (n - 3)) if n > 3 else None
    return k2, k3, k4


def whole(sheets: Sequence[Sheet], *, is_fixed: bool = True) -> Whole | None:
    """The paper's figures; None without attempts."""
    if not sheets:
        return None
    totals = [sheet.total for sheet in sheets]
    k2, k3, k4 = _cumulants(totals)
    spread = _root(k2)
    reliability = _reliability(sheets, k2) if is_fixed else None
    error = 100 * math.sqrt(max(1 - reliability / 100, 0.0)) if reliability is not None else None
    return Whole(
        attempts=len(sheets),
        mean=math.fsum(totals) / len(totals),
        median=median(totals),
        spread=spread,
        skewness=_ratio(k3, k2**1.5 if k2 is not None else None),
        kurtosis=_ratio(k4, k2**2 if k2 is not None else None),
        reliability=reliability,
        error_ratio=error,
        standard_error=error * spread / 100 if error is not None and spread is not None else None,
    )


def _reliability(sheets: Sequence[Sheet], k2: float | None) -> float | None:
    """Cronbach's α × 100 = 100·P/(P−1)·(1 − Σ V(x_i)/k2)."""
    columns = _columns(sheets)
    count = len(columns)
    if count < 2 or len(sheets) < 3 or any(len(column) < len(sheets) for column in columns.values()):
        return None
    spread = math.fsum(variance([mark.points for mark, _ in column]) or 0.0 for column in columns.values())
    share = _ratio(spread, k2)
    return None if share is None else 100 * count / (count - 1) * (1 - share)


def _columns(sheets: Sequence[Sheet]) -> dict[int, list[tuple[Mark, float]]]:
    """Question → (mark, total of the attempt) of everybody who was asked it."""
    columns: dict[int, list[tuple[Mark, float]]] = {}
    for sheet in sheets:
        total = sheet.total
        for mark in sheet.marks:
            columns.setdefault(mark.question, []).append((mark, total))
    return columns


# --- questions


def items(sheets: Sequence[Sheet], asked: Mapping[int, Asked], *, is_fixed: bool = True) -> list[Item]:
    """One line for each question, in the order first met. In a drawn paper a question is compared with the whole total of
    the attempts that got it, in a fixed one with the rest score."""
    columns = _columns(sheets)
    pulls = {question: _pull(column) for question, column in columns.items()}
    whole_pull = math.fsum(pull for pull in pulls.values() if pull is not None)
    return [
        _item(question, column, asked.get(question), pulls[question], whole_pull, is_fixed)
        for question, column in columns.items()
    ]


def _pull(column: Sequence[tuple[Mark, float]]) -> float | None:
    """√C(x, T), None for a covariance below 0 or not defined."""
    together = covariance([mark.points for mark, _ in column], [total for _, total in column])
    return math.sqrt(together) if together is not None and together >= 0 else None


def _item(
    question: int,
    column: Sequence[tuple[Mark, float]],
    asked: Asked | None,
    pull: float | None,
    whole_pull: float,
    is_fixed: bool,
) -> Item:
    xs = [mark.points for mark, _ in column]
    rest = [total - mark.points if is_fixed else total for mark, total in column]
    most = max(mark.most for mark, _ in column)
    together = covariance(xs, rest)
    spreads = _root((variance(xs) or 0.0) * (variance(rest) or 0.0))
    weight = _ratio(100 * pull, whole_pull) if pull is not None else None
    share = _ratio(together, spreads)
    best = _ratio(together, covariance(sorted(xs), sorted(rest)))
    upper, lower = extremes(rest)
    return Item(
        question=question,
        attempts=len(column),
        most=most,
        facility=_ratio(math.fsum(xs) / len(xs), most),
        spread=_root(variance(xs)),
        guess=guess_share(asked) if asked else None,
        effective_weight=weight if is_fixed else None,
        is_negative=pull is None and len(xs) > 1,
        discrimination=100 * share if share is not None else None,
        efficiency=100 * best if best is not None else None,
        difference=_difference(column, upper, lower),
        options=_options([mark for mark, _ in column], rest, asked, upper, lower) if asked else (),
    )


def guess_share(asked: Asked) -> float | None:
    """What blind guessing earns on average: one of the options; None where guessing has no simple share."""
    if asked.kind in (Kind.SINGLE, Kind.BOOLEAN) and asked.options:
        return len(asked.right or {0}) / len(asked.options)
    return 0.0 if asked.kind in (Kind.BLANK, Kind.NUMERIC, Kind.SHORT) else None


def extremes(scores: Sequence[float]) -> tuple[list[int], list[int]]:
    """Positions of the best and of the weakest 27 %; equal scores are never parted, so that a group may be larger. Empty when
    everybody has the same."""
    if not scores:
        return [], []
    ordered = sorted(scores)
    size = max(1, round(len(ordered) * UPPER_SHARE))
    low, high = ordered[size - 1], ordered[-size]
    if low >= high:
        return [], []
    return [n for n, s in enumerate(scores) if s >= high], [n for n, s in enumerate(scores) if s <= low]


def _difference(column: Sequence[tuple[Mark, float]], upper: Sequence[int], lower: Sequence[int]) -> float | None:
    def share(group: Sequence[int]) -> float | None:
        marks = [column[n][0] for n in group]
        return _ratio(math.fsum(mark.points for mark in marks), math.fsum(mark.most for mark in marks))

    best, worst = share(upper), share(lower)
    return best - worst if best is not None and worst is not None else None


def _options(
    marks: Sequence[Mark], rest: Sequence[float], asked: Asked, upper: Sequence[int], lower: Sequence[int]
) -> tuple[OptionLine, ...]:
    if not asked.right:
        return ()
    lines = []
    for number, text in enumerate(asked.options):
        chose = [number in mark.chosen for mark in marks]
        lines.append(
            OptionLine(
                number=number,
                text=text,
                is_right=number in asked.right,
                count=sum(chose),
                share=sum(chose) / len(marks),
                biserial=point_biserial(chose, rest),
                upper=sum(chose[n] for n in upper),
                lower=sum(chose[n] for n in lower),
            )
        )
    return tuple(lines)


def point_biserial(chose: Sequence[bool], scores: Sequence[float]) -> float | None:
    """(M_chosen − M_others) / σ · √(p(1 − p)) with the population's σ; None when all or none chose it, or σ is 0."""
    ones = [score for flag, score in zip(chose, scores, strict=True) if flag]
    others = [score for flag, score in zip(chose, scores, strict=True) if not flag]
    if not ones or not others:
        return None
    n = len(scores)
    mean = math.fsum(scores) / n
    sigma = math.sqrt(math.fsum((score - mean) ** 2 for score in scores) / n)
    gap = math.fsum(ones) / len(ones) - math.fsum(others) / len(others)
    part = len(ones) / n
    return _ratio(gap * math.sqrt(part * (1 - part)), sigma)


# --- what follows


def histogram(sheets: Sequence[Sheet], most: float, bands: int = 10) -> list[tuple[str, int]]:
    """(band in points, attempts) over equal bands from 0 to `most`; the last one holds the full score."""
    counts = [0] * bands
    for sheet in sheets:
        place = int(sheet.total / most * bands) if most > 0 else 0
        counts[min(max(place, 0), bands - 1)] += 1
    edges = [most * n / bands for n in range(bands + 1)]
    return [(f"{_short(edges[n])}–{_short(edges[n + 1])}", count) for n, count in enumerate(counts)]


def _short(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def advice(item: Item) -> str:
    """One sentence on what to do with the question; "" when nothing has to be done."""
    if item.attempts < FEW:
        return f"只有 {item.attempts} 份答卷，先不下结论。"
    lure = next((o for o in item.options if not o.is_right and (o.biserial or 0) > 0.15), None)
    if lure is not None:
        return f"选 {chr(65 + lure.number)} 的人总分反而更高：核对答案和题干有没有歧义。"
    if item.is_negative or (item.discrimination is not None and item.discrimination < 0):
        return "成绩好的人反而更容易答错：先核对答案，再看题干有没有歧义。"
    if item.facility is not None and item.facility > 0.95:
        return "几乎人人答对：可以换成更有区分度的题，或只用来热身。"
    if item.facility is not None and item.guess is not None and item.facility <= item.guess:
        return "答对的人不比随手猜的多：核对答案，或先讲这个知识点。"
    if item.discrimination is not None and item.discrimination < 20:
        return "区分不开掌握得好和差的人：改写题干或干扰项。"
    idle = [chr(65 + o.number) for o in item.options if o.count == 0 and not o.is_right]
    return f"选项 {'、'.join(idle)} 没有人选：换成更像的干扰项。" if idle else ""


def verdict(paper: Whole) -> str:
    """The paper's figures in a sentence. Reading guide after Moodle's documentation: mean 50–75 %, α above 75 good, below 64
    not enough to tell people apart."""
    if paper.attempts < FEW:
        return f"只有 {paper.attempts} 份答卷，数字仅供参考。"
    if paper.reliability is None:
        return "随机抽题，各人题目不同，不算整卷信度；看每道题的数字。"
    if paper.reliability >= 75:
        return "信度较高：名次能说明水平的差别。"
    if paper.reliability >= 64:
        return "信度一般：相邻名次的差别不一定说明水平。"
    return "信度偏低：这份试卷分不清水平，先改下面标出的题。"
