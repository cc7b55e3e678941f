"""Home: where am I, what is due, what do I press."""

from flask import Blueprint, Response

from lms.people.guard import signed_in
from lms.web import page

bp = Blueprint("home", __name__)


@bp.get("/")
@signed_in
def index() -> Response:
    return page("home/index.html", active="home")
