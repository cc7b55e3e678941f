"""Defects put back on purpose. The site itself has no switch for them: they are patched in from outside, in the drill's own processes."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pkgutil import resolve_name
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

import lms.app
import lms.scheduler
from lms.db import Prepared
from lms.quizzes.models import AnswerKey, Attempt, AttemptItem
from lms.quizzes.release_rules import Part
from lms.quizzes.rules import State
from lms.quizzes.services import answers, attempts
from lms.quizzes.services.answers import Accepted, AnswerRow

Patch = Callable[[str, Any], None]
DAY = timedelta(days=1)


def acknowledged_before_the_commit(patch: Patch) -> None:
    """An answer is acknowledged at once and written half a second later."""
    save = resolve_name("lms.db.groups.GroupWriter.save")

    def promise(self: Any, row: Any) -> Any:
        if not isinstance(row, AnswerRow):
            return save(self, row)
        threading.Timer(0.5, save, (self, row)).start()
        return Accepted(None)

    patch("lms.db.groups.GroupWriter.save", promise)


def synchronous_normal(patch: Patch) -> None:
    """SQLite commits without a sync: a killed process loses nothing, a power cut does."""
    prepare = resolve_name("lms.db.engine._prepare")

    def hasty(connection: Any, record: Any) -> None:
        prepare(connection, record)
        connection.execute("PRAGMA synchronous=NORMAL")

    patch("lms.db.engine._prepare", hasty)


def operation_ids_ignored(patch: Patch) -> None:
    """A repeated request is done again."""
    patch("lms.web.dispatch.operation_id", lambda: None)


def submitted_whatever_the_state(patch: Patch) -> None:
    """An attempt that has ended can be handed in once more."""
    table: Any = Attempt.__table__
    again = update(table).where(table.c.id == bindparam("attempt")).where(table.c.deadline_at >= bindparam("earliest"))
    ended = again.values(state=State.SUBMITTED, submitted_at=bindparam("at")).returning(*table.c)
    patch("lms.quizzes.services.attempts._SUBMIT", Prepared(ended))


def _without(condition: str) -> Callable[..., Prepared]:
    """The statements that store answers, without one of their conditions."""
    assert condition in answers._STORE
    weaker = answers._STORE.replace(condition, "")
    single, both = answers._one_by_one(weaker), answers._at_once(weaker)
    return lambda at_once: both if at_once else single


def answered_whatever_the_state(patch: Patch) -> None:
    """An answer is taken after the attempt has been handed in."""
    patch("lms.quizzes.services.answers._store", _without("a.state = 'open' AND"))


def ended_sign_ins_write(patch: Patch) -> None:
    """Who was signed out still saves answers."""
    patch("lms.quizzes.services.answers._store", _without("AND s.ended_at IS NULL"))


def common_end_forgotten(patch: Patch) -> None:
    """A late starter gets the whole duration, beyond the end of the round."""

    def own_only(started_at: datetime, duration_seconds: int, closes_at: datetime | None) -> datetime:
        return started_at + timedelta(seconds=duration_seconds)

    patch("lms.quizzes.services.attempts.deadline", own_only)


def late_answers_count(patch: Patch) -> None:
    """An answer after deadline and grace is taken like any other."""
    patch("lms.quizzes.services.answers.GRACE", DAY)


def late_submissions_taken(patch: Patch) -> None:
    """An attempt can be handed in after deadline and grace."""
    patch("lms.quizzes.services.attempts.GRACE", DAY)


def nothing_closes(patch: Patch) -> None:
    """Closing is left to the candidate's browser."""
    kept = [job for job in lms.scheduler.JOBS if job.name != "quizzes.close"]
    patch("lms.scheduler.JOBS", kept)


def closed_in_two_steps(patch: Patch) -> None:
    """Closed in one transaction, graded in the next: a killed closer leaves closed attempts without a score."""

    def two_steps(session: Session, attempt_id: int, settle: Any, now: datetime) -> bool:
        ended = update(Attempt).where(Attempt.id == attempt_id, Attempt.state == State.OPEN)
        closed = ended.values(state=State.CLOSED, submitted_at=Attempt.deadline_at)
        if not session.execute(closed.execution_options(synchronize_session=False)).rowcount:  # type: ignore[attr-defined]
            return False
        session.commit()
        time.sleep(0.05)
        attempt = session.get_one(Attempt, attempt_id)
        attempts._grade(session, attempt, ended_at=attempt.deadline_at)  # type: ignore[arg-type]
        settle(session, attempt, now)
        return True

    patch("lms.quizzes.services.attempts._close", two_steps)


