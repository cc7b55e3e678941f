"""Close years, amend closed ones, and set them as PDF."""

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms import clock
from lms.archive import queries, rules
from lms.archive.assembling import assemble, issuer_of, people_of
from lms.archive.models import ArchivedYear, YearClosing
from lms.archive.rules import Facts
from lms.audit import services as audit
from lms.certificates import rules as certificate_rules
from lms.certificates import services as certificates
from lms.certificates.models import Certificate
from lms.certificates.rules import Kind
from lms.db import insert_ignore, unit_of_work
from lms.errors import Conflict, Forbidden, Invalid
from lms.notices import services as notices
from lms.people import queries as people
from lms.people.models import Person
from lms.printing.codes import qr_svg
from lms.printing.typeset import pdf
from lms.storage import Storage
from lms.tasks import services as tasks
from lms.tasks.models import Task
from lms.tasks.services import TaskContext

CLOSING, PRINTING = "archive.close", "archive.print"
AT_ONCE = 20
AddressOf = Callable[[str], str]


def begin_closing(session: Session, year: int, *, by_id: int | None, now: datetime) -> YearClosing:
    """The task that closes everybody's year. Raises Invalid while the year goes on, Conflict when it is closed already."""
    if clock.today(now).year <= year:
        raise Invalid("这一年还没有过完，过完以后才能封存。")
    title = f"封存 {year} 年学习档案"
    task = tasks.enqueue(session, CLOSING, {"year": year}, owner_id=by_id, title=title, now=now)
    row = {"year": year, "task_id": task.id, "begun_by_id": by_id, "begun_at": now, "people": 0}
    if not insert_ignore(session, YearClosing, [row], key=["year"]):
        raise Conflict(f"{year} 年已经封存，改动请用更正。")
    audit.record(session, by_id, "archive.close", f"year:{year}", {"year": year}, now=now)
    found = queries.find_closing(session, year)
    assert found is not None
    return found


def close_everybody(context: TaskContext) -> dict[str, Any]:
    """Each person's year is closed in a transaction of its own group; who is closed already stays as it is, so a second run goes on."""
    year = int(context.input["year"])
    with context.make_session() as session:
        ids = people_of(session, year)
    for start in range(0, len(ids), AT_ONCE):
        with unit_of_work(context.make_session) as session:
            close_people(session, year, ids[start : start + AT_ONCE], now=clock.now())
        context.progress(min(start + AT_ONCE, len(ids)), len(ids))
    with unit_of_work(context.make_session) as session:
        done = {"finished_at": clock.now(), "people": len(ids)}
        session.execute(update(YearClosing).where(YearClosing.year == year).values(done))
    return {"text": f"已封存 {len(ids)} 人的 {year} 年学习档案。", "people": len(ids)}


def close_people(session: Session, year: int, person_ids: Sequence[int], *, now: datetime) -> None:
    """These persons' year is closed, each with a numbered certificate; who is closed already stays as it is.

    Everything is read first: nothing is assembled after the first write.
    """
    open_ids = queries.list_unclosed(session, year, person_ids)
    persons = [people.person_by_id(session, person_id) for person_id in open_ids]
    assembled = [(person, assemble(session, person, year, today=clock.today(now))) for person in persons]
    issuer = issuer_of(session)
    for person, facts in assembled:
        certificate = certificates.issue(
            session,
            certificate_rules.person(person.id, person.name),
            kind=Kind.ARCHIVE,
            title=f"{year} 年学习档案",
            lines=_lines(facts),
            issuer=issuer,
            source=("archive", year),
            issued_on=clock.today(now),
            now=now,
        )
        row = {
            "person_id": person.id, "year": year, "version": 1, "facts": facts, "digest": rules.digest_of(facts),
            "certificate_id": certificate.id, "made_by_id": None, "made_at": now,
        }  # fmt: skip
        insert_ignore(session, ArchivedYear, [row], key=["person_id", "year", "version"])


