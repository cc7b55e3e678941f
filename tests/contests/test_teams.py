"""Teams entered, changed, withdrawn; a paper divided among a team; team standings."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lms.contests import checks, services, team_access, team_queries, team_round_services, team_services
from lms.contests.rules import RoundKind
from lms.contests.team_models import TeamResult
from lms.contests.team_rules import Deadlines, MemberRole, Sizes, TeamState
from lms.contests.team_services import Hand
from lms.errors import Conflict, Forbidden, Invalid, NotFound
from lms.leaderboard.rules import BoardRule
from lms.people.principal import principal_of
from lms.quizzes import key_queries
from lms.quizzes import services as quizzes
from lms.quizzes.models import AttemptItem, CurrentAnswer

DAY = timedelta(days=1)
SIZES = Sizes(least=2, most=2, substitutes=1, per_unit=1, best_of=2)


class Teams:
    """A running contest with teams, and short words for what is done to them."""

    def __init__(self, session, running, cast):
        self.session, self.running, self.cast, self.now = session, running, cast, running.now
        self.set_terms(SIZES, running.now + DAY, running.now + 2 * DAY)

    def set_terms(self, sizes, entry_until, change_until):
        deadlines = Deadlines(entry_until, change_until)
        contest = self.running.contest
        team_services.set_terms(self.session, contest, sizes, deadlines, actor_id=self.cast.hua.id, now=self.now)
        self.session.flush()

    @property
    def terms(self):
        self.session.flush()
        return team_queries.find_terms(self.session, self.running.contest.id)

    def enter(self, captain, name="北区一队", *, unit=None, hand=None, now=None):
        at = now or self.now
        unit_id = unit or team_access.own_unit(self.session, principal_of(self.session, captain, at), self.terms)
        hand = hand or Hand(captain.id)
        team = team_services.enter_team(
            self.session, self.terms, name=name, unit_id=unit_id, captain=captain, hand=hand, now=at
        )
        self.session.flush()
        return team

    def head(self, team):
        self.session.flush()
        return team_queries.find_team(self.session, team.id)

    def join(self, team, person, role=MemberRole.MEMBER, *, hand=None, now=None):
        hand = hand or Hand(team.captain_id)
        team_services.join(self.session, self.head(team), person, role, hand=hand, now=now or self.now)
        self.session.flush()

    def names(self, team):
        self.session.flush()
        return [(line.name, line.role.value) for line in team_queries.list_members(self.session, team.id)]

    def standings(self):
        self.session.flush()
        return team_queries.standings(self.session, self.running.round, BoardRule(), self.terms.sizes)


@pytest.fixture
def teams(session, running, cast):
    return Teams(session, running, cast)


def test_a_captain_enters_a_team_of_the_own_unit_and_is_its_first_member(teams, cast, north):
    team = teams.enter(cast.lin)
    assert (team.unit_id, team.captain_id) == (north.id, cast.lin.id)
    assert teams.names(team) == [(cast.lin.name, "member")]


def test_a_person_stands_in_one_team_of_a_contest(teams, cast):
    teams.set_terms(Sizes(2, 2, 1, per_unit=2, best_of=2), teams.now + DAY, teams.now + DAY)
    teams.enter(cast.lin)
    with pytest.raises(Conflict, match="一人只能参加一队"):
        teams.enter(cast.lin, "北区二队")


def test_a_unit_enters_no_more_teams_than_the_contest_lets_it(teams, cast):
    teams.enter(cast.lin)
    with pytest.raises(Conflict, match="报满 1 队"):
        teams.enter(cast.bo, "北区二队")


def test_a_full_team_takes_a_substitute_and_then_nobody(teams, cast):
    team = teams.enter(cast.lin)
    teams.join(team, cast.bo)
    with pytest.raises(Conflict, match="队员已满"):
        teams.join(team, cast.chen)
    teams.join(team, cast.chen, MemberRole.SUBSTITUTE)
    assert teams.names(team)[-1] == (cast.chen.name, "substitute")


def test_after_the_entry_deadline_substitutes_still_come_in_and_after_the_second_only_the_organiser_changes(
    teams, cast
):
    team = teams.enter(cast.lin)
    teams.join(team, cast.bo)
    teams.join(team, cast.chen, MemberRole.SUBSTITUTE)
    late, too_late = teams.now + DAY, teams.now + 2 * DAY
    with pytest.raises(Invalid, match="已过截止时间"):
        teams.join(team, cast.ed, now=late)
    swap = (teams.session, teams.head(team), cast.bo, cast.chen)
    team_services.substitute(*swap, hand=Hand(cast.lin.id), now=late)
    assert teams.names(team) == [
        (cast.lin.name, "member"), (cast.chen.name, "member"), (cast.bo.name, "substitute"),
    ]  # fmt: skip
    back = (teams.session, teams.head(team), cast.chen, cast.bo)
    with pytest.raises(Invalid, match="请联系组织者"):
        team_services.substitute(*back, hand=Hand(cast.lin.id), now=too_late)
    with pytest.raises(Invalid, match="写明理由"):
        team_services.substitute(*back, hand=Hand(cast.hua.id, is_organiser=True), now=too_late)
    team_services.substitute(*back, hand=Hand(cast.hua.id, True, "队员住院"), now=too_late)
    teams.session.flush()
    newest = team_queries.list_changes(teams.session, team.id)[0]
    assert (newest.change.reason, newest.by) == ("队员住院", cast.hua.name)


def test_a_withdrawn_team_stands_on_no_list_and_frees_its_people(teams, cast):
    team = teams.enter(cast.lin)
    teams.running.hand_in(cast.lin, right=5)
    assert [line.team_id for line in teams.standings().lines] == [team.id]
    team_services.withdraw(teams.session, teams.head(team), hand=Hand(cast.lin.id), now=teams.now)
    teams.session.flush()
    assert team.state is TeamState.WITHDRAWN
    assert teams.standings().lines == []
    with pytest.raises(Conflict, match="已经退出"):
        team_services.withdraw(teams.session, teams.head(team), hand=Hand(cast.lin.id), now=teams.now)
    assert teams.enter(cast.lin, "北区新队").captain_id == cast.lin.id


def test_a_number_of_another_unit_finds_nobody(teams, cast):
    head = teams.head(teams.enter(cast.lin))
    assert team_access.person_to_join(teams.session, head, cast.bo.staff_no, now=teams.now).id == cast.bo.id
    assert team_access.person_to_join(teams.session, head, cast.dana.staff_no, now=teams.now) is None


def test_a_team_has_the_sum_of_its_members_best_results_and_a_substitute_counts_nothing(teams, cast, south):
    north = teams.enter(cast.lin)
    teams.join(north, cast.bo)
    teams.join(north, cast.chen, MemberRole.SUBSTITUTE)
    other = teams.enter(cast.dana, "南区一队")
    for person, right in ((cast.lin, 6), (cast.bo, 4), (cast.chen, 10), (cast.dana, 9)):
        teams.running.hand_in(person, right=right, seconds=100)
    first, second = teams.standings().lines
    assert (first.team_id, first.total.score_millis, first.total.seconds) == (north.id, 100_000, 200)
    assert (second.team_id, second.total.score_millis, second.place) == (other.id, 90_000, 2)


# --- a team round --------------------------------------------------------------------------------------------------


@pytest.fixture
def team_round(teams, cast):
    """The contest's round is one in which teams divide the paper; North has a team of two."""
    teams.running.round.kind = RoundKind.TEAM_ONLINE
    team = teams.enter(cast.lin)
    teams.join(team, cast.bo)
    teams.join(team, cast.chen, MemberRole.SUBSTITUTE)
    return team


