"""What lectures refuse."""

from lms.errors import Conflict


class TopicMoved(Conflict):
    message = "这个题目的状态刚刚变了，请刷新后再操作。"


class NotReady(Conflict):
    """The lecture cannot be confirmed as ready; the message says what is missing."""
