"""What an archived year holds, its digest, and what differs between two versions. Pure."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import Any

Facts = Mapping[str, Any]
"""JSON values only: `person` and `standards`, and a list of rows for each of SECTIONS."""

SECTIONS = {
    "hours": "学时记录",
    "contests": "业务比拼",
    "honours": "荣誉",
    "classes": "培训班",
    "lectures": "上讲台",
    "postings": "实践锻炼",
    "mentors": "导师结对",
}
CLOSES = (2, 1)
"""Month and day of the next year on which a year closes by itself: claims of the year may be filed until the day before."""


def closes_on(year: int) -> date:
    return date(year + 1, *CLOSES)


def due_years(years: list[int], closed: set[int], today: date) -> list[int]:
    """Those that should be closed by now and are not, oldest first."""
    return sorted(year for year in years if year not in closed and today >= closes_on(year))


def digest_of(facts: Facts) -> str:
    """SHA-256 of the facts in one canonical form: keys sorted, no blanks, UTF-8."""
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def differences(old: Facts, new: Facts) -> list[str]:
    """What a reader would notice, in words; empty when nothing of it changed."""
    found = [
        f"{_words(key)}：{old['person'].get(key, '')} → {value}"
        for key, value in new["person"].items()
        if old["person"].get(key, "") != value
    ]
    found += _changed_standards(old, new)
    for section, label in SECTIONS.items():
        before, after = (
            [json.dumps(row, ensure_ascii=False, sort_keys=True) for row in facts[section]] for facts in (old, new)
        )
        found += [f"{label}增加：{_title(json.loads(row))}" for row in after if row not in before]
        found += [f"{label}去掉：{_title(json.loads(row))}" for row in before if row not in after]
    return found


def _changed_standards(old: Facts, new: Facts) -> list[str]:
    earned = {row["label"]: row["earned"] for row in old["standards"]}
    return [
        f"{row['label']}：{hours_of(earned.get(row['label'], 0))} → {hours_of(row['earned'])} 学时"
        for row in new["standards"]
        if earned.get(row["label"], 0) != row["earned"]
    ]


def _title(row: Mapping[str, Any]) -> str:
    return f"{row['title']}（{row['on']}）"


def _words(key: str) -> str:
    return {"name": "姓名", "staff_no": "工号", "unit": "单位", "branch": "支部", "rank": "职级"}.get(key, key)


def hours_of(quarters: int) -> str:
    """Quarters as hours: 1.25, 2, 0.5."""
    return f"{quarters / 4:.2f}".rstrip("0").rstrip(".")
