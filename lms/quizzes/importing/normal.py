"""What a reader gives, and the many spellings of kinds, keys, truth and law brought to one form."""

import re
from dataclasses import asdict, dataclass, field

from lms.quizzes.rules import TYPED, Key, Kind, letter

# One character to one character, so that a position found in the shadow is a position in the original text.
_HALF = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xA0: 0x20, 0x09: 0x20}
_UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}


def shadow(text: str) -> str:
    """`text` with full-width ASCII made half-width and Latin letters upper-case; same length."""
    return text.translate(_HALF).translate(_UPPER)


@dataclass
class Problem:
    """One thing that could not be read. `row` counts from 1; `column` is a sheet's letter or, in text, the part's name."""

    row: int
    column: str
    text: str
    message: str


@dataclass
class Draft:
    """A question that passed `content_rules.faults` and can be kept as it is."""

    row: int
    kind: Kind
    stem: str
    options: list[str]
    key: Key
    explanation: str = ""
    basis: dict[str, str] = field(default_factory=dict)
    difficulty: int = 2
    line: str = ""
    prompts: list[str] = field(default_factory=list)
    material: str = ""
    marking: dict[str, object] = field(default_factory=dict)
    """What `rules.Marking.stored` gives."""

    def as_json(self) -> dict[str, object]:
        """The key is written as people write it: letters (for matching one a prompt, for ordering in the right order), true or
        false, or lists of alternatives."""
        shown: object = [list(each) if not isinstance(each, (int, str)) else each for each in self.key]
        if self.kind is Kind.BOOLEAN:
            shown = self.key[0] == 0
        elif self.kind not in TYPED:
            shown = [letter(number) for number in self.key if isinstance(number, int)]
        return asdict(self) | {"kind": self.kind.value, "key": shown}


@dataclass
class Reading:
    questions: list[Draft] = field(default_factory=list)
    errors: list[Problem] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        return {"questions": [q.as_json() for q in self.questions], "errors": [asdict(e) for e in self.errors]}


# --- single values ---------------------------------------------------------------------------------------------------

_TRUE = {"正确", "对", "是", "√", "✓", "✔", "☑", "对的", "正确的", "T", "TRUE", "Y", "YES", "RIGHT"}
_FALSE = {"错误", "错", "否", "×", "✗", "✘", "X", "☒", "╳", "错的", "错误的", "不对", "不正确", "不是", "非"}
_FALSE |= {"F", "FALSE", "N", "NO", "WRONG"}
_WRAPPING = " .。,;；、:()[]【】「」《》“”\"'"


def truth(text: str) -> bool | None:
    """True, False, or None when `text` is no word for either."""
    word = shadow(text).strip(_WRAPPING)
    return True if word in _TRUE else False if word in _FALSE else None


_CIRCLED = {chr(0x2460 + n): chr(ord("A") + n) for n in range(10)}
_ARROWS = re.compile(r"\s*(?:[-—–=]*[>→]+|[-—–]+|<|＜|,)\s*")


def order_of(text: str) -> list[int] | None:
    """Item numbers of an order: `CABD`, `C→A→B`, `C-A-B`, `③①②`, `3,1,2`; None when it is something else."""
    if len(text) > 100:
        return None
    word = shadow("".join(_CIRCLED.get(each, each) for each in text)).strip(_WRAPPING)
    word = _ARROWS.sub(",", word)
    if re.fullmatch(r"\d{1,2}(?:[,、;\s]+\d{1,2})*|[1-9]{2,}", word):
        numbers = re.findall(r"\d+", word) if not word.isdigit() else list(word)
        return [int(each) - 1 for each in numbers]
    return letters(word)


_LETTERS = re.compile(r"[A-J](?:[\s,;；、/|.。+&和与及]*[A-J])*")


def letters(text: str) -> list[int] | None:
    """Option numbers from `AB`, `A,B`, `A；B`, `(A)`, `ABC。` …, in the order written; None when it is something else."""
    word = re.sub(r"^(?:答案)?[选为是]?\s*", "", shadow(text).strip(_WRAPPING))
    if not _LETTERS.fullmatch(word):
        return None
    return [ord(each) - ord("A") for each in word if "A" <= each <= "J"]


