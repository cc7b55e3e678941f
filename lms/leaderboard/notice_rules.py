"""The notice period (公示) of a list before it becomes final: its days, when an objection may be filed, what keeps a list back. Pure."""

from datetime import date

NOTICE_DAYS = 5
OBJECTION_LENGTH = 500


def may_object(until_on: date | None, today: date) -> bool:
    """Whether the notice period that ends with that day, which is whole, still runs."""
    return until_on is not None and today <= until_on


def days(first: date, last: date) -> str:
    """11月23日—27日, or with both months."""
    end = f"{last.day}日" if (first.year, first.month) == (last.year, last.month) else f"{last.month}月{last.day}日"
    return f"{first.month}月{first.day}日—{end}"


def publication_obstacle(
    *, notice_until_on: date | None, today: date, open_objections: int, reviewer_id: int | None, actor_id: int
) -> str | None:
    """Why a list in its notice period cannot be published by this person today, or None. The last day of the notice period is whole."""
    if notice_until_on is None or today <= notice_until_on:
        last = f"{notice_until_on.month}月{notice_until_on.day}日" if notice_until_on else ""
        return f"公示到 {last} 结束，次日起可以公布。"
    if open_objections:
        return f"还有 {open_objections} 条异议没有答复，答复后才能公布。"
    if reviewer_id == actor_id:
        return "复核和公布须由两个人完成，请另一位有公布权限的同事操作。"
    return None
