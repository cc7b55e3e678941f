"""Exemptions: proposed by one person, decided by another. Each act is in the audit log."""

from datetime import date, datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.db import changed
from lms.errors import Conflict, Forbidden, Invalid
from lms.hours.models import HourExemption
from lms.hours.policy_rules import ExemptionState
from lms.hours.requirement_rules import Exemption


def propose(
    session: Session, person_id: int, wanted: Exemption, *, reason: str, by_id: int, now: datetime
) -> HourExemption:
    """An exemption that waits for somebody else's decision. Raises Invalid when it ends before it begins or lasts over five years,
    Forbidden for oneself."""
    if person_id == by_id:
        raise Forbidden("自己的减免请由别人提出。")
    if wanted.until_on < wanted.from_on:
        raise Invalid("结束日期不能早于开始日期。", field="until_on")
    if (wanted.until_on - wanted.from_on).days > 5 * 366:
        raise Invalid("一次最多五年，到期再续。", field="until_on")
    made = HourExemption(
        person_id=person_id, bucket=wanted.bucket, percent=wanted.percent, from_on=wanted.from_on,
        until_on=wanted.until_on, reason=reason, state=ExemptionState.PROPOSED, proposed_by_id=by_id, proposed_at=now,
    )  # fmt: skip
    session.add(made)
    session.flush()  # the audit log names it by its number
    detail = {"person_id": person_id, "percent": wanted.percent, "from": wanted.from_on.isoformat()}
    detail |= {"until": wanted.until_on.isoformat(), "reason": reason}
    audit.record(session, by_id, "hours.exemption_propose", f"hour_exemption:{made.id}", detail, now=now)
    return made


def decide(session: Session, exemption: HourExemption, *, approve: bool, note: str, by_id: int, now: datetime) -> None:
    """Approved or refused. Raises Forbidden for who proposed it or is freed by it, Invalid for a refusal without a reason, Conflict when it
    is decided already."""
    if by_id in (exemption.proposed_by_id, exemption.person_id):
        raise Forbidden("提出人和本人不能审批，请另一位同事办理。")
    if not approve and not note:
        raise Invalid("不同意要写原因。", field="note")
    state = ExemptionState.APPROVED if approve else ExemptionState.REFUSED
    query = update(HourExemption).where(
        HourExemption.id == exemption.id, HourExemption.state == ExemptionState.PROPOSED
    )
    if not changed(session.execute(query.values(state=state, note=note, decided_by_id=by_id, decided_at=now))):
        raise Conflict("这条减免已经有结果了，请刷新后再看。")
    detail = {"person_id": exemption.person_id, "state": state.value, "note": note}
    audit.record(session, by_id, "hours.exemption_decide", f"hour_exemption:{exemption.id}", detail, now=now)


def shorten(
    session: Session, exemption: HourExemption, *, until_on: date, reason: str, by_id: int, now: datetime
) -> None:
    """An approved exemption ends earlier. Raises Invalid for a day outside it, Conflict when it is not approved."""
    if not exemption.from_on <= until_on < exemption.until_on:
        raise Invalid("请填写原期限内的一天。", field="until_on")
    query = update(HourExemption).where(
        HourExemption.id == exemption.id, HourExemption.state == ExemptionState.APPROVED
    )
    if not changed(session.execute(query.values(until_on=until_on))):
        raise Conflict("只有已同意的减免可以提前结束。")
    detail = {"until": until_on.isoformat(), "was": exemption.until_on.isoformat(), "reason": reason}
    audit.record(session, by_id, "hours.exemption_shorten", f"hour_exemption:{exemption.id}", detail, now=now)
