"""The questions of the exam page. Jinja writes each question once, with holes where attempts differ, and a page fills the holes.

Filling takes a tenth of the time of writing, which counts when a thousand people begin together. A mould is found by the very texts it was
made of (no id, no version), so it is never stale, and it holds nothing but what its candidates were shown; keys are not read here.
Ordering, matching and what was typed already are written anew each time.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

from jinja2 import Environment
from markupsafe import Markup as Html

from lms.quizzes import rich
from lms.quizzes.queries import VERSION_COLUMNS, ShownQuestion, is_answer, shown
from lms.quizzes.rules import KIND_LABELS, MAX_SHORT, Kind, Markup, letter
from lms.web.moulds import Mould, hole

KEPT = 2000
CHOICES = {Kind.SINGLE: "radio", Kind.BOOLEAN: "radio", Kind.MULTIPLE: "checkbox"}
TYPED = (Kind.BLANK, Kind.NUMERIC, Kind.SHORT)


class _Question:
    """A question before anybody has answered it. `options` are its options as HTML, `field` the kind of their fields."""

    def __init__(self, env: Environment, mould: Mould, field: str = "", options: Sequence[str] = ()) -> None:
        self._env, self._options, self.field = env, options, field
        self._before, self._after = mould.split("options") if field else (mould.text, "")
        self._rows: dict[tuple[int, int, bool], str] = {}

    def fill(self, order: Sequence[int], choice: Sequence[Any], values: Mapping[str, Any]) -> str:
        """The question with its options in this order."""
        if not self.field:
            return self._before % values
        rows = [self._row(n, number, number in choice) for n, number in enumerate(order)]
        return "".join([self._before, *rows, self._after]) % values

    def _row(self, n: int, number: int, is_chosen: bool) -> str:
        """The option `number` in the place `n`, with the holes of the question."""
        row = self._rows.get((n, number, is_chosen))
        if row is None:
            values = {"place": hole("place"), "number": number, "letter": letter(n), "text": self._options[number]}
            html = _option(self._env, self.field, is_chosen).fill(values)
            row = self._rows[n, number, is_chosen] = Mould(html).text
        return row


@dataclass(frozen=True)
class Case:
    """Questions that follow each other and share a material (`Case.material` is empty for those without one)."""

    first: int
    final: int
    material: Html
    questions: Html


@dataclass(frozen=True)
class ExamSheet:
    """`questions`: all of them, with their materials; `numbers`: those of the answer sheet."""

    cases: list[Case]
    numbers: Html
    questions: Html


def filled(env: Environment, rows: Sequence[Any]) -> ExamSheet:
    """The sheet of the rows of `list_shown_rows`."""
    last = len(rows)
    return _sheet(env, ((row.position, row.material, row.markup, *_html_of(env, row, last)) for row in rows))


def written(env: Environment, questions: Sequence[ShownQuestion], places: Mapping[str, str]) -> ExamSheet:
    """The sheet of these questions, with the answers and the `places` of ordering questions as a form had them."""
    last = len(questions)
    return _sheet(
        env, ((q.position, q.material, q.markup, _ask(env, q, last, places), q.is_answered) for q in questions)
    )


def _sheet(env: Environment, parts: Iterable[tuple[int, str, str, str, bool]]) -> ExamSheet:
    """`parts`: position, material and its markup, HTML, whether answered."""
    cases, numbers = [], []
    for (material, markup), group in groupby(parts, key=lambda part: part[1:3]):
        of_case = list(group)
        html = Html("".join(part[3] for part in of_case))
        shown_material = rich.blocks(material, markup) if material else Html()
        cases.append(Case(of_case[0][0], of_case[-1][0], shown_material, html))
        numbers += [_number(env, is_answered, place) for place, _, _, _, is_answered in of_case]
    return ExamSheet(cases, Html("".join(numbers)), Html("".join([_around(env, case) for case in cases])))


def _around(env: Environment, case: Case) -> str:
    if not case.material:
        return case.questions
    html: str = _macros(env, "quizzes/_question.html").case_of(case)
    return html


def _html_of(env: Environment, row: Any, last: int) -> tuple[str, bool]:
    """The question as HTML, and whether it is answered."""
    made = _question(env, row[VERSION_COLUMNS], row.points_millis)
    choice = json.loads(row.choice) if row.choice else ()
    if made is None or (choice and not made.field):
        question = shown(row)
        return _ask(env, question, last, {}), question.is_answered
    values = {"place": row.position, "last": last, "sequence": row.sequence or 0}
    return made.fill(_order(row.option_order), choice, values), bool(choice) and is_answer(choice)


@lru_cache(KEPT)
def _order(text: str) -> tuple[int, ...]:
    return tuple(json.loads(text))


# --- the moulds, made by Jinja -----------------------------------------------------------------------------------------


@lru_cache(KEPT)
def _question(env: Environment, version: tuple[Any, ...], points_millis: int) -> _Question | None:
    """None for a question whose fields depend on the order of its options."""
    kind, stem, options, prompts, material, unit, blanks, markup = version
    unanswered = ShownQuestion(
        hole("place"), Kind(kind), stem, [], json.loads(prompts), material, unit, blanks, points_millis, [],
        hole("sequence"), Markup(markup),
    )  # fmt: skip
    if kind in TYPED:
        return _Question(env, Mould(_ask(env, unanswered, hole("last"), {})))
    if kind not in CHOICES:
        return None
    macros = _macros(env, "quizzes/_question.html")
    fields = macros.around_options(kind, hole("options"))
    html = macros.framed(unanswered, hole("last"), KIND_LABELS, fields)
    texts = [rich.inline(text, markup) for text in json.loads(options)]
    return _Question(env, Mould(html), CHOICES[Kind(kind)], texts)


@lru_cache(8)
def _option(env: Environment, field: str, is_chosen: bool) -> Mould:
    number, chosen = hole("number"), [hole("number")] if is_chosen else []
    options: Callable[..., str] = _macros(env, "components/option.html").options
    return Mould(options([(number, hole("text"))], "q" + hole("place"), lambda _: hole("letter"), field, chosen))


@lru_cache(KEPT)
def _number(env: Environment, is_answered: bool, place: int) -> str:
    one = {"number": place, "href": f"#q-{place}", "state": "answered" if is_answered else None}
    html: str = _macros(env, "components/sheet.html").sheet_number(one)
    return html


def _ask(env: Environment, question: ShownQuestion, last: int, places: Mapping[str, str]) -> str:
    html: str = _macros(env, "quizzes/_question.html").ask(question, last, KIND_LABELS, letter, places, MAX_SHORT)
    return html


def _macros(env: Environment, name: str) -> Any:
    return env.get_template(name).module
