"""The loaders of hours: whose statement, entry and exemption somebody may see or change."""

from sqlalchemy.orm import Session

from lms.errors import Forbidden, NotFound
from lms.hours import queries, rule_queries
from lms.hours.models import HourEntry, HourExemption, RuleVersion
from lms.people import access as people
from lms.people.access import Scope
from lms.people.models import Person, Unit
from lms.people.principal import Principal
from lms.people.rules import Permission

READ, MANAGE = Permission.HOURS_READ, Permission.HOURS_MANAGE


def read_scope(session: Session, me: Principal) -> Scope:
    """Where the person reads others' hours."""
    return people.scope(session, me, READ)


def person_to_read(session: Session, me: Principal, person_id: int) -> Person:
    """Somebody of my scope today; NotFound for everybody else."""
    return people.person_to_manage(session, me, person_id, READ)


def unit_to_read(session: Session, me: Principal, unit_id: int) -> Unit:
    return people.unit_to_see(session, me, unit_id, READ)


def entry_to_correct(session: Session, me: Principal, entry_id: int) -> HourEntry:
    """An entry of somebody else in my scope. Forbidden for one's own: nobody corrects their own hours."""
    entry = queries.find_entry_by_id(session, entry_id)
    if entry is None:
        raise NotFound()
    people.person_to_manage(session, me, entry.person_id, MANAGE)
    if entry.person_id == me.id:
        raise Forbidden("自己的学时请另一位同事更正。")
    return entry


def exemption_to_decide(session: Session, me: Principal, exemption_id: int) -> HourExemption:
    """An exemption of somebody in my scope; who may decide in the end is the service's matter."""
    exemption = queries.find_exemption(session, exemption_id)
    if exemption is None:
        raise NotFound()
    people.person_to_manage(session, me, exemption.person_id, MANAGE)
    return exemption


def version_to_manage(session: Session, version_id: int) -> RuleVersion:
    """Any version: the rules are those of the whole site."""
    version = rule_queries.find_version(session, version_id)
    if version is None:
        raise NotFound()
    return version
