"""Gatherings as a member meets them: what is coming, leave, what was recorded, what is mine to carry out."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, current_app, url_for

from lms import clock
from lms.gatherings import access, queries, questionnaire_rules, questionnaires, services
from lms.gatherings import list_queries as lists
from lms.gatherings.forms import LeaveForm, QuestionnaireForm, ResultForm
from lms.gatherings.models import Gathering
from lms.gatherings.rules import CAUSES, LEAVE_STATES, MARKS, STATES, Cause, DecisionState, GatheringState
from lms.media import queries as media_queries
from lms.media import services as media
from lms.media.rules import MediaState
from lms.people import queries as people
from lms.people.guard import keys, me, signed_in
from lms.web import now, page, see_other, session

bp = Blueprint("gatherings", __name__, url_prefix="/gatherings")

BACK, AHEAD = timedelta(days=365), timedelta(days=180)
NAMES: dict[str, Any] = {"states": STATES, "marks": MARKS, "causes": CAUSES, "leave_states": LEAVE_STATES}


def follow() -> services.Follow:
    """What packages above make of a closed roll."""
    given: services.Follow = current_app.extensions["follow_gathering"]
    return given


@bp.get("")
@signed_in
def index() -> Response:
    today = clock.today(now())
    mine = lists.list_mine(
        session(),
        me().id,
        branch_path=me().branch_path,
        unit_path=me().unit_path,
        first=today - BACK,
        last=today + AHEAD,
    )
    coming = [line for line in mine if _is_coming(line.gathering)]
    past = [line for line in reversed(mine) if not _is_coming(line.gathering)]
    decisions = lists.decisions_of_owner(session(), me().id)
    return page(
        "gatherings/index.html", coming=coming, past=past, decisions=decisions, today=today, active="branch", **NAMES
    )


def _is_coming(gathering: Gathering) -> bool:
    return gathering.state is GatheringState.PLANNED and gathering.ends_at > now()


@bp.get("/<int:gathering_id>")
@signed_in
def show(gathering_id: int) -> Response:
    return _page(access.gathering_to_see(session(), me(), gathering_id), LeaveForm.shown())


def _page(gathering: Gathering, form: LeaveForm, status: int = 200) -> Response:
    return page(
        "gatherings/show.html",
        status,
        **record_of(gathering),
        entry=queries.find_entry(session(), gathering.id, me().id),
        leave=queries.find_leave(session(), gathering.id, me().id),
        may_ask=_is_coming(gathering) and queries.is_on_roster(session(), gathering, me().id),
        may_read=access.may_read(session(), me(), gathering),
        wants_reply=wants_reply(gathering),
        form=form,
        active="branch",
        **NAMES,
    )


def record_of(gathering: Gathering) -> dict[str, Any]:
    """What the pages of members and keepers both show of a gathering."""
    minutes = queries.find_minutes(session(), gathering.id)
    decisions = queries.list_decisions(session(), gathering.id)
    ids = [
        gathering.host_id,
        gathering.recorder_id,
        gathering.speaker_id,
        *(decision.owner_id for decision in decisions),
    ]
    return {
        "gathering": gathering,
        "owner": queries.owner_of(session(), gathering),
        "texts": minutes.texts if minutes else {},
        "decisions": decisions,
        "materials": queries.list_materials(session(), gathering.id),
        "material_page": current_app.extensions["material_page"],
        "subject_page": current_app.extensions["gathering_pages"].get(gathering.subject_kind),
        "photos": _photos(gathering),
        "names": people.names_of(session(), [person_id for person_id in ids if person_id is not None]),
        "today": clock.today(now()),
    }


def _photos(gathering: Gathering) -> list[tuple[int, str]]:
    """(id, address) of each photo; "" while it is being looked at."""
    photos = queries.list_photos(session(), gathering.id)
    files = media_queries.media_by_id(session(), [photo.media_id for photo in photos])
    shown = []
    for photo in photos:
        file = files[photo.media_id]
        is_ready = file.state is MediaState.READY and file.play_key
        made = (
            media.link(keys(), file, media.play_name(file), sign_in_id=me().sign_in_id, now=now()) if is_ready else ""
        )
        shown.append((photo.id, made))
    return shown


@bp.post("/<int:gathering_id>/leave")
@signed_in
def ask_leave(gathering_id: int) -> Response:
    gathering, form = access.gathering_to_see(session(), me(), gathering_id), LeaveForm.posted()
    if not form.validate():
        return _page(gathering, form, 422)
    services.ask_leave(
        session(), gathering, me().id, cause=Cause(form.cause.data), note_text=form.note.data or "", now=now()
    )
    return _back(gathering, "请假已提交，批准后会通知你。")


@bp.post("/<int:gathering_id>/leave/withdrawal")
@signed_in
def withdraw_leave(gathering_id: int) -> Response:
    gathering = access.gathering_to_see(session(), me(), gathering_id)
    services.withdraw_leave(session(), access.own_leave(session(), me(), gathering), gathering, now=now())
    return _back(gathering, "请假已撤回。")


def _back(gathering: Gathering, said: str) -> Response:
    return see_other(url_for("gatherings.show", gathering_id=gathering.id), flash=said)


# --- the questionnaire ---------------------------------------------------------------------------------------------


def wants_reply(gathering: Gathering) -> bool:
    """Whether my opinion is still asked for."""
    return (
        questionnaire_rules.is_open(gathering.ends_at, now())
        and questionnaires.may_reply(session(), gathering, me().id)
        and not questionnaires.has_replied(session(), gathering.id, me().id)
    )


@bp.get("/<int:gathering_id>/questionnaire")
@signed_in
def questionnaire(gathering_id: int) -> Response:
    gathering = access.gathering_to_rate(session(), me(), gathering_id)
    return _ask(gathering, QuestionnaireForm.asking(gathering.words.questions).shown())


def _ask(gathering: Gathering, form: Any, status: int = 200) -> Response:
    is_open = questionnaire_rules.is_open(gathering.ends_at, now())
    has_replied = questionnaires.has_replied(session(), gathering.id, me().id)
    return page(
        "gatherings/questionnaire.html", status, gathering=gathering, form=form, is_open=is_open, has_replied=has_replied,
        shown_from=questionnaire_rules.SHOWN_FROM, active="branch",
    )  # fmt: skip


@bp.post("/<int:gathering_id>/questionnaire")
@signed_in
def reply(gathering_id: int) -> Response:
    gathering = access.gathering_to_rate(session(), me(), gathering_id)
    form = QuestionnaireForm.asking(gathering.words.questions).posted()
    if not form.validate():
        return _ask(gathering, form, 422)
    services.reply(session(), gathering, me().id, points=form.points, words=form.words.data or "", now=now())
    return see_other(url_for("gatherings.questionnaire", gathering_id=gathering.id), flash="已收到你的评价，谢谢。")


@bp.post("/decisions/<int:decision_id>/completion")
@signed_in
def complete(decision_id: int) -> Response:
    gathering, decision = access.decision_to_settle(session(), me(), decision_id)
    form = ResultForm.posted()
    result = form.result.data if form.validate() else ""
    services.settle_decision(
        session(), gathering, decision, state=DecisionState.DONE, result=result or "", by_id=me().id, now=now()
    )
    is_mine = decision.owner_id == me().id and not access.may_hold(session(), me(), gathering)
    return see_other(url_for("gatherings.index" if is_mine else "gathering_desk.decisions"), flash="已记为办结。")
