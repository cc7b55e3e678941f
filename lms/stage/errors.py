"""Refusals of the stage."""

from lms.errors import Conflict


class StageMoved(Conflict):
    """Somebody else appended a step first."""

    message = "别的台刚刚记了一步，页面已更新，请看清现状再按。"


class NotNow(Conflict):
    """The step cannot follow on what stands; the message says why."""
