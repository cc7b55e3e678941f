"""What a gathering refuses."""

from lms.errors import Conflict, Invalid


class GatheringMoved(Conflict):
    message = "这次活动的状态刚刚变了，请刷新后再操作。"


class RollNotOpen(Conflict):
    """The roll can not be taken now; the message says when or why."""


class Locked(Invalid):
    """The record is locked and the change came without a reason."""

    def __init__(self) -> None:
        super().__init__("记录已锁定，修改请写明原因，会留下记录。", field="reason")


class ScanOver(Conflict):
    """The code was too old when it was scanned, or the scan is more than ten minutes old."""

    message = "这个二维码已经更新，请扫屏幕上最新的一个。"
