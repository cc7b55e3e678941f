"""Classes from proposal to certificates through the services, on a real database."""

from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms import clock, outcomes
from lms.certificates import queries as certificates
from lms.certificates.models import Certificate
from lms.certificates.rules import State
from lms.db import MakeSession
from lms.demo.cast import NORTH, SOUTH
from lms.errors import Conflict, Forbidden, Invalid, NotFound
from lms.gatherings import queries as gathering_queries
from lms.gatherings import services as gatherings
from lms.gatherings.questionnaire_rules import SHOWN_FROM
from lms.gatherings.rules import Cause, Mark
from lms.gatherings.services import Tap
from lms.hours import services as hours
from lms.hours.models import HourEntry, UncreditedNote
from lms.hours.rules import FIRST as FIRST_POLICY
from lms.hours.rules import Bucket
from lms.notices.models import Notice
from lms.people.models import Person
from lms.people.principal import principal_of
from lms.quizzes.models import Attempt
from lms.quizzes.rules import State as AttemptState
from lms.training import queries, services, study_queries
from lms.training.class_rules import ClassState, EnrolmentState
from lms.training.errors import Clashing, ClassMoved, NotMeant
from lms.training.jobs import follow_corrections
from lms.training.models import ClassEnrolment, ClassResult, TrainingClass
from lms.training.reminders import list_due
from tests.courses.desk import paper_with
from tests.hours.making import issue_policy
from tests.training.bureau import (
    AFTER,
    FIRST,
    LAST,
    NOW,
    approved,
    cadre,
    enrol,
    hold,
    meeting,
    opened,
    plan,
    unit,
)


def quarters(session: Session, person: Person, bucket: Bucket = Bucket.OFFLINE) -> dict[int, int]:
    query = select(HourEntry.year, func.sum(HourEntry.quarters)).where(
        HourEntry.person_id == person.id, HourEntry.bucket == bucket, HourEntry.source_kind == "class"
    )
    return {year: int(total) for year, total in session.execute(query.group_by(HourEntry.year))}


def told(session: Session, person: Person) -> list[str]:
    return list(session.scalars(select(Notice.text).where(Notice.person_id == person.id).order_by(Notice.id)))


def state_of(session: Session, training: TrainingClass, person: Person) -> EnrolmentState:
    row = queries.find_enrolment(session, training.id, person.id)
    assert row is not None
    session.refresh(row)
    return row.state


# --- proposal


