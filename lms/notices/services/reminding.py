"""Remind people of what waits for them: in working hours, an item at most once in seven days, everything of a day in one digest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from lms import clock
from lms.config import Keys
from lms.db import MakeSession, insert_ignore, unit_of_work
from lms.notices import channel_queries as channels
from lms.notices import reminder_rules as rules
from lms.notices.channel_rules import Cause
from lms.notices.models import Digest, Notice, NoticeSettings, Reminder
from lms.notices.reminder_rules import Window
from lms.notices.rules import Due, NoticeKind
from lms.notices.services import outbox
from lms.notices.services.outbox import Draft

PEOPLE_AT_ONCE = 50


@dataclass(frozen=True)
class Run:
    """One run: its instant, the day, until when its mails may go out, and the site's keys."""

    now: datetime
    until: datetime
    keys: Keys
    mail_id: int | None

    @property
    def today(self) -> date:
        return clock.today(self.now)


def remind(
    make_session: MakeSession,
    dues: Sequence[Due],
    *,
    windows: Sequence[Window],
    overrides: Mapping[date, bool],
    keys: Keys,
    now: datetime,
) -> int:
    """A digest for everybody who has something waiting, was not reminded today and wants to be; returns how many were made.

    Does nothing outside of working hours. Any number of runs, on any number of nodes, make one digest a person and day, and tell an item
    once in seven days; `dues` is what waits now, so what is done is not told.
    """
    window = rules.window_at(now, windows, overrides)
    if window is None:
        return 0
    with make_session() as session:
        mail = channels.find_mail(session)
    run = Run(now, rules.end_of(window, now), keys, mail.id if mail else None)
    waiting: dict[int, list[Due]] = {}
    for due in dues:
        waiting.setdefault(due.person_id, []).append(due)
    persons, made = sorted(waiting), 0
    for start in range(0, len(persons), PEOPLE_AT_ONCE):
        part = {person_id: waiting[person_id] for person_id in persons[start : start + PEOPLE_AT_ONCE]}
        with unit_of_work(make_session) as session:
            made += _remind_some(session, part, run)
    return made


def _remind_some(session: Session, waiting: Mapping[int, Sequence[Due]], run: Run) -> int:
    wishes = _wishes(session, list(waiting))
    done = _told_today(session, list(waiting), run.today)
    last = _last_told(session, list(waiting))
    plans = []
    for person_id, dues in waiting.items():
        wish = wishes.get(person_id)
        if person_id in done or (wish is not None and wish.is_quiet):
            continue
        fresh = rules.fresh(dues, last.get(person_id, {}), run.today)
        if fresh:
            plans.append((person_id, fresh, wish))
    return sum(_digest(session, person_id, fresh, wish, run) for person_id, fresh, wish in plans)


def _wishes(session: Session, person_ids: Sequence[int]) -> dict[int, NoticeSettings]:
    query = select(NoticeSettings).where(NoticeSettings.person_id.in_(person_ids))
    return {wish.person_id: wish for wish in session.scalars(query)}


def _told_today(session: Session, person_ids: Sequence[int], today: date) -> set[int]:
    query = select(Digest.person_id).where(Digest.person_id.in_(person_ids), Digest.on >= today)
    return set(session.scalars(query))


def _last_told(session: Session, person_ids: Sequence[int]) -> dict[int, dict[str, date]]:
    """Person → item → the last day it was told."""
    query = select(Reminder.person_id, Reminder.item, func.max(Reminder.on)).where(Reminder.person_id.in_(person_ids))
    found: dict[int, dict[str, date]] = {}
    for person_id, item, on in session.execute(query.group_by(Reminder.person_id, Reminder.item)):
        found.setdefault(person_id, {})[item] = on
    return found


def _digest(session: Session, person_id: int, dues: Sequence[Due], wish: NoticeSettings | None, run: Run) -> bool:
    """One digest with its items; False when another node has made today's."""
    row = {"person_id": person_id, "on": run.today, "at": run.now}
    if not insert_ignore(session, Digest, [row], key=["person_id", "on"]):
        return False
    digest_id = session.scalars(select(Digest.id).where(Digest.person_id == person_id, Digest.on == run.today)).one()
    told = [due for due in dues if _keep(session, digest_id, due, run)]
    if not told:
        return False
    _replace_notice(session, person_id, digest_id, told, run)
    if run.mail_id is not None and wish is not None and wish.email_reminders and wish.email_confirmed_at is not None:
        outbox.put(session, [_mail(run, person_id, digest_id, told)], run.keys, now=run.now)
    return True


def _keep(session: Session, digest_id: int, due: Due, run: Run) -> bool:
    row = {
        "digest_id": digest_id, "person_id": due.person_id, "item": due.item[:80], "week": rules.week_of(run.today),
        "on": run.today, "text": due.text[: rules.TEXT_MOST], "link": due.link[:200],
    }  # fmt: skip
    return insert_ignore(session, Reminder, [row], key=["person_id", "item", "week"]) == 1


def _replace_notice(session: Session, person_id: int, digest_id: int, told: Sequence[Due], run: Run) -> None:
    """The newest digest is the only unread one: older ones speak of what is in it, or is done."""
    session.execute(
        update(Notice)
        .where(Notice.person_id == person_id, Notice.kind == NoticeKind.REMINDER, Notice.read_at.is_(None))
        .values(read_at=run.now)
    )
    text, link = rules.sentence(told)[:300], told[0].link if len(told) == 1 else f"/notices/digests/{digest_id}"
    session.add(Notice(person_id=person_id, kind=NoticeKind.REMINDER, text=text, link=link[:200], at=run.now))


def _mail(run: Run, person_id: int, digest_id: int, told: Sequence[Due]) -> Draft:
    assert run.mail_id is not None
    text = "\n".join(f"· {due.text[: rules.TEXT_MOST]}" for due in told)
    return Draft(
        key=f"digest:{digest_id}", channel_id=run.mail_id, person_id=person_id, cause=Cause.REMINDER,
        title=f"{len(told)} 件事等你办", text=text, link="/notices", expires_at=run.until,
    )  # fmt: skip
