"""What a board refuses."""

from lms.errors import Conflict, NotFound


class RankingsOff(NotFound):
    message = "排名功能已由管理员关闭，成绩仍可在作答记录里查看。"


class BoardClosed(Conflict):
    message = "这张榜已不再接收成绩。"


class BoardMoved(Conflict):
    message = "这张榜的状态刚刚变了，请刷新后再操作。"


class AlreadyPublished(Conflict):
    message = "这一版已经公布，请刷新后查看。"


class NothingChanged(Conflict):
    message = "和已公布的一版没有差别，不需要更正。"


class NoNoticePeriod(Conflict):
    message = "现在不在公示期，不能提交异议；可以用“意见建议”反映。"


class AlreadyObjected(Conflict):
    message = "你的异议已收到，答复前不用重复提交。"
