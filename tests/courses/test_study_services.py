"""Viewings, beats, finishing and crediting on a real database."""

import random
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.courses import study_rules
from lms.courses.models import Beat, LessonProgress, Viewing
from lms.courses.services import progress as progress_service
from lms.courses.services import viewings
from lms.courses.services.viewings import Batch, SentBeat
from lms.hours import queries as hours
from lms.hours import services as hours_services
from lms.hours.models import HourEntry, UncreditedNote
from tests.courses import desk, histories


def entries(session: Session) -> list[tuple[str, int, str]]:
    found = session.scalars(select(HourEntry).order_by(HourEntry.id))
    return [(e.bucket.value, e.quarters, e.source_kind) for e in found]


def reasons(session: Session) -> list[str]:
    return list(session.scalars(select(UncreditedNote.reason).order_by(UncreditedNote.id)))


@pytest.fixture
def lin(cast: SimpleNamespace) -> Any:
    return cast.lin


def test_a_video_seen_to_the_end_finishes_lesson_and_course_and_is_credited_at_once(session: Session, lin: Any) -> None:
    course = desk.course(session, desk.resource(session, seconds=60))
    (lesson,) = desk.lessons(session, course)
    device = desk.Device(session, lesson, lin)
    assert not device.play(45).finished
    assert entries(session) == []
    assert device.play(15).finished
    assert desk.progress(session, lesson, lin).finished_at == desk.at(60)
    assert desk.standing(session, course, lin).finished_at == desk.at(60)
    assert entries(session) == [("online", 1, "resource")]


def test_the_last_five_seconds_need_not_be_seen(session: Session, lin: Any) -> None:
    (lesson,) = desk.lessons(session, desk.course(session, desk.resource(session, seconds=60)))
    device = desk.Device(session, lesson, lin)
    assert not device.play(54).finished
    assert device.play(1).finished


def test_position_and_coverage_are_two_facts(session: Session, lin: Any) -> None:
    (lesson,) = desk.lessons(session, desk.course(session, desk.resource(session, seconds=60)))
    device = desk.Device(session, lesson, lin)
    device.play(30)
    device.position = 0
    device.play(15)
    stored = desk.progress(session, lesson, lin)
    assert (stored.position_millis, stored.furthest_millis, stored.spans) == (15_000, 30_000, [[0, 30_000]])


def test_opening_a_second_viewing_ends_the_first_and_the_older_page_is_told(session: Session, lin: Any) -> None:
    (lesson,) = desk.lessons(session, desk.course(session, desk.resource(session, seconds=600)))
    phone = desk.Device(session, lesson, lin)
    phone.play(30)
    computer = desk.Device(session, lesson, lin, seconds=40)
    assert desk.viewing(session, phone.viewing.id).ended_at == desk.at(40)
    kept = phone.play(15)
    assert kept.ended
    assert kept.message == viewings.ELSEWHERE
    assert computer.viewing.id != phone.viewing.id
    open_now = session.scalars(select(Viewing).where(Viewing.person_id == lin.id, Viewing.ended_at.is_(None))).all()
    assert [v.id for v in open_now] == [computer.viewing.id]


def test_two_tabs_at_once_earn_no_more_than_the_wall_clock(session: Session, lin: Any) -> None:
    course = desk.course(session, desk.resource(session, seconds=600), desk.resource(session, seconds=600))
    one, two = desk.lessons(session, course)
    first = desk.Device(session, one, lin)
    second = desk.Device(session, two, lin, seconds=1)
    for lap in range(1, 9):
        for device in (first, second):
            start = (lap - 1) * 15_000
            device.send(device.beat(start, start + 15_000), at=lap * 15)
    total = sum(study_rules.measure(tuple(map(tuple, desk.progress(session, each, lin).spans))) for each in (one, two))
    assert total <= 125_000


def test_a_viewing_ends_twenty_minutes_after_its_last_beat(session: Session, lin: Any) -> None:
    (lesson,) = desk.lessons(session, desk.course(session, desk.resource(session, seconds=600)))
    device = desk.Device(session, lesson, lin)
    device.play(30)
    kept = device.send(device.beat(30_000, 45_000), at=30 + 1201)
    assert kept.ended
    assert kept.message == ""
    assert desk.viewing(session, device.viewing.id).ended_at == desk.at(30 + 1200)
    assert kept.coverage.spans == ((0, 45_000),)


def test_beats_delayed_by_the_network_are_credited_when_they_come(session: Session, lin: Any) -> None:
    course = desk.course(session, desk.resource(session, seconds=60))
    (lesson,) = desk.lessons(session, course)
    device = desk.Device(session, lesson, lin)
    waiting = [device.beat(n * 15_000, n * 15_000 + 15_000) for n in range(4)]
    kept = device.send(*waiting, at=3 * 3600)
    assert kept.finished
    assert kept.accepted_through == 4
    assert len(entries(session)) == 1


