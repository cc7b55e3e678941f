"""Short records: confirmed by a second person, told to whom they concern, once each."""

from datetime import date
from types import SimpleNamespace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.errors import Conflict, Forbidden, Invalid
from lms.notices.models import Notice
from lms.records import queries, reminders, services
from lms.records.models import Posting
from lms.records.rules import PostingKind, PostingState, touches
from lms.records.services import Stretch

VILLAGE = Stretch(PostingKind.RURAL, "湖溪村", date(2025, 3, 1), date(2025, 9, 30), "驻村帮扶")


def propose(session: Session, cast: SimpleNamespace, stretch: Stretch = VILLAGE, by: str = "lin") -> Posting:
    return services.propose_posting(
        session, cast.lin.id, stretch, by_id=getattr(cast, by).id, now=clock.now()
    )  # fmt: skip


def decide(session: Session, posting: Posting, by_id: int, *, confirm: bool = True, note: str = "") -> None:
    services.decide_posting(session, posting, confirm=confirm, note=note, by_id=by_id, now=clock.now())
    session.refresh(posting)


def test_a_posting_counts_once_somebody_else_has_confirmed_it(session: Session, cast: SimpleNamespace) -> None:
    posting = propose(session, cast)
    assert posting.state is PostingState.PROPOSED
    decide(session, posting, cast.ada.id)
    assert (posting.state, posting.decided_by_id) == (PostingState.CONFIRMED, cast.ada.id)
    assert [n.text for n in session.scalars(select(Notice))] == ["“湖溪村”的实践记录已确认"]
    with pytest.raises(Conflict):
        decide(session, posting, cast.hua.id)


@pytest.mark.parametrize("by", ["lin", "ada"])
def test_neither_the_person_nor_who_wrote_it_down_confirms_it(session: Session, cast: SimpleNamespace, by: str) -> None:
    posting = propose(session, cast, by="ada")
    with pytest.raises(Forbidden):
        decide(session, posting, getattr(cast, by).id)
    decide(session, posting, cast.hua.id)


def test_a_returned_posting_says_what_is_missing_is_reminded_of_and_may_be_written_anew(
    session: Session, cast: SimpleNamespace
) -> None:
    posting = propose(session, cast)
    with pytest.raises(Invalid):
        decide(session, posting, cast.ada.id, confirm=False, note=" ")
    decide(session, posting, cast.ada.id, confirm=False, note="缺起止时间")
    assert [due.person_id for due in reminders.list_due(session, now=clock.now())] == [cast.lin.id]
    better = Stretch(PostingKind.RURAL, "湖溪村", date(2025, 3, 1), date(2025, 10, 31))
    services.correct_posting(session, posting, better, by_id=cast.lin.id, now=clock.now())
    session.refresh(posting)
    assert (posting.state, posting.until_on, posting.decided_by_id) == (PostingState.PROPOSED, date(2025, 10, 31), None)
    assert reminders.list_due(session, now=clock.now()) == []
    with pytest.raises(Conflict):
        services.correct_posting(session, posting, better, by_id=cast.lin.id, now=clock.now())


def test_the_same_stretch_is_written_down_once(session: Session, cast: SimpleNamespace) -> None:
    propose(session, cast)
    with pytest.raises(Conflict):
        propose(session, cast)
    assert len(queries.list_postings(session, cast.lin.id)) == 1


@pytest.mark.parametrize(
    ("from_on", "until_on", "field"),
    [
        (date(2999, 1, 1), None, "from_on"),
        (date(2025, 3, 2), date(2025, 3, 1), "until_on"),
        (date(2000, 1, 1), date(2025, 3, 1), "until_on"),
    ],
)
def test_impossible_dates_are_named(
    session: Session, cast: SimpleNamespace, from_on: date, until_on: date | None, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        propose(session, cast, Stretch(PostingKind.OTHER, "某地", from_on, until_on))
    assert refused.value.field == field


def test_a_pair_is_made_once_told_to_both_and_ended_with_what_came_of_it(
    session: Session, cast: SimpleNamespace
) -> None:
    def pair() -> None:
        services.pair_up(
            session,
            cast.ed.id,
            cast.lin.id,
            subject="确权登记",
            from_on=date(2026, 1, 10),
            by_id=cast.ada.id,
            now=clock.now(),
        )

    pair()
    with pytest.raises(Conflict):
        pair()
    assert {n.person_id for n in session.scalars(select(Notice))} == {cast.ed.id, cast.lin.id}
    (line,) = queries.list_pairs(session, cast.lin.id)
    assert (line.mentor, line.mentee) == (cast.ed.name, cast.lin.name)
    with pytest.raises(Invalid):
        services.end_pair(
            session, line.pair, until_on=date(2026, 1, 9), outcome="早", by_id=cast.ada.id, now=clock.now()
        )
    end = {"until_on": date(2026, 1, 20), "outcome": "独立办件", "by_id": cast.ada.id, "now": clock.now()}
    services.end_pair(session, line.pair, **end)  # type: ignore[arg-type]
    with pytest.raises(Conflict):
        services.end_pair(session, line.pair, **end)  # type: ignore[arg-type]


def test_nobody_is_their_own_mentor(session: Session, cast: SimpleNamespace) -> None:
    with pytest.raises(Invalid):
        services.pair_up(
            session,
            cast.ed.id,
            cast.ed.id,
            subject="确权",
            from_on=date(2026, 1, 1),
            by_id=cast.ada.id,
            now=clock.now(),
        )


def test_a_record_touches_each_year_it_reaches_into() -> None:
    assert [year for year in range(2023, 2028) if touches(date(2024, 12, 31), date(2026, 1, 1), year)] == [
        2024,
        2025,
        2026,
    ]
    assert touches(date(2024, 5, 1), None, 2030)
    assert not touches(date(2024, 5, 1), None, 2023)
