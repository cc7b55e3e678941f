"""Announcements: whom they reach, who sees them later, what the sender learns, and what leaves the house."""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, event, func, insert, select
from sqlalchemy.orm import Session

from lms import clock, scheduler
from lms.config import Keys
from lms.demo.cast import BUREAU, NORTH, NORTH_BRANCH, SOUTH, SOUTH_BRANCH
from lms.errors import Conflict, Invalid
from lms.notices import announcement_queries as queries
from lms.notices import prose, services
from lms.notices.announcement_rules import PARTY_OF, Party
from lms.notices.channel_rules import ChannelKind
from lms.notices.models import Announcement, AnnouncementRead, Delivery, NoticeSettings
from lms.notices.services import Audience, Text, announcing
from lms.people import queries as people
from lms.people.models import Membership, Person, RoleGrant
from lms.people.rules import DutyStatus, PartyStatus, RankBand, Role
from lms.people.services import accounts, grants
from lms.tasks.models import Task, TaskState
from lms.tasks.services import run_due
from tests.notices.making import MONDAY, announced, branch, channel, unit, with_mail
from tests.support.statements import statements_of
from tests.support.web import Web

TODAY = clock.today(MONDAY)
NEW = "/announcements/desk/new"


@pytest.fixture(autouse=True)
def monday() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def run_tasks(app: Flask, session: Session) -> Callable[[], int]:
    def run() -> int:
        session.commit()
        ran = run_due(app.extensions["make_session"], scheduler.KINDS, app.extensions)
        session.expire_all()
        return ran

    return run


def seers(session: Session, cast: SimpleNamespace, announcement: Announcement, on: date = TODAY) -> set[str]:
    """Who of the cast is shown it."""
    return {
        name
        for name, person in vars(cast).items()
        if queries.find_for(session, person.id, announcement.id, on) is not None
    }


def reached(session: Session, cast: SimpleNamespace, announcement: Announcement) -> set[str]:
    ids = set(session.scalars(queries.recipients(announcement)))
    return {name for name, person in vars(cast).items() if person.id in ids}


# --- whom it reaches

BANDS, PARTIES = (None, *RankBand), (None, *Party)


@pytest.mark.parametrize("band", BANDS)
@pytest.mark.parametrize("party", PARTIES)
def test_the_audience_is_who_fits_place_band_and_party_and_the_count_the_list_and_the_inbox_agree(
    session: Session, cast: SimpleNamespace, band: RankBand | None, party: Party | None
) -> None:
    _vary(session, cast)
    for place in (
        unit(session),
        unit(session, SOUTH),
        unit(session, BUREAU),
        branch(session),
        branch(session, SOUTH_BRANCH),
    ):
        by_unit = {"unit_path": place.path} if place.__tablename__ == "units" else {"branch_path": place.path}
        members = people.roster(session, TODAY, **by_unit)
        bands = {p.id: p.rank_band for p in session.scalars(select(Person))}
        expected = {
            m.person_id
            for m in members
            if (band is None or bands[m.person_id] is band) and (party is None or m.party_status in PARTY_OF[party])
        }
        made = announced(session, cast.wen, Audience(place, band, party), publish=False)
        assert queries.count_drafted(session, made, TODAY) == len(expected)
        if not expected:
            with pytest.raises(Invalid):
                announcing.publish(session, made, by="", now=MONDAY)
            continue
        announcing.publish(session, made, by="文", now=MONDAY)
        assert set(session.scalars(queries.recipients(made))) == expected
        assert made.recipient_count == len(expected)
        assert seers(session, cast, made) == {n for n, p in vars(cast).items() if p.id in expected}


def _vary(session: Session, cast: SimpleNamespace) -> None:
    """Every Party status and rank band occurs in North."""
    statuses = {"lin": PartyStatus.PROBATIONARY, "bo": PartyStatus.ACTIVIST, "ed": PartyStatus.NONE}
    for name, status in statuses.items():
        place = people.membership_of(session, getattr(cast, name).id, TODAY)
        assert place is not None
        place.party_status = status
    cast.ed.rank_band, cast.ada.rank_band = RankBand.TECHNICAL, RankBand.COUNTY
    session.flush()


def test_named_persons_are_reached_and_nobody_beside_them(session: Session, cast: SimpleNamespace) -> None:
    made = announced(session, cast.wen, Audience(person_ids=(cast.lin.id, cast.dana.id, cast.lin.id)))
    assert reached(session, cast, made) == seers(session, cast, made) == {"lin", "dana"}
    assert made.recipient_count == 2