def answer(teams, person, right):
    attempt = teams.running.start(person)
    rows = key_queries.list_to_grade(teams.session, attempt.id)
    for row in rows[:right]:
        choice = row.key
        teams.session.add(
            CurrentAnswer(attempt_id=attempt.id, position=row.position, sequence=1, choice=choice, saved_at=teams.now)
        )
    teams.session.flush()
    at = teams.now + timedelta(seconds=60)
    quizzes.submit(teams.session, attempt, settle=services.settle_attempt, now=at)
    versions = select(AttemptItem.version_id).where(AttemptItem.attempt_id == attempt.id)
    return list(teams.session.scalars(versions))


def test_each_member_answers_the_own_part_of_one_paper_and_the_team_has_the_sum(teams, team_round, cast):
    of_lin, of_bo = answer(teams, cast.lin, right=5), answer(teams, cast.bo, right=2)
    sheet = team_queries.find_sheet(teams.session, teams.running.round.id, team_round.id)
    assert sorted(of_lin + of_bo) == sorted(version for version, _, _ in sheet.sheet)
    assert len(set(of_lin + of_bo)) == 10
    (line,) = teams.standings().lines
    assert (line.total.score_millis, line.total.seconds) == (70_000, 120)
    journal = teams.session.scalars(select(TeamResult.score_millis).order_by(TeamResult.revision)).all()
    assert journal == [50_000, 70_000]
    report = checks.verify(teams.session)
    assert (report.faults, report.teams) == ([], 1)
    teams.session.execute(update(TeamResult).where(TeamResult.score_millis == 70_000).values(score_millis=71_000))
    teams.session.expire_all()
    (fault,) = checks.verify(teams.session).faults
    assert "stored (71000, 120), counted (70000, 120)" in fault


