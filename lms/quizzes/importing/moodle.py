"""Moodle XML: `<quiz>` with `<question type="…">`. Types without a place in our bank are named, pictures are named as lost."""

import re
from decimal import Decimal, InvalidOperation

from lms.quizzes.grade_rules import number_of
from lms.quizzes.importing.assembling import Raw, accept
from lms.quizzes.importing.carriers import apply_tags, take_tail, without_material
from lms.quizzes.importing.gift_answers import plain_number
from lms.quizzes.importing.normal import Draft, Problem, Reading
from lms.quizzes.importing.prose import html_text
from lms.quizzes.rules import TRUTH_OPTIONS, Kind, Marking
from lms.untrusted.markup import BadMarkup, Node, parse

_UNSUPPORTED = {
    "description": "说明文字", "calculated": "计算题（带变量）", "calculatedsimple": "计算题（带变量）", "calculatedmulti": "计算选择题（带变量）",
    "cloze": "完形填空", "multianswer": "完形填空", "ddwtos": "拖放填空题", "gapselect": "选词填空题", "ddmarker": "拖放标记题",
    "ddimageortext": "拖放图片题", "randomsamatch": "随机匹配题", "random": "随机题",
}  # fmt: skip


class _Unsupported(Exception):
    """What is named instead of read; the message is a sentence."""


def read_moodle(data: bytes) -> Reading:
    """Rows are line numbers of the file."""
    try:
        root = parse(data)
    except BadMarkup as bad:
        return Reading(errors=[Problem(bad.line, "", "", str(bad))])
    reading, line_name = Reading(), ""
    if root.name != "quiz":
        reading.errors.append(Problem(1, "", f"<{root.name}>", "不是 Moodle XML；它的第一个元素应当是 <quiz>"))
        return reading
    for node in root.all("question"):
        if node.attributes.get("type") == "category":
            category = node.first("category")
            path = category.get("text") if category else ""
            line_name = path.rstrip("/").rpartition("/")[2].strip()
            line_name = "" if line_name in ("top", "Default") else line_name
        else:
            _Question(reading, node, line_name).read()
    return reading