def test_a_class_is_proposed_returned_changed_and_approved_once(session: Session, cast: SimpleNamespace) -> None:
    made = services.propose(session, unit(session, NORTH), plan(), by_id=cast.ada.id, now=NOW)
    with pytest.raises(Invalid):
        services.decide(session, made, approve=False, note=" ", by_id=cast.hua.id, now=NOW)
    services.decide(session, made, approve=False, note="和年度安排重了", by_id=cast.hua.id, now=NOW)
    assert (made.state, told(session, cast.ada)[-1]) == (
        ClassState.RETURNED, "培训班“公文写作提升班”被退回：和年度安排重了",
    )  # fmt: skip
    services.change(session, made, plan(title="法治提升班"), by_id=cast.ada.id, now=NOW)
    assert (made.state, made.title) == (ClassState.PROPOSED, "法治提升班")
    services.decide(session, made, approve=True, note="", by_id=cast.hua.id, now=NOW)
    with pytest.raises(ClassMoved):
        services.decide(session, made, approve=False, note="再想想", by_id=cast.hua.id, now=NOW)
    assert made.state is ClassState.APPROVED


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": " "}, "title"),
        ({"ends_on": FIRST - timedelta(days=1)}, "ends_on"),
        ({"places": 0}, "places"),
        ({"places": 201}, "places"),
        ({"enrol_until": NOW - timedelta(days=2)}, "enrol_until"),
        ({"least_age": 41, "most_age": 40}, "most_age"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(
    session: Session, cast: SimpleNamespace, wrong: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        services.propose(session, unit(session), plan(**wrong), by_id=cast.ada.id, now=NOW)
    assert refused.value.field == field


def test_an_empty_timetable_opens_for_nobody_and_a_class_that_was_not_approved_neither(
    session: Session, cast: SimpleNamespace
) -> None:
    made = approved(session, cast)
    with pytest.raises(Conflict, match="课程表还是空的"):
        services.open_enrolment(session, made, by_id=cast.ada.id, now=NOW)
    proposed = services.propose(session, unit(session), plan(), by_id=cast.ada.id, now=NOW)
    with pytest.raises(ClassMoved):
        services.add_meeting(session, proposed, meeting(), by_id=cast.ada.id, now=NOW)


# --- enrolment


def test_who_comes_when_it_is_full_waits_and_gets_the_place_that_becomes_free(
    session: Session, cast: SimpleNamespace
) -> None:
    training = opened(session, cast, places=2)
    assert enrol(session, training, cast.lin, cast.bo, cast.dana, cast.mei) == [
        "placed",
        "placed",
        "waiting",
        "waiting",
    ]
    assert enrol(session, training, cast.dana, now=NOW + timedelta(hours=1)) == ["waiting"], (
        "asking again keeps the turn"
    )
    row = queries.find_enrolment(session, training.id, cast.lin.id)
    assert row
    services.withdraw(session, training, row, now=NOW)
    session.commit()
    assert state_of(session, training, cast.dana) is EnrolmentState.PLACED
    assert state_of(session, training, cast.mei) is EnrolmentState.WAITING
    assert "培训班“公文写作提升班”有名额了，你已从候补转为录取" in told(session, cast.dana)
    assert (training.placed_count, queries.list_placed(session, training.id)) == (2, sorted([cast.bo.id, cast.dana.id]))
    assert enrol(session, training, cast.lin, now=NOW + timedelta(hours=2)) == ["waiting"], (
        "back at the end of the list"
    )
    assert queries.place_in_queue(session, row) == 2


def test_a_unit_s_quota_lets_the_other_unit_pass_and_more_places_promote(
    session: Session, cast: SimpleNamespace
) -> None:
    training = opened(session, cast, places=4)
    north, south = unit(session, NORTH), unit(session, SOUTH)
    services.set_quotas(session, training, {north.id: 1, south.id: 2}, by_id=cast.hua.id, now=NOW)
    assert enrol(session, training, cast.lin, cast.bo, cast.dana) == ["placed", "waiting", "placed"]
    services.set_quotas(session, training, {north.id: 2, south.id: 2}, by_id=cast.hua.id, now=NOW)
    session.commit()
    assert state_of(session, training, cast.bo) is EnrolmentState.PLACED
    with pytest.raises(Invalid):
        services.set_quotas(session, training, {north.id: 1}, by_id=cast.hua.id, now=NOW)
    session.rollback()
    services.set_quotas(session, training, {}, by_id=cast.hua.id, now=NOW)
    assert queries.list_quotas(session, training.id) == []
    assert training.placed_count == 3


def test_places_can_not_go_below_those_who_have_one_and_more_places_promote(
    session: Session, cast: SimpleNamespace
) -> None:
    training = opened(session, cast, places=1)
    enrol(session, training, cast.lin, cast.bo)
    services.change(session, training, plan(places=2, officer_id=cast.ada.id), by_id=cast.ada.id, now=NOW)
    assert state_of(session, training, cast.bo) is EnrolmentState.PLACED
    with pytest.raises(Invalid):
        services.change(session, training, plan(places=1), by_id=cast.ada.id, now=NOW)


def test_a_class_is_not_for_everybody_and_not_at_any_time(session: Session, cast: SimpleNamespace) -> None:
    training = opened(session, cast, owner=NORTH, most_age=35)
    with pytest.raises(NotMeant, match="所在的单位"):
        services.enrol(session, training, cast.dana.id, by_id=cast.dana.id, now=NOW)
    with pytest.raises(NotMeant, match="35 岁及以下"):
        services.enrol(session, training, cast.lin.id, by_id=cast.lin.id, now=NOW)
    with pytest.raises(Conflict, match="报名时间"):
        services.enrol(session, training, cast.bo.id, by_id=cast.bo.id, now=NOW + timedelta(days=6))
    assert (
        services.enrol(session, training, cast.bo.id, by_id=cast.ada.id, now=NOW + timedelta(days=6)).state == "placed"
    )


def test_who_is_expected_in_another_class_at_that_time_can_not_enrol(session: Session, cast: SimpleNamespace) -> None:
    enrol(session, opened(session, cast), cast.lin)
    other = approved(session, cast, title="法治班")
    services.add_meeting(session, other, meeting(LAST, 14, title="下午课", place="别处"), by_id=cast.ada.id, now=NOW)
    services.open_enrolment(session, other, by_id=cast.ada.id, now=NOW)
    with pytest.raises(Clashing, match="下午课"):
        services.enrol(session, other, cast.lin.id, by_id=cast.lin.id, now=NOW)
    assert enrol(session, other, cast.bo) == ["placed"]


def test_a_class_with_review_takes_whom_the_officer_accepts_and_tells_the_others_why(
    session: Session, cast: SimpleNamespace
) -> None:
    training = opened(session, cast, places=1, is_decided=True)
    assert enrol(session, training, cast.lin, cast.bo, cast.dana) == ["asked"] * 3
    rows = {
        name: queries.find_enrolment(session, training.id, getattr(cast, name).id) for name in ("lin", "bo", "dana")
    }
    for name in ("bo", "lin"):
        services.decide_enrolment(session, training, rows[name], accept=True, note="", by_id=cast.ada.id, now=NOW)  # type: ignore[arg-type]
    session.commit()
    assert (state_of(session, training, cast.bo), state_of(session, training, cast.lin)) == ("placed", "waiting")
    with pytest.raises(Conflict):
        services.decide_enrolment(session, training, rows["bo"], accept=True, note="", by_id=cast.ada.id, now=NOW)  # type: ignore[arg-type]
    services.decide_enrolment(
        session, training, rows["dana"], accept=False, note="本期面向科室", by_id=cast.ada.id, now=NOW
    )  # type: ignore[arg-type]
    assert "本期面向科室" in told(session, cast.dana)[-1]
    with pytest.raises(Conflict, match="没有被录取"):
        services.enrol(session, training, cast.dana.id, by_id=cast.dana.id, now=NOW)
    services.decide_enrolment(session, training, rows["bo"], accept=False, note="工作冲突", by_id=cast.ada.id, now=NOW)  # type: ignore[arg-type]
    session.commit()
    assert state_of(session, training, cast.lin) is EnrolmentState.PLACED


# --- timetable


def test_rooms_lecturers_and_participants_that_are_elsewhere_are_named_before_saving(
    session: Session, cast: SimpleNamespace
) -> None:
    first = opened(session, cast)
    enrol(session, first, cast.lin)
    other = approved(session, cast, title="法治班")
    services.add_meeting(session, other, meeting(FIRST + timedelta(days=1), 20, ends_at=clock.at_local(FIRST + timedelta(days=1), 21)), by_id=cast.ada.id, now=NOW)  # fmt: skip
    services.open_enrolment(session, other, by_id=cast.ada.id, now=NOW)
    enrol(session, other, cast.lin)
    wanted = meeting(FIRST, 10, place=" 一号 教室 ", lecturer_id=cast.ed.id)
    kept = queries.list_meetings(session, first.id)[0]
    found = services.find_clashes(session, other, wanted)
    assert [(each.gathering.id, each.is_room, each.is_speaker, each.members) for each in found] == [
        (kept.id, True, False, ("林晓",))
    ]
    same = meeting(FIRST, 9)
    assert services.find_clashes(session, first, same, kept.id) == [], "a meeting does not collide with itself"


def test_meetings_lie_within_the_days_and_expect_exactly_who_has_a_place(
    session: Session, cast: SimpleNamespace
) -> None:
    training = opened(session, cast, places=1)
    enrol(session, training, cast.lin, cast.bo)
    for each in queries.list_meetings(session, training.id):
        assert gathering_queries.list_invitees(session, each.id) == [cast.lin.id]
    row = queries.find_enrolment(session, training.id, cast.lin.id)
    assert row
    services.withdraw(session, training, row, now=NOW)
    for each in queries.list_meetings(session, training.id):
        assert gathering_queries.list_invitees(session, each.id) == [cast.bo.id]
    with pytest.raises(Invalid):
        services.add_meeting(session, training, meeting(LAST + timedelta(days=1)), by_id=cast.ada.id, now=NOW)
    with pytest.raises(Invalid, match="课程表"):
        services.change(session, training, plan(starts_on=LAST, places=1), by_id=cast.ada.id, now=NOW)


# --- closing


def test_closing_credits_hours_and_numbers_certificates_once_and_says_why_not(
    session: Session, cast: SimpleNamespace
) -> None:
    training = opened(session, cast)
    enrol(session, training, cast.lin, cast.bo, cast.dana)
    with pytest.raises(Conflict, match="3 次课没有结束点名"):
        services.close_class(session, training, by_id=cast.ada.id, now=AFTER)
    session.rollback()
    hold(session, training, cast, absent=[(1, cast.bo)])
    services.close_class(session, training, by_id=cast.ada.id, now=AFTER)
    session.commit()
    assert quarters(session, cast.lin) == {2026: 3 * 32}
    assert quarters(session, cast.bo) == {}
    note = session.scalars(select(UncreditedNote).where(UncreditedNote.person_id == cast.bo.id)).one()
    assert note.reason == "缺课 8 小时，超过总课时 24 小时 的 1/7"
    issued = certificates.list_of_source(session, ("class", training.id))
    assert [each.holder for each in issued] == [cast.lin.name, cast.dana.name]
    assert issued[0].lines == ["于2026年12月7日至12月9日参加“公文写作提升班”学习，计 24 学时，考核合格，准予结业。"]
    assert hours.verify(session).holds
    with pytest.raises(ClassMoved):
        services.close_class(session, training, by_id=cast.hua.id, now=AFTER)
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Certificate)) == 2
    assert "没有结业" in told(session, cast.bo)[-1]


