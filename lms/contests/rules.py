"""Presets, phases and the way of a result: pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from lms.leaderboard.notice_rules import NOTICE_DAYS, days

PASS_PERCENT = 60  # of the full score: from here a round that gives hours gives them


class RoundKind(StrEnum):
    PRACTICE = "practice"
    ONLINE = "online"
    TEAM_ONLINE = "team_online"
    STAGE = "stage"
    LIVE = "live"


ROUND_KINDS = {
    RoundKind.PRACTICE: "练习",
    RoundKind.ONLINE: "网上初赛",
    RoundKind.TEAM_ONLINE: "团队网上赛",
    RoundKind.STAGE: "现场决赛",
    RoundKind.LIVE: "全员同答",
}


TEAM_KINDS = frozenset({RoundKind.TEAM_ONLINE, RoundKind.STAGE})  # teams take part, not single people
BY_PAPER = frozenset({RoundKind.ONLINE, RoundKind.TEAM_ONLINE})  # a paper that is handed in counts on a board
HOSTED_KINDS = frozenset({RoundKind.STAGE, RoundKind.LIVE})  # a host asks; nobody begins an attempt
ONCE_KINDS = TEAM_KINDS | HOSTED_KINDS  # one takes part once


class EntryMode(StrEnum):
    """Who may take part in a round."""

    OPEN = "open"
    QUOTA = "quota"
    ADVANCEMENT = "advancement"


ENTRY_MODES = {
    EntryMode.OPEN: "范围内的人都能参加",
    EntryMode.QUOTA: "由单位按名额报名",
    EntryMode.ADVANCEMENT: "由前一轮晋级",
}


class ContestState(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Draw:
    """So many questions of one kind and difficulty (1 easy, 2 middle, 3 hard)."""

    kind: str
    difficulty: int
    count: int


@dataclass(frozen=True)
class Preset:
    name: str
    draws: tuple[Draw, ...]
    minutes: int
    attempts_per_day: int
    full_millis: int = 100_000
    hours_quarters: int = 0
    notice_days: int = NOTICE_DAYS

    @property
    def question_count(self) -> int:
        return sum(draw.count for draw in self.draws)

    @property
    def points_millis(self) -> int:
        return self.full_millis // self.question_count


GRAND = Preset(
    name="局业务大比拼",
    draws=(
        Draw("single", 1, 2),
        Draw("single", 2, 3),
        Draw("multiple", 1, 1),
        Draw("multiple", 2, 2),
        Draw("boolean", 1, 1),
        Draw("boolean", 2, 1),
    ),
    minutes=10,
    attempts_per_day=3,
)


FINAL = Preset(
    name="现场决赛",
    draws=(
        Draw("single", 1, 10),
        Draw("single", 2, 10),
        Draw("multiple", 1, 5),
        Draw("multiple", 2, 5),
        Draw("boolean", 1, 5),
        Draw("boolean", 2, 5),
    ),
    minutes=120,
    attempts_per_day=1,
)


class Phase(StrEnum):
    """Where a round is for those who look at it."""

    UPCOMING = "upcoming"
    RUNNING = "running"
    ENDED = "ended"
    SETTLING = "settling"
    REVIEWED = "reviewed"
    NOTICE = "notice"
    PUBLISHED = "published"


PHASES = {
    Phase.UPCOMING: "未开始",
    Phase.RUNNING: "进行中",
    Phase.ENDED: "正在收卷",
    Phase.SETTLING: "待复核",
    Phase.REVIEWED: "已复核",
    Phase.NOTICE: "公示中",
    Phase.PUBLISHED: "已公布",
}


def phase_of(board_state: str, opens_at: datetime, closes_at: datetime, now: datetime) -> Phase:
    """The stored state, but for a live one, which the clock divides: opens_at ≤ running < closes_at."""
    if board_state != "live":
        return Phase(board_state)
    if now < opens_at:
        return Phase.UPCOMING
    return Phase.RUNNING if now < closes_at else Phase.ENDED


LONGEST_STEP = 6  # characters of a round's name that have room in the line of steps


def steps(
    phase: Phase, notice_from: date | None = None, notice_until: date | None = None, *, title: str = "初赛"
) -> list[tuple[str, ...]]:
    """初赛—复核—公示—公布 as (text, past|now|next, note); the first is the round, by its name if that is short."""
    position = {
        Phase.UPCOMING: -1,
        Phase.RUNNING: 0,
        Phase.ENDED: 1,
        Phase.SETTLING: 1,
        Phase.REVIEWED: 2,
        Phase.NOTICE: 2,
        Phase.PUBLISHED: 4,
    }[phase]
    names = (
        title if len(title) <= LONGEST_STEP else "比赛",
        "复核",
        "公示中" if phase is Phase.NOTICE else "公示",
        "公布",
    )
    made: list[tuple[str, ...]] = []
    for index, name in enumerate(names):
        when = "past" if index < position else "now" if index == position else "next"
        made.append((name, when))
    if phase is Phase.NOTICE and notice_from and notice_until:
        made[2] = (names[2], "now", days(notice_from, notice_until))
    return made


def remaining(attempts_per_day: int, used_today: int) -> int:
    return max(0, attempts_per_day - used_today)


@dataclass(frozen=True)
class ItemResult:
    """One question of a graded attempt: its number, what it earned of 1000."""

    number: int
    fraction: int


def summary(items: Sequence[ItemResult]) -> str:
    """10 题对 8 题半。第 4 题得一部分分，第 9 题答错。"""
    right = sum(item.fraction for item in items)
    whole, half = divmod(right, 1000)
    counted = f"{whole} 题半" if half == 500 else f"{whole} 题" if not half else f"{right / 1000:.2f} 题"
    partly = [str(item.number) for item in items if 0 < item.fraction < 1000]
    wrong = [str(item.number) for item in items if item.fraction == 0]
    said = [f"第 {'、'.join(partly)} 题得部分分"] if partly else []
    said += [f"第 {'、'.join(wrong)} 题没有得分"] if wrong else []
    return f"{len(items)} 题对 {counted}。" + ("，".join(said) + "。" if said else "")
