"""Advancement in the back office: previewed with the reason of each line, published once, and who withdraws."""

from flask import Blueprint, Response, url_for

from lms.contests import (
    advancement_correction_services,
    advancement_queries,
    advancement_rules,
    advancement_services,
    advancement_versions,
    round_access,
    team_queries,
)
from lms.contests.advancement_correction_rules import Stand
from lms.contests.entry_models import Advancement
from lms.contests.queries import RoundLine
from lms.contests.round_forms import CardForm, ListCorrectionForm, WithdrawalForm
from lms.errors import Conflict, Invalid
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.web import Form, now, page, see_other, session

bp = Blueprint("advancement_office", __name__, url_prefix="/office/contests/rounds/<int:round_id>/advancement")


def _lines(round_id: int, permission: Permission) -> tuple[RoundLine, RoundLine]:
    return round_access.advancing_round(session(), me(), round_id, permission, now=now())


@bp.get("")
@requires(Permission.RANKING_REVIEW)
def show(round_id: int) -> Response:
    return _page(*_lines(round_id, Permission.RANKING_REVIEW))


def _page(target: RoundLine, source: RoundLine, status: int = 200, **forms: Form) -> Response:
    published = advancement_queries.find_advancement(session(), target.round.id)
    lines = advancement_queries.list_published(session(), target.round.id) if published else []
    found = [] if published else advancement_queries.decisions(session(), target.round, source.round)
    what = "队" if advancement_queries.of_teams(target.round) else "人"
    return page(
        "contests/office_advancement.html", status, line=target, source=source, published=published, lines=lines,
        named=advancement_queries.named(session(), target.round, found), total=len(found), what=what,
        counts=_counts(found), cards=advancement_queries.list_wild_cards(session(), target.round.id),
        words=advancement_rules.explain(
            target.round.advance_rule, source.round.title, carry_percent=target.round.carry_percent, what=what
        ),
        obstacle=advancement_services.obstacle(target, source, is_published=published is not None, actor_id=me().id),
        versions=advancement_versions.list_versions(session(), target.round.id),
        **_due(target, source, published),
        cannot_correct=advancement_correction_services.obstacle(target, source, actor_id=me().id),
        why_form=forms.get("why_form") or ListCorrectionForm.shown(),
        card_form=forms.get("card_form") or _card_form(target, CardForm.shown()),
        withdrawal_form=forms.get("withdrawal_form") or _withdrawal_form(target, WithdrawalForm.shown()),
        active="contests",
    )  # fmt: skip


def _due(target: RoundLine, source: RoundLine, published: Advancement | None) -> dict[str, object]:
    """Whom a correction would change now, and whether it would say anything else than the newest version."""
    if published is None:
        return {"due": [], "differs": False}
    new = advancement_versions.next_version(session(), published, target.round, source.round, now=now())
    return {"due": advancement_versions.named(session(), target.round, new.changes), "differs": new.differs}


def _counts(found: list[advancement_rules.Decision]) -> dict[str, int]:
    return {outcome.value: sum(1 for one in found if one.outcome is outcome) for outcome in advancement_rules.Outcome}


def _back(round_id: int, said: str) -> Response:
    return see_other(url_for("advancement_office.show", round_id=round_id), flash=said)


@bp.post("/publication")
@requires(Permission.RANKING_PUBLISH)
def publish(round_id: int) -> Response:
    target, source = _lines(round_id, Permission.RANKING_PUBLISH)
    advancement_services.publish(session(), target, source, actor_id=me().id, now=now())
    return _back(round_id, "名单已公布，晋级和候补的人都收到了消息。")


@bp.post("/correction")
@requires(Permission.RANKING_PUBLISH)
def correct(round_id: int) -> Response:
    """The next version of the published list."""
    target, source = _lines(round_id, Permission.RANKING_PUBLISH)
    form = ListCorrectionForm.posted()
    if not form.validate():
        return _page(target, source, 422, why_form=form)
    try:
        made = advancement_correction_services.correct(
            session(), target, source, reason=form.why.data, actor_id=me().id, now=now()
        )
    except Conflict as refused:
        form.why.errors = [refused.message]
        return _page(target, source, refused.status, why_form=form)
    return _back(round_id, f"第 {made.version} 版名单已公布，有变动的人收到了消息。")


# --- wild cards ----------------------------------------------------------------------------------------------------


def _card_form(target: RoundLine, form: CardForm) -> CardForm:
    teams = team_queries.list_teams(session(), target.contest.id) if advancement_queries.of_teams(target.round) else []
    form.team.choices = [(str(one.team.id), one.team.name) for one in teams]
    return form


@bp.post("/cards")
@requires(Permission.CONTEST_MANAGE)
def give_card(round_id: int) -> Response:
    target, source = _lines(round_id, Permission.CONTEST_MANAGE)
    form = _card_form(target, CardForm.posted())
    if not form.validate():
        return _page(target, source, 422, card_form=form)
    subject = round_access.card_subject(session(), me(), target, form.staff_no.data or "", form.team.data or "", now())
    wrong = form.team if advancement_queries.of_teams(target.round) else form.staff_no
    if subject is None:
        wrong.errors = ["没有找到，或者不参加排名，请核对。"]
        return _page(target, source, 422, card_form=form)
    try:
        advancement_services.give_card(
            session(), target, *subject, reason=form.reason.data, actor_id=me().id, now=now()
        )
    except Conflict as refused:
        wrong.errors = [refused.message]
        return _page(target, source, refused.status, card_form=form)
    return _back(round_id, "已给外卡，名单公布时生效。")


@bp.post("/cards/<int:card_id>/removal")
@requires(Permission.CONTEST_MANAGE)
def take_card_back(round_id: int, card_id: int) -> Response:
    target, _ = _lines(round_id, Permission.CONTEST_MANAGE)
    card = round_access.card_to_take_back(session(), round_id, card_id)
    advancement_services.take_card_back(session(), target, card, actor_id=me().id, now=now())
    return _back(round_id, "外卡已收回。")


# --- withdrawals ---------------------------------------------------------------------------------------------------


def _withdrawal_form(target: RoundLine, form: WithdrawalForm) -> WithdrawalForm:
    lines = advancement_queries.list_published(session(), target.round.id)
    still = [one for one in lines if one.stand not in (Stand.WITHDRAWN, Stand.OUT)]
    form.line.choices = [(str(one.line.id), f"{one.name}（{one.stand_name}）") for one in still]
    return form


@bp.post("/withdrawals")
@requires(Permission.CONTEST_MANAGE)
def withdraw(round_id: int) -> Response:
    target, source = _lines(round_id, Permission.CONTEST_MANAGE)
    form = _withdrawal_form(target, WithdrawalForm.posted())
    if not form.validate():
        return _page(target, source, 422, withdrawal_form=form)
    line = round_access.line_to_withdraw(session(), round_id, int(form.line.data))
    try:
        comes = advancement_services.withdraw(
            session(), target, line, reason=form.reason.data, actor_id=me().id, now=now()
        )
    except (Conflict, Invalid) as refused:
        form.line.errors = [refused.message]
        return _page(target, source, refused.status, withdrawal_form=form)
    return _back(round_id, f"已登记，{comes.name}递补并收到消息。" if comes else "已登记，没有递补。")