_KINDS = {
    Kind.SINGLE: ("单选", "单项选择", "单一选择", "SINGLE", "RADIO"),
    Kind.MULTIPLE: ("多选", "多项选择", "不定项", "MULTIPLE", "CHECKBOX", "MULTI"),
    Kind.BOOLEAN: ("判断", "是非", "对错", "BOOLEAN", "TRUEFALSE", "JUDGE"),
    Kind.BLANK: ("填空", "BLANK", "FILL"),
    Kind.NUMERIC: ("数值", "计算", "NUMERIC"),
    Kind.MATCHING: ("匹配", "连线", "配对", "MATCH"),
    Kind.ORDERING: ("排序", "ORDERING"),
    Kind.SHORT: ("简答", "问答", "论述", "名词解释", "辨析", "简述", "写作", "作文", "ESSAY", "SHORT"),
}
_CASE = re.compile(r"案例|材料(?:$|题|分析|解析)|共[用享]题干|(?:分析|综合)题|CASE")
_UNSUPPORTED = (
    "作图",
    "绘图",
    "制图",
    "识图",
    "听力",
    "口语",
    "面试",
    "实操",
    "操作",
    "编程",
    "拖拽",
    "完形填空",
    "完型填空",
)
_BARE_MARKS = ("单选", "多选", "判断", "填空", "不定项", "单项选择", "多项选择", "不定项选择", "名词解释", "是非")


def kind_of(text: str) -> Kind | None:
    """The kind a word such as 多项选择题 names; None for 选择题, for a case and for anything else."""
    word = shadow(text)
    return next((kind for kind, names in _KINDS.items() if any(name in word for name in names)), None)


def is_case(text: str) -> bool:
    """Whether a word such as 案例分析题 names questions that share a stem, whatever kind their parts are."""
    word = shadow(text)
    return kind_of(word) is None and _CASE.search(word.strip()) is not None


def is_kind_mark(word: str) -> bool:
    """Whether a word in brackets at the edge of a stem is there to name the kind: 单选, 排序题; not 分析."""
    named = kind_of(word) or is_case(word) or unsupported_kind(word)
    return bool(named) and len(word) <= 7 and (word.strip().endswith("题") or word.strip() in _BARE_MARKS)


def unsupported_kind(text: str) -> str | None:
    """The name of a kind that exists in the world but not here."""
    name = next((name for name in _UNSUPPORTED if name in text), None)
    if name is None or (kind_of(text) and not name.endswith("填空")):
        return None
    return name if name.endswith("填空") else f"{name}题"


_DIFFICULTIES = {"易": 1, "容易": 1, "简单": 1, "较易": 1, "低": 1, "EASY": 1, "1": 1}
_DIFFICULTIES |= {"中": 2, "中等": 2, "一般": 2, "适中": 2, "普通": 2, "MEDIUM": 2, "NORMAL": 2, "2": 2}
_DIFFICULTIES |= {"难": 3, "困难": 3, "较难": 3, "高": 3, "HARD": 3, "DIFFICULT": 3, "3": 3}


def difficulty_of(text: str) -> int | None:
    return _DIFFICULTIES.get(shadow(text).strip(_WRAPPING))


_ARTICLE = re.compile(
    r"^[《<]?(?P<law>[^《》<>]{2,80}?)[》>]?\s*(?:[（(](?P<version>[^（）()]*\d{4}[^（）()]*)[）)])?\s*"
    r"(?P<article>第[一二三四五六七八九十百千零〇\d]+条(?:之[一二三四五六七八九十]+)?(?:第[一二三四五六七八九十\d]+[款项目])*)"
    r"[\s:：,，。;；]*(?:规定[:：,，]?)?\s*(?P<quote>.*)$",
    re.DOTALL,
)


def basis_of(text: str) -> dict[str, str]:
    """Law, version, article and quote out of `《土地管理法》（2019年修正）第四十五条：“…”`; all of it is the law when it
    has another form."""
    found = _ARTICLE.match(text.strip())
    parts = found.groupdict() if found else {"law": text}
    cleaned = {name: (value or "").strip(" \n“”\"'") for name, value in parts.items()}
    return {name: value for name, value in cleaned.items() if value}


# A slash between two digits is a fraction, not "or".
_OR = re.compile(r"\s*(?:\|+|｜|//|(?<!\d)[/／]|[/／](?!\d))\s*")


def blanks(text: str, count: int) -> list[list[str]]:
    """Answers of a blank question: `；` between blanks, `/` or `|` between alternatives. Where the stem shows several
    blanks and no `；` is used, commas or white space divide if that gives the right number."""
    parts = [part for part in re.split(r"[;；\n]", text) if part.strip()]
    if count > 1 and len(parts) == 1:
        for divider in (r"[,，、]", r"\s+"):
            tried = [part for part in re.split(divider, text.strip()) if part.strip()]
            if len(tried) == count:
                parts = tried
                break
    return [[word.strip() for word in _OR.split(part.strip()) if word.strip()] for part in parts]
