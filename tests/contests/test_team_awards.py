"""Honours of teams: who played for an honoured team has a certificate and hours, by each version once; verified from what was published."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from lms.certificates.models import Certificate
from lms.certificates.rules import State
from lms.contests import award_queries, award_rules, award_services, checks, team_queries
from lms.contests.award_models import RoundEffect
from lms.contests.award_rules import AwardRule, HonourChange, Ranked, TeamLine
from lms.contests.models import Round
from lms.contests.rules import RoundKind
from lms.contests.team_models import TeamSheet
from lms.contests.team_rules import MemberRole
from lms.leaderboard import queries as boards
from lms.leaderboard import rules
from lms.leaderboard import services as board_services
from lms.leaderboard.models import PublishedRanking
from lms.leaderboard.rules import places
from lms.people.models import Person
from lms.tasks.services import TaskContext
from tests.contests.test_awards import Published
from tests.contests.test_teams import Teams

RULE = AwardRule("业务标兵", 1, 0, 80_000, 24, 80_000, "优胜队", 1)
RIGHT = {"lin": 10, "bo": 9, "chen": 4, "dana": 7, "mei": 6}


class TeamsPublished(Published):
    """North (lin, bo; chen is its substitute) and South (dana, mei), everybody with a result of the own."""

    def __init__(self, running, keys, cast, make_session):
        super().__init__(running, keys, cast, make_session)
        self.teams = Teams(running.session, running, cast)
        self.north, self.south = self.teams.enter(cast.lin), self.teams.enter(cast.dana, "南区队")
        self.teams.join(self.north, cast.bo)
        self.teams.join(self.north, cast.chen, MemberRole.SUBSTITUTE)
        self.teams.join(self.south, cast.mei)
        for seconds, (name, right) in enumerate(RIGHT.items(), 100):
            running.hand_in(getattr(cast, name), right, seconds)
        self.choose(RULE)

    def revise(self, name, points):
        running = self.running
        source = boards.find_own(running.session, running.board, getattr(self.cast, name).id).source_id
        board_services.revise(running.session, running.round.board_id, {source: points * 1000}, now=running.now)

    def standing(self):
        """(holder, title, the place the paper says) of certificates that stand."""
        rows = self.running.session.query(Certificate).filter_by(state=State.VALID)
        return sorted((one.holder, one.title, one.lines[0].split("第 ")[1][0]) for one in rows)

    def complete(self):
        ranking = boards.find_publication(self.running.session, self.running.round.board_id)
        return boards.load_complete(self.running.session, ranking)


@pytest.fixture
def published(running, keys, cast, make_session):
    return TeamsPublished(running, keys, cast, make_session)


def test_who_played_for_an_honoured_team_has_a_certificate_and_hours_and_an_idle_substitute_has_neither(
    published, cast, session
):
    published.publish()
    (row,) = published.complete()["team_honours"]
    assert (row["team_id"], row["place"], row["score_millis"]) == (published.north.id, 1, 190_000)
    assert [one["person_id"] for one in row["players"]] == [cast.lin.id, cast.bo.id]
    assert published.standing() == sorted(
        [(cast.lin.name, "业务标兵", "1"), (cast.lin.name, "优胜队", "1"), (cast.bo.name, "优胜队", "1")]
    )
    assert published.quarters() == {cast.lin.id: 24, cast.bo.id: 24}
    told = dict(published.notices())
    assert told.keys() == {cast.lin.id, cast.bo.id}
    assert told[cast.bo.id] == (
        "“不动产登记专场”已公布：你是第 2 名，“北区一队”团队第 1 名，被评为优胜队，证书已发，记 6 学时"
    )


def test_a_correction_moves_the_honour_to_the_other_team_once_and_back_again(published, cast, session):
    """lin falls to 0 points: South is first. dana and mei have too few points for hours of their own, but their team has them."""
    published.publish()
    before = (published.standing(), published.quarters())
    published.revise("lin", 0)
    expected = award_queries.preview(session, published.running.line)
    assert (expected.count(HonourChange.NAMED), expected.count(HonourChange.WITHDRAWN)) == (3, 3)
    assert {expected.word(one) for one in expected.effects if one.person_id == cast.bo.id} == {"新发证书；团队证书撤销"}
    published.correct()
    assert published.standing() == sorted(
        [(cast.bo.name, "业务标兵", "1"), (cast.dana.name, "优胜队", "1"), (cast.mei.name, "优胜队", "1")]
    )
    assert published.quarters() == {cast.lin.id: 0, cast.bo.id: 24, cast.dana.id: 24, cast.mei.id: 24}
    told = [text for who, text in published.notices() if who == cast.bo.id]
    assert told[-1].endswith("被评为业务标兵，证书已发，“北区一队”不再是优胜队，证书已撤销")
    published.revise("lin", 100)
    published.correct("复核恢复")
    assert published.standing() == before[0]
    assert {who: sum_ for who, sum_ in published.quarters().items() if sum_} == before[1]
    assert checks.verify(session).faults == []


def test_running_the_task_again_certifies_credits_and_tells_nobody_twice(published, session, make_session):
    published.publish()
    published.revise("lin", 0)
    published.correct()
    state = (published.certificates(), published.quarters(), published.notices())
    number = {"round_id": published.running.round.id, "version": 2}
    session.commit()
    context = TaskContext(0, None, number, make_session, published.running.now, {})
    assert [award_services.follow(context)["done"] for _ in range(5)] == [0] * 5
    session.expire_all()
    assert (published.certificates(), published.quarters(), published.notices()) == state


REVISIONS = (("lin", 0), ("bo", 60), ("dana", 100))


@pytest.mark.parametrize("order", list(permutations(REVISIONS)))
def test_in_whichever_order_corrections_come_the_same_papers_and_hours_stand_in_the_end(
    published, order, session, keys
):
    """North 0 + 60, South 100 + 60: dana is honoured and her team, and nobody else has hours."""
    published.publish()
    for name, points in order:
        published.revise(name, points)
        published.correct(f"更正 {name}")
    cast = published.cast
    assert published.standing() == sorted(
        [(cast.dana.name, "业务标兵", "1"), (cast.dana.name, "优胜队", "1"), (cast.mei.name, "优胜队", "1")]
    )
    assert {who for who, sum_ in published.quarters().items() if sum_} == {cast.dana.id, cast.mei.id}
    assert checks.verify(session).faults == []
    assert board_services.verify(session, keys).faults == []


# --- who played ----------------------------------------------------------------------------------------------------


def test_in_a_team_round_those_who_answered_a_share_played_also_a_substitute_who_came_in(published, session, cast):
    sheet = [[cast.lin.id, 0, 5], [cast.chen.id, 5, 10]]
    round_id = published.running.round.id
    session.add(
        TeamSheet(round_id=round_id, team_id=published.north.id, sheet=[], shares=sheet, drawn_at=published.running.now)
    )
    session.execute(update(Round).where(Round.id == round_id).values(kind=RoundKind.TEAM_ONLINE))
    session.flush()
    there = [cast.lin.id, cast.bo.id, cast.chen.id]
    round_ = published.running.round
    assert team_queries.list_players(session, round_, there) == {published.north.id: [cast.lin.id, cast.chen.id]}
    assert team_queries.list_players(session, round_, [cast.lin.id]) == {published.north.id: [cast.lin.id]}


def test_on_stage_the_members_played_and_hours_count_for_the_day_of_the_final(published, session, cast):
    round_id = published.running.round.id
    session.execute(update(Round).where(Round.id == round_id).values(kind=RoundKind.STAGE))
    session.flush()
    players = team_queries.list_players(session, published.running.round, [])
    assert players == {published.north.id: [cast.lin.id, cast.bo.id], published.south.id: [cast.dana.id, cast.mei.id]}


# --- published ------------------------------------------------------------------------------------------------------


def test_who_stays_off_lists_is_not_named_among_the_players_either(published, session, cast):
    session.execute(update(Person).where(Person.id == cast.bo.id).values(is_unlisted=True))
    published.publish()
    public = boards.load_public(session, boards.find_publication(session, published.running.round.board_id))
    (row,) = public["team_honours"]
    assert row["players"] == [cast.lin.name, "不公开"]
    assert set(row) == {"place", "name", "unit", "score_millis", "seconds", "players"}


def test_a_learner_reads_the_honoured_team_with_its_players_and_the_own_certificate(published, web, cast, session):
    round_id = published.running.round.id
    said = web.as_("bo").get(f"/contests/rounds/{round_id}/board").text
    assert "团队前 1 名的评为优胜队，上场的队员每人一份证书，没有上场的替补不发" in said
    published.publish()
    text = web.as_("bo").get(f"/contests/rounds/{round_id}/published").text
    assert "优胜队" in text
    assert f"{cast.lin.name}、{cast.bo.name}" in text
    (serial,) = [one.serial for one in session.query(Certificate).filter_by(holder=cast.bo.name)]
    assert serial in text
    assert serial not in web.as_("dana").get(f"/contests/rounds/{round_id}/published").text


def test_the_office_asks_for_teams_only_where_there_are_some(published, web, make_contest):
    teams = f"/office/contests/rounds/{published.running.round.id}"
    assert "表彰前几队" in web.as_("hua").get(f"{teams}/outcome").text
    data = {"title": "业务标兵", "most": "0", "per_unit": "0", "least": "0", "hours": "0"}
    web.as_("hua").post(f"{teams}/award", data | {"team_title": "先进队", "team_most": "3", "team_least": "100"}, 303)
    text = web.as_("hua").get(f"{teams}/outcome").text
    assert "团队前 3 名、不低于 100 分的评为先进队" in text
    alone = f"/office/contests/rounds/{make_contest(title='没有队').round.id}"
    assert "表彰前几队" not in web.as_("hua").get(f"{alone}/outcome").text
    web.as_("hua").post(f"{alone}/award", data | {"most": "1"}, 303)


# --- verified ------------------------------------------------------------------------------------------------------


def spoil(published, keys, **changed):
    """Sealed with the site's own key, so digest and signature fit."""
    complete = published.complete() | changed
    public = rules.public_part(published.running.board.rule, complete)
    session = published.running.session
    session.execute(update(PublishedRanking).values(**board_services.sealed(keys, public, complete)))
    session.commit()
    session.expire_all()


