"""What a question is worth and how long an attempt lasts: pure functions, no database, no clock.

Scores are integers in 1/1000 point, fractions integers in 1/1000. An option is known by its number in the version's own
order (0 = the first), whatever order a candidate sees. A *choice* is a list of option numbers, or for blanks a list of
texts; the empty list means "not answered".
"""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

WHOLE = 1000  # a fraction of 1
GRACE = timedelta(seconds=60)  # an answer that arrives this late after the deadline still counts
TRUTH_OPTIONS = ("正确", "错误")  # what a true/false question shows; number 0 is "true"

OptionsKey = Sequence[int]
BlanksKey = Sequence[Sequence[str]]
Key = OptionsKey | BlanksKey
Choice = Sequence[int] | Sequence[str] | Sequence[int | str]


class Kind(StrEnum):
    SINGLE = "single"
    MULTIPLE = "multiple"
    BOOLEAN = "boolean"
    BLANK = "blank"


KIND_LABELS = {Kind.SINGLE: "单选题", Kind.MULTIPLE: "多选题", Kind.BOOLEAN: "判断题", Kind.BLANK: "填空题"}
DIFFICULTY_LABELS = {1: "易", 2: "中", 3: "难"}


class PaperKind(StrEnum):
    FIXED = "fixed"
    DRAWN = "drawn"


PAPER_KIND_LABELS = {PaperKind.FIXED: "固定选题", PaperKind.DRAWN: "按规则抽题"}


class Scoring(StrEnum):
    """What an incomplete but correct choice of a multiple question earns. A wrong option always makes it 0."""

    ALL = "all"
    HALF = "half"
    PROPORTIONAL = "proportional"


SCORING_LABELS = {
    Scoring.HALF: "漏选得一半，错选不得分",
    Scoring.ALL: "全部选对才得分",
    Scoring.PROPORTIONAL: "漏选按选对的比例得分，错选不得分",
}


# --- grading ---------------------------------------------------------------------------------------------------------