def test_as_much_of_a_class_may_be_missed_as_the_rules_of_its_last_day_say(
    session: Session, cast: SimpleNamespace
) -> None:
    issue_policy(session, replace(FIRST_POLICY, absence_limit=(1, 3)), FIRST, by_id=cast.hua.id)
    issue_policy(session, FIRST_POLICY, LAST + timedelta(days=1), by_id=cast.hua.id)
    session.commit()
    training = opened(session, cast)
    enrol(session, training, cast.lin, cast.bo)
    hold(session, training, cast, absent=[(1, cast.bo), (0, cast.lin), (1, cast.lin)])
    services.close_class(session, training, by_id=cast.ada.id, now=AFTER)
    session.commit()
    assert (quarters(session, cast.bo), quarters(session, cast.lin)) == ({2026: 3 * 32}, {})
    note = session.scalars(select(UncreditedNote)).one()
    assert note.reason == "缺课 16 小时，超过总课时 24 小时 的 1/3"
    assert [each.holder for each in certificates.list_of_source(session, ("class", training.id))] == [cast.bo.name]
    assert services.to_correct(session, training) == []
    assert hours.verify(session).holds


def test_a_class_for_specialists_earns_in_both_buckets_and_over_new_year_in_both_years(
    session: Session, cast: SimpleNamespace
) -> None:
    days = {"starts_on": date(2026, 12, 31), "ends_on": date(2027, 1, 1)}
    training = opened(session, cast, days=2, is_professional=True, **days)
    enrol(session, training, cast.lin)
    hold(session, training, cast)
    services.close_class(session, training, by_id=cast.ada.id, now=clock.at_local(date(2027, 1, 1), 20))
    session.commit()
    for bucket in (Bucket.OFFLINE, Bucket.PROFESSIONAL):
        assert quarters(session, cast.lin, bucket) == {2026: 32, 2027: 32}
    assert hours.verify(session).holds


