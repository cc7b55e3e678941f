"""What a choice earns against a key, and how points are divided: pure functions.

Scores are integers in 1/1000 point, fractions integers in 1/1000. What keys and choices look like: rules.py.
"""

import unicodedata
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from itertools import pairwise

from lms.quizzes.rules import BY_HAND, BlanksKey, Choice, Key, Kind, Marking, Scoring, plain

WHOLE = 1000  # a fraction of 1


def grade(kind: Kind, key: Key, choice: Choice, scoring: Scoring = Scoring.HALF, marking: Marking = Marking()) -> int:
    """The fraction 0…1000 that `choice` earns against `key`, or against the further key that gives most. Never raises: what
    does not fit the question earns 0, and so does what a person has to grade. A void question gives everything to all."""
    if marking.is_void:
        return WHOLE
    rule = marking.scoring or scoring
    return max(_grade(kind, each, choice, rule, marking) for each in (key, *marking.also))


def is_by_hand(kind: Kind) -> bool:
    """Whether a person grades it; until then it has no fraction."""
    return kind in BY_HAND


def fraction_of(
    kind: Kind, key: Key, choice: Choice, scoring: Scoring = Scoring.HALF, marking: Marking = Marking()
) -> int | None:
    """`grade`, or None for what waits for a person."""
    return None if is_by_hand(kind) else grade(kind, key, choice, scoring, marking)


def _grade(kind: Kind, key: Key, choice: Choice, scoring: Scoring, marking: Marking) -> int:
    if kind in BY_HAND:
        return 0
    if kind is Kind.BLANK:
        return _grade_blanks(texts_of(key), choice, marking)
    if kind is Kind.NUMERIC:
        return _grade_number(texts_of(key), choice, marking)
    if kind is Kind.MATCHING:
        return _shared(_numbers(key), _numbers(choice), scoring)
    if kind is Kind.ORDERING:
        return _grade_order(_numbers(key), _numbers(choice), scoring)
    return _grade_options(kind, set(_numbers(key)), choice, scoring)


def _numbers(values: Key | Choice) -> list[int]:
    return [each for each in values if isinstance(each, int)]


def texts_of(key: Key) -> list[list[str]]:
    """The alternatives of each blank of a key."""
    return [[str(text) for text in each] for each in key if not isinstance(each, (int, str))]


def _grade_options(kind: Kind, right: set[int], choice: Choice, scoring: Scoring) -> int:
    chosen = set(_numbers(choice))
    if len(chosen) != len(choice) or not chosen or not right:
        return 0
    if chosen == right:
        return WHOLE
    if kind is not Kind.MULTIPLE or not chosen < right:
        return 0
    return {Scoring.ALL: 0, Scoring.HALF: WHOLE // 2, Scoring.PROPORTIONAL: WHOLE * len(chosen) // len(right)}[scoring]


def _grade_blanks(key: BlanksKey, choice: Choice, marking: Marking) -> int:
    """Each blank is worth the same; a text counts if it equals one of the blank's alternatives after `plain`. In free order
    every blank is used by one text at most."""
    texts = [plain(text) if isinstance(text, str) else "" for text in choice]
    if not key or len(choice) > len(key):
        return 0
    left = [{plain(each) for each in alternatives} for alternatives in key]
    if not marking.is_order_free:
        hits = sum(bool(text) and text in known for text, known in zip(texts, left, strict=False))
        return WHOLE * hits // len(key)
    return (
        WHOLE * _matches([[n for n, known in enumerate(left) if text and text in known] for text in texts]) // len(key)
    )


def _matches(wishes: Sequence[Sequence[int]]) -> int:
    """How many texts can have a blank of their own (Kuhn's augmenting paths): alternatives may overlap."""
    holder: dict[int, int] = {}

    def place(text: int, tried: set[int]) -> bool:
        for blank in wishes[text]:
            if blank not in tried:
                tried.add(blank)
                if blank not in holder or place(holder[blank], tried):
                    holder[blank] = text
                    return True
        return False

    return sum(place(text, set()) for text in range(len(wishes)))


def number_of(text: str, unit: str = "") -> Decimal | None:
    """The number somebody typed: full-width digits, thousands commas, white space and the unit behind it make no
    difference. None for anything that is no finite number."""
    word = "".join(unicodedata.normalize("NFKC", text).split()).replace(",", "")
    tail = "".join(unicodedata.normalize("NFKC", unit).split())
    if tail and word.casefold().endswith(tail.casefold()):
        word = word[: -len(tail)]
    try:
        value = Decimal(word) if len(word) <= 40 and "_" not in word else Decimal("nan")
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value.adjusted()) <= 60 else None


def margin(tolerance: str, value: Decimal) -> Decimal | None:
    """How far an answer may be off `value`: a decimal text, or a share of it such as "5%". None when it is neither."""
    share = tolerance.strip().endswith("%")
    width = number_of(tolerance.strip().removesuffix("%"))
    if width is None or width < 0:
        return None
    return abs(value) * width / 100 if share else width


def _grade_number(key: BlanksKey, choice: Choice, marking: Marking) -> int:
    said = number_of(choice[0], marking.unit) if len(choice) == 1 and isinstance(choice[0], str) else None
    if said is None:
        return 0
    for text in key[0] if key else ():
        value = number_of(text, marking.unit)
        allowed = margin(marking.tolerance, value) if value is not None else None
        if value is not None and allowed is not None and abs(said - value) <= allowed:
            return WHOLE
    return 0


def _shared(key: Sequence[int], choice: Sequence[int], scoring: Scoring) -> int:
    """The share of places where both say the same."""
    if not key or len(choice) != len(key):
        return 0
    hits = sum(a == b for a, b in zip(key, choice, strict=True))
    return WHOLE * hits // len(key) if scoring is not Scoring.ALL else WHOLE * (hits == len(key))


def _grade_order(key: Sequence[int], choice: Sequence[int], scoring: Scoring) -> int:
    """The share of neighbours kept: of the pairs (item, next item) of the key, how many follow each other in the choice. So
    one item out of place costs its neighbours, not everything behind it."""
    if len(key) < 2 or sorted(choice) != sorted(key):
        return 0
    if list(choice) == list(key):
        return WHOLE
    if scoring is Scoring.ALL:
        return 0
    follows = set(pairwise(choice))
    hits = sum(pair in follows for pair in pairwise(key))
    return WHOLE * hits // (len(key) - 1)


def earned(points_millis: int, fraction: int) -> int:
    """1/1000 points for a fraction of a question, rounded half up; never more than the question is worth."""
    return (points_millis * fraction + WHOLE // 2) // WHOLE


def allocate(total_millis: int, weights: Sequence[int]) -> list[int]:
    """Divides a paper's total over its questions by weight. The parts add up to the total exactly and parts of equal
    weight differ by at most 1/1000 point; the earlier ones get the larger part."""
    whole = sum(weights)
    if whole <= 0:
        return [0] * len(weights)
    parts = [total_millis * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total_millis * weights[i] % whole), i))
    for i in by_remainder[: total_millis - sum(parts)]:
        parts[i] += 1
    return parts


def is_passed(score_millis: int, max_millis: int, pass_percent: int) -> bool:
    return score_millis * 100 >= max_millis * pass_percent