def closed_whatever_the_state(patch: Patch) -> None:
    """Each closer closes what another one has just closed."""

    def again(session: Session, attempt_id: int, settle: Any, now: datetime) -> bool:
        attempt = session.get_one(Attempt, attempt_id)
        attempt.state, attempt.submitted_at = State.CLOSED, attempt.deadline_at
        session.flush()
        attempts._grade(session, attempt, ended_at=attempt.deadline_at)  # type: ignore[arg-type]
        settle(session, attempt, now)
        return True

    patch("lms.quizzes.services.attempts._close", again)


def all_parts_visible(patch: Patch) -> None:
    """Key and explanation are shown whatever the moment."""
    patch("lms.quizzes.release_rules.visible", lambda *_, **__: frozenset(Part))


def explanation_in_the_interface(patch: Patch) -> None:
    """A script that reads its attempt is told the explanations."""
    asked = resolve_name("lms.quizzes.api._asked")
    own = resolve_name("lms.web.session")

    def telling(question: Any) -> dict[str, Any]:
        said = select(AnswerKey.explanation).join(AttemptItem, AttemptItem.version_id == AnswerKey.version_id)
        told: dict[str, Any] = asked(question)
        return told | {"explanation": own().scalars(said.limit(1)).first()}

    patch("lms.quizzes.api._asked", telling)


def _scripts_changed(patch: Patch, old: str, new: str) -> None:
    """The site's scripts read differently in one place."""
    outputs = resolve_name("lms.web.assets._outputs")

    def changed(source: Any) -> dict[str, bytes]:
        files: dict[str, bytes] = outputs(source)
        found = {path: content for path, content in files.items() if path.endswith(".js") and old.encode() in content}
        assert found, f"no script has {old!r} any more"
        return files | {path: content.replace(old.encode(), new.encode()) for path, content in found.items()}

    patch("lms.web.assets._outputs", changed)


def kept_in_memory_only(patch: Patch) -> None:
    """The exam page keeps unsaved answers in the page alone."""
    _scripts_changed(patch, "  put(name, value) {", "  put(name, value) {\n    return;")


def device_clock_rules(patch: Patch) -> None:
    """The countdown believes the device's clock."""
    off = "(Date.now() - performance.timeOrigin - performance.now())"
    _scripts_changed(patch, "seconds * 1000;", f"seconds * 1000 - {off};")


def converters_without_limits(patch: Patch) -> None:
    """Children may use whatever there is, and reach whom they like."""
    patch("lms.media.children.limited", lambda command, limits: list(command))
    patch("lms.media.children._environment", lambda folder: dict(os.environ) | {"HOME": str(folder)})


def only_the_converter_itself_ended(patch: Patch) -> None:
    """When the time is up, the converter is ended, and what it started is not."""
    patch("lms.media.children.apart", tuple)
    patch("lms.media.children._Watch._kill", lambda self: self._child.kill())


def checksums_believed(patch: Patch) -> None:
    """A part is taken whatever its bytes are, and joined whatever it has become."""
    patch("lms.media.arriving.Arriving._fits", lambda self: True)

    def append(path: Any, part: Any, file: Any, whole: Any) -> None:
        for piece in resolve_name("lms.storage.local._pieces")(path, 0, None):
            whole.update(piece)
            file.write(piece)

    patch("lms.storage.local._append", append)


def parts_left_behind(patch: Patch) -> None:
    """What was collected stays after it was joined or given up."""
    patch("lms.storage.local.LocalStorage.forget_parts", lambda *_: None)
    patch("lms.storage.local.LocalStorage.forget_unfinished", lambda *_, **__: 0)


def buzzes_as_received(patch: Patch) -> None:
    """Who has the faster line is first."""
    patch("lms.stage.buzz_rules.credit_ms", lambda _round_trip: 0)


def one_buzz_a_turn(patch: Patch) -> None:
    """Only the first team that is heard of is kept; the others are told that they were."""
    insert = resolve_name("lms.stage.services.devices.insert_ignore")
    kept = resolve_name("lms.stage.models.StageBuzz")

    def first_only(session: Session, model: Any, rows: Any, *, key: Any) -> int:
        there = select(kept.id).where(kept.final_id == rows[0]["final_id"], kept.turn == rows[0]["turn"])
        return 0 if session.scalars(there).first() else insert(session, model, rows, key=key)

    patch("lms.stage.services.devices.insert_ignore", first_only)


def each_node_remembers_sign_ins(patch: Patch) -> None:
    """A node believes what it read of a sign-in, as if no other node could end it."""
    use = resolve_name("lms.people.principal.use_cache")
    patch("lms.app.use_cache", lambda *, active: use(active=True))


def stopped_before_others_serve(patch: Patch) -> None:
    """Nodes are stopped before another one is known to serve."""

    def hasty(self: Any) -> None:
        for node in self.nodes:
            node.stop()
        for n in range(len(self.nodes)):
            self.start_again(n)

    patch("bench.cluster.Cluster.exchange", hasty)


