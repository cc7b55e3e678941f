"""Kinds and states of short records. Pure."""

from datetime import date
from enum import StrEnum

YEARS_MOST = 5


class PostingKind(StrEnum):
    PETITION = "petition"
    RURAL = "rural"
    FARMLAND = "farmland"
    INSPECTION = "inspection"
    EXCHANGE = "exchange"
    OTHER = "other"


POSTING_KINDS = {
    PostingKind.PETITION: "信访岗位",
    PostingKind.RURAL: "乡村振兴服务团",
    PostingKind.FARMLAND: "耕地保护帮帮团",
    PostingKind.INSPECTION: "巡视巡察",
    PostingKind.EXCHANGE: "挂职",
    PostingKind.OTHER: "其他实践锻炼",
}


class PostingState(StrEnum):
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    RETURNED = "returned"


STATES = {PostingState.PROPOSED: "待确认", PostingState.CONFIRMED: "已确认", PostingState.RETURNED: "已退回"}
TONES = {PostingState.PROPOSED: "now", PostingState.CONFIRMED: "done", PostingState.RETURNED: "warn"}


def trouble_with(from_on: date, until_on: date | None, today: date) -> tuple[str, str] | None:
    """Field and words of what is wrong with the dates of a record; None when nothing is. An open end is fine."""
    if from_on > today:
        return "from_on", "开始日期不能晚于今天，开始以后再记。"
    if until_on is not None and until_on < from_on:
        return "until_on", "结束日期不能早于开始日期。"
    if until_on is not None and (until_on - from_on).days > YEARS_MOST * 366:
        return "until_on", f"一条最多 {YEARS_MOST} 年，请核对日期。"
    return None


def touches(from_on: date, until_on: date | None, year: int) -> bool:
    """Whether any day of the record lies in the year."""
    return from_on.year <= year and (until_on is None or until_on.year >= year)
