"""Teams for members, captains and those who settle them: the own team, its changes, the division of a round, the standings."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, url_for

from lms.contests import queries, team_access, team_queries, team_round_services, team_rules, team_services
from lms.contests.models import Round
from lms.contests.rules import RoundKind
from lms.contests.team_access import Handled
from lms.contests.team_forms import (
    MemberForm,
    OwnTeamForm,
    PersonForm,
    SubstitutionForm,
    WithdrawalForm,
    people_of,
    shares_form,
)
from lms.contests.team_queries import SUMMED, MemberLine
from lms.contests.team_rules import Act, MemberRole
from lms.contests.team_services import Hand
from lms.errors import Conflict, Invalid, LmsError
from lms.leaderboard import queries as boards
from lms.leaderboard.queries import BoardHead
from lms.people import queries as people
from lms.people.guard import me, requires
from lms.people.models import Person
from lms.people.rules import Permission
from lms.web import Form, now, page, see_other, session

bp = Blueprint("teams", __name__, url_prefix="/contests")

entering = requires(Permission.CONTEST_ENTER)


@bp.get("/<int:contest_id>/team")
@entering
def mine(contest_id: int) -> Response:
    """The own team, or the way to one."""
    found = team_queries.find_team_of(session(), contest_id, me().id)
    if found is not None:
        return see_other(url_for("teams.show", team_id=found.id))
    return _entry_page(contest_id, OwnTeamForm.shown())


@bp.post("/<int:contest_id>/team")
@entering
def enter(contest_id: int) -> Response:
    form = OwnTeamForm.posted()
    terms = team_access.terms_to_see(session(), me(), contest_id, now=now())
    if not form.validate():
        return _entry_page(contest_id, form, 422)
    captain, unit_id = people.person_by_id(session(), me().id), team_access.own_unit(session(), me(), terms)
    try:
        team = team_services.enter_team(
            session(), terms, name=form.name.data, unit_id=unit_id, captain=captain, hand=Hand(me().id), now=now()
        )
    except (Conflict, Invalid) as refused:
        form.name.errors = [refused.message]
        return _entry_page(contest_id, form, refused.status)
    return see_other(url_for("teams.show", team_id=team.id), flash="队伍已报名，请补充队员。")


def _entry_page(contest_id: int, form: OwnTeamForm, status: int = 200) -> Response:
    terms = team_access.terms_to_see(session(), me(), contest_id, now=now())
    is_open = terms.deadlines.allow(Act.ENTER, now())
    return page("contests/team_none.html", status, terms=terms, form=form, is_open=is_open, active="contests")


# --- one team ------------------------------------------------------------------------------------------------------


@bp.get("/teams/<int:team_id>")
@entering
def show(team_id: int) -> Response:
    return _team_page(team_access.team_to_see(session(), me(), team_id))


def _team_page(handled: Handled, status: int = 200, problem: str = "", **forms: Form) -> Response:
    lines = team_queries.list_members(session(), handled.team.id)
    terms, is_mine = handled.head.terms, any(line.person_id == me().id for line in lines)
    playing = [line for line in lines if line.role is MemberRole.MEMBER]
    template = "contests/team.html" if is_mine else "contests/office_team.html"
    blank = {
        "member_form": MemberForm.shown(), "substitution_form": _with(SubstitutionForm.shown(), lines),
        "captain_form": _with(PersonForm.shown(), lines), "removal_form": _with(PersonForm.shown(), lines),
        "withdrawal_form": WithdrawalForm.shown(),
    }  # fmt: skip
    shown = {name: _apart(name, form) for name, form in (blank | forms).items()}
    deadlines = terms.deadlines
    acts = {act.value for act in Act if handled.is_organiser or deadlines.allow(act, now())}
    return page(
        template, status, handled=handled, team=handled.team, terms=terms, lines=lines, problem=problem, acts=acts,
        lacks=team_rules.lacks(terms.sizes, len(playing), has_captain=handled.team.captain_id is not None),
        rounds=[_round(handled, round_, playing, forms) for round_ in team_queries.list_team_rounds(session(), handled.team.contest_id)],
        best=_best(handled, lines), changes=team_queries.list_changes(session(), handled.team.id),
        active="contests" if is_mine else "teams", **shown,
    )  # fmt: skip


def _round(handled: Handled, round_: Round, playing: list[MemberLine], forms: dict[str, Form]) -> dict[str, object]:
    """How the paper of a team round is divided: from the sheet once it is drawn, otherwise as it is planned."""
    sheet = team_queries.find_sheet(session(), round_.id, handled.team.id)
    shares = sheet.shares if sheet else team_round_services.planned(session(), round_, handled.team.id)
    names = people.names_of(session(), [person for person, _, _ in shares])
    planned = {f"share_{person}": end - start for person, start, end in shares}
    form = forms.pop(f"shares_{round_.id}", None) or shares_form(playing).shown(data=planned)
    return {
        "round": round_, "is_drawn": sheet is not None, "form": _apart(f"shares-{round_.id}", form), "names": names,
        "shares": shares, "answered": team_round_services.list_answered(session(), round_.id, names),
        "is_running": round_.opens_at <= now() < round_.closes_at,
        "result": team_queries.find_result(session(), round_.id, handled.team.id, _frozen_at(_shown(handled, round_))),
    }  # fmt: skip


def _best(handled: Handled, lines: list[MemberLine]) -> list[tuple[queries.RoundLine, dict[int, tuple[int, int]]]]:
    """Rounds in which the members' own results count, with person → score and seconds."""
    rounds = [
        line
        for line in queries.list_rounds_of(session(), handled.team.contest_id, now=now())
        if line.round.kind is RoundKind.ONLINE
    ]
    ids = [line.person_id for line in lines]
    return [(line, _best_of(handled, line.round, ids)) for line in rounds]


