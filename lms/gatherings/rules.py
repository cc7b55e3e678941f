"""States, marks, rates, the roster of the day, deadlines and defaults of gatherings. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from lms import clock
from lms.gatherings.kind_rules import RosterRule
from lms.people.rules import DutyStatus, PartyStatus

LOCK_AFTER_WORKING_DAYS = 3
ROLL_OPENS_BEFORE = timedelta(hours=2)
MOST_PHOTOS = 3
AMBER, RED = Fraction(85, 100), Fraction(80, 100)
HOURS_AT_ONCE = 200
"""So many persons are credited in the transaction that closes the roll; a larger hall is credited by a task, in chunks of this size."""
MOST_HOURS_LONG = timedelta(hours=16)


class GatheringState(StrEnum):
    PLANNED = "planned"
    HELD = "held"
    CANCELLED = "cancelled"


STATES = {GatheringState.PLANNED: "待开展", GatheringState.HELD: "已点名", GatheringState.CANCELLED: "已取消"}


class Mark(StrEnum):
    """What the roll says of a person."""

    PRESENT = "present"
    LEAVE = "leave"
    ABSENT = "absent"
    NOT_DUE = "not_due"


MARKS = {Mark.PRESENT: "到会", Mark.LEAVE: "请假", Mark.ABSENT: "缺席", Mark.NOT_DUE: "不计应到"}


class Cause(StrEnum):
    OFFICIAL = "official"
    ILL = "ill"
    OTHER = "other"


CAUSES = {Cause.OFFICIAL: "因公", Cause.ILL: "因病", Cause.OTHER: "其他"}


class Way(StrEnum):
    """How an entry came onto the roll."""

    TAP = "tap"
    QR = "qr"
    SHEET = "sheet"
    CLOSING = "closing"


WAYS = {Way.TAP: "点名", Way.QR: "扫码", Way.SHEET: "签到表", Way.CLOSING: "结束点名"}


class LeaveState(StrEnum):
    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


LEAVE_STATES = {
    LeaveState.ASKED: "待批准",
    LeaveState.APPROVED: "已批准",
    LeaveState.REFUSED: "未批准",
    LeaveState.WITHDRAWN: "已撤回",
}


class VisitState(StrEnum):
    """A visitor asks at the door; the keeper confirms or refuses."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


class DecisionState(StrEnum):
    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class MaterialKind(StrEnum):
    """What a material points to: a resource of the library above, or a media file."""

    RESOURCE = "resource"
    FILE = "file"


# The roster of the day

MEMBERS = frozenset({PartyStatus.FULL, PartyStatus.PROBATIONARY})
ON_DUTY = frozenset({DutyStatus.ON_DUTY, DutyStatus.SECONDED})


def is_due(rule: RosterRule, party: PartyStatus, duty: DutyStatus, *, is_chosen: bool) -> bool:
    """Due (应到) by the statuses of the day. Those who belong elsewhere that day are not asked about."""
    if duty not in ON_DUTY or (rule.is_chosen and not is_chosen):
        return False
    return party in MEMBERS or rule in (RosterRule.STAFF, RosterRule.CHOSEN)


def not_due_words(party: PartyStatus, duty: DutyStatus) -> str:
    """Why somebody of the roster is not due, in one word or two."""
    on_leave = {DutyStatus.LONG_ILL: "长期病休", DutyStatus.RETIRED: "退休"}
    if duty in on_leave:
        return on_leave[duty]
    return {PartyStatus.ACTIVIST: "积极分子", PartyStatus.NONE: "群众"}.get(party, "不在名单")


@dataclass(frozen=True)
class Count:
    """What a roll comes to. Leave and absence are of the due only; `others` are present without being due, visitors included."""

    due: int
    present: int
    leave: int
    absent: int
    others: int = 0

    @property
    def open(self) -> int:
        """Due without a mark yet."""
        return self.due - self.present - self.leave - self.absent

    @property
    def rate(self) -> Fraction | None:
        """Present ÷ due; None when nobody is due."""
        return Fraction(self.present, self.due) if self.due else None

    @property
    def tone(self) -> str:
        """ "done", or "amber" below 85 % and "red" below 80 %."""
        if self.rate is None or self.rate >= AMBER:
            return "done"
        return "red" if self.rate < RED else "amber"


