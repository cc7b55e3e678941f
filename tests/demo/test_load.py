"""The small demonstration: loaded once, true to its own books, and never put over anybody's data."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.contests import advancement_queries, entry_queries
from lms.contests.advancement_correction_rules import Stand
from lms.contests.models import Contest, Round
from lms.contests.rules import EntryMode
from lms.courses.access_study import course_to_study
from lms.courses.models import (
    Beat,
    Course,
    CourseProgress,
    Lesson,
    LessonProgress,
    Prerequisite,
    Resource,
    ResourceRating,
    ResourceReview,
    Section,
    Viewing,
)
from lms.courses.queries.versions import list_versions
from lms.courses.review_rules import CourseState, ResourceKind, ResourceState
from lms.courses.services import progress
from lms.db import is_demonstration, unit_of_work
from lms.demo import building, cast, load, people, shelves
from lms.demo.scripts import read_sample
from lms.demo.site import SMALL
from lms.errors import Conflict, NotFound
from lms.gatherings import questionnaires, rules
from lms.gatherings.kind_rules import GatheringKind
from lms.gatherings.models import Entry, Gathering
from lms.gatherings.rules import GatheringState, Mark
from lms.hours import services as hours
from lms.hours.models import HourEntry, UncreditedNote
from lms.leaderboard import services as boards
from lms.lectures import queries as queries_of_lectures
from lms.lectures.models import Topic
from lms.media.models import MediaFile, Rendition
from lms.media.packages.queries import find_package
from lms.media.rules import MediaKind, MediaState, RenditionKind
from lms.notices.announcement_rules import AnnouncementState
from lms.notices.feedback_rules import FeedbackState
from lms.notices.models import Announcement, AnnouncementRead, Channel, Feedback, Notice
from lms.people.models import Branch, Person, Unit
from lms.people.principal import Principal, principal_of
from lms.people.services.passwords import password_fits
from lms.quizzes import practice_queries
from lms.quizzes.models import Answer, Attempt, Paper, PaperItem, Question
from lms.quizzes.practice_models import PracticeRun
from lms.quizzes.practice_rules import Mode
from lms.quizzes.rules import Kind, State
from lms.quizzes.services import practice
from lms.themedays import queries as months
from lms.themedays.rules import MonthState, PartKind, PartState
from tests.demo.conftest import NOW, site_of


@pytest.fixture
def told(loaded: Flask) -> Iterator[Session]:
    with loaded.extensions["make_session"]() as session:
        yield session


def person(session: Session, staff_no: str) -> Person:
    return session.scalars(select(Person).where(Person.staff_no == staff_no)).one()


def who(session: Session, staff_no: str) -> Principal:
    return principal_of(session, person(session, staff_no), NOW)


def count(session: Session, model: type) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_hours_study_boards_and_audit_are_verified_right_after_loading(loaded: Flask, told: Session) -> None:
    ledger, study = hours.verify(told), progress.verify(told)
    assert ledger.holds, ledger.problems
    assert study.holds, study.problems
    assert ledger.compared > 50
    assert study.compared >= SMALL.students
    report = boards.verify(told, loaded.extensions["keys"])
    assert (report.faults, report.boards) == ([], 8)
    assert report.results >= SMALL.contestants
    compared, faults = audit.verify(told)
    assert (faults, compared > 50) == ([], True)


def test_a_changed_entry_is_found_by_the_same_verification(loaded: Flask, told: Session) -> None:
    told.scalars(select(HourEntry).limit(1)).one().quarters += 4
    told.flush()
    assert not hours.verify(told).holds
    told.rollback()


def test_the_database_is_marked_and_as_large_as_asked_for(told: Session) -> None:
    assert is_demonstration(told)
    assert count(told, Person) == SMALL.people
    assert count(told, Question) == SMALL.questions + len(read_sample()[1])
    assert count(told, Unit) == 40


def test_every_branch_held_its_theme_days_and_the_counts_are_those_of_their_entries(told: Session) -> None:
    held = told.scalars(select(Gathering).where(Gathering.state == GatheringState.HELD)).all()
    marks: dict[int, list[tuple[bool, Mark]]] = {}
    for entry in told.scalars(select(Entry)):
        marks.setdefault(entry.gathering_id, []).append((entry.is_due, entry.mark))
    for gathering in held:
        counted = rules.count(marks[gathering.id])
        assert (gathering.due_count, gathering.present_count, gathering.leave_count) == (
            counted.due,
            counted.present,
            counted.leave,
        )
    months = {gathering.held_on.replace(day=1) for gathering in held if gathering.kind is GatheringKind.THEME_DAY}
    assert len(months) == 12
    north = person(told, "chen")
    assert len([g for g in held if g.created_by_id is not None]) == len(held) > 12 * 3
    credited = told.scalar(
        select(func.count()).where(HourEntry.source_kind == "gathering", HourEntry.person_id == north.id)
    )
    assert credited
    assert credited >= 8


def test_every_held_theme_day_has_its_parts_and_packs_bring_lesson_and_film(told: Session) -> None:
    held = told.scalars(
        select(Gathering).where(Gathering.kind == GatheringKind.THEME_DAY, Gathering.state == GatheringState.HELD)
    ).all()
    lines = months.list_months(
        told,
        sorted({one.branch_id or 0 for one in held}),
        min(one.held_on for one in held).replace(day=1),
        NOW.date().replace(day=1),
    )
    held_lines = [line for line in lines if line.main and line.main.state is GatheringState.HELD]
    assert len(held_lines) == len(held)
    assert all(line.part(PartKind.LESSON).state is PartState.DONE and line.done >= 2 for line in held_lines)
    assert {line.part(PartKind.PRACTICE).is_apart for line in held_lines} == {True, False}
    assert any(line.pack and line.pack.film_id for line in held_lines)
    bo = told.scalars(select(Person).where(Person.staff_no == "bo")).one()
    assert [line.is_open(NOW.date()) for line in months.make_ups_of_person(told, bo.id)] != []


def test_the_coming_month_is_out_and_north_has_yet_to_plan_it(told: Session) -> None:
    branches = {one.name: one.id for one in told.scalars(select(Branch))}
    coming = months.list_months(
        told, [branches[cast.NORTH_BRANCH], branches[cast.SOUTH_BRANCH]], date(2026, 12, 1), date(2026, 12, 1)
    )
    assert [line.state for line in coming] == [MonthState.OPEN, MonthState.PLANNED]
    assert all(line.pack and line.together for line in coming)


def test_every_account_of_the_cast_has_the_demonstration_password_and_nobody_else_has_one(told: Session) -> None:
    with_password = told.scalars(select(Person).where(Person.password_hash.is_not(None))).all()
    assert {p.staff_no for p in with_password} == {part.staff_no for part in cast.CAST + cast.DEMONSTRATED}
    assert len({p.password_hash for p in with_password}) == 1
    assert password_fits(with_password[0].password_hash, cast.PASSWORD)


def test_the_demonstration_password_is_as_old_as_the_load_and_not_as_the_history(told: Session) -> None:
    with_password = told.scalars(select(Person).where(Person.password_hash.is_not(None))).all()
    assert {p.password_set_at for p in with_password} == {NOW}
    assert all(p.created_at < NOW - timedelta(days=300) for p in with_password)


def test_every_course_has_a_film_that_plays_a_document_and_a_quiz(told: Session) -> None:
    courses = told.scalars(select(Course).where(Course.title.not_in([read_sample()[0].title, building.TITLE]))).all()
    assert len(courses) == SMALL.lectures
    for course in courses:
        assert course.state is CourseState.PUBLISHED
        assert course.paper_id is not None
        shown = told.execute(
            select(Resource, MediaFile)
            .join(Lesson, Lesson.resource_id == Resource.id)
            .join(MediaFile, MediaFile.id == Resource.media_id)
            .where(Lesson.course_id == course.id)
            .order_by(Lesson.position)
        ).all()
        assert [resource.kind for resource, _ in shown] == [ResourceKind.VIDEO, ResourceKind.DOCUMENT]
        assert all(file.state is MediaState.READY for _, file in shown)
        film, file = shown[0]
        assert 6_000 <= (film.duration_millis or 0) <= 10_000
        assert file.play_key
        assert file.poster_key
        assert film.captions_vtt.startswith("WEBVTT")


def test_one_course_has_sections_an_order_a_prerequisite_and_a_quiz_as_a_lesson(told: Session) -> None:
    course = told.scalars(select(Course).where(Course.title == building.TITLE)).one()
    sections = told.scalars(select(Section).where(Section.course_id == course.id)).all()
    assert len(sections) == 2
    assert course.is_ordered
    assert course.closes_at is not None
    assert told.scalars(select(Prerequisite).where(Prerequisite.course_id == course.id)).one()
    papers = told.scalars(select(Lesson.paper_id).where(Lesson.course_id == course.id)).all()
    assert any(papers)


def test_the_text_of_the_law_is_in_its_second_version_and_the_first_is_kept(told: Session) -> None:
    law = told.scalars(
        select(Resource).where(Resource.title == shelves.LAW_TITLE, Resource.state == ResourceState.PUBLISHED)
    ).one()
    assert law.version == 2
    assert "第六十二条" in law.body_html
    first, second = sorted(list_versions(told, law), key=lambda each: each.version)
    assert (first.version, second.version, second.note) == (1, 2, shelves.LAW_CHANGE)


def test_a_scorm_package_is_a_lesson_of_the_built_course(told: Session) -> None:
    lesson, resource = told.execute(
        select(Lesson, Resource).join(Resource, Resource.id == Lesson.resource_id).where(Resource.kind == "package")
    ).one()
    assert told.get_one(Course, lesson.course_id).title == building.TITLE
    assert resource.state is ResourceState.PUBLISHED
    package = find_package(told, resource.media_id)
    assert package is not None
    assert [item["title"] for item in package.items] == [shelves.PACKAGE_TITLE]


def test_films_are_rated_only_by_people_who_finished_them(told: Session) -> None:
    ratings = told.scalars(select(ResourceRating)).all()
    assert ratings
    for rating in ratings:
        finished = (
            select(LessonProgress.id)
            .join(Lesson, Lesson.id == LessonProgress.lesson_id)
            .where(Lesson.resource_id == rating.resource_id, LessonProgress.person_id == rating.person_id)
            .where(LessonProgress.finished_at.is_not(None))
        )
        assert told.scalars(finished).first() is not None


def test_what_is_published_was_reviewed_by_two_persons_and_something_waits_for_them(told: Session) -> None:
    for resource in told.scalars(select(Resource).where(Resource.state == ResourceState.PUBLISHED)):
        query = select(ResourceReview.reviewer_id).where(ResourceReview.resource_id == resource.id)
        assert set(told.scalars(query)) == {person(told, "ada").id, person(told, "rui").id}
    states = set(told.scalars(select(Resource.state)))
    assert {ResourceState.CONTENT_REVIEW, ResourceState.RETURNED} <= states


def test_dana_does_not_find_the_course_for_north_that_lin_finds(told: Session) -> None:
    north = told.scalars(select(Course).where(Course.audience_unit_id.is_not(None))).one()
    assert course_to_study(told, who(told, "lin"), north.id).id == north.id
    with pytest.raises(NotFound):
        course_to_study(told, who(told, "dana"), north.id)


def test_lin_has_finished_one_course_and_is_half_way_in_another(told: Session) -> None:
    mine = told.scalars(select(CourseProgress).where(CourseProgress.person_id == person(told, "lin").id)).all()
    assert sorted(course.finished_at is not None for course in mine) == [False, True]
    half = told.scalars(
        select(LessonProgress).where(
            LessonProgress.person_id == person(told, "lin").id, LessonProgress.finished_at.is_(None)
        )
    ).one()
    assert 2_000 < half.furthest_millis < 6_000


def test_nothing_lies_in_the_future_and_nothing_is_left_open(told: Session) -> None:
    for column in (Viewing.last_beat_at, Beat.received_at, Attempt.submitted_at, Answer.saved_at, Notice.at):
        assert told.scalars(select(func.max(column))).one() <= NOW
    assert told.scalars(select(Viewing).where(Viewing.ended_at.is_(None))).all() == []
    assert told.scalars(select(Attempt).where(Attempt.state == State.OPEN)).all() == []


def test_a_contest_runs_now_and_lin_stands_on_its_board(told: Session) -> None:
    rounds = select(Contest, Round).join(Round, Round.contest_id == Contest.id)
    contest, round_ = told.execute(rounds.where(Contest.title.endswith("业务大比拼"))).one()
    assert contest.year == 2026
    assert round_.opens_at < NOW < round_.closes_at
    taken = select(Attempt.person_id).where(Attempt.subject_id == round_.id, Attempt.purpose == "contest")
    assert person(told, "lin").id in set(told.scalars(taken))


def test_the_best_of_a_first_round_have_advanced_and_somebody_moved_up(told: Session) -> None:
    rounds = select(Round).join(Contest, Contest.id == Round.contest_id).order_by(Round.opens_at)
    first, second = told.scalars(rounds.where(Contest.title.endswith("擂台赛"))).all()
    assert (second.from_round_id, second.opens_at > NOW) == (first.id, True)
    lines = advancement_queries.list_published(told, second.id)
    assert {line.stand for line in lines} == set(Stand) - {Stand.KEPT, Stand.OUT}, "no correction touched it"
    mine = advancement_queries.find_line_of(told, second, person(told, "lin").id)
    assert mine is not None
    assert mine.is_in


def test_units_are_entering_their_people_for_a_round_to_come(told: Session) -> None:
    round_ = told.scalars(select(Round).where(Round.entry == EntryMode.QUOTA)).one()
    assert round_.entry_until is not None
    assert round_.entry_until > NOW
    assert [line.person_id for line in entry_queries.list_unit_entries(told, round_.id)] == [person(told, "lin").id]


def test_some_feedback_is_answered_and_some_waits(told: Session) -> None:
    assert {feedback.state for feedback in told.scalars(select(Feedback))} == set(FeedbackState) - {
        FeedbackState.ANSWERED
    }


def test_announcements_were_read_by_many_and_the_robot_is_off(told: Session) -> None:
    published = told.scalars(select(Announcement).where(Announcement.state == AnnouncementState.PUBLISHED)).all()
    assert len(published) == 4
    assert count(told, AnnouncementRead) > 10
    assert [channel.is_on for channel in told.scalars(select(Channel))] == [False]


def test_loading_twice_is_refused_with_a_sentence_and_changes_nothing(loaded: Flask, told: Session) -> None:
    before = count(told, Person)
    with pytest.raises(Conflict, match="演示数据已经装好"):
        load.load(site_of(loaded))
    assert count(told, Person) == before


def test_a_database_with_somebody_in_it_is_refused_and_not_marked(app: Flask, session: Session) -> None:
    with pytest.raises(Conflict, match="演示数据只能装入空库"):
        load.load(site_of(app))
    assert not is_demonstration(session)


def test_after_an_interrupted_load_the_next_one_says_what_to_do(empty: Flask) -> None:
    make_session = empty.extensions["make_session"]
    site = site_of(empty)
    with unit_of_work(make_session) as session:
        load.mark(session, load.MARK, "yes")
    people.load(site)
    with pytest.raises(Conflict, match="没有完成"):
        load.load(site)
    assert not load.is_loaded(make_session)


def test_a_crowd_is_added_once_with_one_hash_and_a_place_for_each(empty: Flask) -> None:
    make_session, site = empty.extensions["make_session"], site_of(empty)
    with unit_of_work(make_session) as session:
        load.mark(session, load.MARK, "yes")
    people.load(site)
    assert load.crowd(make_session, 130, now=NOW) == 130
    assert load.crowd(make_session, 140, now=NOW + timedelta(minutes=1)) == 10
    with make_session() as session:
        crowd = session.scalars(select(Person).where(Person.staff_no.startswith("perf"))).all()
        assert {p.staff_no for p in crowd} == {f"perf{n}" for n in range(1, 141)}
        assert len({p.password_hash for p in crowd}) == 2
        assert password_fits(crowd[0].password_hash, cast.PASSWORD)
        assert all(principal_of(session, p, NOW).unit_id for p in crowd[:5])


def test_a_crowd_is_refused_where_people_really_work(app: Flask, session: Session) -> None:
    with pytest.raises(Conflict, match="不是演示数据库"):
        load.crowd(app.extensions["make_session"], 3, now=NOW)
    assert session.scalars(select(Person).where(Person.staff_no.startswith("perf"))).all() == []


def test_a_visitor_meets_every_further_kind_of_question_in_a_quiz_without_a_time_limit(told: Session) -> None:
    course = told.scalars(select(Course).where(Course.title == read_sample()[0].title)).one()
    paper = told.get_one(Paper, course.paper_id)
    asked = told.scalars(select(Question).join(PaperItem).where(PaperItem.paper_id == paper.id)).all()
    assert {question.kind for question in asked} == {Kind.NUMERIC, Kind.MATCHING, Kind.ORDERING, Kind.SHORT}
    assert paper.duration_seconds is None
    assert (course.state, course.audience_unit_id) == (CourseState.PUBLISHED, None)


def test_lin_has_practised_and_has_a_wrong_question_book_that_is_what_the_journal_says(told: Session) -> None:
    lin = told.scalars(select(Person.id).where(Person.staff_no == "lin")).one()
    modes = set(told.scalars(select(PracticeRun.mode).where(PracticeRun.person_id == lin)))
    assert modes == {Mode.DAILY, Mode.CHALLENGE}
    book = practice_queries.find_book(told, lin, NOW)
    assert any(memory.errors > 0 for memory in book.values())
    compared, wrong = practice.verify(told, lin)
    assert compared >= len(book) > 0
    assert wrong == []


def test_one_film_is_there_in_several_sizes_and_every_film_can_be_played_without_them(told: Session) -> None:
    streams = set(told.scalars(select(Rendition.media_id).where(Rendition.kind == RenditionKind.STREAM)))
    films = told.scalars(select(MediaFile).where(MediaFile.kind == MediaKind.VIDEO)).all()
    assert len(streams) == 1
    assert all(film.play_key for film in films)


def test_a_year_of_lectures_is_given_scheduled_and_proposed_and_the_leader_has_hours(told: Session) -> None:
    lines = queries_of_lectures.read(told, queries_of_lectures.lines())
    given = [line for line in lines if line.was_given]
    assert len(given) >= 3
    assert [line for line in lines if line.gathering.starts_at > NOW]
    rated = questionnaires.means_of(told, [line.gathering.id for line in given])
    assert rated
    states = told.scalars(select(Topic.state)).all()
    assert {"proposed", "approved", "returned"} == set(states)
    for name in ("gao", "ed"):
        taught = told.scalars(
            select(HourEntry.quarters).where(
                HourEntry.source_kind == "lecture", HourEntry.person_id == person(told, name).id
            )
        ).all()
        assert sum(taught) == 16
    notes = told.scalars(select(UncreditedNote.person_id).where(UncreditedNote.source_kind == "lecture")).all()
    assert notes == [person(told, "ed").id]
