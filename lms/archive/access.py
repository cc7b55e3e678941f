"""Loaders of archives."""

from sqlalchemy.orm import Session

from lms.archive import queries
from lms.archive.models import ArchivedYear, TalentSearch
from lms.errors import NotFound
from lms.people import access as people
from lms.people.models import Person
from lms.people.principal import Principal
from lms.people.rules import Permission


def person_to_keep(session: Session, me: Principal, person_id: int) -> Person:
    """Somebody whose archive this person keeps."""
    return people.person_to_manage(session, me, person_id, Permission.HOURS_MANAGE)


def version_to_amend(session: Session, me: Principal, person_id: int, year: int) -> tuple[Person, ArchivedYear]:
    """The closed year of somebody in scope."""
    person = person_to_keep(session, me, person_id)
    standing = queries.find_newest(session, person.id, year)
    if standing is None:
        raise NotFound("这一年还没有封存，改学时记录就行。")
    return person, standing


def own_search(session: Session, me: Principal, search_id: int) -> TalentSearch:
    """A search the person made: whoever wants to look gives a reason of their own."""
    search = session.get(TalentSearch, search_id)
    if search is None or search.by_id != me.id:
        raise NotFound()
    return search
