"""Inbox of the signed-in person: notices, announcements, digests of reminders."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, request, url_for

from lms import clock
from lms.notices import access, prose, queries, services
from lms.notices import announcement_queries as announcements
from lms.notices.models import Announcement, Notice
from lms.notices.rules import NoticeKind
from lms.people import queries as people
from lms.people.guard import me, signed_in
from lms.web import now, page, page_number, paged, see_other, session

bp = Blueprint("notices", __name__)

SHOWN_FIRST = 5
SHOWS = {"": "全部", "unread": "未读", "reminders": "提醒", "announcements": "通知"}


@bp.get("/notices")
@signed_in
def inbox() -> Response:
    show = request.args.get("show", "")
    if show == "announcements":
        return _announcements()
    unread = show == "unread"
    kind = NoticeKind.REMINDER if show == "reminders" else None
    notices = paged(session(), queries.list_notices(me().id, kind, unread=unread), page_number())
    first = show in ("", "unread") and notices.number == 1
    return page(
        "notices/inbox.html",
        notices=notices,
        days=_by_day(notices.rows),
        announced=_unread_announcements() if first else [],
        more=announcements.count_unread(session(), me().id, clock.today(now())) > SHOWN_FIRST if first else False,
        today=clock.today(now()),
        **_shows(show),
    )


def _by_day(notices: Sequence[Notice]) -> list[tuple[date, list[Notice]]]:
    """The page's notices under the Shanghai days they came on, in their order."""
    return [(day, list(lines)) for day, lines in groupby(notices, key=lambda notice: clock.today(notice.at))]


def _unread_announcements() -> list[Announcement]:
    query = announcements.list_for(me().id, clock.today(now()), unread=True).limit(SHOWN_FIRST)
    return list(session().scalars(query))


def _announcements() -> Response:
    found = paged(session(), announcements.list_for(me().id, clock.today(now())), page_number())
    read = announcements.read_ids(session(), me().id, found.rows)
    return page("notices/announcements.html", announced=found, read=read, **_shows("announcements"))


def _shows(show: str) -> dict[str, Any]:
    chips = [(label, url_for("notices.inbox", show=key or None), key == show) for key, label in SHOWS.items()]
    return {"shows": chips, "active": "me", "show": show}


@bp.post("/notices/reading")
@signed_in
def read_all() -> Response:
    services.read_all(session(), me().id, now=now())
    return see_other(url_for("notices.inbox"))


@bp.post("/notices/<int:notice_id>/reading")
@signed_in
def read(notice_id: int) -> Response:
    notice = access.notice_to_read(session(), me(), notice_id)
    services.read(session(), notice, now=now())
    return see_other(notice.link)


@bp.get("/notices/announcements/<int:announcement_id>")
@signed_in
def announcement(announcement_id: int) -> Response:
    found = access.announcement_to_read(session(), me(), announcement_id, now())
    author = people.names_of(session(), [found.author_id])[found.author_id]
    return page(
        "notices/announcement.html",
        announcement=found,
        body=prose.rendered(found.body),
        author=author,
        is_read=found.id in announcements.read_ids(session(), me().id, [found]),
        active="me",
    )


@bp.post("/notices/announcements/<int:announcement_id>/reading")
@signed_in
def read_announcement(announcement_id: int) -> Response:
    found = access.announcement_to_read(session(), me(), announcement_id, now())
    services.read_announcement(session(), found, me().id, now=now())
    return see_other(url_for("notices.announcement", announcement_id=found.id))


@bp.get("/notices/digests/<int:digest_id>")
@signed_in
def digest(digest_id: int) -> Response:
    found = access.digest_to_read(session(), me(), digest_id)
    reminders = queries.list_reminders(session(), found.id)
    return page("notices/digest.html", digest=found, reminders=reminders, active="me")
