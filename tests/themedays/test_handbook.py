"""The handbook: what stands in it, as PDF and Word, who may take it, that each taking is logged."""

import io
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from types import SimpleNamespace

import docx
import pypdfium2 as pdfium
import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.audit.models import AuditRecord
from lms.db import MakeSession
from lms.demo.cast import NORTH_BRANCH, SOUTH_BRANCH
from lms.gatherings import services
from lms.gatherings.models import Gathering
from lms.gatherings.rules import Cause, DecisionState, Mark
from lms.gatherings.services import Tap
from lms.media import jobs as media_jobs
from lms.media import services as media
from lms.scheduler import KINDS
from lms.storage import Storage
from lms.tasks.models import Task, TaskState
from lms.tasks.services import run_due
from lms.themedays import handbook_facts, handbook_printing, handbook_services, records_rules
from lms.themedays.models import MakeUp, Part
from lms.themedays.rules import PartKind
from lms.themedays.services import MonthPlan, plan_month
from tests.gatherings.north import AFTER, DURING, ENDS, FRIDAY, NOON, STARTS, branch, move, theme_day
from tests.media import files
from tests.support.statements import statements_of
from tests.support.web import Web
from tests.themedays.december import DECEMBER, Shelf

POINTS = "学习了节约集约用地文件。\n#panic() 讨论了 =1+1。"


@pytest.fixture(autouse=True)
def after() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(AFTER, tick=False) as traveller:
        yield traveller


@pytest.fixture
def run(app: Flask, make_session: MakeSession, session: Session) -> Callable[[], int]:
    def ran() -> int:
        session.commit()
        done = run_due(make_session, KINDS, app.extensions)
        session.expire_all()
        return done

    return ran


@pytest.fixture
def whole(session: Session, cast: SimpleNamespace, shelf: Shelf, app: Flask, run: Callable[[], int]) -> Gathering:
    """A theme day of North with everything a record can hold."""
    plan = MonthPlan(
        STARTS, ENDS, list(PartKind), place="三楼会议室", theme="用地", host_id=cast.chen.id, recorder_id=cast.lin.id
    )
    made = plan_month(session, branch(session), DECEMBER, plan, by_id=cast.chen.id, now=NOON)
    present = [Tap(one.id, Mark.PRESENT) for one in (cast.chen, cast.lin, cast.ada)]
    services.mark(
        session, made, [*present, Tap(cast.bo.id, Mark.LEAVE, Cause.OFFICIAL)], by_id=cast.chen.id, now=DURING
    )
    services.close_roll(session, made, by_id=cast.chen.id, now=AFTER)
    services.write_minutes(session, made, {"points": POINTS}, by_id=cast.chen.id, now=AFTER)
    decision = services.add_decision(
        session, made, text="整理台账", owner_id=cast.lin.id, due_on=date(2026, 12, 20), link="/", by_id=cast.chen.id, now=AFTER
    )  # fmt: skip
    session.flush()
    services.settle_decision(
        session, made, decision, state=DecisionState.DONE, result="已清", by_id=cast.lin.id, now=AFTER
    )
    photo = media.receive(
        session, io.BytesIO(files.picture()), name="现场.png", owner_id=cast.chen.id, storage=app.extensions["storage"], now=AFTER
    )  # fmt: skip
    services.add_photo(session, made, photo.id, by_id=cast.chen.id, now=AFTER)
    lesson = session.scalars(select(Part).where(Part.kind == PartKind.LESSON)).one()
    session.add(
        MakeUp(
            part_id=lesson.id, gathering_id=made.id, person_id=cast.bo.id, resource_id=shelf.lesson.id, due_on=date(2027, 1, 3),
            opened_at=AFTER, closed_at=AFTER, evidence={"lesson": 1},
        )
    )  # fmt: skip
    session.commit()
    run_due(app.extensions["make_session"], media_jobs.KINDS, app.extensions)
    return made


def facts_of(session: Session, *, now: object = AFTER) -> handbook_facts.Handbook:
    return handbook_facts.gather(session, branch(session), 2026, now=now)  # type: ignore[arg-type]


