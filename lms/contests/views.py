"""Contests for those who take part: what is open, the board, the published list, objections."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, request, url_for
from sqlalchemy.orm import Session

from lms import clock
from lms.contests import (
    access,
    award_queries,
    award_rules,
    entry_queries,
    live_rules,
    plan_rules,
    queries,
    rules,
    services,
    team_queries,
)
from lms.contests.export import facts, paper, workbook
from lms.contests.forms import ObjectionForm
from lms.contests.queries import RoundLine
from lms.contests.rules import BY_PAPER, Phase, RoundKind
from lms.db import Read
from lms.errors import Conflict, NotFound
from lms.leaderboard import queries as boards
from lms.leaderboard import rules as board_rules
from lms.leaderboard.models import PublishedRanking
from lms.leaderboard.notice_rules import may_object
from lms.leaderboard.queries import BoardHead
from lms.people import queries as people
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.people.short_acts import Asked, Reply, lead_to
from lms.people.short_way import short_act
from lms.quizzes import queries as quizzes
from lms.quizzes import services as exams
from lms.quizzes.models import Paper
from lms.quizzes.rules import Purpose
from lms.quizzes.terms_rules import Terms, sentences
from lms.web import attachment, now, page, see_other, session, where_from
from lms.web.spreadsheets import XLSX

bp = Blueprint("contests", __name__, url_prefix="/contests")

entering = requires(Permission.CONTEST_ENTER)


@bp.get("")
@entering
def index() -> Response:
    rounds = queries.list_rounds_for(session(), me().unit_path, now=now())
    mine = [line for line in rounds if _may_take_part(line)]
    return page(
        "contests/index.html",
        running=_parts(mine),
        elsewhere=[line for line in rounds if line.phase is Phase.RUNNING and line not in mine],
        coming=[line for line in reversed(rounds) if line.phase is Phase.UPCOMING],
        over=[line for line in rounds if line.is_over and line.round.kind is not RoundKind.PRACTICE],
        terms_of=_terms,
        active="contests",
    )


def _may_take_part(line: RoundLine) -> bool:
    return line.phase is Phase.RUNNING and not entry_queries.obstacle(session(), line.round, me().id)


@bp.get("/<int:contest_id>")
@entering
def contest(contest_id: int) -> Response:
    lines = access.rounds_to_see(session(), me(), contest_id, now=now())
    cards = entry_queries.list_cards(session(), lines, me().id, now=now())
    counting = next((card.line for card in cards if card.line.round.kind in BY_PAPER), None)
    board = boards.find_board(session(), counting.round.board_id) if counting else None
    return page(
        "contests/contest.html",
        contest=lines[0].contest,
        cards=cards,
        next_step=plan_rules.next_step([card.before for card in cards]),
        words=board_rules.explain(board.rule) if board else [],
        live_words=live_rules.explain() if any(line.round.kind is RoundKind.LIVE for line in lines) else (),
        awards={line.round.id: award_queries.find_award(session(), line.round.id) for line in lines},
        has_teams=team_queries.find_terms(session(), contest_id) is not None,
        terms_of=_terms,
        active="contests",
    )


def _terms(line: RoundLine) -> list[str]:
    """What to know before one begins."""
    round_ = line.round
    by_hand = quizzes.asks_by_hand(session(), session().get_one(Paper, round_.paper_id))
    terms = Terms(
        round_.minutes * 60,
        has_common_end=True,
        attempts_per_day=round_.attempts_per_day,
        notes_leaves=True,
        has_by_hand=by_hand,
    )
    return sentences(terms)


def _parts(lines: list[RoundLine]) -> list[tuple[RoundLine, queries.MyPart]]:
    parts = queries.my_parts(session(), [line.round.id for line in lines], me().id, now=now())
    return [(line, parts[line.round.id]) for line in lines]


def _part(line: RoundLine) -> queries.MyPart:
    return queries.my_part(session(), line.round.id, me().id, now=now())


def _begin_reads(_extensions: Mapping[str, Any], asked: Asked) -> Sequence[Read]:
    return services.reads_of_start(asked.person, asked.number)


def _begin(db: Session, _extensions: Mapping[str, Any], asked: Asked) -> Reply:
    line = access.round_to_enter(db, asked.person, asked.number)
    subject = exams.Subject(Purpose.CONTEST, asked.number)
    exams.check_place(db, subject, exams.Place(*asked.where), person_id=asked.person.id)
    return lead_to(services.start(db, line, asked.person, now=asked.at).page)


@bp.post("/rounds/<int:round_id>/attempts")
@entering
@short_act(None, _begin, reads=_begin_reads)
def begin(round_id: int) -> Response:
    asked = Asked(me(), round_id, None, now(), where_from())
    return see_other(_begin(session(), {}, asked).location or "")


@bp.get("/rounds/<int:round_id>")
@entering
def round_page(round_id: int) -> Response:
    """Where an attempt leads back to."""
    line = access.round_to_see(session(), me(), round_id, now=now())
    return see_other(url_for("contests.contest", contest_id=line.contest.id))


# --- boards --------------------------------------------------------------------------------------------------------


@bp.get("/rounds/<int:round_id>/board")
@entering
def board(round_id: int) -> Response:
    line, head = access.standings_to_see(session(), me(), round_id, now=now())
    if line.phase is Phase.PUBLISHED:
        return see_other(url_for("contests.published", round_id=round_id))
    return page("contests/board.html", **_round(line, head), **_standings(head), active="contests")


@bp.get("/rounds/<int:round_id>/standings")
@entering
def standings(round_id: int) -> Response:
    """The table of the board page alone; 304 while nothing has moved."""
    line, head = access.standings_to_see(session(), me(), round_id, now=now())
    response = page("contests/_standings.html", line=line, board=head, **_standings(head))
    response.add_etag()
    if line.phase is not Phase.RUNNING:
        response.headers["X-Stop"] = "1"
    return response.make_conditional(request)  # type: ignore[return-value]


@bp.get("/rounds/<int:round_id>/units")
@entering
def units(round_id: int) -> Response:
    line, head = access.standings_to_see(session(), me(), round_id, now=now())
    found = boards.live_unit_board(session(), head, now=now())
    mine = found.of(queries.competing_unit_of(session(), me().id, head.root_path, head.cut_off_on))
    return page("contests/units.html", **_round(line, head), units=found, mine=mine, active="contests")


def _round(line: RoundLine, head: BoardHead) -> dict[str, Any]:
    """What the pages of a round share: the steps, the rule in words, the own result in words once that may be told."""
    part, round_ = _part(line), line.round
    told = line.is_over and part.best is not None
    objections = queries.list_my_objections(session(), round_.id, me().id)
    return {
        "line": line,
        "board": head,
        "part": part,
        "steps": rules.steps(line.phase, round_.notice_from_on, round_.notice_until_on, title=round_.title),
        "words": _words(line, head),
        "award_words": award_rules.explain(award_queries.find_award(session(), round_.id)),
        "summary": rules.summary(queries.list_item_results(session(), part.best.id)) if told and part.best else "",
        "objections": objections,
        "may_object": _may_object(line) and all(one.replied_at for one in objections),
    }


def _words(line: RoundLine, head: BoardHead) -> list[str]:
    """How the round ranks people, and what of it everybody sees."""
    words = board_rules.explain(head.rule)
    if line.round.kind is RoundKind.LIVE:
        return [*live_rules.explain(), *words[board_rules.ABOUT_ORDER :]]
    if line.round.kind is RoundKind.STAGE:  # no time is kept on stage
        return [board_rules.explain_order([board_rules.Criterion.SCORE]), "加减分的办法写在现场赛的页面上。"]
    return words


def _may_object(line: RoundLine) -> bool:
    return line.phase is Phase.NOTICE and may_object(line.round.notice_until_on, clock.today(now()))


def _standings(head: BoardHead) -> dict[str, Any]:
    top = boards.live_top(session(), head, now=now())
    own = boards.find_own(session(), head, me().id)
    listed = any(line.person_id == me().id for line in top.lines)
    return {"top": top, "own": own, "is_listed": listed}


# --- published -----------------------------------------------------------------------------------------------------


@bp.get("/rounds/<int:round_id>/published")
@entering
def published(round_id: int) -> Response:
    line, head = access.standings_to_see(session(), me(), round_id, now=now())
    ranking = _ranking(line, request.args.get("version"))
    own = boards.find_own(session(), head, me().id)
    own_unit = people.find_unit(session(), own.unit_id) if own and own.unit_id else None
    return page(
        "contests/published.html",
        **_round(line, head),
        ranking=ranking,
        public=boards.load_public(session(), ranking),
        fingerprint=board_rules.fingerprint(ranking.public_digest),
        versions=boards.list_versions(session(), head.id),
        own=own,
        own_unit=own_unit.name if own_unit else "",
        certificate=award_queries.find_certificate(session(), round_id, me().id),
        team_certificate=award_queries.find_certificate(session(), round_id, me().id, of_team=True),
        active="contests",
    )


@bp.get("/rounds/<int:round_id>/published.xlsx")
@entering
def published_workbook(round_id: int) -> Response:
    line, _ = access.standings_to_see(session(), me(), round_id, now=now())
    ranking = _ranking(line, request.args.get("version"))
    public = boards.load_public(session(), ranking)
    return attachment(workbook(public, facts(ranking, public, "public")), f"ranking-{line.round.id}.xlsx", XLSX)


@bp.get("/rounds/<int:round_id>/published.pdf")
@entering
def published_paper(round_id: int) -> Response:
    line, _ = access.standings_to_see(session(), me(), round_id, now=now())
    ranking = _ranking(line, request.args.get("version"))
    public = boards.load_public(session(), ranking)
    body = paper(public, facts(ranking, public, "public"), at=ranking.published_at)
    return attachment(body, f"ranking-{line.round.id}-v{ranking.version}.pdf", "application/pdf")


@bp.get("/rounds/<int:round_id>/published.json")
@entering
def published_snapshot(round_id: int) -> Response:
    """The very bytes the digest was made of, so that anybody can check it."""
    line, _ = access.standings_to_see(session(), me(), round_id, now=now())
    ranking = _ranking(line, request.args.get("version"))
    body = board_rules.canonical(boards.load_public(session(), ranking))
    return attachment(body, f"ranking-{line.round.id}-v{ranking.version}.json", "application/json")


@bp.get("/rounds/<int:round_id>/published/proof.json")
@entering
def published_proof(round_id: int) -> Response:
    """The list with its signature, for the script of /verify/rankings."""
    line, _ = access.standings_to_see(session(), me(), round_id, now=now())
    ranking = _ranking(line, request.args.get("version"))
    public, sealed = boards.load_public(session(), ranking), (ranking.public_digest, ranking.public_signature)
    body = board_rules.proof(public, *sealed, ranking.key_name)
    return attachment(body, f"ranking-{line.round.id}-v{ranking.version}.signed.json", "application/json")


def _ranking(line: RoundLine, version: str | None) -> PublishedRanking:
    number = int(version) if version and version.isdecimal() and len(version) < 6 else None
    found = boards.find_publication(session(), line.round.board_id, number)
    if found is None:
        raise NotFound()
    return found


# --- objections ----------------------------------------------------------------------------------------------------


@bp.get("/rounds/<int:round_id>/objection")
@entering
def objection(round_id: int) -> Response:
    line = access.round_to_see(session(), me(), round_id, now=now())
    return page("contests/objection.html", line=line, form=ObjectionForm.shown(), active="contests")


@bp.post("/rounds/<int:round_id>/objection")
@entering
def file_objection(round_id: int) -> Response:
    line = access.round_to_see(session(), me(), round_id, now=now())
    form = ObjectionForm.posted()
    if not form.validate():
        return page("contests/objection.html", 422, line=line, form=form, active="contests")
    try:
        services.file_objection(session(), line, person_id=me().id, text=form.text.data, now=now())
    except Conflict as refused:
        form.text.errors = [refused.message]
        return page("contests/objection.html", refused.status, line=line, form=form, active="contests")
    return see_other(url_for("contests.board", round_id=round_id), flash="异议已提交，答复会发消息告诉你。")
