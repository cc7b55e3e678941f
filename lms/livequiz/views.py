"""Who takes part: in with one button, at any time; then the phone's page."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, current_app, get_flashed_messages, url_for
from jinja2 import Environment
from sqlalchemy.orm import Session

from lms.contests import queries as contests
from lms.contests import services as contest_services
from lms.contests.errors import NotOpen
from lms.contests.live_rules import explain
from lms.errors import Forbidden
from lms.livequiz import access, phone_frames, queries
from lms.people.guard import csrf_token, me, requires
from lms.people.rules import Permission
from lms.people.short_acts import Asked, Reply, lead_to
from lms.people.short_way import short_act, short_page
from lms.web import html_page, now, page, see_other, session, where_from

bp = Blueprint("livequiz", __name__, url_prefix="/livequiz")

entering = requires(Permission.CONTEST_ENTER)


def _show_phone(db: Session, env: Environment, asked: Asked, token: str) -> str | None:
    """The phone's page of who has joined, as long as the quiz is not over, without a sentence for who comes back."""
    found = queries.find_phone(db, asked.number, asked.person.id, asked.person.unit_path)
    return None if found is None else phone_frames.phone_page(env, found, asked.person, token)


@bp.get("/rounds/<int:round_id>")
@entering
@short_page(_show_phone)
def round_page(round_id: int) -> Response:
    """The phone's page of who has joined, as long as the quiz is not over; otherwise what it is about."""
    if not get_flashed_messages(with_categories=True):
        asked = Asked(me(), round_id, None, now(), where_from())
        html = _show_phone(session(), current_app.jinja_env, asked, csrf_token())
        if html is not None:
            return html_page(html)
    line = access.round_to_join(session(), me(), round_id, now=now())
    running = queries.find_running_of(session(), round_id)
    has_joined = contests.has_entry(session(), round_id, me().id)
    if running is not None and has_joined and not running.state.is_finished:
        return page("livequiz/phone.html", line=line, quiz=running.quiz)
    return page(
        "livequiz/round.html", line=line, running=running, has_joined=has_joined, words=explain(), active="contests"
    )


def _join(db: Session, _extensions: Mapping[str, Any], asked: Asked) -> Reply:
    line = access.round_to_enter(db, asked.person, asked.number)
    contest_services.join(db, line, asked.person, now=asked.at)
    return lead_to(f"/livequiz/rounds/{asked.number}")


@bp.post("/rounds/<int:round_id>")
@entering
@short_act(None, _join)
def join(round_id: int) -> Response:
    asked = Asked(me(), round_id, None, now(), where_from())
    try:
        return see_other(_join(session(), {}, asked).location or "")
    except (NotOpen, Forbidden) as refused:
        return see_other(url_for("livequiz.round_page", round_id=round_id), flash=refused.message, kind="warn")
