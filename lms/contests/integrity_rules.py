"""Integrity: what reviewers are shown about results, with how usual it is. Pure; advice, never a judgement."""

from enum import StrEnum


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
