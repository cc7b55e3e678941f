"""The trees of the demonstration bureau on paper: 40 units and 90 Party branches."""

from collections.abc import Iterator
from dataclasses import dataclass

from lms.demo import cast

NUMERALS = "一二三四五六七八九十"


@dataclass(frozen=True)
class UnitPlan:
    """A unit below its parent, how many work there, how many Party branches it has and whether a general branch unites them."""

    name: str
    heads: int
    parent: str = cast.BUREAU
    branches: int = 1
    united: bool = False
    technical_percent: int = 10


@dataclass(frozen=True)
class BranchPlan:
    """A branch below its parent, drawing its members from a unit (None: a node without members of its own)."""

    name: str
    parent: str
    unit: str | None


OFFICES = (
    UnitPlan(cast.LEADERS, 9),
    UnitPlan(cast.OFFICE, 26),
    UnitPlan("办公室", 34),
    UnitPlan("法规处", 18),
    UnitPlan("财务审计处", 20),
    UnitPlan("用途管制处", 26),
    UnitPlan("国土空间规划处", 28),
    UnitPlan("耕地保护监督处", 24),
    UnitPlan("生态修复处", 22),
    UnitPlan("矿产资源管理处", 20),
    UnitPlan("测绘地理信息管理处", 20),
    UnitPlan("自然资源确权登记处", 22),
    UnitPlan("调查监测处", 22),
    UnitPlan("执法监督处", 26),
)
INSTITUTES = (
    UnitPlan("不动产登记中心", 268, branches=9, united=True, technical_percent=30),
    UnitPlan("测绘地理信息院", 190, branches=7, united=True, technical_percent=75),
    UnitPlan("国土空间规划编研中心", 122, branches=4, united=True, technical_percent=75),
    UnitPlan("土地储备中心", 57, branches=3, technical_percent=30),
    UnitPlan("地质环境监测站", 74, branches=3, technical_percent=70),
    UnitPlan("自然资源信息中心", 52, branches=2, technical_percent=65),
    UnitPlan("综合执法支队", 136, branches=5, united=True),
)
DISTRICTS = (
    UnitPlan(cast.NORTH, 84, branches=4),
    UnitPlan(cast.SOUTH, 78, branches=2),
    UnitPlan("东区分局", 82, branches=3, united=True),
    UnitPlan("西区分局", 76, branches=3, united=True),
    UnitPlan("高新区分局", 70, branches=3, united=True),
    UnitPlan("江口分局", 80, branches=3, united=True),
)
STATIONS = tuple(
    UnitPlan(f"{place}自然资源所", heads, parent=district)
    for district, places in (
        (cast.NORTH, (("北岭", 26), ("沙河", 24))),
        (cast.SOUTH, (("南浦", 27), ("青石", 23))),
        ("东区分局", (("东湖", 28), ("柳塘", 24))),
        ("西区分局", (("西山", 26), ("白泉", 25))),
        ("高新区分局", (("云溪", 27), ("麓谷桥", 26))),
        ("江口分局", (("江口", 30), ("浏河", 28))),
    )
    for place, heads in places
)
UNITS = (*OFFICES, *INSTITUTES, *DISTRICTS, *STATIONS)
VETERANS = tuple(f"离退休第{n}支部" for n in NUMERALS[:5])


def list_branches() -> list[BranchPlan]:
    """Every branch below the Party committee, each parent before its children."""
    made = []
    for number, unit in enumerate(_offices_in_order()):
        made.append(BranchPlan(f"机关第{_numeral(number)}支部", cast.PARTY, unit.name))
    for unit in (*INSTITUTES, *DISTRICTS, *STATIONS):
        made += _branches_of(unit)
    return made + [BranchPlan(name, cast.PARTY, None) for name in VETERANS]


def _offices_in_order() -> list[UnitPlan]:
    """The cast's office first: its branch is 机关第一支部. The leaders belong to it too, so they have none of their own."""
    return [unit for unit in OFFICES if unit.name == cast.OFFICE] + [
        unit for unit in OFFICES if unit.name not in (cast.OFFICE, cast.LEADERS)
    ]


def _branches_of(unit: UnitPlan) -> Iterator[BranchPlan]:
    parent = cast.PARTY
    if unit.united:
        parent = f"{unit.name}党总支"
        yield BranchPlan(parent, cast.PARTY, None)
    if unit.branches == 1:
        yield BranchPlan(f"{unit.name}支部", parent, unit.name)
        return
    for number in range(unit.branches):
        yield BranchPlan(_branch_name(unit, number), parent, unit.name)


def _branch_name(unit: UnitPlan, number: int) -> str:
    """South has one branch that is called without a number, as the cast knows it."""
    if unit.name == cast.SOUTH and number == 0:
        return cast.SOUTH_BRANCH
    return f"{unit.name}第{_numeral(number)}支部"


def _numeral(number: int) -> str:
    """0 → 一, 9 → 十, 10 → 十一."""
    tens, ones = divmod(number + 1, 10)
    return ("十" if tens == 1 else NUMERALS[tens - 1] + "十" if tens else "") + (NUMERALS[ones - 1] if ones else "")
