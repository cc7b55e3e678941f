"""What stars refuse."""

from lms.errors import Conflict


class CycleMoved(Conflict):
    message = "这一期的状态刚刚变了，请刷新后再操作。"


class NotYet(Conflict):
    """A step that cannot be taken now; the message says what is missing."""


class AlreadyRecommended(Conflict):
    message = "这位候选已经推荐过了。"


class NoPlaceLeft(Conflict):
    message = "推荐名额已用完，先撤回一个再推荐。"
