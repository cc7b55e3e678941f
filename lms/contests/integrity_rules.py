"""Integrity: what reviewers are shown about results, with how usual it is. Pure; advice, never a judgement.

Every signal says how likely it is among the people of the same round: from the round's own frequencies, or, for answers, from the
wrong answers others gave to the same questions (as in Harpp and Hogan's error similarity: only questions both got wrong count, so
that two weak candidates are not suspicious for being weak)."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations


class CaseState(StrEnum):
    """A case is opened by one person and decided by another."""

    OPEN = "open"
    HEARD = "heard"
    DISMISSED = "dismissed"
    ANNULLED = "annulled"


CASE_STATES = {
    CaseState.OPEN: "待听取说明",
    CaseState.HEARD: "待决定",
    CaseState.DISMISSED: "不作处理",
    CaseState.ANNULLED: "成绩作废",
}


class SignalKind(StrEnum):
    DEVICE = "device"
    ANSWERS = "answers"
    SPEED = "speed"
    LEAVES = "leaves"
    PARALLEL = "parallel"


SIGNALS = {
    SignalKind.DEVICE: "同一设备和地址",
    SignalKind.ANSWERS: "答案雷同",
    SignalKind.SPEED: "答题过快",
    SignalKind.LEAVES: "离开页面",
    SignalKind.PARALLEL: "多处同时作答",
}


@dataclass(frozen=True)
class Signal:
    """Something seen about one person or a pair. `expected`: how many people or pairs of a round like this would show as much by
    chance or custom; the smaller, the stronger. `met` of `total` people (pairs) show it at all; `facts` is a sentence."""

    kind: SignalKind
    people: tuple[int, ...]
    expected: float
    met: int
    total: int
    facts: str

    @property
    def usual(self) -> str:
        """How usual it is, in words: by chance where that can be reckoned, otherwise by how many are the same in the round."""
        if self.kind is SignalKind.ANSWERS:
            return "只凭偶然，全场不到 0.01 例" if self.expected < 0.01 else f"只凭偶然，全场约 {self.expected:.2f} 例"
        return f"全场至少这样的有 {round(self.expected)} 例"

    @property
    def strength(self) -> str:
        """强: chance would hardly do it; 中: it is rare in this round; 弱: many are like that."""
        if self.expected < 0.01:
            return "强"
        return "中" if self.expected < 1 or self.expected * 100 < self.total else "弱"


def by_strength(signals: Iterable[Signal]) -> list[Signal]:
    return sorted(signals, key=lambda signal: (signal.expected, signal.kind, signal.people))


def at_least(values: Sequence[int], value: int) -> int:
    """How many of the values are as high."""
    return sum(1 for one in values if one >= value)


# --- devices and sittings ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sitting:
    """A device that took an attempt."""

    person_id: int
    attempt_id: int
    address: str
    device: str


def shared_devices(sittings: Iterable[Sitting]) -> list[Signal]:
    """Pairs who sat at the same address with the same device. A hall computer or one address for a bureau's phones makes this usual,
    so a pair counts for the less the more sat there: expected are all pairs of places with at most as many people."""
    groups: dict[tuple[str, str], set[int]] = defaultdict(set)
    for sitting in sittings:
        groups[sitting.address, sitting.device].add(sitting.person_id)
    people = len({person for group in groups.values() for person in group})
    smallest: dict[tuple[int, int], tuple[int, str]] = {}
    for (address, _), group in groups.items():
        for pair in combinations(sorted(group), 2):
            smallest[pair] = min(smallest.get(pair, (len(group), address)), (len(group), address))
    sizes = sorted(size for size, _ in smallest.values())
    return [
        Signal(
            SignalKind.DEVICE, pair, float(bisect_right(sizes, size)), len(smallest), people * (people - 1) // 2,
            f"都在 {address} 用同型号设备作答，那里一共有 {size} 人作答过",
        )
        for pair, (size, address) in smallest.items()
    ]  # fmt: skip


def parallel_sittings(sittings: Iterable[Sitting]) -> list[Signal]:
    """Attempts that were answered from several addresses."""
    by_attempt: dict[tuple[int, int], set[str]] = defaultdict(set)
    for sitting in sittings:
        by_attempt[sitting.person_id, sitting.attempt_id].add(sitting.address)
    places: Counter[int] = Counter()
    for (person, _), addresses in by_attempt.items():
        places[person] = max(places[person], len(addresses))
    values = list(places.values())
    met = at_least(values, 2)
    return [
        Signal(
            SignalKind.PARALLEL, (person,), float(at_least(values, many)), met, len(values),
            f"同一份答卷在 {many} 个地址作答",
        )
        for person, many in places.items()
        if many > 1
    ]  # fmt: skip


# --- answers -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Given:
    """What somebody answered to one version of a question; `seconds` None where the journal does not tell."""

    person_id: int
    version_id: int
    choice: str
    is_right: bool
    seconds: int | None = None


LEAST_SHARED = 3  # fewer same wrong answers say nothing


def tail(probabilities: Iterable[float], least: int) -> float:
    """The probability that at least so many of independent events happen (Poisson binomial, exact)."""
    of = [1.0]
    for p in probabilities:
        of = [(of[n] if n < len(of) else 0.0) * (1 - p) + (of[n - 1] * p if n else 0.0) for n in range(len(of) + 1)]
    return min(1.0, max(0.0, sum(of[least:])))


def agreement(wrong: Mapping[str, int], choice_of_one: str, choice_of_other: str) -> float:
    """The probability that two people who both get this question wrong choose the same wrong answer: Σ f², from the wrong answers
    of everybody else, each possible answer of the two counted once so that none is impossible."""
    others = Counter(wrong)
    others[choice_of_one] -= 1
    others[choice_of_other] -= 1
    smoothed = {choice: max(0, count) + 1 for choice, count in others.items()} | {"?": 1}
    total = sum(smoothed.values())
    return sum((count / total) ** 2 for count in smoothed.values())


def same_answers(given: Iterable[Given]) -> list[Signal]:
    """Pairs with at least LEAST_SHARED same wrong answers, with how many pairs would have as many by chance."""
    wrong: dict[int, dict[int, str]] = defaultdict(dict)
    everybody: set[int] = set()
    frequencies: dict[int, Counter[str]] = defaultdict(Counter)
    for answer in given:
        everybody.add(answer.person_id)
        if not answer.is_right:
            wrong[answer.person_id][answer.version_id] = answer.choice
    for answers in wrong.values():
        for version, choice in answers.items():
            frequencies[version][choice] += 1
    pairs = len(everybody) * (len(everybody) - 1) // 2
    candidates = [(pair, same) for pair, same in _shared(wrong).items() if same >= LEAST_SHARED]
    return [_similar(wrong, frequencies, pair, same, len(candidates), pairs) for pair, same in candidates]


def _shared(wrong: Mapping[int, Mapping[int, str]]) -> Counter[tuple[int, int]]:
    """Pair → how many wrong answers they share; only who shares one is looked at."""
    who: dict[tuple[int, str], list[int]] = defaultdict(list)
    for person, answers in wrong.items():
        for version, choice in answers.items():
            who[version, choice].append(person)
    return Counter(pair for people in who.values() for pair in combinations(sorted(people), 2))


def _similar(
    wrong: Mapping[int, Mapping[int, str]], frequencies: Mapping[int, Counter[str]], pair: tuple[int, int], same: int,
    met: int, pairs: int,
) -> Signal:  # fmt: skip
    one, other = (wrong[person] for person in pair)
    both = sorted(one.keys() & other.keys())
    chance = tail((agreement(frequencies[v], one[v], other[v]) for v in both), same)
    facts = f"两人都答错 {len(both)} 题，其中 {same} 题错得一样；按各题错答的分布，这样的概率约 {chance:.2g}"
    return Signal(SignalKind.ANSWERS, pair, chance * pairs, met, pairs, facts)


# --- speed and leaves ----------------------------------------------------------------------------------------------

FAST = 4  # a fourth of the usual time
LEAST_FAST = 3
LEAST_ANSWERS = 5  # a median of fewer people says nothing


def fast_answers(given: Iterable[Given]) -> list[Signal]:
    """Who answered at least LEAST_FAST questions right in less than a fourth of the median time of the same question."""
    timed = [answer for answer in given if answer.seconds is not None]
    times: dict[int, list[int]] = defaultdict(list)
    for answer in timed:
        times[answer.version_id].append(answer.seconds or 0)
    medians = {version: sorted(of)[len(of) // 2] for version, of in times.items() if len(of) >= LEAST_ANSWERS}
    fast = Counter({answer.person_id: 0 for answer in timed})
    for answer in timed:
        median = medians.get(answer.version_id)
        if median is not None and answer.is_right and (answer.seconds or 0) * FAST < median:
            fast[answer.person_id] += 1
    return _unusual(SignalKind.SPEED, fast, LEAST_FAST, "有 {} 题答对，用时不到该题中位数的四分之一")


LEAST_LEAVES = 3


def page_leaves(times: Mapping[int, int]) -> list[Signal]:
    """Who left the page at least LEAST_LEAVES times; `times` holds everybody who took part, with 0 too."""
    return _unusual(SignalKind.LEAVES, times, LEAST_LEAVES, "答题中离开页面 {} 次")


def _unusual(kind: SignalKind, counts: Mapping[int, int], least: int, facts: str) -> list[Signal]:
    """People with at least `least`; expected is how many people of the round have as many, themselves included."""
    values = list(counts.values())
    met = at_least(values, least)
    return [
        Signal(kind, (person,), float(at_least(values, count)), met, len(values), facts.format(count))
        for person, count in counts.items()
        if count >= least
    ]


# --- cases ---------------------------------------------------------------------------------------------------------


def decision_obstacle(state: CaseState, *, opened_by_id: int, actor_id: int, takes_results: bool) -> str:
    """Why this person may not decide the case now; empty when they may."""
    if state is CaseState.OPEN:
        return "先听取本人说明并记下来，再作决定。"
    if state is not CaseState.HEARD:
        return "这件事已经有决定了。"
    if actor_id == opened_by_id:
        return "决定须由立案人以外的人作出。"
    return "比拼还在进行，收卷以后再作决定。" if takes_results else ""
