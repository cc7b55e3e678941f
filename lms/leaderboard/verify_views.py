"""The public page on which a published list is checked: the site's keys, a script, and whether a check code is of the newest version."""

from pathlib import Path

from flask import Blueprint, Response, request

from lms.leaderboard import queries, rules
from lms.people.guard import keys, public
from lms.web import attachment, page, session

bp = Blueprint("rankings_proof", __name__, url_prefix="/verify/rankings")

SCRIPT = Path(__file__).with_name("verify_ranking.py")


@bp.get("")
@public
def index() -> Response:
    """Nothing of a list is shown, only what who holds the file has read already: its title, version and day."""
    asked = request.args.get("digest", "")
    digest = rules.tidied_digest(asked)
    found = queries.find_by_digest(session(), digest) if digest else None
    return page(
        "leaderboard/verify.html", asked=asked, found=found, fingerprint=rules.fingerprint(digest or ""),
        keys=sorted(keys().public_keys().items()), active=None,
    )  # fmt: skip


@bp.get("/script")
@public
def script() -> Response:
    return attachment(SCRIPT.read_bytes(), SCRIPT.name, "text/x-python")