def text_of(content: bytes) -> str:
    with pdfium.PdfDocument(content) as opened:
        text = "".join(page.get_textpage().get_text_bounded() for page in opened)
    return "".join(text.split())


def words_of(content: bytes) -> str:
    document = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


SAID = (
    "三楼会议室", "陈思远", "2026年12月4日（周五）15:00—17:00", "应到5人，到会3人，请假1人，缺席1人，到会率60%", "薄一鸣（因公）",
    "薄一鸣（一课，已补）", "整理台账", "已办结：已清", "#panic()讨论了=1+1。", "一课、一片、一实践",
)  # fmt: skip


# --- what stands in it


def test_both_files_say_everything_the_record_says(session: Session, whole: Gathering) -> None:
    book = facts_of(session)
    pdf, word = handbook_printing.as_pdf(book.facts, {}, at=AFTER), handbook_printing.as_word(book.facts, {})
    for text in (text_of(pdf), "".join(words_of(word).split())):
        for said in (*SAID, NORTH_BRANCH, "2026年度", book.digest, "2026年12月4日（周五）17:05"):
            assert said in text, said
        for chapter in (
            "一、支部概况",
            "二、年度工作安排",
            "三、组织生活完成情况",
            "四、活动记录",
            "五、决定事项落实情况",
            "六、补学情况",
        ):
            assert chapter in text


def test_the_roster_of_the_handbook_is_that_of_its_day(
    session: Session, cast: SimpleNamespace, whole: Gathering
) -> None:
    before = facts_of(session)
    assert "林晓" in [line[1] for line in before.facts["roster"]]
    move(session, cast.lin, SOUTH_BRANCH, FRIDAY + timedelta(days=2))
    later = facts_of(session, now=AFTER + timedelta(days=7))
    assert "林晓" not in [line[1] for line in later.facts["roster"]]
    assert later.facts["summary"] == before.facts["summary"] == [["主题党日", "1", "5", "3", "60%"]]


def test_the_digest_is_that_of_the_content_and_not_of_the_moment(
    session: Session, cast: SimpleNamespace, whole: Gathering
) -> None:
    first, again = facts_of(session), facts_of(session, now=AFTER + timedelta(hours=1))
    assert first.digest == again.digest
    assert first.facts["as_of"] != again.facts["as_of"]
    services.write_minutes(session, whole, {"points": "改了一个字"}, by_id=cast.chen.id, now=AFTER)
    session.commit()
    assert facts_of(session).digest != first.digest


def test_what_a_correction_found_present_has_nothing_to_make_up(
    session: Session, cast: SimpleNamespace, whole: Gathering
) -> None:
    assert len(facts_of(session).facts["make_ups"]) == 1
    services.mark(session, whole, [Tap(cast.bo.id, Mark.PRESENT)], by_id=cast.chen.id, now=AFTER)
    session.commit()
    assert facts_of(session).facts["make_ups"] == []


def test_photos_are_placed_in_both_files(
    session: Session, app: Flask, whole: Gathering, run: Callable[[], int]
) -> None:
    task = handbook_services.order(session, branch(session), 2026, "docx", by_id=whole.host_id or 0, now=AFTER)
    handbook_services.order(session, branch(session), 2026, "pdf", by_id=whole.host_id or 0, now=AFTER)
    assert run() == 2
    storage: Storage = app.extensions["storage"]
    word = b"".join(storage.read(session.get_one(Task, task.id).result["file_key"]))
    assert len(docx.Document(io.BytesIO(word)).inline_shapes) == 1
    (pdf_task,) = session.scalars(select(Task).where(Task.input["format"].as_string() == "pdf"))
    with pdfium.PdfDocument(b"".join(storage.read(pdf_task.result["file_key"]))) as pdf:
        kinds = [each.type for page in pdf for each in page.get_objects()]
    assert pdfium.raw.FPDF_PAGEOBJ_IMAGE in kinds
    assert session.get_one(Task, task.id).progress_total == 3


