"""Reading a roster (花名册) that people keep in Excel: which column is what, what each cell means, and a sentence for each fault."""

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from lms.people.rules import (
    DUTY_STATUSES,
    PARTY_STATUSES,
    RANK_BANDS,
    DutyStatus,
    PartyStatus,
    RankBand,
    normal_identity,
    normal_phone,
)

HEADER_WITHIN = 15  # titles and notes may stand above the header
QUOTE_LIMIT = 40

# Field → its title in our template, then the other titles it is known by.
HEADERS = {
    "staff_no": ("工号", "职工号", "员工号", "人员编号", "工作证号", "职工编号"),
    "name": ("姓名", "名字", "人员姓名"),
    "unit": ("单位", "所在单位", "工作单位", "所属单位", "单位名称", "部门", "处室", "科室", "所在部门"),
    "branch": ("支部", "党支部", "所在支部", "所在党支部", "所属支部", "支部名称"),
    "rank_band": ("职级类别", "职级", "级别", "人员类别", "职务级别", "职务职级"),
    "title": ("职务", "岗位", "职位"),
    "birth_year": ("出生年份", "出生年", "出生年月", "出生日期", "生年"),
    "party_status": ("政治面貌", "党员身份", "党员状态", "面貌"),
    "duty_status": ("在岗状态", "人员状态", "在职状态", "状态"),
    "phone": ("手机号", "手机", "手机号码", "联系电话", "电话", "联系方式"),
}
TITLES = {name: spellings[0] for name, spellings in HEADERS.items()}
REQUIRED = ("staff_no", "name", "unit", "rank_band")
_FIELD_OF = {spelling: name for name, spellings in HEADERS.items() for spelling in spellings}

_RANK_WORDS = {
    RankBand.COUNTY: ("县处级", "正处级", "副处级", "处级", "县处级以上", "调研员", "二级巡视员", "厅级"),
    RankBand.TOWNSHIP: ("乡科级", "正科级", "副科级", "科级", "股级", "科员", "办事员", "主任科员"),
    RankBand.TECHNICAL: ("专技", "专业技术人员", "技术人员", "工程师", "专业技术岗"),
}
_PARTY_WORDS = {
    PartyStatus.FULL: ("正式", "党员", "中共党员", "中共正式党员", "共产党员"),
    PartyStatus.PROBATIONARY: ("预备", "中共预备党员"),
    PartyStatus.ACTIVIST: ("入党积极分子", "发展对象"),
    PartyStatus.NONE: ("团员", "共青团员", "无党派", "无党派人士", "民主党派", "无", "非党员"),
}
_DUTY_WORDS = {
    DutyStatus.ON_DUTY: ("在职", "正常", "在编在岗"),
    DutyStatus.LONG_ILL: ("病休", "长病", "长期病假"),
    DutyStatus.RETIRED: ("退休人员", "离退休", "已退休"),
    DutyStatus.SECONDED: ("借调人员", "挂职", "借入", "借用"),
}


def plain(text: str) -> str:
    """Text as it is compared: compatible width, no space, no sign of a required column."""
    return re.sub(r"[\s*＊]+", "", unicodedata.normalize("NFKC", text))


def _words(labels: Mapping, more: Mapping) -> dict[str, object]:  # type: ignore[type-arg]
    return {plain(word): value for value, label in labels.items() for word in (label, *more[value])}


_RANKS = _words(RANK_BANDS, _RANK_WORDS)
_PARTIES = _words(PARTY_STATUSES, _PARTY_WORDS)
_DUTIES = _words(DUTY_STATUSES, _DUTY_WORDS)


@dataclass(frozen=True)
class Problem:
    """A cell (or a whole row, when there is no column) that cannot be taken. `row` as Excel counts."""

    row: int
    column: str
    message: str

    @property
    def sentence(self) -> str:
        return f"第 {self.row} 行{f'“{self.column}”' if self.column else ''}：{self.message}"


@dataclass(frozen=True)
class RosterLine:
    """One person as the file has them, every cell understood."""

    row: int
    staff_no: str
    name: str
    unit_id: int
    branch_id: int | None
    rank_band: RankBand
    title: str
    birth_year: int | None
    party_status: PartyStatus
    duty_status: DutyStatus
    phone: str | None


@dataclass(frozen=True)
class Places:
    """The nodes of one tree by every name they go by."""

    ids: Mapping[str, int]
    names: Sequence[str]
    _guessed: dict[str, str] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, nodes: Sequence[tuple[int, str, str]]) -> "Places":
        """From (id, name, short name); a full name wins over a short one, a short name that two share counts for nothing."""
        short = [plain(s) for _, _, s in nodes]
        ids = {plain(s): node_id for node_id, _, s in nodes if s and short.count(plain(s)) == 1}
        return cls(ids | {plain(name): node_id for node_id, name, _ in nodes}, [name for _, name, _ in nodes])

    @cached_property
    def _plain_names(self) -> dict[str, str]:
        return {plain(name): name for name in self.names}

    def find(self, text: str) -> int | None:
        return self.ids.get(plain(text))

    def nearest(self, text: str) -> str:
        """The name that looks most like the text, or ""."""
        wanted = plain(text)
        if wanted not in self._guessed:
            found = difflib.get_close_matches(wanted, self._plain_names, n=1, cutoff=0.5)
            self._guessed[wanted] = self._plain_names[found[0]] if found else ""
        return self._guessed[wanted]


