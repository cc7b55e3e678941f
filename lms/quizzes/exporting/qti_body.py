"""A question as the parts of a QTI item: (name, attributes, children) with the names of QTI 2.1."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lms.quizzes.exporting.results import CannotCarry, numbers, texts
from lms.quizzes.grade_rules import number_of
from lms.quizzes.importing.carriers import references
from lms.quizzes.importing.gift_answers import plain_number
from lms.quizzes.importing.normal import Draft
from lms.quizzes.rules import GAP, TRUTH_OPTIONS, Kind, gaps, letter, marking_from

_TEMPLATES = "http://www.imsglobal.org/question/qti_v2p1/rptemplates/"
Part = Any  # (name, attributes, children), a text, or a list of these


@dataclass
class Item:
    body: Part
    declarations: list[Part]
    processing: Part

    @staticmethod
    def lines(text: str) -> Part:
        return lines(text)


def lines(text: str) -> Part:
    """A paragraph whose lines are divided by breaks; runs of spaces survive as unbreakable ones."""
    children: list[Part] = []
    for number, line in enumerate(text.split("\n")):
        if number:
            children.append(("br", {}, []))
        children.append(_spaced(line))
    return ("p", {}, children)


def _spaced(line: str) -> str:
    held = line.replace("\t", " ").replace("  ", " \u00a0")
    held = "\u00a0" + held[1:] if held.startswith(" ") else held
    return held[:-1] + "\u00a0" if held.endswith(" ") else held


def item_of(draft: Draft) -> Item:
    """Raises CannotCarry."""
    writer = {
        Kind.SINGLE: _choice, Kind.MULTIPLE: _choice, Kind.BOOLEAN: _choice, Kind.BLANK: _blank, Kind.NUMERIC: _number,
        Kind.MATCHING: _matching, Kind.ORDERING: _ordering, Kind.SHORT: _short,
    }[draft.kind]  # fmt: skip
    item: Item = writer(draft)
    if draft.material:
        item.body = [("div", {"class": "material"}, [lines(draft.material)]), item.body]
    return item


def _declared(identifier: str, cardinality: str, base: str, values: Sequence[str], mapped: Sequence[str] = ()) -> Part:
    inside: list[Part] = [("correctResponse", {}, [("value", {}, [value]) for value in values])] if values else []
    if mapped:
        entries: list[Part] = [("mapEntry", {"mapKey": key, "mappedValue": "1"}, []) for key in mapped]
        inside.append(("mapping", {"defaultValue": "0"}, entries))
    return ("responseDeclaration", {"identifier": identifier, "cardinality": cardinality, "baseType": base}, inside)


def _template(name: str) -> Part:
    return ("responseProcessing", {"template": _TEMPLATES + name}, [])


def _choice(draft: Draft) -> Item:
    options = TRUTH_OPTIONS if draft.kind is Kind.BOOLEAN else draft.options
    is_single = draft.kind is not Kind.MULTIPLE
    choices = [("simpleChoice", {"identifier": letter(n)}, [lines(option)]) for n, option in enumerate(options)]
    given = {
        "responseIdentifier": "RESPONSE",
        "shuffle": str(draft.kind is not Kind.BOOLEAN).lower(),
        "maxChoices": "1" if is_single else "0",
    }
    declared = _declared(
        "RESPONSE", "single" if is_single else "multiple", "identifier", [letter(n) for n in numbers(draft)]
    )
    return Item([lines(draft.stem), ("choiceInteraction", given, choices)], [declared], _template("match_correct"))


def _ordering(draft: Draft) -> Item:
    choices = [("simpleChoice", {"identifier": letter(n)}, [lines(option)]) for n, option in enumerate(draft.options)]
    given = {"responseIdentifier": "RESPONSE", "shuffle": "true"}
    declared = _declared("RESPONSE", "ordered", "identifier", [letter(n) for n in numbers(draft)])
    return Item([lines(draft.stem), ("orderInteraction", given, choices)], [declared], _template("match_correct"))


def _matching(draft: Draft) -> Item:
    def one_set(prefix: str, items: Sequence[str], most: str) -> Part:
        return ("simpleMatchSet", {}, [
            ("simpleAssociableChoice", {"identifier": f"{prefix}{n}", "matchMax": most}, [lines(text)]) for n, text in enumerate(items)
        ])  # fmt: skip

    sets = [one_set("L", draft.prompts, "1"), one_set("R", draft.options, "0")]
    given = {"responseIdentifier": "RESPONSE", "shuffle": "true", "maxAssociations": "0"}
    declared = _declared(
        "RESPONSE", "multiple", "directedPair", [f"L{n} R{right}" for n, right in enumerate(numbers(draft))]
    )
    return Item([lines(draft.stem), ("matchInteraction", given, sets)], [declared], _template("match_correct"))


def _gap(n: int, count: int) -> Part:
    return ("textEntryInteraction", {"responseIdentifier": "RESPONSE" if count == 1 else f"RESPONSE{n + 1}"}, [])


def _blank(draft: Draft) -> Item:
    blanks = texts(draft)
    entries = [_gap(n, len(blanks)) for n in range(len(blanks))]
    names = [entry[1]["responseIdentifier"] for entry in entries]
    declared = [_declared(name, "single", "string", each[:1], each) for name, each in zip(names, blanks, strict=True)]
    processing: Part
    if len(blanks) == 1:
        processing = _template("map_response")
    else:
        sums: list[Part] = [("mapResponse", {"identifier": name}, []) for name in names]
        processing = (
            "responseProcessing",
            {},
            [("setOutcomeValue", {"identifier": "SCORE"}, [("sum", {}, sums)])],
        )
    return Item(_with_gaps(draft.stem, entries), declared, processing)


def _with_gaps(stem: str, entries: list[Part]) -> Part:
    """The interactions stand where the stem shows gaps, otherwise behind it."""
    if gaps(stem) != len(entries):
        return [lines(stem), ("p", {}, entries)]
    pieces = GAP.split(stem)
    children: list[Part] = []
    for n, piece in enumerate(pieces):
        children += lines(piece)[2]
        if n < len(entries):
            children.append(entries[n])
    return ("p", {}, children)


def _number(draft: Draft) -> Item:
    marking, values = marking_from(draft.marking), []
    for text in texts(draft)[0]:
        value = number_of(text, marking.unit)
        if value is None:
            raise CannotCarry("答案不是数")
        values.append(plain_number(value))
    tolerance = marking.tolerance.strip()
    mode = "relative" if tolerance.endswith("%") else "absolute"
    width = tolerance.removesuffix("%").strip()
    tests: list[Part] = [
        ("equal", {"toleranceMode": mode, "tolerance": f"{width} {width}"}, [
            ("variable", {"identifier": "RESPONSE"}, []), ("baseValue", {"baseType": "float"}, [value]),
        ])
        for value in values
    ]  # fmt: skip
    score = ("setOutcomeValue", {"identifier": "SCORE"}, [("baseValue", {"baseType": "float"}, ["1"])])
    condition = tests[0] if len(tests) == 1 else ("or", {}, tests)
    processing: Part = ("responseProcessing", {}, [("responseCondition", {}, [("responseIf", {}, [condition, score])])])
    declared = _declared("RESPONSE", "single", "float", values[:1], values if len(values) > 1 else ())
    return Item([lines(draft.stem), ("p", {}, [_gap(0, 1)])], [declared], processing)


def _short(draft: Draft) -> Item:
    declared = _declared("RESPONSE", "single", "string", [references(draft)] if draft.key else [])
    given = {"responseIdentifier": "RESPONSE", "expectedLines": "10"}
    return Item([lines(draft.stem), ("extendedTextInteraction", given, [])], [declared], _template("match_correct"))
