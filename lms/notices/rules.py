"""Pure rules of notices."""

from dataclasses import dataclass
from enum import StrEnum


class NoticeKind(StrEnum):
    NEWS = "news"
    REMINDER = "reminder"


@dataclass(frozen=True)
class Due:
    """One thing that waits for one person now, as a domain's `list_due(session, *, now)` finds it in its own data.

    `item` names the thing for ever ("gatherings.decision:12", at most 80 characters): a person is reminded of an item at most once a
    calendar week. `text` says what waits and until when, in one short sentence (at most 120 characters are sent) without the names of
    others; `link` is the path of the page where it is done. What is done, withdrawn or not yet due is not listed, so a reminder falls
    silent by itself.
    """

    person_id: int
    item: str
    text: str
    link: str
