"""Proposing, deciding, scheduling, slides, recordings, hours and feeds."""

from datetime import date, timedelta
from itertools import permutations
from types import SimpleNamespace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.courses.review_rules import ResourceKind, ResourceState
from lms.demo.cast import NORTH, SOUTH
from lms.errors import Conflict, Forbidden, Invalid, NotFound
from lms.gatherings import services as gatherings
from lms.gatherings.kind_rules import GatheringKind
from lms.gatherings.models import Gathering
from lms.gatherings.rules import Mark
from lms.gatherings.services import Plan, Tap
from lms.hours import queries as hours
from lms.hours import services as ledger
from lms.hours.models import HourEntry, UncreditedNote
from lms.lectures import access, queries
from lms.lectures.errors import NotReady, TopicMoved
from lms.lectures.rules import LectureStep, TopicState
from lms.lectures.services import earning, feeds, scheduling, topics
from lms.lectures.services.topics import Offer
from lms.notices.models import Notice
from lms.people.models import Person
from tests.lectures.north import (
    AFTER,
    DURING,
    ENDS,
    NOON,
    OFFER,
    STARTS,
    approved,
    give,
    line_of,
    proposed,
    resource,
    scheduled,
    slot,
)

WEEK = timedelta(days=7)


def told(session: Session, person: Person) -> list[str]:
    return list(session.scalars(select(Notice.text).where(Notice.person_id == person.id)))


# --- topics


def test_a_proposal_after_the_last_day_is_taken_and_marked(session: Session, cast: SimpleNamespace) -> None:
    assert proposed(session, cast.gao, now=clock.at_local(date(2026, 1, 31), 23, 59)).is_late is False
    assert proposed(session, cast.ed, now=clock.at_local(date(2026, 2, 1), 0)).is_late is True


def test_the_last_day_can_be_set_for_a_year(session: Session, cast: SimpleNamespace) -> None:
    topics.set_deadline(session, 2026, date(2026, 2, 15), "晚一点", by_id=cast.hua.id, now=NOON)
    topics.set_deadline(session, 2026, date(2026, 2, 20), "", by_id=cast.hua.id, now=NOON)
    assert proposed(session, cast.gao, now=clock.at_local(date(2026, 2, 20), 9)).is_late is False
    assert queries.deadline_of(session, 2027) == date(2027, 1, 31)
    with pytest.raises(Invalid):
        topics.set_deadline(session, 2026, date(2027, 1, 1), "", by_id=cast.hua.id, now=NOON)


def test_the_same_topic_is_proposed_once_a_year_by_a_person(session: Session, cast: SimpleNamespace) -> None:
    proposed(session, cast.gao)
    same = Offer(" 耕地保护 “长牙齿” ", "另一份摘要", "全体", 1)
    with pytest.raises(Conflict):
        proposed(session, cast.gao, same)
    proposed(session, cast.ed, same)
    proposed(session, cast.gao, same, year=2027)
    with pytest.raises(Invalid):
        proposed(session, cast.gao, Offer("旧题目", "摘要", "全体", 1), year=2025)


def test_a_person_has_at_most_six_topics_before_the_organiser(session: Session, cast: SimpleNamespace) -> None:
    made = [proposed(session, cast.gao, Offer(f"题目{n}", "摘要", "全体", 1)) for n in range(6)]
    with pytest.raises(Conflict):
        proposed(session, cast.gao, Offer("第七个", "摘要", "全体", 1))
    topics.withdraw(session, made[0])
    proposed(session, cast.gao, Offer("第七个", "摘要", "全体", 1))


@pytest.mark.parametrize("field", ["title", "abstract", "audience"])
def test_a_proposal_needs_all_its_words(session: Session, cast: SimpleNamespace, field: str) -> None:
    words = {"title": "题目", "abstract": "摘要", "audience": "全体"} | {field: "  "}
    with pytest.raises(Invalid) as refused:
        proposed(session, cast.gao, Offer(**words, wished_quarter=1))
    assert refused.value.field == field


