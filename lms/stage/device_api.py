"""What a team's phone sends: echoes, buzzes, its choice. The token in the header is the permission; no session is read.

The instant of a buzz is when its request was read, before anything else is looked at.
"""

from typing import Any

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict, Field

from lms.clock import to_ms
from lms.people.guard import keys
from lms.stage import access, buzz_rules, queries, services
from lms.web import json_body, json_reply, now, session
from lms.web.requests import BadBody
from lms.web.static_files import sessionless

bp = Blueprint("stage_device", __name__, url_prefix="/stage/device")

HEADER = "X-Device-Token"


class Echo(BaseModel):
    model_config = ConfigDict(extra="forbid")
    nonce: str = Field(default="", max_length=120)


class Press(BaseModel):
    model_config = ConfigDict(extra="forbid")
    turn: int = Field(ge=1)
    early: bool = False


class Choice(BaseModel):
    model_config = ConfigDict(extra="forbid")
    points: int


def _device() -> Any:
    token = request.headers.get(HEADER, "")
    if not token:
        raise BadBody()
    return access.device_of(session(), token)


@bp.post("/echo")
@sessionless
def echo() -> Response:
    """The last nonce comes back, the next one and the server's clock go out."""
    at, held = now(), _device()
    kept = services.echo(session(), keys(), held, json_body(Echo).nonce, now=at)
    return json_reply(
        {
            "nonce": services.nonce(keys(), held.id, now=at),
            "server_ms": to_ms(at),
            "round_trip_ms": buzz_rules.least(kept),
            "is_slow": buzz_rules.is_slow(kept),
        }
    )


@bp.post("/buzz")
@sessionless
def buzz() -> Response:
    at, held = now(), _device()
    press = json_body(Press)
    is_first = services.buzz(session(), held, turn=press.turn, is_early=press.early, now=at)
    return json_reply({"received": True, "first": is_first})


@bp.post("/choice")
@sessionless
def choose() -> Response:
    """The called team's risk. 409 with a sentence when it is not its turn."""
    at, held = now(), _device()
    points = json_body(Choice).points
    running = queries.find_running(session(), held.final_id, now=at)
    assert running is not None
    services.choose(session(), running, held.team_id, points, now=at)
    return json_reply({"chosen": points})