def test_an_empty_year_is_a_handbook_too(session: Session, cast: SimpleNamespace) -> None:
    book = facts_of(session)
    assert book.facts["records"] == []
    assert "没有记录" in text_of(handbook_printing.as_pdf(book.facts, {}, at=AFTER))
    assert "没有记录" in words_of(handbook_printing.as_word(book.facts, {}))


def test_a_character_no_word_file_may_hold_stops_no_handbook(
    session: Session, cast: SimpleNamespace, whole: Gathering
) -> None:
    services.write_minutes(session, whole, {"points": "学习\uffff文件"}, by_id=cast.chen.id, now=AFTER)
    session.commit()
    assert "学习文件" in words_of(handbook_printing.as_word(facts_of(session).facts, {}))


def test_many_records_are_read_in_as_few_statements_as_one(
    app: Flask, session: Session, cast: SimpleNamespace, whole: Gathering
) -> None:
    def said() -> int:
        session.commit()
        with statements_of(app.extensions["engine"]) as statements:
            facts_of(session)
        return len(statements)

    few = said()
    for _ in range(5):
        made = theme_day(session, cast.chen)
        services.close_roll(session, made, by_id=cast.chen.id, now=AFTER)
        services.write_minutes(session, made, {"points": "学习"}, by_id=cast.chen.id, now=AFTER)
    assert said() == few <= 30


# --- ordered, followed, taken


def test_a_secretary_orders_the_handbook_and_takes_it_and_that_is_logged(
    web: Web, session: Session, cast: SimpleNamespace, whole: Gathering, run: Callable[[], int]
) -> None:
    chen, url = web.as_("chen"), f"/branches/{branch(session).id}/handbook"
    assert "还没有生成" in chen.get(url).get_data(as_text=True)
    assert "正在生成" in chen.follow(chen.post(f"{url}/pdf", {"year": 2026})).get_data(as_text=True)
    chen.post(f"{url}/pdf", {"year": 2026})
    assert run() == 1
    piece = chen.get(f"{url}/progress?year=2026")
    assert piece.headers["X-Stop"] == "1"
    assert "校验码" in piece.get_data(as_text=True)
    answer = chen.post(f"{url}/pdf/file", {"year": 2026}, 200)
    assert answer.data[:5] == b"%PDF-"
    assert answer.headers["Cache-Control"] == "no-store"
    taken = session.scalars(select(AuditRecord).where(AuditRecord.action == "branch:take-handbook")).one()
    assert (taken.actor_id, taken.detail["format"]) == (cast.chen.id, "pdf")
    assert taken.detail["digest"] == facts_of(session).digest


def test_the_next_one_replaces_the_former_file(
    app: Flask, session: Session, cast: SimpleNamespace, whole: Gathering, run: Callable[[], int]
) -> None:
    storage: Storage = app.extensions["storage"]
    for _ in range(2):
        handbook_services.order(session, branch(session), 2026, "pdf", by_id=cast.chen.id, now=clock.now())
        run()
    assert len(list(storage.stored(f"handbooks/{branch(session).id}/2026-pdf-"))) == 1
    done = session.scalars(select(Task).where(Task.kind == "themedays.handbook", Task.state == TaskState.DONE)).all()
    assert len(done) == 2


def test_nobody_takes_what_is_not_theirs_or_not_there(
    web: Web, session: Session, cast: SimpleNamespace, whole: Gathering
) -> None:
    url = f"/branches/{branch(session).id}/handbook"
    for name, status in (("mei", 404), ("lin", 403), ("hua", 403)):
        web.as_(name).get(url, status)
        web.as_(name).post(f"{url}/pdf", {"year": 2026}, status)
        web.as_(name).post(f"{url}/pdf/file", {"year": 2026}, status)
    for form, year in (("exe", 2026), ("pdf", 2031), ("pdf", 2026)):
        web.as_("chen").post(f"{url}/{form}/file", {"year": year}, 404)
    web.as_("wen").get(url)


@pytest.mark.parametrize(
    ("number", "said"), [(1, "一"), (10, "十"), (12, "十二"), (20, "二十"), (99, "九十九"), (120, "120")]
)
def test_records_are_numbered_as_papers_number_them(number: int, said: str) -> None:
    assert records_rules.chinese(number) == said
