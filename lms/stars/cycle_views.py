"""A cycle in the back office: its candidates opened into parts, the review, the notice period, the decision, the publication."""

from typing import Any

from flask import Blueprint, Response, request, url_for

from lms.errors import Invalid
from lms.people.guard import keys, me, requires
from lms.people.rules import Permission
from lms.stars import access, queries, services
from lms.stars.access import MANAGE, REVIEW
from lms.stars.catalogue_rules import GATES, HOLDERS, Source
from lms.stars.forms import JudgeForm, NoteForm, ReasonForm, ReplyForm
from lms.stars.models import StarCandidate
from lms.stars.queries import CycleLine
from lms.stars.rules import STATES, CycleState, explain, quota
from lms.stars.services.cycles import obstacle, proposal
from lms.stars.services.measuring import measured_now, moves_of
from lms.web import now, page, page_number, paged, see_other, session

bp = Blueprint("star_cycles", __name__, url_prefix="/office/stars/cycles")

STEPS = ("计算", "推荐", "复核", "公示", "决定", "公布")
_AT = {
    CycleState.MEASURING: 0,
    CycleState.RECOMMENDING: 1,
    CycleState.REVIEWING: 2,
    CycleState.REVIEWED: 3,
    CycleState.NOTICE: 3,
    CycleState.DECIDED: 5,
    CycleState.PUBLISHED: 6,
}


@bp.get("/<int:cycle_id>")
@requires(Permission.STAR_REVIEW)
def cycle(cycle_id: int) -> Response:
    return _cycle_page(access.cycle_to_handle(session(), me(), cycle_id, REVIEW))


def _cycle_page(line: CycleLine, status: int = 200, **forms: Any) -> Response:
    """The page of a cycle in hand; a refused form comes back in its place."""
    one, rule = line.cycle, queries.rule_of(session(), line.cycle)
    blank = {"note_form": NoteForm, "reason_form": ReasonForm}
    waits = one.state in (CycleState.RECOMMENDING, CycleState.REVIEWING)
    return page(
        "stars/office_cycle.html",
        status,
        line=line,
        rule=rule,
        words=explain(rule, who=HOLDERS[line.programme.holder]),
        quota=quota(rule, one.head_count),
        steps=_steps(one.state),
        choice=proposal(session(), line) if waits or one.state is CycleState.PUBLISHED else None,
        candidates=paged(session(), queries.list_candidates(one.id, moved_only="moved" in request.args), page_number()),
        moved=queries.count_moved(session(), one.id),
        moved_only="moved" in request.args,
        objections=queries.list_objections(session(), one.id),
        versions=queries.list_publications(session(), one.id),
        obstacle=obstacle(session(), line, by_id=me().id, now=now()) if one.state is CycleState.NOTICE else None,
        may_manage=access.may_handle(session(), me(), line, MANAGE),
        states=STATES,
        **{name: forms.get(name) or form.shown() for name, form in blank.items()},
        active="stars",
    )


def _steps(state: CycleState) -> list[tuple[str, str]]:
    at = _AT[state]
    return [(name, "past" if n < at else "now" if n == at else "next") for n, name in enumerate(STEPS)]


def _back(line: CycleLine, said: str) -> Response:
    return see_other(url_for("star_cycles.cycle", cycle_id=line.cycle.id), flash=said)


# --- the way -------------------------------------------------------------------------------------------------------


@bp.post("/<int:cycle_id>/measuring")
@requires(Permission.STAR_MANAGE)
def measure(cycle_id: int) -> Response:
    line = access.cycle_to_handle(session(), me(), cycle_id, MANAGE)
    services.ask_for_measuring(session(), line.cycle, by_id=me().id, now=now())
    return _back(line, "正在用最新数据计算，稍等片刻刷新。")


@bp.post("/<int:cycle_id>/recommending/ending")
@requires(Permission.STAR_MANAGE)
def close_recommending(cycle_id: int) -> Response:
    line = access.cycle_to_handle(session(), me(), cycle_id, MANAGE)
    services.close_recommending(session(), line.cycle.id, by_id=me().id, now=now())
    return _back(line, "推荐已截止，可以复核。")


@bp.post("/<int:cycle_id>/review")
@requires(Permission.STAR_REVIEW)
def review(cycle_id: int) -> Response:
    line, form = access.cycle_to_handle(session(), me(), cycle_id, REVIEW), NoteForm.posted()
    if not form.validate():
        return _cycle_page(line, 422, note_form=form)
    services.review(session(), line, note_text=form.note.data, by_id=me().id, now=now())
    return _back(line, "复核通过，名单已定，可以开始公示。")


