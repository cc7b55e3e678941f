"""Teams: what a team may look like and when, how a paper is divided, and how teams stand. Pure."""

from enum import StrEnum


class TeamState(StrEnum):
    ENTERED = "entered"
    WITHDRAWN = "withdrawn"


class MemberRole(StrEnum):
    MEMBER = "member"
    SUBSTITUTE = "substitute"


MEMBER_ROLES = {MemberRole.MEMBER: "队员", MemberRole.SUBSTITUTE: "替补"}
