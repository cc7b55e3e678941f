"""The demonstration's teams and its case."""

from flask import Flask
from sqlalchemy import select

from lms.contests import integrity_queries, team_queries
from lms.contests.integrity_models import IntegrityCase
from lms.contests.integrity_rules import CaseState
from lms.contests.models import Round
from lms.contests.team_models import TeamSetting
from lms.db import unit_of_work
from lms.leaderboard.rules import BoardRule
from lms.people.models import Person

WAITS = IntegrityCase.state == CaseState.HEARD


def test_six_teams_stand_in_the_running_contest_lin_leads_one_and_a_case_waits_for_its_decision(loaded: Flask) -> None:
    with unit_of_work(loaded.extensions["make_session"]) as session:
        contest_id = session.scalars(
            select(Round.contest_id).join(IntegrityCase, IntegrityCase.round_id == Round.id).where(WAITS)
        ).one()
        assert contest_id in session.scalars(select(TeamSetting.contest_id)).all()
        teams = team_queries.list_teams(session, contest_id)
        assert len(teams) == 6
        lin = session.scalars(select(Person.id).where(Person.staff_no == "lin")).one()
        assert lin in {line.team.captain_id for line in teams}
        case = session.scalars(select(IntegrityCase).where(WAITS)).one()
        assert "同一设备和地址" in {fact["kind"] for fact in case.facts}
        round_, terms = session.get_one(Round, case.round_id), team_queries.find_terms(session, contest_id)
        assert terms is not None
        found = team_queries.standings(session, round_, BoardRule(), terms.sizes)
        assert [line.place for line in found.lines] == [1, 2, 3, 4, 5, 6]
        assert all(line.total.score_millis > 0 for line in found.lines)
        assert integrity_queries.list_signals(session, round_.id)
