"""Questions: every change of what is asked makes a new version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms.db import changed, conflict_as
from lms.errors import Conflict, Invalid
from lms.people.line_rules import Line
from lms.quizzes.content_rules import faults
from lms.quizzes.errors import Duplicate
from lms.quizzes.models import AnswerKey, Question, QuestionVersion
from lms.quizzes.rules import TRUTH_OPTIONS, TYPED, Key, Kind, Marking, fingerprint

BASIS_FIELDS = ("law", "version", "article", "quote")


@dataclass(frozen=True)
class Content:
    """What a version of a question says. Options of true/false and of what is typed are set by the kind; those of matching and
    ordering are put in an order of no meaning, because the order they are typed in is the answer. Raises Invalid."""

    kind: Kind
    stem: str
    options: Sequence[str]
    key: Key
    explanation: str = ""
    basis: Mapping[str, str] = field(default_factory=dict)
    difficulty: int = 2
    prompts: Sequence[str] = ()
    material: str = ""
    marking: Marking = field(default_factory=Marking)

    def __post_init__(self) -> None:
        fixed = {Kind.BOOLEAN: list(TRUTH_OPTIONS)} | {kind: [] for kind in TYPED}
        object.__setattr__(self, "options", fixed.get(self.kind, list(self.options)))
        object.__setattr__(self, "prompts", list(self.prompts) if self.kind is Kind.MATCHING else [])
        known = {name: self.basis[name].strip() for name in BASIS_FIELDS if self.basis.get(name, "").strip()}
        object.__setattr__(self, "basis", known)
        said: dict[str, Any] = {"prompts": self.prompts, "marking": self.marking, "material": self.material}
        for fault in faults(self.kind, self.stem, self.options, self.key, **said):
            raise Invalid(f"{fault.message}。", field=fault.field)
        if self.kind in (Kind.MATCHING, Kind.ORDERING):
            self._hide_order()
        if self.difficulty not in (1, 2, 3):
            raise Invalid("难度选易、中或难。", field="difficulty")

    def _hide_order(self) -> None:
        """Option numbers reach the candidate; here they follow the texts' hashes. Doing it twice changes nothing."""
        order = sorted(range(len(self.options)), key=lambda n: sha256(self.options[n].encode()).digest())

        def renumbered(key: Key) -> list[int]:
            return [order.index(n) for n in key if isinstance(n, int)]

        also = tuple(renumbered(key) for key in self.marking.also)
        object.__setattr__(self, "marking", replace(self.marking, also=also))
        object.__setattr__(self, "options", [self.options[n] for n in order])
        object.__setattr__(self, "key", renumbered(self.key))

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.kind, self.stem, self.options, prompts=self.prompts, material=self.material)

    @property
    def blanks(self) -> int:
        """How many texts a candidate types."""
        return len(self.key) if self.kind is Kind.BLANK else int(self.kind in TYPED)

    def version(self, question_id: int, number: int, *, by_id: int | None, now: datetime) -> QuestionVersion:
        return QuestionVersion(
            question_id=question_id,
            number=number,
            kind=self.kind,
            stem=self.stem.strip(),
            options=list(self.options),
            prompts=list(self.prompts),
            material=self.material.strip(),
            unit=self.marking.unit.strip() if self.kind is Kind.NUMERIC else "",
            blanks=self.blanks,
            created_by_id=by_id,
            created_at=now,
        )

    def answer_key(self, version_id: int) -> AnswerKey:
        key = [each if isinstance(each, int) else list(each) for each in self.key]
        return AnswerKey(
            version_id=version_id,
            key=key,
            marking=self.marking.stored(),
            explanation=self.explanation.strip(),
            basis=dict(self.basis),
        )


def create_question(
    session: Session, content: Content, *, owner_unit_id: int, line: Line, by_id: int | None, now: datetime
) -> Question:
    """Version 1 of a new question. Raises Duplicate when the unit's bank holds one that reads the same."""
    question = Question(
        owner_unit_id=owner_unit_id,
        line=line,
        kind=content.kind,
        difficulty=content.difficulty,
        version=1,
        fingerprint=content.fingerprint,
        created_by_id=by_id,
        created_at=now,
        changed_at=now,
    )
    with conflict_as(Duplicate(), session):
        session.add(question)
    _add_version(session, question.id, 1, content, by_id=by_id, now=now)
    return question


def edit_question(
    session: Session, question: Question, content: Content, *, line: Line, by_id: int | None, now: datetime
) -> Question:
    """The next version. Attempts that have started keep theirs. Raises Conflict when somebody else edited it meanwhile."""
    number = question.version
    newer = (
        update(Question)
        .where(Question.id == question.id, Question.version == number)
        .values(
            version=number + 1, kind=content.kind, difficulty=content.difficulty, line=line,
            fingerprint=content.fingerprint, changed_at=now,
        )
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    with conflict_as(Duplicate(), session):
        if not changed(session.execute(newer)):
            raise Conflict("这道题刚刚被别人改过，请刷新后再改。")
    _add_version(session, question.id, number + 1, content, by_id=by_id, now=now)
    session.refresh(question)
    return question


def set_retired(session: Session, question: Question, *, is_retired: bool, now: datetime) -> None:
    """A retired question is drawn no more; papers and attempts that hold it keep it."""
    question.is_retired = is_retired
    question.changed_at = now


def _add_version(
    session: Session, question_id: int, number: int, content: Content, *, by_id: int | None, now: datetime
) -> None:
    version = content.version(question_id, number, by_id=by_id, now=now)
    session.add(version)
    session.flush()  # the key needs the version's id
    session.add(content.answer_key(version.id))
    session.flush()  # a query in the same request must meet the whole question
