"""The branch's own page: names for its members, the roster for those who keep it, nothing for others."""

from types import SimpleNamespace

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.demo.cast import NORTH_BRANCH, SOUTH_BRANCH
from lms.people.models import Branch
from tests.support.web import Web


def address(session: Session, name: str) -> str:
    return f"/branches/{session.scalars(select(Branch.id).where(Branch.name == name)).one()}"


def test_a_member_sees_names_and_nothing_about_anybody(web: Web, session: Session) -> None:
    lin = web.as_("lin")
    answer = lin.get("/branch", 303)
    assert answer.headers["Location"] == address(session, NORTH_BRANCH)
    page = lin.follow(answer).get_data(as_text=True)
    assert "陈思远" in page
    assert "薄一鸣" in page
    assert "正式党员" not in page


def test_a_secretary_sees_status_and_past_days_of_the_own_branch_only(web: Web, session: Session) -> None:
    chen = web.as_("chen")
    page = chen.get(address(session, NORTH_BRANCH) + "?on=2026-01-05").get_data(as_text=True)
    assert "正式党员" in page
    assert "2026-01-05" in page
    chen.get(address(session, SOUTH_BRANCH), 404)


def test_north_s_roster_is_not_there_for_south(web: Web, session: Session) -> None:
    north = address(session, NORTH_BRANCH)
    web.as_("lin").get(north)
    for name in ("dana", "mei", "ada", "sun"):
        status = 200 if name == "ada" else 404  # ada belongs to the branch herself
        web.as_(name).get(north, status)


def test_the_committee_sees_every_branch(web: Web, session: Session) -> None:
    wen = web.as_("wen")
    assert "段娜" in wen.get(address(session, SOUTH_BRANCH)).get_data(as_text=True)


def test_who_has_no_branch_is_told_whom_to_ask(web: Web, cast: SimpleNamespace) -> None:
    assert "还没有编入支部" in web.as_("sun").get("/branch").get_data(as_text=True)
