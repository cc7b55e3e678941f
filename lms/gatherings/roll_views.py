"""The roll: tapped, shown as a rotating code, printed, closed and corrected."""

from typing import Any

from flask import Blueprint, Response, request, url_for

from lms.errors import Invalid
from lms.gatherings import access, code_rules, queries, rules, services
from lms.gatherings.forms import LateForm
from lms.gatherings.models import Gathering
from lms.gatherings.queries import Roll, RosterLine
from lms.gatherings.rules import Cause, GatheringState, Mark, Way
from lms.gatherings.services import Tap
from lms.gatherings.views import NAMES, follow, record_of
from lms.people.guard import keys, me, requires
from lms.people.rules import Permission
from lms.printing.codes import qr_address
from lms.web import now, page, see_other, session

bp = Blueprint("gathering_roll", __name__, url_prefix="/gatherings/desk")

READ, HOLD = Permission.GATHERING_READ, Permission.GATHERING_HOLD
BLANK_LINES = 4

OPTIONS = (
    ("present", "到", "done"),
    ("leave-official", "公", "warn"),
    ("leave-ill", "病", "warn"),
    ("leave-other", "假", "warn"),
    ("absent", "缺", "now"),
)
"""What a tap says: value, word and tone. The cause of leave is part of the tap, so that one tap is enough."""


def option_of(line: RosterLine) -> str:
    """The option that stands for the person's mark; approved leave stands there before it is written down, "" for none."""
    if line.mark is None:
        return f"leave-{line.leave.cause}" if line.has_leave and line.leave else ""
    if line.mark is Mark.LEAVE:
        return f"leave-{(line.entry and line.entry.cause) or Cause.OTHER}"
    return line.mark.value


def tap_of(person_id: int, option: str, seen: str = "") -> Tap:
    """Raises Invalid for an option that is none."""
    if option not in {each[0] for each in OPTIONS}:
        raise Invalid("名单刚刚有了变化，请刷新后再点名。", field="taps")
    mark, _, cause = option.partition("-")
    stood = seen.partition("-")[0]
    known = Mark(stood) if stood in {each.value for each in Mark} else None
    return Tap(person_id, Mark(mark), Cause(cause) if cause else None, known)


@bp.get("/<int:gathering_id>/roll")
@requires(HOLD)
def show(gathering_id: int) -> Response:
    return _page(access.gathering_to_hold(session(), me(), gathering_id), LateForm.shown())


def _page(gathering: Gathering, form: LateForm, status: int = 200) -> Response:
    locked = services.is_locked(gathering, now())
    return page(
        "gatherings/roll.html",
        status,
        gathering=gathering,
        owner=queries.owner_of(session(), gathering),
        roll=queries.roll_of(session(), gathering),
        options=OPTIONS,
        option_of=option_of,
        way=_way(),
        form=form,
        locked=locked,
        is_open=gathering.state is GatheringState.PLANNED and not locked,
        is_early=now() < rules.roll_opens_at(gathering.starts_at),
        active="branch",
        **NAMES,
    )


def _way() -> Way:
    """Tapped in from the printed sheet, or from sight."""
    return Way.SHEET if request.values.get("way") == Way.SHEET else Way.TAP


@bp.post("/<int:gathering_id>/roll")
@requires(HOLD)
def mark(gathering_id: int) -> Response:
    """The whole roll as a form sends it: only what differs from what stood on the page is a tap."""
    gathering, form = access.gathering_to_hold(session(), me(), gathering_id), LateForm.posted()
    taps = [
        tap_of(int(name.removeprefix("mark-")), option, request.form.get(f"seen-{name.removeprefix('mark-')}", ""))
        for name, option in request.form.items()
        if name.startswith("mark-") and name.removeprefix("mark-").isdecimal()
        and option != request.form.get(f"seen-{name.removeprefix('mark-')}", "")
    ]  # fmt: skip
    try:
        services.mark(
            session(),
            gathering,
            taps,
            by_id=me().id,
            now=now(),
            way=_way(),
            reason=form.reason.data or "",
            follow=follow(),
        )
    except Invalid as refused:
        form.refuse(refused)
        return _page(gathering, form, 422)
    return _to_roll(gathering, "点名已保存。")


