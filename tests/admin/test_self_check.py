"""The five-bans page: facts are counted, and each of them can come out wrong."""

import re
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy.orm import Session

from lms import clock
from lms.admin.ban_rules import BANS, LOGIN_NAMES, ONLINE_NAMES, REMINDERS, STREAK_NAMES, Fact, named
from lms.admin.self_check import Proof, prove
from lms.config import Keys
from lms.leaderboard import queries as leaderboard
from lms.notices.channel_rules import Cause, ChannelKind, DeliveryState
from lms.notices.models import Digest, Reminder
from lms.notices.reminder_rules import windows_of
from tests.notices.making import MONDAY, channel, put
from tests.support.web import Web

WINDOWS = windows_of("09:00-11:30,14:00-17:30")
NOW = MONDAY + timedelta(hours=1)
PAGE = "/office/self-check"


def proofs(session: Session) -> dict[Fact, Proof]:
    session.flush()
    return prove(session, windows=WINDOWS, overrides={}, now=NOW)


def digest(session: Session, person: object, *, at: object = MONDAY, on: date | None = None) -> Digest:
    made = Digest(person_id=person.id, on=on or clock.today(at), at=at)  # type: ignore[attr-defined, arg-type]
    session.add(made)
    session.flush()
    return made


def test_every_fact_holds_on_a_site_as_it_is_built(session: Session, cast: SimpleNamespace) -> None:
    made = digest(session, cast.lin)
    week = {"week": date(2026, 11, 30), "on": date(2026, 11, 30), "text": "x", "link": "/"}
    session.add(Reminder(digest_id=made.id, person_id=cast.lin.id, item="a:1", **week))
    found = proofs(session)
    assert set(found) == set(Fact)
    assert [fact for fact, proof in found.items() if not proof.holds] == []
    assert "提醒 1 次" in found[Fact.IN_WORKING_HOURS].text


def test_a_reminder_out_of_hours_would_be_counted(session: Session, cast: SimpleNamespace) -> None:
    digest(session, cast.lin, at=MONDAY - timedelta(hours=3))
    found = proofs(session)[Fact.IN_WORKING_HOURS]
    assert (found.holds, "不在工作时间的 1 次" in found.text) == (False, True)


def test_a_reminding_mail_out_of_hours_and_one_to_a_group_would_be_counted(
    session: Session, cast: SimpleNamespace, keys: Keys
) -> None:
    to = channel(session, keys, ChannelKind.WECOM, 1)
    message = put(session, keys, to, cause=Cause.REMINDER)
    message.state, message.sent_at = DeliveryState.SENT, MONDAY - timedelta(hours=4)
    found = proofs(session)
    assert not found[Fact.IN_WORKING_HOURS].holds
    assert not found[Fact.NO_REMINDERS_TO_GROUPS].holds


def test_a_column_that_counts_sign_ins_would_be_found() -> None:
    columns = ["persons.id", "persons.login_points", "sign_ins.id", "people.check_in_days", "practice_cards.streak"]
    assert named(columns, LOGIN_NAMES) == ["persons.login_points", "people.check_in_days"]


def test_a_column_that_counts_days_in_a_row_would_be_found() -> None:
    columns = ["persons.streak_days", "persons.days_in_a_row", "practice_cards.streak", "practice_runs.daily_on"]
    assert named(columns, STREAK_NAMES) == ["persons.streak_days", "persons.days_in_a_row"]
    assert named(["boards.online_minutes_rank", "viewings.seconds"], ONLINE_NAMES) == ["boards.online_minutes_rank"]


@pytest.mark.parametrize("test", [test for ban in (*BANS, REMINDERS) for test in ban.tests])
def test_each_test_the_page_names_exists(repository: object, test: str) -> None:
    file, _, name = test.partition("::")
    text = (repository / "tests" / file).read_text("utf-8")  # type: ignore[operator]
    assert re.search(rf"^def {name}\(", text, re.M)


def test_the_page_shows_what_was_counted_and_leads_to_the_one_switch(web: Web, session: Session) -> None:
    hua = web.as_("hua")
    page = hua.get(PAGE).get_data(as_text=True)
    assert page.count("符合") >= len(Fact)
    assert "不符合" not in page
    assert "打印" in page
    assert "关闭全部排名" in page
    hua.post("/office/rankings", {"on": "no"})
    session.expire_all()
    assert leaderboard.are_rankings_on(session) is False
    assert "打开排名" in hua.get(PAGE).get_data(as_text=True)
    assert "关闭全部排名" not in web.as_("wen").get(PAGE).get_data(as_text=True)


def test_a_broken_ban_is_told_in_words(web: Web, session: Session, cast: SimpleNamespace) -> None:
    digest(session, cast.lin, at=clock.at_local(clock.today(clock.now()) - timedelta(days=1), 3))
    page = web.as_("hua").get(PAGE).get_data(as_text=True)
    assert "不符合" in page
    assert "请处理" in page
