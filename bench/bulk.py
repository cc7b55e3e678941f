"""Large amounts (P16): search among 50,000 resources, import of 20,000 questions and people from Excel, publication of 100,000."""

import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import count

from sqlalchemy import delete, func, insert, select

from bench.bureau import Bureau
from bench.figures import Figure, Group, Once, Row
from bench.load import Person, Visitor, drive
from bench.masses import fill_board
from bench.server import Server
from lms import clock
from lms.courses.models import Resource
from lms.courses.review_rules import Line, ResourceKind, ResourceState
from lms.db import search, unit_of_work
from lms.db.search import Piece, made, mark
from lms.leaderboard import queries as board_queries
from lms.leaderboard import services as boards
from lms.leaderboard.models import PublishedRanking
from lms.people import queries as people_queries
from lms.people.models import Person as PersonRow
from lms.people.principal import principal_of
from lms.people.services import rosters
from lms.quizzes.importing.template import COLUMNS
from lms.tasks.services import TaskContext
from lms.web.spreadsheets import Sheet, read_rows, write_workbook

RESOURCES, IMPORTED, RANKED = 50_000, 20_000, 100_000
SEARCH = Row(
    "P16a",
    "search 50,000 resources by a two-character word that a fifth of them has",
    (Figure("median", "ms", 20, 5), Figure("CPU", "ms")),
)
QUESTIONS = Row("P16b", "import 20,000 questions from Excel", (Figure("whole", "s", 20, 8),))
PEOPLE = Row("P16c", "import 20,000 people from Excel", (Figure("whole", "s", 20, 8),))
PUBLISH = Row("P16d", "publish a board of 100,000", (Figure("whole", "s", 10, 3),))
_runs = count(1)


class Shelf:
    """A library of fifty thousand."""

    def __init__(self, bureau: Bureau, server: Callable[[], Server]) -> None:
        self.bureau, self._server = bureau, server
        self._is_full = False

    def search(self) -> Once:
        if not self._is_full:
            _fill_library(self.bureau)
            self._is_full = True
        server = self._server()
        visitors = self.bureau.visitors(4, first=1580)
        drive(server.port, [_searching(v, 2) for v in visitors]).check()
        cpu = server.cpu_seconds()
        took = drive(server.port, [_searching(visitors[0], 20)]).check()
        cpu = server.cpu_seconds() - cpu
        return {"P16a": {"median": took.percentile("search", 0.5), "CPU": cpu * 1000 / took.count()}}


def _searching(visitor: Visitor, times: int) -> Person:
    for _ in range(times):
        yield visitor.get("/library/?q=%E8%80%95%E5%9C%B0", "search")  # 耕地


def _fill_library(bureau: Bureau) -> None:
    now = clock.now()
    with unit_of_work(bureau.make_session) as session:
        by = session.scalars(select(PersonRow.id).where(PersonRow.staff_no == "ed")).one()
        unit = people_queries.list_units(session)[0].id
        first = (session.scalar(select(func.max(Resource.id))) or 0) + 1
        rows, entries = [], {}
        for n in range(RESOURCES):
            title = f"{'耕地' if n % 5 == 0 else '矿产'}资源管理实务第{n}讲"
            rows.append(
                {
                    "id": first + n, "kind": ResourceKind.ARTICLE, "title": title, "line": Line.FARMLAND,
                    "owner_unit_id": unit, "state": ResourceState.PUBLISHED, "created_by_id": by, "created_at": now,
                    "published_at": now - timedelta(minutes=n), "required_reading_seconds": 60,
                }
            )  # fmt: skip
            entries[first + n] = made(
                "resource", [Piece("title", title)], [mark("a", 0), mark("l", Line.FARMLAND.value)]
            )
        for start in range(0, RESOURCES, 5000):
            session.execute(insert(Resource), rows[start : start + 5000])
        search.put_new(session, "resource", dict(reversed(entries.items())))  # in the order of their publication


