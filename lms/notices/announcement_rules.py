"""Whom an announcement is for, and what its numbers may tell."""

from enum import StrEnum

from lms.people.rules import PartyStatus

FEWEST_COUNTED = 5
MOST_NAMED = 200
BADGE_DAYS = 90


class Reach(StrEnum):
    """The people of a unit with everything below it, of a branch with everything below it, or named persons."""

    UNIT = "unit"
    BRANCH = "branch"
    PEOPLE = "people"


class AnnouncementState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


STATES = {
    AnnouncementState.DRAFT: "草稿",
    AnnouncementState.PUBLISHED: "已发布",
    AnnouncementState.WITHDRAWN: "已撤回",
}


class Party(StrEnum):
    """Of the people reached, those with this Party status."""

    MEMBERS = "members"
    ACTIVISTS = "activists"
    OTHERS = "others"


PARTIES = {Party.MEMBERS: "党员（正式和预备）", Party.ACTIVISTS: "积极分子", Party.OTHERS: "群众"}
PARTY_OF: dict[Party, tuple[PartyStatus, ...]] = {
    Party.MEMBERS: (PartyStatus.FULL, PartyStatus.PROBATIONARY),
    Party.ACTIVISTS: (PartyStatus.ACTIVIST,),
    Party.OTHERS: (PartyStatus.NONE,),
}


def may_show_reads(recipients: int) -> bool:
    """Numbers of very few would be names: they are shown from 5 recipients on."""
    return recipients >= FEWEST_COUNTED