def amend(
    session: Session, person: Person, standing: ArchivedYear, *, reason: str, by_id: int, now: datetime
) -> ArchivedYear:
    """The next version with what the rooms say today; the person is told. Their own nobody amends.

    Raises Forbidden for the person, Invalid without a reason or when nothing has changed, Conflict when somebody was quicker.
    """
    if by_id == person.id:
        raise Forbidden("自己的档案请另一位同事更正。")
    if not reason.strip():
        raise Invalid("请写明为什么更正。", field="reason")
    facts = assemble(session, person, standing.year, today=clock.today(now))
    changes = rules.differences(standing.facts, facts)
    if not changes:
        raise Invalid("和封存时没有差别。先更正学时等记录，再回来更正档案。")
    former = queries.find_certificate(session, standing)
    row = {
        "person_id": person.id, "year": standing.year, "version": standing.version + 1, "facts": facts,
        "digest": rules.digest_of(facts), "changes": changes, "reason": reason.strip(), "made_by_id": by_id,
        "made_at": now, "certificate_id": former.id,
    }  # fmt: skip
    if not insert_ignore(session, ArchivedYear, [row], key=["person_id", "year", "version"]):
        raise Conflict("这份档案刚刚有人更正过，请刷新后再看。")
    newest = queries.find_newest(session, person.id, standing.year)
    assert newest is not None
    newest.certificate_id = _replaced(session, former, facts, newest, by_id=by_id, now=now).id
    detail = {"person_id": person.id, "version": newest.version, "reason": reason.strip(), "changes": len(changes)}
    audit.record(session, by_id, "archive.amend", f"archive:{person.id}:{standing.year}", detail, now=now)
    link = f"/me/archive?year={standing.year}"
    notices.tell(session, person.id, f"你的 {standing.year} 年学习档案有第 {newest.version} 版", link, now=now)
    return newest


def _replaced(
    session: Session, former: Certificate, facts: Facts, version: ArchivedYear, *, by_id: int, now: datetime
) -> Certificate:
    return certificates.replace(
        session,
        former,
        lines=[*_lines(facts), f"第 {version.version} 版，更正原因：{version.reason}"],
        issued_on=clock.today(now),
        reason=f"已更正，以第 {version.version} 版为准",
        by_id=by_id,
        now=now,
    )


def _lines(facts: Facts) -> list[str]:
    """What the public page says of the year: totals and the digest, no detail."""
    earned = "，".join(f"{row['label']} {rules.hours_of(row['earned'])} 学时" for row in facts["standards"])
    return [f"{facts['person']['unit']}，{facts['year']} 年：{earned}。", f"校验码 {rules.digest_of(facts)[:16]}"]


def draw(
    facts: Facts, *, version: ArchivedYear | None, certificate: Certificate | None, address: str, at: datetime
) -> bytes:
    """The year as an A4 PDF: with serial, version and code when it is closed, marked as open when it is not."""
    closed = version is not None and certificate is not None
    shown = {
        **facts,
        "serial": certificate.serial if certificate else "",
        "code": certificate_rules.grouped(certificate.code) if certificate else "",
        "version": version.version if version else 0,
        "reason": version.reason if version else "",
        "digest": version.digest if version else "",
        "made": f"{clock.local(at):%Y-%m-%d %H:%M}",
    }
    pictures = {"qr.svg": qr_svg(address)} if closed else {}
    return pdf("archive/year", shown, at=at, pictures=pictures)


def begin_printing(session: Session, year: int, base: str, *, by_id: int, now: datetime) -> Task:
    """The task that makes one ZIP with everybody's PDF. `base` is the address below which codes are checked. Raises Conflict while open."""
    if queries.find_closing(session, year) is None:
        raise Conflict(f"{year} 年还没有封存，封存以后再导出。")
    audit.record(session, by_id, "archive.print", f"year:{year}", {"year": year}, now=now)
    wanted = {"year": year, "base": base}
    return tasks.enqueue(session, PRINTING, wanted, owner_id=by_id, title=f"{year} 年学习档案 PDF", now=now)


def print_everybody(context: TaskContext) -> dict[str, Any]:
    """One PDF a person, named by staff number, in one ZIP."""
    year, base = int(context.input["year"]), str(context.input["base"])
    storage: Storage = context.services["storage"]
    kept = io.BytesIO()
    with context.make_session() as session:
        ids = queries.list_newest_ids(session, year)
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_STORED) as archive:  # a PDF is compressed already
        for start in range(0, len(ids), AT_ONCE):
            with context.make_session() as session:
                for version in queries.load_versions(session, ids[start : start + AT_ONCE]):
                    certificate = queries.find_certificate(session, version)
                    content = draw(
                        version.facts,
                        version=version,
                        certificate=certificate,
                        address=base + certificate.code,
                        at=version.made_at,
                    )
                    archive.writestr(f"{version.facts['person']['staff_no']}.pdf", content)
            context.progress(min(start + AT_ONCE, len(ids)), len(ids))
    key = f"files/archive-{year}-{context.task_id}.zip"
    kept.seek(0)
    storage.put(key, kept, mime="application/zip")
    return {"text": f"{len(ids)} 份档案。", "file_key": key, "file_name": f"archive-{year}.zip", "people": len(ids)}
