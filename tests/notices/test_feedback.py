"""Threads of feedback: said, answered, taken up again, counted."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select, true
from sqlalchemy.orm import Session

from lms import clock
from lms.errors import Conflict, Invalid, TooMany
from lms.notices import feedback_queries as queries
from lms.notices import services
from lms.notices.feedback_rules import AFTER_REPLY, OPEN, FeedbackState, median_days, section_key
from lms.notices.models import Feedback, Notice
from tests.notices.making import MONDAY
from tests.support.web import Web

HOUR = timedelta(hours=1)


@pytest.fixture
def thread(session: Session, cast: SimpleNamespace) -> Feedback:
    made = services.give_feedback(session, cast.lin.id, page="/courses/7", text="视频太快", now=clock.now())
    session.flush()
    return made


def answer(
    session: Session, thread: Feedback, by: object, state: FeedbackState = FeedbackState.ANSWERED, **more: object
) -> None:
    facts = {"text": "已经改好", "now": clock.now(), **more}
    services.reply(session, thread, by_id=by.id, state=state, **facts)  # type: ignore[attr-defined, arg-type]


@pytest.mark.parametrize("state", AFTER_REPLY)
def test_a_reply_says_what_becomes_of_it_and_the_writer_is_told_where(
    session: Session, cast: SimpleNamespace, thread: Feedback, state: FeedbackState
) -> None:
    answer(session, thread, cast.hua, state)
    assert (thread.state, thread.is_open, thread.assignee_id) == (state, state in OPEN, cast.hua.id)
    assert session.scalars(select(Notice.link)).all() == [f"/feedback/{thread.id}"]
    assert [(word.is_office, word.author) for word in queries.list_words(session, thread.id)] == [(True, cast.hua.name)]


def test_not_to_adopt_needs_a_reason_and_new_is_no_answer(
    session: Session, cast: SimpleNamespace, thread: Feedback
) -> None:
    with pytest.raises(Invalid) as refused:
        answer(session, thread, cast.hua, FeedbackState.DECLINED, text=" ")
    assert "理由" in refused.value.message
    with pytest.raises(Invalid):
        answer(session, thread, cast.hua, FeedbackState.NEW)
    assert thread.state is FeedbackState.NEW


def test_a_further_word_of_the_writer_opens_a_closed_thread_and_tells_who_sees_to_it(
    session: Session, cast: SimpleNamespace, thread: Feedback
) -> None:
    assert services.add_word(session, thread, text="手机上也是", now=clock.now()) is False
    answer(session, thread, cast.hua)
    first = thread.answered_at
    assert services.add_word(session, thread, text="还是快", now=clock.now()) is True
    assert thread.state is FeedbackState.WORKING
    assert session.scalars(select(Notice.link).where(Notice.person_id == cast.hua.id)).all() == [
        f"/office/feedback/{thread.id}"
    ]
    answer(session, thread, cast.wen, text="再改一次", now=clock.now() + HOUR)
    assert thread.answered_at == first
    said = [(word.is_office, word.text) for word in queries.list_words(session, thread.id)]
    assert said == [(False, "手机上也是"), (True, "已经改好"), (False, "还是快"), (True, "再改一次")]


def test_a_closed_thread_is_neither_assigned_nor_answered_until_it_is_opened_again(
    session: Session, cast: SimpleNamespace, thread: Feedback
) -> None:
    answer(session, thread, cast.hua)
    with pytest.raises(Conflict):
        services.assign(session, thread, cast.wen.id, by_id=cast.hua.id, now=MONDAY)
    with pytest.raises(Conflict):
        answer(session, thread, cast.wen)
    services.reopen(session, thread, now=MONDAY)
    with pytest.raises(Conflict):
        services.reopen(session, thread, now=MONDAY)
    session.expire_all()
    answer(session, thread, cast.wen)
    assert thread.assignee_id == cast.hua.id


def test_who_is_given_a_thread_is_told_and_who_takes_it_is_not(
    session: Session, cast: SimpleNamespace, thread: Feedback
) -> None:
    services.assign(session, thread, cast.hua.id, by_id=cast.hua.id, now=MONDAY)
    assert session.scalars(select(Notice)).all() == []
    services.assign(session, thread, cast.wen.id, by_id=cast.hua.id, now=MONDAY)
    assert session.scalars(select(Notice.person_id)).all() == [cast.wen.id]


def test_twenty_a_day_are_taken_and_the_next_is_asked_to_wait(session: Session, cast: SimpleNamespace) -> None:
    for n in range(20):
        services.give_feedback(session, cast.lin.id, page="/", text=f"第 {n} 条", now=MONDAY)
    session.flush()
    with pytest.raises(TooMany):
        services.give_feedback(session, cast.lin.id, page="/", text="再一条", now=MONDAY + HOUR)
    services.give_feedback(session, cast.bo.id, page="/", text="别人的", now=MONDAY + HOUR)
    services.give_feedback(session, cast.lin.id, page="/", text="明天的", now=MONDAY + timedelta(days=1, hours=1))


def test_figures_are_counts_and_the_median_of_days_by_section(session: Session, cast: SimpleNamespace) -> None:
    for page, hours in (("/courses/1", 24), ("/courses/2", 72), ("/courses/3", None), ("/", 12), ("/contests", None)):
        made = services.give_feedback(session, cast.lin.id, page=page, text="x", now=MONDAY)
        session.flush()
        if hours:
            answer(session, made, cast.hua, FeedbackState.ADOPTED, now=MONDAY + hours * HOUR)
    whole, sections = queries.figures_of(session, true(), MONDAY - HOUR)
    assert (whole.total, whole.counts[FeedbackState.ADOPTED], whole.counts[FeedbackState.NEW]) == (5, 3, 2)
    assert whole.median_days == 1.0
    assert [(s.section, s.total, s.open, s.median_days) for s in sections] == [
        ("courses", 3, 1, 2.0),
        ("", 1, 0, 0.5),
        ("contests", 1, 1, None),
    ]
    assert queries.figures_of(session, true(), MONDAY + HOUR)[0].total == 0


def test_a_page_s_section_is_the_first_part_of_its_path() -> None:
    assert [section_key(page) for page in ("", "/", "/courses/7", "office/feedback")] == ["", "", "courses", "office"]
    assert median_days([]) is None


# --- pages


def test_the_writer_follows_the_thread_and_nobody_else_opens_it(web: Web, session: Session, thread: Feedback) -> None:
    place = f"/feedback/{thread.id}"
    lin, bo, hua = web.as_("lin"), web.as_("bo"), web.as_("hua")
    hua.post(f"/office{place}/reply", {"reply": "这次不改，会影响别的课。", "state": "declined"})
    page = lin.get(place).get_data(as_text=True)
    assert "不采纳" in page
    assert "这次不改" in page
    lin.post(f"{place}/messages", {"text": ""}, 422)
    lin.post(f"{place}/messages", {"text": "只改这门课呢？"})
    assert "只改这门课呢？" in hua.get(f"/office{place}").get_data(as_text=True)
    assert "视频太快" in hua.get("/office/feedback").get_data(as_text=True)
    for browser in (bo, hua):
        browser.get(place, 404)
        browser.post(f"{place}/messages", {"text": "x"}, 404)


def test_the_office_assigns_reopens_and_counts(
    web: Web, session: Session, cast: SimpleNamespace, thread: Feedback
) -> None:
    place = f"/office/feedback/{thread.id}"
    hua, wen = web.as_("hua"), web.as_("wen")
    assert "视频太快" not in wen.get("/office/feedback?mine=1").get_data(as_text=True)
    hua.post(f"{place}/assignment", {"person_id": str(cast.wen.id)})
    assert "视频太快" in wen.get("/office/feedback?mine=1").get_data(as_text=True)
    hua.post(f"{place}/assignment", {"person_id": str(cast.lin.id)}, 422)
    wen.post(f"{place}/reply", {"reply": "好", "state": "adopted"})
    wen.post(f"{place}/reopening")
    assert "处理中" in wen.get(place).get_data(as_text=True)
    assert "讲堂" in wen.get("/office/feedback/statistics").get_data(as_text=True)
    wen.get("/office/feedback/statistics?days=nonsense")


def test_the_page_it_was_written_on_is_kept(web: Web, session: Session) -> None:
    lin = web.as_("lin")
    page = lin.get("/feedback", headers={"Referer": "http://localhost/courses/12?x=1"}).get_data(as_text=True)
    assert 'value="/courses/12"' in page
    lin.post("/feedback", {"text": "这一课听不清", "page": "/courses/12"})
    assert session.scalars(select(Feedback.section)).all() == ["courses"]
