"""What a class refuses."""

from lms.errors import Conflict


class ClassMoved(Conflict):
    message = "这个班的状态刚刚变了，请刷新后再操作。"


class NotMeant(Conflict):
    """The class is not for the person; the message says why."""


class Clashing(Conflict):
    """The time is taken; the message says by what."""
