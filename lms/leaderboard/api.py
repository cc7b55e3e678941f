"""A board for scripts: the listed lines, the own place and the figures around it."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from flask import Blueprint, Response
from pydantic import BaseModel, ConfigDict

from lms.leaderboard import access, queries
from lms.leaderboard.queries import Line, Neighbour, Own
from lms.people.guard import me, requires
from lms.people.principal import Principal
from lms.people.rules import Permission
from lms.web import described, json_reply, now, session

bp = Blueprint("boards_api", __name__, url_prefix="/api/boards")


class Exact(BaseModel):
    model_config = ConfigDict(extra="forbid")


class BoardLine(Exact):
    """`name` is 不公开 and `unit` empty for who opted out."""

    place: int
    name: str
    unit: str
    score_millis: int
    seconds: int
    submitted_at: datetime
    is_me: bool


class OwnLine(Exact):
    place: int
    score_millis: int
    seconds: int
    submitted_at: datetime


class Figures(Exact):
    score_millis: int
    seconds: int | None


class Around(Exact):
    """Nearest better ones (best first) and nearest following ones, without names."""

    before: list[Figures]
    after: list[Figures]


class BoardReply(Exact):
    as_of: datetime
    total: int
    top: list[BoardLine]
    me: OwnLine | None
    around: Around


@bp.get("/<int:board_id>")
@described(summary="榜：公布的前几名、自己的名次和前后的得分", reply=BoardReply)
@requires(Permission.CONTEST_ENTER)
def board(board_id: int) -> Response:
    person = me()
    head = access.board_to_see(session(), person, board_id)
    top = queries.live_top(session(), head, now=now())
    own = queries.find_own(session(), head, person.id)
    lines = [_line(line, person) for line in top.lines]
    reply = {"as_of": _text(top.as_of), "total": top.total, "top": lines, "me": own and _own(own)}
    around = {"before": _figures(own.before if own else ()), "after": _figures(own.after if own else ())}
    return json_reply(reply | {"around": around})


def _text(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _line(line: Line, person: Principal) -> dict[str, Any]:
    is_me = line.person_id == person.id
    return {
        "place": line.place,
        "name": person.name if is_me else line.name,
        "unit": line.unit,
        "score_millis": line.score_millis,
        "seconds": line.seconds,
        "submitted_at": _text(line.submitted_at),
        "is_me": is_me,
    }


def _own(own: Own) -> dict[str, Any]:
    figures = {name: getattr(own, name) for name in ("place", "score_millis", "seconds")}
    return figures | {"submitted_at": _text(own.submitted_at)}


def _figures(neighbours: Any) -> list[dict[str, Any]]:
    found: list[Neighbour] = list(neighbours)
    return [asdict(neighbour) for neighbour in found]
