"""Pages of duties: what members and keepers see, who says how a branch is organised."""

from collections.abc import Iterator
from datetime import date
from types import SimpleNamespace

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.audit.models import AuditRecord
from lms.demo.cast import NORTH_BRANCH, SOUTH_BRANCH
from lms.gatherings import services
from lms.gatherings.kind_rules import GatheringKind
from lms.gatherings.services import Plan
from lms.themedays import duties_queries
from lms.themedays.duties_models import BranchOrganisation
from lms.themedays.duties_rules import Standing
from tests.gatherings.north import AFTER, DURING, ENDS, FRIDAY, NOON, STARTS, branch, member, theme_day
from tests.support.web import Web


@pytest.fixture(autouse=True)
def after() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(AFTER, tick=False) as traveller:
        yield traveller


def duties(session: Session) -> str:
    return f"/branches/{branch(session).id}/duties"


def test_a_member_sees_what_was_held_and_what_is_open_and_no_button_to_arrange_it(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    made = theme_day(session, cast.chen)
    services.close_roll(session, made, by_id=cast.chen.id, now=AFTER)
    text = web.as_("lin").get(duties(session)).get_data(as_text=True)
    assert f'href="/gatherings/{made.id}"' in text
    assert "党员大会（第四季度）还差 1 次" in text
    assert "/gatherings/desk/new/" not in text
    assert "/handbook" not in text
    keeper = web.as_("chen").get(duties(session)).get_data(as_text=True)
    assert f"/gatherings/desk/new/members?owner=branch:{branch(session).id}" in keeper
    assert f'href="/gatherings/desk/{made.id}"' in keeper
    web.as_("chen").get(f"/gatherings/desk/new/members?owner=branch:{branch(session).id}")


def test_the_committee_s_meetings_are_named_for_members_but_lead_them_nowhere(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    wanted = Plan(GatheringKind.COMMITTEE, "12月支委会", STARTS, ENDS, invitees=[cast.chen.id])
    made = services.plan(session, branch(session), wanted, by_id=cast.chen.id, now=NOON)
    services.close_roll(session, made, by_id=cast.chen.id, now=AFTER)
    session.commit()
    text = web.as_("lin").get(duties(session)).get_data(as_text=True)
    assert "12月4日" in text
    assert f"/gatherings/{made.id}" not in text
    web.as_("lin").get(f"/gatherings/{made.id}", 404)


def test_duties_of_another_branch_are_nothing(web: Web, session: Session, cast: SimpleNamespace) -> None:
    for name in ("dana", "mei", "hua"):
        web.as_(name).get(duties(session), 404)
    assert NORTH_BRANCH in web.as_("wen").get(duties(session)).get_data(as_text=True)


def test_the_way_to_one_s_own_duties(web: Web, session: Session, cast: SimpleNamespace) -> None:
    lin = web.as_("lin")
    assert lin.get("/branches/duties", 303).headers["Location"] == duties(session)
    assert f'href="{duties(session)}"' in lin.get(f"/branches/{branch(session).id}").get_data(as_text=True)
    assert 'href="/branches/duties"' in lin.get("/gatherings").get_data(as_text=True)
    web.as_("sun").get("/branches/duties", 404)


def test_the_secretary_says_how_many_groups_there_are_and_it_is_asked_from_this_month_on(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    theme_day(session, cast.mei, on=date(2026, 10, 9), owner=SOUTH_BRANCH)
    url = f"/branches/{branch(session).id}/organisation"
    web.as_("chen").post(url, {"committee": "no", "groups": "2"}, 303)
    year = duties_queries.duties_of(session, branch(session), 2026, today=FRIDAY)
    (groups,) = [row for row in year.rows if row.kind is GatheringKind.GROUP]
    assert [cell.standing for cell in groups.cells[9:]] == [Standing.EXEMPT, Standing.EXEMPT, Standing.OPEN]
    assert groups.cells[11].times == 2
    kept = session.scalars(select(BranchOrganisation)).one()
    assert (kept.since, kept.has_committee, kept.groups) == (date(2026, 12, 1), False, 2)
    web.as_("wen").post(url, {"committee": "yes", "groups": "3"}, 303)
    kept = session.scalars(select(BranchOrganisation)).one()
    assert (kept.has_committee, kept.groups) == (True, 3)
    acts = session.scalars(select(AuditRecord.actor_id).where(AuditRecord.action == "branch:organise")).all()
    assert acts == [cast.chen.id, cast.wen.id]


def test_the_organisation_of_another_branch_is_nobody_s_business(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    url = f"/branches/{branch(session).id}/organisation"
    web.as_("mei").get(url, 404)
    web.as_("mei").post(url, {"committee": "no", "groups": "2"}, 404)
    web.as_("lin").post(url, {"committee": "no", "groups": "2"}, 403)
    answer = web.as_("chen").post(url, {"committee": "no", "groups": "50"}, 422)
    assert "0 到 20" in answer.get_data(as_text=True)


def test_seven_full_members_make_a_committee(session: Session, cast: SimpleNamespace) -> None:
    theme_day(session, cast.mei, on=date(2026, 11, 6), owner=SOUTH_BRANCH)
    before = duties_queries.duties_of(session, branch(session), 2026, today=FRIDAY)
    assert not before.organisation.has_committee
    for number in range(2):
        member(session, f"f{number}", since=date(2026, 12, 1))
    after = duties_queries.duties_of(session, branch(session), 2026, today=FRIDAY)
    (row,) = [row for row in after.rows if row.kind is GatheringKind.COMMITTEE]
    assert [cell.standing for cell in row.cells[10:]] == [Standing.EXEMPT, Standing.OPEN]


def test_other_years_can_be_looked_at_and_years_to_come_can_not(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    theme_day(session, cast.chen, on=date(2025, 3, 7))
    text = web.as_("chen").get(f"{duties(session)}?year=2025").get_data(as_text=True)
    assert "2025 年" in text
    assert "待点名" in text
    assert "2026 年" in web.as_("chen").get(f"{duties(session)}?year=2030").get_data(as_text=True)


def test_a_meeting_held_without_minutes_is_held_and_says_so(web: Web, session: Session, cast: SimpleNamespace) -> None:
    made = theme_day(session, cast.chen)
    services.mark(session, made, [], by_id=cast.chen.id, now=DURING)
    services.close_roll(session, made, by_id=cast.chen.id, now=AFTER)
    assert "待写记录" in web.as_("lin").get(duties(session)).get_data(as_text=True)
    services.write_minutes(session, made, {"points": "学习"}, by_id=cast.chen.id, now=AFTER)
    assert "待写记录" not in web.as_("lin").get(duties(session)).get_data(as_text=True)
