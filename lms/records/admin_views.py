"""Short records of others: confirm postings, write them down for somebody, join mentors and mentees."""

from flask import Blueprint, Response, url_for

from lms import clock
from lms.errors import Conflict, Invalid
from lms.people import access as people_access
from lms.people import queries as people
from lms.people.guard import me, requires
from lms.people.models import Person
from lms.people.rules import Permission
from lms.records import access, queries, services
from lms.records.forms import DecisionForm, EndForm, OfficePostingForm, PairForm
from lms.records.rules import POSTING_KINDS, STATES, TONES
from lms.records.views import as_invalid, stretch_of
from lms.web import now, page, page_number, paged, see_other, session

bp = Blueprint("records_office", __name__, url_prefix="/office/records")

MANAGE = Permission.RECORD_MANAGE
PAIRS_SHOWN = 100


@bp.get("")
@requires(MANAGE)
def index() -> Response:
    return _page(OfficePostingForm.shown(), PairForm.shown())


def _page(posting_form: OfficePostingForm, pair_form: PairForm, status: int = 200) -> Response:
    reach, today = access.scope(session(), me()), clock.today(now())
    postings = paged(session(), queries.postings_in(reach, today), page_number())
    ids = [i for p in postings.rows for i in (p.person_id, p.proposed_by_id, p.decided_by_id) if i is not None]
    return page(
        "records/office.html",
        status,
        postings=postings,
        pairs=queries.list_pairs_in(session(), reach, today, limit=PAIRS_SHOWN),
        names=people.names_of(session(), ids),
        posting_form=posting_form,
        pair_form=pair_form,
        kinds=POSTING_KINDS,
        states=STATES,
        tones=TONES,
        today=today,
        active="records",
    )


@bp.post("/postings")
@requires(MANAGE)
def propose() -> Response:
    form = OfficePostingForm.posted()
    if not form.validate():
        return _page(form, PairForm.shown(), 422)
    try:
        person = _person(form.staff_no.data, "staff_no")
        services.propose_posting(session(), person.id, stretch_of(form), by_id=me().id, now=now())
    except (Invalid, Conflict) as problem:
        form.refuse(as_invalid(problem))
        return _page(form, PairForm.shown(), problem.status)
    return see_other(url_for("records_office.index"), flash=f"已记下，等另一位同事确认{person.name}的这段经历。")


@bp.post("/postings/<int:posting_id>/decision")
@requires(MANAGE)
def decide(posting_id: int) -> Response:
    posting, form = access.posting_to_decide(session(), me(), posting_id), DecisionForm.posted()
    form.validate()
    confirm = form.verdict.data == "confirm"
    services.decide_posting(session(), posting, confirm=confirm, note=form.note.data or "", by_id=me().id, now=now())
    return see_other(url_for("records_office.index"), flash="已确认，进入学习档案。" if confirm else "已退回。")


@bp.post("/pairs")
@requires(MANAGE)
def pair_up() -> Response:
    form = PairForm.posted()
    if not form.validate():
        return _page(OfficePostingForm.shown(), form, 422)
    try:
        mentor, mentee = _person(form.mentor_no.data, "mentor_no"), _person(form.mentee_no.data, "mentee_no")
        services.pair_up(
            session(),
            mentor.id,
            mentee.id,
            subject=form.subject.data,
            from_on=form.since_on.data,
            by_id=me().id,
            now=now(),
        )
    except (Invalid, Conflict) as problem:
        form.refuse(as_invalid(problem))
        return _page(OfficePostingForm.shown(), form, problem.status)
    return see_other(url_for("records_office.index"), flash=f"{mentor.name}与{mentee.name}已结对，两人都会收到消息。")


@bp.post("/pairs/<int:pair_id>/ending")
@requires(MANAGE)
def end_pair(pair_id: int) -> Response:
    pair, form = access.pair_to_manage(session(), me(), pair_id), EndForm.posted()
    if not form.validate():
        raise Invalid("结束结对要填写日期和一句成效。")
    services.end_pair(session(), pair, until_on=form.until_on.data, outcome=form.outcome.data, by_id=me().id, now=now())
    return see_other(url_for("records_office.index"), flash="已结束，成效进入两人的学习档案。")


def _person(staff_no: str, field: str) -> Person:
    person = people_access.find_person_by_number(session(), me(), staff_no, MANAGE, clock.today(now()))
    if person is None:
        raise Invalid("没有这个工号，或不在你的管理范围内。", field=field)
    return person
