"""Own certificates, and the public page on which a paper is checked."""

from flask import Blueprint, Response, request, url_for

from lms.certificates import access, queries, rules, services
from lms.people.guard import me, public, signed_in
from lms.web import attachment, page, see_other, session

bp = Blueprint("certificates", __name__)


@bp.get("/me/certificates")
@signed_in
def mine() -> Response:
    found = queries.list_of_person(session(), me().id)
    return page("certificates/mine.html", certificates=found, kinds=rules.KINDS, states=rules.STATES, active="me")


@bp.get("/certificates/<int:certificate_id>/file")
@signed_in
def file(certificate_id: int) -> Response:
    certificate = access.certificate_to_read(session(), me(), certificate_id)
    content = services.draw([certificate], address_of)
    return attachment(content, f"{rules.KINDS[certificate.kind].name} {certificate.serial}.pdf", "application/pdf")


@bp.get("/verify")
@public
def ask() -> Response:
    code = rules.tidied(request.args.get("code", ""))
    return see_other(url_for("certificates.verify", code=code)) if code else page("certificates/ask.html")


@bp.get("/verify/<code>")
@public
def verify(code: str) -> Response:
    certificate = access.certificate_of_code(session(), code)
    name, state = rules.KINDS[certificate.kind].name, rules.STATES[certificate.state]
    return page(
        "certificates/verify.html",
        certificate=certificate,
        name=name,
        state=state,
        code=rules.grouped(certificate.code),
    )


def address_of(code: str) -> str:
    return url_for("certificates.verify", code=code, _external=True)
