"""Roles, what they may do, and the rules of lockout."""

import re
import secrets
import unicodedata
from enum import StrEnum

LOCK_AFTER_FAILURES = 5
LOCK_MINUTES = 30
SOURCE_LIMIT = 100
SOURCE_WINDOW_MINUTES = 10


class RankBand(StrEnum):
    COUNTY = "county"
    TOWNSHIP = "township"
    TECHNICAL = "technical"


RANK_BANDS = {RankBand.COUNTY: "县处级及以上", RankBand.TOWNSHIP: "乡科级及以下", RankBand.TECHNICAL: "专业技术"}


class PartyStatus(StrEnum):
    FULL = "full"
    PROBATIONARY = "probationary"
    ACTIVIST = "activist"
    NONE = "none"


PARTY_STATUSES = {
    PartyStatus.FULL: "正式党员",
    PartyStatus.PROBATIONARY: "预备党员",
    PartyStatus.ACTIVIST: "积极分子",
    PartyStatus.NONE: "群众",
}


class DutyStatus(StrEnum):
    ON_DUTY = "on_duty"
    LONG_ILL = "long_ill"
    RETIRED = "retired"
    SECONDED = "seconded"


DUTY_STATUSES = {
    DutyStatus.ON_DUTY: "在岗",
    DutyStatus.LONG_ILL: "长期病休",
    DutyStatus.RETIRED: "退休",
    DutyStatus.SECONDED: "借调",
}


class ImportState(StrEnum):
    """A roster file: read and shown, then being taken in, then in; or thrown away."""

    READ = "read"
    RUNNING = "running"
    DONE = "done"
    DISCARDED = "discarded"


class Permission(StrEnum):
    COURSE_STUDY = "course:study"
    RESOURCE_UPLOAD = "resource:upload"
    RESOURCE_REVIEW = "resource:review"
    RESOURCE_SECRECY = "resource:secrecy"
    RESOURCE_PUBLISH = "resource:publish"
    COURSE_MANAGE = "course:manage"
    QUESTION_MANAGE = "question:manage"
    PAPER_MANAGE = "paper:manage"
    ATTEMPT_REVIEW = "attempt:review"
    CONTEST_ENTER = "contest:enter"
    CONTEST_MANAGE = "contest:manage"
    RANKING_REVIEW = "ranking:review"
    TEAM_MANAGE = "team:manage"
    RANKING_PUBLISH = "ranking:publish"
    STAR_MANAGE = "star:manage"
    STAR_REVIEW = "star:review"
    STAR_RECOMMEND = "star:recommend"
    HOURS_READ = "hours:read"
    HOURS_MANAGE = "hours:manage"
    CLAIM_ENDORSE = "claim:endorse"
    PEOPLE_READ = "people:read"
    PEOPLE_MANAGE = "people:manage"
    BRANCH_READ = "branch:read"
    BRANCH_MANAGE = "branch:manage"
    GATHERING_READ = "gathering:read"
    GATHERING_HOLD = "gathering:hold"
    PACK_MANAGE = "pack:manage"
    LECTURE_PROPOSE = "lecture:propose"
    LECTURE_MANAGE = "lecture:manage"
    CLASS_MANAGE = "class:manage"
    CLASS_APPROVE = "class:approve"
    ACCOUNT_MANAGE = "account:manage"
    ROLE_GRANT = "role:grant"
    AUDIT_READ = "audit:read"
    TASK_READ = "task:read"
    REPORT_READ = "report:read"
    FEEDBACK_REPLY = "feedback:reply"
    CALENDAR_MANAGE = "calendar:manage"
    ANNOUNCEMENT_WRITE = "announcement:write"
    CHANNEL_MANAGE = "channel:manage"
    RECORD_MANAGE = "record:manage"
    TALENT_SEARCH = "talent:search"


class Role(StrEnum):
    CADRE = "cadre"
    LECTURER = "lecturer"
    SECRETARY = "secretary"
    UNIT_ADMIN = "unit_admin"
    REVIEWER = "reviewer"
    SECRECY_REVIEWER = "secrecy_reviewer"
    ORGANISER = "organiser"
    COMMITTEE = "committee"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDIT_ADMIN = "audit_admin"


ROLES = {
    Role.CADRE: "学员",
    Role.LECTURER: "讲师",
    Role.SECRETARY: "支部书记",
    Role.UNIT_ADMIN: "单位管理员",
    Role.REVIEWER: "内容审核",
    Role.SECRECY_REVIEWER: "保密审核",
    Role.ORGANISER: "人事教育处",
    Role.COMMITTEE: "机关党委",
    Role.SYSTEM_ADMIN: "系统管理员",
    Role.SECURITY_ADMIN: "安全管理员",
    Role.AUDIT_ADMIN: "审计管理员",
}

