"""Workbooks the back office hands out."""

from collections.abc import Mapping, Sequence

from lms.people.models import Person
from lms.people.queries import Place
from lms.people.roster_rules import REQUIRED, TITLES
from lms.people.rules import DUTY_STATUSES, PARTY_STATUSES, RANK_BANDS
from lms.web.spreadsheets import Sheet, write_workbook

# What an exported list holds, and nothing else: no phone, no password state.
PEOPLE = ("工号", "姓名", "单位", "支部", "职级类别", "职务", "出生年份", "政治面貌", "在岗状态", "账号")


def people_workbook(people: Sequence[Person], places: Mapping[int, Place]) -> bytes:
    """One line for each person, with the place on the day of the export."""
    return write_workbook([Sheet("人员名册", PEOPLE, [_line(person, places.get(person.id)) for person in people])])


def _line(person: Person, place: Place | None) -> list[str]:
    return [
        person.staff_no,
        person.name,
        place.unit_name if place else "",
        place.branch_name if place else "",
        RANK_BANDS[person.rank_band],
        person.title,
        str(person.birth_year or ""),
        PARTY_STATUSES[place.party_status] if place else "",
        DUTY_STATUSES[place.duty_status] if place else "",
        "停用" if person.disabled_at else "在用",
    ]


def roster_template(units: Sequence[str], branches: Sequence[str]) -> bytes:
    """The empty roster, with lists to choose from, and a page that says how it is filled in."""
    columns = list(TITLES)
    lists = {
        "unit": units,
        "branch": branches,
        "rank_band": list(RANK_BANDS.values()),
        "party_status": list(PARTY_STATUSES.values()),
        "duty_status": list(DUTY_STATUSES.values()),
    }
    header = [TITLES[name] + ("*" if name in REQUIRED else "") for name in columns]
    chosen = {columns.index(name): values for name, values in lists.items() if values}
    return write_workbook([Sheet("花名册", header, choices=chosen), Sheet("填写说明", ("列", "怎么填"), _HOW)])


_HOW = (
    ("工号", "必填。登录用，每人一个，不能重复。"),
    ("姓名", "必填。"),
    ("单位", "必填。从列表里选；名称要和系统里的一致。"),
    ("支部", "可以不填。从列表里选。"),
    ("职级类别", "必填。从列表里选。"),
    ("职务", "可以不填。"),
    ("出生年份", "可以不填。四位数字。"),
    ("政治面貌", "不填按“群众”。"),
    ("在岗状态", "不填按“在岗”。"),
    ("手机号", "可以不填。11 位，加密保存，只用来登录。"),
)
