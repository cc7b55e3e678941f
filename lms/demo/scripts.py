"""The demonstration's own texts: lecture scripts and questions, read from `data/`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Slide:
    title: str
    lines: tuple[str, ...]
    narration: str
    seconds: int


@dataclass(frozen=True)
class Lecture:
    """One scripted lecture. `law` names the laws it rests on, `question_codes` the five questions of its quiz."""

    code: str
    title: str
    line: str
    lecturer: str
    unit: str
    summary: str
    slides: tuple[Slide, ...]
    law: str
    question_codes: tuple[str, ...]

    @property
    def seconds(self) -> int:
        return sum(slide.seconds for slide in self.slides)

    def shortened(self, slides: int, seconds: int) -> "Lecture":
        """The first slides only, each so many seconds long: the same lecture for tests."""
        return replace(self, slides=tuple(replace(slide, seconds=seconds) for slide in self.slides[:slides]))


def list_lectures() -> list[Lecture]:
    return [_lecture(raw) for raw in _read("lectures.json")]


def read_sample() -> tuple[Lecture, list[dict[str, Any]]]:
    """The course that shows the kinds of questions, and its questions with prompts, material and marking."""
    raw = _read("sample.json")
    return _lecture(raw["lecture"]), raw["questions"]


def list_questions() -> list[dict[str, Any]]:
    """Questions as they stand in the file: code, line, kind, difficulty, stem, options, key, explanation, basis."""
    questions: list[dict[str, Any]] = _read("questions.json")["questions"]
    return questions


def _read(name: str) -> Any:
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def _lecture(raw: dict[str, Any]) -> Lecture:
    slides: Sequence[dict[str, Any]] = raw["slides"]
    made = tuple(Slide(s["title"], tuple(s["lines"]), s["narration"], s["seconds"]) for s in slides)
    return Lecture(**{**raw, "slides": made, "question_codes": tuple(raw["question_codes"])})
