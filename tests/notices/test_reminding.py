"""R07 for reminders: in working hours of working days, an item once in seven days, one digest a day, silent once done."""

import threading
import time as host
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from types import SimpleNamespace

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from lms import clock, reminders
from lms.config import Keys
from lms.db import MakeSession
from lms.gatherings import reminders as gatherings
from lms.gatherings import services as gathering_services
from lms.gatherings.rules import Cause, DecisionState
from lms.notices import queries, services
from lms.notices import reminder_rules as rules
from lms.notices.channel_rules import ChannelKind, DeliveryState
from lms.notices.models import Delivery, Digest, Notice, NoticeSettings, Reminder
from lms.notices.reminder_rules import windows_of
from lms.notices.rules import Due, NoticeKind
from lms.notices.services import reminding
from lms.web.logs import configure_logs
from lms.workdays import services as workdays
from tests.gatherings.north import NOON, theme_day
from tests.notices.making import MONDAY, channel, with_mail
from tests.support.web import Web

WINDOWS = windows_of("09:00-11:30,14:00-17:30")
HOST_ZONES = ["UTC", "Asia/Shanghai", "America/Los_Angeles", "Pacific/Kiritimati"]
Remind = Callable[..., int]


@pytest.fixture
def remind(make_session: MakeSession, session: Session, keys: Keys) -> Remind:
    """Commits and reminds of these dues at an instant."""

    def run(dues: Sequence[Due], at: datetime = MONDAY, overrides: Mapping[date, bool] | None = None) -> int:
        session.commit()
        made = reminding.remind(make_session, dues, windows=WINDOWS, overrides=overrides or {}, keys=keys, now=at)
        session.expire_all()
        return made

    return run


def due(person: object, item: str = "a.thing:1", text: str = "一件事") -> Due:
    return Due(person.id, item, text, "/gatherings")  # type: ignore[attr-defined]


def told(session: Session) -> list[tuple[int, str, date]]:
    query = select(Reminder.person_id, Reminder.item, Reminder.on).order_by(Reminder.id)
    return [tuple(row) for row in session.execute(query)]  # type: ignore[misc]


def at(day: int, hour: int, minute: int = 0, month: int = 11, year: int = 2026) -> datetime:
    return clock.at_local(date(year, month, day), hour, minute)


# --- when


@pytest.mark.parametrize(
    ("instant", "may"),
    [
        (at(30, 8, 59), False), (at(30, 9), True), (at(30, 11, 29), True), (at(30, 11, 30), False), (at(30, 13, 59), False),
        (at(30, 14), True), (at(30, 17, 29), True), (at(30, 17, 30), False), (at(30, 23), False), (at(29, 10), False),
        (at(28, 10), False),
    ],
)  # fmt: skip
def test_reminders_go_out_in_working_hours_only(
    remind: Remind, session: Session, cast: SimpleNamespace, instant: datetime, may: bool
) -> None:
    assert remind([due(cast.lin)], instant) == (1 if may else 0)
    assert len(told(session)) == (1 if may else 0)


def test_nobody_is_reminded_on_holidays_and_everybody_on_shifted_working_days(
    remind: Remind, cast: SimpleNamespace
) -> None:
    holiday, shifted = at(1, 10, month=10), at(10, 10, month=10)
    assert (clock.today(holiday).weekday(), clock.today(shifted).weekday()) == (3, 5)
    assert remind([due(cast.lin)], holiday) == 0
    assert remind([due(cast.lin)], shifted) == 1


def test_the_site_s_own_table_of_days_decides(remind: Remind, cast: SimpleNamespace) -> None:
    assert remind([due(cast.lin)], MONDAY, {date(2026, 11, 30): False}) == 0
    assert remind([due(cast.lin)], at(29, 10), {date(2026, 11, 29): True}) == 1


@pytest.mark.parametrize("text", ["", "9-10", "09:00", "11:30-09:00", "09:00-11:00,10:00-12:00", "09:00-25:00"])
def test_hours_that_make_no_sense_stop_the_start(text: str) -> None:
    with pytest.raises(ValueError):
        windows_of(text)