def _import_questions(bureau: Bureau) -> Once:
    run = next(_runs)
    rows = [_question_row(run, n) for n in range(IMPORTED)]
    file = bureau.folder / f"questions-{run}.xlsx"
    file.write_bytes(write_workbook([Sheet("试题", tuple(title for title, _ in COLUMNS), rows)]))
    began = time.perf_counter()
    bureau.flask("questions", "import", str(file))
    return {"P16b": {"whole": time.perf_counter() - began}}


def _question_row(run: int, n: int) -> list[str]:
    given = {
        "题型": "单选题", "题干": f"第{run}批第{n}题，下列说法正确的是", "答案": "B", "解析": "见条文", "依据": "土地管理法",
        "条款": "第四条", "版本": "2019年修正", "难度": "中",
    } | {f"选项{letter}": f"说法{run}-{n}-{word}" for letter, word in zip("ABCD", "甲乙丙丁", strict=True)}  # fmt: skip
    return [given.get(title, "") for title, _ in COLUMNS]


def _import_people(bureau: Bureau) -> Once:
    """Read as the upload page reads it, taken in as the task takes it in."""
    run, now = next(_runs), clock.now()
    with bureau.make_session() as session:
        units, branches = people_queries.list_units(session), people_queries.list_branches(session)
        admin = session.scalars(select(PersonRow).where(PersonRow.staff_no == "ada")).one()
        by = principal_of(session, admin, now)
    head = ("工号", "姓名", "单位", "职级类别")
    rows = [[f"x{run}n{n}", f"人员{_chinese(n)}", units[1].name, "乡科级"] for n in range(IMPORTED)]
    data = write_workbook([Sheet("花名册", head, rows)])
    began = time.perf_counter()
    with unit_of_work(bureau.make_session) as session:
        roster = rosters.read_in(
            session, read_rows(data, "花名册.xlsx"), file_name="花名册.xlsx", from_on=clock.today(now), units=units,
            branches=branches, keys=bureau.keys, by=by, now=now,
        )  # fmt: skip
        if roster.new_count != IMPORTED:
            raise RuntimeError(f"{roster.new_count} of {IMPORTED} understood: {roster.problems[:3]}")
        task = rosters.start(session, roster, by=by, now=now)
        task_id, roster_id = task.id, roster.id
    context = TaskContext(
        make_session=bureau.make_session,
        services={"keys": bureau.keys},
        task_id=task_id,
        owner_id=by.id,
        input={"import": roster_id},
        now=now,
    )
    rosters.take_in(context)
    return {"P16c": {"whole": time.perf_counter() - began}}


def _chinese(n: int) -> str:
    return "".join("零一二三四五六七八九"[int(digit)] for digit in str(n))


class Publication:
    def __init__(self, bureau: Bureau) -> None:
        self.bureau = bureau
        self._board_id = 0

    def measure(self) -> Once:
        if not self._board_id:
            self._board_id = self.bureau.contest("公布十万人").round.board_id
            fill_board(self.bureau.make_session, self._board_id, RANKED)
        with self.bureau.make_session() as session:
            head = board_queries.find_board(session, self._board_id)
            by = session.scalars(select(PersonRow.id).where(PersonRow.staff_no == "hua")).one()
        assert head is not None
        began = time.perf_counter()
        with unit_of_work(self.bureau.make_session) as session:
            boards.publish(session, head, keys=self.bureau.keys, actor_id=by, now=clock.now())
        took = time.perf_counter() - began
        with unit_of_work(self.bureau.make_session) as session:
            session.execute(delete(PublishedRanking).where(PublishedRanking.board_id == self._board_id))
        return {"P16d": {"whole": took}}


def groups(bureau: Bureau, server: Callable[[], Server]) -> list[Group]:
    return [
        Group((SEARCH,), Shelf(bureau, server).search),
        Group((QUESTIONS,), partial(_import_questions, bureau)),
        Group((PEOPLE,), partial(_import_people, bureau)),
        Group((PUBLISH,), Publication(bureau).measure),
    ]
