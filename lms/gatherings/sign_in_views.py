"""Signing in by the code on the screen: the scan keeps its moment in the browser, one button does the rest."""

from flask import Blueprint, Response, url_for

from lms.errors import LmsError
from lms.gatherings import code_rules, queries, services
from lms.gatherings.code_rules import Stamp
from lms.gatherings.errors import ScanOver
from lms.gatherings.models import Gathering
from lms.gatherings.views import follow
from lms.people.guard import kept_cookie, keys, me, public, set_cookie, signed_in
from lms.web import now, page, see_other, session

bp = Blueprint("roll", __name__, url_prefix="/roll")

COOKIE = "lms_scan"


@bp.get("/<code>")
@public
def scan(code: str) -> Response:
    """Writes nothing but the cookie: who scans need not be signed in yet."""
    read = code_rules.read(code)
    stamp = read[0] if read and keys().mac_fits("cookie", read[0].code_text, read[1]) else None
    if stamp is None or not code_rules.is_fresh(stamp, now()):
        kept = _kept()
        if stamp is not None and kept is not None and kept.gathering_id == stamp.gathering_id:
            return see_other(url_for("roll.show"))  # the same page opened again
        return _over(ScanOver())
    response = see_other(url_for("roll.show"))
    scanned = Stamp(stamp.gathering_id, int(now().timestamp()))
    set_cookie(response, COOKIE, scanned.sealed(keys().mac("cookie", scanned.scan_text)))
    return response


def _kept() -> Stamp | None:
    """The scan this browser made in the last ten minutes, if it made one."""
    read = code_rules.read(kept_cookie(COOKIE))
    if read is None or not keys().mac_fits("cookie", read[0].scan_text, read[1]):
        return None
    return read[0] if code_rules.is_kept(read[0], now()) else None


def _over(problem: LmsError) -> Response:
    return page("gatherings/scan_over.html", problem.status, message=problem.message)


@bp.get("")
@signed_in
def show() -> Response:
    scanned = _kept()
    gathering = queries.find_gathering(session(), scanned.gathering_id) if scanned else None
    if gathering is None:
        return _over(ScanOver("扫码已超过 10 分钟，请再扫一次屏幕上的二维码。"))
    return _page(gathering)


def _page(gathering: Gathering) -> Response:
    return page(
        "gatherings/sign_in.html",
        gathering=gathering,
        owner=queries.owner_of(session(), gathering),
        entry=queries.find_entry(session(), gathering.id, me().id),
        is_member=queries.is_on_roster(session(), gathering, me().id),
    )


@bp.post("/entry")
@signed_in
def sign_in() -> Response:
    scanned = _kept()
    gathering = queries.find_gathering(session(), scanned.gathering_id) if scanned else None
    if scanned is None or gathering is None:
        raise ScanOver("扫码已超过 10 分钟，请再扫一次屏幕上的二维码。")
    services.sign_in(session(), gathering, me().id, scanned_at=scanned.at, now=now(), follow=follow())
    return see_other(url_for("roll.show"))