def test_beats_more_than_a_day_late_earn_nothing(session: Session, lin: Any) -> None:
    (lesson,) = desk.lessons(session, desk.course(session, desk.resource(session, seconds=60)))
    device = desk.Device(session, lesson, lin)
    kept = device.send(device.beat(0, 15_000), at=1200 + 24 * 3600 + 1)
    assert kept.coverage.spans == ()
    assert kept.accepted_through == 1
    assert kept.message == viewings.TOO_LATE


def test_the_same_batch_twice_has_one_effect_and_the_same_answer(session: Session, lin: Any) -> None:
    (lesson,) = desk.lessons(session, desk.course(session, desk.resource(session, seconds=60)))
    device = desk.Device(session, lesson, lin)
    beat = device.beat(0, 15_000)
    assert device.send(beat, at=15) == device.send(beat, at=16)
    assert len(session.scalars(select(Beat)).all()) == 1


def test_repeating_old_beats_does_not_keep_a_viewing_open(session: Session, lin: Any) -> None:
    (lesson,) = desk.lessons(session, desk.course(session, desk.resource(session, seconds=600)))
    device = desk.Device(session, lesson, lin)
    beat = device.beat(0, 15_000)
    device.send(beat, at=15)
    device.send(beat, at=1000)
    assert desk.viewing(session, device.viewing.id).last_beat_at == desk.at(15)
    assert device.send(device.beat(15_000, 30_000), at=1300).ended
    assert progress_service.verify(session).problems == []


def test_a_beat_once_kept_is_not_changed_by_another_with_its_sequence(session: Session, lin: Any) -> None:
    (lesson,) = desk.lessons(session, desk.course(session, desk.resource(session, seconds=60)))
    device = desk.Device(session, lesson, lin)
    device.send(device.beat(0, 15_000), at=15)
    kept = device.send(SentBeat(1, 0, 60_000, 100, True), at=60)
    assert kept.coverage.spans == ((0, 15_000),)


def test_a_hole_in_the_sequence_is_asked_for_again_and_mends_the_rest(session: Session, lin: Any) -> None:
    (lesson,) = desk.lessons(session, desk.course(session, desk.resource(session, seconds=60)))
    device = desk.Device(session, lesson, lin)
    one, two, three = (device.beat(n * 15_000, n * 15_000 + 15_000) for n in range(3))
    device.send(one, at=15)
    kept = device.send(three, at=45)
    assert (kept.accepted_through, kept.coverage.spans) == (1, ((0, 15_000),))
    kept = device.send(two, three, at=50)
    assert (kept.accepted_through, kept.coverage.spans) == (3, ((0, 45_000),))


def test_a_finished_lesson_may_be_seen_again_at_double_speed_with_jumps_and_earns_nothing_more(
    session: Session, lin: Any
) -> None:
    (lesson,) = desk.lessons(session, desk.course(session, desk.resource(session, seconds=60)))
    desk.Device(session, lesson, lin).play(60)
    again = desk.Device(session, lesson, lin, seconds=100)
    assert (again.viewing.speed_percent, again.viewing.may_jump) == (200, True)
    again.send(again.beat(30_000, 60_000, speed=200), at=115)
    assert len(entries(session)) == 1


def test_a_document_is_finished_by_pages_shown_and_reading_time_together(session: Session, lin: Any) -> None:
    course = desk.course(session, desk.resource(session, "document", seconds=900))
    (lesson,) = desk.lessons(session, course)
    device = desk.Device(session, lesson, lin)
    device.send(device.beat(0, 15_000, pages=(1, 2)), at=15)
    device.position = 15_000
    device.seconds = 15
    assert not device.play(885).finished
    kept = device.send(device.beat(900_000, 900_000, pages=(3,)), at=901)
    assert kept.finished
    assert desk.progress(session, lesson, lin).read_seconds == 900
    assert entries(session) == [("online", 1, "resource")]


def test_a_link_is_finished_when_opened_and_the_page_says_why_it_earns_nothing(session: Session, lin: Any) -> None:
    link = desk.resource(session, "link", seconds=0, page_count=None, url="https://www.mnr.gov.cn/")
    (lesson,) = desk.lessons(session, desk.course(session, link))
    device = desk.Device(session, lesson, lin)
    assert device.send(device.beat(0, 0, pages=(1,)), at=3).finished
    assert entries(session) == []
    assert reasons(session) == ["外部链接不计学时"]


