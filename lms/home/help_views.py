"""Help: what the person's roles do here, and where each thing begins."""

from flask import Blueprint, Response, url_for

from lms.errors import NotFound
from lms.home.help_rules import HELP
from lms.people.guard import me, signed_in
from lms.people.rules import ROLES, Permission, Role
from lms.web import page

bp = Blueprint("help", __name__, url_prefix="/help")


@bp.get("")
@signed_in
def index() -> Response:
    """That of the first role the person holds beside the learner's."""
    own = mine()
    return _page(next((role for role in own if role is not Role.CADRE), own[0]))


@bp.get("/<role>")
@signed_in
def of_role(role: str) -> Response:
    """Anybody may read what the others do; links lead only where the person may go."""
    if role not in [known.value for known in Role]:
        raise NotFound()
    return _page(Role(role))


def mine() -> list[Role]:
    """The person's roles in the order of the list."""
    held = {grant.role for grant in me().grants} | ({Role.CADRE} if me().can(Permission.COURSE_STUDY) else set())
    return [role for role in HELP if role in held]


def _page(role: Role) -> Response:
    own = mine()
    return page(
        "home/help.html",
        active="me",
        role=role,
        topics=HELP[role],
        tabs_of_own=[(ROLES[held], url_for("help.of_role", role=held.value), held is role) for held in own],
        others=[other for other in HELP if other not in own and other is not role],
        names=ROLES,
        is_own=role in own,
    )
