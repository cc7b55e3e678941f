"""Reviewing claims: the unit first, then HR, in whose step the hours are credited."""

from typing import Any

from flask import Blueprint, Response, request, url_for

from lms import clock
from lms.claims import access, queries, services
from lms.claims.forms import ReviewForm, RevocationForm
from lms.claims.models import Claim
from lms.claims.rules import ClaimState
from lms.claims.views import facts_of, send_proof
from lms.errors import Forbidden, Invalid
from lms.people import access as people_access
from lms.people import queries as people
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.web import now, page, page_number, paged, see_other, session

bp = Blueprint("claims_office", __name__, url_prefix="/office/claims")

READ, ENDORSE, APPROVE = Permission.HOURS_READ, Permission.CLAIM_ENDORSE, Permission.HOURS_MANAGE
LISTS = {
    "waiting": ("待审", (ClaimState.SUBMITTED, ClaimState.ENDORSED)),
    "returned": ("补充中", (ClaimState.RETURNED,)),
    "approved": ("已计入", (ClaimState.APPROVED,)),
    "ended": ("其他", (ClaimState.REFUSED, ClaimState.WITHDRAWN, ClaimState.REVOKED)),
}


@bp.get("")
@requires(READ)
def index() -> Response:
    chosen = request.args.get("list", "waiting")
    chosen = chosen if chosen in LISTS else "waiting"
    today = clock.today(now())
    query = queries.claims_in(access.review_scope(session(), me()), today, LISTS[chosen][1])
    claims = paged(session(), query, page_number())
    ids = [claim.person_id for claim in claims.rows]
    return page(
        "claims/office.html", claims=claims, names=people.names_of(session(), ids), lists=LISTS, chosen=chosen, today=today,
        places=people.places_of(session(), ids, today), is_mine=_level_is_mine, active="hours",
    )  # fmt: skip


def _level_is_mine(claim: Claim) -> bool:
    """Whether the claim waits for this person to decide."""
    if me().id in (claim.person_id, claim.endorsed_by_id):
        return False
    return me().can({ClaimState.SUBMITTED: ENDORSE, ClaimState.ENDORSED: APPROVE}.get(claim.state, ""))


@bp.get("/<int:claim_id>")
@requires(READ)
def show(claim_id: int) -> Response:
    return _page(access.claim_to_review(session(), me(), claim_id), ReviewForm.shown())


def _page(claim: Claim, form: ReviewForm, status: int = 200, revocation: RevocationForm | None = None) -> Response:
    facts = facts_of(claim)
    if claim.state is ClaimState.ENDORSED and form.hours.data is None:
        form.hours.data = facts["worth"] / 4
    return page(
        "claims/review.html", status, **facts, form=form, is_mine=_level_is_mine(claim), active="hours",
        place=people.places_of(session(), [claim.person_id], clock.today(now())).get(claim.person_id),
        may_revoke=me().can(APPROVE) and claim.state is ClaimState.APPROVED, revocation=revocation or RevocationForm.shown(),
        may_read_hours=people_access.scope(session(), me(), READ).unit_paths != (),
    )  # fmt: skip


@bp.post("/<int:claim_id>/endorsement")
@requires(ENDORSE)
def endorse(claim_id: int) -> Response:
    """The unit's decision: agree, return, or refuse."""
    claim, form = access.claim_to_review(session(), me(), claim_id), ReviewForm.posted()
    if not form.validate():
        return _page(claim, form, 422)
    try:
        said = _decide(claim, ClaimState.SUBMITTED, form)
    except Invalid as problem:
        form.refuse(problem)
        return _page(claim, form, 422)
    return see_other(url_for("claims_office.index"), flash=said)


@bp.post("/<int:claim_id>/approval")
@requires(APPROVE)
def approve(claim_id: int) -> Response:
    """HR's decision: approve with a figure, return, or refuse."""
    claim, form = access.claim_to_review(session(), me(), claim_id), ReviewForm.posted()
    if not form.validate():
        return _page(claim, form, 422)
    try:
        said = _decide(claim, ClaimState.ENDORSED, form)
    except Invalid as problem:
        form.refuse(problem)
        return _page(claim, form, 422)
    return see_other(url_for("claims_office.index"), flash=said)


def _decide(claim: Claim, level: ClaimState, form: ReviewForm) -> str:
    about: dict[str, Any] = {"note": form.note.data or "", "by_id": me().id, "now": now()}
    verdict = request.form.get("verdict")
    if verdict == "return":
        services.give_back(session(), claim, level=level, **about)
        return "已退回，本人补充后会再来。"
    if verdict == "refuse":
        services.refuse(session(), claim, level=level, **about)
        return "已记为不同意，本人会看到原因。"
    if verdict != "agree":
        raise Forbidden("请用页面上的按钮审核。")
    if level is ClaimState.SUBMITTED:
        services.endorse(session(), claim, **about)
        return "单位已同意，接下来由人事教育处审批。"
    services.approve(session(), claim, quarters=int((form.hours.data or 0) * 4), by=me().name, **about)
    return "已同意，学时已经计入。"


@bp.post("/<int:claim_id>/revocation")
@requires(APPROVE)
def revoke(claim_id: int) -> Response:
    claim, form = access.claim_to_review(session(), me(), claim_id), RevocationForm.posted()
    if not form.validate():
        return _page(claim, ReviewForm.shown(), 422, form)
    services.revoke(session(), claim, note=form.note.data, by_id=me().id, by=me().name, now=now())
    return see_other(url_for("claims_office.show", claim_id=claim.id), flash="已撤销，学时按更正扣回。")


@bp.get("/<int:claim_id>/proofs/<int:media_id>")
@requires(READ)
def proof(claim_id: int, media_id: int) -> Response:
    return send_proof(access.claim_to_review(session(), me(), claim_id), media_id)