EXCLUSIVE = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})
ON_BRANCH = frozenset({Role.SECRETARY, Role.COMMITTEE})

_P = Permission
ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.CADRE: frozenset({_P.COURSE_STUDY, _P.CONTEST_ENTER}),
    Role.LECTURER: frozenset({_P.RESOURCE_UPLOAD, _P.LECTURE_PROPOSE, _P.TASK_READ}),
    Role.SECRETARY: frozenset(
        {_P.BRANCH_READ, _P.GATHERING_READ, _P.GATHERING_HOLD, _P.STAR_RECOMMEND, _P.ANNOUNCEMENT_WRITE}
    ),
    Role.UNIT_ADMIN: frozenset(
        {_P.RESOURCE_UPLOAD, _P.RESOURCE_PUBLISH, _P.COURSE_MANAGE, _P.QUESTION_MANAGE, _P.PAPER_MANAGE}
        | {_P.HOURS_READ, _P.PEOPLE_READ, _P.TASK_READ, _P.REPORT_READ, _P.GATHERING_READ, _P.GATHERING_HOLD}
        | {_P.STAR_RECOMMEND, _P.RECORD_MANAGE, _P.ANNOUNCEMENT_WRITE, _P.CLAIM_ENDORSE}
        | {_P.CLASS_MANAGE, _P.TEAM_MANAGE}
    ),
    Role.REVIEWER: frozenset({_P.RESOURCE_REVIEW, _P.RANKING_REVIEW, _P.STAR_REVIEW}),
    Role.SECRECY_REVIEWER: frozenset({_P.RESOURCE_SECRECY}),
    Role.ORGANISER: frozenset(
        {_P.COURSE_MANAGE, _P.RESOURCE_UPLOAD, _P.RESOURCE_PUBLISH, _P.QUESTION_MANAGE, _P.PAPER_MANAGE}
        | {_P.ATTEMPT_REVIEW, _P.CONTEST_MANAGE, _P.TEAM_MANAGE, _P.RANKING_REVIEW, _P.RANKING_PUBLISH}
        | {_P.HOURS_READ, _P.HOURS_MANAGE, _P.RECORD_MANAGE, _P.TALENT_SEARCH}
        | {_P.PEOPLE_READ, _P.PEOPLE_MANAGE, _P.TASK_READ, _P.REPORT_READ, _P.FEEDBACK_REPLY, _P.ANNOUNCEMENT_WRITE}
        | {_P.GATHERING_READ, _P.GATHERING_HOLD, _P.LECTURE_PROPOSE, _P.LECTURE_MANAGE}
        | {_P.STAR_MANAGE, _P.STAR_REVIEW}
        | {_P.CLASS_MANAGE, _P.CLASS_APPROVE}
    ),
    Role.COMMITTEE: frozenset(
        {_P.BRANCH_READ, _P.BRANCH_MANAGE, _P.GATHERING_READ, _P.PACK_MANAGE, _P.REPORT_READ, _P.FEEDBACK_REPLY}
        | {_P.STAR_MANAGE, _P.STAR_REVIEW, _P.ANNOUNCEMENT_WRITE}
    ),
    Role.SYSTEM_ADMIN: frozenset({_P.ACCOUNT_MANAGE, _P.TASK_READ, _P.CALENDAR_MANAGE, _P.CHANNEL_MANAGE}),
    Role.SECURITY_ADMIN: frozenset({_P.ROLE_GRANT}),
    Role.AUDIT_ADMIN: frozenset({_P.AUDIT_READ}),
}

SECOND_FACTOR = EXCLUSIVE | {
    role
    for role, may in ROLE_PERMISSIONS.items()
    if may & {_P.RANKING_PUBLISH, _P.RESOURCE_PUBLISH, _P.REPORT_READ, _P.STAR_MANAGE}
}


def may_hold_together(held: set[Role], wanted: Role) -> bool:
    """False when the person would hold two of the three exclusive admin roles, or one of them beside any other granted role."""
    others = held - {wanted, Role.CADRE}
    if wanted in EXCLUSIVE:
        return not others
    return not others & EXCLUSIVE


def normal_identity(text: str) -> str:
    """A 工号 or phone as typed, in the one form that is compared: compatible width, no space, lower case."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).lower()


def normal_phone(text: str) -> str | None:
    """Eleven digits of a mainland mobile number, or None."""
    digits = re.sub(r"^(\+?86)", "", re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)))
    return digits if re.fullmatch(r"1\d{10}", digits) else None


def masked_phone(phone: str) -> str:
    return f"{phone[:3]}****{phone[-4:]}"


def fresh_code() -> str:
    """A one-time code of 10 characters a person can read aloud (no 0 O 1 I L)."""
    return "".join(secrets.choice("23456789ABCDEFGHJKMNPQRSTUVWXYZ") for _ in range(10))
