"""Where somebody stands and stood: what the own place opens to, the own contests of the years, boards of a rank band or a line."""

from urllib.parse import urlencode

from flask import Blueprint, Response, request, url_for

from lms.contests import access, place_queries
from lms.contests.place_queries import PartBoard
from lms.leaderboard import queries as boards
from lms.leaderboard import rules as board_rules
from lms.leaderboard.queries import BoardHead
from lms.people import queries as people
from lms.people.guard import me, requires
from lms.people.line_rules import LINE_NAMES, Line
from lms.people.rules import RANK_BANDS, Permission, RankBand
from lms.web import now, page, session

bp = Blueprint("places", __name__, url_prefix="/contests")

entering = requires(Permission.CONTEST_ENTER)


@bp.get("/history")
@entering
def history() -> Response:
    past = place_queries.list_past(session(), me().id, now=now())
    years = sorted({one.line.contest.year for one in past}, reverse=True)
    return page("contests/history.html", past=past, years=years, active="contests")


@bp.get("/rounds/<int:round_id>/place")
@entering
def explain(round_id: int) -> Response:
    """The own place, opened to what it is made of."""
    line, head = access.standings_to_see(session(), me(), round_id, now=now())
    own = boards.find_own(session(), head, me().id)
    return page(
        "contests/place.html", line=line, board=head, own=own, words=board_rules.explain(head.rule),
        around=place_queries.count_around(session(), head, own, me().id) if own else None,
        part=place_queries.find_own_part(session(), line, head, me().id, now=now()),
        attempts=place_queries.list_own_attempts(session(), round_id, me().id),
        newest=boards.find_publication(session(), line.round.board_id), active="contests",
    )  # fmt: skip


@bp.get("/rounds/<int:round_id>/parts")
@entering
def parts(round_id: int) -> Response:
    """The board of one rank band; of a round that is over also of one business line."""
    line, head = access.standings_to_see(session(), me(), round_id, now=now())
    may_split = line.is_over and not line.is_frozen
    lines = place_queries.list_lines_of(session(), line.round) if may_split else []
    chosen = next((one for one in lines if one == request.args.get("line")), None)
    band = next((one for one in RankBand if one == request.args.get("band")), _own_band(head))
    found = _board(head, band, chosen)
    return page(
        "contests/parts.html", line=line, board=head, found=found, may_split=may_split,
        title=LINE_NAMES[chosen] if chosen else RANK_BANDS[band], is_line=chosen is not None,
        chips=[(RANK_BANDS[one], _address(round_id, "band", one), chosen is None and one is band) for one in RankBand],
        line_chips=[(LINE_NAMES[one], _address(round_id, "line", one), one is chosen) for one in lines], active="contests",
    )  # fmt: skip


def _own_band(head: BoardHead) -> RankBand:
    return people.find_band(session(), me().id, head.cut_off_on)


def _board(head: BoardHead, band: RankBand, line: Line | None) -> PartBoard:
    if line is not None:
        return place_queries.line_board(session(), head, line, me().id)
    return place_queries.band_board(session(), head, band, me().id)


def _address(round_id: int, name: str, chosen: str) -> str:
    return url_for("places.parts", round_id=round_id) + "?" + urlencode({name: str(chosen)})
