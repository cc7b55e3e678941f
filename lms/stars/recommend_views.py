"""A secretary, or who administers a unit, recommends people of the own branch or unit, in writing."""

from flask import Blueprint, Response, request, url_for

from lms.errors import LmsError, NotFound
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.stars import access, queries, services
from lms.stars.forms import RecommendForm
from lms.stars.models import StarCandidate
from lms.stars.queries import CycleLine
from lms.stars.rules import LEVELS, Level
from lms.stars.services.recommending import places_left
from lms.web import now, page, page_number, paged, see_other, session
from lms.web.fields import choices, clean_line

bp = Blueprint("star_recommending", __name__, url_prefix="/stars/recommending")

RECOMMEND = Permission.STAR_RECOMMEND


@bp.get("")
@requires(RECOMMEND)
def index() -> Response:
    lines = access.cycles_to_recommend_in(session(), me())
    return page("stars/recommending.html", lines=lines, active="stars")


@bp.get("/<int:cycle_id>")
@requires(RECOMMEND)
def cycle(cycle_id: int) -> Response:
    line = access.cycle_to_recommend_in(session(), me(), cycle_id)
    text = clean_line(request.args.get("q"))[:20]
    found = queries.list_candidates_for(line.cycle.id, access.recommend_scope(session(), me()), text)
    candidates, places = paged(session(), found, page_number()), _places(line)
    return page(
        "stars/recommend_cycle.html",
        line=line,
        candidates=candidates,
        given=queries.list_recommendations(session(), [one.id for one in candidates.rows]),
        levels=LEVELS,
        places=places,
        is_open=any(taken < allowed for _, taken, allowed in places),
        q=text,
        active="stars",
    )


def _places(line: CycleLine) -> list[tuple[str, int, int]]:
    """(in whose name, taken, allowed) of each branch and unit in which I may recommend."""
    nodes = access.nodes_to_recommend_for(session(), me(), line)
    return [(name, *places_left(session(), line, level, node)) for (level, node), name in nodes.items()]


@bp.get("/candidates/<int:candidate_id>")
@requires(RECOMMEND)
def candidate(candidate_id: int) -> Response:
    one, line = access.candidate_to_recommend(session(), me(), candidate_id)
    return _candidate_page(one, line, _fitted(RecommendForm.shown(), one, line))


def _candidate_page(one: StarCandidate, line: CycleLine, form: RecommendForm, status: int = 200) -> Response:
    return page("stars/recommend.html", status, one=one, line=line, form=form, active="stars")


def _fitted(form: RecommendForm, one: StarCandidate, line: CycleLine) -> RecommendForm:
    """Only the names under which I may still recommend this candidate."""
    levels = access.levels_to_recommend(session(), me(), one, line)
    if not levels:
        raise NotFound()
    form.level.choices = choices({level.value: LEVELS[level] for level in levels})
    return form


@bp.post("/candidates/<int:candidate_id>")
@requires(RECOMMEND)
def recommend(candidate_id: int) -> Response:
    one, line = access.candidate_to_recommend(session(), me(), candidate_id)
    form = _fitted(RecommendForm.posted(), one, line)
    if not form.validate():
        return _candidate_page(one, line, form, 422)
    try:
        level, reason = Level(form.level.data), form.reason.data
        services.recommend(session(), one, line, level=level, reason=reason, by_id=me().id, now=now())
    except LmsError as refused:
        form.reason.errors = [refused.message]
        return _candidate_page(one, line, form, refused.status)
    return see_other(url_for("star_recommending.cycle", cycle_id=line.cycle.id), flash=f"已推荐{one.name}。")


@bp.post("/<int:recommendation_id>/withdrawal")
@requires(RECOMMEND)
def withdraw(recommendation_id: int) -> Response:
    given, one, line = access.recommendation_to_withdraw(session(), me(), recommendation_id)
    services.withdraw_recommendation(session(), given, one, line, by_id=me().id, now=now())
    return see_other(url_for("star_recommending.cycle", cycle_id=line.cycle.id), flash="已撤回推荐。")