def _best_of(handled: Handled, round_: Round, ids: list[int]) -> dict[int, tuple[int, int]]:
    """While the board is frozen the others' results are those of its copy; the own one is the person's to see."""
    shown = team_queries.list_best(session(), _shown(handled, round_).id, ids)
    own = team_queries.list_best(session(), round_.board_id, [me().id] if me().id in ids else [])
    return shown | own


def _shown(handled: Handled, round_: Round) -> BoardHead:
    """The round's board as the person may see it."""
    board = boards.find_board(session(), round_.board_id)
    assert board is not None
    return board if handled.is_organiser else boards.as_shown(board, now())


def _frozen_at(board: BoardHead) -> datetime | None:
    return board.freezes_at if board.is_frozen else None


def _apart(name: str, form: Form) -> Form:
    """Several forms of one page have fields of the same name; their ids differ."""
    for field in form:
        field.id = field.label.field_id = f"{name}-{field.name}"
    return form


def _with(form: Form, lines: list[MemberLine]) -> Form:
    if isinstance(form, PersonForm):
        form.person.choices = people_of(lines)
    if isinstance(form, SubstitutionForm):
        form.leaves.choices = people_of(lines, MemberRole.MEMBER)
        form.comes.choices = people_of(lines, MemberRole.SUBSTITUTE)
    return form


def _change(handled: Handled, name: str, form: Form, act: Callable[[], None], said: str) -> Response:
    """The act, or the page again with what is wrong; nothing of a refused act stays."""
    lines = team_queries.list_members(session(), handled.team.id)
    if not _with(form, lines).validate():
        return _team_page(handled, 422, **{name: form})
    try:
        act()
    except (Conflict, Invalid) as refused:
        return _team_page(handled, refused.status, refused.message, **{name: form})
    return see_other(url_for("teams.show", team_id=handled.team.id), flash=said)


def _chosen(person_id: str) -> Person:
    return people.person_by_id(session(), int(person_id))


def _handled(team_id: int) -> Handled:
    return team_access.team_to_change(session(), me(), team_id)


