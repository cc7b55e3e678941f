"""What theme days refuse."""

from lms.errors import Conflict, Invalid


class MonthMoved(Conflict):
    message = "这个月的安排刚刚变了，请刷新后再操作。"


class SlipUnexplained(Invalid):
    """The day is later than a theme day of the month may slip, and nobody said why."""

    def __init__(self) -> None:
        super().__init__("比规定的日子晚了七天以上，或者不在本月，请写明原因。", field="reason")