def test_approved_leave_is_absence_when_the_time_is_counted(session: Session, cast: SimpleNamespace) -> None:
    training = opened(session, cast)
    enrol(session, training, cast.lin, cast.bo)
    first = queries.list_meetings(session, training.id)[0]
    leave = gatherings.ask_leave(session, first, cast.lin.id, cause=Cause.ILL, note_text="", now=NOW)
    gatherings.decide_leave(session, first, leave, approve=True, link="/", by_id=cast.ada.id, now=NOW)
    hold(session, training, cast)
    services.close_class(session, training, by_id=cast.ada.id, now=AFTER)
    result = queries.find_result(session, training.id, cast.lin.id)
    assert result
    assert (result.is_completed, result.attended_seconds) == (False, 16 * 3600)


def test_a_corrected_roll_becomes_corrections_and_doing_it_again_changes_nothing(
    session: Session, make_session: MakeSession, cast: SimpleNamespace
) -> None:
    training = opened(session, cast)
    enrol(session, training, cast.lin, cast.bo)
    held = hold(session, training, cast, absent=[(0, cast.bo)])
    services.close_class(session, training, by_id=cast.ada.id, now=AFTER)
    session.commit()

    def correct(mark: Mark, person: Person) -> int:
        gatherings.mark(session, held[0], [Tap(person.id, mark)], by_id=cast.ada.id, now=AFTER, reason="签到表为准")
        session.commit()
        changed = follow_corrections(make_session, AFTER)
        session.rollback()
        return changed

    assert correct(Mark.PRESENT, cast.bo) == 1
    assert quarters(session, cast.bo) == {2026: 96}
    assert follow_corrections(make_session, AFTER) == 0
    assert correct(Mark.ABSENT, cast.bo) == 1
    assert quarters(session, cast.bo) == {2026: 0}
    assert correct(Mark.PRESENT, cast.bo) == 1
    assert quarters(session, cast.bo) == {2026: 96}
    papers = session.scalars(
        select(Certificate).where(Certificate.person_id == cast.bo.id).order_by(Certificate.id)
    ).all()
    assert [each.state for each in papers] == [State.WITHDRAWN, State.VALID]
    result = session.scalars(select(ClassResult).where(ClassResult.person_id == cast.bo.id)).one()
    assert (result.revision, result.certificate_id) == (3, papers[-1].id)
    lin = session.scalars(select(ClassResult).where(ClassResult.person_id == cast.lin.id)).one()
    assert (lin.revision, quarters(session, cast.lin)) == (0, {2026: 96})
    assert hours.verify(session).holds


