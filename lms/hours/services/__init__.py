"""The write side of hours: the ledger, the versions of its rules, exemptions, the closing of years, and what proves them."""

from lms.hours.services.checks import Check, verify
from lms.hours.services.exemptions import decide, propose, shorten
from lms.hours.services.ledger import (
    correct,
    credit,
    find_entry,
    knows,
    note_uncredited,
    restore,
    withdraw,
    worth,
)
from lms.hours.services.sums import rebuild
from lms.hours.services.versions import draft, drop, issue, write
from lms.hours.services.years import close_due

__all__ = [
    "Check",
    "close_due",
    "correct",
    "credit",
    "decide",
    "draft",
    "drop",
    "find_entry",
    "issue",
    "knows",
    "note_uncredited",
    "propose",
    "rebuild",
    "restore",
    "shorten",
    "verify",
    "withdraw",
    "worth",
    "write",
]
