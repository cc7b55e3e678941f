"""Telling people without pestering them."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import true
from sqlalchemy.orm import Session

from lms.errors import Conflict, Invalid
from lms.notices import feedback_queries, queries, services
from tests.support.web import Web

NOW = datetime(2026, 5, 1, 2, 0, tzinfo=UTC)


def test_the_same_sentence_is_told_once_a_week_while_it_is_unread(session: Session, cast: SimpleNamespace) -> None:
    def tell(days: int) -> object:
        return services.tell(session, cast.lin.id, "请完成必修课", "/courses/1", now=NOW + timedelta(days=days))

    assert tell(0)
    assert tell(1) is None
    assert tell(6) is None
    assert tell(8)
    assert queries.count_unread(session, cast.lin.id) == 2


def test_what_was_read_may_be_told_again_and_other_things_at_once(session: Session, cast: SimpleNamespace) -> None:
    first = services.tell(session, cast.lin.id, "甲", "/a", now=NOW)
    assert first
    assert services.tell(session, cast.lin.id, "乙", "/a", now=NOW)
    assert services.tell(session, cast.bo.id, "甲", "/a", now=NOW)
    session.flush()
    services.read(session, first, now=NOW)
    assert services.tell(session, cast.lin.id, "甲", "/a", now=NOW)


def test_reading_all_is_one_s_own(session: Session, cast: SimpleNamespace) -> None:
    for person in (cast.lin, cast.bo):
        services.tell(session, person.id, "甲", "/a", now=NOW)
    session.flush()
    services.read_all(session, cast.lin.id, now=NOW)
    assert (queries.count_unread(session, cast.lin.id), queries.count_unread(session, cast.bo.id)) == (0, 1)


def test_b33_nobody_reads_another_one_s_notice(web: Web, session: Session, cast: SimpleNamespace) -> None:
    told = services.tell(session, cast.lin.id, "只给林晓", "/me", now=NOW)
    assert told
    session.flush()
    bo = web.as_("bo")
    bo.post(f"/notices/{told.id}/reading", status=404)
    assert "只给林晓" not in bo.get("/notices").get_data(as_text=True)
    lin = web.as_("lin")
    assert "只给林晓" in lin.get("/notices").get_data(as_text=True)
    assert lin.post(f"/notices/{told.id}/reading").headers["Location"] == "/me"


def test_feedback_is_answered_once(session: Session, cast: SimpleNamespace) -> None:
    given = services.give_feedback(session, cast.lin.id, page="/", text=" 字大一点 ", now=NOW)
    session.flush()
    with pytest.raises(Invalid):
        services.reply(session, given, by_id=cast.hua.id, text="  ", now=NOW)
    services.reply(session, given, by_id=cast.hua.id, text="好", now=NOW)
    with pytest.raises(Conflict):
        services.reply(session, given, by_id=cast.wen.id, text="也好", now=NOW)
    assert feedback_queries.count_unanswered(session, true()) == 0
    assert queries.count_unread(session, cast.lin.id) == 1


def test_an_empty_wish_is_refused(session: Session, cast: SimpleNamespace) -> None:
    with pytest.raises(Invalid):
        services.give_feedback(session, cast.lin.id, page="/", text=" \n ", now=NOW)
