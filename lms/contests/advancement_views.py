"""The published list of those who advanced, for everybody the contest is meant for; and giving up one's own place."""

from flask import Blueprint, Response, request, url_for

from lms.contests import (
    advancement_queries,
    advancement_rules,
    advancement_services,
    advancement_versions,
    entry_queries,
    round_access,
)
from lms.contests.advancement_correction_rules import TAKES_PART
from lms.contests.advancement_rules import AdvanceRule
from lms.contests.advancement_versions import ChangeLine
from lms.contests.entry_models import Advancement, AdvancementVersion
from lms.contests.queries import RoundLine
from lms.contests.round_forms import OwnWithdrawalForm
from lms.errors import Conflict, NotFound
from lms.leaderboard.rules import fingerprint
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.web import now, page, see_other, session

bp = Blueprint("advancement", __name__, url_prefix="/contests/rounds/<int:round_id>/advancement")

entering = requires(Permission.CONTEST_ENTER)


@bp.get("")
@entering
def show(round_id: int) -> Response:
    """The newest version, or the one asked for as it was published."""
    line, published = round_access.advancement_to_see(session(), me(), round_id, now=now())
    asked = request.args.get("version", "")
    number = int(asked) if asked.isdecimal() and len(asked) < 6 else published.version
    if number == published.version:
        return _page(line, published, OwnWithdrawalForm.shown())
    version = advancement_versions.find_version(session(), round_id, number)
    if version is None:
        raise NotFound()
    lines = advancement_versions.lines_of(session(), line.round, version)
    return page(
        "contests/advancement_version.html", line=line, version=version, newest=published.version, found=lines[:SHOWN],
        total=len(lines), fingerprint=fingerprint(version.digest), what=_what(line), changes=_changes(line, version),
        versions=advancement_versions.list_versions(session(), round_id), active="contests",
    )  # fmt: skip


def _what(line: RoundLine) -> str:
    return "队" if advancement_queries.of_teams(line.round) else "人"


def _changes(line: RoundLine, version: AdvancementVersion | None) -> list[ChangeLine]:
    """Whom the version let in, kept or put out, for everybody to read; the reserve is told itself."""
    if version is None:
        return []
    found = [one for one in advancement_versions.changes_of(version) if one.was in TAKES_PART or one.now in TAKES_PART]
    return advancement_versions.named(session(), line.round, found[:SHOWN])


def _page(line: RoundLine, published: Advancement, form: OwnWithdrawalForm, status: int = 200) -> Response:
    """Names of at most SHOWN who advanced; of the reserve everybody reads the own line only."""
    found = [one for one in advancement_queries.list_published(session(), line.round.id) if one.is_in]
    mine = advancement_queries.find_line_of(session(), line.round, me().id)
    rule, titles = AdvanceRule.from_json(published.rule), entry_queries.titles_of(session(), line.contest.id)
    what, newest = _what(line), advancement_versions.find_version(session(), line.round.id, published.version)
    return page(
        "contests/advancement.html", status, line=line, published=published, found=found[:SHOWN], total=len(found),
        mine=mine, may_leave=mine is not None and not line.is_over and round_access.may_leave(session(), me(), mine),
        why=entry_queries.obstacle(session(), line.round, me().id), form=form, what=what,
        words=advancement_rules.explain(
            rule, titles[published.from_round_id], carry_percent=line.round.carry_percent, what=what
        ),
        fingerprint=fingerprint(published.digest), version=newest, changes=_changes(line, newest),
        versions=advancement_versions.list_versions(session(), line.round.id), active="contests",
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
