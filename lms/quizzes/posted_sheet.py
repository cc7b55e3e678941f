"""A sheet that came as an ordinary form. No session, no request."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from werkzeug.datastructures import MultiDict

from lms.quizzes.queries import ShownQuestion
from lms.quizzes.rules import TYPED, Choice, Kind
from lms.web.fields import clean_line, clean_text

Posted = MultiDict[str, str]


@dataclass(frozen=True)
class PostedSheet:
    """`questions` as they were asked, with the choices that were posted; `places` what was typed for the items of ordering
    questions; `unclear` the positions where an item has no place or two share one."""

    questions: list[ShownQuestion]
    places: dict[str, str]
    unclear: list[int]

    @property
    def choices(self) -> dict[int, Choice]:
        return {question.position: question.choice for question in self.questions}


def read_sheet(questions: Sequence[ShownQuestion], posted: Posted) -> PostedSheet:
    """What the form says of every question. Whatever is no option of a question counts as not chosen."""
    read = [replace(question, choice=_choice(question, posted)) for question in questions]
    asked = [question for question in questions if question.kind is Kind.ORDERING]
    places = {name: posted.get(name, "") for question in asked for name in _place_names(question)}
    unclear = [
        before.position
        for before, after in zip(questions, read, strict=True)
        if before.kind is Kind.ORDERING and not after.choice and any(places[name] for name in _place_names(before))
    ]
    return PostedSheet(read, places, unclear)


def _choice(question: ShownQuestion, posted: Posted) -> list[int | str]:
    values = posted.getlist(f"q{question.position}")
    if question.kind in TYPED:
        clean = clean_text if question.kind is Kind.SHORT else clean_line
        texts = [clean(value) for value in values[: question.blanks]]
        return [*texts] if any(texts) else []
    if question.kind is Kind.ORDERING:
        return [*_order(question, posted)]
    known = {str(number): number for number, _ in question.options}
    if question.kind is Kind.MATCHING:
        numbers = [known.get(value, -1) for value in values[: len(question.prompts)]]
        return [*numbers] if any(number >= 0 for number in numbers) else []
    chosen = sorted({known[value] for value in values if value in known})
    return [*chosen] if question.kind is Kind.MULTIPLE else [*chosen[:1]]


def _place_names(question: ShownQuestion) -> list[str]:
    return [f"q{question.position}-{number}" for number, _ in question.options]


def _order(question: ShownQuestion, posted: Posted) -> list[int]:
    """The items by the places typed; empty unless every place is taken once."""
    places = [posted.get(name, "") for name in _place_names(question)]
    if sorted(places) != sorted(str(n) for n in range(1, len(places) + 1)):
        return []
    by_place = sorted(zip(places, question.options, strict=True), key=lambda pair: int(pair[0]))
    return [number for _, (number, _) in by_place]
