"""A small bank, a paper, and an attempt of lin's with which most tests begin."""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.db import MakeSession
from lms.people import queries as people_queries
from lms.people.line_rules import Line
from lms.people.models import Unit
from lms.people.services import sign_in
from lms.quizzes import services
from lms.quizzes.models import Attempt, Paper, Question
from lms.quizzes.rules import Kind, Purpose
from lms.quizzes.services.bank import Content
from lms.quizzes.services.papers import PaperSettings

NINE = datetime(2026, 11, 27, 1, 0, tzinfo=UTC)  # 9:00 in Shanghai
LEASE = "lease-of-the-first-phone"


def seconds(n: float) -> timedelta:
    return timedelta(seconds=n)


def nothing_follows(session: Session, attempt: Attempt, now: datetime) -> None:
    """A settle without consequences."""


SINGLE = Content(
    Kind.SINGLE,
    "下列哪项是耕地？",
    ["水田", "林地", "草地"],
    [0],
    "水田属于耕地。",
    {"law": "土地管理法", "article": "第四条"},
)
MULTIPLE = Content(
    Kind.MULTIPLE, "哪些属于农用地？", ["耕地", "林地", "宅基地", "草地"], [0, 1, 3], "宅基地属于建设用地。"
)
BOOLEAN = Content(Kind.BOOLEAN, "土地可以买卖。", [], [1], "土地归国家和集体所有。")
BLANK = Content(Kind.BLANK, "土地归____和____所有。", [], [["国家", "全民"], ["集体"]], "第九条。")


@pytest.fixture
def bureau(session: Session) -> Unit:
    return session.scalars(select(Unit).where(Unit.parent_id.is_(None))).one()


@pytest.fixture
def north(session: Session) -> Unit:
    return session.scalars(select(Unit).where(Unit.name == "北区分局")).one()


@pytest.fixture
def add(session: Session, bureau: Unit) -> Callable[..., Question]:
    """`add(content)`: a question of the bureau's bank."""

    def add_one(content: Content = SINGLE, *, unit: Unit = bureau, line: Line = Line.LAND) -> Question:
        return services.create_question(session, content, owner_unit_id=unit.id, line=line, by_id=None, now=NINE)

    return add_one


@pytest.fixture
def bank(add: Callable[..., Question]) -> list[Question]:
    """One question of each kind: single, multiple, boolean, blank."""
    return [add(content) for content in (SINGLE, MULTIPLE, BOOLEAN, BLANK)]


@pytest.fixture
def paper(session: Session, bank: Sequence[Question], bureau: Unit) -> Paper:
    """Ten minutes, 100 points, 25 for each question; neither questions nor options are shuffled."""
    settings = PaperSettings("不动产登记专场", duration_seconds=600, is_shuffled=False)
    made = services.create_fixed_paper(
        session, settings, [q.id for q in bank], owner_unit_id=bureau.id, by_id=None, now=NINE
    )
    session.commit()
    return made


@pytest.fixture
def start(session: Session, paper: Paper, cast) -> Callable[..., Attempt]:
    """`start()`: lin's attempt at nine o'clock, with the lease taken by LEASE."""

    def begin(name: str = "lin", *, now: datetime = NINE, **options) -> Attempt:
        options = {"purpose": Purpose.COURSE, "subject_id": 7} | options
        attempt = services.start_attempt(session, paper, person_id=getattr(cast, name).id, now=now, **options)
        services.take_lease(session, attempt, lease=LEASE, take_over=True, now=now)
        session.commit()
        return attempt

    return begin


@pytest.fixture
def save(app, session: Session, make_session: MakeSession, cast) -> Callable[..., services.Saved]:
    """`save(attempt, position, choice)`: as lin's phone saves an answer; sequences count up by themselves."""
    writer = services.answer_writer(app.extensions["engine"])
    signed_in: dict[str, int] = {}
    counter = iter(range(1, 10_000))

    turn = threading.Lock()  # the test's one session, when a test saves from several threads

    def row_of(attempt, position, choice, now, sequence, lease, name):
        if name not in signed_in:
            person = getattr(cast, name)
            sign_in.begin(session, person, device="test", hours=12, now=NINE - timedelta(hours=1))
            session.commit()
            signed_in[name] = people_queries.list_sign_ins(session, person.id, NINE)[0].id
        return services.AnswerRow(
            attempt_id=attempt.id,
            person_id=getattr(cast, name).id,
            sign_in_id=signed_in[name],
            position=position,
            sequence=next(counter) if sequence is None else sequence,
            choice=services.canonical_choice(choice),
            lease=lease,
            now=now,
        )

    def save_one(attempt, position, choice, *, now=NINE + seconds(60), sequence=None, lease=LEASE, name="lin"):
        with turn:
            row = row_of(attempt, position, choice, now, sequence, lease, name)
        with make_session() as other:
            saved = services.save_answer(writer, other, row)
            other.commit()
        with turn:
            session.expire_all()
        return saved

    return save_one
