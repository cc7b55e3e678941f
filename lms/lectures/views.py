"""Lectures as a member meets them: the timetable, one lecture, what was given, and the calendar feed."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, request, url_for

from lms import clock
from lms.gatherings import queries as gatherings
from lms.gatherings import questionnaire_rules, questionnaires
from lms.lectures import access, candidates, ical_rules, lecturers, queries, rules
from lms.lectures.ical_rules import Event
from lms.lectures.queries import LectureLine
from lms.lectures.rules import QUARTERS, STEPS, TONES, TOPIC_STATES
from lms.lectures.services import feeds
from lms.people.guard import me, public, requires, signed_in
from lms.people.rules import Permission
from lms.web import now, page, page_number, paged, see_other, session

bp = Blueprint("lectures", __name__, url_prefix="/lectures", template_folder="templates")

STUDY = Permission.COURSE_STUDY
COMING = 5
FEED_BACK, FEED_AHEAD = timedelta(days=90), timedelta(days=400)
NAMES: dict[str, Any] = {"steps": STEPS, "tones": TONES, "topic_states": TOPIC_STATES, "quarter_names": QUARTERS}


@bp.get("")
@requires(STUDY)
def index() -> Response:
    """The month's calendar and what comes next."""
    month = rules.read_month(request.args.get("month", ""), clock.today(now()))
    days = rules.month_days(month)
    by_day: dict[date, list[LectureLine]] = {}
    for line in queries.list_between(session(), me(), days[0], days[-1]):
        by_day.setdefault(line.gathering.held_on, []).append(line)
    return page(
        "lectures/index.html",
        month=month,
        days=days,
        by_day=by_day,
        today=clock.today(now()),
        before=rules.previous_month(month),
        after=rules.next_month(month),
        coming=queries.list_coming(session(), me(), now=now(), limit=COMING),
        active="courses",
    )


@bp.get("/past")
@requires(STUDY)
def past() -> Response:
    lectures = paged(session(), queries.list_past(me()), page_number())
    lines = queries.lines_of(session(), lectures.rows)
    return page("lectures/past.html", lectures=lectures, lines=lines, active="courses")


@bp.get("/<int:lecture_id>")
@requires(STUDY)
def show(lecture_id: int) -> Response:
    line = access.lecture_to_see(session(), me(), lecture_id)
    is_mine = line.topic.lecturer_id == me().id
    manages = access.may_manage(session(), me(), line.gathering.unit_id)
    prepares = is_mine or manages
    return page(
        "lectures/show.html",
        line=line,
        step=line.step(now()),
        slides=candidates.find_shown(session(), me(), line.lecture.slides_id),
        recording=candidates.find_shown(session(), me(), line.lecture.recording_id),
        linked=candidates.state_of(session(), line.lecture.slides_id) if prepares else None,
        entry=gatherings.find_entry(session(), line.gathering.id, me().id),
        wants_reply=_wants_reply(line),
        outcome=questionnaires.outcome_of(session(), line.gathering.id) if prepares else None,
        earned=lecturers.earned_of(session(), line) if is_mine else None,
        is_mine=is_mine,
        manages=manages,
        prepares=prepares,
        is_over=now() >= line.gathering.ends_at,
        active="courses",
        **NAMES,
    )


def _wants_reply(line: LectureLine) -> bool:
    held = line.gathering
    return (
        questionnaire_rules.is_open(held.ends_at, now())
        and questionnaires.may_reply(session(), held, me().id)
        and not questionnaires.has_replied(session(), held.id, me().id)
    )


# --- the calendar feed ---------------------------------------------------------------------------------------------


@bp.get("/subscription")
@requires(STUDY)
def subscription() -> Response:
    return _subscription()


def _subscription(address: str = "") -> Response:
    feed = queries.live_feed(session(), me().id)
    return page("lectures/subscription.html", feed=feed, address=address, active="courses")


@bp.post("/subscription")
@requires(STUDY)
def subscribe() -> Response:
    """The new address is shown on the answer itself, once: it is stored nowhere it could be read again."""
    token = feeds.make_feed(session(), me().id, now=now())
    session().flush()  # the page shows since when it is there
    shown = _subscription(url_for("lectures.feed", token=token, _external=True))
    shown.is_secret = True  # type: ignore[attr-defined]  # kept with no operation: it could be read again there
    return shown


@bp.post("/subscription/revocation")
@signed_in
def unsubscribe() -> Response:
    feeds.revoke_feed(session(), me().id, now=now())
    return see_other(url_for("lectures.subscription"), flash="订阅地址已作废，日历里不再更新。")


@bp.get("/feeds/<token>.ics")
@public
def feed(token: str) -> Response:
    """For calendar programs, which cannot sign in: the address is the key."""
    person = access.feed_to_read(session(), token, now())
    today = clock.today(now())
    found = queries.list_for_feed(session(), person, first=today - FEED_BACK, last=today + FEED_AHEAD)
    text = ical_rules.calendar("讲台：讲座", [_event(line, changed_at) for line, changed_at in found])
    response = Response(text, content_type="text/calendar; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response


def _event(line: LectureLine, changed_at: Any) -> Event:
    """What a calendar is told: of persons nobody but the lecturer."""
    held = line.gathering
    return Event(
        uid=f"lecture-{line.id}@jiangtai",
        starts_at=held.starts_at,
        ends_at=held.ends_at,
        summary=f"讲座：{line.topic.title}（{line.lecturer}）",
        changed_at=changed_at,
        place=held.place,
        text=line.topic.abstract,
        url=url_for("lectures.show", lecture_id=line.id, _external=True),
        is_cancelled=held.state == "cancelled",
    )