@given(
    st.integers(0, 365 * 24 * 60).map(lambda minutes: clock.at_local(date(2026, 1, 1), 0) + timedelta(minutes=minutes))
)
def test_whenever_it_is_a_window_is_of_a_working_day_and_its_end_lies_ahead(instant: datetime) -> None:
    window = rules.window_at(instant, WINDOWS, {})
    local = clock.local(instant)
    inside = time(9) <= local.time() < time(11, 30) or time(14) <= local.time() < time(17, 30)
    assert (window is not None) == (inside and clock.is_working_day(local.date()))
    if window is not None:
        assert timedelta(0) < rules.end_of(window, instant) - instant <= timedelta(hours=3, minutes=30)


# --- how often


def test_r07_two_nodes_and_many_runs_make_one_digest_a_person_and_day(
    remind: Remind, session: Session, cast: SimpleNamespace, make_session: MakeSession, keys: Keys
) -> None:
    dues = [due(person, f"a.thing:{n}") for person in (cast.lin, cast.bo, cast.chen) for n in range(4)]
    session.commit()
    made: list[int] = []

    def node() -> None:
        made.append(reminding.remind(make_session, dues, windows=WINDOWS, overrides={}, keys=keys, now=MONDAY))

    nodes = [threading.Thread(target=node) for _ in range(4)]
    for each in nodes:
        each.start()
    for each in nodes:
        each.join()
    assert sum(made) == 3
    for hour in (10, 11, 14, 17):
        remind([*dues, due(cast.lin, f"another:{hour}")], at(30, hour))
    assert session.scalar(select(func.count()).select_from(Digest)) == 3
    assert session.scalar(select(func.count()).select_from(Notice)) == 3
    assert len(told(session)) == 12


def test_an_item_comes_again_after_seven_days_and_no_sooner(
    remind: Remind, session: Session, cast: SimpleNamespace
) -> None:
    for day in range(21):
        remind([due(cast.lin)], MONDAY + timedelta(days=day))
    assert [on for _, _, on in told(session)] == [date(2026, 11, 30), date(2026, 12, 7), date(2026, 12, 14)]


def test_r07_three_missed_months_are_one_digest_and_not_thirteen(
    remind: Remind, session: Session, cast: SimpleNamespace
) -> None:
    remind([due(cast.lin)], at(1, 10, month=6))
    remind([due(cast.lin)], at(1, 10, month=9))
    assert len(told(session)) == 2


def test_r07_a_clock_set_back_tells_nothing_again(remind: Remind, session: Session, cast: SimpleNamespace) -> None:
    remind([due(cast.lin)])
    for days in (1, 3, 7, 30):
        assert remind([due(cast.lin)], MONDAY - timedelta(days=days)) == 0
    assert len(told(session)) == 1


@pytest.mark.parametrize("zone", HOST_ZONES)
def test_r07_the_host_s_time_zone_changes_nothing(
    remind: Remind, session: Session, cast: SimpleNamespace, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", zone)
    host.tzset()
    try:
        assert remind([due(cast.lin)], at(30, 8, 59)) == 0
        assert remind([due(cast.lin)], at(30, 9)) == 1
        assert told(session)[0][2] == date(2026, 11, 30)
        assert remind([due(cast.bo)], at(30, 17, 30)) == 0
    finally:
        monkeypatch.undo()
        host.tzset()


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from("abc")), min_size=1, max_size=40))
def test_whatever_waits_whenever_an_item_is_told_at_most_once_in_seven_days(
    runs: list[tuple[int, str]],
) -> None:
    last: dict[str, date] = {}
    history: dict[str, list[date]] = {}
    for days, item in sorted(runs):
        today = date(2026, 11, 2) + timedelta(days=days)
        for one in rules.fresh([Due(1, item, "x", "/"), Due(1, item, "y", "/")], last, today):
            last[one.item] = today
            history.setdefault(one.item, []).append(today)
    for days_told in history.values():
        assert all((b - a).days >= 7 for a, b in pairwise(days_told))