def test_honoured_teams_that_do_not_follow_from_rule_list_or_team_are_found(published, session, keys, cast):
    published.publish()
    assert checks.verify(session).faults == []
    (row,) = published.complete()["team_honours"]
    spoil(published, keys, team_honours=[])
    assert any("honoured teams [], by the rule" in fault for fault in checks.verify(session).faults)
    spoil(published, keys, team_honours=[row | {"score_millis": 200_000}])
    assert any("other figures" in fault for fault in checks.verify(session).faults)
    stranger = {"person_id": cast.dana.id, "name": cast.dana.name, "is_hidden": False}
    spoil(published, keys, team_honours=[row | {"players": [stranger]}])
    assert any("did not play for it" in fault for fault in checks.verify(session).faults)
    spoil(published, keys, team_honours=[row])
    session.execute(update(RoundEffect).values(team_honour=HonourChange.WITHDRAWN))
    session.commit()
    assert len(checks.verify(session).faults) == 2


# --- the rule ------------------------------------------------------------------------------------------------------

POINTS = st.lists(st.integers(0, 12), min_size=5, max_size=5)
RULES = st.builds(
    AwardRule, most=st.integers(0, 3), least_millis=st.just(4000), hours_quarters=st.sampled_from([0, 8]),
    hours_from_millis=st.just(6000), team_most=st.integers(0, 2), team_least_millis=st.integers(0, 12_000),
)  # fmt: skip
SIDES = ((1, (1, 2)), (2, (3, 4)), (3, (5,)))


