"""The facts of the five-bans page, counted in the schema and the data as they are now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms import clock
from lms.admin.ban_rules import LOGIN_NAMES, ONLINE_NAMES, STREAK_NAMES, Fact, named
from lms.db import Base
from lms.leaderboard.models import Board, BoardResult
from lms.notices import reminder_rules
from lms.notices.channel_rules import Cause, DeliveryState
from lms.notices.models import Delivery, Digest, Reminder
from lms.notices.reminder_rules import Window

MOST_BOARDS = 500
MOST_MAILS = 10_000
DAYS = 90
SHOWN_PEOPLE, SHOWN_UNITS = 50, 10


@dataclass(frozen=True)
class Proof:
    """One counted fact: what was counted, what came out, and whether the ban is kept."""

    text: str
    holds: bool


def prove(
    session: Session, *, windows: Sequence[Window], overrides: Mapping[date, bool], now: datetime
) -> dict[Fact, Proof]:
    """Every fact. `overrides` are the site's own working days of the last ninety days."""
    since = now - timedelta(days=DAYS)
    columns = [f"{table.name}.{column.name}" for table in Base.metadata.tables.values() for column in table.columns]
    return {
        Fact.NO_LOGIN_POINTS: _schema(columns, LOGIN_NAMES, "登录积分、签到次数"),
        Fact.NO_STREAKS: _schema(columns, STREAK_NAMES, "连续天数"),
        Fact.BOARDS_FROM_ANSWERS: _sources(session),
        Fact.NO_TIME_BOARDS: _schema(columns, ONLINE_NAMES, "在线时长排名"),
        Fact.TOP_ONLY: _shown(session),
        Fact.NO_REMINDERS_TO_GROUPS: _to_groups(session),
        Fact.IN_WORKING_HOURS: _in_hours(session, since, windows, overrides),
        Fact.ONCE_A_WEEK: _most(session, since),
        Fact.ONCE_A_DAY: _most_a_day(session, since),
    }


def _schema(columns: Sequence[str], pattern: object, what: str) -> Proof:
    assert isinstance(pattern, type(LOGIN_NAMES))
    found = named(columns, pattern)
    return Proof(f"数据库 {len(columns)} 个字段里，记{what}的 {len(found)} 个", not found)


def _sources(session: Session) -> Proof:
    counts = dict(
        session.execute(select(BoardResult.source_kind, func.count()).group_by(BoardResult.source_kind)).all()
    )
    others = sum(count for kind, count in counts.items() if kind != "attempt")
    return Proof(f"榜单里 {sum(counts.values())} 条成绩，不是来自答卷的 {others} 条", not others)


def _shown(session: Session) -> Proof:
    boards = session.scalars(select(Board).order_by(Board.id.desc()).limit(MOST_BOARDS)).all()
    rules = [board.ranking_rule for board in boards]
    people = max((rule.shown_people for rule in rules), default=0)
    units = max((rule.shown_units for rule in rules), default=0)
    text = f"{len(boards)} 个榜最多列出前 {people} 人、前 {units} 个单位（上限 {SHOWN_PEOPLE} 人、{SHOWN_UNITS} 个）"
    return Proof(text, people <= SHOWN_PEOPLE and units <= SHOWN_UNITS)


def _to_groups(session: Session) -> Proof:
    query = select(func.count()).select_from(Delivery)
    count = session.scalar(query.where(Delivery.cause == Cause.REMINDER, Delivery.person_id.is_(None))) or 0
    return Proof(f"发到工作群的待办提醒 {count} 条", not count)


def _in_hours(session: Session, since: datetime, windows: Sequence[Window], overrides: Mapping[date, bool]) -> Proof:
    runs = session.execute(select(Digest.at, func.count()).where(Digest.at > since).group_by(Digest.at)).all()
    mailed = session.scalars(
        select(Delivery.sent_at)
        .where(Delivery.cause == Cause.REMINDER, Delivery.state == DeliveryState.SENT, Delivery.sent_at > since)
        .order_by(Delivery.id.desc())
        .limit(MOST_MAILS)
    ).all()

    def is_outside(at: datetime | None) -> bool:
        return at is not None and reminder_rules.window_at(at, windows, overrides) is None

    outside = sum(count for at, count in runs if is_outside(at)) + sum(1 for at in mailed if is_outside(at))
    total = sum(count for _, count in runs)
    return Proof(f"近 {DAYS} 天提醒 {total} 次、提醒邮件 {len(mailed)} 封，不在工作时间的 {outside} 次", not outside)


def _most(session: Session, since: datetime) -> Proof:
    each = select(func.count().label("n")).where(Reminder.on > clock.today(since))
    weekly = each.group_by(Reminder.person_id, Reminder.item, Reminder.week).subquery()
    most = session.scalar(select(func.max(weekly.c.n))) or 0
    return Proof(f"近 {DAYS} 天，同一人同一件事一周最多提醒 {most} 次", most <= 1)


def _most_a_day(session: Session, since: datetime) -> Proof:
    daily = select(func.count().label("n")).where(Digest.at > since).group_by(Digest.person_id, Digest.on).subquery()
    most = session.scalar(select(func.max(daily.c.n))) or 0
    return Proof(f"近 {DAYS} 天，同一人一天最多收到 {most} 条提醒", most <= 1)
