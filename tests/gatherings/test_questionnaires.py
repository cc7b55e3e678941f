"""Questionnaires: asked of who was there, once, shown as sums from five replies on."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.errors import Conflict, Forbidden, Invalid
from lms.gatherings import questionnaire_rules as rules
from lms.gatherings import questionnaires, services
from lms.gatherings.kind_rules import GatheringKind
from lms.gatherings.models import Entry, Gathering, Reply
from lms.gatherings.rules import Mark, VisitState
from lms.gatherings.services import Plan, SignIn, Tap
from lms.hours.models import HourEntry
from lms.people.models import Person
from tests.gatherings.north import AFTER, DURING, ENDS, NOON, STARTS, member, unit
from tests.support.web import Web

FIVE = [5, 4, 4, 3, 5]
POINTS = st.lists(st.integers(1, 5), min_size=5, max_size=5)


@pytest.fixture
def people(session: Session) -> list[Person]:
    return [member(session, f"h{number}", commit=False) for number in range(6)]


@pytest.fixture
def lecture(session: Session, cast: SimpleNamespace, people: list[Person]) -> Gathering:
    """A lecture that ed gave at North: everybody was there but bo."""
    wanted = Plan(
        GatheringKind.LECTURE,
        "耕地保护讲座",
        STARTS,
        ENDS,
        place="三楼会议室",
        host_id=cast.ada.id,
        speaker_id=cast.ed.id,
    )
    made = services.plan(session, unit(session), wanted, by_id=cast.ada.id, now=NOON)
    services.mark(session, made, [Tap(cast.bo.id, Mark.ABSENT)], by_id=cast.ada.id, now=DURING)
    services.all_present(session, made, by_id=cast.ada.id, now=DURING)
    services.close_roll(session, made, by_id=cast.ada.id, now=AFTER)
    session.commit()
    return made


def say(session: Session, gathering: Gathering, person: Person, points: list[int] = FIVE, words: str = "") -> None:
    services.reply(session, gathering, person.id, points=points, words=words, now=AFTER)


def test_who_was_there_replies_once_and_who_was_not_never(
    session: Session, cast: SimpleNamespace, lecture: Gathering
) -> None:
    say(session, lecture, cast.lin)
    with pytest.raises(Conflict):
        say(session, lecture, cast.lin)
    for person in (cast.bo, cast.dana):
        with pytest.raises(Forbidden):
            say(session, lecture, person)
    assert session.scalars(select(Reply.person_id)).all() == [cast.lin.id]


def test_the_speaker_answers_no_questionnaire_and_earns_no_hours_for_hearing(
    session: Session, cast: SimpleNamespace, lecture: Gathering
) -> None:
    with pytest.raises(Forbidden):
        say(session, lecture, cast.ed)
    heard = session.scalars(select(HourEntry.person_id).where(HourEntry.source_kind == "gathering")).all()
    assert cast.lin.id in heard
    assert cast.ed.id not in heard


def test_a_visitor_replies_once_confirmed(session: Session, cast: SimpleNamespace, lecture: Gathering) -> None:
    lecture_closed = lecture.closed_at
    assert lecture_closed is not None
    asked = services.sign_in(session, lecture, cast.dana.id, scanned_at=DURING, now=AFTER)
    assert asked is SignIn.VISIT_ASKED
    session.flush()
    with pytest.raises(Forbidden):
        say(session, lecture, cast.dana)
    visit = session.scalars(select(Entry).where(Entry.visit == VisitState.ASKED)).one()
    services.decide_visit(session, lecture, visit, confirm=True, by_id=cast.ada.id, now=AFTER)
    say(session, lecture, cast.dana)


def test_figures_and_words_are_hidden_with_four_replies_and_shown_with_five(
    session: Session, lecture: Gathering, people: list[Person]
) -> None:
    for person in people[:4]:
        say(session, lecture, person, words="案例好")
    before = questionnaires.outcome_of(session, lecture.id)
    assert (before.count, before.tenths, before.by_question, before.words) == (4, None, (), ())
    say(session, lecture, people[4], [1, 1, 1, 1, 1], "太快")
    after = questionnaires.outcome_of(session, lecture.id)
    assert (after.count, after.tenths, after.words) == (5, 36, ("太快", "案例好", "案例好", "案例好", "案例好"))
    assert after.by_question == (42, 34, 34, 26, 42)


def test_whoever_the_roll_is_corrected_to_absent_no_longer_counts(
    session: Session, cast: SimpleNamespace, lecture: Gathering, people: list[Person]
) -> None:
    for person in people[:5]:
        say(session, lecture, person)
    assert questionnaires.outcome_of(session, lecture.id).is_shown
    services.mark(session, lecture, [Tap(people[0].id, Mark.ABSENT)], by_id=cast.ada.id, now=AFTER)
    session.flush()
    assert questionnaires.outcome_of(session, lecture.id) == rules.Outcome(4)
    assert questionnaires.means_of(session, [lecture.id]) == {lecture.id: (4, 4 * sum(FIVE))}


@pytest.mark.parametrize("points", [[5, 5, 5, 5], [5, 5, 5, 5, 0], [5, 5, 5, 5, 6], [5] * 6, []])
def test_points_must_answer_every_question_with_one_to_five(
    session: Session, cast: SimpleNamespace, lecture: Gathering, points: list[int]
) -> None:
    with pytest.raises(Invalid):
        say(session, lecture, cast.lin, points)


def test_replies_end_thirty_days_after_the_gathering(
    session: Session, cast: SimpleNamespace, lecture: Gathering
) -> None:
    late = lecture.ends_at + timedelta(days=30)
    with pytest.raises(Conflict):
        services.reply(session, lecture, cast.lin.id, points=FIVE, words="", now=late)
    services.reply(session, lecture, cast.lin.id, points=FIVE, words="", now=late - timedelta(seconds=1))


@given(st.lists(st.tuples(POINTS, st.sampled_from(["", "好", "快"])), max_size=12))
def test_an_outcome_tells_nothing_below_five_and_never_the_order_of_the_replies(
    replies: list[tuple[list[int], str]],
) -> None:
    found = rules.outcome(replies)
    assert found.count == len(replies)
    assert found == rules.outcome(list(reversed(replies)))
    if len(replies) < rules.SHOWN_FROM:
        assert found == rules.Outcome(len(replies))
    else:
        assert found.tenths is not None
        assert 10 <= found.tenths <= 50
        assert len(found.by_question) == 5
        assert min(found.by_question) <= found.tenths <= max(found.by_question)


# --- pages


def test_the_form_is_offered_to_who_was_there_and_thanks_them(
    web: Web, cast: SimpleNamespace, lecture: Gathering, friday: object
) -> None:
    friday.move_to(AFTER)  # type: ignore[attr-defined]
    path = f"/gatherings/{lecture.id}/questionnaire"
    lin = web.as_("lin")
    assert path in lin.get(f"/gatherings/{lecture.id}").get_data(as_text=True)
    lin.get(path)
    assert "请选 1 到 5 分" in lin.post(path, {"question_1": "5"}, 422).get_data(as_text=True)
    answers = {f"question_{number}": "4" for number in range(1, 6)} | {"words": "很有用"}
    page = lin.follow(lin.post(path, answers, 303)).get_data(as_text=True)
    assert "已收到你的评价" in page
    assert "提交评价" not in page
    assert path not in lin.get(f"/gatherings/{lecture.id}").get_data(as_text=True)
    lin.post(path, answers, 409)


def test_who_was_absent_is_told_so_and_others_are_told_nothing(web: Web, lecture: Gathering, friday: object) -> None:
    friday.move_to(AFTER)  # type: ignore[attr-defined]
    path = f"/gatherings/{lecture.id}/questionnaire"
    for name in ("bo", "ed"):
        web.as_(name).get(path, 403)
        web.as_(name).post(path, {}, 403)
    web.as_("dana").get(path, 404)
    web.as_("dana").post(path, {}, 404)


def test_the_keeper_reads_sums_from_five_replies_and_no_name_beside_words(
    web: Web, session: Session, lecture: Gathering, people: list[Person], friday: object
) -> None:
    friday.move_to(AFTER)  # type: ignore[attr-defined]
    desk = f"/gatherings/desk/{lecture.id}"
    for person in people[:4]:
        say(session, lecture, person, words="讲得透")
    assert "讲得透" not in web.as_("ada").get(desk).get_data(as_text=True)
    say(session, lecture, people[4], words="讲得透")
    page = web.as_("ada").get(desk).get_data(as_text=True)
    assert "讲得透" in page
    assert "平均 4.2 分" in page
    assert not [person.name for person in people if person.name in page]
