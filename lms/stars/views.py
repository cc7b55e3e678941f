"""Stars as everybody signed in meets them: the honours page, a cycle on notice or published, one's own score with its parts."""

from typing import Any

from flask import Blueprint, Response, request, url_for

from lms import clock
from lms.certificates import queries as certificates
from lms.errors import Conflict, NotFound
from lms.leaderboard import rules as board_rules
from lms.leaderboard.notice_rules import days, may_object
from lms.leaderboard.queries import are_rankings_on
from lms.people.guard import me, signed_in
from lms.stars import access, queries, rules
from lms.stars.access import REVIEW
from lms.stars.catalogue_rules import GATES, HOLDERS, Holder
from lms.stars.forms import ObjectionForm
from lms.stars.listings import NamedLine, honours, proposed_lines, rows_of
from lms.stars.models import StarPublication
from lms.stars.queries import CycleLine
from lms.stars.rules import PUBLIC, STATES, CycleState
from lms.stars.services import file_objection as file
from lms.stars.services.certifying import SOURCE, owner_of
from lms.stars.services.measuring import measured_now, moves_of
from lms.web import attachment, now, page, see_other, session

bp = Blueprint("stars", __name__, url_prefix="/stars")

CONTRIBUTIONS = ("lectures", "materials", "cases", "branch_recommendation", "unit_recommendation")
"""Parts whose facts are public deeds: a secretary sees these of the people who may be recommended, not their test results."""


@bp.get("")
@signed_in
def index() -> Response:
    access.check_rankings_on(session())
    lines = [line for line in queries.list_cycles(session(), queries.is_public()) if access.is_meant(me(), line)]
    published = [line for line in lines if line.cycle.state is CycleState.PUBLISHED]
    return page(
        "stars/index.html",
        noticed=[line for line in lines if line.cycle.state is not CycleState.PUBLISHED],
        boards=honours(session(), published),
        days=days,
        may_recommend=me().can(access.RECOMMEND),
        active="stars",
    )


@bp.get("/mine")
@signed_in
def mine() -> Response:
    found = queries.list_own(session(), me().id)
    return page(
        "stars/mine.html",
        own=found,
        papers={line.cycle.id: _paper(line) for one, line in found if _is_named(line, one.place)},
        is_named=_is_named,
        states=STATES,
        active="me",
    )


def _is_named(line: CycleLine, place: int | None) -> bool:
    """Whether that may be told: from the notice period on."""
    return place is not None and line.cycle.state in PUBLIC


def _paper(line: CycleLine) -> int | None:
    """The number of my certificate of the cycle that stands."""
    found = certificates.find_latest(session(), (SOURCE, line.cycle.id), owner_of(line, me().id, "").key)
    return found.id if found is not None and found.is_valid else None


@bp.get("/cycles/<int:cycle_id>")
@signed_in
def cycle(cycle_id: int) -> Response:
    return _cycle_page(access.cycle_to_see(session(), me(), cycle_id), ObjectionForm.shown())


def _cycle_page(line: CycleLine, form: ObjectionForm, status: int = 200) -> Response:
    versions = queries.list_publications(session(), line.cycle.id)
    published = _version(line, request.args.get("version")) if versions else None
    objections = queries.list_own_objections(session(), line.cycle.id, me().id)
    until = line.cycle.notice_until_on if line.cycle.state is CycleState.NOTICE else None
    return page(
        "stars/cycle.html",
        status,
        line=line,
        rows=_rows(line, published),
        published=published,
        versions=versions,
        fingerprint=board_rules.fingerprint(published.public_digest) if published else "",
        objections=objections,
        may_object=may_object(until, clock.today(now())) and all(one.replied_at for one in objections),
        words=rules.explain(queries.rule_of(session(), line.cycle), who=HOLDERS[line.programme.holder]),
        mine=queries.find_own(session(), line, me().id),
        days=days,
        states=STATES,
        form=form,
        active="stars",
    )


def _rows(line: CycleLine, published: StarPublication | None) -> list[NamedLine]:
    if published is None:
        return proposed_lines(session(), line)
    return rows_of(session(), line, queries.list_public_lines(session(), [published.id])[line.cycle.id])


def _version(line: CycleLine, given: str | None) -> StarPublication:
    number = int(given) if given and given.isdecimal() and len(given) < 6 else None
    found = queries.find_publication(session(), line.cycle.id, number)
    if found is None:
        raise NotFound()
    return found


@bp.get("/cycles/<int:cycle_id>/published.json")
@signed_in
def snapshot(cycle_id: int) -> Response:
    """The very bytes the digest was made of, so that anybody can check it."""
    line = access.cycle_to_see(session(), me(), cycle_id)
    published = _version(line, request.args.get("version"))
    body = board_rules.canonical(published.public)
    return attachment(body, f"stars-{cycle_id}-v{published.version}.json", "application/json")


@bp.post("/cycles/<int:cycle_id>/objections")
@signed_in
def object_to(cycle_id: int) -> Response:
    line, form = access.cycle_to_see(session(), me(), cycle_id), ObjectionForm.posted()
    if not form.validate():
        return _cycle_page(line, form, 422)
    try:
        file(session(), line, person_id=me().id, text=form.text.data, now=now())
    except Conflict as refused:
        form.text.errors = [refused.message]
        return _cycle_page(line, form, refused.status)
    return see_other(url_for("stars.cycle", cycle_id=cycle_id), flash="异议已提交，答复会发消息告诉你。")


@bp.get("/candidates/<int:candidate_id>")
@signed_in
def candidate(candidate_id: int) -> Response:
    one, line = access.candidate_to_see(session(), me(), candidate_id)
    own, reviews = access.is_own(me(), one, line), access.may_handle(session(), me(), line, REVIEW)
    current = measured_now(session(), one, line) if own or reviews else None
    return page(
        "stars/candidate.html",
        one=one,
        line=line,
        parts=one.parts if own or reviews else _deeds(one.parts),
        gates=one.gates if own or reviews else [],
        gate_names=GATES,
        moves=moves_of(one.parts, current.parts) if current else [],
        now_millis=current.score_millis if current else 0,
        own=own and line.programme.holder is Holder.PERSON,
        reviews=reviews,
        is_named=_is_named(line, one.place) and are_rankings_on(session()),
        active="me" if own else "stars",
    )


def _deeds(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**part, "facts": part["facts"] if part["source"] in CONTRIBUTIONS else []} for part in parts]