def disk_errors_are_our_fault(patch: Patch) -> None:
    """A write that fails is answered as any other fault of the program: 500, and nobody is told to try again."""
    patch("lms.web.errors._database_gone", resolve_name("lms.web.errors._failed"))


def acknowledged_without_the_database(patch: Patch) -> None:
    """An answer is acknowledged although the database is away."""
    save = resolve_name("lms.db.groups.GroupWriter.save")

    def promise(self: Any, row: Any) -> Any:
        try:
            return save(self, row)
        except OperationalError:
            if isinstance(row, AnswerRow):
                return Accepted(None)
            raise

    patch("lms.db.groups.GroupWriter.save", promise)


def newest_answers_left_out(patch: Patch) -> None:
    """A backup ends before the last rows of the journal of answers; its manifest agrees with itself."""
    read = resolve_name("lms.db.copying.read_rows")

    def short(connection: Any, name: str, columns: Any, *, at_most: int) -> Iterator[list[list[Any]]]:
        for rows in read(connection, name, columns, at_most=at_most):
            kept = rows[:-1] if name == "answers" else rows
            if kept:
                yield kept

    patch("lms.db.copying.read_rows", short)


def restored_answers_changed(patch: Patch) -> None:
    """A restore brings every answer back as the first option; the number of rows is right."""
    write = resolve_name("lms.db.copying.write_rows")

    def wrong(connection: Any, name: str, columns: Mapping[str, str], rows: Any) -> None:
        if name == "answers":
            at = list(columns).index("choice")
            rows = [[*row[:at], "[0]", *row[at + 1 :]] for row in rows]
        write(connection, name, columns, rows)

    patch("lms.db.copying.write_rows", wrong)


def damaged_backups_taken(patch: Patch) -> None:
    """A backup is not compared with its manifest."""
    patch("lms.backup.archive._compare", lambda named, seen: None)


def months_of_another_zone(patch: Patch) -> None:
    """Days and months are those of Greenwich."""
    patch("lms.clock.SHANGHAI", ZoneInfo("UTC"))


def study_without_a_wall_clock(patch: Patch) -> None:
    """A player may claim an hour more than has passed."""
    patch("lms.courses.study_rules.SLACK", timedelta(hours=1))


def boards_forget_changes(patch: Patch) -> None:
    """Histogram and units do not follow what becomes of a result."""
    patch("lms.leaderboard.services.entries.count_change", lambda *_: None)


def details_outside_the_chain(patch: Patch) -> None:
    """The hash of a record does not cover its details."""
    link = resolve_name("lms.audit.rules.link")

    def shorter(previous: str, fields: Mapping[str, object]) -> str:
        hashed: str = link(previous, {name: value for name, value in fields.items() if name != "detail"})
        return hashed

    patch("lms.audit.rules.link", shorter)
    patch("lms.audit.services.link", shorter)


MUTANTS: Mapping[str, Callable[[Patch], None]] = {
    made.__name__.replace("_", "-"): made
    for made in (
        acknowledged_before_the_commit, synchronous_normal, operation_ids_ignored, submitted_whatever_the_state,
        answered_whatever_the_state, ended_sign_ins_write, common_end_forgotten, late_answers_count,
        late_submissions_taken, nothing_closes, closed_in_two_steps, closed_whatever_the_state, all_parts_visible,
        explanation_in_the_interface, kept_in_memory_only, device_clock_rules,
        converters_without_limits, only_the_converter_itself_ended, checksums_believed, parts_left_behind,
        buzzes_as_received, one_buzz_a_turn, each_node_remembers_sign_ins, stopped_before_others_serve,
        disk_errors_are_our_fault, acknowledged_without_the_database,
        newest_answers_left_out, restored_answers_changed, damaged_backups_taken,
        months_of_another_zone, study_without_a_wall_clock, boards_forget_changes, details_outside_the_chain,
    )
}  # fmt: skip


@contextmanager
def applied(name: str) -> Iterator[None]:
    """The defect is there within the block, in this process; no name: none is."""
    before: list[tuple[Any, str, Any]] = []

    def patch(path: str, value: Any) -> None:
        owner, _, attribute = path.rpartition(".")
        holder = resolve_name(owner)
        before.append((holder, attribute, getattr(holder, attribute)))
        setattr(holder, attribute, value)

    try:
        if name:
            MUTANTS[name](patch)
        yield
    finally:
        for holder, attribute, value in reversed(before):
            setattr(holder, attribute, value)


_FOR_LIFE = ExitStack()


def put_in(name: str) -> None:
    """The defect is there for the rest of this process's life."""
    _FOR_LIFE.enter_context(applied(name))