def test_the_week_s_unique_key_holds_where_the_rule_would_be_weakened(
    remind: Remind, session: Session, cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The positive control: with the rule taken away the second telling of a week is still refused, and of the next is not."""
    monkeypatch.setattr(rules, "fresh", lambda dues, *_: list(dues))
    for day in (0, 1, 4, 7):
        remind([due(cast.lin)], MONDAY + timedelta(days=day))
    assert [on for _, _, on in told(session)] == [date(2026, 11, 30), date(2026, 12, 7)]


# --- what is said


def test_several_things_are_one_notice_that_leads_to_the_list(
    remind: Remind, session: Session, cast: SimpleNamespace, web: Web
) -> None:
    remind([due(cast.lin, f"a:{n}", f"第{n}件") for n in range(3)])
    notice = session.scalars(select(Notice)).one()
    assert notice.text == "待办提醒：3 件事等你办——第0件；第1件等"
    assert notice.kind is NoticeKind.REMINDER
    lin = web.as_("lin")
    page = lin.follow(lin.post(f"/notices/{notice.id}/reading")).get_data(as_text=True)
    assert [text for text in ("第0件", "第1件", "第2件") if text not in page] == []
    web.as_("bo").get(notice.link, 404)


def test_one_thing_leads_straight_to_where_it_is_done(remind: Remind, session: Session, cast: SimpleNamespace) -> None:
    remind([due(cast.lin)])
    notice = session.scalars(select(Notice)).one()
    assert (notice.text, notice.link) == ("待办提醒：一件事", "/gatherings")


def test_a_new_digest_takes_the_place_of_the_unread_one_and_leaves_other_notices(
    remind: Remind, session: Session, cast: SimpleNamespace
) -> None:
    services.tell(session, cast.lin.id, "别的消息", "/x", now=MONDAY)
    remind([due(cast.lin)])
    remind([due(cast.lin, "b:2", "另一件")], MONDAY + timedelta(days=1))
    assert queries.count_unread(session, cast.lin.id) == 2
    newest = session.scalars(queries.list_notices(cast.lin.id, NoticeKind.REMINDER, unread=True)).all()
    assert [notice.text for notice in newest] == ["待办提醒：另一件"]


def test_who_wants_quiet_is_left_alone(remind: Remind, session: Session, cast: SimpleNamespace) -> None:
    session.add(NoticeSettings(person_id=cast.lin.id, is_quiet=True))
    assert remind([due(cast.lin), due(cast.bo)]) == 1
    assert {person for person, _, _ in told(session)} == {cast.bo.id}


def test_who_wants_mail_gets_one_that_runs_out_with_the_working_hours(
    remind: Remind, session: Session, cast: SimpleNamespace, keys: Keys
) -> None:
    channel(session, keys, ChannelKind.EMAIL, 1)
    channel(session, keys, ChannelKind.WECOM, 1)
    with_mail(session, keys, cast.lin)
    with_mail(session, keys, cast.bo, email_reminders=False)
    remind([due(person) for person in (cast.lin, cast.bo, cast.chen)])
    message = session.scalars(select(Delivery)).one()
    assert (message.person_id, message.expires_at, message.state) == (cast.lin.id, at(30, 11, 30), DeliveryState.QUEUED)


# --- the sources, and silence


def test_a_decision_is_reminded_of_from_three_days_before_until_it_is_done(
    session: Session, cast: SimpleNamespace
) -> None:
    made = theme_day(session, cast.chen)
    about = {"text": "交材料", "owner_id": cast.lin.id, "due_on": date(2026, 12, 18), "link": "/gatherings"}
    decision = gathering_services.add_decision(session, made, **about, by_id=cast.chen.id, now=NOON)  # type: ignore[arg-type]
    session.flush()

    def items(day: int) -> list[str]:
        return [each.item for each in gatherings.list_due(session, now=at(day, 10, month=12))]

    assert items(14) == []
    assert items(15) == items(30) == [f"gatherings.decision:{decision.id}"]
    gathering_services.settle_decision(
        session, made, decision, state=DecisionState.DONE, result="已办", by_id=cast.lin.id, now=at(16, 10, month=12)
    )
    session.flush()
    assert items(17) == []


def test_a_request_for_leave_is_the_own_secretary_s_until_it_is_decided(
    session: Session, cast: SimpleNamespace
) -> None:
    made = theme_day(session, cast.chen)
    leave = gathering_services.ask_leave(session, made, cast.bo.id, cause=Cause.ILL, note_text="", now=NOON)
    session.flush()
    assert [(each.person_id, each.text) for each in gatherings.list_due(session, now=NOON)] == [
        (cast.chen.id, "1 人请假待批准：12月主题党日")
    ]
    gathering_services.decide_leave(
        session, made, leave, approve=True, link="/gatherings", by_id=cast.chen.id, now=NOON
    )
    session.flush()
    assert gatherings.list_due(session, now=NOON) == []


def test_feedback_is_its_assignee_s_until_it_is_answered(session: Session, cast: SimpleNamespace) -> None:
    given_one = services.give_feedback(session, cast.lin.id, page="/", text="字大一点", now=MONDAY)
    session.flush()
    assert reminders.list_due(session, now=MONDAY) == []
    services.assign(session, given_one, cast.hua.id, by_id=cast.wen.id, now=MONDAY)
    assert [(each.person_id, each.item) for each in reminders.list_due(session, now=MONDAY)] == [
        (cast.hua.id, "notices.feedback")
    ]
    services.reply(session, given_one, by_id=cast.hua.id, text="好", now=MONDAY)
    assert reminders.list_due(session, now=MONDAY) == []


@pytest.fixture
def decision_of_lin(session: Session, cast: SimpleNamespace) -> None:
    made = theme_day(session, cast.chen)
    about = {"text": "交材料", "owner_id": cast.lin.id, "due_on": date(2026, 11, 30), "link": "/gatherings"}
    gathering_services.add_decision(session, made, **about, by_id=cast.chen.id, now=NOON)  # type: ignore[arg-type]
    session.commit()


def run_the_job(make_session: MakeSession, keys: Keys, instant: datetime) -> object:
    settings = SimpleNamespace(reminder_hours="09:00-11:30,14:00-17:30")
    job = reminders.reminding_job({"keys": keys, "settings": settings})
    with time_machine.travel(instant, tick=False):
        return job.run(make_session, instant)


@pytest.mark.usefixtures("decision_of_lin")
def test_the_job_reminds_of_what_the_data_say_and_follows_the_table_of_days(
    make_session: MakeSession, session: Session, keys: Keys, cast: SimpleNamespace
) -> None:
    day = {"is_working": False, "name": "停课", "by_id": cast.hua.id, "by": "华", "now": MONDAY}
    workdays.set_days(session, date(2026, 11, 30), date(2026, 11, 30), **day)  # type: ignore[arg-type]
    session.commit()
    assert run_the_job(make_session, keys, MONDAY) == 0
    assert run_the_job(make_session, keys, MONDAY + timedelta(days=1)) == 1
    assert run_the_job(make_session, keys, MONDAY + timedelta(days=1, hours=1)) == 0


@pytest.mark.usefixtures("decision_of_lin")
def test_a_year_whose_holidays_nobody_knows_counts_weekdays_and_the_log_and_the_office_are_told(
    make_session: MakeSession, keys: Keys, web: Web
) -> None:
    saturday, monday = at(13, 10, month=2, year=2027), at(15, 10, month=2, year=2027)
    assert not clock.is_known_year(2027)
    configure_logs("warning")
    with capture_logs() as said:
        assert run_the_job(make_session, keys, saturday) == 0
        assert run_the_job(make_session, keys, monday) == 1
    configure_logs("error")
    assert [each["year"] for each in said if each["event"].startswith("holidays unknown")] == [2027, 2027]
    with time_machine.travel(monday, tick=False):
        page = web.as_("hua").get("/office/self-check").get_data(as_text=True)
    assert "2027" in page
    assert "放假安排还没有登记" in page