@bp.post("/teams/<int:team_id>/members")
@entering
def join(team_id: int) -> Response:
    handled, form = _handled(team_id), MemberForm.posted()

    def act() -> None:
        person = team_access.person_to_join(session(), handled.head, form.staff_no.data, now=now())
        if person is None:
            raise Invalid("本单位没有这个工号，或者这个人不参加排名。", field="staff_no")
        hand = handled.hand(me(), form.reason.data)
        team_services.join(session(), handled.head, person, MemberRole(form.role.data), hand=hand, now=now())

    return _change(handled, "member_form", form, act, "已加入，本人会收到消息。")


@bp.post("/teams/<int:team_id>/removal")
@entering
def remove(team_id: int) -> Response:
    handled, form = _handled(team_id), PersonForm.posted()

    def act() -> None:
        hand = handled.hand(me(), form.reason.data)
        team_services.leave(session(), handled.head, _chosen(form.person.data), hand=hand, now=now())

    return _change(handled, "removal_form", form, act, "已移出，本人会收到消息。")


@bp.post("/teams/<int:team_id>/substitution")
@entering
def substitute(team_id: int) -> Response:
    handled, form = _handled(team_id), SubstitutionForm.posted()

    def act() -> None:
        team_round_services.substitute(
            session(), handled.head, _chosen(form.leaves.data), _chosen(form.comes.data),
            hand=handled.hand(me(), form.reason.data), now=now(),
        )  # fmt: skip

    return _change(handled, "substitution_form", form, act, "已换人。")


@bp.post("/teams/<int:team_id>/captain")
@entering
def set_captain(team_id: int) -> Response:
    handled, form = _handled(team_id), PersonForm.posted()

    def act() -> None:
        hand = handled.hand(me(), form.reason.data)
        team_services.set_captain(session(), handled.head, _chosen(form.person.data), hand=hand, now=now())

    return _change(handled, "captain_form", form, act, "队长已换。")


@bp.post("/teams/<int:team_id>/withdrawal")
@entering
def withdraw(team_id: int) -> Response:
    handled, form = _handled(team_id), WithdrawalForm.posted()
    if not form.validate():
        return _team_page(handled, 422, withdrawal_form=form)
    try:
        team_services.withdraw(session(), handled.head, hand=handled.hand(me(), form.reason.data), now=now())
    except LmsError as refused:
        return _team_page(handled, refused.status, refused.message, withdrawal_form=form)
    home = url_for("contests.contest", contest_id=handled.team.contest_id)
    office = url_for("teams_office.contest", contest_id=handled.team.contest_id)
    return see_other(home if handled.is_captain else office, flash="队伍已退出。")


@bp.post("/teams/<int:team_id>/rounds/<int:round_id>/shares")
@entering
def divide(team_id: int, round_id: int) -> Response:
    handled = _handled(team_id)
    round_ = team_access.team_round(session(), handled, round_id)
    lines = team_queries.list_members(session(), team_id)
    form = shares_form(line for line in lines if line.role is MemberRole.MEMBER).posted()

    def act() -> None:
        shares = {int(field.name.removeprefix("share_")): field.data for field in form if field.name[:6] == "share_"}
        team_round_services.divide(session(), handled.head, round_, shares, hand=handled.hand(me()), now=now())

    return _change(handled, f"shares_{round_id}", form, act, "分题已保存；有人开始答题后不能再改。")


# --- standings -----------------------------------------------------------------------------------------------------


@bp.get("/rounds/<int:round_id>/teams")
@entering
def standings(round_id: int) -> Response:
    line, board, terms = team_access.team_standings_to_see(session(), me(), round_id, now=now())
    found = team_queries.standings(session(), line.round, board.rule, terms.sizes, board)
    own = team_queries.find_team_of(session(), line.contest.id, me().id)
    words = team_rules.explain(terms.sizes, board.rule, is_summed=line.round.kind in SUMMED)
    return page(
        "contests/team_standings.html", line=line, found=found, own=found.of(own.id) if own else None, team=own,
        words=words, active="contests",
    )  # fmt: skip
