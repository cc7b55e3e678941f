"""What the demonstration shows of a publication: honours with certificates and hours, and a corrected version."""

from flask import Flask
from sqlalchemy import func, select

from lms.certificates.models import Certificate
from lms.certificates.rules import State
from lms.contests.award_models import RoundEffect
from lms.contests.models import Contest, Round
from lms.demo.awarded import REASON, RULE
from lms.hours.models import HourEntry
from lms.leaderboard import queries as boards
from lms.leaderboard import services
from lms.leaderboard.models import PublishedRanking
from lms.people.models import Person


def test_a_list_was_published_with_honours_and_hours_and_corrected_once_with_a_visible_difference(loaded: Flask):
    with loaded.extensions["make_session"]() as session:
        round_ = session.scalars(select(Round).join(Contest).where(Contest.title == "应知应会知识比拼")).one()
        first, second = session.scalars(
            select(PublishedRanking)
            .where(PublishedRanking.board_id == round_.board_id)
            .order_by(PublishedRanking.version)
        ).all()
        old, new = boards.load_public(session, first), boards.load_public(session, second)
        assert second.reason == REASON
        assert old["total"] == new["total"] + 1
        assert [row["new_place"] for row in new["changes"] if row["old_place"] == 1] == [None], "the first was annulled"
        assert len(new["changes"]) > 1, "the others moved up"
        honoured = session.execute(
            select(Certificate.holder, Certificate.state)
            .join(RoundEffect, RoundEffect.certificate_id == Certificate.id)
            .where(RoundEffect.round_id == round_.id)
        ).all()
        valid = sorted(name for name, state in honoured if state is State.VALID)
        assert valid == sorted(row["name"] for row in new["honours"])
        assert len(honoured) > len(valid), "the certificate of who was annulled no longer stands"
        hours = session.execute(
            select(Person.name, func.sum(HourEntry.quarters))
            .join(HourEntry, HourEntry.person_id == Person.id)
            .where(HourEntry.source_kind == "contest", HourEntry.source_id == round_.id)
            .group_by(Person.id, Person.name)
        ).all()
        complete = boards.load_complete(session, second)
        earned = {row["name"] for row in complete["people"] if row["score_millis"] >= RULE.hours_from_millis}
        assert {name for name, quarters in hours if quarters == RULE.hours_quarters} == earned
        assert services.verify(session, loaded.extensions["keys"]).faults == []
