"""The phone's page, written by Jinja once for a quiz and a look, and filled for each of two thousand people who join at once."""

from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from jinja2 import Environment

from lms.people.principal import Principal, preferences
from lms.web.moulds import Mould, hole

TEMPLATE = "livequiz/phone.html"
KEPT = 64


def phone_page(env: Environment, found: Any, person: Principal, csrf_token: str) -> str:
    """The page as `TEMPLATE` would be, without a message; `found` as queries.find_phone tells it."""
    chosen = preferences(person)
    look = (("theme", chosen.theme), ("type_size", chosen.type_size), ("contrast", getattr(chosen, "contrast", "")))
    frame = _frame(
        env,
        found.quiz_id,
        found.live_key,
        found.round_id,
        found.round_title,
        found.contest_id,
        found.contest_title,
        look,
    )
    return frame.fill({"person": person.id, "csrf": csrf_token})


@lru_cache(KEPT)
def _frame(
    env: Environment,
    quiz_id: int,
    live_key: str,
    round_id: int,
    round_title: str,
    contest_id: int,
    contest_title: str,
    look: tuple[tuple[str, str], ...],
) -> Mould:
    shown: dict[str, Any] = {
        "line": SimpleNamespace(
            round=SimpleNamespace(id=round_id, title=round_title),
            contest=SimpleNamespace(id=contest_id, title=contest_title),
        ),
        "quiz": SimpleNamespace(id=quiz_id, live_key=live_key),
        "preferences": SimpleNamespace(**{name: value for name, value in look if value}),
        "flashes": [],
        "me": SimpleNamespace(id=hole("person")),
        "csrf_token": hole("csrf"),
    }
    return Mould(env.get_template(TEMPLATE).render(shown))
