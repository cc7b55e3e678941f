"""Reminders of lectures are made of the data and fall silent by themselves."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.courses.review_rules import ResourceKind, ResourceState
from lms.lectures import awaiting
from lms.lectures.reminders import list_due
from lms.lectures.services import scheduling, topics
from lms.people.models import RoleGrant
from lms.people.rules import Role
from tests.lectures.north import ENDS, NOON, STARTS, give, line_of, proposed, resource, scheduled, slot

DAY = timedelta(days=1)


def test_organisers_are_reminded_of_topics_until_they_have_decided(session: Session, cast: SimpleNamespace) -> None:
    topic = proposed(session, cast.gao)
    own = proposed(session, cast.hua)
    (due,) = list_due(session, now=NOON)
    assert (due.person_id, due.item, due.link) == (
        cast.hua.id,
        f"lectures.topic:{topic.id}",
        f"/office/lectures/topics/{topic.id}",
    )
    topics.return_topic(session, topic, "请补案例", by_id=cast.hua.id, link="/lectures/mine", now=NOON)
    assert list_due(session, now=NOON) == []
    assert own.title == topic.title


def test_who_is_no_organiser_any_more_is_not_reminded(session: Session, cast: SimpleNamespace) -> None:
    proposed(session, cast.gao)
    grant = session.scalars(
        select(RoleGrant).where(RoleGrant.person_id == cast.hua.id, RoleGrant.role == Role.ORGANISER)
    ).one()
    grant.revoked_at = NOON
    session.flush()
    assert list_due(session, now=NOON) == []


@pytest.mark.parametrize(("days_before", "reminded"), [(15, False), (14, True), (1, True), (-1, False)])
def test_slides_are_asked_for_in_the_last_two_weeks(
    session: Session, cast: SimpleNamespace, days_before: int, reminded: bool
) -> None:
    line = scheduled(session, cast, wanted=slot(session, starts=STARTS + 30 * DAY))
    due = list_due(session, now=line.gathering.starts_at - days_before * DAY)
    assert [(each.person_id, each.item) for each in due] == [(cast.gao.id, f"lectures.slides:{line.id}")] * reminded


def test_slides_in_review_are_still_asked_for_and_published_ones_are_not(
    session: Session, cast: SimpleNamespace
) -> None:
    line = scheduled(session, cast)
    slides = resource(session, cast.gao, state=ResourceState.SECRECY_REVIEW)
    scheduling.link_slides(session, line, slides)
    session.flush()
    assert len(list_due(session, now=NOON)) == 1
    slides.state = ResourceState.PUBLISHED
    session.flush()
    assert list_due(session, now=NOON) == []


@pytest.mark.parametrize(("days_after", "reminded"), [(2, False), (3, True), (60, True), (61, False)])
def test_a_recording_is_asked_for_between_three_and_sixty_days_after(
    session: Session, cast: SimpleNamespace, days_after: int, reminded: bool
) -> None:
    line = scheduled(session, cast)
    give(session, cast, line)
    due = list_due(session, now=ENDS + days_after * DAY)
    assert [(each.person_id, each.item) for each in due] == [(cast.gao.id, f"lectures.recording:{line.id}")] * reminded


def test_a_linked_recording_and_a_lecture_without_one_are_silent(session: Session, cast: SimpleNamespace) -> None:
    line = scheduled(session, cast)
    give(session, cast, line)
    late = ENDS + 5 * DAY
    assert len(list_due(session, now=late)) == 1
    scheduling.link_recording(
        session, line_of(session, line.lecture), resource(session, cast.gao, kind=ResourceKind.VIDEO)
    )
    session.flush()
    assert list_due(session, now=late) == []
    scheduling.link_recording(session, line_of(session, line.lecture), None)
    session.flush()
    assert len(list_due(session, now=late)) == 1
    line.lecture.is_recorded = False
    session.flush()
    assert list_due(session, now=late) == []


def test_what_awaits_is_counted_for_whom_it_awaits(
    session: Session, cast: SimpleNamespace, principals: SimpleNamespace
) -> None:
    topic = proposed(session, cast.gao)

    def counts(name: str) -> list[int]:
        return [each.count for each in awaiting.list_awaiting(session, getattr(principals, name), NOON)]

    assert (counts("hua"), counts("gao"), counts("lin")) == ([1, 0], [0], [])
    topics.return_topic(session, topic, "请补案例", by_id=cast.hua.id, link="/lectures/mine", now=NOON)
    assert (counts("hua"), counts("gao"), counts("lin")) == ([0, 0], [1], [])
