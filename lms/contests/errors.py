"""What a contest refuses."""

from lms.errors import Conflict


class NotOpen(Conflict):
    """The round has not begun, is over, or was withdrawn."""


class ContestMoved(Conflict):
    message = "这场比拼的状态刚刚变了，请刷新后再操作。"


class NotYet(Conflict):
    """A step of the result's way that cannot be taken now; the message says what is missing."""


class JournalMoved(Conflict):
    """Somebody else appended a step first."""

    message = "别的台刚刚记了一步，页面已更新，请看清现状再按。"


class StepRefused(Conflict):
    """The step cannot follow on what stands; the message says why."""
