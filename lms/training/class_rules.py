"""Kinds of classes as data, states, audience, places and the waiting list. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from lms.people.rules import RANK_BANDS, RankBand

MOST_PLACES = 200
"""A class is closed in one transaction, so it is no larger; a 集中轮训 of thousands is held in several classes."""


class ClassKind(StrEnum):
    ROTATION = "rotation"
    YOUTH = "youth"
    QUALITY = "quality"
    BASIC = "basic"
    YOUTH_PARTY = "youth_party"
    READING = "reading"


@dataclass(frozen=True)
class Preset:
    """What a new class of a kind is filled with. `most_age` in years of age at the class's year, None for any."""

    kind: ClassKind
    name: str
    days: int
    places: int
    aims: str
    rank_bands: tuple[RankBand, ...] = ()
    most_age: int | None = None
    is_decided: bool = False
    is_professional: bool = False


_ALL = (
    Preset(ClassKind.ROTATION, "集中轮训", 3, 80, "学习贯彻全会精神，分期轮训全体干部。"),
    Preset(
        ClassKind.YOUTH, "青干班", 5, 40, "理论武装、党性锻炼和业务攻坚，培养年轻干部。",
        (RankBand.TOWNSHIP, RankBand.TECHNICAL), 40, is_decided=True,
    ),
    Preset(ClassKind.QUALITY, "综合素质提升班", 3, 60, "公文、法治、数据和群众工作能力。"),
    Preset(
        ClassKind.BASIC, "基层业务培训班", 2, 80, "自然资源所和窗口的业务规范，以案说法。",
        (RankBand.TOWNSHIP, RankBand.TECHNICAL), is_professional=True,
    ),
    Preset(ClassKind.YOUTH_PARTY, "青年党校", 2, 50, "青年理论学习和党性教育。", (), 35),
    Preset(ClassKind.READING, "专题读书班", 3, 30, "原原本本读原著，集中研讨。", (RankBand.COUNTY,), is_decided=True),
)  # fmt: skip
PRESETS: Mapping[ClassKind, Preset] = {preset.kind: preset for preset in _ALL}


class ClassState(StrEnum):
    """What was decided about a class; where its time stands is `Phase`."""

    PROPOSED = "proposed"
    RETURNED = "returned"
    APPROVED = "approved"
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Phase(StrEnum):
    PROPOSED = "proposed"
    RETURNED = "returned"
    BUILDING = "building"
    COMING = "coming"
    ENROLLING = "enrolling"
    FULL = "full"
    RUNNING = "running"
    TO_CLOSE = "to_close"
    CLOSED = "closed"
    CANCELLED = "cancelled"


PHASES = {
    Phase.PROPOSED: "待批准",
    Phase.RETURNED: "已退回",
    Phase.BUILDING: "已批准，筹备中",
    Phase.COMING: "待报名",
    Phase.ENROLLING: "报名中",
    Phase.FULL: "报名截止",
    Phase.RUNNING: "进行中",
    Phase.TO_CLOSE: "待结班",
    Phase.CLOSED: "已结班",
    Phase.CANCELLED: "已取消",
}
_BY_STATE = {
    ClassState.PROPOSED: Phase.PROPOSED,
    ClassState.RETURNED: Phase.RETURNED,
    ClassState.APPROVED: Phase.BUILDING,
    ClassState.CLOSED: Phase.CLOSED,
    ClassState.CANCELLED: Phase.CANCELLED,
}


def phase_of(
    state: ClassState,
    enrol_from: datetime,
    enrol_until: datetime,
    starts_on: date,
    ends_on: date,
    *,
    now: datetime,
    today: date,
) -> Phase:
    """Where a class stands at an instant. The days of the class come before its enrolment: late comers may still enrol."""
    if state is not ClassState.OPEN:
        return _BY_STATE[state]
    if today > ends_on:
        return Phase.TO_CLOSE
    if today >= starts_on:
        return Phase.RUNNING
    if now < enrol_from:
        return Phase.COMING
    return Phase.ENROLLING if now < enrol_until else Phase.FULL


# Who a class is for


@dataclass(frozen=True)
class Audience:
    """Empty sequences and None ask for nothing. Paths of units reach downwards."""

    unit_paths: Sequence[str]
    rank_bands: Sequence[str] = ()
    least_age: int | None = None
    most_age: int | None = None


@dataclass(frozen=True)
class Candidate:
    """What decides whether a class is for a person. `unit_path` "" for who belongs nowhere."""

    unit_path: str
    rank_band: RankBand
    birth_year: int | None


def why_not_meant(audience: Audience, person: Candidate, year: int) -> str:
    """ "" when the class of that year is for the person, otherwise why not, as a sentence."""
    if not any(person.unit_path.startswith(path) for path in audience.unit_paths if person.unit_path):
        return "这个班没有面向你所在的单位。"
    if audience.rank_bands and person.rank_band not in audience.rank_bands:
        bands = "、".join(RANK_BANDS[RankBand(band)] for band in audience.rank_bands)
        return f"这个班面向{bands}干部。"
    if audience.least_age is None and audience.most_age is None:
        return ""
    if person.birth_year is None:
        return "这个班有年龄要求，你的出生年份没有登记，请找人事教育处补上。"
    age = year - person.birth_year
    if audience.least_age is not None and age < audience.least_age:
        return f"这个班面向 {audience.least_age} 岁及以上干部。"
    if audience.most_age is not None and age > audience.most_age:
        return f"这个班面向 {audience.most_age} 岁及以下干部。"
    return ""


# Places and the waiting list


class EnrolmentState(StrEnum):
    """ASKED waits for the class officer (only classes with review), WAITING for a place."""

    ASKED = "asked"
    PLACED = "placed"
    WAITING = "waiting"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


ENROLMENT_STATES = {
    EnrolmentState.ASKED: "待审核",
    EnrolmentState.PLACED: "已录取",
    EnrolmentState.WAITING: "候补",
    EnrolmentState.REFUSED: "未录取",
    EnrolmentState.WITHDRAWN: "已退出",
}
LIVE = (EnrolmentState.ASKED, EnrolmentState.PLACED, EnrolmentState.WAITING)


@dataclass(frozen=True)
class Room:
    """Places of the class and of each quota, and how many are taken. Units without a quota share the class's places."""

    places: int
    taken: int
    quotas: Mapping[int, tuple[int, int]]
    """Quota id → (places, taken)."""

    def has(self, quota_id: int | None) -> bool:
        if self.taken >= self.places:
            return False
        if quota_id is None:
            return True
        places, taken = self.quotas[quota_id]
        return taken < places

    def after(self, quota_id: int | None) -> "Room":
        """One more place taken."""
        quotas = dict(self.quotas)
        if quota_id is not None:
            places, taken = quotas[quota_id]
            quotas[quota_id] = (places, taken + 1)
        return Room(self.places, self.taken + 1, quotas)


def promoted(waiting: Sequence[tuple[int, int | None]], room: Room) -> list[int]:
    """Of (enrolment id, quota id) in the order of asking, those who get a place now. Who waits for a full quota lets the next pass."""
    found = []
    for enrolment_id, quota_id in waiting:
        if room.has(quota_id):
            found.append(enrolment_id)
            room = room.after(quota_id)
    return found


def quota_of(unit_path: str, quotas: Sequence[tuple[int, str]]) -> int | None:
    """Of (quota id, path of its unit) the one nearest above the person's unit."""
    above = [(len(path), quota_id) for quota_id, path in quotas if unit_path.startswith(path)]
    return max(above)[1] if above else None