def _to_roll(gathering: Gathering, said: str) -> Response:
    way = Way.SHEET if _way() is Way.SHEET else None
    return see_other(url_for("gathering_roll.show", gathering_id=gathering.id, way=way), flash=said)


@bp.post("/<int:gathering_id>/roll/all")
@requires(HOLD)
def all_present(gathering_id: int) -> Response:
    gathering, form = access.gathering_to_hold(session(), me(), gathering_id), LateForm.posted()
    done = services.all_present(
        session(), gathering, by_id=me().id, now=now(), way=_way(), reason=form.reason.data or "", follow=follow()
    )
    return _to_roll(gathering, f"{len(done)} 人记为到会，没来的人单独点一下。")


@bp.post("/<int:gathering_id>/roll/closing")
@requires(HOLD)
def close(gathering_id: int) -> Response:
    """Straight on to the minutes: that is what is left to do."""
    gathering, form = access.gathering_to_hold(session(), me(), gathering_id), LateForm.posted()
    try:
        services.close_roll(
            session(), gathering, by_id=me().id, now=now(), reason=form.reason.data or "", follow=follow()
        )
    except Invalid as refused:
        form.refuse(refused)
        return _page(gathering, form, 422)
    said = f"应到 {gathering.due_count} 人，实到 {gathering.present_count} 人。"
    return see_other(url_for("gathering_minutes.edit", gathering_id=gathering.id), flash=said)


@bp.post("/<int:gathering_id>/visits/<int:entry_id>/<any(confirmation, refusal):what>")
@requires(HOLD)
def decide_visit(gathering_id: int, entry_id: int, what: str) -> Response:
    gathering, form = access.gathering_to_hold(session(), me(), gathering_id), LateForm.posted()
    entry, confirm = access.visit_to_decide(session(), gathering, entry_id), what == "confirmation"
    services.decide_visit(
        session(),
        gathering,
        entry,
        confirm=confirm,
        by_id=me().id,
        now=now(),
        reason=form.reason.data or "",
        follow=follow(),
    )
    return _to_roll(gathering, "来访人员已确认。" if confirm else "已记为没有来访。")


# --- the screen ----------------------------------------------------------------------------------------------------


@bp.get("/<int:gathering_id>/display")
@requires(HOLD)
def display(gathering_id: int) -> Response:
    gathering = access.gathering_to_hold(session(), me(), gathering_id)
    return page(
        "gatherings/display.html",
        gathering=gathering,
        owner=queries.owner_of(session(), gathering),
        **_shown(gathering),
    )


@bp.get("/<int:gathering_id>/display/code")
@requires(HOLD)
def code(gathering_id: int) -> Response:
    """The code of this moment and how many are in; the page asks for it every few seconds until the roll is closed."""
    gathering = access.gathering_to_hold(session(), me(), gathering_id)
    response = page("gatherings/_display.html", gathering=gathering, **_shown(gathering))
    if gathering.state is not GatheringState.PLANNED:
        response.headers["X-Stop"] = "1"
    return response


def _shown(gathering: Gathering) -> dict[str, Any]:
    roll = queries.roll_of(session(), gathering)
    is_open = gathering.state is GatheringState.PLANNED and now() >= rules.roll_opens_at(gathering.starts_at)
    is_open = is_open and not services.is_locked(gathering, now())
    return {"qr": _picture(gathering) if is_open else "", "count": roll.count, "latest": _latest(roll), "roll": roll}


def _picture(gathering: Gathering) -> str:
    """The code as an inline picture, drawn here."""
    stamp = code_rules.shown_at(gathering.id, now())
    sealed = stamp.sealed(keys().mac("cookie", stamp.code_text))
    address = url_for("roll.scan", code=sealed, _external=True)
    return qr_address(address)


def _latest(roll: Roll) -> list[str]:
    """Who signed in last, so that people see that it worked."""
    scanned = [(line.entry.scanned_at, line.name) for line in roll.lines if line.entry and line.entry.scanned_at]
    return [name for _, name in sorted(scanned, reverse=True)[:6]]


@bp.get("/<int:gathering_id>/sheet")
@requires(HOLD)
def sheet(gathering_id: int) -> Response:
    gathering = access.gathering_to_hold(session(), me(), gathering_id)
    roll = queries.roll_of(session(), gathering)
    return page("gatherings/sheet.html", **record_of(gathering), roll=roll, blank=range(BLANK_LINES))
