"""The session of the present request. Opened at first use, ended in one place (lms/web/dispatch.py)."""

from flask import current_app, g
from sqlalchemy.orm import Session

from lms.db.session import MakeSession


def make_session() -> MakeSession:
    maker: MakeSession = current_app.extensions["make_session"]
    return maker


def session() -> Session:
    """The request's session."""
    if "session" not in g:
        g.session = make_session()()
    opened: Session = g.session
    return opened


def opened_session() -> Session | None:
    """The session if this request has used one."""
    opened: Session | None = g.get("session")
    return opened