def version(rule, points):
    """Five people in three teams; a person with 0 points took no part."""
    there = sorted(((score, who) for who, score in enumerate(points, 1) if score), key=lambda one: (-one[0], one[1]))
    lines = [
        Ranked(who, place, score * 1000)
        for place, (score, who) in zip(places(-score for score, _ in there), there, strict=True)
    ]
    present = {line.person_id for line in lines}
    sums = sorted(
        ((sum(points[who - 1] for who in people), team, people) for team, people in SIDES), key=lambda one: -one[0]
    )
    teams = [
        TeamLine(team, place, total * 1000, f"{team} 队", tuple(who for who in people if who in present))
        for place, (total, team, people) in zip(places(-total for total, _, _ in sums), sums, strict=True)
    ]
    return award_rules.outcome(rule, lines, teams)


def held_after(rule, versions):
    """Own papers, team papers and hours of people who have followed these versions one after another."""
    own, team, quarters, before = {}, {}, {}, None
    for now in versions:
        for one in award_rules.effects(rule, before, now):
            for papers, change, says in (
                (own, one.honour, one.new and one.new.place),
                (team, one.team_honour, one.team and (one.team.team_id, one.team.place)),
            ):
                if change is HonourChange.NAMED:
                    assert one.person_id not in papers
                if change is HonourChange.WITHDRAWN:
                    del papers[one.person_id]
                elif change:
                    papers[one.person_id] = says
            quarters[one.person_id] = quarters.get(one.person_id, 0) + one.quarters
        before = now
    return own, team, {who: sum_ for who, sum_ in quarters.items() if sum_}


@given(RULES, st.lists(POINTS, min_size=1, max_size=4), st.randoms())
def test_corrections_in_any_order_end_where_the_last_state_of_the_board_is(rule, history, random):
    versions = [version(rule, points) for points in history]
    once = held_after(rule, versions[-1:])
    earlier = versions[:-1]
    random.shuffle(earlier)
    assert held_after(rule, [*earlier, versions[-1]]) == once
    assert held_after(rule, [*versions, versions[-1]]) == once, "the same version again brings nothing"
    own, team, quarters = once
    assert set(team) == {who for who in versions[-1].teams}
    assert set(quarters.values()) <= {rule.hours_quarters}, "never twice, for the person and for the team"
    assert set(own) <= set(versions[-1].lines)