def test_the_organiser_approves_or_returns_once_and_the_lecturer_is_told(
    session: Session, cast: SimpleNamespace
) -> None:
    first, second = proposed(session, cast.gao), proposed(session, cast.ed)
    topics.approve(session, first, by_id=cast.hua.id, link="/lectures/mine", now=NOON)
    assert first.state is TopicState.APPROVED
    assert "已通过" in told(session, cast.gao)[0]
    with pytest.raises(Invalid):
        topics.return_topic(session, second, " ", by_id=cast.hua.id, link="/lectures/mine", now=NOON)
    topics.return_topic(session, second, "请补案例", by_id=cast.hua.id, link="/lectures/mine", now=NOON)
    assert (second.state, second.reason) == (TopicState.RETURNED, "请补案例")
    assert "请补案例" in told(session, cast.ed)[0]
    for topic in (first, second):
        with pytest.raises(TopicMoved):
            topics.approve(session, topic, by_id=cast.hua.id, link="/lectures/mine", now=NOON)


def test_nobody_decides_on_an_own_topic(session: Session, cast: SimpleNamespace) -> None:
    own = proposed(session, cast.hua)
    with pytest.raises(Forbidden):
        topics.approve(session, own, by_id=cast.hua.id, link="/lectures/mine", now=NOON)
    assert own.state is TopicState.PROPOSED


def test_a_returned_topic_is_mended_and_waits_again_and_an_approved_one_stays(
    session: Session, cast: SimpleNamespace
) -> None:
    topic = proposed(session, cast.gao)
    topics.return_topic(session, topic, "请补案例", by_id=cast.hua.id, link="/lectures/mine", now=NOON)
    topics.change(session, topic, Offer("耕地保护三案", "三个案例", "执法人员", 3), now=NOON)
    assert (topic.state, topic.title, topic.reason) == (TopicState.PROPOSED, "耕地保护三案", "")
    topics.approve(session, topic, by_id=cast.hua.id, link="/lectures/mine", now=NOON)
    with pytest.raises(TopicMoved):
        topics.change(session, topic, OFFER, now=NOON)


# --- the timetable


def test_only_an_approved_topic_is_given_a_time_that_is_to_come(session: Session, cast: SimpleNamespace) -> None:
    waiting = proposed(session, cast.gao)
    with pytest.raises(TopicMoved):
        scheduled(session, cast, waiting)
    topic = approved(session, cast, cast.ed)
    with pytest.raises(Invalid):
        scheduled(session, cast, topic, slot(session, starts=NOON - WEEK))
    with pytest.raises(Invalid):
        scheduled(session, cast, topic, slot(session, hours=0))
    assert session.scalars(select(Gathering)).all() == []


def test_a_lecture_is_a_gathering_of_its_unit_and_the_lecturer_is_told(session: Session, cast: SimpleNamespace) -> None:
    line = scheduled(session, cast)
    held = line.gathering
    assert (held.kind, held.subject_kind, held.subject_id) == (GatheringKind.LECTURE, "lecture", line.id)
    assert (held.speaker_id, held.host_id, line.unit) == (cast.gao.id, cast.hua.id, NORTH)
    assert "12月4日 15:00，三楼会议室" in told(session, cast.gao)[-1]
    assert line.step(NOON) is LectureStep.NEEDS_SLIDES


@pytest.mark.parametrize(
    ("minutes", "place", "by", "kinds"),
    [
        (0, "三楼 会议室", "ed", ["room"]),
        (60, "另一处", "gao", ["speaker"]),
        (60, "三楼会议室", "gao", ["room", "speaker"]),
        (120, "三楼会议室", "gao", []),
        (-120, "三楼会议室", "gao", []),
        (0, "另一处", "ed", []),
        (0, "", "ed", []),
    ],
)
def test_what_needs_the_same_room_or_lecturer_at_the_same_time_is_found(
    session: Session, cast: SimpleNamespace, minutes: int, place: str, by: str, kinds: list[str]
) -> None:
    standing = scheduled(session, cast)
    topic = approved(session, cast, getattr(cast, by), Offer("另一个题目", "摘要", "全体", 4))
    wanted = slot(session, starts=STARTS + timedelta(minutes=minutes), place=place, name=SOUTH)
    found = scheduling.clashes(session, topic, wanted)
    assert [each.gathering.id for each in found] == ([standing.gathering.id] if kinds else [])
    if found:
        assert [k for k, v in (("room", found[0].is_room), ("speaker", found[0].is_speaker)) if v] == kinds


