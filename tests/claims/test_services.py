"""From the claim to the ledger, and back."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from lms import reminders
from lms.audit.models import AuditRecord
from lms.claims import queries, services
from lms.claims.models import Claim, ClaimStep
from lms.claims.rules import ClaimKind, ClaimState
from lms.errors import Conflict, Forbidden, Invalid
from lms.hours import queries as hours_queries
from lms.hours import services as hours
from lms.hours.rules import Bucket, Source
from lms.notices.models import Notice
from tests.claims.conftest import NOW, TRAINING, File


def approved(session: Session, cast: SimpleNamespace, claim: Claim, quarters: int = 80, note: str = "") -> None:
    services.endorse(session, claim, note="", by_id=cast.ada.id, now=NOW)
    services.approve(session, claim, quarters=quarters, note=note, by_id=cast.hua.id, by="花", now=NOW)


def earned(session: Session, cast: SimpleNamespace, bucket: Bucket = Bucket.OFFLINE) -> int:
    return hours_queries.totals(session, cast.lin.id, 2026)[bucket]


def test_hours_stand_with_the_second_approval_and_not_before(
    session: Session, cast: SimpleNamespace, file: File
) -> None:
    claim = file(cast.lin, is_professional=True)
    assert (claim.state, claim.due_on) == (ClaimState.SUBMITTED, date(2026, 11, 30))
    services.endorse(session, claim, note="属实", by_id=cast.ada.id, now=NOW)
    assert earned(session, cast) == 0
    services.approve(session, claim, quarters=80, note="", by_id=cast.hua.id, by="花", now=NOW)
    assert (earned(session, cast), earned(session, cast, Bucket.PROFESSIONAL)) == (80, 80)
    entry = hours.find_entry(
        session, person_id=cast.lin.id, source=Source("claim", claim.id), bucket=Bucket.OFFLINE, year=2026
    )
    assert entry is not None
    assert (entry.on, entry.evidence["days"], entry.evidence["approved_by"]) == (TRAINING.from_on, 2, "花")
    assert hours.verify(session).holds
    assert services.verify(session) == hours.Check(there=1, compared=1)
    acts = session.scalars(select(ClaimStep.act).order_by(ClaimStep.id)).all()
    assert acts == ["submit", "endorse", "approve"]
    assert "claims.approve" in session.scalars(select(AuditRecord.action)).all()
    assert "计 20 学时" in session.scalars(select(Notice.text).where(Notice.person_id == cast.lin.id)).one()


def test_hr_may_credit_less_with_a_reason_and_never_more(session: Session, cast: SimpleNamespace, file: File) -> None:
    claim = file(cast.lin)
    services.endorse(session, claim, note="", by_id=cast.ada.id, now=NOW)
    for quarters, note, field in ((81, "多给", "hours"), (0, "不给", "hours"), (64, "", "note")):
        with pytest.raises(Invalid) as refused:
            services.approve(session, claim, quarters=quarters, note=note, by_id=cast.hua.id, by="花", now=NOW)
        assert refused.value.field == field
    services.approve(session, claim, quarters=64, note="半天未到", by_id=cast.hua.id, by="花", now=NOW)
    assert earned(session, cast) == 64
    assert services.verify(session).holds
    assert hours.verify(session).holds


def test_the_same_event_is_claimed_once_until_it_is_refused_or_taken_back(
    session: Session, cast: SimpleNamespace, file: File
) -> None:
    first = file(cast.lin)
    with pytest.raises(Conflict, match="已经申报过"):
        file(cast.lin, title=" 省厅《不动产登记》培训班 ")
    file(cast.bo)
    file(cast.lin, from_on=date(2026, 10, 13), days=1)
    services.withdraw(session, first, now=NOW)
    again = file(cast.lin)
    services.refuse(session, again, level=ClaimState.SUBMITTED, note="没有结业证", by_id=cast.ada.id, now=NOW)
    file(cast.lin)
    assert session.scalar(select(func.count()).select_from(Claim)) == 5


def test_nobody_reviews_their_own_claim_or_both_levels(session: Session, cast: SimpleNamespace, file: File) -> None:
    claim = file(cast.ada)
    with pytest.raises(Forbidden):
        services.endorse(session, claim, note="", by_id=cast.ada.id, now=NOW)
    services.endorse(session, claim, note="", by_id=cast.hua.id, now=NOW)
    for by in (cast.hua, cast.ada):
        with pytest.raises(Forbidden):
            services.approve(session, claim, quarters=80, note="", by_id=by.id, by="某", now=NOW)
    with pytest.raises(Conflict):
        services.endorse(session, claim, note="", by_id=cast.hua.id, now=NOW)


def test_a_returned_claim_is_completed_and_goes_the_whole_way_again(
    session: Session, cast: SimpleNamespace, file: File
) -> None:
    claim = file(cast.lin)
    services.endorse(session, claim, note="", by_id=cast.ada.id, now=NOW)
    with pytest.raises(Invalid, match="原因"):
        services.give_back(session, claim, level=ClaimState.ENDORSED, note="", by_id=cast.hua.id, now=NOW)
    services.give_back(session, claim, level=ClaimState.ENDORSED, note="请附结业证", by_id=cast.hua.id, now=NOW)
    kept = [proof.id for proof in queries.list_proofs(session, claim.id)]
    with pytest.raises(Invalid, match="证明"):
        services.complete(session, claim, TRAINING, [], keep=[], now=NOW)
    services.complete(session, claim, TRAINING, [], keep=kept, now=NOW)
    session.refresh(claim)
    assert (claim.state, claim.endorsed_by_id) == (ClaimState.SUBMITTED, None)
    with pytest.raises(Conflict):
        services.complete(session, claim, TRAINING, [], keep=kept, now=NOW)


def test_what_was_approved_is_revoked_by_a_correction(session: Session, cast: SimpleNamespace, file: File) -> None:
    claim = file(cast.lin, is_professional=True)
    approved(session, cast, claim)
    with pytest.raises(Conflict):
        services.withdraw(session, claim, now=NOW)
    services.revoke(session, claim, note="证书是别人的", by_id=cast.hua.id, by="花", now=NOW)
    session.flush()
    assert (earned(session, cast), earned(session, cast, Bucket.PROFESSIONAL)) == (0, 0)
    assert len(hours_queries.list_entries(session, cast.lin.id, 2026)) == 4
    assert services.verify(session).holds
    assert hours.verify(session).holds


def test_the_recount_names_a_claim_and_a_ledger_that_do_not_agree(
    session: Session, cast: SimpleNamespace, file: File
) -> None:
    claim = file(cast.lin)
    approved(session, cast, claim)
    session.execute(update(Claim).values(quarters=40))
    session.expire_all()
    assert services.verify(session).problems == [f"claim {claim.id}: 40 quarters approved, the ledger has [80]"]
    session.execute(update(Claim).values(state=ClaimState.SUBMITTED))
    session.expire_all()
    assert services.verify(session).problems == [f"claim {claim.id}: hours stand for it, but nobody approved it"]


def test_a_topic_taught_twice_in_a_year_earns_once(session: Session, cast: SimpleNamespace, file: File) -> None:
    about = {"kind": ClaimKind.TEACHING, "title": "三条控制线", "seconds": 5400, "days": 0, "half_days": 0}
    first = file(cast.lin, **about)
    second = file(cast.lin, **about, from_on=date(2026, 10, 13))
    assert (services.worth(session, first), services.worth(session, second)) == (12, 0)
    services.withdraw(session, first, now=NOW)
    assert services.worth(session, second) == 12


def test_other_hours_of_the_same_days_are_pointed_out(session: Session, cast: SimpleNamespace, file: File) -> None:
    claim = file(cast.lin)
    for number, on in enumerate((date(2026, 10, 14), date(2026, 10, 15))):
        hours.credit(
            session, person_id=cast.lin.id, source=Source("gathering", number), bucket=Bucket.PARTY, quarters=8, on=on,
            title="主题党日", evidence={}, now=NOW,
        )  # fmt: skip
    assert [entry.on for entry in queries.list_overlaps(session, claim)] == [date(2026, 10, 14)]
    approved(session, cast, claim)
    assert [entry.on for entry in queries.list_overlaps(session, claim)] == [date(2026, 10, 14)]


def test_reviewers_are_reminded_once_their_days_are_over_and_never_after_they_decided(
    session: Session, cast: SimpleNamespace, file: File
) -> None:
    claim = file(cast.lin)

    def due(days: int) -> list[tuple[int, str]]:
        session.flush()
        found = reminders.list_due(session, now=NOW + timedelta(days=days))
        return [(each.person_id, each.item) for each in found if each.item.startswith("claims.")]

    assert due(0) == []
    assert due(7) == [(cast.ada.id, f"claims.claim:{claim.id}:submitted")]
    services.endorse(session, claim, note="", by_id=cast.ada.id, now=NOW)
    assert due(7) == [(cast.hua.id, f"claims.claim:{claim.id}:endorsed")]
    services.give_back(session, claim, level=ClaimState.ENDORSED, note="补", by_id=cast.hua.id, now=NOW)
    assert due(0) == [(cast.lin.id, f"claims.claim:{claim.id}:returned")]
    services.withdraw(session, claim, now=NOW)
    assert due(30) == []