def test_a_closed_account_is_no_recipient(session: Session, cast: SimpleNamespace) -> None:
    cast.bo.disabled_at = MONDAY
    session.flush()
    assert "bo" not in reached(session, cast, announced(session, cast.wen, Audience(unit(session))))


def test_who_joins_later_sees_it_and_who_leaves_keeps_it_and_only_the_first_count(
    session: Session, cast: SimpleNamespace
) -> None:
    made = announced(session, cast.ada, Audience(unit(session)))
    before = made.recipient_count
    for person, where, group in ((cast.dana, NORTH, NORTH_BRANCH), (cast.lin, SOUTH, SOUTH_BRANCH)):
        accounts.place(
            session, person, unit(session, where), branch(session, group), from_on=TODAY + timedelta(days=2),
            party_status=PartyStatus.FULL, duty_status=DutyStatus.ON_DUTY,
        )  # fmt: skip
    assert "dana" not in seers(session, cast, made, TODAY + timedelta(days=1))
    assert {"dana", "lin"} <= seers(session, cast, made, TODAY + timedelta(days=2))
    for person in (cast.dana, cast.lin):
        services.read_announcement(session, made, person.id, now=MONDAY + timedelta(days=3))
    numbers = queries.numbers_of(session, made)
    assert (numbers.recipients, numbers.read, numbers.later) == (before, 1, 1)


def test_it_is_gone_after_its_last_day_and_when_it_is_withdrawn(session: Session, cast: SimpleNamespace) -> None:
    dated = announced(session, cast.ada, Audience(unit(session)), until_on=TODAY)
    assert "lin" in seers(session, cast, dated)
    assert seers(session, cast, dated, TODAY + timedelta(days=1)) == set()
    lasting = announced(session, cast.ada, Audience(unit(session)))
    assert "lin" in seers(session, cast, lasting, TODAY + timedelta(days=80))
    announcing.withdraw(session, lasting, by_id=cast.ada.id, by="安达", now=MONDAY)
    assert seers(session, cast, lasting) == set()
    with pytest.raises(Conflict):
        announcing.withdraw(session, lasting, by_id=cast.ada.id, by="安达", now=MONDAY)


