"""The exam page around its questions, written by Jinja once and filled (lms/web/moulds.py).

A frame is found by all that decides its words: title, deadline to the minute, what is noted, how the person wants to see pages. Whatever
belongs to one person or one request is a hole: ids, tokens, the time left, the questions. It is used for the plain case only.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from jinja2 import Environment

from lms.quizzes.moulds import ExamSheet
from lms.quizzes.queries import Sitting
from lms.web.moulds import Mould, hole

TEMPLATE = "quizzes/attempt.html"
KEPT = 256

# Addresses and the countdown are made from numbers, so these two holes are numbers nobody has.
_ATTEMPT = 2**61 + 7_919_104_729
_SECONDS = 60 * (2**55 + 104_729) + 37


@dataclass(frozen=True)
class Look:
    """How the person wants to see pages; `contrast` "" for the usual one."""

    theme: str
    type_size: str
    contrast: str


@dataclass(frozen=True)
class Holder:
    """What of the page is this person's and this request's alone."""

    person_id: int
    csrf_token: str
    operation_id: str


def exam_page(
    env: Environment,
    sitting: Sitting,
    sheet: ExamSheet,
    *,
    seconds_left: int | None,
    leaves_noted: str,
    look: Look,
    holder: Holder,
) -> str:
    """The page as `TEMPLATE` would be for a person who has just come, without a message for them."""
    left = seconds_left or 0
    until = sitting.deadline_at.replace(second=0, microsecond=0) if sitting.deadline_at else None
    return _frame(env, sitting.title, until, leaves_noted, look).fill(
        {
            "attempt": sitting.id, "person": holder.person_id, "csrf": holder.csrf_token, "operation": holder.operation_id,
            "seconds": left, "clock": f"{left // 60:02d}:{left % 60:02d}", "questions": sheet.questions,
            "numbers": sheet.numbers,
        }
    )  # fmt: skip


@lru_cache(KEPT)
def _frame(env: Environment, title: str, until: datetime | None, leaves_noted: str, look: Look) -> Mould:
    preferences = SimpleNamespace(theme=look.theme, type_size=look.type_size)
    if look.contrast:
        preferences.contrast = look.contrast
    shown: dict[str, Any] = {
        "attempt": SimpleNamespace(id=_ATTEMPT, deadline_at=until),
        "paper": SimpleNamespace(title=title),
        "questions": hole("questions"),
        "numbers": hole("numbers"),
        "seconds_left": None if until is None else _SECONDS,
        "leaves_noted": leaves_noted,
        "problem": "",
        "may_take_over": False,
        "preferences": preferences,
        "flashes": [],
        "me": SimpleNamespace(id=hole("person")),
        "csrf_token": hole("csrf"),
        "operation_id": hole("operation"),
    }
    html = env.get_template(TEMPLATE).render(shown)
    for number, name in (
        (f"{_SECONDS // 60:02d}:{_SECONDS % 60:02d}", "clock"),
        (_SECONDS, "seconds"),
        (_ATTEMPT, "attempt"),
    ):
        html = html.replace(str(number), hole(name))
    return Mould(html)
