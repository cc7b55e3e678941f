"""Loaders of certificates."""

from sqlalchemy.orm import Session

from lms.certificates import queries
from lms.certificates.models import Certificate
from lms.errors import NotFound
from lms.people.principal import Principal


def certificate_to_read(session: Session, me: Principal, certificate_id: int) -> Certificate:
    """The person's own; somebody else's looks like none."""
    certificate = session.get(Certificate, certificate_id)
    if certificate is None or certificate.person_id != me.id:
        raise NotFound()
    return certificate


def certificate_of_code(session: Session, code: str) -> Certificate:
    """Whoever knows the code holds the paper."""
    certificate = queries.find_by_code(session, code)
    if certificate is None:
        raise NotFound("没有这个核验码。请对照证书再输一次；仍然没有，这份证书就不是本站发的。")
    return certificate
