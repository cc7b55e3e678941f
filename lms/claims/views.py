"""One's own claims: filed with proof, followed, completed, taken back."""

from collections.abc import Iterable
from typing import Any, BinaryIO, cast

from flask import Blueprint, Response, current_app, request, url_for
from werkzeug.datastructures import FileStorage

from lms import clock
from lms.claims import access, queries, rules, services
from lms.claims.forms import ClaimForm, claim_data
from lms.claims.models import Claim
from lms.claims.rules import ACTS, ClaimState
from lms.errors import Conflict, Invalid
from lms.media import services as media
from lms.media.models import MediaFile
from lms.media.rules import LinkScope, MediaKind
from lms.people import queries as people
from lms.people.guard import keys, me, requires
from lms.people.rules import Permission
from lms.storage import Storage
from lms.web import body_up_to, now, page, see_other, session

bp = Blueprint("claims", __name__, url_prefix="/hours/claims", template_folder="templates")

STUDY = Permission.COURSE_STUDY
FILE_BYTES = 20_000_000
BODY_BYTES = rules.MOST_PROOFS * FILE_BYTES + 1_000_000
PROOFS = frozenset({MediaKind.IMAGE, MediaKind.DOCUMENT})


@bp.get("")
@requires(STUDY)
def index() -> Response:
    return page("claims/index.html", claims=queries.list_own(session(), me().id), active="me")


@bp.get("/new")
@requires(STUDY)
def new() -> Response:
    return _form_page(ClaimForm.shown(data={"kind": "training"}))


def _form_page(form: ClaimForm, claim: Claim | None = None, status: int = 200) -> Response:
    if claim is not None:
        form.keep.choices = [(file.id, file.original_name) for file in queries.list_proofs(session(), claim.id)]
    else:
        del form.keep
        form.files.flags.required = True
    return page("claims/form.html", status, form=form, claim=claim, today=clock.today(now()), active="me")


@bp.post("")
@requires(STUDY)
@body_up_to(BODY_BYTES)
def submit() -> Response:
    form = ClaimForm.posted()
    if not form.validate():
        return _form_page(form, status=422)
    try:
        files = _receive()
        claim = services.submit(session(), me().id, form.wanted(), [file.id for file in files], now=now())
    except (Invalid, Conflict) as problem:
        form.refuse(problem if isinstance(problem, Invalid) else Invalid(problem.message, field="title"))
        return _form_page(form, status=422)
    said = "已提交，先由单位审核，再由人事教育处审批。"
    if queries.list_overlaps(session(), claim):
        said += "同一天你还有别的学时，审核时会核对。"
    return see_other(url_for("claims.show", claim_id=claim.id), flash=said)


def _receive() -> list[MediaFile]:
    """The files of the form, stored. Raises Invalid for too many, too large or of another kind."""
    uploads: Iterable[FileStorage] = [file for file in request.files.getlist("files") if file.filename]
    uploads = list(uploads)
    if len(uploads) > rules.MOST_PROOFS:
        raise Invalid(f"最多 {rules.MOST_PROOFS} 份证明。", field="files")
    for upload in uploads:
        upload.stream.seek(0, 2)
        if upload.stream.tell() > FILE_BYTES:
            raise Invalid("每份不超过 20 MB，请压缩后再传。", field="files")
        upload.stream.seek(0)
    storage: Storage = current_app.extensions["storage"]
    try:
        return [
            media.receive(
                session(), cast(BinaryIO, upload.stream), name=upload.filename or "", owner_id=me().id, storage=storage,
                now=now(), kinds=PROOFS,
            )
            for upload in uploads
        ]  # fmt: skip
    except Invalid as problem:
        raise Invalid(problem.message, field="files") from problem


@bp.get("/<int:claim_id>")
@requires(STUDY)
def show(claim_id: int) -> Response:
    claim = access.own_claim(session(), me(), claim_id)
    return page("claims/show.html", **facts_of(claim), active="me")


def facts_of(claim: Claim) -> dict[str, Any]:
    """What the pages of claimants and reviewers both show of a claim."""
    steps = queries.list_steps(session(), claim.id)
    ids = [claim.person_id, *(step.by_id for step in steps)]
    return {
        "claim": claim,
        "steps": steps,
        "acts": ACTS,
        "names": people.names_of(session(), ids),
        "proofs": queries.list_proofs(session(), claim.id),
        "overlaps": queries.list_overlaps(session(), claim),
        "worth": services.worth(session(), claim),
    }


@bp.get("/<int:claim_id>/form")
@requires(STUDY)
def edit(claim_id: int) -> Response:
    claim = _returned(claim_id)
    kept = [file.id for file in queries.list_proofs(session(), claim.id)]
    form = ClaimForm.shown(data={**claim_data(queries.wanted_of(claim)), "keep": kept})
    return _form_page(form, claim)


def _returned(claim_id: int) -> Claim:
    claim = access.own_claim(session(), me(), claim_id)
    if claim.state is not ClaimState.RETURNED:
        raise Conflict("这份申报不在补充阶段，不能修改；要改请先撤回再重新申报。")
    return claim


@bp.post("/<int:claim_id>/completion")
@requires(STUDY)
@body_up_to(BODY_BYTES)
def complete(claim_id: int) -> Response:
    claim, form = _returned(claim_id), ClaimForm.posted()
    form.keep.choices = [(file.id, file.original_name) for file in queries.list_proofs(session(), claim.id)]
    if not form.validate():
        return _form_page(form, claim, 422)
    try:
        files = _receive()
        services.complete(
            session(), claim, form.wanted(), [file.id for file in files], keep=form.keep.data or [], now=now()
        )
    except (Invalid, Conflict) as problem:
        form.refuse(problem if isinstance(problem, Invalid) else Invalid(problem.message, field="title"))
        return _form_page(form, claim, 422)
    return see_other(url_for("claims.show", claim_id=claim.id), flash="已补充并重新提交。")


@bp.post("/<int:claim_id>/withdrawal")
@requires(STUDY)
def withdraw(claim_id: int) -> Response:
    claim = access.own_claim(session(), me(), claim_id)
    services.withdraw(session(), claim, now=now())
    return see_other(url_for("claims.index"), flash="申报已撤回，需要时可以重新申报。")


@bp.get("/<int:claim_id>/proofs/<int:media_id>")
@requires(STUDY)
def proof(claim_id: int, media_id: int) -> Response:
    claim = access.own_claim(session(), me(), claim_id)
    return send_proof(claim, media_id)


def send_proof(claim: Claim, media_id: int) -> Response:
    """The file itself, by a link of this sign-in."""
    file = access.proof_of(session(), claim, media_id)
    name = media.original_name(file)
    return see_other(media.link(keys(), file, name, sign_in_id=me().sign_in_id, now=now(), scope=LinkScope.DOWNLOAD))
