"""A question as it was found: texts only, and where each of them stood."""

from dataclasses import dataclass, field

from lms.quizzes.importing.normal import Problem

FIELD_LABELS = {
    "stem": "题干", "options": "选项", "key": "答案", "kind": "题型", "explanation": "解析",
    "difficulty": "难度", "line": "条线", "basis": "依据", "material": "材料", "prompts": "左项",
    "rubric": "评分要点", "tolerance": "允许误差", "unit": "单位", "is_order_free": "不分顺序", "scoring": "计分",
    "also": "也算对",
}  # fmt: skip


@dataclass
class Raw:
    """A question as found: texts only. `places` says for each field where it stood (row, column)."""

    row: int
    stem: str = ""
    options: list[str] = field(default_factory=list)
    key: str = ""
    kind: str = ""
    explanation: str = ""
    basis: dict[str, str] = field(default_factory=dict)
    difficulty: str = ""
    line: str = ""
    places: dict[str, tuple[int, str]] = field(default_factory=dict)
    letters: str = ""  # the letters in front of the options as written
    prompts: str = ""  # one a line
    material: str = ""
    rubric: str = ""
    tolerance: str = ""
    unit: str = ""
    is_order_free: str = ""
    scoring: str = ""
    also: str = ""
    is_numbered: bool = True
    is_exact: bool = False  # written by our own export: nothing is guessed

    def problem(self, name: str, text: str, message: str) -> Problem:
        row, column = self.places.get(name, (self.row, FIELD_LABELS.get(name, "")))
        return Problem(row, column, text[:200], message)


class Unreadable(Exception):
    """Why a raw question cannot be read; carries the problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem
