"""What contests add to boards, counted again: team results from the board they sum up, what publications name and brought, and every
version of the lists of those who advanced."""

from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.contests import advancement_checks, advancement_versions, award_queries, award_rules, team_queries
from lms.contests.award_models import RoundEffect
from lms.contests.models import Round
from lms.contests.rules import RoundKind
from lms.contests.team_models import TeamResult, TeamSheet
from lms.contests.team_round_services import SHARES
from lms.leaderboard import queries as boards
from lms.leaderboard.models import BoardEntry, PublishedRanking


@dataclass
class ContestReport:
    """How much was compared, and a sentence for each fault. `waiting`: effects of publications whose task has not run yet."""

    teams: int = 0
    honours: int = 0
    effects: int = 0
    lists: int = 0
    waiting: int = 0
    faults: list[str] = field(default_factory=list)


def verify(session: Session) -> ContestReport:
    report = ContestReport()
    for round_ in session.scalars(select(Round).order_by(Round.id)).all():
        if round_.kind is RoundKind.TEAM_ONLINE:
            _verify_teams(session, round_, report)
        versions = select(func.max(PublishedRanking.version)).where(PublishedRanking.board_id == round_.board_id)
        for version in range(1, (session.scalar(versions) or 0) + 1):
            _verify_version(session, round_, version, report)
        advancement_checks.verify(session, round_, report.faults)
        report.lists += len(advancement_versions.list_versions(session, round_.id))
    return report


def _verify_teams(session: Session, round_: Round, report: ContestReport) -> None:
    """Each team that has a sheet and a result has the sum of its people's entries."""
    for result in team_queries.list_results(session, round_.id):
        sheet = session.get(TeamSheet, (round_.id, result.team_id))
        report.teams += 1
        if sheet is None or result.source != SHARES:
            continue
        who = [person for person, _, _ in sheet.shares]
        sums = (func.coalesce(func.sum(column), 0) for column in (BoardEntry.score_millis, BoardEntry.seconds))
        mine = select(*sums).where(BoardEntry.board_id == round_.board_id, BoardEntry.person_id.in_(who))
        counted, stored = tuple(session.execute(mine).one()), (result.score_millis, result.seconds)
        if stored != counted:
            report.faults.append(f"round {round_.id}, team {result.team_id}: stored {stored}, counted {counted}")
    there = session.scalar(select(func.count(TeamResult.team_id.distinct())).where(TeamResult.round_id == round_.id))
    if there != len(team_queries.list_results(session, round_.id)):
        report.faults.append(f"round {round_.id}: {there} teams have results, not all were compared")


def _verify_version(session: Session, round_: Round, version: int, report: ContestReport) -> None:
    found, name = award_queries.find_version(session, round_.board_id, version), f"round {round_.id} version {version}"
    wanted = [one.person_id for one in award_rules.honoured(found.rule, award_queries.ranked(found.complete))]
    stored = [row["person_id"] for row in found.complete.get("honours", ())]
    if stored != wanted:
        report.faults.append(f"{name}: honours {stored}, by the rule {wanted}")
    teams = found.complete.get("teams", ())
    order = [(-row["score_millis"], row["seconds"]) for row in teams]
    if order != sorted(order):
        report.faults.append(f"{name}: teams do not stand in the order of their points")
    report.honours += len(stored)
    report.teams += len(teams)
    _verify_team_honours(session, round_, found, name, report)
    _verify_effects(session, round_, found, name, report)


def _verify_team_honours(
    session: Session, round_: Round, found: award_queries.VersionEffects, name: str, report: ContestReport
) -> None:
    """The honoured teams are those of the rule, with their figures; whoever played for one has a result of the version and stood in it."""
    rows = found.complete.get("team_honours", ())
    teams = {row["team_id"]: row for row in found.complete.get("teams", ())}
    wanted = [one.team_id for one in award_rules.honoured_teams(found.rule, award_queries.team_lines(teams.values()))]
    stored = [row["team_id"] for row in rows]
    if stored != wanted:
        report.faults.append(f"{name}: honoured teams {stored}, by the rule {wanted}")
    for row in rows:
        figures, players = {key: row[key] for key in row if key != "players"}, [p["person_id"] for p in row["players"]]
        if figures != teams.get(row["team_id"]):
            report.faults.append(
                f"{name}, team {row['team_id']}: honoured with other figures than in the list of teams"
            )
        if set(players) - _who_could_play(session, round_, found, row["team_id"], players):
            report.faults.append(f"{name}, team {row['team_id']}: honours people who did not play for it: {players}")
    report.honours += sum(len(row["players"]) for row in rows)


def _who_could_play(
    session: Session, round_: Round, found: award_queries.VersionEffects, team_id: int, players: list[int]
) -> set[int]:
    if round_.kind is RoundKind.TEAM_ONLINE:
        return set(team_queries.list_players(session, round_, found.rows).get(team_id, ()))
    published = boards.find_publication(session, round_.board_id, found.version)
    assert published is not None
    there = team_queries.was_in(session, team_id, players, published.published_at)
    return there if round_.kind is RoundKind.STAGE else there & found.rows.keys()


def _verify_effects(
    session: Session, round_: Round, found: award_queries.VersionEffects, name: str, report: ContestReport
) -> None:
    """What was done is what the version brings; what is not done yet waits for its task."""
    query = select(RoundEffect).where(RoundEffect.round_id == round_.id, RoundEffect.version == found.version)
    done = {one.person_id: (one.honour, one.quarters, one.team_honour) for one in session.scalars(query)}
    wanted = {one.person_id: (one.honour, one.quarters, one.team_honour) for one in found.effects}
    wrong = sorted(who for who, what in done.items() if wanted.get(who) != what)
    report.faults += [f"{name}, person {who}: done {done[who]}, by the versions {wanted.get(who)}" for who in wrong]
    report.effects += len(done)
    report.waiting += len(wanted) - len(done.keys() & wanted.keys())
    newest = boards.find_publication(session, round_.board_id)
    if newest is not None and newest.version == found.version and wanted.keys() <= done.keys():
        named = {(row["person_id"], False) for row in found.complete.get("honours", ())}
        named |= {(p["person_id"], True) for row in found.complete.get("team_honours", ()) for p in row["players"]}
        held = {one for one in named if award_queries.find_certificate(session, round_.id, one[0], of_team=one[1])}
        if held != named:
            without = sorted(who for who, _ in named - held)
            report.faults.append(f"{name}: named without a certificate that stands: {without}")
