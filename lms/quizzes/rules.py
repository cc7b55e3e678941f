"""The words of questions and attempts, and how long an attempt lasts: pure, no database, no clock.

An option is known by its number in the version's own order (0 = the first), whatever order a candidate sees. Keys and
choices by kind (the empty choice means "not answered"):

single, multiple, boolean   key and choice: option numbers, in any order
blank                       key: for each blank its alternatives; choice: a text for each blank
numeric                     key: [alternatives as decimal texts]; choice: [text]
matching                    key and choice: for each prompt the number of its option; choice -1 = this prompt left open
ordering                    key and choice: option numbers in the right (chosen) order
short                       key: [reference answers] or []; choice: [text]; graded by hand
"""

import dataclasses
import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

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
    NUMERIC = "numeric"
    MATCHING = "matching"
    ORDERING = "ordering"
    SHORT = "short"


KIND_LABELS = {
    Kind.SINGLE: "单选题", Kind.MULTIPLE: "多选题", Kind.BOOLEAN: "判断题", Kind.BLANK: "填空题",
    Kind.NUMERIC: "数值题", Kind.MATCHING: "匹配题", Kind.ORDERING: "排序题", Kind.SHORT: "简答题",
}  # fmt: skip
TYPED = (Kind.BLANK, Kind.NUMERIC, Kind.SHORT)  # answered in words or figures; the others by options
MAX_SHORT = 2000  # characters of a short answer
BY_HAND = (Kind.SHORT,)  # a person grades it
DIFFICULTY_LABELS = {1: "易", 2: "中", 3: "难"}


class Readiness(StrEnum):
    """Whether a question may be used: only READY ones are drawn or chosen; papers and attempts that hold one keep it."""

    DRAFT = "draft"
    READY = "ready"
    RETIRED = "retired"


READINESS_LABELS = {Readiness.DRAFT: "草稿", Readiness.READY: "可用", Readiness.RETIRED: "停用"}


class Markup(StrEnum):
    """How a version's texts are read: as they stand, or with bold, tables, pictures and formulas (`rich_rules`)."""

    PLAIN = "plain"
    RICH = "rich"


class PaperKind(StrEnum):
    FIXED = "fixed"
    DRAWN = "drawn"


PAPER_KIND_LABELS = {PaperKind.FIXED: "固定选题", PaperKind.DRAWN: "按规则抽题"}


class Scoring(StrEnum):
    """What an incomplete but correct choice of a multiple question earns; a wrong option always makes it 0. Matching and
    ordering earn the share that is right under HALF and PROPORTIONAL, everything or nothing under ALL."""

    ALL = "all"
    HALF = "half"
    PROPORTIONAL = "proportional"


SCORING_LABELS = {
    Scoring.HALF: "漏选得一半，错选不得分",
    Scoring.ALL: "全部选对才得分",
    Scoring.PROPORTIONAL: "漏选按选对的比例得分，错选不得分",
}


@dataclass(frozen=True)
class Marking:
    """How a question's key is applied, where its kind leaves a choice.

    `scoring` None: the paper's. `is_order_free`: the blanks may be filled in any order. `tolerance`: how far a number may be
    off, a decimal text or a share such as "5%" of the key; `unit` may follow the number. `also`: further keys that earn
    everything, accepted after the fact. `is_void`: the question was at fault, everybody who was asked it earns everything.
    `rubric`: what whoever grades by hand looks for.
    """

    scoring: Scoring | None = None
    is_order_free: bool = False
    tolerance: str = "0"
    unit: str = ""
    also: tuple[Key, ...] = ()
    is_void: bool = False
    rubric: str = ""

    def stored(self) -> dict[str, object]:
        """JSON with what differs from the default only."""
        also = [[each if isinstance(each, int) else list(each) for each in key] for key in self.also]
        given = asdict(self) | {"scoring": self.scoring.value if self.scoring else None, "also": also}
        plain = asdict(Marking()) | {"also": []}
        return {name: value for name, value in given.items() if value != plain[name]}


def marking_from(stored: Mapping[str, Any]) -> Marking:
    """A marking from its JSON form."""
    known = {each.name: stored[each.name] for each in dataclasses.fields(Marking) if each.name in stored}
    if known.get("scoring"):
        known["scoring"] = Scoring(known["scoring"])
    if "also" in known:
        known["also"] = tuple(known["also"])
    return Marking(**known)


# --- texts -----------------------------------------------------------------------------------------------------------

_EDGES = " .。,，;；、:："
_SPACES = re.compile(r"\s+")
_NOT_WORD = re.compile(r"[\W_]+")


def plain(text: str) -> str:
    """A short answer as it is compared: width (NFKC), case, white space and the stop at its end make no difference."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return _SPACES.sub("", folded).rstrip(_EDGES)


def bare_words(text: str) -> str:
    """A text without white space and punctuation; as `plain` when nothing else is left."""
    return _NOT_WORD.sub("", plain(text)) or plain(text)


def case_mark(material: str) -> str:
    """Equal for the parts of one case, empty for a question that stands alone."""
    return hashlib.sha256(bare_words(material).encode("utf-8", "surrogatepass")).hexdigest() if material.strip() else ""


MAX_TAG, MAX_TAGS = 30, 10


def tags_of(text: str) -> list[str]:
    """Tags as they are typed, divided by commas, 、 or white space: each once, in the order typed, at most MAX_TAGS."""
    words = (word.lstrip("#")[:MAX_TAG] for word in re.split(r"[\s,，、;；]+", unicodedata.normalize("NFKC", text)))
    return [word for word in dict.fromkeys(words) if word][:MAX_TAGS]


def fingerprint(
    kind: Kind, stem: str, options: Sequence[str], *, prompts: Sequence[str] = (), material: str = ""
) -> str:
    """Equal for questions that a reader would call the same: same kind, same words in the stem (and, where there are any,
    prompts and material), same set of options. Width, case, punctuation, empty brackets and the order of options make no difference. 64 hexadecimal digits."""

    words = bare_words

    parts = [kind.value, words(stem), *sorted(words(option) for option in options)]
    if prompts:
        parts += ["prompts", *sorted(words(prompt) for prompt in prompts)]
    if material.strip():
        parts += ["material", words(material)]
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


# A gap is a run of underscores or an empty pair of brackets.
GAP = re.compile(r"[_＿]{2,}|[（(]\s*[)）]")


def gaps(stem: str) -> int:
    """How many blanks a stem shows."""
    return len(GAP.findall(stem))


# --- letters ---------------------------------------------------------------------------------------------------------


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


class EventAct(StrEnum):
    """What an invigilator may do to an attempt."""

    EXTENDED = "extended"
    REOPENED = "reopened"


EVENT_LABELS = {EventAct.EXTENDED: "延长时间", EventAct.REOPENED: "重新开放"}


class Purpose(StrEnum):
    """What an attempt is for; `subject_id` then names the course, the round, the class …"""

    COURSE = "course"
    CONTEST = "contest"
    PRACTICE = "practice"
    CLASS = "class"
    MOCK = "mock"  # like the round of a contest, for nobody but oneself
    LESSON = "lesson"  # a quiz that is a step of a course
    PLAN = "plan"  # an item of a yearly plan
    PRETEST = "pretest"  # before a course, only to compare with what one knows after it


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