def grade(kind: Kind, key: Key, choice: Choice, scoring: Scoring = Scoring.HALF) -> int:
    """The fraction 0…1000 that `choice` earns against `key`. Never raises: what does not fit the question earns 0."""
    if kind is Kind.BLANK:
        return _grade_blanks([[str(text) for text in texts] for texts in _lists(key)], choice)
    right = {number for number in key if isinstance(number, int)}
    chosen = {number for number in choice if isinstance(number, int)}
    if len(chosen) != len(choice) or not chosen or not right:
        return 0
    if chosen == right:
        return WHOLE
    if kind is not Kind.MULTIPLE or not chosen < right:
        return 0
    return {Scoring.ALL: 0, Scoring.HALF: WHOLE // 2, Scoring.PROPORTIONAL: WHOLE * len(chosen) // len(right)}[scoring]


def _grade_blanks(key: BlanksKey, choice: Choice) -> int:
    """Each blank is worth the same; a text counts if it equals one of the blank's alternatives after `plain`."""
    texts = [plain(text) if isinstance(text, str) else "" for text in choice]
    hits = sum(
        bool(text) and text in {plain(each) for each in texts_of_blank}
        for text, texts_of_blank in zip(texts, key, strict=False)
    )
    return WHOLE * hits // len(key) if key and len(choice) <= len(key) else 0


def _lists(key: Key) -> list[Sequence[str]]:
    return [each for each in key if not isinstance(each, (int, str))]


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


# --- texts -----------------------------------------------------------------------------------------------------------

_EDGES = " .。,，;；、:："
_SPACES = re.compile(r"\s+")
_NOT_WORD = re.compile(r"[\W_]+")


def plain(text: str) -> str:
    """A short answer as it is compared: width (NFKC), case, white space and the stop at its end make no difference."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return _SPACES.sub("", folded).rstrip(_EDGES)


def fingerprint(kind: Kind, stem: str, options: Sequence[str]) -> str:
    """Equal for questions that a reader would call the same: same kind, same words in the stem, same set of options.
    Width, case, punctuation, empty brackets and the order of options make no difference. 64 hexadecimal digits."""

    def words(text: str) -> str:
        bare = _NOT_WORD.sub("", plain(text))
        return bare or plain(text)

    parts = [kind.value, words(stem), *sorted(words(option) for option in options)]
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


# A gap is a run of underscores or an empty pair of brackets.
GAP = re.compile(r"[_＿]{2,}|[（(]\s*[)）]")


def gaps(stem: str) -> int:
    """How many blanks a stem shows."""
    return len(GAP.findall(stem))


# --- what a question must look like ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """Why a question cannot be kept; `field` is the name of the form field and column it concerns."""

    field: str
    message: str


MAX_OPTIONS = 10
MAX_STEM, MAX_OPTION, MAX_BLANK = 4000, 1000, 200


def faults(kind: Kind, stem: str, options: Sequence[str], key: Key) -> list[Fault]:
    """Everything that is wrong with a question, in the order of its fields. Empty: it can be kept and graded."""
    found = []
    if not stem.strip():
        found.append(Fault("stem", "写上题干"))
    if len(stem) > MAX_STEM:
        found.append(Fault("stem", f"题干最多 {MAX_STEM} 个字，现在有 {len(stem)} 个"))
    if kind is Kind.BLANK:
        return found + _blank_faults(stem, key)
    return found + _option_faults(kind, options, key)


def _option_faults(kind: Kind, options: Sequence[str], key: Key) -> list[Fault]:
    found = []
    if not 2 <= len(options) <= MAX_OPTIONS:
        found.append(Fault("options", f"要有 2 到 {MAX_OPTIONS} 个选项，现在有 {len(options)} 个"))
    if any(not option.strip() for option in options):
        found.append(Fault("options", "有选项是空的"))
    if any(len(option) > MAX_OPTION for option in options):
        found.append(Fault("options", f"每个选项最多 {MAX_OPTION} 个字"))
    if len({plain(option) for option in options}) < len(options):
        found.append(Fault("options", "有两个选项相同"))
    numbers = [number for number in key if isinstance(number, int)]
    if not numbers or len(numbers) != len(key):
        found.append(Fault("key", "写上答案"))
    elif len(set(numbers)) < len(numbers):
        found.append(Fault("key", "答案里有重复的字母"))
    elif not all(0 <= number < len(options) for number in numbers):
        beyond = "".join(letter(number) for number in numbers if not 0 <= number < len(options))
        found.append(Fault("key", f"答案 {beyond} 没有对应的选项"))
    elif kind is not Kind.MULTIPLE and len(numbers) > 1:
        found.append(Fault("key", f"{KIND_LABELS[kind]}只能有一个答案，现在有 {len(numbers)} 个"))
    return found


def _blank_faults(stem: str, key: Key) -> list[Fault]:
    blanks = _lists(key)
    if not blanks or len(blanks) != len(key) or not all(any(plain(text) for text in texts) for texts in blanks):
        return [Fault("key", "每个空都要有答案")]
    if any(len(text) > MAX_BLANK for texts in blanks for text in texts):
        return [Fault("key", f"每个空的答案最多 {MAX_BLANK} 个字")]
    if gaps(stem) not in (0, len(blanks)):
        return [Fault("key", f"题干有 {gaps(stem)} 个空，答案有 {len(blanks)} 个，用“；”隔开各空")]
    return []


def letter(number: int) -> str:
    """0 → A, 1 → B …"""
    return chr(ord("A") + number) if 0 <= number < 26 else str(number + 1)


# --- time ------------------------------------------------------------------------------------------------------------


class State(StrEnum):
    """Only OPEN accepts answers. SUBMITTED was handed in by the candidate, CLOSED by the job at the deadline."""

    OPEN = "open"
    SUBMITTED = "submitted"
    CLOSED = "closed"


STATE_LABELS = {State.OPEN: "作答中", State.SUBMITTED: "已交卷", State.CLOSED: "到时自动交卷"}


class Purpose(StrEnum):
    """What an attempt is for; `subject_id` then names the course, the round, the class …"""

    COURSE = "course"
    CONTEST = "contest"
    PRACTICE = "practice"
    CLASS = "class"


def deadline(started_at: datetime, duration_seconds: int | None, closes_at: datetime | None) -> datetime | None:
    """The earlier of start + duration and the common end; None when the attempt has neither."""
    ends = [closes_at] if closes_at is not None else []
    if duration_seconds is not None:
        ends.append(started_at + timedelta(seconds=duration_seconds))
    return min(ends, default=None)


def is_over(deadline_at: datetime | None, now: datetime) -> bool:
    """True once even the grace has passed: nothing counts any more and the job may close the attempt."""
    return deadline_at is not None and now > deadline_at + GRACE


def seconds_left(deadline_at: datetime | None, now: datetime) -> int | None:
    """Whole seconds the candidate may count on, rounded up and without the grace; never negative."""
    if deadline_at is None:
        return None
    return max(0, -((now - deadline_at) // timedelta(seconds=1)))


def seconds_used(started_at: datetime, ended_at: datetime, deadline_at: datetime | None) -> int:
    """Whole server seconds from start to end; the grace is a gift and never counts as time used."""
    end = ended_at if deadline_at is None else min(ended_at, deadline_at)
    return max(0, (end - started_at) // timedelta(seconds=1))


def is_released(state: State, release_at: datetime | None, now: datetime) -> bool:
    """Whether right and wrong, key and explanation may be shown. With a release time they wait until nobody can answer
    any more, which is the grace later: a candidate in the last minute must not meet a key."""
    return state is not State.OPEN and (release_at is None or now > release_at + GRACE)
