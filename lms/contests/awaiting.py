"""What awaits organisers and reviewers of contests: the next step of each round, and objections without a reply."""

from datetime import datetime

from sqlalchemy.orm import Session

from lms import clock
from lms.contests import advancement_queries, advancement_services, queries
from lms.contests.queries import RoundLine
from lms.contests.rules import Phase, RoundKind
from lms.people.access import scope
from lms.people.awaiting import Awaiting
from lms.people.principal import Principal
from lms.people.rules import Permission


def list_awaiting(session: Session, person: Principal, now: datetime) -> list[Awaiting]:
    """One line for each round that waits for this person."""
    if not person.can(Permission.RANKING_REVIEW):
        return []
    lines = queries.list_rounds_in(session, scope(session, person, Permission.RANKING_REVIEW), now=now)
    waiting = [(line, _step(session, line, person, now)) for line in lines]
    return [
        Awaiting(
            count, f"{text}：{line.contest.title}", action, "contests_office.contest", {"contest_id": line.contest.id}
        )
        for line, (count, text, action) in waiting
        if count
    ] + _lists(session, lines, person)


def _lists(session: Session, lines: list[RoundLine], person: Principal) -> list[Awaiting]:
    """Lists of those who advance that can be published now."""
    by_id = {line.round.id: line for line in lines}
    found = []
    for line in lines:
        source = by_id.get(line.round.from_round_id or 0)
        if source is None or line.is_over or not person.can(Permission.RANKING_PUBLISH):
            continue
        is_published = advancement_queries.find_advancement(session, line.round.id) is not None
        if not advancement_services.obstacle(line, source, is_published=is_published, actor_id=person.id):
            text = f"份晋级名单待公布：{line.contest.title}"
            found.append(Awaiting(1, text, "去公布", "advancement_office.show", {"round_id": line.round.id}))
    return found


def _step(session: Session, line: RoundLine, person: Principal, now: datetime) -> tuple[int, str, str]:
    """How many of what this person is asked to do for the round; a count of 0 is nothing."""
    if line.round.kind is RoundKind.PRACTICE:  # has no result to review
        return 0, "", ""
    may_publish = person.can(Permission.RANKING_PUBLISH)
    if line.phase is Phase.SETTLING:
        return 1, "场比拼待复核", "去复核"
    if line.phase is Phase.REVIEWED and may_publish:
        return 1, "场比拼待公示", "开始公示"
    if line.phase is not Phase.NOTICE:
        return 0, "", ""
    objections = queries.count_open_objections(session, line.round.id)
    if objections:
        return objections, "条异议待答复", "去答复"
    over = line.round.notice_until_on is not None and line.round.notice_until_on < clock.today(now)
    return (1, "场比拼公示期满待公布", "去公布") if over and may_publish else (0, "", "")
