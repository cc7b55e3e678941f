"""Tables of what follows from a published ranking: the rule that was chosen for it, and what each version did for whom."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.contests.award_rules import AwardRule, HonourChange
from lms.db import Base, JsonValue, Key, Ref, enum_column


class RoundAward(Base):
    """What an organiser chose for a round before its publication; every version carries a copy of it."""

    __tablename__ = "round_awards"

    round_id: Mapped[Ref] = mapped_column(ForeignKey("rounds.id"), primary_key=True, autoincrement=False)
    rule: Mapped[JsonValue]
    chosen_by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    chosen_at: Mapped[datetime]

    @property
    def award_rule(self) -> AwardRule:
        return AwardRule.from_json(self.rule)


class RoundEffect(Base):
    """What one version of a round's ranking did for one person, once. `certificate_id` is the one that it issued or put in the place
    of another, its source is this row, `team_certificate_id` the same for what the person's team is honoured with; `quarters` were
    credited, or taken back where negative."""

    __tablename__ = "round_effects"
    __table_args__ = (UniqueConstraint("round_id", "version", "person_id"),)

    id: Mapped[Key]
    round_id: Mapped[Ref] = mapped_column(ForeignKey("rounds.id"))
    version: Mapped[int]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), index=True)
    old_place: Mapped[int | None]
    new_place: Mapped[int | None]
    honour: Mapped[HonourChange] = mapped_column(enum_column(HonourChange))
    quarters: Mapped[int]
    certificate_id: Mapped[Ref | None] = mapped_column(ForeignKey("certificates.id"))
    team_honour: Mapped[HonourChange] = mapped_column(
        enum_column(HonourChange), default=HonourChange.NONE, server_default=""
    )
    team_certificate_id: Mapped[Ref | None] = mapped_column(ForeignKey("certificates.id"))
    done_at: Mapped[datetime]


class Due:
    """Columns of what was approved with a corrected key or points, for when every attempt is marked again. `done_at` is set once;
    `version` stays None when it came out the same."""

    correction_id: Mapped[Ref] = mapped_column(ForeignKey("key_corrections.id"), primary_key=True, autoincrement=False)
    round_id: Mapped[Ref] = mapped_column(ForeignKey("rounds.id"), primary_key=True, autoincrement=False)
    approved_by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    approved_at: Mapped[datetime]
    version: Mapped[int | None]
    done_at: Mapped[datetime | None]


class DueCorrection(Due, Base):
    """The round's published ranking is corrected."""

    __tablename__ = "due_corrections"


class DueAdvancement(Due, Base):
    """The published list of those who advanced into the round is corrected, after the rankings."""

    __tablename__ = "due_advancements"
