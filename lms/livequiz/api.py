"""What a phone sends and asks for itself: its answer, its own standing; and the echoes by which its line is measured."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from flask import Blueprint, Response, current_app
from pydantic import BaseModel, ConfigDict, Field, StrictInt
from sqlalchemy.orm import Session

from lms.clock import to_ms
from lms.config import Keys
from lms.contests import echo_services
from lms.livequiz import access, queries, services, wall_queries
from lms.people.guard import me, requires
from lms.people.principal import Principal
from lms.people.rules import Permission
from lms.people.short_acts import Asked, Reply, json_yes
from lms.people.short_way import short_act, short_read, short_way
from lms.quizzes.content_rules import MAX_OPTIONS
from lms.web import json_body, json_reply, json_text, now, session, where_from
from lms.web.static_files import sessionless

bp = Blueprint("livequiz_api", __name__, url_prefix="/livequiz")

entering = requires(Permission.CONTEST_ENTER)
TRIP_LIVES_MS = 15 * 60_000


Number = Annotated[StrictInt, Field(ge=0, lt=MAX_OPTIONS)]


class Exact(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AnswerBody(Exact):
    """`choice`: numbers of the chosen options. `trip`: the measured round trip, as the server sealed it."""

    turn: StrictInt = Field(ge=1, lt=2**31)
    choice: list[Number] = Field(min_length=1, max_length=MAX_OPTIONS)
    trip: str = Field(default="", max_length=echo_services.LONGEST)


class Echo(Exact):
    nonce: str = Field(default="", max_length=echo_services.LONGEST)


def _answer(db: Session, extensions: Mapping[str, Any], asked: Asked) -> Reply:
    body: AnswerBody = asked.body
    is_first = services.answer(
        db, asked.number, asked.person.id, turn=body.turn,
        choice=body.choice,
        round_trip_ms=_trip(extensions["keys"], asked.person.id, body.trip, to_ms(asked.at)), now=asked.at,
    )  # fmt: skip
    return json_yes({"saved": True, "first": is_first})


@bp.post("/<int:quiz_id>/answers")
@entering
@short_act(AnswerBody, _answer)
def answer(quiz_id: int) -> Response:
    """Saved when this says so; the moment of receipt is when the request was read."""
    asked = Asked(me(), quiz_id, json_body(AnswerBody), now(), where_from())
    return Response(_answer(session(), current_app.extensions, asked).body, mimetype="application/json")


def _mine(db: Session, asked: Asked) -> dict[str, Any]:
    person, quiz_id = asked.person, asked.number
    common = wall_queries.common_of(db, quiz_id, access.quiz_to_answer(db, person, quiz_id))
    total, turn = common.totals.get(person.id), common.turn
    choice = queries.find_choice(db, quiz_id, turn, person.id) if turn else None
    return {
        "turn": turn, "choice": choice, "score_millis": total.score_millis if total else 0,
        "seconds": total.seconds if total else 0, "right": total.right if total else 0,
        "place": common.public.places.get(person.id), "people": len(common.public.places),
    }  # fmt: skip


@bp.get("/<int:quiz_id>/mine")
@entering
@short_read(lambda db, asked: json_text(_mine(db, asked)))
def mine(quiz_id: int) -> Response:
    """The own answer to the present question, and where one stands as of the last question revealed."""
    return json_reply(_mine(session(), Asked(me(), quiz_id, None, now(), where_from())))


# --- the line ------------------------------------------------------------------------------------------------------


@bp.get("/clock")
@sessionless
def clock() -> Response:
    """The server's clock, for screens that count down."""
    return json_reply({"server_ms": to_ms(now())})


def _echo(
    extensions: Mapping[str, Any], person: Principal, _: int, body: Echo, at: datetime, __: Any
) -> dict[str, Any]:
    site_keys, subject = extensions["keys"], f"live-echo:{person.id}"
    trip = echo_services.round_trip_ms(site_keys, subject, body.nonce, now=at) if body.nonce else None
    sealed = "" if trip is None else echo_services.seal(site_keys, _trip_of(person.id), f"{trip}.{to_ms(at)}")
    nonce = echo_services.issue(site_keys, subject, now=at)
    return {"server_ms": to_ms(at), "nonce": nonce, "round_trip_ms": trip, "trip": sealed}


@bp.post("/echo")
@entering
@short_way(Echo, _echo)
def echo() -> Response:
    """The last nonce comes back, and what it shows goes out sealed for the person whose phone it is; nothing is stored."""
    return json_reply(_echo(current_app.extensions, me(), 0, json_body(Echo), now(), None))


def _trip_of(person_id: int) -> str:
    return f"live-trip:{person_id}"


def _trip(site_keys: Keys, person_id: int, sealed: str, at_ms: int) -> int | None:
    """The round trip that the seal vouches for; None of an old one, another person's or a made-up one."""
    text = echo_services.unsealed(site_keys, _trip_of(person_id), sealed) if sealed else None
    trip, _, sealed_ms = (text or "").partition(".")
    if not (trip.isdecimal() and sealed_ms.isdecimal()) or not 0 <= at_ms - int(sealed_ms) <= TRIP_LIVES_MS:
        return None
    return int(trip)
