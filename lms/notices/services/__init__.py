"""The write side of notices: telling, announcing, reminding, sending, feedback."""

from lms.notices.services.announcing import Audience, Text
from lms.notices.services.feedback import add_word, assign, give_feedback, reopen, reply
from lms.notices.services.inbox import read, read_all, read_announcement, tell

__all__ = [
    "Audience",
    "Text",
    "add_word",
    "assign",
    "give_feedback",
    "read",
    "read_all",
    "read_announcement",
    "reopen",
    "reply",
    "tell",
]
