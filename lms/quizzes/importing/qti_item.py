"""One QTI item (with 2.x names) made into a question."""

import re

from lms.quizzes.grade_rules import number_of
from lms.quizzes.importing.assembling import Raw, accept
from lms.quizzes.importing.carriers import apply_tags, take_tail
from lms.quizzes.importing.gift_answers import plain_number
from lms.quizzes.importing.keys import are_truths
from lms.quizzes.importing.normal import Draft, Problem, Reading, truth
from lms.quizzes.importing.prose import Flow, pour
from lms.quizzes.rules import TRUTH_OPTIONS, Kind, Marking
from lms.untrusted.markup import Node

_INTERACTIONS = ("choiceInteraction", "orderInteraction", "matchInteraction", "associateInteraction", "textEntryInteraction",
                 "extendedTextInteraction")  # fmt: skip
_NAMES = {
    "inlineChoiceInteraction": "下拉填空题", "gapMatchInteraction": "拖放填空题", "hotspotInteraction": "热点题", "hottextInteraction": "选字题",
    "selectPointInteraction": "选点题", "graphicGapMatchInteraction": "图上拖放题", "graphicOrderInteraction": "图上排序题",
    "graphicAssociateInteraction": "图上连线题", "positionObjectInteraction": "摆放题", "sliderInteraction": "滑块题",
    "mediaInteraction": "媒体题", "drawingInteraction": "作图题", "uploadInteraction": "上传题", "customInteraction": "自定义题",
    "portableCustomInteraction": "自定义题",
}  # fmt: skip


class _Unsupported(Exception):
    """What is named instead of read."""


def read_item(reading: Reading, root: Node, row: int, tags: list[str]) -> None:
    """Adds the question or a problem. `tags` are the manifest's keywords for it."""
    item = _Item(root, row)
    try:
        item.read()
    except _Unsupported as unsupported:
        reading.errors.append(Problem(row, "题型", (item.draft.stem or item.title)[:200], str(unsupported)))
        return
    apply_tags(item.draft, tags)
    draft = item.draft
    raw = Raw(row, stem=draft.stem or item.title, options=draft.options, key=str(draft.key), material=draft.material)
    before = len(reading.questions)
    accept(reading, draft, raw)
    if len(reading.questions) > before:
        reading.errors += [raw.problem(*remark) for remark in item.remarks]
        reading.errors += [raw.problem("stem", what, f"{what}没有读入，请核对题目") for what in item.lost]


