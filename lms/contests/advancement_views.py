"""The published list of those who advanced, for everybody the contest is meant for; and giving up one's own place."""

from flask import Blueprint, Response, url_for

from lms.contests import advancement_queries, advancement_rules, advancement_services, entry_queries, round_access
from lms.contests.advancement_rules import AdvanceRule
from lms.contests.entry_models import Advancement
from lms.contests.queries import RoundLine
from lms.contests.round_forms import OwnWithdrawalForm
from lms.errors import Conflict
from lms.leaderboard.rules import fingerprint
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.web import now, page, see_other, session

bp = Blueprint("advancement", __name__, url_prefix="/contests/rounds/<int:round_id>/advancement")

entering = requires(Permission.CONTEST_ENTER)


@bp.get("")
@entering
def show(round_id: int) -> Response:
    line, published = round_access.advancement_to_see(session(), me(), round_id, now=now())
    return _page(line, published, OwnWithdrawalForm.shown())


def _page(line: RoundLine, published: Advancement, form: OwnWithdrawalForm, status: int = 200) -> Response:
    """Names of at most SHOWN who advanced; of the reserve everybody reads the own line only."""
    found = [one for one in advancement_queries.list_published(session(), line.round.id) if one.is_in]
    mine = advancement_queries.find_line_of(session(), line.round, me().id)
    rule, titles = AdvanceRule.from_json(published.rule), entry_queries.titles_of(session(), line.contest.id)
    what = "队" if advancement_queries.of_teams(line.round) else "人"
    return page(
        "contests/advancement.html", status, line=line, published=published, found=found[:SHOWN], total=len(found),
        mine=mine, may_leave=mine is not None and not line.is_over and round_access.may_leave(session(), me(), mine),
        why=entry_queries.obstacle(session(), line.round, me().id), form=form, what=what,
        words=advancement_rules.explain(
            rule, titles[published.from_round_id], carry_percent=line.round.carry_percent, what=what
        ),
        fingerprint=fingerprint(published.digest), active="contests",
    )  # fmt: skip


SHOWN = 50  # as many as a board lists


@bp.post("/withdrawal")
@entering
def withdraw(round_id: int) -> Response:
    line, published = round_access.advancement_to_see(session(), me(), round_id, now=now())
    mine, form = round_access.own_line(session(), me(), line), OwnWithdrawalForm.posted()
    if not form.validate():
        return _page(line, published, form, 422)
    try:
        advancement_services.withdraw(session(), line, mine, reason=form.reason.data, actor_id=me().id, now=now())
    except Conflict as refused:
        form.reason.errors = [refused.message]
        return _page(line, published, form, refused.status)
    return see_other(url_for("contests.contest", contest_id=line.contest.id), flash="已退出，名额让给了候补。")
