"""The question bank: imported from a file by the organiser, as it would be."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.contests.rules import GRAND
from lms.demo import cast
from lms.demo.scripts import list_questions
from lms.demo.shelf import lectures
from lms.demo.story import Happening, Story
from lms.people.access import scope
from lms.people.line_rules import LINE_NAMES, Line
from lms.people.rules import Permission
from lms.quizzes.importing.normal import Draft, Reading
from lms.quizzes.models import Question
from lms.quizzes.rules import TRUTH_OPTIONS, Kind, fingerprint
from lms.quizzes.services import bank_acts, documents, imports
from lms.quizzes.services.bank_acts import Wish

IMPORTED_DAYS_AGO = 340
TAGGED_DAYS_AGO, LISTED_DAYS_AGO = 60, 12
FILE = "自然资源法律法规题库.xlsx"
TAGS: list[tuple[dict[str, Any], str]] = [
    ({"difficulty": 1}, "新任干部"),
    ({"line": Line.ENFORCEMENT}, "执法资格"),
    ({"line": Line.FARMLAND}, "耕地保护月"),
]
# Title, version, issued. The second replaces the first; it is made up, so that the demonstration has something to review.
DOCUMENTS = [
    ("不动产登记暂行条例", "2019年3月24日修订文本", date(2019, 3, 24)),
    ("不动产登记暂行条例", "新修订文本（演示用，非真实文本）", date(2025, 6, 1)),
    ("中华人民共和国土地管理法", "2019年8月26日第三次修正", date(2019, 8, 26)),
]
REPLACED_ON = date(2025, 7, 1)


def chapter(story: Story) -> Iterator[Happening]:
    """One import, with the numbers of the questions noted for papers; later tags, and the documents the questions rest on, one
    of them superseded since."""
    at = story.site.working_day_ago(IMPORTED_DAYS_AGO, 10)
    yield Happening(at, lambda session: _import(session, story, at))
    tagged_at = story.site.working_day_ago(TAGGED_DAYS_AGO, 15)
    yield Happening(tagged_at, lambda session: _tag(session, story, tagged_at))
    listed_at = story.site.working_day_ago(LISTED_DAYS_AGO, 16)
    yield Happening(listed_at, lambda session: _list_documents(session, story, listed_at))


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


def _tag(session: Session, story: Story, at: datetime) -> None:
    """Two or three words that people search for, each put on by one act."""
    owner, by = story.units[cast.BUREAU], story.people["hua"]
    for facts, tag in TAGS:
        chosen = session.scalars(select(Question).filter_by(**facts).order_by(Question.id)).all()
        if chosen:
            bank_acts.change_many(session, chosen, Wish(add_tags=[tag]), owner_unit_id=owner, by_id=by, now=at)


def _list_documents(session: Session, story: Story, at: datetime) -> None:
    owner, by = story.units[cast.BUREAU], story.people["hua"]
    held = scope(session, story.who(session, "hua", at), Permission.QUESTION_MANAGE)
    made = [
        documents.add_document(
            session,
            title=title,
            version=version,
            issued_on=issued_on,
            owner_unit_id=owner,
            scope=held,
            by_id=by,
            now=at,
        )[0]
        for title, version, issued_on in DOCUMENTS
    ]
    documents.supersede(session, made[0], on=REPLACED_ON, by=made[1], by_id=by, now=at)