class _Question:
    def __init__(self, reading: Reading, node: Node, line_name: str) -> None:
        self.reading, self.node = reading, node
        self.lost: list[str] = []
        self.remarks: list[tuple[str, str, str]] = []
        stem = self._html(node.first("questiontext"))
        self.draft = Draft(node.line, Kind.SINGLE, stem, [], [], line=line_name)

    def read(self) -> None:
        name = self.node.attributes.get("type", "")
        try:
            reader = {
                "multichoice": self._multichoice, "truefalse": self._truefalse, "shortanswer": self._shortanswer,
                "numerical": self._numerical, "matching": self._matching, "match": self._matching,
                "ordering": self._ordering, "essay": self._essay, "cloze": self._cloze, "multianswer": self._cloze,
            }.get(name)  # fmt: skip
            if reader is None:
                known = _UNSUPPORTED.get(name, f"类型为“{name}”的题")
                raise _Unsupported(f"{known}没有对应的题型，没有读入")
            reader()
        except _Unsupported as unsupported:
            quoted = self.draft.stem or self._named()
            self.reading.errors.append(Problem(self.node.line, "题型", quoted[:200], str(unsupported)))
            return
        self._keep()

    def _keep(self) -> None:
        draft = self.draft
        draft.stem, draft.material = without_material(draft.stem)
        tail = self._html(self.node.first("generalfeedback"))
        rubric, key = draft.marking.get("rubric"), draft.key
        take_tail(draft, tail)
        if draft.kind is Kind.SHORT:
            draft.key = draft.key or key
            if rubric:
                draft.marking = draft.marking | {"rubric": rubric}
            elif not draft.key and draft.explanation and not draft.marking.get("rubric"):
                draft.key = [[draft.explanation]]
        lines = [f"{answer}：{said}" for answer, said in self._comments() if said]
        draft.explanation = "\n".join(part for part in [draft.explanation, *lines] if part)
        tags = self.node.first("tags")
        apply_tags(draft, [tag.get("text") for tag in tags.all("tag")] if tags else [])
        raw = Raw(self.node.line, stem=draft.stem or self._named(), options=draft.options, material=draft.material)
        raw.key = "；".join(str(each) for each in draft.key) if draft.kind in (Kind.BLANK, Kind.NUMERIC) else ""
        before = len(self.reading.questions)
        accept(self.reading, draft, raw)
        if len(self.reading.questions) > before:
            self.reading.errors += [raw.problem(*remark) for remark in self.remarks]
            self.reading.errors += [raw.problem("stem", what, f"{what}没有读入，请核对题目") for what in self.lost]

    def _named(self) -> str:
        name = self.node.first("name")
        return (name.get("text") if name else "") or "（没有题干）"

    def _html(self, holder: Node | None) -> str:
        """The text of `<questiontext format="html"><text>…`; what it cannot hold is remembered as lost."""
        if holder is None:
            return ""
        found = holder.first("text")
        text = found.text if found else ""
        if holder.attributes.get("format", "html") in ("plain_text", "markdown"):
            return text.strip()
        words, lost = html_text(text)
        self.lost += lost
        return words

    def _answers(self) -> list[tuple[Decimal, str, Node]]:
        """(fraction in percent, text, node)."""
        return [(_percent(node), self._html(node), node) for node in self.node.all("answer")]

    def _comments(self) -> list[tuple[str, str]]:
        if self.draft.kind is Kind.SHORT:
            return []
        said = [(self._html(node), self._html(node.first("feedback"))) for node in self.node.all("answer")]
        if self.draft.kind is Kind.BOOLEAN:
            said = [
                ({"true": TRUTH_OPTIONS[0], "false": TRUTH_OPTIONS[1]}.get(text.lower(), text), each)
                for text, each in said
            ]
        return said

    # one method for each type

    def _multichoice(self) -> None:
        answers = self._answers()
        draft = self.draft
        draft.options = [text for _, text, _ in answers]
        is_single = self.node.get("single").lower() in ("", "true", "1")
        whole = [n for n, (percent, _, _) in enumerate(answers) if percent >= 100]
        some = [n for n, (percent, _, _) in enumerate(answers) if 0 < percent < 100]
        if is_single:
            draft.key = whole[:1]
            draft.marking = Marking(also=tuple([n] for n in whole[1:])).stored()
            self.remarks += [("key", draft.options[n], "部分得分的选项没有保留，按错误选项读入") for n in some]
            return
        draft.kind, draft.key = Kind.MULTIPLE, sorted(whole + some)
        percents = [answers[n][0] for n in draft.key]
        if len(set(percents)) > 1 and max(percents) - min(percents) > Decimal("0.1"):
            said = "，".join(f"{percent}%" for percent in percents)
            self.remarks.append(("key", said, "各选项的分值没有保留，按多选题的计分规则计分"))

    def _truefalse(self) -> None:
        self.draft.kind, self.draft.options = Kind.BOOLEAN, list(TRUTH_OPTIONS)
        right = next((text.strip().lower() for percent, text, _ in self._answers() if percent >= 100), "")
        self.draft.key = {"true": [0], "false": [1]}.get(right, [])

    def _typed(self) -> list[str]:
        """The answers that earn everything; the others are named."""
        answers = [(percent, text) for percent, text, _ in self._answers() if percent > 0]
        self.remarks += [("key", text, "部分得分的答案没有保留") for percent, text in answers if percent < 100]
        return [text for percent, text in answers if percent >= 100]

    def _shortanswer(self) -> None:
        texts = self._typed()
        plain = [text.replace("\\*", "*") for text in texts]
        self.draft.kind, self.draft.key = Kind.BLANK, [plain] if plain else []
        if any("*" in text.replace("\\*", "") for text in texts):
            self.remarks.append(("key", "　".join(texts), "答案里的 * 按普通字符读入，不再代表任意文字"))

    def _numerical(self) -> None:
        self.draft.kind = Kind.NUMERIC
        values, tolerances = [], []
        for percent, text, node in self._answers():
            if percent >= 100:
                value, width = number_of(text), number_of(node.get("tolerance") or "0")
                values.append(plain_number(value) if value is not None else text)
                tolerances.append(plain_number(width) if width is not None else node.get("tolerance"))
            elif percent > 0:
                self.remarks.append(("key", text, "部分得分的答案没有保留"))
        if len(set(tolerances)) > 1:
            raise _Unsupported("几个答案的允许误差不同，没有读入；请改成相同的误差")
        self.draft.key = [values] if values else []
        self.draft.marking = Marking(tolerance=(tolerances or ["0"])[0], unit=self._unit()).stored()

    def _unit(self) -> str:
        units = self.node.first("units")
        names = [unit.get("unit_name") for unit in units.all("unit")] if units else []
        self.remarks += [("unit", name, "只保留第一个单位") for name in names[1:]]
        return names[0] if names else ""

    def _matching(self) -> None:
        pairs = []
        for node in self.node.all("subquestion"):
            answer = node.first("answer")
            pairs.append((self._html(node), answer.get("text") if answer else ""))
        options = list(dict.fromkeys(right for _, right in pairs))
        draft = self.draft
        draft.kind, draft.options = Kind.MATCHING, options
        draft.prompts = [left for left, _ in pairs if left]
        draft.key = [options.index(right) for left, right in pairs if left]

    def _ordering(self) -> None:
        self.draft.kind = Kind.ORDERING
        self.draft.options = [text for _, text, _ in self._answers()]
        self.draft.key = list(range(len(self.draft.options)))

    def _essay(self) -> None:
        self.draft.kind = Kind.SHORT
        if rubric := self._html(self.node.first("graderinfo")):
            self.draft.marking = {"rubric": rubric}

    def _cloze(self) -> None:
        """Only what is typed can be a blank of ours: {1:SHORTANSWER:=a~=b}."""
        keys: list[list[str]] = []

        def gap(found: re.Match[str]) -> str:
            if found[2].upper() not in ("SHORTANSWER", "SA", "MW", "SHORTANSWER_C", "SAC", "MWC"):
                raise _Unsupported("完形填空里有选择或数值，没有对应的题型，没有读入")
            parts = re.findall(r"(?:\\.|[^~\\])+", found[3])
            right = [re.sub(r"^(?:=|%100%)", "", part) for part in parts if part.startswith(("=", "%100%"))]
            right = [re.match(r"(?:\\.|[^#\\])*", text)[0] for text in right]  # type: ignore[index]
            keys.append([re.sub(r"\\(.)", r"\1", text).strip() for text in right])
            return "____"

        stem = re.sub(r"\{(\d*):([A-Za-z_]+):((?:\\.|[^}\\])*)\}", gap, self.draft.stem)
        if not keys:
            raise _Unsupported("完形填空里没有读到空，没有读入")
        self.draft.kind, self.draft.stem, self.draft.key = Kind.BLANK, stem, keys


def _percent(node: Node) -> Decimal:
    try:
        return Decimal(node.attributes.get("fraction", "0").strip() or "0")
    except InvalidOperation:
        return Decimal(0)
