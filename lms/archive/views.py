"""A person's own year."""

from typing import Any

from flask import Blueprint, Response, request, url_for

from lms import clock
from lms.archive import queries, rules, services
from lms.archive.assembling import assemble
from lms.archive.models import ArchivedYear
from lms.archive.rules import Facts
from lms.certificates.models import Certificate
from lms.hours import queries as hours
from lms.people import queries as people
from lms.people.guard import me, requires
from lms.people.models import Person
from lms.people.rules import Permission
from lms.web import attachment, now, page, session

bp = Blueprint("archive", __name__, url_prefix="/me/archive")


@bp.get("")
@requires(Permission.COURSE_STUDY)
def own() -> Response:
    person, year = people.person_by_id(session(), me().id), year_asked(me().id)
    return page(
        "archive/own.html",
        years=years_of(person.id),
        closes_on=rules.closes_on(year),
        active="me",
        **shown_year(person, year),
    )


@bp.get("/file")
@requires(Permission.COURSE_STUDY)
def file() -> Response:
    return drawn(people.person_by_id(session(), me().id), year_asked(me().id))


def year_asked(person_id: int) -> int:
    """The year of the address as far as the person has one; this year otherwise."""
    wanted = request.args.get("year", type=int)
    return wanted if wanted in years_of(person_id) else clock.today(now()).year


def years_of(person_id: int) -> list[int]:
    """Years with hours and closed years of the person, and this one; the newest first."""
    with_hours = hours.list_years(session(), person_id, this_year=clock.today(now()).year)
    return sorted({*with_hours, *queries.list_archived(session(), person_id)}, reverse=True)


def shown_year(person: Person, year: int) -> dict[str, Any]:
    """What the pages of a person's year show: the closed facts, or what the rooms say now."""
    facts, version, certificate = _standing(person, year)
    return {
        "person": person,
        "year": year,
        "facts": facts,
        "version": version,
        "certificate": certificate,
        "versions": queries.list_versions(session(), person.id, year),
        "sections": rules.SECTIONS,
        "hours_of": rules.hours_of,
    }


def drawn(person: Person, year: int) -> Response:
    """The year as a file."""
    facts, version, certificate = _standing(person, year)
    at = version.made_at if version else now()
    address = url_for("certificates.verify", code=certificate.code, _external=True) if certificate else ""
    content = services.draw(facts, version=version, certificate=certificate, address=address, at=at)
    return attachment(content, f"archive-{person.staff_no}-{year}.pdf", "application/pdf")


def _standing(person: Person, year: int) -> tuple[Facts, ArchivedYear | None, Certificate | None]:
    version = queries.find_newest(session(), person.id, year)
    if version is None:
        return assemble(session(), person, year, today=clock.today(now())), None, None
    return version.facts, version, queries.find_certificate(session(), version)
