"""Write announcements inside one's scope, see whom they reach, publish, follow the numbers."""

from flask import Blueprint, Response, url_for

from lms import clock
from lms.errors import Invalid, NotFound
from lms.notices import access, prose
from lms.notices import announcement_queries as queries
from lms.notices import channel_queries as channels
from lms.notices.announcement_rules import PARTIES, STATES, AnnouncementState, may_show_reads
from lms.notices.forms import PEOPLE, AnnouncementForm, announcement_data
from lms.notices.models import Announcement
from lms.notices.services import Audience, announcing
from lms.people.guard import me, requires
from lms.people.rules import RANK_BANDS, Permission
from lms.web import now, page, page_number, paged, see_other, session

bp = Blueprint("announcements", __name__, url_prefix="/announcements/desk")

WRITE = Permission.ANNOUNCEMENT_WRITE


@bp.get("")
@requires(WRITE)
def index() -> Response:
    written = paged(session(), queries.list_written(me().id), page_number())
    places = {each.id: queries.place_name(session(), each) for each in written.rows}
    return page("notices/desk.html", written=written, places=places, states=STATES, active="me")


@bp.get("/new")
@requires(WRITE)
def new() -> Response:
    return _form(AnnouncementForm.shown())


@bp.post("")
@requires(WRITE)
def create() -> Response:
    form = _offered(AnnouncementForm.posted())
    audience = _audience(form) if form.validate() else None
    if audience is None:
        return _form(form, status=422)
    try:
        made = announcing.draft(session(), form.text_facts, audience, author_id=me().id, now=now())
    except Invalid as problem:
        form.refuse(problem)
        return _form(form, status=422)
    return see_other(url_for("announcements.show", announcement_id=made.id))


@bp.get("/<int:announcement_id>")
@requires(WRITE)
def show(announcement_id: int) -> Response:
    return _page(access.announcement_to_keep(session(), me(), announcement_id))


def _page(announcement: Announcement) -> Response:
    is_draft = announcement.state is AnnouncementState.DRAFT
    reached = queries.count_drafted(session(), announcement, clock.today(now())) if is_draft else None
    return page(
        "notices/desk_show.html",
        announcement=announcement,
        body=prose.rendered(announcement.body),
        reached=reached,
        numbers=queries.numbers_of(session(), announcement),
        shows_reads=may_show_reads(announcement.recipient_count),
        audience=_audience_in_words(announcement),
        robots=[robot.name for robot in channels.list_robots_on(session(), announcement.channel_ids)],
        states=STATES,
        active="me",
    )


def _audience_in_words(announcement: Announcement) -> str:
    place = queries.place_name(session(), announcement)
    if not place:
        return f"点名的 {len(queries.list_names(session(), announcement))} 人"
    narrowed = [RANK_BANDS[announcement.rank_band]] if announcement.rank_band else []
    narrowed += [PARTIES[announcement.party]] if announcement.party else []
    return "，".join([f"{place}（含下级）", *narrowed])


@bp.get("/<int:announcement_id>/edit")
@requires(WRITE)
def edit(announcement_id: int) -> Response:
    announcement = _draft(announcement_id)
    names = queries.list_names(session(), announcement)
    return _form(AnnouncementForm.shown(data=announcement_data(announcement, names)), announcement)


@bp.post("/<int:announcement_id>")
@requires(WRITE)
def change(announcement_id: int) -> Response:
    announcement = _draft(announcement_id)
    form = _offered(AnnouncementForm.posted())
    audience = _audience(form) if form.validate() else None
    if audience is None:
        return _form(form, announcement, 422)
    try:
        announcing.change(session(), announcement, form.text_facts, audience, now=now())
    except Invalid as problem:
        form.refuse(problem)
        return _form(form, announcement, 422)
    return see_other(url_for("announcements.show", announcement_id=announcement.id))


@bp.post("/<int:announcement_id>/publication")
@requires(WRITE)
def publish(announcement_id: int) -> Response:
    announcement = access.announcement_to_keep(session(), me(), announcement_id)
    access.check_may_still_write(session(), me(), announcement)
    announcing.publish(session(), announcement, by=me().name, now=now())
    said = f"已发布，{announcement.recipient_count} 人能看到。"
    return see_other(url_for("announcements.show", announcement_id=announcement.id), flash=said)


@bp.post("/<int:announcement_id>/withdrawal")
@requires(WRITE)
def withdraw(announcement_id: int) -> Response:
    announcement = access.announcement_to_keep(session(), me(), announcement_id)
    announcing.withdraw(session(), announcement, by_id=me().id, by=me().name, now=now())
    return see_other(url_for("announcements.show", announcement_id=announcement.id), flash="已撤回，大家不再看到它。")


@bp.post("/<int:announcement_id>/removal")
@requires(WRITE)
def discard(announcement_id: int) -> Response:
    announcing.discard(session(), access.announcement_to_keep(session(), me(), announcement_id))
    return see_other(url_for("announcements.index"), flash="草稿已删除。")


def _draft(announcement_id: int) -> Announcement:
    announcement = access.announcement_to_keep(session(), me(), announcement_id)
    if announcement.state is not AnnouncementState.DRAFT:
        raise NotFound("已经发布的通知不能再改，可以撤回后重新发一条。")
    return announcement


def _offered(form: AnnouncementForm) -> AnnouncementForm:
    """The form with the places and robots of the person's scope."""
    robots = channels.list_robots_in(session(), access.write_scope(session(), me()))
    form.offer(access.places_to_write_for(session(), me()), robots)
    return form


def _form(form: AnnouncementForm, announcement: Announcement | None = None, status: int = 200) -> Response:
    return page("notices/desk_form.html", status, form=_offered(form), announcement=announcement, active="me")


def _audience(form: AnnouncementForm) -> Audience | None:
    """Whom it is for; None, with the reason at its field, when somebody named cannot be found."""
    if form.place.data != PEOPLE:
        place = access.place_to_write_for(session(), me(), form.place.data)
        return Audience(place, form.rank_band.data or None, form.party.data or None)
    found, unknown = access.persons_to_write_to(session(), me(), form.staff_nos, now())
    if unknown:
        some = "、".join(unknown[:5])
        form.refuse(Invalid(f"这些工号在你的范围里找不到：{some}。", field="people"))
        return None
    return Audience(person_ids=tuple(person.id for person in found))
