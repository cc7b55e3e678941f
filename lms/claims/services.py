"""What happens to a claim: submitted, completed, endorsed, returned, refused, approved (and credited), taken back, revoked."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from lms import clock
from lms.audit import services as audit
from lms.claims import queries, rules
from lms.claims.models import Claim, ClaimProof, ClaimStep
from lms.claims.queries import SOURCE
from lms.claims.rules import ClaimKind, ClaimState, Wanted
from lms.db import changed, conflict_as
from lms.errors import Conflict, Forbidden, Invalid
from lms.hours import services as hours
from lms.hours.models import HourEntry
from lms.hours.rules import Source
from lms.hours.services import Check
from lms.notices import services as notices
from lms.workdays import queries as workdays

TWICE = "这件事你已经申报过了，请在列表里找到它。"
MOVED = "这份申报刚刚有了变化，请刷新后再看。"


def submit(session: Session, person_id: int, wanted: Wanted, media_ids: Sequence[int], *, now: datetime) -> Claim:
    """A new claim that waits for the unit. Raises Invalid for what cannot be claimed so or without proof, Conflict for a duplicate."""
    _check(wanted, len(media_ids), now)
    claim = Claim(
        person_id=person_id, state=ClaimState.SUBMITTED, live=1, due_on=_due(session, now), submitted_at=now,
        **_columns(wanted),
    )  # fmt: skip
    with conflict_as(Conflict(TWICE), session):
        session.add(claim)
        session.flush()  # duplicates are met here, and proofs name the claim by its number
    _add_proofs(session, claim, media_ids)
    _step(session, claim, "submit", person_id, "", now)
    return claim


def complete(
    session: Session, claim: Claim, wanted: Wanted, media_ids: Sequence[int], *, keep: Sequence[int], now: datetime
) -> None:
    """A returned claim says this now and waits for the unit again. `keep`: files of it that stay. Raises as `submit`, and Conflict when
    it was not returned."""
    _check(wanted, len(media_ids) + len(keep), now)
    query = update(Claim).where(Claim.id == claim.id, Claim.state == ClaimState.RETURNED)
    values = {**_columns(wanted), "state": ClaimState.SUBMITTED, "due_on": _due(session, now), "endorsed_by_id": None}
    with conflict_as(Conflict(TWICE), session):
        met = changed(session.execute(query.values(**values)))
    if not met:
        raise Conflict(MOVED)
    session.execute(delete(ClaimProof).where(ClaimProof.claim_id == claim.id, ClaimProof.media_id.not_in(keep)))
    _add_proofs(session, claim, media_ids)
    _step(session, claim, "complete", claim.person_id, "", now)


def _check(wanted: Wanted, proofs: int, now: datetime) -> None:
    found = rules.fault(wanted, clock.today(now))
    if found is not None:
        raise Invalid(found[1], field=found[0])
    if not 1 <= proofs <= rules.MOST_PROOFS:
        raise Invalid(f"请附 1 到 {rules.MOST_PROOFS} 份证明（证书、通知或照片）。", field="files")


def _columns(wanted: Wanted) -> dict[str, Any]:
    columns = dict(vars(wanted))
    columns["asked_quarters"] = columns.pop("quarters")
    return columns | {"title_key": rules.title_key(wanted.title)}


def _add_proofs(session: Session, claim: Claim, media_ids: Sequence[int]) -> None:
    session.add_all(ClaimProof(claim_id=claim.id, media_id=media_id) for media_id in media_ids)


def _due(session: Session, now: datetime) -> date:
    today = clock.today(now)
    return clock.add_working_days(today, rules.REVIEW_DAYS, workdays.overrides(session, today))


def _step(session: Session, claim: Claim, act: str, by_id: int, note: str, now: datetime) -> None:
    session.add(ClaimStep(claim_id=claim.id, act=act, by_id=by_id, note=note[:300], at=now))


def _move(session: Session, claim: Claim, old: Sequence[ClaimState], **values: Any) -> None:
    """The claim goes on from one of these states. Raises Conflict when somebody was faster."""
    query = update(Claim).where(Claim.id == claim.id, Claim.state.in_(old)).values(**values)
    if not changed(session.execute(query)):
        raise Conflict(MOVED)
    session.refresh(claim)


# --- review


def worth(session: Session, claim: Claim) -> int:
    """The quarters that the claim gives by the rules of its first day; of a publication what was asked."""
    return hours.worth(session, _evidence(session, claim), on=claim.from_on, source_kind=SOURCE)


def _evidence(session: Session, claim: Claim) -> dict[str, Any]:
    is_first = claim.kind is not ClaimKind.TEACHING or queries.is_first_teaching(
        session, claim.person_id, claim.title_key, claim.from_on.year, claim.id
    )
    return rules.evidence(queries.wanted_of(claim), is_first=is_first)


def endorse(session: Session, claim: Claim, *, note: str, by_id: int, now: datetime) -> None:
    """The unit agrees; HR decides next. Raises Forbidden for the claimant, Conflict when it does not wait for the unit."""
    _not_own(claim, by_id)
    _move(
        session, claim, [ClaimState.SUBMITTED], state=ClaimState.ENDORSED, endorsed_by_id=by_id, due_on=_due(session, now)
    )  # fmt: skip
    _step(session, claim, "endorse", by_id, note, now)


def give_back(session: Session, claim: Claim, *, level: ClaimState, note: str, by_id: int, now: datetime) -> None:
    """The claimant is to complete it. `level` is the state it waits in. Raises Invalid without a reason."""
    _not_own(claim, by_id)
    _needs_reason(note)
    _move(session, claim, [level], state=ClaimState.RETURNED, due_on=None)
    _step(session, claim, "return", by_id, note, now)
    _tell(session, claim, f"“{claim.title}”的学时申报需要补充：{note}", now)


def refuse(session: Session, claim: Claim, *, level: ClaimState, note: str, by_id: int, now: datetime) -> None:
    """Nothing is credited; the person may claim it again. `level` is the state it waits in. Raises Invalid without a reason."""
    _not_own(claim, by_id)
    _needs_reason(note)
    _move(session, claim, [level], state=ClaimState.REFUSED, live=None, due_on=None)
    _step(session, claim, "refuse", by_id, note, now)
    hours.note_uncredited(
        session, person_id=claim.person_id, source=Source(SOURCE, claim.id), reason=f"申报未通过：{note}", title=claim.title,
        on=claim.from_on, now=now,
    )  # fmt: skip
    _tell(session, claim, f"“{claim.title}”的学时申报没有通过：{note}", now)


def approve(session: Session, claim: Claim, *, quarters: int, note: str, by_id: int, by: str, now: datetime) -> None:
    """The hours stand in the ledger in this transaction. `quarters` may be less than the claim is worth, never more; a different figure
    needs a reason. Raises Forbidden for the claimant and for who endorsed it."""
    _not_own(claim, by_id)
    if claim.endorsed_by_id == by_id:
        raise Forbidden("你已在单位一级审核过，请人事教育处的另一位同事审批。")
    evidence, most = _evidence(session, claim), worth(session, claim)
    if not 1 <= quarters <= most:
        raise Invalid(f"最多 {most / 4:g} 学时，一点不计请选“不同意”。", field="hours")
    if quarters != most and not note:
        raise Invalid("核定的学时和折算的不同，请写明原因。", field="note")
    proof = {**evidence, "approved_by": by}
    if quarters != most:
        proof = {"conversion": "given", "quarters": quarters, "because": note, "approved_by": by}
    _move(session, claim, [ClaimState.ENDORSED], state=ClaimState.APPROVED, quarters=quarters, due_on=None)
    _step(session, claim, "approve", by_id, note, now)
    for bucket in rules.buckets(claim.bucket, is_professional=claim.is_professional):
        hours.credit(
            session, person_id=claim.person_id, source=Source(SOURCE, claim.id), bucket=bucket, quarters=quarters,
            on=claim.from_on, title=f"{claim.kind.label}：{claim.title}", evidence=proof, now=now,
        )  # fmt: skip
    detail = {"person_id": claim.person_id, "quarters": quarters, "note": note}
    audit.record(session, by_id, "claims.approve", f"claim:{claim.id}", detail, now=now, actor=by)
    _tell(session, claim, f"“{claim.title}”的学时申报已通过，计 {quarters / 4:g} 学时。", now)


def withdraw(session: Session, claim: Claim, *, now: datetime) -> None:
    """The person takes back what is not approved yet."""
    _move(session, claim, rules.OPEN, state=ClaimState.WITHDRAWN, live=None, due_on=None)
    _step(session, claim, "withdraw", claim.person_id, "", now)


def revoke(session: Session, claim: Claim, *, note: str, by_id: int, by: str, now: datetime) -> None:
    """What was approved counts for nothing from now on, by a correction in the ledger. Raises Invalid without a reason."""
    _not_own(claim, by_id)
    _needs_reason(note)
    _move(session, claim, [ClaimState.APPROVED], state=ClaimState.REVOKED, live=None)
    _step(session, claim, "revoke", by_id, note, now)
    taken = hours.withdraw(
        session,
        person_id=claim.person_id,
        source=Source(SOURCE, claim.id),
        year=claim.from_on.year,
        reason=note,
        now=now,
    )
    detail = {"person_id": claim.person_id, "quarters": taken, "note": note}
    audit.record(session, by_id, "claims.revoke", f"claim:{claim.id}", detail, now=now, actor=by)
    _tell(session, claim, f"“{claim.title}”的学时已撤销：{note}", now)


def _not_own(claim: Claim, by_id: int) -> None:
    if claim.person_id == by_id:
        raise Forbidden("自己的申报请别人审核。")


def _needs_reason(note: str) -> None:
    if not note:
        raise Invalid("请写明原因，本人会看到。", field="note")


def _tell(session: Session, claim: Claim, text: str, now: datetime) -> None:
    notices.tell(session, claim.person_id, text[:200], f"/hours/claims/{claim.id}", now=now)


def verify(session: Session) -> Check:
    """Every claim that was ever approved against what stands for it in the ledger, and every such entry against a claim."""
    claims = {
        claim.id: claim
        for claim in session.scalars(select(Claim).where(Claim.state.in_([ClaimState.APPROVED, ClaimState.REVOKED])))
    }
    check, standing = Check(there=len(claims)), _standing(session)
    for claim in claims.values():
        check.compared += 1
        due = (claim.quarters or 0) if claim.state is ClaimState.APPROVED else 0
        stands = standing.pop(claim.id, [])
        about: dict[str, Any] = {
            "person_id": claim.person_id,
            "source": Source(SOURCE, claim.id),
            "year": claim.from_on.year,
        }
        missing = (
            due > 0 and not stands and not hours.knows(session, **about)
        )  # a cap may leave nothing, and notes that
        if missing or any(total != due and not corrected for total, corrected in stands):
            check.problems.append(f"claim {claim.id}: {due} quarters approved, the ledger has {[t for t, _ in stands]}")
    check.problems += [f"claim {claim_id}: hours stand for it, but nobody approved it" for claim_id in sorted(standing)]
    return check


def _standing(session: Session) -> dict[int, list[tuple[int, bool]]]:
    """Claim → (quarters, whether HR or a cap made it another figure) of each bucket."""
    sums: dict[tuple[int, str], list[Any]] = {}
    for entry in session.scalars(select(HourEntry).where(HourEntry.source_kind == SOURCE).order_by(HourEntry.id)):
        line = sums.setdefault((entry.source_id, entry.bucket.value), [0, False])
        line[0] += entry.quarters
        line[1] = line[1] or _is_other(entry.evidence)
    found: dict[int, list[tuple[int, bool]]] = {}
    for (claim_id, _), (total, corrected) in sums.items():
        found.setdefault(claim_id, []).append((total, corrected))
    return found


def _is_other(evidence: Mapping[str, Any]) -> bool:
    """Whether HR corrected the line by hand, or a cap cut it."""
    basis = evidence.get("of") or {}
    return evidence.get("because") == "cap" or ("approved_by" in basis and "conversion" not in basis)