def test_a_lecturer_who_presides_elsewhere_clashes_and_what_was_cancelled_or_is_the_lecture_itself_does_not(
    session: Session, cast: SimpleNamespace
) -> None:
    line = scheduled(session, cast)
    own = slot(session)
    assert scheduling.clashes(session, line.topic, own, besides=line.gathering.id) == []
    meeting = Plan(GatheringKind.READING, "读书班", STARTS, ENDS, host_id=cast.gao.id)
    other = gatherings.plan(session, own.unit, meeting, by_id=cast.hua.id, now=NOON)
    (clash,) = scheduling.clashes(session, line.topic, own, besides=line.gathering.id)
    assert (clash.gathering.id, clash.is_room, clash.is_speaker) == (other.id, False, True)
    gatherings.cancel(session, other, reason="改期", by_id=cast.hua.id, now=NOON)
    session.flush()
    assert scheduling.clashes(session, line.topic, own, besides=line.gathering.id) == []


def test_a_lecture_is_moved_until_its_roll_is_closed(session: Session, cast: SimpleNamespace) -> None:
    line = scheduled(session, cast)
    moved = slot(session, starts=STARTS + WEEK, place="一楼报告厅")
    scheduling.move(session, line, moved, link="/lectures/1", by_id=cast.hua.id, now=NOON)
    assert (line.gathering.starts_at, line.gathering.place) == (STARTS + WEEK, "一楼报告厅")
    assert line.gathering.speaker_id == cast.gao.id
    assert "改到 12月11日" in told(session, cast.gao)[-1]
    give(session, cast, line)
    with pytest.raises(Conflict):
        scheduling.move(session, line, moved, link="/lectures/1", by_id=cast.hua.id, now=NOON)


def test_a_topic_with_a_lecture_is_not_taken_back_until_that_is_cancelled(
    session: Session, cast: SimpleNamespace
) -> None:
    line = scheduled(session, cast)
    with pytest.raises(TopicMoved):
        topics.withdraw(session, line.topic)
    gatherings.cancel(session, line.gathering, reason="出差", by_id=cast.hua.id, now=NOON)
    assert line.step(NOON) is LectureStep.CANCELLED
    topics.withdraw(session, line.topic)
    assert line.topic.state is TopicState.WITHDRAWN


# --- slides and recording


@pytest.mark.parametrize(
    "state", [s for s in ResourceState if s not in (ResourceState.PUBLISHED, ResourceState.SUPERSEDED)]
)
def test_a_lecture_is_not_ready_before_its_slides_passed_both_reviews(
    session: Session, cast: SimpleNamespace, state: ResourceState
) -> None:
    line = scheduled(session, cast)
    with pytest.raises(NotReady):
        scheduling.confirm_ready(session, line, by_id=cast.hua.id, now=NOON)
    scheduling.link_slides(session, line, resource(session, cast.gao, state=state))
    with pytest.raises(NotReady):
        scheduling.confirm_ready(session, line, by_id=cast.hua.id, now=NOON)
    assert line_of(session, line.lecture).step(NOON) is LectureStep.IN_REVIEW


def test_published_slides_are_confirmed_by_somebody_else_and_other_slides_take_it_back(
    session: Session, cast: SimpleNamespace
) -> None:
    line = scheduled(session, cast)
    slides = resource(session, cast.gao)
    scheduling.link_slides(session, line, slides)
    with pytest.raises(Forbidden):
        scheduling.confirm_ready(session, line, by_id=cast.gao.id, now=NOON)
    scheduling.confirm_ready(session, line, by_id=cast.hua.id, now=NOON)
    assert line_of(session, line.lecture).step(NOON) is LectureStep.READY
    scheduling.link_slides(session, line, slides)
    assert line_of(session, line.lecture).step(NOON) is LectureStep.READY
    slides.state = ResourceState.WITHDRAWN
    assert line_of(session, line.lecture).step(NOON) is LectureStep.IN_REVIEW
    slides.state = ResourceState.PUBLISHED
    scheduling.link_slides(session, line, resource(session, cast.gao))
    assert line_of(session, line.lecture).step(NOON) is LectureStep.TO_CONFIRM
    with pytest.raises(Invalid):
        scheduling.link_slides(session, line, resource(session, cast.gao, kind=ResourceKind.VIDEO))


