"""A folder or an archive becomes a draft course, file by file, and a task that was killed goes on."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.courses.models import Course, CourseImport, Lesson, Resource, Section
from lms.courses.review_rules import CourseState, ResourceState
from lms.courses.services import imports
from lms.db import MakeSession
from lms.errors import Invalid
from lms.media.models import MediaFile
from lms.storage.local import LocalStorage
from lms.tasks.models import Task
from lms.tasks.services import run_due
from tests.courses import desk
from tests.media import files
from tests.support.web import Web

NAMED = {
    "课/02 登记/01 首次登记.pdf": files.pdf("first"),
    "课/01 耕地/第十讲 平衡.pdf": files.pdf("balance"),
    "课/01 耕地/第二讲 红线.pptx": files.deck(("红线", "十八亿亩")),
    "课/01 耕地/坏的.pdf": b"MZ not a pdf",
    "课/说明.txt": b"read me",
    "课/00 前言.docx": files.document("前言", "正文"),
}


def text_of(answer: Any) -> str:
    text: str = answer.get_data(as_text=True)
    return text


def packed(named: dict[str, bytes] = NAMED) -> io.BytesIO:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in named.items():
            archive.writestr(name, content)
    made.seek(0)
    return made


def sent(**more: Any) -> dict[str, Any]:
    return {"title": "耕地与登记", "line": "farmland", **more}


@pytest.fixture
def run(make_session: MakeSession, storage: LocalStorage, session: Session) -> Callable[[], int]:
    """Runs the import that waits."""

    def ran() -> int:
        session.commit()
        done = run_due(make_session, imports.KINDS, {"storage": storage})
        session.expire_all()
        return done

    return ran


def start(web: Web, status: int = 303, **given: Any) -> Any:
    return web.as_("hua").post("/office/courses/import", sent(**given), status, content_type="multipart/form-data")


def lines(session: Session) -> list[tuple[str | None, str]]:
    query = select(Section.title, Lesson.title).select_from(Lesson).outerjoin(Section, Section.id == Lesson.section_id)
    return [(section, title) for section, title in session.execute(query.order_by(Lesson.position))]


ORDERED = [(None, "前言"), ("耕地", "红线"), ("耕地", "平衡"), ("登记", "首次登记")]


def test_an_archive_becomes_a_draft_course_and_what_cannot_be_taken_is_named(
    web: Web, session: Session, storage: LocalStorage, run: Callable[[], int]
) -> None:
    hua = web.as_("hua")
    assert "从文件夹或 ZIP 导入" in text_of(hua.get("/office/courses/"))
    hua.get("/office/courses/import")
    address = start(web, archive=(packed(), "课.zip")).headers["Location"]
    assert "正在导入" in text_of(hua.get(address))
    assert run() == 1
    assert lines(session) == ORDERED
    page = text_of(hua.get(address))
    assert "导入 4 个课时" in page
    assert "坏的.pdf" in page
    assert "改了扩展名" in page
    assert "说明.txt" in page
    state = hua.get(f"{address}/state")
    assert state.headers["X-Stop"] == "1"
    course = session.scalars(select(Course)).one()
    assert course.state is CourseState.DRAFT
    assert {resource.state for resource in session.scalars(select(Resource))} == {ResourceState.DRAFT}
    assert "还没有通过审核" in text_of(hua.get(f"/office/courses/{course.id}"))
    assert "还没有通过两步审核" in text_of(hua.post(f"/office/courses/{course.id}/publication", status=422))
    kept = session.scalars(select(CourseImport)).one()
    assert list(storage.stored(kept.key)) == []
    assert session.scalar(select(func.count()).select_from(MediaFile)) == 4


def test_a_folder_is_taken_as_an_archive_is(
    web: Web, session: Session, storage: LocalStorage, run: Callable[[], int]
) -> None:
    start(web, folder=[(io.BytesIO(content), name) for name, content in NAMED.items()])
    run()
    assert lines(session) == ORDERED


def test_a_task_that_was_killed_goes_on_where_it_stood(
    web: Web, session: Session, make_session: MakeSession, storage: LocalStorage, run: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    start(web, archive=(packed(), "课.zip"))
    take, taken = imports._take, 0

    def killed(*arguments: Any) -> None:
        nonlocal taken
        taken += 1
        if taken == 5:
            raise KeyboardInterrupt
        take(*arguments)

    monkeypatch.setattr(imports, "_take", killed)
    with pytest.raises(KeyboardInterrupt):
        run()
    assert len(lines(session)) == 2
    task = session.scalars(select(Task).where(Task.kind == imports.TASK_KIND)).one()
    task.claimed_until = desk.AT
    monkeypatch.setattr(imports, "_take", take)
    run()
    assert lines(session) == ORDERED
    kept = session.scalars(select(CourseImport)).one()
    assert (kept.done, kept.total, len(kept.problems)) == (6, 6, 2)


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ((packed({"../a.pdf": b"x"}), "a.zip"), "包外"),
        ((io.BytesIO(b"PK\x03\x04broken"), "a.zip"), "打开"),
        ((packed({}), "a.zip"), "没有文件"),
    ],
)
def test_an_unsafe_or_empty_archive_makes_no_course(
    web: Web, session: Session, storage: LocalStorage, file: tuple[io.BytesIO, str], why: str
) -> None:
    assert why in text_of(start(web, 422, archive=file))
    assert session.scalars(select(Course)).all() == []


def test_nothing_chosen_is_said(web: Web, storage: LocalStorage) -> None:
    assert "请选择 ZIP 压缩包或文件夹" in text_of(start(web, 422))


def test_what_unpacks_to_too_much_stops_with_its_reason(
    session: Session, make_session: MakeSession, storage: LocalStorage, principals: Any, run: Callable[[], int]
) -> None:
    named = {f"{n}.pdf": files.pdf("x") + b"\n%" + b"x" * 3000 for n in range(6)}
    wanted = imports.Wanted("大", desk.Line.FARMLAND, 4000)
    kept = imports.start_import(
        session, principals.hua, wanted, archive=imports.Posted("a.zip", packed(named)), folder=[],
        owner_unit_id=desk.bureau(session).id, storage=storage, now=desk.AT,
    )  # fmt: skip
    run()
    session.refresh(kept)
    assert kept.finished_at is not None
    assert kept.done == kept.total
    assert any("分成几个" in why for _, why in kept.problems)


def test_an_archive_that_is_gone_ends_the_import_with_a_sentence(
    web: Web, session: Session, storage: LocalStorage, run: Callable[[], int]
) -> None:
    start(web, archive=(packed(), "课.zip"))
    kept = session.scalars(select(CourseImport)).one()
    storage.delete(kept.key)
    run()
    assert "过期" in text_of(web.as_("hua").get(f"/office/courses/imports/{kept.id}"))


def test_another_units_import_is_not_seen(web: Web, session: Session, storage: LocalStorage) -> None:
    address = start(web, archive=(packed(), "课.zip")).headers["Location"]
    web.as_("ada").get(address, 404)
    with pytest.raises(Invalid):
        imports._packed([], io.BytesIO())