@bp.post("/<int:cycle_id>/notice-period")
@requires(Permission.STAR_MANAGE)
def start_notice(cycle_id: int) -> Response:
    line = access.cycle_to_handle(session(), me(), cycle_id, MANAGE)
    services.start_notice(session(), line, by_id=me().id, now=now())
    return _back(line, "公示已开始。")


@bp.post("/objections/<int:objection_id>/reply")
@requires(Permission.STAR_REVIEW)
def answer_objection(objection_id: int) -> Response:
    objection, line = access.objection_to_answer(session(), me(), objection_id)
    form, link = ReplyForm.posted(), url_for("stars.cycle", cycle_id=objection.cycle_id)
    if not form.validate():
        return see_other(
            url_for("star_cycles.cycle", cycle_id=line.cycle.id), flash="请写下答复，最多 500 个字。", kind="warn"
        )
    services.answer_objection(session(), objection, reply=form.reply.data, link=link, by_id=me().id, now=now())
    return _back(line, "已答复，提出的人会收到消息。")


@bp.post("/<int:cycle_id>/decision")
@requires(Permission.STAR_MANAGE)
def decide(cycle_id: int) -> Response:
    line, form = access.cycle_to_handle(session(), me(), cycle_id, MANAGE), NoteForm.posted()
    if not form.validate():
        return _cycle_page(line, 422, note_form=form)
    services.decide(session(), line, note_text=form.note.data, by_id=me().id, now=now())
    return _back(line, "已决定，可以公布。")


@bp.post("/<int:cycle_id>/publication")
@requires(Permission.STAR_MANAGE)
def publish(cycle_id: int) -> Response:
    line = access.cycle_to_handle(session(), me(), cycle_id, MANAGE)
    services.publish(session(), line, keys=keys(), by_id=me().id, now=now())
    return _back(line, "已公布，证书正在发放。")


@bp.post("/<int:cycle_id>/correction")
@requires(Permission.STAR_MANAGE)
def correct(cycle_id: int) -> Response:
    line, form = access.cycle_to_handle(session(), me(), cycle_id, MANAGE), ReasonForm.posted()
    if not form.validate():
        return _cycle_page(line, 422, reason_form=form)
    services.correct(session(), line, keys=keys(), reason=form.reason.data, by_id=me().id, now=now())
    return _back(line, "更正版已公布，旧版仍可查。")


# --- one candidate -------------------------------------------------------------------------------------------------


@bp.get("/candidates/<int:candidate_id>")
@requires(Permission.STAR_REVIEW)
def candidate(candidate_id: int) -> Response:
    return _candidate_page(*access.candidate_to_handle(session(), me(), candidate_id, REVIEW))


def _candidate_page(one: StarCandidate, line: CycleLine, status: int = 200, **forms: Any) -> Response:
    current = measured_now(session(), one, line) if line.cycle.measured_at else None
    rule = queries.rule_of(session(), line.cycle)
    return page(
        "stars/office_candidate.html",
        status,
        one=one,
        line=line,
        parts=one.parts,
        gates=one.gates,
        gate_names=GATES,
        moves=moves_of(one.parts, current.parts) if current else [],
        now_millis=current.score_millis if current else 0,
        judged=rule.judged if line.cycle.state in (CycleState.RECOMMENDING, CycleState.REVIEWING) else [],
        may_veto=one.vetoed_at is None and line.cycle.state is not CycleState.DECIDED,
        reason_form=forms.get("reason_form") or ReasonForm.shown(),
        judge_form=forms.get("judge_form") or JudgeForm.shown(),
        active="stars",
    )


@bp.post("/candidates/<int:candidate_id>/veto")
@requires(Permission.STAR_REVIEW)
def veto(candidate_id: int) -> Response:
    one, line = access.candidate_to_handle(session(), me(), candidate_id, REVIEW)
    form = ReasonForm.posted()
    if not form.validate():
        return _candidate_page(one, line, 422, reason_form=form)
    services.veto(session(), one, line, reason=form.reason.data, by_id=me().id, now=now())
    return _back(line, f"已否决{one.name}，理由留有记录。")


@bp.post("/candidates/<int:candidate_id>/marks/<any(judged_1, judged_2, judged_3):source>")
@requires(Permission.STAR_REVIEW)
def judge(candidate_id: int, source: str) -> Response:
    one, line = access.candidate_to_handle(session(), me(), candidate_id, REVIEW)
    form = JudgeForm.posted()
    if not form.validate():
        return _candidate_page(one, line, 422, judge_form=form)
    about = {"points": form.points.data, "reason": form.reason.data}
    try:
        services.judge(session(), one, line, Source(source), **about, by_id=me().id, now=now())
    except Invalid as refused:
        form.refuse(refused)
        return _candidate_page(one, line, 422, judge_form=form)
    return see_other(url_for("star_cycles.candidate", candidate_id=one.id), flash="评分已记下。")