def test_a_recording_is_a_published_film_linked_after_the_lecture(session: Session, cast: SimpleNamespace) -> None:
    line = scheduled(session, cast)
    film = resource(session, cast.gao, kind=ResourceKind.VIDEO)
    with pytest.raises(Conflict):
        scheduling.link_recording(session, line, film)
    give(session, cast, line)
    assert line.step(AFTER) is LectureStep.NEEDS_RECORDING
    for wrong in (
        resource(session, cast.gao),
        resource(session, cast.gao, kind=ResourceKind.VIDEO, state=ResourceState.DRAFT),
    ):
        with pytest.raises(Invalid):
            scheduling.link_recording(session, line, wrong)
    scheduling.link_recording(session, line, film)
    assert line.step(AFTER) is LectureStep.DONE


# --- hours


def quarters(session: Session, person: Person, kind: str = "lecture") -> int:
    entries = session.scalars(select(HourEntry).where(HourEntry.person_id == person.id, HourEntry.source_kind == kind))
    return sum(entry.quarters for entry in entries)


def notes(session: Session, person: Person) -> list[int]:
    query = select(UncreditedNote.source_id).where(UncreditedNote.person_id == person.id)
    return list(session.scalars(query.where(UncreditedNote.source_kind == "lecture")))


def test_closing_the_roll_gives_the_lecturer_twice_the_length_in_the_same_transaction(
    session: Session, cast: SimpleNamespace
) -> None:
    line = scheduled(session, cast)
    give(session, cast, line)
    (entry,) = session.scalars(select(HourEntry).where(HourEntry.source_kind == "lecture"))
    assert (entry.person_id, entry.quarters, entry.bucket, entry.on) == (cast.gao.id, 16, "offline", date(2026, 12, 4))
    assert hours.list_taught(session, cast.gao.id, 2026) == [entry]
    assert quarters(session, cast.lin, "gathering") == 8
    assert ledger.verify(session).holds


def test_a_further_giving_in_the_year_is_a_note_and_the_next_year_counts_again(
    session: Session, cast: SimpleNamespace
) -> None:
    first = scheduled(session, cast)
    again = scheduled(session, cast, first.topic, slot(session, starts=STARTS + WEEK))
    next_year = scheduled(session, cast, first.topic, slot(session, starts=STARTS + 10 * WEEK))
    for line in (first, again, next_year):
        give(session, cast, line)
    assert quarters(session, cast.gao) == 32
    assert notes(session, cast.gao) == [again.id]
    assert {entry.year for entry in session.scalars(select(HourEntry).where(HourEntry.source_kind == "lecture"))} == {
        2026,
        2027,
    }


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_in_which_rolls_are_closed_changes_nothing(
    session: Session, cast: SimpleNamespace, order: tuple[int, ...]
) -> None:
    topic = approved(session, cast)
    found = [scheduled(session, cast, topic, slot(session, starts=STARTS + n * WEEK, hours=1 + n)) for n in range(3)]
    late = STARTS + 4 * WEEK
    for number in order:
        give(session, cast, found[number], now=late)
    assert quarters(session, cast.gao) == 8
    assert sorted(notes(session, cast.gao)) == [found[1].id, found[2].id]
    assert ledger.verify(session).holds


def test_a_lecture_that_a_correction_takes_away_hands_its_hours_to_the_next(
    session: Session, cast: SimpleNamespace
) -> None:
    topic = approved(session, cast, cast.ed)
    first = scheduled(session, cast, topic)
    again = scheduled(session, cast, topic, slot(session, starts=STARTS + WEEK, hours=1))
    give(session, cast, first)
    give(session, cast, again)
    assert (quarters(session, cast.ed), notes(session, cast.ed)) == (16, [again.id])

    def mark(mark: Mark) -> None:
        gatherings.mark(
            session, first.gathering, [Tap(cast.ed.id, mark, None, None)], by_id=cast.ada.id, now=AFTER + WEEK,
            reason="核对", follow=earning.settle,
        )  # fmt: skip
        session.flush()

    mark(Mark.ABSENT)
    assert (quarters(session, cast.ed), notes(session, cast.ed)) == (8, [])
    mark(Mark.PRESENT)
    assert (quarters(session, cast.ed), notes(session, cast.ed)) == (16, [again.id])
    assert ledger.verify(session).holds


