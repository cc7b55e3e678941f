"""R06: two and three sessions meet at the same attempt, with every statement held up a little, and end in an allowed state."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import event, select, text
from sqlalchemy.orm import Session

from bench.figures import Figure, Row
from drill.site import LEASE, Drill, Site
from lms import clock
from lms.db import Prepared, unit_of_work
from lms.errors import LmsError
from lms.people import queries as people_queries
from lms.people.line_rules import Line
from lms.people.models import Person, SignIn, Unit
from lms.people.rules import Role
from lms.people.services import grants, sign_in
from lms.quizzes import key_queries
from lms.quizzes import services as quizzes
from lms.quizzes.grade_rules import earned
from lms.quizzes.models import Answer, Attempt, AttemptItem, Paper, Question, QuestionVersion
from lms.quizzes.regrade_rules import Act
from lms.quizzes.rules import GRACE, Kind, Purpose, State
from lms.quizzes.services import attempts, regrade
from lms.quizzes.services.bank import Content, edit_question
from lms.quizzes.services.papers import PaperSettings
from lms.tasks.services import run_due

MINUTES = timedelta(minutes=10)
SECOND = timedelta(seconds=1)
PAUSES = (0.0, 0.0, 0.0005, 0.002)
Actor = Callable[[], Any]


@contextmanager
def held_up(site: Site, rng: Random) -> Iterator[None]:
    """Before each statement and each commit a thread may have to wait a moment, so that sessions overlap in many ways."""

    def wait(*_: Any) -> None:
        time.sleep(rng.choice(PAUSES))

    form = Prepared._form

    def slowly(self: Prepared, connection: Any) -> Any:
        wait()
        return form(self, connection)

    engine = site.bureau.engine
    Prepared._form = slowly  # type: ignore[method-assign]
    event.listen(engine, "before_cursor_execute", wait)
    event.listen(engine, "commit", wait)
    try:
        yield
    finally:
        Prepared._form = form  # type: ignore[method-assign]
        event.remove(engine, "before_cursor_execute", wait)
        event.remove(engine, "commit", wait)


def meet(*actors: Actor) -> list[Any]:
    """What each gave, or the refusal it met; they begin together. Any other exception is given too, and is a fault."""
    barrier, results = threading.Barrier(len(actors)), list[Any]([None] * len(actors))

    def act(n: int) -> None:
        barrier.wait()
        try:
            results[n] = actors[n]()
        except Exception as problem:
            results[n] = problem

    threads = [threading.Thread(target=act, args=(n,)) for n in range(len(actors))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@dataclass
class Table:
    """A paper of four questions and people who sit it; each meeting has a subject of its own."""

    site: Site
    rng: Random
    paper_id: int = 0
    question_ids: list[int] = field(default_factory=list)
    _subject: int = 900_000
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        now = clock.now()
        with self.work() as session:
            root = session.scalars(select(Unit).where(Unit.parent_id.is_(None))).one()
            made = [
                quizzes.create_question(
                    session,
                    Content(Kind.SINGLE, f"演练第{n}问，第{now.timestamp()}次", ["甲", "乙", "丙", "丁"], [0]),
                    owner_unit_id=root.id, line=Line.GENERAL, by_id=None, now=now,
                )
                for n in range(4)
            ]  # fmt: skip
            self.question_ids = [question.id for question in made]
            settings = PaperSettings("演练", duration_seconds=600, is_shuffled=False)
            self.paper_id = quizzes.create_fixed_paper(
                session, settings, self.question_ids, owner_unit_id=root.id, by_id=None, now=now
            ).id
        self.writer = quizzes.answer_writer(self.site.bureau.engine)
        self.visitors = self.site.people(8)

    def work(self) -> Any:
        return unit_of_work(self.site.bureau.make_session)

    def subject(self) -> int:
        self._subject += 1
        return self._subject

    def start(self, person_id: int, subject: int, at: Any = None) -> int:
        now = at or clock.now()
        with self.work() as session:
            attempt = quizzes.start_attempt(
                session, session.get_one(Paper, self.paper_id), person_id=person_id, purpose=Purpose.COURSE,
                subject_id=subject, now=now,
            )  # fmt: skip
            quizzes.take_lease(session, attempt, lease=LEASE, take_over=True, now=now)
            return int(attempt.id)

    def sign_in_of(self, person_id: int) -> int:
        with self.site.bureau.make_session() as session:
            query = select(SignIn.id).where(SignIn.person_id == person_id, SignIn.ended_at.is_(None)).limit(1)
            return session.scalars(query).one()

    def save(self, attempt: int, person_id: int, sign_in_id: int, sequence: int, choice: list[int]) -> Any:
        row = quizzes.AnswerRow(
            attempt_id=attempt, person_id=person_id, sign_in_id=sign_in_id, position=1, sequence=sequence,
            choice=quizzes.canonical_choice(choice), lease=LEASE, now=clock.now(),
        )  # fmt: skip
        with self.work() as session:
            return quizzes.save_answer(self.writer, session, row)

    def submit(self, attempt: int, settle: attempts.Settle, at: Any = None) -> Any:
        with self.work() as session:
            found = session.get_one(Attempt, attempt)
            return quizzes.submit(session, found, settle=settle, now=at or clock.now()).state

    def check(self, scenario: str, is_right: bool, seen: object) -> None:
        if not is_right:
            self.faults.append(f"{scenario}: {seen}")

    def check_results(self, scenario: str, results: Sequence[Any]) -> None:
        """Only our own refusals are allowed."""
        strange = [each for each in results if isinstance(each, Exception) and not isinstance(each, LmsError)]
        self.check(scenario, not strange, strange)

    def recomputed(self, session: Session, attempt: Attempt) -> int:
        rows = key_queries.list_to_grade(session, attempt.id)
        return sum(earned(row.points_millis, row.fraction(attempt.scoring) or 0) for row in rows)


def note_settled(session: Session, attempt: Attempt, now: Any) -> None:
    """What follows from a submission, in its transaction: here a row that can be counted."""
    session.execute(text("INSERT INTO drill_settled (attempt_id) VALUES (:attempt)"), {"attempt": attempt.id})


def two_starts(table: Table) -> None:
    person, subject = table.visitors[0].person_id, table.subject()
    results = meet(*[lambda: table.start(person, subject)] * 3)
    table.check_results("two starts", results)
    table.check("two starts", len({str(each) for each in results}) == 1, results)


def save_and_submit(table: Table) -> None:
    """An acknowledged answer is graded; a refused one is not there."""
    person = table.visitors[1].person_id
    attempt, by = table.start(person, table.subject()), table.sign_in_of(person)
    table.save(attempt, person, by, 1, [1])
    saved, again, ended = meet(
        lambda: table.save(attempt, person, by, 2, [0]),
        lambda: table.submit(attempt, note_settled),
        lambda: table.submit(attempt, note_settled),
    )
    late = meet(lambda: table.save(attempt, person, by, 3, [0]))[0]
    table.check_results("save/submit", [saved, again, ended, late])
    with table.site.bureau.make_session() as session:
        found = session.get_one(Attempt, attempt)
        kept = session.get(Answer, (attempt, 1, 2)) is not None
        table.check("save/submit", kept is not isinstance(saved, LmsError), (saved, kept))
        table.check("save/submit", isinstance(late, LmsError), late)
        right = table.recomputed(session, found)
        table.check("save/submit", found.score_millis == right, (found.score_millis, right))
    settled = table.site.count("SELECT count(*) FROM drill_settled WHERE attempt_id = :a", a=attempt)
    table.check("save/submit", settled == 1, f"settled {settled} times")


def submit_and_close(table: Table) -> None:
    """In the last second of the grace: handed in or closed, never both, settled once."""
    person, begun = table.visitors[2].person_id, clock.now() - 2 * MINUTES
    attempt = table.start(person, table.subject(), begun)
    ends = begun + MINUTES + GRACE
    make_session = table.site.bureau.make_session
    results = meet(
        lambda: table.submit(attempt, note_settled, ends - SECOND),
        lambda: quizzes.close_due(make_session, note_settled, ends + SECOND),
        lambda: quizzes.close_due(make_session, note_settled, ends + SECOND),
    )
    table.check_results("submit/auto-submit", results)
    settled = table.site.count("SELECT count(*) FROM drill_settled WHERE attempt_id = :a", a=attempt)
    with make_session() as session:
        found = session.get_one(Attempt, attempt)
        table.check("submit/auto-submit", settled == 1, (settled, found.state, results))
        handed_in = results[0] is State.SUBMITTED
        told = State.SUBMITTED if handed_in else State.CLOSED
        table.check("submit/auto-submit", found.state is told, (found.state, results))


def edit_and_start(table: Table) -> None:
    """The attempt has the version before or after the edit, whole, with its own key."""
    person, question_id = table.visitors[3].person_id, table.question_ids[0]
    subject = table.subject()

    def edit() -> int:
        with table.work() as session:
            question = session.get_one(Question, question_id)
            content = Content(Kind.SINGLE, f"改过{table.rng.random()}", ["甲", "乙", "丙"], [2])
            edit_question(session, question, content, line=Line.GENERAL, by_id=None, now=clock.now())
            return int(question.version)

    before = table.site.count("SELECT version FROM questions WHERE id = :q", q=question_id)
    started, edited, other = meet(lambda: table.start(person, subject), edit, edit)
    table.check_results("edit/start", [started, edited, other])
    table.check("edit/start", not isinstance(started, Exception), started)
    asked = (
        select(QuestionVersion.number)
        .join(AttemptItem, AttemptItem.version_id == QuestionVersion.id)
        .where(AttemptItem.attempt_id == started, QuestionVersion.question_id == question_id)
    )
    with table.site.bureau.make_session() as session:
        numbers = session.scalars(asked).all()
        after = session.get_one(Question, question_id).version
        graded = len(key_queries.list_to_grade(session, started))
    table.check("edit/start", len(numbers) == 1 and before <= numbers[0] <= after, (before, numbers, after))
    table.check("edit/start", graded == 4, graded)


def correct_and_submit(table: Table) -> None:
    """Two hand in while the key is corrected: once the task has run, both are graded by what stands."""
    people = [table.visitors[4].person_id, table.visitors[5].person_id]
    handed_in = []
    for n, person in enumerate(people):
        attempt = table.start(person, table.subject())
        by = table.sign_in_of(person)
        row = quizzes.AnswerRow(attempt, person, by, 2, 1, f"[{n}]", LEASE, clock.now())
        with table.work() as session:
            quizzes.save_answer(table.writer, session, row)
        handed_in.append(attempt)

    def correct() -> None:
        with table.work() as session:
            hua = session.scalars(select(Person.id).where(Person.staff_no == "hua")).one()
            question = session.get_one(Question, table.question_ids[1])
            version = session.scalars(select(QuestionVersion).where(QuestionVersion.question_id == question.id)).one()
            stands = key_queries.find_standing(session, version.id)
            key = [1 - int(str(next(iter(stands.key))))]
            regrade.correct(session, version, Act.KEY, key, before=stands, reason="演练", by_id=hua, now=clock.now())

    results = meet(
        correct,
        *[lambda attempt=attempt: table.submit(attempt, note_settled) for attempt in handed_in],
    )
    table.check_results("correct key/submit", results)
    table.check("correct key/submit", not any(isinstance(each, Exception) for each in results), results)
    run_due(table.site.bureau.make_session, {regrade.TASK_KIND: regrade.regrade_task(lambda *_: None)}, {})
    with table.site.bureau.make_session() as session:
        for attempt in handed_in:
            found = session.get_one(Attempt, attempt)
            right = table.recomputed(session, found)
            table.check("correct key/submit", found.score_millis == right, (found.score_millis, right))


def revoke_and_save(table: Table) -> None:
    """Taking a role away ends the sign-ins: an answer is acknowledged and there, or refused and not; afterwards all are refused."""
    person = table.visitors[6].person_id
    with table.work() as session:
        who = session.get_one(Person, person)
        unit = session.scalars(select(Unit).where(Unit.parent_id.is_(None))).one()
        held = grants.grant(session, who, Role.LECTURER, unit=unit, by_id=None, by="演练", now=clock.now())
        session.flush()
        grant_id = held.id
        sign_in.begin(session, who, device="drill", hours=1, now=clock.now())
    by, attempt = table.sign_in_of(person), table.start(person, table.subject())

    def revoke() -> None:
        with table.work() as session:
            granted = next(g for g in _live_grants(session, person) if g.id == grant_id)
            grants.revoke(session, granted, by_id=person, by="演练", now=clock.now())

    saved, revoked = meet(lambda: table.save(attempt, person, by, 1, [0]), revoke)
    late = meet(lambda: table.save(attempt, person, by, 2, [0]))[0]
    table.check_results("role revoked/save", [saved, revoked, late])
    table.check("role revoked/save", not isinstance(revoked, Exception), revoked)
    with table.site.bureau.make_session() as session:
        kept = session.get(Answer, (attempt, 1, 1)) is not None
    table.check("role revoked/save", kept is not isinstance(saved, LmsError), (saved, kept))
    table.check("role revoked/save", isinstance(late, LmsError), late)


def _live_grants(session: Session, person_id: int) -> Sequence[Any]:
    return people_queries.list_grants(session, person_id)


SCENARIOS = (two_starts, save_and_submit, submit_and_close, edit_and_start, correct_and_submit, revoke_and_save)


def meetings(site: Site) -> dict[str, float]:
    site.write("CREATE TABLE IF NOT EXISTS drill_settled (attempt_id BIGINT)")
    rounds, rng = (200 if site.is_long else 12), Random(6)
    table = Table(site, rng)
    with held_up(site, rng):
        for _ in range(rounds):
            for scenario in SCENARIOS:
                scenario(table)
    if table.faults:
        print(json.dumps(table.faults[:3], ensure_ascii=False, default=str))
    return {"states not allowed": len(table.faults), "meetings": rounds * len(SCENARIOS)}


MEETINGS = Row(
    "R06",
    "two and three sessions at once, six scenarios",
    (Figure("states not allowed", "", 0, 0), Figure("meetings", "", 12 * len(SCENARIOS), at_least=True)),
)
DRILLS = [
    Drill(
        MEETINGS,
        meetings,
        ("submitted-whatever-the-state", "answered-whatever-the-state", "ended-sign-ins-write"),
    )
]