def test_a_captain_divides_before_the_start_and_not_afterwards(teams, team_round, cast):
    round_, head, hand = teams.running.round, teams.head(team_round), Hand(cast.lin.id)
    with pytest.raises(Invalid, match="加起来是 9 题"):
        team_round_services.divide(
            teams.session, head, round_, {cast.lin.id: 6, cast.bo.id: 3}, hand=hand, now=teams.now
        )
    team_round_services.divide(teams.session, head, round_, {cast.lin.id: 7, cast.bo.id: 3}, hand=hand, now=teams.now)
    assert len(answer(teams, cast.lin, right=0)) == 7
    with pytest.raises(Conflict, match="不能再改分题"):
        team_round_services.divide(
            teams.session, head, round_, {cast.lin.id: 5, cast.bo.id: 5}, hand=hand, now=teams.now
        )
    assert len(answer(teams, cast.bo, right=0)) == 3


def test_nobody_answers_twice_nor_without_a_share_nor_without_a_team(teams, team_round, cast):
    answer(teams, cast.lin, right=1)
    for person, said in ((cast.lin, "只答一次"), (cast.chen, "替补不答题"), (cast.dana, "不在任何一支队里")):
        with pytest.raises((Conflict, Forbidden), match=said):
            teams.running.start(person, now=teams.now + timedelta(minutes=5))


def test_a_team_that_lacks_members_cannot_begin(teams, team_round, cast):
    teams.set_terms(Sizes(3, 3, 1, 1, 2), teams.now + DAY, teams.now + DAY)
    with pytest.raises(Forbidden, match="人数还不够"):
        teams.running.start(cast.lin)


def test_the_share_of_a_member_who_has_not_begun_goes_to_the_substitute(teams, team_round, cast):
    of_lin = answer(teams, cast.lin, right=5)
    team_round_services.substitute(
        teams.session, teams.head(team_round), cast.bo, cast.chen, hand=Hand(cast.lin.id), now=teams.now
    )
    of_chen = answer(teams, cast.chen, right=5)
    assert not set(of_lin) & set(of_chen)
    assert teams.standings().lines[0].total.score_millis == 100_000
    with pytest.raises(Forbidden):
        teams.running.start(cast.bo)


def test_a_team_result_of_the_stage_final_stands_as_it_was_last_recorded(teams, cast):
    team = teams.enter(cast.lin)
    round_ = teams.running.round
    round_.kind = RoundKind.STAGE
    for score in (120_000, 110_000, 110_000):
        team_services.record_team_result(
            teams.session, round_.id, team.id, score_millis=score, seconds=0, source="stage", now=teams.now
        )
    assert [line.total.score_millis for line in teams.standings().lines] == [110_000]
    assert len(teams.session.scalars(select(TeamResult)).all()) == 2


def test_a_team_is_there_for_its_people_the_admin_of_its_unit_and_the_organiser(teams, cast):
    team = teams.enter(cast.lin)
    teams.join(team, cast.bo)

    def seen(person):
        return team_access.team_to_see(teams.session, principal_of(teams.session, person, teams.now), team.id)

    assert seen(cast.lin).is_captain
    assert not seen(cast.bo).may_change
    assert seen(cast.hua).is_organiser
    assert seen(cast.ada).is_unit_admin
    for stranger in (cast.dana, cast.mei, cast.chen):
        with pytest.raises(NotFound):
            seen(stranger)
