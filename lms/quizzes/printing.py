"""A sheet as it is printed: the questions as candidates see them, and beside them the keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lms.quizzes.models import AnswerKey, QuestionVersion
from lms.quizzes.queries import ShownQuestion, as_shown
from lms.quizzes.rules import Key, Kind, Marking, letter, marking_from


@dataclass(frozen=True)
class Printed:
    """`opens_case`: the shared material stands above this question."""

    shown: ShownQuestion
    key: Key
    marking: Marking
    explanation: str
    opens_case: bool

    @property
    def key_text(self) -> str:
        """The key in the letters of this sheet."""
        places = {number: place for place, (number, _) in enumerate(self.shown.options)}
        numbers = [places[each] for each in self.key if isinstance(each, int) and each in places]
        if self.shown.kind is Kind.BOOLEAN:
            return self.shown.options[numbers[0]][1]
        if self.shown.options:
            is_ordered = self.shown.kind in (Kind.MATCHING, Kind.ORDERING)
            return "".join(letter(number) for number in (numbers if is_ordered else sorted(numbers)))
        return "；".join(" 或 ".join(texts) for texts in self.key if not isinstance(texts, int))


def printed(
    sheet: Sequence[tuple[int, int, list[int]]], versions: Mapping[int, tuple[QuestionVersion, AnswerKey]]
) -> list[Printed]:
    """(version, points, option order) in order, as printed questions."""
    made: list[Printed] = []
    for position, (version_id, points, order) in enumerate(sheet, 1):
        version, key = versions[version_id]
        shown = replace(as_shown(version, points, position), options=[(n, version.options[n]) for n in order])
        opens = bool(shown.material) and (not made or made[-1].shown.material != shown.material)
        made.append(Printed(shown, key.key, marking_from(key.marking), key.explanation, opens))
    return made
