"""Questions: every change of what is asked makes a new version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms.db import changed, conflict_as, search
from lms.db.search import Entry, Piece
from lms.errors import Conflict, Invalid
from lms.people.line_rules import Line
from lms.quizzes import document_queries, rich_rules
from lms.quizzes.bank_models import QuestionTag, VersionPicture
from lms.quizzes.content_rules import faults
from lms.quizzes.errors import Duplicate
from lms.quizzes.models import AnswerKey, Question, QuestionVersion
from lms.quizzes.queries import QUESTION
from lms.quizzes.rules import TRUTH_OPTIONS, TYPED, Key, Kind, Marking, Markup, Readiness, case_mark, fingerprint

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
    markup: Markup = Markup.PLAIN

    def __post_init__(self) -> None:
        fixed = {Kind.BOOLEAN: list(TRUTH_OPTIONS)} | {kind: [] for kind in TYPED}
        object.__setattr__(self, "options", fixed.get(self.kind, list(self.options)))
        object.__setattr__(self, "prompts", list(self.prompts) if self.kind is Kind.MATCHING else [])
        known = {name: self.basis[name].strip() for name in BASIS_FIELDS if self.basis.get(name, "").strip()}
        object.__setattr__(self, "basis", known)
        said: dict[str, Any] = {"prompts": self.prompts, "marking": self.marking, "material": self.material}
        for fault in faults(self.kind, self.stem, self.options, self.key, **said):
            raise Invalid(f"{fault.message}。", field=fault.field)
        if self.markup is Markup.RICH:
            self._check_markup()
        if self.kind in (Kind.MATCHING, Kind.ORDERING):
            self._hide_order()
        if self.difficulty not in (1, 2, 3):
            raise Invalid("难度选易、中或难。", field="difficulty")

    def _check_markup(self) -> None:
        texts = {"stem": [self.stem], "material": [self.material], "options": self.options, "prompts": self.prompts}
        for name, several in {**texts, "explanation": [self.explanation]}.items():
            for text in several:
                if fault := rich_rules.fault_of(text):
                    raise Invalid(fault, field=name)

    @property
    def pictures(self) -> list[int]:
        """The numbers of the pictures that its texts show."""
        if self.markup is Markup.PLAIN:
            return []
        texts = [self.stem, self.material, *self.options, *self.prompts, self.explanation]
        return sorted({number for text in texts for number in rich_rules.pictures_of(text)})

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

    @property
    def unit(self) -> str:
        """What stands behind the field of a numeric question."""
        return self.marking.unit.strip() if self.kind is Kind.NUMERIC else ""

    def says_the_same(self, version: QuestionVersion, key: AnswerKey) -> bool:
        """Whether a version with this content would be the same as the one there is."""
        made = self.version(version.question_id, version.number, by_id=None, now=version.created_at)
        mine = self.answer_key(version.id)
        names = ("kind", "markup", "stem", "options", "prompts", "material", "unit", "blanks")
        keyed = ("key", "marking", "explanation", "basis")
        return all(getattr(made, name) == getattr(version, name) for name in names) and all(
            getattr(mine, name) == getattr(key, name) for name in keyed
        )

    def version(self, question_id: int, number: int, *, by_id: int | None, now: datetime) -> QuestionVersion:
        return QuestionVersion(
            question_id=question_id,
            number=number,
            kind=self.kind,
            markup=self.markup,
            stem=self.stem.strip(),
            options=list(self.options),
            prompts=list(self.prompts),
            material=self.material.strip(),
            unit=self.unit,
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
    session: Session,
    content: Content,
    *,
    owner_unit_id: int,
    line: Line,
    by_id: int | None,
    now: datetime,
    readiness: Readiness = Readiness.READY,
    tags: Sequence[str] = (),
) -> Question:
    """Version 1 of a new question. Raises Duplicate when the unit's bank holds one that reads the same."""
    document_id = document_queries.find_links(session, owner_unit_id).of(content.basis)
    question = Question(
        owner_unit_id=owner_unit_id, line=line, kind=content.kind, difficulty=content.difficulty, version=1,
        fingerprint=content.fingerprint, readiness=readiness, case_mark=case_mark(content.material),
        document_id=document_id, created_by_id=by_id, created_at=now, changed_at=now,
    )  # fmt: skip
    with conflict_as(Duplicate(), session):
        session.add(question)
    session.add_all(QuestionTag(question_id=question.id, tag=tag) for tag in tags)
    _add_version(session, question.id, 1, content, by_id=by_id, now=now)
    return question


def edit_question(
    session: Session, question: Question, content: Content, *, line: Line, by_id: int | None, now: datetime
) -> Question:
    """The next version. Attempts that have started keep theirs; a question that waited to be looked at again does so no
    more. Raises Conflict when somebody else edited it meanwhile."""
    number = question.version
    document_id = document_queries.find_links(session, question.owner_unit_id).of(content.basis)
    newer = (
        update(Question)
        .where(Question.id == question.id, Question.version == number)
        .values(
            version=number + 1, kind=content.kind, difficulty=content.difficulty, line=line,
            fingerprint=content.fingerprint, case_mark=case_mark(content.material), document_id=document_id,
            review_since=None, review_reason="", changed_at=now,
        )
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    with conflict_as(Duplicate(), session):
        if not changed(session.execute(newer)):
            raise Conflict("这道题刚刚被别人改过，请刷新后再改。")
    _add_version(session, question.id, number + 1, content, by_id=by_id, now=now)
    session.refresh(question)
    return question


def texts_of(content: Content) -> Entry:
    """A question is found by its stem, its material and its options."""
    text = "\n".join([content.stem, content.material, *content.prompts, *content.options])
    return search.made(QUESTION, [Piece("text", text)])


def _add_version(
    session: Session, question_id: int, number: int, content: Content, *, by_id: int | None, now: datetime
) -> None:
    version = content.version(question_id, number, by_id=by_id, now=now)
    session.add(version)
    session.flush()  # the key needs the version's id
    session.add(content.answer_key(version.id))
    session.add_all(VersionPicture(version_id=version.id, picture_id=id) for id in content.pictures)
    search.put(session, QUESTION, question_id, texts_of(content))
    session.flush()  # a query in the same request must meet the whole question