def test_who_still_waits_when_the_class_is_closed_waits_no_longer(session: Session, cast: SimpleNamespace) -> None:
    training = opened(session, cast, places=1)
    enrol(session, training, cast.lin, cast.bo)
    hold(session, training, cast)
    services.close_class(session, training, by_id=cast.ada.id, now=AFTER)
    session.commit()
    assert state_of(session, training, cast.bo) is EnrolmentState.REFUSED
    assert session.scalar(select(func.count()).select_from(ClassResult)) == 1


def test_a_cancelled_class_cancels_its_meetings_and_tells_who_enrolled(session: Session, cast: SimpleNamespace) -> None:
    training = opened(session, cast)
    enrol(session, training, cast.lin)
    services.cancel(session, training, reason="讲师出差", by_id=cast.ada.id, now=NOW)
    session.commit()
    assert queries.list_meetings(session, training.id) == []
    assert told(session, cast.lin)[-1] == "培训班“公文写作提升班”取消：讲师出差"
    held = opened(session, cast, title="二期", starts_on=LAST, ends_on=LAST, days=1)
    hold(session, held, cast)
    with pytest.raises(Conflict, match="已经上过课"):
        services.cancel(session, held, reason="讲师出差", by_id=cast.ada.id, now=AFTER)


# --- homework and opinions


