"""Who could get in: demonstration data, known passwords, second factors."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from lms.config import Settings
from lms.db import is_demonstration
from lms.people import queries as people
from lms.people.rules import EXCLUSIVE, SECOND_FACTOR
from lms.people.services.passwords import password_fits
from lms.upkeep.rules import Line, mend, ok, without

KNOWN_PASSWORDS = ("Jiangtai-2026",)
"""Passwords that stand in our own documents."""
TRIED_MOST = 40
NEAR = {"127.0.0.1", "localhost", "::1"}


def lines(session: Session, settings: Settings) -> Iterator[Line]:
    if not people.has_grants(session):
        yield without("admins", "nobody holds a role yet: run flask setup, it prints the links of the three admins")
        return
    is_demo = is_demonstration(session)
    yield _demonstration(is_demo, settings)
    if not is_demo:
        yield passwords_line(session)
    yield second_factor_line(session, settings, is_demo)


def _demonstration(is_demo: bool, settings: Settings) -> Line:
    if not is_demo:
        return ok("demonstration data", "none")
    if settings.https or set(settings.hosts) - NEAR:
        return mend(
            "demonstration data",
            "this is the demonstration bureau, whose passwords are printed in the README: give real people an empty database (flask migrate, flask setup)",
        )
    return without(
        "demonstration data",
        "this is the demonstration bureau: for real people begin with an empty database (flask migrate, flask setup)",
    )


def passwords_line(session: Session) -> Line:
    """Whether somebody with a role still has a password anybody can read. Tries the most powerful first, at most forty people."""
    holders = people.holders_of(session, [*EXCLUSIVE, *(SECOND_FACTOR - EXCLUSIVE)])
    ids = list(dict.fromkeys(h.person_id for h in sorted(holders, key=lambda h: h.role not in EXCLUSIVE)))[:TRIED_MOST]
    hashes = people.password_hashes(session, ids)
    weak = [name for name, made in hashes if made and any(password_fits(made, known) for known in KNOWN_PASSWORDS)]
    if weak:
        return mend(
            "known passwords",
            f"{', '.join(weak[:5])} still use one that our documents print: open 管理 → 账号 as the system admin and press 发放一次性口令 for each (flask accounts code for the three admins)",
        )
    return ok("known passwords", f"none among {len(hashes)} people with roles")


def second_factor_line(session: Session, settings: Settings, is_demo: bool) -> Line:
    if not settings.totp:
        if is_demo:
            return without("second factor", "LMS_TOTP=off, as a demonstration may: take it out for real people")
        return mend(
            "second factor", "LMS_TOTP=off has no effect on a real site and hides what is in force: take it out"
        )
    ids = {h.person_id for h in people.holders_of(session, list(SECOND_FACTOR))}
    lacking = people.count_without_second_factor(session, ids)
    return ok("second factor", f"asked of {len(ids)} people; {lacking} set theirs up when they next sign in")