def test_a_short_document_is_noted_as_earning_nothing(session: Session, lin: Any) -> None:
    short = desk.resource(session, "article", seconds=60, page_count=None)
    (lesson,) = desk.lessons(session, desk.course(session, short))
    device = desk.Device(session, lesson, lin)
    device.send(device.beat(0, 0, pages=(1,)), at=1)
    assert device.play(60).finished
    assert reasons(session) == ["规定阅读时间不足 15 分钟，不计学时"]


def test_only_required_lessons_finish_a_course_and_an_elective_is_credited_when_it_follows(
    session: Session, lin: Any
) -> None:
    course = desk.course(session, desk.resource(session, seconds=30), desk.resource(session, seconds=30))
    required, elective = desk.lessons(session, course)
    elective.is_required = False
    session.flush()
    desk.Device(session, required, lin).play(30)
    assert desk.standing(session, course, lin).finished_at == desk.at(30)
    assert len(entries(session)) == 1
    desk.Device(session, elective, lin, seconds=100).play(30)
    assert len(entries(session)) == 2
    assert desk.standing(session, course, lin).finished_at == desk.at(30)


def test_one_resource_earns_once_a_year_in_whichever_course_and_the_second_says_why(session: Session, lin: Any) -> None:
    shared = desk.resource(session, seconds=30)
    first, second = desk.course(session, shared, title="耕地保护"), desk.course(session, shared, title="又一门")
    for number, course in enumerate((first, second)):
        (lesson,) = desk.lessons(session, course)
        desk.Device(session, lesson, lin, seconds=number * 1000).play(30)
        assert desk.standing(session, course, lin).finished_at is not None
    assert entries(session) == [("online", 1, "resource")]
    assert reasons(session) == ["同一内容本年度已在《耕地保护》计过"]


def test_the_same_resource_earns_again_in_the_next_year_of_shanghai(session: Session, lin: Any) -> None:
    shared = desk.resource(session, seconds=30)
    first, second = desk.course(session, shared), desk.course(session, shared)
    (before,), (after,) = desk.lessons(session, first), desk.lessons(session, second)
    new_year = 38 * 24 * 3600 + 15 * 3600  # 2026-12-31 16:00 UTC
    desk.Device(session, before, lin, seconds=new_year - 40).play(30)
    desk.Device(session, after, lin, seconds=new_year).play(30)
    assert [e.year for e in session.scalars(select(HourEntry).order_by(HourEntry.id))] == [2026, 2027]


def test_a_professional_course_credits_two_buckets_each_once(session: Session, lin: Any) -> None:
    (lesson,) = desk.lessons(session, desk.course(session, desk.resource(session, seconds=1800), professional=True))
    desk.Device(session, lesson, lin).play(1800)
    assert entries(session) == [("online", 4, "resource"), ("professional", 4, "resource")]
    assert hours.total_of_events(session, lin.id, 2026) == 4


def test_with_a_quiz_the_course_is_finished_only_when_it_is_passed(session: Session, lin: Any) -> None:
    course = desk.course(session, desk.resource(session, seconds=30), paper_id=desk.paper(session).id)
    (lesson,) = desk.lessons(session, course)
    desk.Device(session, lesson, lin).play(30)
    assert desk.standing(session, course, lin).finished_at is None
    assert entries(session) == []
    progress_service.settle_quiz(session, desk.attempt(session, course, lin, percent=59), now=desk.at(100))
    session.expire_all()
    assert desk.standing(session, course, lin).finished_at is None
    assert reasons(session) == ["得 59 分，60 分及格，可以再测"]
    second = desk.attempt(session, course, lin, percent=60, number=2)
    progress_service.settle_quiz(session, second, now=desk.at(200))
    session.expire_all()
    assert desk.standing(session, course, lin).finished_at == desk.at(200)
    assert sorted(entries(session)) == [("online", 1, "resource"), ("online", 2, "course_quiz")]


def test_a_corrected_quiz_score_opens_and_closes_the_course_and_its_hours(session: Session, lin: Any) -> None:
    course = desk.course(session, desk.resource(session, seconds=30), paper_id=desk.paper(session).id)
    (lesson,) = desk.lessons(session, course)
    desk.Device(session, lesson, lin).play(30)
    attempt = desk.attempt(session, course, lin, percent=50)

    def corrected_to(percent: int) -> int:
        attempt.score_millis = percent * 1000
        session.flush()
        progress_service.resettle_quiz(session, attempt, reason="答案有误", now=desk.at(500))
        session.expire_all()
        return sum(quarters for _, quarters, source in entries(session) if source == "course_quiz")

    assert corrected_to(70) == 2
    assert desk.standing(session, course, lin).finished_at == attempt.submitted_at
    assert corrected_to(40) == 0
    assert desk.standing(session, course, lin).finished_at is None
    assert corrected_to(80) == 2
    assert hours_services.verify(session).holds