def test_homework_is_handed_in_changed_and_written_back_to_once_read_it_stays(
    session: Session, cast: SimpleNamespace
) -> None:
    training = opened(session, cast)
    enrol(session, training, cast.lin)
    homework = services.set_homework(
        session, training, title="一篇调研信息", text="", due_at=AFTER, by_id=cast.ada.id, now=NOW
    )
    assert told(session, cast.lin)[-1] == "新作业：一篇调研信息"
    with pytest.raises(Invalid):
        services.hand_in(session, homework, cast.lin.id, text=" ", media_id=None, now=NOW)
    services.hand_in(session, homework, cast.lin.id, text="初稿", media_id=None, now=NOW)
    row = services.hand_in(session, homework, cast.lin.id, text="定稿", media_id=None, now=NOW)
    session.commit()
    (line,) = study_queries.list_homework_of_class(session, training.id)
    assert (line.handed, line.waiting, row.text) == (1, 1, "定稿")
    services.comment(session, training, homework, row, text="抓住了问题", by_id=cast.ada.id, now=NOW)
    session.commit()
    (line,) = study_queries.list_homework_of_class(session, training.id)
    assert line.waiting == 0
    with pytest.raises(Conflict, match="已经批阅"):
        services.hand_in(session, homework, cast.lin.id, text="再改", media_id=None, now=NOW)


def test_opinions_are_given_once_in_their_time_and_shown_from_five_on(session: Session, cast: SimpleNamespace) -> None:
    training = opened(session, cast)
    people = [cast.lin, cast.bo, cast.dana, cast.mei, cadre(session, "k1")]
    enrol(session, training, *people)
    with pytest.raises(Conflict, match="评价时间"):
        services.evaluate(session, training, cast.lin.id, points=[5] * 5, words="", now=NOW)
    with pytest.raises(Invalid):
        services.evaluate(session, training, cast.lin.id, points=[5, 5, 5, 5, 6], words="", now=AFTER)
    for number, person in enumerate(people, 1):
        before = study_queries.opinions_of(session, training.id)
        assert (before.count, before.is_shown, before.words) == (number - 1, False, ())
        services.evaluate(session, training, person.id, points=[5, 4, 3, 2, number], words=f"建议{number}", now=AFTER)
        session.commit()
    with pytest.raises(Conflict, match="已经评价"):
        services.evaluate(session, training, cast.lin.id, points=[1] * 5, words="", now=AFTER)
    shown = study_queries.opinions_of(session, training.id)
    assert shown.by_question == (50, 40, 30, 20, 30)
    assert len(shown.words) == SHOWN_FROM


def test_the_counts_are_those_of_the_enrolments_whatever_happened(session: Session, cast: SimpleNamespace) -> None:
    training = opened(session, cast, places=2)
    services.set_quotas(session, training, {unit(session, NORTH).id: 1}, by_id=cast.hua.id, now=NOW)
    enrol(session, training, cast.lin, cast.bo, cast.dana, cast.mei)
    for person in (cast.lin, cast.dana):
        row = queries.find_enrolment(session, training.id, person.id)
        assert row
        services.withdraw(session, training, row, now=NOW)
        session.commit()
    placed = select(func.count()).where(ClassEnrolment.class_id == training.id, ClassEnrolment.state == "placed")
    assert session.scalar(placed) == training.placed_count == 2
    ((quota, _),) = queries.list_quotas(session, training.id)
    assert quota.placed_count == 1


# --- reminders


