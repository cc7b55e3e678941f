"""Issue, withdraw, replace and draw certificates."""

import secrets
from collections.abc import Callable, Sequence
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms.certificates import queries, rules
from lms.certificates.models import Certificate, CertificateSeries
from lms.certificates.rules import Holder, Kind, State
from lms.db import changed, insert_ignore
from lms.errors import Conflict
from lms.printing.codes import qr_svg
from lms.printing.typeset import pdf

Source = tuple[str, int]


def issue(
    session: Session,
    holder: Holder,
    *,
    kind: Kind,
    title: str,
    lines: Sequence[str],
    issuer: str,
    source: Source,
    issued_on: date,
    now: datetime,
) -> Certificate:
    """The certificate of that source for that holder: a new one, or the one there is, whoever asks and however often.

    One that was withdrawn is returned as it is: what is decided anew after a withdrawal needs a source of its own.
    """
    series = _locked_series(session, kind, issued_on.year)
    there = queries.find_latest(session, source, holder.key)
    if there is not None:
        return there
    return _added(
        session, series, holder, title=title, lines=lines, issuer=issuer, source=source, issued_on=issued_on, now=now
    )


def withdraw(session: Session, certificate: Certificate, *, reason: str, by_id: int | None, now: datetime) -> None:
    """It does not stand any more; the public page says so and why. Raises Conflict when it stood no more already."""
    _end(session, certificate, State.WITHDRAWN, reason=reason, by_id=by_id, now=now)


def replace(
    session: Session,
    certificate: Certificate,
    *,
    holder: str | None = None,
    title: str | None = None,
    lines: Sequence[str] | None = None,
    issued_on: date,
    reason: str,
    by_id: int | None,
    now: datetime,
) -> Certificate:
    """A further certificate of the same source and holder with what is given put right; the old one says that it was replaced."""
    series = _locked_series(session, certificate.kind, issued_on.year)
    _end(session, certificate, State.REPLACED, reason=reason, by_id=by_id, now=now)
    return _added(
        session,
        series,
        Holder(certificate.holder_key, holder or certificate.holder, certificate.person_id),
        title=title or certificate.title,
        lines=certificate.lines if lines is None else lines,
        issuer=certificate.issuer,
        source=(certificate.source_kind, certificate.source_id),
        issued_on=issued_on,
        now=now,
        revision=certificate.revision + 1,
    )


def draw(certificates: Sequence[Certificate], address_of: Callable[[str], str]) -> bytes:
    """A PDF, one page each. `address_of(code)` is the public page of a code. Raises ValueError without any."""
    if not certificates:
        raise ValueError("no certificates to draw")
    pages = [_facts(one, f"qr-{number}.svg") for number, one in enumerate(certificates)]
    pictures = {f"qr-{number}.svg": qr_svg(address_of(one.code)) for number, one in enumerate(certificates)}
    return pdf("certificates/certificate", {"pages": pages}, at=certificates[0].issued_at, pictures=pictures)


def _facts(one: Certificate, qr: str) -> dict[str, str | list[str]]:
    return {
        "name": rules.KINDS[one.kind].name,
        "holder": one.holder,
        "title": one.title,
        "lines": list(one.lines),
        "issuer": one.issuer,
        "on": f"{one.issued_on.year}年{one.issued_on.month}月{one.issued_on.day}日",
        "serial": one.serial,
        "code": rules.grouped(one.code),
        "qr": qr,
        "ended": "" if one.is_valid else rules.STATES[one.state],
    }


def _locked_series(session: Session, kind: Kind, year: int) -> CertificateSeries:
    """The counter, locked until the transaction ends: whoever issues next waits here and then sees what was issued."""
    insert_ignore(session, CertificateSeries, [{"kind": kind, "year": year, "last": 0}], key=["kind", "year"])
    mine = (CertificateSeries.kind == kind, CertificateSeries.year == year)
    session.execute(update(CertificateSeries).where(*mine).values(last=CertificateSeries.last))
    return session.scalars(select(CertificateSeries).where(*mine).execution_options(populate_existing=True)).one()


def _added(
    session: Session,
    series: CertificateSeries,
    holder: Holder,
    *,
    title: str,
    lines: Sequence[str],
    issuer: str,
    source: Source,
    issued_on: date,
    now: datetime,
    revision: int = 0,
) -> Certificate:
    series.last += 1
    certificate = Certificate(
        kind=series.kind, serial=rules.serial_of(series.kind, series.year, series.last), code=_new_code(),
        person_id=holder.person_id, holder_key=holder.key, holder=holder.name, title=title, lines=list(lines),
        issuer=issuer, source_kind=source[0], source_id=source[1], revision=revision, issued_on=issued_on, issued_at=now,
    )  # fmt: skip
    session.add(certificate)
    session.flush()  # the next one in this transaction must find it
    return certificate


def _end(
    session: Session, certificate: Certificate, state: State, *, reason: str, by_id: int | None, now: datetime
) -> None:
    values = {"state": state, "ended_at": now, "ended_by_id": by_id, "reason": reason.strip()[:200]}
    stands = (Certificate.id == certificate.id, Certificate.state == State.VALID)
    if not changed(session.execute(update(Certificate).where(*stands).values(values))):
        raise Conflict("这份证书已经撤销或换发，请刷新后再看。")


def _new_code() -> str:
    return "".join(secrets.choice(rules.CODE_LETTERS) for _ in range(rules.CODE_LENGTH))