def test_a_quiz_earns_half_an_hour_once_per_course_and_year(session: Session, lin: Any) -> None:
    course = desk.course(session, desk.resource(session, seconds=30), paper_id=desk.paper(session).id)
    for number in (1, 2):
        attempt = desk.attempt(session, course, lin, percent=100, number=number)
        progress_service.settle_quiz(session, attempt, now=desk.at(number * 100))
    assert entries(session) == [("online", 2, "course_quiz")]


def test_a_quiz_passed_first_finishes_nothing_until_the_lessons_are(session: Session, lin: Any) -> None:
    course = desk.course(session, desk.resource(session, seconds=30), paper_id=desk.paper(session).id)
    progress_service.settle_quiz(session, desk.attempt(session, course, lin, percent=90), now=desk.at(10))
    assert desk.standing(session, course, lin).finished_at is None
    (lesson,) = desk.lessons(session, course)
    desk.Device(session, lesson, lin, seconds=100).play(30)
    assert desk.standing(session, course, lin).finished_at == desk.at(130)


def test_the_recount_agrees_with_what_is_stored_and_names_what_does_not(session: Session, lin: Any) -> None:
    (lesson,) = desk.lessons(session, desk.course(session, desk.resource(session, seconds=60)))
    desk.Device(session, lesson, lin).play(60)
    check = progress_service.verify(session)
    assert (check.compared, check.problems, check.holds) == (1, [], True)
    stored = desk.progress(session, lesson, lin)
    stored.spans = [[0, 59_000]]
    session.flush()
    assert not progress_service.verify(session).holds


def test_the_recount_finds_a_lesson_finished_without_beats(session: Session, lin: Any) -> None:
    (lesson,) = desk.lessons(session, desk.course(session, desk.resource(session, seconds=60)))
    desk.Device(session, lesson, lin).play(15)
    desk.progress(session, lesson, lin).finished_at = desk.at(15)
    session.flush()
    assert any("finished" in problem for problem in progress_service.verify(session).problems)


def test_a_lesson_finished_on_the_slack_stays_finished_when_the_viewing_is_cut(session: Session, lin: Any) -> None:
    (lesson,) = desk.lessons(session, desk.course(session, desk.resource(session, seconds=60)))
    device = desk.Device(session, lesson, lin)
    assert device.send(device.beat(0, 60_000), at=51).finished
    desk.Device(session, lesson, lin, seconds=51.5)
    assert desk.progress(session, lesson, lin).spans == [[0, 51_500]]
    assert progress_service.verify(session).problems == []


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(histories.repeat_lives)
def test_r08_what_is_stored_step_by_step_equals_the_recount(session: Session, cast: Any, actions: list[Any]) -> None:
    """Each life is lived once more through the services, in the order in which the server met it."""
    world = histories.live(actions)
    course = desk.course(session, *(desk.resource(session, seconds=histories.LENGTH // 1000) for _ in range(2)))
    shelf = desk.lessons(session, course)
    replay(session, world, shelf, cast.lin.id)
    assert progress_service.verify(session).problems == []
    for lesson in shelf:
        stored = session.scalar(select(LessonProgress.spans).where(LessonProgress.lesson_id == lesson.id))
        if stored is not None:
            whole = study_rules.credited(world_of(session, lesson.id, cast.lin.id), histories.LENGTH)
            assert tuple(map(tuple, stored)) == whole.spans
    session.rollback()


def replay(session: Session, world: histories.World, shelf: list[Any], person_id: int) -> None:
    events: list[tuple[Any, int, Any, Any]] = []
    for number, seen in enumerate(world.viewings):
        events.append((seen.opened_at, 0, number, None))
        events.extend((pulse.received_at, 1, number, pulse) for pulse in seen.pulses)
    opened: dict[int, int] = {}
    for at, _, number, pulse in sorted(events, key=lambda event: event[:3]):
        if pulse is None:
            lesson = shelf[world.viewings[number].lesson]
            opened[number] = viewings.open_viewing(session, lesson, person_id=person_id, now=at)[0].id
        else:
            sent = SentBeat(pulse.sequence, pulse.from_millis, pulse.to_millis, pulse.speed_percent, True)
            viewings.keep_beats(session.connection(), Batch(opened[number], person_id, (sent,), at))
            session.expire_all()


def world_of(session: Session, lesson_id: int, person_id: int) -> list[Any]:
    history = viewings.load_history(session.connection(), lesson_id, person_id)
    shuffled = [(terms, random.Random(3).sample(pulses, len(pulses))) for _, terms, pulses in history]
    return shuffled[::-1]
