"""Practice: questions laid out, answered one by one, and the wrong-question book that follows from the journal.

Every write is a row of the journal and, in the same transaction, the cards of its questions folded anew from all their rows; so a
card can never say anything else than the journal.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from random import Random

from sqlalchemy import ColumnElement, delete
from sqlalchemy.orm import Session

from lms.clock import today
from lms.db import conflict_as, insert_ignore, serialise, upsert
from lms.errors import Conflict, Invalid, NotFound
from lms.people.line_rules import LINE_NAMES, Line
from lms.people.principal import Principal
from lms.quizzes import key_queries, practice_queries
from lms.quizzes.draw_rules import option_order
from lms.quizzes.grade_rules import grade
from lms.quizzes.models import QuestionVersion
from lms.quizzes.practice_memory import Memory, remember
from lms.quizzes.practice_models import PracticeCard, PracticeEntry, PracticeRun
from lms.quizzes.practice_queries import Found
from lms.quizzes.practice_rules import (
    BOOK_MOST,
    CHALLENGE_MOST,
    DAILY_COUNT,
    FEWEST,
    STRONG_PERCENT,
    Act,
    Mode,
    Pool,
    Share,
    by_weakness,
    mixed,
    next_position,
    pick_daily,
    seed_of,
)  # fmt: skip
from lms.quizzes.rules import KIND_LABELS, Choice, Kind
from lms.quizzes.services.answers import canonical_choice

POOL_SIZE = 400  # questions chance chooses from
_FIELDS = list(Memory.__dataclass_fields__)


class NothingToPractise(Conflict):
    message = "没有可以练习的题，换一条线或题型再试。"


class AnsweredAlready(Conflict):
    message = "这道题已经答过，不能再改。"


class RunOver(Conflict):
    message = "这一轮已经结束，请开始新的一轮。"


class Withheld(Conflict):
    message = "这道题在你还没有公布答案的试卷里，公布以后再练。"


# --- laying out


def start_run(
    session: Session,
    person: Principal,
    mode: Mode,
    *,
    now: datetime,
    line: Line | None = None,
    kind: Kind | None = None,
    count: int = DAILY_COUNT,
) -> PracticeRun:
    """A new run, or the daily one of this Shanghai day if there is one. Raises NothingToPractise."""
    on = today(now)
    if mode is Mode.DAILY and (kept := practice_queries.find_daily(session, person.id, on)):
        return kept
    chosen = _chosen(session, person, mode, line, kind, count, now)
    if not chosen:
        raise NothingToPractise()
    rng = Random(seed_of(person.id, on) if mode is Mode.DAILY else None)
    run = PracticeRun(
        person_id=person.id,
        mode=mode,
        daily_on=on if mode is Mode.DAILY else None,
        line=line,
        kind=kind,
        sheet=[[each.version_id, option_order(each.kind, each.options, rng)] for each in chosen],
        started_at=now,
    )
    with conflict_as(Conflict("今天的每日一练刚刚在另一个页面开始了，请刷新。"), session):
        session.add(run)
    take_results(session, person.id, now=now)
    return run


def _chosen(
    session: Session, person: Principal, mode: Mode, line: Line | None, kind: Kind | None, count: int, now: datetime
) -> list[Found]:
    withheld = practice_queries.find_withheld(session, person.id, now)
    if mode is Mode.BOOK:
        return _due(session, person.id, withheld, now)[:BOOK_MOST]
    pool = practice_queries.list_pool(session, person.id, person.unit_path, line=line, kind=kind, limit=POOL_SIZE)
    free = {each.question_id: each for each in pool if each.question_id not in withheld}
    if mode is Mode.DAILY:
        return _daily(session, person.id, free, withheld, now)
    size = CHALLENGE_MOST if mode is Mode.CHALLENGE else count
    return [free[id] for id in mixed(free, Random())[:size]]


def _due(session: Session, person_id: int, withheld: set[int], now: datetime) -> list[Found]:
    book = practice_queries.find_book(session, person_id, now)
    able = practice_queries.find_questions(session, book)
    return [able[id] for id in practice_queries.due_of(book, able.keys() - withheld, today(now))]


def _daily(
    session: Session, person_id: int, free: Mapping[int, Found], withheld: set[int], now: datetime
) -> list[Found]:
    """Due wrong questions first, then weak lines, then what was never met."""
    due = {each.question_id: each for each in _due(session, person_id, withheld, now)}
    met = practice_queries.find_met(session, person_id)
    unseen: dict[str, list[int]] = {}
    for id, each in free.items():
        if id not in met:
            unseen.setdefault(each.line, []).append(id)
    pool = Pool(list(due), unseen, [id for id in free if id in met])
    lines = [each.code for each in by_weakness(line_shares(session, person_id, now)) if _is_weak(each)]
    picked = pick_daily(pool, lines, count=DAILY_COUNT, seed=seed_of(person_id, today(now)))
    return [due.get(id) or free[id] for id in picked]


def _is_weak(share: Share) -> bool:
    return share.total >= FEWEST and share.percent < STRONG_PERCENT


def line_shares(session: Session, person_id: int, now: datetime) -> list[Share]:
    """How each line went in the last 90 days."""
    sums: dict[Line, list[int]] = {}
    for line, _, right, total in practice_queries.count_by_topic(session, person_id, now):
        mine = sums.setdefault(line, [0, 0])
        mine[0] += right
        mine[1] += total
    return [Share(line.value, LINE_NAMES[line], right, total) for line, (right, total) in sums.items()]


def kind_shares(session: Session, person_id: int, now: datetime) -> list[Share]:
    """How each kind of question went in the last 90 days."""
    sums: dict[Kind, list[int]] = {}
    for _, kind, right, total in practice_queries.count_by_topic(session, person_id, now):
        mine = sums.setdefault(kind, [0, 0])
        mine[0] += right
        mine[1] += total
    return [Share(kind.value, KIND_LABELS[kind], right, total) for kind, (right, total) in sums.items()]


# --- answering


def answer(session: Session, run: PracticeRun, position: int, choice: Choice, *, now: datetime) -> PracticeEntry:
    """The answer is in the journal, graded, and the wrong-question book follows. Answered once: raises AnsweredAlready for a second
    answer, RunOver when the run has ended, Withheld while the question stands in an attempt whose key is not released, Invalid for
    an empty choice, NotFound for no position of the run."""
    if not 0 < position <= len(run.sheet):
        raise NotFound()
    written = canonical_choice(choice)
    if not any(str(part).strip() and part != -1 for part in choice):
        raise Invalid("先作答，再提交。", field="choice")
    given = practice_queries.list_answers(session, run.id)
    if position in given:
        raise AnsweredAlready()
    askable = practice_queries.list_askable_positions(session, run, now)
    if next_position(run.mode, {at: entry.fraction for at, entry in given.items()}, askable) is None:
        raise RunOver()
    if position not in askable:
        raise Withheld()
    version = session.get_one(QuestionVersion, run.sheet[position - 1][0])
    stands = key_queries.find_standing(session, version.id)
    entry = PracticeEntry(
        person_id=run.person_id, question_id=version.question_id, version_id=version.id, act=Act.ANSWER, run_id=run.id,
        position=position, choice=written, fraction=grade(version.kind, stands.key, choice, marking=stands.marking), at=now,
    )  # fmt: skip
    with conflict_as(AnsweredAlready(), session):
        session.add(entry)
    _fold(session, run.person_id, [version.question_id])
    return entry


# --- the wrong-question book


def take_results(session: Session, person_id: int, *, now: datetime) -> int:
    """Results that were released to the person since the last time are in the journal; returns how many there were."""
    results = practice_queries.list_results(session, person_id, now)
    rows = [asdict(each) | {"person_id": person_id, "act": Act.RESULT} for each in results]
    taken = insert_ignore(session, PracticeEntry, rows, key=["attempt_id", "position"])
    _fold(session, person_id, {each.question_id for each in results})
    return taken


def judge_by_hand(session: Session, person_id: int, question_id: int, act: Act, *, now: datetime) -> None:
    """The person keeps a question in their book, or takes it out. Raises NotFound for one that was never answered wrongly."""
    take_results(session, person_id, now=now)
    session.flush()  # the card is read from what was just taken
    if session.get(PracticeCard, (person_id, question_id), populate_existing=True) is None:
        raise NotFound()
    session.add(PracticeEntry(person_id=person_id, question_id=question_id, act=act, choice="[]", at=now))
    _fold(session, person_id, [question_id])


def mark_again(session: Session, version: QuestionVersion, *, after: int, limit: int) -> int:
    """The next `limit` rows of the journal about a version, beyond id `after`, say what its key gives now, and the books follow.
    Returns the id of the last one, 0 when none is left. A repeat changes nothing."""
    rows = practice_queries.list_of_version(session, version.id, after=after, limit=limit)
    stands, touched = key_queries.find_standing(session, version.id), set()
    for entry, elsewhere in rows:
        choice = json.loads(entry.choice)
        fraction = grade(version.kind, stands.key, choice, marking=stands.marking) if elsewhere is None else elsewhere
        if fraction != entry.fraction:
            entry.fraction = fraction
            touched.add(entry.person_id)
    for person_id in sorted(touched):
        _fold(session, person_id, [version.question_id])
    return rows[-1][0].id if rows else 0


def verify(session: Session, person_id: int) -> tuple[int, list[int]]:
    """(cards compared, questions whose card is not what the journal says)."""
    events = practice_queries.list_events(session, person_id)
    folded = {id: memory for id, of_one in events.items() if (memory := remember(of_one)) is not None}
    stored = practice_queries.find_memories(session, person_id)
    compared = sorted(folded.keys() | stored.keys())
    return len(compared), [id for id in compared if folded.get(id) != stored.get(id)]


def rebuild(session: Session, person_id: int) -> int:
    """All cards of the person are folded from the journal alone; returns how many there are."""
    serialise(session, f"practice:{person_id}")
    session.execute(delete(PracticeCard).where(*_cards_of(person_id)))
    session.expire_all()
    return _fold(session, person_id, practice_queries.find_met(session, person_id))


def _cards_of(person_id: int) -> tuple[ColumnElement[bool]]:
    return (PracticeCard.person_id == person_id,)


def _fold(session: Session, person_id: int, question_ids: Iterable[int]) -> int:
    wanted = list(question_ids)
    if not wanted:
        return 0
    serialise(session, f"practice:{person_id}")
    session.flush()  # the new rows are part of what is folded
    events = practice_queries.list_events(session, person_id, wanted)
    memories = {id: remember(of_question) for id, of_question in events.items()}
    rows = [
        {"person_id": person_id, "question_id": id} | asdict(memory)
        for id, memory in memories.items()
        if memory is not None
    ]
    upsert(session, PracticeCard, rows, key=["person_id", "question_id"], update=_FIELDS)
    never_wrong = [id for id, memory in memories.items() if memory is None]  # any more, after a correction
    if never_wrong:
        session.execute(delete(PracticeCard).where(*_cards_of(person_id), PracticeCard.question_id.in_(never_wrong)))
    return len(rows)
