"""The roll as the page's script takes it: taps that waited on the device are sent once, and the page hears who signed in meanwhile."""

from flask import Blueprint, Response
from pydantic import BaseModel, ConfigDict, Field

from lms.gatherings import access, queries, services
from lms.gatherings.models import Gathering
from lms.gatherings.roll_views import option_of, tap_of
from lms.gatherings.rules import Way
from lms.gatherings.views import follow
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.web import json_body, json_reply, now, session

bp = Blueprint("gatherings_api", __name__, url_prefix="/api/gatherings")

MOST_TAPS = 500


class TapBody(BaseModel):
    """`seen` is the option that stood on the device when the keeper tapped."""

    model_config = ConfigDict(extra="forbid")
    person: int
    option: str = Field(max_length=20)
    seen: str = Field("", max_length=20)


class MarksBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    taps: list[TapBody] = Field(max_length=MOST_TAPS)
    way: Way = Way.TAP


@bp.post("/<int:gathering_id>/marks")
@requires(Permission.GATHERING_HOLD)
def mark(gathering_id: int) -> Response:
    """Saves the taps. The answer is small, so that a repeat with the same operation id gets the very same one."""
    gathering = access.gathering_to_hold(session(), me(), gathering_id)
    body = json_body(MarksBody)
    taps = [tap_of(tap.person, tap.option, tap.seen) for tap in body.taps]
    done = services.mark(session(), gathering, taps, by_id=me().id, now=now(), way=body.way, follow=follow())
    return json_reply({"saved": len(done)})


@bp.get("/<int:gathering_id>/marks")
@requires(Permission.GATHERING_HOLD)
def marks(gathering_id: int) -> Response:
    """How the roll stands: an option for each person of it, the counts, and how many visitors wait."""
    return json_reply(_standing(access.gathering_to_hold(session(), me(), gathering_id)))


def _standing(gathering: Gathering) -> dict[str, object]:
    roll = queries.roll_of(session(), gathering)
    count = roll.count
    return {
        "state": gathering.state,
        "marks": {str(line.person_id): option_of(line) for line in roll.lines},
        "due": count.due, "present": count.present, "leave": count.leave, "absent": count.absent,
        "open": count.open, "visitors": len(roll.waiting),
    }  # fmt: skip