class _Item:
    def __init__(self, root: Node, row: int) -> None:
        self.root = root
        self.title = root.attributes.get("title") or root.attributes.get("identifier") or "（没有题干）"
        self.draft = Draft(row, Kind.SINGLE, "", [], [])
        self.lost: list[str] = []
        self.remarks: list[tuple[str, str, str]] = []

    def read(self) -> None:
        body = self.root.first("itemBody")
        if body is None:
            raise _Unsupported("试题没有 itemBody，没有读入")
        interactions = [node for node in body.walk() if node.name.endswith("Interaction")]
        kinds = {node.name for node in interactions}
        self._take_stem(body, interactions)
        if unknown := kinds - set(_INTERACTIONS):
            name = _NAMES.get(min(unknown), min(unknown))
            raise _Unsupported(f"{name}没有对应的题型，没有读入")
        if not interactions:
            raise _Unsupported("没有作答的地方，是说明文字，没有读入")
        if len(interactions) > 1 and kinds != {"textEntryInteraction"}:
            raise _Unsupported("一道题里有几处作答，没有对应的题型，没有读入；请拆成几道题")
        first = interactions[0]
        {
            "choiceInteraction": self._choice, "orderInteraction": self._order, "matchInteraction": self._match,
            "associateInteraction": self._associate, "extendedTextInteraction": self._extended,
        }.get(first.name, lambda _: self._entries(interactions))(first)  # fmt: skip
        self._take_feedback()

    # texts

    def _text(self, node: Node, stop: dict[str, str] | None = None) -> str:
        flow = Flow()
        pour(flow, node, stop or {})
        self.lost += flow.lost
        return flow.result()

    def _take_stem(self, body: Node, interactions: list[Node]) -> None:
        stop = dict.fromkeys({node.name for node in interactions}, "") | {
            "rubricBlock": "",
            "prompt": "",
            "feedbackBlock": "",
        }
        stop["textEntryInteraction"] = "____"
        shared = next((node for node in body.walk() if node.attributes.get("class") == "material"), None)
        if shared is not None:
            self.draft.material = self._text(shared)
            shared.children = []
        stem = re.sub(r"\n____[_ ]*$", "", self._text(body, stop))
        prompts = [self._text(prompt) for node in interactions for prompt in node.all("prompt")]
        self.draft.stem = "\n".join(part for part in [stem, *prompts] if part)
        for block in body.walk():
            if block.name == "rubricBlock":
                self._take_rubric(block)

    def _take_rubric(self, block: Node) -> None:
        if "scorer" in block.attributes.get("view", ""):
            self.draft.marking = {"rubric": self._text(block)}
        elif text := self._text(block):
            self.draft.stem = f"{text}\n{self.draft.stem}".strip()

    def _take_feedback(self) -> None:
        """All feedback, once each, is the explanation."""
        blocks = [
            node for node in self.root.walk() if node.name in ("modalFeedback", "feedbackBlock", "feedbackInline")
        ]
        texts = dict.fromkeys(text for node in blocks if (text := self._text(node)))
        key = self.draft.key
        take_tail(self.draft, "\n".join(texts))
        if self.draft.kind is Kind.SHORT:
            self.draft.key = self.draft.key or key
            if not self.draft.key and not self.draft.marking and self.draft.explanation:
                self.draft.key = [[self.draft.explanation]]

    # responses

    def _declaration(self, node: Node) -> Node:
        wanted = node.attributes.get("responseIdentifier", "")
        found = next(
            (each for each in self.root.all("responseDeclaration") if each.attributes.get("identifier") == wanted), None
        )
        if found is None:
            raise _Unsupported(f"没有找到 {wanted or '作答'} 的答案声明，没有读入")
        return found

    def _correct(self, declaration: Node) -> list[str]:
        correct = declaration.first("correctResponse")
        values = [value.text.strip() for value in correct.all("value")] if correct else []
        return values or [key for key, score in self._mapped(declaration) if score > 0]

    def _mapped(self, declaration: Node) -> list[tuple[str, float]]:
        mapping = declaration.first("mapping")
        entries = [entry.attributes for entry in mapping.all("mapEntry")] if mapping else []
        scores = [(entry.get("mapKey", ""), number_of(entry.get("mappedValue", "0"))) for entry in entries]
        return [(key, float(score or 0)) for key, score in scores]

    def _choices(self, node: Node, name: str = "simpleChoice") -> dict[str, str]:
        """Identifier → text."""
        return {
            each.attributes.get("identifier", ""): self._text(each, {"feedbackInline": ""}) for each in node.all(name)
        }

    def _numbers(self, choices: dict[str, str], identifiers: list[str]) -> list[int]:
        order = list(choices)
        if unknown := [each for each in identifiers if each not in order]:
            raise _Unsupported(f"答案“{unknown[0][:40]}”没有对应的选项，没有读入")
        return [order.index(each) for each in identifiers]

    # interactions

    def _choice(self, node: Node) -> None:
        declaration, choices = self._declaration(node), self._choices(node)
        self.draft.options = list(choices.values())
        self.draft.key = sorted(self._numbers(choices, self._correct(declaration)))
        is_single = declaration.attributes.get("cardinality", "single") == "single"
        self.draft.kind = Kind.SINGLE if is_single else Kind.MULTIPLE
        if is_single and are_truths(self.draft.options) and len(self.draft.key) == 1:
            said = truth(self.draft.options[int(str(self.draft.key[0]))])
            self.draft.kind, self.draft.options, self.draft.key = Kind.BOOLEAN, list(TRUTH_OPTIONS), [0 if said else 1]

    def _order(self, node: Node) -> None:
        choices = self._choices(node)
        self.draft.kind, self.draft.options = Kind.ORDERING, list(choices.values())
        self.draft.key = self._numbers(choices, self._correct(self._declaration(node)))

    def _match(self, node: Node) -> None:
        sets = node.all("simpleMatchSet")
        if len(sets) != 2:
            raise _Unsupported("匹配题要有左右两组，没有读入")
        left, right = (self._choices(each, "simpleAssociableChoice") for each in sets)
        self._pairs(node, left, right)

    def _associate(self, node: Node) -> None:
        """Pairs within one set: what stands first in each pair is the left side."""
        choices = self._choices(node, "simpleAssociableChoice")
        firsts = [pair.split()[0] for pair in self._correct(self._declaration(node)) if len(pair.split()) == 2]
        self._pairs(
            node,
            {k: v for k, v in choices.items() if k in firsts},
            {k: v for k, v in choices.items() if k not in firsts},
        )

    def _pairs(self, node: Node, left: dict[str, str], right: dict[str, str]) -> None:
        pairs: dict[str, str] = {}
        for value in self._correct(self._declaration(node)):
            one, _, other = value.partition(" ")
            one, other = (other.strip(), one) if one in right and other.strip() in left else (one, other.strip())
            if one in pairs:
                raise _Unsupported("匹配题左边的一项对应右边的几项，没有对应的题型，没有读入")
            pairs[one] = other
        if missing := [text for each, text in left.items() if each not in pairs]:
            raise _Unsupported(f"匹配题左边的“{missing[0][:40]}”没有答案，没有读入")
        draft = self.draft
        draft.kind, draft.prompts, draft.options = Kind.MATCHING, list(left.values()), list(right.values())
        draft.key = self._numbers(right, [pairs[each] for each in left])

    def _entries(self, nodes: list[Node]) -> None:
        declarations = [self._declaration(node) for node in nodes]
        if len(nodes) == 1 and declarations[0].attributes.get("baseType") in ("float", "integer"):
            self._number(declarations[0])
            return
        self.draft.kind = Kind.BLANK
        self.draft.key = [self._alternatives(each) for each in declarations]

    def _alternatives(self, declaration: Node) -> list[str]:
        mapped = self._mapped(declaration)
        best = max((score for _, score in mapped), default=0.0)
        whole = [key for key, score in mapped if score == best and best > 0]
        self.remarks += [("key", key, "部分得分的答案没有保留") for key, score in mapped if 0 < score < best]
        correct = declaration.first("correctResponse")
        values = [value.text.strip() for value in correct.all("value")] if correct else []
        return list(dict.fromkeys([*values, *whole]))

    def _number(self, declaration: Node) -> None:
        """One or several values; the tolerance stands in the response processing."""
        self.draft.kind = Kind.NUMERIC
        values = []
        for text in self._alternatives(declaration):
            value = number_of(text)
            values.append(plain_number(value) if value is not None else text)
        self.draft.key = [values] if values else []
        self.draft.marking = Marking(tolerance=self._tolerance(declaration.attributes.get("identifier", ""))).stored()

    def _tolerance(self, identifier: str) -> str:
        for node in self.root.walk():
            if node.name != "equal" or identifier not in {each.attributes.get("identifier") for each in node.walk()}:
                continue
            widths = node.attributes.get("tolerance", "0").split()
            mode = node.attributes.get("toleranceMode", "exact")
            if len(set(widths)) > 1:
                raise _Unsupported("上下允许误差不同，没有读入；请改成相同的误差")
            width = number_of(widths[0]) if widths and mode != "exact" else None
            if width is not None:
                return plain_number(width) + ("%" if mode == "relative" else "")
        return "0"

    def _extended(self, node: Node) -> None:
        self.draft.kind = Kind.SHORT
        text = "\n".join(self._correct(self._declaration(node)))
        self.draft.key = [[text]] if text else []
