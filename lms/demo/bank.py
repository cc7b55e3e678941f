"""The question bank: imported from a file by the organiser, as it would be."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.contests.rules import GRAND
from lms.demo import cast
from lms.demo.scripts import list_questions
from lms.demo.shelf import lectures
from lms.demo.story import Happening, Story
from lms.people.line_rules import LINE_NAMES, Line
from lms.quizzes.importing.normal import Draft, Reading
from lms.quizzes.models import Question
from lms.quizzes.rules import TRUTH_OPTIONS, Kind, fingerprint
from lms.quizzes.services import imports

IMPORTED_DAYS_AGO = 340
FILE = "自然资源法律法规题库.xlsx"


def chapter(story: Story) -> Iterator[Happening]:
    """One import, with the numbers of the questions noted for papers."""
    at = story.site.working_day_ago(IMPORTED_DAYS_AGO, 10)
    yield Happening(at, lambda session: _import(session, story, at))


def wanted_questions(story: Story) -> list[dict[str, Any]]:
    """All, or for a small bank those that the lectures ask and then just enough for a contest."""
    questions, size = list_questions(), story.site.size
    if size.questions >= len(questions):
        return questions
    asked = {code for lecture in lectures(story.site) for code in lecture.question_codes}
    rest = [question for question in questions if question["code"] not in asked]
    wanted = [question for question in questions if question["code"] in asked]
    for draw in GRAND.draws:
        fitting = [q for q in rest if (q["kind"], q["difficulty"]) == (draw.kind, draw.difficulty)]
        wanted += fitting[: draw.count]
    return wanted


def draft_of(raw: dict[str, Any], row: int = 1) -> Draft:
    """A question of the data file as an import would have read it."""
    kind, key = Kind(raw["kind"]), raw["key"]
    if kind is Kind.BOOLEAN:
        key = [0 if key else 1]
    return Draft(
        row=row,
        kind=kind,
        stem=raw["stem"],
        options=list(TRUTH_OPTIONS) if kind is Kind.BOOLEAN else raw["options"],
        key=key,
        explanation=raw["explanation"],
        basis=raw["basis"],
        difficulty=raw["difficulty"],
        line=LINE_NAMES[Line(raw["line"])],
    )


def _import(session: Session, story: Story, at: datetime) -> None:
    raws = wanted_questions(story)
    drafts = [draft_of(raw, row) for row, raw in enumerate(raws, start=2)]
    owner, by = story.units[cast.BUREAU], story.people["hua"]
    kept = imports.keep_reading(
        session, Reading(drafts), name=FILE, line=Line.GENERAL, owner_unit_id=owner, person_id=by, now=at
    )
    imports.choose_rows(session, kept, None, now=at)
    ids = {mark: id for id, mark in session.execute(select(Question.id, Question.fingerprint))}
    for raw, draft in zip(raws, drafts, strict=True):
        story.questions[raw["code"]] = ids[fingerprint(draft.kind, draft.stem, draft.options)]
