"""What awaits somebody in the back office, and words for what the audit log names."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from lms import clock
from lms.admin import access
from lms.audit import queries as audit
from lms.audit.models import AuditRecord
from lms.claims import awaiting as claims
from lms.contests import awaiting as contests
from lms.courses.queries import awaiting as courses
from lms.lectures import awaiting as lectures
from lms.livequiz import awaiting as livequiz
from lms.notices import access as feedback
from lms.notices import channel_queries as channels
from lms.notices import feedback_queries as notices
from lms.people import queries as people
from lms.people.awaiting import Awaiting
from lms.people.principal import Principal
from lms.people.rules import Permission
from lms.quizzes import awaiting as quizzes
from lms.stage import awaiting as stage
from lms.stars import awaiting as stars
from lms.tasks import queries as tasks
from lms.training import awaiting as training
from lms.workdays import queries as workdays


def list_awaiting(session: Session, me: Principal, now: datetime) -> list[Awaiting]:
    """What the person's permissions make theirs to do, most urgent first; nothing with a count of 0."""
    found = [
        *stage.list_awaiting(session, me, now),
        *livequiz.list_awaiting(session, me, now),
        *courses.list_awaiting(session, me),
        *contests.list_awaiting(session, me, now),
        *quizzes.list_awaiting(session, me),
        *claims.list_awaiting(session, me, now),
        *lectures.list_awaiting(session, me, now),
        *stars.list_awaiting(session, me, now),
        *training.list_awaiting(session, me, now),
    ]
    if me.can(Permission.ACCOUNT_MANAGE):
        found += _accounts(session, now)
    if me.can(Permission.FEEDBACK_REPLY):
        open_feedback = notices.count_unanswered(session, feedback.answerable(session, me))
        found.append(Awaiting(open_feedback, "条意见等待答复", "去答复", "admin.feedback.index", {}))
    if me.can(Permission.PEOPLE_MANAGE):
        waiting = people.newest_waiting_import(session, me.id)
        if waiting is not None:
            count = people.count_waiting_imports(session, me.id)
            found.append(
                Awaiting(count, "份花名册已读入，等你决定", "查看", "admin.rosters.show", {"import_id": waiting.id})
            )
    if me.can(Permission.TASK_READ):
        failed = tasks.count_failed(session, access.task_owner_filter(me))
        found.append(Awaiting(failed, "个任务没有完成", "查看", "admin.tasks.index", {"state": "failed"}))
    if me.can(Permission.CHANNEL_MANAGE):
        dead = channels.count_dead(session)
        found.append(Awaiting(dead, "条消息没有送达", "去处理", "channels.index", {}))
    if me.can(Permission.CALENDAR_MANAGE):
        found.append(_unknown_years(session, now))
    if me.can(Permission.AUDIT_READ):
        since = clock.start_of(clock.today(now))
        found.append(Awaiting(audit.count_since(session, since), "条今天的审计记录", "查看", "admin.audit.index", {}))
    return [line for line in found if line.count]


def _accounts(session: Session, now: datetime) -> list[Awaiting]:
    lines = (("locked", "个账号被锁定", "去解锁"), ("fresh", "个账号还没有密码", "去发放口令"))
    return [
        Awaiting(people.count_accounts(session, state, now), text, action, "admin.accounts.index", {"state": state})
        for state, text, action in lines
    ]


def _unknown_years(session: Session, now: datetime) -> Awaiting:
    years = workdays.list_unknown_years(session, clock.today(now))
    text = f"个年份没有放假安排（{'、'.join(f'{year} 年' for year in years)}），暂按周一到周五算工作日"
    return Awaiting(len(years), text, "去登记", "admin.calendar.index", {"year": years[0] if years else 0})


def names_of_targets(session: Session, records: Sequence[AuditRecord]) -> dict[str, str]:
    """ "person:7" → name, for the targets that are persons and for whoever acted."""
    ids = {int(r.target.removeprefix("person:")) for r in records if r.target.startswith("person:")}
    ids |= {r.actor_id for r in records if r.actor_id}
    return {f"person:{person_id}": name for person_id, name in people.names_of(session, list(ids)).items()}