def test_what_is_published_is_neither_changed_nor_published_nor_deleted(
    session: Session, cast: SimpleNamespace
) -> None:
    made = announced(session, cast.ada, Audience(unit(session)))
    with pytest.raises(Conflict):
        announcing.change(session, made, Text("别的", "别的"), Audience(unit(session)), now=MONDAY)
    with pytest.raises(Conflict):
        announcing.publish(session, made, by="安达", now=MONDAY)
    with pytest.raises(Conflict):
        announcing.discard(session, made)
    assert made.title == "停电通知"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (Text(" ", "x"), "title"),
        (Text("x", "\n"), "body"),
        (Text("x", "x", TODAY - timedelta(days=1)), "until_on"),
    ],
)
def test_an_empty_text_and_a_day_that_is_over_are_refused(
    session: Session, cast: SimpleNamespace, text: Text, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        announcing.draft(session, text, Audience(unit(session)), author_id=cast.ada.id, now=MONDAY)
    assert refused.value.field == field


# --- read marks and the figure beside 消息


def test_the_figure_counts_what_is_shown_and_unread_and_reading_all_empties_it(
    session: Session, cast: SimpleNamespace
) -> None:
    for n in range(3):
        announced(session, cast.ada, Audience(unit(session)), title=f"第 {n} 条")
    announced(session, cast.mei, Audience(branch(session, SOUTH_BRANCH)))
    services.tell(session, cast.lin.id, "甲", "/a", now=MONDAY)
    assert queries.count_unread(session, cast.lin.id, TODAY) == 3
    services.read_all(session, cast.lin.id, now=MONDAY)
    assert queries.count_unread(session, cast.lin.id, TODAY) == 0
    assert queries.count_unread(session, cast.bo.id, TODAY) == 3
    assert queries.count_unread(session, cast.dana.id, TODAY) == 1


def test_an_announcement_older_than_ninety_days_is_still_shown_and_not_counted(
    session: Session, cast: SimpleNamespace
) -> None:
    made = announced(session, cast.ada, Audience(unit(session)))
    later = TODAY + timedelta(days=91)
    assert queries.count_unread(session, cast.lin.id, later) == 0
    assert queries.find_for(session, cast.lin.id, made.id, later) is not None


def test_opening_twice_counts_once(session: Session, cast: SimpleNamespace) -> None:
    made = announced(session, cast.ada, Audience(unit(session)))
    for _ in range(2):
        services.read_announcement(session, made, cast.lin.id, now=MONDAY)
    assert queries.numbers_of(session, made).read == 1


def test_no_row_is_written_for_a_recipient_before_they_read(
    session: Session, cast: SimpleNamespace, app: Flask
) -> None:
    """An audience of two thousand costs as many statements as one of twenty."""
    crowd = [
        {"staff_no": f"c{n}", "name": "群众", "rank_band": RankBand.TOWNSHIP, "created_at": MONDAY} for n in range(2000)
    ]
    session.execute(insert(Person), crowd)
    ids = session.scalars(select(Person.id).where(Person.staff_no.like("c%"), Person.name == "群众")).all()
    place = {"unit_id": unit(session).id, "from_on": date(2026, 1, 1), "party_status": "none", "duty_status": "on_duty"}
    session.execute(insert(Membership), [{"person_id": i, **place} for i in ids])
    made = announced(session, cast.ada, Audience(unit(session)), publish=False)
    session.commit()
    with statements_of(app.extensions["engine"]) as seen:
        announcing.publish(session, made, by="安达", now=MONDAY)
        session.commit()
    assert made.recipient_count > 2000
    assert len(seen) < 25
    assert session.scalar(select(func.count()).select_from(AnnouncementRead)) == 0


# --- mail and robots


def test_robots_get_it_once_and_mails_go_to_who_wants_them(
    session: Session, cast: SimpleNamespace, keys: Keys, run_tasks: Callable[[], int]
) -> None:
    robot = channel(session, keys, ChannelKind.WECOM, 1, place=unit(session))
    channel(session, keys, ChannelKind.WECOM, 1, name="没选的机器人")
    channel(session, keys, ChannelKind.EMAIL, 1)
    with_mail(session, keys, cast.lin)
    with_mail(session, keys, cast.bo, email_announcements=False)
    with_mail(session, keys, cast.ed, email_confirmed_at=None)
    with_mail(session, keys, cast.dana)
    announced(session, cast.ada, Audience(unit(session)), channel_ids=(robot.id,))
    assert run_tasks() == 1
    made = {(each.channel_id, each.person_id) for each in session.scalars(select(Delivery))}
    assert {person for _, person in made} == {None, cast.lin.id}
    assert len(made) == 2


def test_the_task_that_is_run_again_adds_nothing_and_what_was_withdrawn_is_not_sent(
    session: Session, cast: SimpleNamespace, keys: Keys, run_tasks: Callable[[], int]
) -> None:
    channel(session, keys, ChannelKind.EMAIL, 1)
    with_mail(session, keys, cast.lin)
    made = announced(session, cast.ada, Audience(unit(session)))
    run_tasks()
    task = session.scalars(select(Task)).one()
    assert task.result == {"robots": 0, "mails": 1}
    for withdraws in (False, True):
        if withdraws:
            announcing.withdraw(session, session.merge(made), by_id=1, by="", now=MONDAY)
        task.state = TaskState.QUEUED
        run_tasks()
        assert task.result == {"robots": 0, "mails": 0}
    assert session.scalar(select(func.count()).select_from(Delivery)) == 1


def test_mails_are_put_into_the_outbox_two_hundred_a_transaction(
    session: Session, cast: SimpleNamespace, keys: Keys, app: Flask, run_tasks: Callable[[], int]
) -> None:
    crowd = [
        {"staff_no": f"c{n}", "name": "群众", "rank_band": RankBand.TOWNSHIP, "created_at": MONDAY} for n in range(450)
    ]
    session.execute(insert(Person), crowd)
    ids = session.scalars(select(Person.id).where(Person.name == "群众")).all()
    place = {"unit_id": unit(session).id, "from_on": date(2026, 1, 1), "party_status": "none", "duty_status": "on_duty"}
    session.execute(insert(Membership), [{"person_id": i, **place} for i in ids])
    sealed = keys.seal("phone", "c@example.cn")
    wishes = {
        "email_sealed": sealed,
        "email_confirmed_at": MONDAY,
        "email_announcements": True,
        "email_reminders": False,
    }
    session.execute(
        insert(NoticeSettings), [{"person_id": i, "is_quiet": False, "code_tries": 0, **wishes} for i in ids]
    )
    channel(session, keys, ChannelKind.EMAIL, 1)
    announced(session, cast.ada, Audience(unit(session)))
    session.commit()
    engine = app.extensions["engine"]
    with statements_of(engine) as seen:
        event.listen(engine, "commit", commit := lambda _: seen.append("COMMIT"))
        run_tasks()
        event.remove(engine, "commit", commit)
    parts = [part.count("INSERT INTO deliveries") for part in "\n".join(seen).split("COMMIT")]
    assert [count for count in parts if count] == [200, 200, 50]
    assert session.scalar(select(func.count()).select_from(Delivery)) == 450


# --- pages

DRAFT = {
    "title": "周六停电",
    "body": "# 安排\n\n- 上午停电\n- 下午恢复\n\n**请关机**，详见 https://example.cn/a?b=1&c=2",
    "place": "",
}


def write(browser: Web, session: Session, **facts: str) -> str:
    """The address of a new draft."""
    return browser.post("/announcements/desk", {**DRAFT, "place": f"unit:{unit(session).id}", **facts}).headers[
        "Location"
    ]


def test_a_page_leads_from_the_draft_to_the_numbers(web: Web, session: Session) -> None:
    ada, lin, dana = web.as_("ada"), web.as_("lin"), web.as_("dana")
    ada.get(NEW)
    address = write(ada, session)
    draft = ada.get(address).get_data(as_text=True)
    assert "人能看到" in draft
    assert "周六停电" not in lin.get("/notices").get_data(as_text=True)
    ada.post(f"{address}/publication")
    inbox = lin.get("/notices").get_data(as_text=True)
    assert "周六停电" in inbox
    assert "周六停电" not in dana.get("/notices").get_data(as_text=True)
    (number,) = re.findall(r"/notices/announcements/(\d+)/reading", inbox)
    page = lin.follow(lin.post(f"/notices/announcements/{number}/reading")).get_data(as_text=True)
    assert "<h2>安排</h2>" in page
    assert "<li>上午停电</li>" in page
    assert "<strong>请关机</strong>" in page
    assert 'href="https://example.cn/a?b=1&amp;c=2"' in page
    dana.get(f"/notices/announcements/{number}", 404)
    dana.post(f"/notices/announcements/{number}/reading", status=404)
    numbers = ada.get(address).get_data(as_text=True)
    assert re.search(r"1</b>\s*<span[^>]*>/ \d+ 人已读", numbers)


def test_the_sender_sees_numbers_and_never_a_name(web: Web, session: Session, cast: SimpleNamespace) -> None:
    ada = web.as_("ada")
    address = write(ada, session)
    ada.post(f"{address}/publication")
    made = session.scalars(select(Announcement)).one()
    lin = web.as_("lin")
    lin.post(f"/notices/announcements/{made.id}/reading")
    for url in (address, "/announcements/desk"):
        page = ada.get(url).get_data(as_text=True)
        assert [name for name in ("林晓", "薄一鸣", "陈思远") if name in page] == []
    assert "人已读" in ada.get(address).get_data(as_text=True)


def test_of_fewer_than_five_recipients_no_number_of_readers_is_told(web: Web, session: Session) -> None:
    ada = web.as_("ada")
    address = write(ada, session, place="people", people="lin bo")
    ada.post(f"{address}/publication")
    made = session.scalars(select(Announcement)).one()
    web.as_("lin").post(f"/notices/announcements/{made.id}/reading")
    page = ada.get(address).get_data(as_text=True)
    assert "少于 5 人" in page
    assert "人已读" not in page


def test_nobody_announces_beyond_their_scope(web: Web, session: Session, cast: SimpleNamespace) -> None:
    chen, ada, hua = web.as_("chen"), web.as_("ada"), web.as_("hua")
    south, south_branch = unit(session, SOUTH), branch(session, SOUTH_BRANCH)
    for browser in (chen, ada):
        for place in (f"unit:{south.id}", f"branch:{south_branch.id}", "unit:999999", "branch:x", "nonsense"):
            browser.post("/announcements/desk", {**DRAFT, "place": place}, 422)
        refused = browser.post("/announcements/desk", {**DRAFT, "place": "people", "people": "lin dana"}, 422)
        text = refused.get_data(as_text=True)
        assert "dana" in text
        assert "段娜" not in text
    assert "南区分局" not in ada.get(NEW).get_data(as_text=True)
    assert hua.post("/announcements/desk", {**DRAFT, "place": f"unit:{south.id}"}).status_code == 303


def test_a_draft_and_its_numbers_are_their_author_s_alone(web: Web, session: Session) -> None:
    ada, hua = web.as_("ada"), web.as_("hua")
    address = write(ada, session)
    for url in (address, f"{address}/edit"):
        hua.get(url, 404)
    for act in ("", "/publication", "/withdrawal", "/removal"):
        hua.post(f"{address}{act}", DRAFT, 404)
    ada.post(f"{address}/removal")
    ada.get(address, 404)


def test_a_draft_is_changed_until_it_is_published(web: Web, session: Session) -> None:
    ada = web.as_("ada")
    address = write(ada, session)
    assert "周六停电" in ada.get(f"{address}/edit").get_data(as_text=True)
    changed = {**DRAFT, "title": "周日停电", "place": f"unit:{unit(session).id}", "party": "members"}
    ada.post(address, changed)
    page = ada.get(address).get_data(as_text=True)
    assert "周日停电" in page
    assert "党员" in page
    ada.post(address, {**changed, "title": ""}, 422)
    ada.post(f"{address}/publication")
    ada.get(f"{address}/edit", 404)
    ada.post(address, changed, 404)


def test_a_right_that_was_taken_back_publishes_no_old_draft(web: Web, session: Session, cast: SimpleNamespace) -> None:
    ada = web.as_("ada")
    address = write(ada, session)
    session.execute(delete(RoleGrant).where(RoleGrant.person_id == cast.ada.id, RoleGrant.role == Role.UNIT_ADMIN))
    grants.grant(
        session, session.merge(cast.ada), Role.UNIT_ADMIN, unit=unit(session, SOUTH), by_id=None, by="test", now=MONDAY
    )
    session.commit()
    web.as_("ada").post(f"{address}/publication", status=403)


def test_a_robot_of_another_place_cannot_be_chosen(
    web: Web, session: Session, keys: Keys, cast: SimpleNamespace
) -> None:
    own = channel(session, keys, ChannelKind.WECOM, 1, name="北区群", place=unit(session))
    other = channel(session, keys, ChannelKind.WECOM, 1, name="南区群", place=unit(session, SOUTH))
    whole = channel(session, keys, ChannelKind.WECOM, 1, name="全局群")
    ada = web.as_("ada")
    page = ada.get(NEW).get_data(as_text=True)
    assert "北区群" in page
    assert "南区群" not in page
    assert "全局群" not in page
    place = f"unit:{unit(session).id}"
    for wrong in (other, whole):
        ada.post("/announcements/desk", {**DRAFT, "place": place, "channels": str(wrong.id)}, 422)
    ada.post("/announcements/desk", {**DRAFT, "place": place, "channels": str(own.id)})


# --- the text


@pytest.mark.parametrize(
    "typed",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "javascript:alert(1)",
        "**<b onclick=x>**",
        'https://a.cn/"onmouseover=alert(1)',
        "# <svg onload=alert(1)>",
        "- <a href='javascript:x'>x</a>",
        "[x](javascript:alert(1))",
    ],
)
def test_s06_whatever_is_typed_is_text(typed: str) -> None:
    page = str(prose.rendered(typed))
    assert re.findall(r"<(?!/?(?:p|h2|ul|ol|li|strong|br|a)\b)[a-z]", page) == []
    for tag in re.findall(r"<a [^>]*>", page):
        assert re.fullmatch(r'<a href="https?://[^"]*" rel="noopener noreferrer">', tag), tag


def test_lines_paragraphs_and_numbers_are_kept() -> None:
    made = str(prose.rendered("第一行\n第二行\n\n1. 甲\n2. 乙\n\n3 月 1 日"))
    assert made == "<p>第一行<br>第二行</p>\n<ol><li>甲</li><li>乙</li></ol>\n<p>3 月 1 日</p>"


def test_messages_carry_the_text_without_signs_and_no_longer_than_they_may() -> None:
    assert prose.plain("# 安排\n\n**请关机**", 100) == "安排\n\n请关机"
    assert prose.plain("字" * 50, 10) == "字" * 9 + "…"