def test_corrected_times_correct_the_hours(session: Session, cast: SimpleNamespace) -> None:
    line = scheduled(session, cast)
    held = give(session, cast, line)
    plan = gatherings.plan_of(held)
    shorter = Plan(**{**vars(plan), "ends_at": STARTS + timedelta(hours=1)})
    gatherings.change_plan(session, held, shorter, by_id=cast.hua.id, now=AFTER, reason="写错了", follow=earning.settle)
    session.flush()
    assert quarters(session, cast.gao) == 8
    assert ledger.verify(session).holds


def test_a_lecture_nobody_heard_earns_nothing(session: Session, cast: SimpleNamespace) -> None:
    line = scheduled(session, cast, approved(session, cast, cast.ed))
    gatherings.close_roll(session, line.gathering, by_id=cast.hua.id, now=AFTER, follow=earning.settle)
    session.flush()
    assert quarters(session, cast.ed) == 0
    gatherings.mark(
        session, line.gathering, [Tap(cast.lin.id, Mark.PRESENT)], by_id=cast.hua.id, now=AFTER, follow=earning.settle
    )
    session.flush()
    assert quarters(session, cast.ed) == 16
    assert quarters(session, cast.ed, "gathering") == 0


def test_a_lecturer_on_the_roster_whom_nobody_tapped_was_there(session: Session, cast: SimpleNamespace) -> None:
    line = scheduled(session, cast, approved(session, cast, cast.ed))
    gatherings.mark(session, line.gathering, [Tap(cast.lin.id, Mark.PRESENT)], by_id=cast.hua.id, now=DURING)
    gatherings.close_roll(session, line.gathering, by_id=cast.hua.id, now=AFTER, follow=earning.settle)
    session.flush()
    assert quarters(session, cast.ed) == 16
    assert line.gathering.present_count == 2


# --- feeds


def test_a_feed_opens_for_its_person_until_it_is_revoked_or_made_anew(session: Session, cast: SimpleNamespace) -> None:
    first = feeds.make_feed(session, cast.lin.id, now=NOON)
    assert len(first) > 40
    assert access.feed_to_read(session, first, NOON).id == cast.lin.id
    second = feeds.make_feed(session, cast.lin.id, now=NOON)
    for gone in (first, "", "x" * 43):
        with pytest.raises(NotFound):
            access.feed_to_read(session, gone, NOON)
    assert access.feed_to_read(session, second, NOON).id == cast.lin.id
    feeds.revoke_feed(session, cast.lin.id, now=NOON)
    with pytest.raises(NotFound):
        access.feed_to_read(session, second, NOON)
    with pytest.raises(Conflict):
        feeds.revoke_feed(session, cast.lin.id, now=NOON)


def test_a_feed_of_a_disabled_person_opens_nothing(session: Session, cast: SimpleNamespace) -> None:
    token = feeds.make_feed(session, cast.lin.id, now=NOON)
    cast.lin.disabled_at = NOON
    session.flush()
    with pytest.raises(NotFound):
        access.feed_to_read(session, token, NOON)


# --- who sees what


def test_members_see_lectures_of_their_unit_and_above_and_others_are_told_nothing(
    session: Session, cast: SimpleNamespace, principals: SimpleNamespace
) -> None:
    line = scheduled(session, cast)
    for name in ("lin", "bo", "chen", "ed", "ada", "gao", "hua"):
        assert access.lecture_to_see(session, getattr(principals, name), line.id).id == line.id
        assert [each.id for each in queries.list_coming(session, getattr(principals, name), now=NOON, limit=5)] == (
            [line.id] if name != "hua" else []
        )
    for name in ("dana", "mei", "rui", "wen", "sun"):
        with pytest.raises(NotFound):
            access.lecture_to_see(session, getattr(principals, name), line.id)
        assert queries.list_coming(session, getattr(principals, name), now=NOON, limit=5) == []


def test_topics_are_their_lecturers_and_the_organisers(
    session: Session, cast: SimpleNamespace, principals: SimpleNamespace
) -> None:
    topic = proposed(session, cast.gao)
    assert access.topic_to_change(session, principals.gao, topic.id).id == topic.id
    assert access.topic_to_manage(session, principals.hua, topic.id).topic.id == topic.id
    for name in ("ed", "ada", "hua", "lin"):
        with pytest.raises(NotFound):
            access.topic_to_change(session, getattr(principals, name), topic.id)
    for name in ("ed", "ada", "gao", "lin"):
        with pytest.raises(NotFound):
            access.topic_to_manage(session, getattr(principals, name), topic.id)
