"""Tables of notices, announcements, reminders, channels and feedback."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, JsonValue, Key, Ref, enum_column
from lms.notices.announcement_rules import AnnouncementState, Party, Reach
from lms.notices.channel_rules import Cause, ChannelKind, DeliveryState
from lms.notices.feedback_rules import OPEN, FeedbackState
from lms.notices.rules import NoticeKind
from lms.people.rules import RankBand


class Notice(Base):
    __tablename__ = "notices"
    __table_args__ = (Index("ix_notices_inbox", "person_id", "read_at", "id"),)

    id: Mapped[Key]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    kind: Mapped[NoticeKind] = mapped_column(
        enum_column(NoticeKind), default=NoticeKind.NEWS, server_default=NoticeKind.NEWS.value
    )
    text: Mapped[str] = mapped_column(String(300))
    link: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class Announcement(Base):
    """One text for an audience: rows say whom it is for, not who got it. `recipient_count` is the roster's at publication.

    Shown to who belonged there on `published_on` and to who belongs there today, until `until_on` (inclusive) if there is such a day.
    """

    __tablename__ = "announcements"
    __table_args__ = (Index("ix_announcements_shown", "state", "published_on"),)

    id: Mapped[Key]
    author_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), index=True)
    title: Mapped[str] = mapped_column(String(120))
    body: Mapped[str] = mapped_column(Text)
    reach: Mapped[Reach] = mapped_column(enum_column(Reach))
    unit_id: Mapped[Ref | None] = mapped_column(ForeignKey("units.id"))
    branch_id: Mapped[Ref | None] = mapped_column(ForeignKey("branches.id"))
    rank_band: Mapped[RankBand | None] = mapped_column(enum_column(RankBand))
    party: Mapped[Party | None] = mapped_column(enum_column(Party))
    channel_ids: Mapped[JsonValue] = mapped_column(default=list)
    until_on: Mapped[date | None]
    state: Mapped[AnnouncementState] = mapped_column(enum_column(AnnouncementState), default=AnnouncementState.DRAFT)
    recipient_count: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    published_on: Mapped[date | None]


class AnnouncementPerson(Base):
    """Somebody an announcement names."""

    __tablename__ = "announcement_people"

    announcement_id: Mapped[Ref] = mapped_column(ForeignKey("announcements.id"), primary_key=True)
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), primary_key=True, index=True)


class AnnouncementRead(Base):
    """Somebody opened it; `is_counted` when they were among the recipients at publication."""

    __tablename__ = "announcement_reads"
    __table_args__ = (Index("ix_announcement_reads_person_id", "person_id"),)

    announcement_id: Mapped[Ref] = mapped_column(ForeignKey("announcements.id"), primary_key=True)
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), primary_key=True)
    is_counted: Mapped[bool]
    read_at: Mapped[datetime]


class NoticeSettings(Base):
    """One person's wishes; without a row the defaults hold. The address is sealed, and used once its owner has confirmed it."""

    __tablename__ = "notice_settings"

    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), primary_key=True, autoincrement=False)
    is_quiet: Mapped[bool] = mapped_column(default=False)
    email_reminders: Mapped[bool] = mapped_column(default=False)
    email_announcements: Mapped[bool] = mapped_column(default=False)
    email_sealed: Mapped[str | None] = mapped_column(String(600))
    email_confirmed_at: Mapped[datetime | None]
    code_hash: Mapped[str | None] = mapped_column(String(64))
    code_sent_at: Mapped[datetime | None]
    code_tries: Mapped[int] = mapped_column(default=0)


class Digest(Base):
    """What one person was reminded of on one day; one a day at most."""

    __tablename__ = "digests"
    __table_args__ = (UniqueConstraint("person_id", "on"), Index("ix_digests_at", "at"))

    id: Mapped[Key]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    on: Mapped[date]
    at: Mapped[datetime]


class Reminder(Base):
    """One item of a digest, as it was said; once a person, item and week (`week` is its Monday)."""

    __tablename__ = "reminders"
    __table_args__ = (UniqueConstraint("person_id", "item", "week"), Index("ix_reminders_digest_id", "digest_id"))

    id: Mapped[Key]
    digest_id: Mapped[Ref] = mapped_column(ForeignKey("digests.id"))
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    item: Mapped[str] = mapped_column(String(80))
    week: Mapped[date]
    on: Mapped[date]
    text: Mapped[str] = mapped_column(String(120))
    link: Mapped[str] = mapped_column(String(200))


class Channel(Base):
    """A way out of the house. `config` holds no secret; address and password of it are in `secret_sealed`, and never shown again.

    A robot belongs to a unit, a branch, or to the whole site: who announces there may choose it.
    """

    __tablename__ = "channels"

    id: Mapped[Key]
    kind: Mapped[ChannelKind] = mapped_column(enum_column(ChannelKind))
    name: Mapped[str] = mapped_column(String(60))
    unit_id: Mapped[Ref | None] = mapped_column(ForeignKey("units.id"))
    branch_id: Mapped[Ref | None] = mapped_column(ForeignKey("branches.id"))
    config: Mapped[JsonValue]
    secret_sealed: Mapped[str] = mapped_column(Text)
    per_minute: Mapped[int]
    is_on: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class Delivery(Base):
    """One message on its way out; `key` makes it once-only. `person_id` is the recipient of a mail, None for a robot's group."""

    __tablename__ = "deliveries"
    __table_args__ = (
        Index("ix_deliveries_due", "state", "next_at"),
        Index("ix_deliveries_rate", "channel_id", "tried_at"),
    )

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(String(80), unique=True)
    channel_id: Mapped[Ref] = mapped_column(ForeignKey("channels.id"))
    person_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    cause: Mapped[Cause] = mapped_column(enum_column(Cause))
    title: Mapped[str] = mapped_column(String(200))
    text_sealed: Mapped[str] = mapped_column(Text)
    link: Mapped[str] = mapped_column(String(200))
    state: Mapped[DeliveryState] = mapped_column(enum_column(DeliveryState), default=DeliveryState.QUEUED)
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]
    tried_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None] = mapped_column(index=True)
    error: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(index=True)


class Feedback(Base):
    """A wish or complaint, from the page it was written on, followed up until it is answered. `text` is its first word.

    `answered_at` is the first answer's instant; a thread that was opened again keeps it.
    """

    __tablename__ = "feedback"
    __table_args__ = (Index("ix_feedback_state", "state", "id"),)

    id: Mapped[Key]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), index=True)
    page: Mapped[str] = mapped_column(String(200))
    section: Mapped[str] = mapped_column(String(40), default="", server_default="")
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    state: Mapped[FeedbackState] = mapped_column(
        enum_column(FeedbackState), default=FeedbackState.NEW, server_default=FeedbackState.NEW.value
    )
    assignee_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    answered_at: Mapped[datetime | None]
    moved_at: Mapped[datetime | None]
    """When it last came to the office: given, or opened again."""

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


class FeedbackMessage(Base):
    """A further word of a thread, of its writer or of the office."""

    __tablename__ = "feedback_messages"

    id: Mapped[Key]
    feedback_id: Mapped[Ref] = mapped_column(ForeignKey("feedback.id"), index=True)
    author_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    is_office: Mapped[bool]
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
