"""What a person wants to be told by which way; an own mail address, confirmed with a code."""

import hmac
import re
import secrets
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms.config import Keys
from lms.db import changed, upsert
from lms.errors import Conflict, Invalid, TooMany
from lms.notices import channel_queries as channels
from lms.notices import queries
from lms.notices.channel_rules import Cause
from lms.notices.models import NoticeSettings
from lms.notices.services import outbox
from lms.notices.services.outbox import Draft

CODE_LIVES = timedelta(minutes=30)
CODE_PAUSE = timedelta(minutes=2)
MOST_TRIES = 5
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")


def keep(session: Session, person_id: int, *, is_quiet: bool, email_reminders: bool, email_announcements: bool) -> None:
    """The person's switches are as given."""
    values = {"is_quiet": is_quiet, "email_reminders": email_reminders, "email_announcements": email_announcements}
    row = {"person_id": person_id, "code_tries": 0, **values}
    upsert(session, NoticeSettings, [row], key=["person_id"], update=list(values))


def ask_code(session: Session, person_id: int, address: str, *, keys: Keys, now: datetime) -> None:
    """The address is kept unconfirmed and a code of six digits goes to it. Raises Invalid, TooMany (once in two minutes), Conflict
    where the site sends no mails."""
    if len(address) > 254 or not _ADDRESS.fullmatch(address):
        raise Invalid("请填写完整的邮箱地址，例如 name@example.cn。", field="address")
    mail = channels.find_mail(session)
    if mail is None:
        raise Conflict("本站没有启用邮件，请联系系统管理员。")
    wishes = queries.find_settings(session, person_id)
    if wishes is not None and wishes.code_sent_at is not None and wishes.code_sent_at > now - CODE_PAUSE:
        raise TooMany("刚刚发过验证码，请过两分钟再试。")
    code = f"{secrets.randbelow(10**6):06d}"
    values = {
        "email_sealed": keys.seal("phone", address), "email_confirmed_at": None, "code_hash": _hash(person_id, code, keys),
        "code_sent_at": now, "code_tries": 0,
    }  # fmt: skip
    switches = {"is_quiet": False, "email_reminders": False, "email_announcements": False}
    upsert(
        session,
        NoticeSettings,
        [{"person_id": person_id, **switches, **values}],
        key=["person_id"],
        update=list(values),
    )
    text = f"验证码：{code}，30 分钟内有效。请在“我的 › 消息设置”里填写。不是你本人操作，请不必理会。"
    draft = Draft(
        key=f"code:{person_id}:{int(now.timestamp())}", channel_id=mail.id, person_id=person_id, cause=Cause.CODE,
        title="邮箱验证码", text=text, expires_at=now + CODE_LIVES,
    )  # fmt: skip
    outbox.put(session, [draft], keys, now=now)


def confirm(session: Session, person_id: int, code: str, *, keys: Keys, now: datetime) -> bool:
    """Whether the code was right: then the address is the person's. Five tries a code; a try is counted whatever comes of it.

    Raises Conflict when there is no code to be confirmed any more. The caller stores the counted try also when this returns False.
    """
    counted = update(NoticeSettings).where(
        NoticeSettings.person_id == person_id, NoticeSettings.code_hash.is_not(None),
        NoticeSettings.code_tries < MOST_TRIES, NoticeSettings.code_sent_at > now - CODE_LIVES,
    )  # fmt: skip
    wishes = queries.find_settings(session, person_id)
    if not changed(session.execute(counted.values(code_tries=NoticeSettings.code_tries + 1))) or wishes is None:
        raise Conflict("验证码已过期或试错太多次，请重新获取。")
    if not hmac.compare_digest(wishes.code_hash or "", _hash(person_id, code.strip(), keys)):
        return False
    right = update(NoticeSettings).where(NoticeSettings.person_id == person_id)
    session.execute(right.values(email_confirmed_at=now, code_hash=None))
    return True


def forget_address(session: Session, person_id: int) -> None:
    """No address, and nothing goes by mail."""
    session.execute(
        update(NoticeSettings)
        .where(NoticeSettings.person_id == person_id)
        .values(
            email_sealed=None, email_confirmed_at=None, code_hash=None, email_reminders=False, email_announcements=False
        )
    )


def masked(address: str) -> str:
    """ "linxiao@example.cn" → "l***@example.cn"."""
    name, _, host = address.partition("@")
    return f"{name[:1]}***@{host}"


def _hash(person_id: int, code: str, keys: Keys) -> str:
    return keys.mac("phone_index", f"notice-code:{person_id}:{code}")