def test_what_waits_is_listed_for_whom_it_waits_and_falls_silent_once_it_is_done(
    session: Session, cast: SimpleNamespace
) -> None:
    training = opened(session, cast, is_decided=True)
    enrol(session, training, cast.lin, cast.bo)
    assert [(due.person_id, due.item) for due in list_due(session, now=NOW)] == [
        (cast.ada.id, f"class.enrolments:{training.id}")
    ]
    for person in (cast.lin, cast.bo):
        row = queries.find_enrolment(session, training.id, person.id)
        assert row
        services.decide_enrolment(session, training, row, accept=True, note="", by_id=cast.ada.id, now=NOW)
    assert list_due(session, now=NOW) == []
    homework = services.set_homework(session, training, title="心得", text="", due_at=AFTER, by_id=cast.ada.id, now=NOW)
    session.commit()
    assert list_due(session, now=NOW) == []
    late = AFTER - timedelta(days=3)
    assert [due.person_id for due in list_due(session, now=late)] == [cast.lin.id, cast.bo.id]
    services.hand_in(session, homework, cast.lin.id, text="好", media_id=None, now=late)
    session.commit()
    assert [due.person_id for due in list_due(session, now=late)] == [cast.bo.id]
    services.hand_in(session, homework, cast.bo.id, text="好", media_id=None, now=late)
    services.evaluate(session, training, cast.bo.id, points=[5] * 5, words="", now=AFTER)
    session.commit()
    assert [(due.person_id, due.item) for due in list_due(session, now=AFTER)] == [
        (cast.lin.id, f"class.evaluation:{training.id}")
    ]
    assert list_due(session, now=AFTER + timedelta(days=31)) == []


# --- the quiz


def scored(session: Session, training: TrainingClass, person: Person, percent: int) -> Attempt:
    """The person's attempt, begun as the exam page begins it and ended with that score."""
    attempt = outcomes.begin(session, principal_of(session, person, AFTER), "class", training.id, AFTER)
    attempt.state, attempt.score_millis, attempt.submitted_at = (
        AttemptState.SUBMITTED,
        attempt.max_millis * percent // 100,
        AFTER,
    )
    outcomes.settle(session, attempt, AFTER)
    session.commit()
    return attempt


def test_a_class_with_a_quiz_asks_for_both_and_a_corrected_score_becomes_a_correction(
    session: Session, cast: SimpleNamespace
) -> None:
    training = opened(session, cast, paper_id=paper_with(session).id)
    enrol(session, training, cast.lin, cast.bo, cast.dana)
    with pytest.raises(NotFound):
        outcomes.begin(session, principal_of(session, cast.lin, AFTER), "class", 999, AFTER)
    with pytest.raises(Forbidden, match="录取以后"):
        outcomes.begin(session, principal_of(session, cast.mei, AFTER), "class", training.id, AFTER)
    session.rollback()
    hold(session, training, cast)
    scored(session, training, cast.lin, 100)
    missed = scored(session, training, cast.bo, 40)
    services.close_class(session, training, by_id=cast.ada.id, now=AFTER)
    session.commit()
    assert (quarters(session, cast.lin), quarters(session, cast.bo)) == ({2026: 96}, {})
    notes = session.scalars(select(UncreditedNote.reason).where(UncreditedNote.source_kind == "class")).all()
    assert set(notes) == {"结业测验未通过"}
    with pytest.raises(Conflict, match="已经结班"):
        outcomes.begin(session, principal_of(session, cast.dana, AFTER), "class", training.id, AFTER)
    session.rollback()
    missed.score_millis = missed.max_millis
    session.flush()
    outcomes.resettle(session, [missed], "标准答案更正", AFTER)
    session.commit()
    assert quarters(session, cast.bo) == {2026: 96}
    assert session.scalar(select(func.count()).select_from(Certificate)) == 2
    missed.score_millis = 0
    session.flush()
    outcomes.resettle(session, [missed], "更正有误", AFTER)
    session.commit()
    assert quarters(session, cast.bo) == {2026: 0}
    assert hours.verify(session).holds
