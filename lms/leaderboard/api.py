"""A board for scripts: the listed lines, the own place and the figures around it."""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from lms.leaderboard import access, queries
from lms.leaderboard.live import KEPT_VALUES
from lms.leaderboard.queries import Line, Neighbour, Own, Top
from lms.people.guard import me, open_to_tokens, requires
from lms.people.principal import Principal
from lms.people.rules import Permission
from lms.people.short_way import short_read
from lms.people.token_rules import TokenScope
from lms.web import described, json_of, json_reply, json_text, now, session

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


def _read(session: Session, person: Principal, board_id: int, at: datetime) -> tuple[dict[str, Any], dict[str, str]]:
    """The members of the reply, and those whose JSON text is made already."""
    head = access.board_to_see(session, person, board_id, now=at)
    top = queries.live_top(session, head, now=at)
    own = queries.find_own(session, head, person.id)
    around = {"before": _figures(own.before if own else ()), "after": _figures(own.after if own else ())}
    mine = {"me": _own(own) if own else None, "around": around}
    return {"as_of": top.as_of.isoformat(timespec="milliseconds"), "total": top.total, **mine}, {
        "top": _lines(head.live_key, top, person)
    }


@bp.get("/<int:board_id>")
@described(summary="榜：公布的前几名、自己的名次和前后的得分", reply=BoardReply)
@open_to_tokens(TokenScope.BOARDS)
@requires(Permission.CONTEST_ENTER)
@short_read(lambda session, asked: json_of(*_read(session, asked.person, asked.number, asked.at)))
def board(board_id: int) -> Response:
    body, raw = _read(session(), me(), board_id, now())
    return json_reply(body, raw=raw)


_encoded: dict[str, tuple[Top, frozenset[int], str]] = {}


def _lines(live_key: str, top: Top, person: Principal) -> str:
    """The listed lines as JSON: the same text for everybody who does not stand among them, made once for each reading of the board."""
    kept = _encoded.get(live_key)
    if kept is None or kept[0] is not top:
        if len(_encoded) >= KEPT_VALUES:
            _encoded.clear()
        listed = frozenset(line.person_id for line in top.lines)
        kept = _encoded[live_key] = (top, listed, json_text([_line(line, None) for line in top.lines]))
    if person.id in kept[1]:
        return json_text([_line(line, person) for line in top.lines])
    return kept[2]


def _text(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _line(line: Line, person: Principal | None) -> dict[str, Any]:
    """`person` None: of somebody who does not stand among them."""
    is_me = person is not None and line.person_id == person.id
    return {
        "place": line.place,
        "name": person.name if person is not None and is_me else line.name,
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
    return [{"score_millis": each.score_millis, "seconds": each.seconds} for each in found]
