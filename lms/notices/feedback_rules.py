"""The states of feedback and its figures."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from statistics import median


class FeedbackState(StrEnum):
    NEW = "new"
    WORKING = "working"
    ANSWERED = "answered"
    ADOPTED = "adopted"
    DECLINED = "declined"


STATES = {
    FeedbackState.NEW: "新",
    FeedbackState.WORKING: "处理中",
    FeedbackState.ANSWERED: "已答复",
    FeedbackState.ADOPTED: "已采纳",
    FeedbackState.DECLINED: "不采纳",
}
TONES = {
    FeedbackState.NEW: "now",
    FeedbackState.WORKING: "warn",
    FeedbackState.ANSWERED: "done",
    FeedbackState.ADOPTED: "done",
    FeedbackState.DECLINED: "plain",
}
OPEN = (FeedbackState.NEW, FeedbackState.WORKING)
# What a reply may leave the thread in; a refusal's reason is the reply itself.
AFTER_REPLY = (FeedbackState.ANSWERED, FeedbackState.ADOPTED, FeedbackState.DECLINED, FeedbackState.WORKING)
MOST_A_DAY = 20


def section_key(page: str) -> str:
    """What statistics group by: the first part of the page's path, "" for the home page and for none."""
    return page.strip("/").split("/")[0][:40]


def median_days(spans: Sequence[tuple[datetime, datetime]]) -> float | None:
    """The median of the days from the first instant to the second, to one decimal; None without any."""
    if not spans:
        return None
    return round(median((until - since).total_seconds() for since, until in spans) / 86_400, 1)
