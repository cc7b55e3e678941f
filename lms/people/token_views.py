"""Personal access tokens: one's own, on a page of one's own."""

from flask import Blueprint, Response, url_for

from lms.errors import Invalid
from lms.people import queries
from lms.people.forms import TokenForm
from lms.people.guard import me, signed_in
from lms.people.services import tokens
from lms.people.token_rules import PER_MINUTE, SCOPE_LABELS, TokenScope
from lms.web import now, page, see_other, session

bp = Blueprint("tokens", __name__, url_prefix="/me/tokens", template_folder="templates")


@bp.get("")
@signed_in
def index() -> Response:
    return _page(TokenForm())


@bp.post("")
@signed_in
def make() -> Response:
    """The new token is shown on the answer itself, once: it is stored nowhere it could be read again."""
    form = TokenForm.posted()
    if not form.validate():
        return _page(form, 422)
    scopes = [TokenScope(each) for each in form.scopes.data]
    try:
        made = tokens.make_token(
            session(), me().id, name=form.name.data, scopes=scopes, days=form.days.data, by=me().name, now=now()
        )
    except Invalid as problem:
        form.refuse(problem)
        return _page(form, 422)
    shown = _page(TokenForm(), made=made)
    shown.is_secret = True  # type: ignore[attr-defined]  # kept with no operation: it could be read again there
    return shown


@bp.post("/<int:token_id>/revocation")
@signed_in
def revoke(token_id: int) -> Response:
    tokens.revoke_token(session(), me().id, token_id, by=me().name, now=now())
    return see_other(url_for("tokens.index"), flash="令牌已作废")


def _page(form: TokenForm, status: int = 200, *, made: str = "") -> Response:
    held = queries.list_tokens(session(), me().id)
    return page(
        "people/tokens.html", status, form=form, made=made, held=held, labels=SCOPE_LABELS, now=now(), per_minute=PER_MINUTE,
        active="me",
    )  # fmt: skip