def count(lines: Iterable[tuple[bool, Mark | None]]) -> Count:
    """Of (is due, mark) of each line."""
    all_lines = list(lines)
    of_due = [mark for is_due, mark in all_lines if is_due]
    others = sum(mark is Mark.PRESENT for is_due, mark in all_lines if not is_due)
    return Count(len(of_due), of_due.count(Mark.PRESENT), of_due.count(Mark.LEAVE), of_due.count(Mark.ABSENT), others)


def mark_at_closing(mark: Mark | None, *, is_due: bool, has_leave: bool) -> Mark:
    """What stands on the closed roll of somebody who had this mark, or none, while it was open."""
    if mark is Mark.PRESENT:
        return mark
    if not is_due:
        return Mark.NOT_DUE
    if mark in (Mark.LEAVE, Mark.ABSENT):
        return mark
    return Mark.LEAVE if has_leave else Mark.ABSENT


def may_overwrite(standing: Mark | None, way: Way | None, new: Mark, seen: Mark | None) -> bool:
    """Whether a tap wins. Somebody who signed in by themselves stays present unless the keeper saw that and says otherwise: a roll
    that waited on a device without network knows nothing of it."""
    return not (standing is Mark.PRESENT and way is Way.QR and new is not Mark.PRESENT and seen is not Mark.PRESENT)


# Time


def locks_at(ends_at: datetime, overrides: Mapping[date, bool]) -> datetime:
    """The end of the third working day after the day on which the gathering ends."""
    last = clock.add_working_days(clock.today(ends_at), LOCK_AFTER_WORKING_DAYS, overrides)
    return clock.start_of(last + timedelta(days=1))


def roll_opens_at(starts_at: datetime) -> datetime:
    return starts_at - ROLL_OPENS_BEFORE


def first_friday(month: date) -> date:
    """The first Friday of the month that begins on that day."""
    return month + timedelta(days=(4 - month.weekday()) % 7)


def usual_day(today: date) -> date:
    """What a new gathering's form proposes: this month's first Friday while it is to come, otherwise the next Friday."""
    first = first_friday(today.replace(day=1))
    return first if first >= today else today + timedelta(days=(4 - today.weekday()) % 7)


def same_name(one: str, other: str) -> bool:
    """Whether a room or a person from outside is the same by name: without spaces, in one letter case."""
    return "".join(one.split()).casefold() == "".join(other.split()).casefold()


class Step(StrEnum):
    """What a gathering asks of its keeper next."""

    WAIT = "wait"
    ROLL = "roll"
    MINUTES = "minutes"
    NOTHING = "nothing"


def next_step(state: GatheringState, starts_at: datetime, *, is_written: bool, now: datetime) -> Step:
    if state is GatheringState.PLANNED:
        return Step.ROLL if now >= roll_opens_at(starts_at) else Step.WAIT
    return Step.MINUTES if state is GatheringState.HELD and not is_written else Step.NOTHING


_NUMBERED = re.compile(r"^(?:\d{1,2}|[一二三四五六七八九十]{1,3})\s*[、.．)）]\s*")


def clean_agenda(text: str) -> list[str]:
    """One item a line, without numbers in front and empty lines; at most 20 of 100 characters."""
    lines = (_NUMBERED.sub("", line.strip()) for line in text.splitlines())
    return [line[:100] for line in lines if line][:20]


def differences(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, list[object]]:
    """Key → [old, new] of what differs, for the history."""
    keys: Sequence[str] = [*before, *(key for key in after if key not in before)]
    return {key: [before.get(key), after.get(key)] for key in keys if before.get(key) != after.get(key)}