@dataclass
class Reading:
    """What a file holds: the lines that can be taken, and what is wrong with the others."""

    lines: list[RosterLine] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_roster(rows: Sequence[Sequence[str]], units: Places, branches: Places, *, this_year: int) -> Reading:
    """Every row below the header is a line or has at least one problem; empty rows are passed over."""
    reading = Reading()
    header = next(
        (n for n, row in enumerate(rows[:HEADER_WITHIN]) if {"staff_no", "name"} <= _columns(row).keys()), None
    )
    if header is None:
        reading.problems.append(
            Problem(1, "", "没有找到表头。表头要有“工号”“姓名”“单位”“职级类别”，可以下载模板对照。")
        )
        return reading
    columns = _columns(rows[header])
    missing = [TITLES[name] for name in REQUIRED if name not in columns]
    if missing:
        reading.problems.append(
            Problem(header + 1, "", f"表头缺少{'、'.join(f'“{m}”' for m in missing)}列，可以下载模板对照。")
        )
        return reading
    titles = {name: rows[header][column].strip() for name, column in columns.items()}
    seen: dict[str, int] = {}
    for number, row in enumerate(rows[header + 1 :], header + 2):
        cells = {name: _cell(row, column) for name, column in columns.items()}
        if any(cells.values()):
            _Row(number, cells, titles, units, branches, this_year).read_into(reading, seen)
    return reading


def _columns(row: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for column, text in enumerate(row):
        name = _FIELD_OF.get(re.sub(r"\(.*?\)", "", plain(text)))
        if name is not None:
            found.setdefault(name, column)
    return found


def _cell(row: Sequence[str], column: int) -> str:
    text = row[column] if column < len(row) else ""
    return " ".join(unicodedata.normalize("NFKC", text).split())


class _Row:
    """One row on its way to a line."""

    def __init__(
        self,
        number: int,
        cells: dict[str, str],
        titles: dict[str, str],
        units: Places,
        branches: Places,
        this_year: int,
    ) -> None:
        self.number, self.cells, self.titles = number, cells, titles
        self.units, self.branches, self.this_year = units, branches, this_year
        self.problems: list[Problem] = []

    def read_into(self, reading: Reading, seen: dict[str, int]) -> None:
        staff_no = normal_identity(self._required("staff_no", 20))
        if staff_no in seen:
            self._wrong("staff_no", f"“{staff_no}”和第 {seen[staff_no]} 行重复，只留一行。")
        elif staff_no:
            seen[staff_no] = self.number
        line = RosterLine(
            row=self.number,
            staff_no=staff_no,
            name=self._required("name", 40),
            unit_id=self._place("unit", self.units) or 0,
            branch_id=self._place("branch", self.branches),
            rank_band=self._word("rank_band", _RANKS, RANK_BANDS) or RankBand.TOWNSHIP,  # type: ignore[arg-type]
            title=self._at_most("title", 60),
            birth_year=self._birth_year(),
            party_status=self._word("party_status", _PARTIES, PARTY_STATUSES) or PartyStatus.NONE,  # type: ignore[arg-type]
            duty_status=self._word("duty_status", _DUTIES, DUTY_STATUSES) or DutyStatus.ON_DUTY,  # type: ignore[arg-type]
            phone=self._phone(),
        )
        if self.problems:
            reading.problems += self.problems
        else:
            reading.lines.append(line)

    def _wrong(self, name: str, message: str) -> None:
        self.problems.append(Problem(self.number, self.titles.get(name, TITLES[name]), message))

    def _text(self, name: str) -> str:
        return self.cells.get(name, "")

    def _quoted(self, name: str) -> str:
        text = self._text(name)
        return f"“{text[:QUOTE_LIMIT]}{'…' if len(text) > QUOTE_LIMIT else ''}”"

    def _required(self, name: str, limit: int) -> str:
        if not self._text(name):
            self._wrong(name, "没有填写，请补上。")
        return self._at_most(name, limit)

    def _at_most(self, name: str, limit: int) -> str:
        text = self._text(name)
        if len(text) > limit:
            self._wrong(name, f"{self._quoted(name)}太长，最多 {limit} 个字。")
        return text

    def _place(self, name: str, places: Places) -> int | None:
        text = self._text(name)
        if not text:
            if name in REQUIRED:
                self._wrong(name, "没有填写，请补上。")
            return None
        found = places.find(text)
        if found is None:
            near = places.nearest(text)
            what = {"unit": "单位", "branch": "支部"}[name]
            hint = f"是不是“{near}”？" if near else f"请先在“{what}”里添加，或改成已有的名称。"
            self._wrong(name, f"没有名为{self._quoted(name)}的{what}，{hint}")
        return found

    def _word(self, name: str, words: Mapping[str, object], labels: Mapping[object, str]) -> object:
        text = self._text(name)
        if not text:
            if name in REQUIRED:
                self._wrong(name, f"没有填写，请填{'、'.join(labels.values())}之一。")
            return None
        found = words.get(plain(text))
        if found is None:
            self._wrong(name, f"不认识{self._quoted(name)}，请填{'、'.join(labels.values())}之一。")
        return found

    def _birth_year(self) -> int | None:
        text = self._text("birth_year")
        if not text:
            return None
        found = re.match(r"(\d{4})(?:$|[-/.年]|\d{2}$|\d{4}$)", text)
        year = int(found[1]) if found else 0
        if not 1900 < year <= self.this_year - 15:
            self._wrong("birth_year", f"{self._quoted('birth_year')}不是出生年份，请填四位数字，例如 1988。")
        return year

    def _phone(self) -> str | None:
        text = self._text("phone")
        phone = normal_phone(text)
        if text and phone is None:
            self._wrong("phone", f"应是 11 位手机号，现在是 {len(text)} 个字符。")
        return phone
