"""Bad input gets a sentence that says what to do, and loses nothing. One test for each of the seven the site is held to; the same seven
are played in a real browser by tests/browser/test_journey_upload.py."""

import io
import re
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from lms import clock
from lms.courses.models import Resource
from lms.demo.cast import NORTH
from lms.media.models import MediaFile
from lms.notices.models import Feedback
from lms.people import queries
from lms.people.models import Person, RosterImport, Unit
from lms.quizzes import services as quizzes
from lms.quizzes.models import Answer, Attempt, CurrentAnswer, Paper
from lms.quizzes.rules import Purpose, State
from lms.storage.local import LocalStorage
from lms.web.spreadsheets import Sheet, write_workbook
from tests.media import files
from tests.quizzes.conftest import add, bank, bureau, paper
from tests.support.web import Web

__all__ = ["add", "bank", "bureau", "paper"]

RunTasks = Callable[[], int]
LECTURE = {
    "title": "耕地保护这一年",
    "line": "farmland",
    "lecturer_name": "易德",
    "audience": "0",
    "summary": "写了半天的简介。",
}


def text_of(answer: TestResponse) -> str:
    return answer.get_data(as_text=True)


def count(session: Session, model: type) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def send(browser: Web, url: str, fields: dict[str, str], name: str, content: bytes, status: int) -> TestResponse:
    data = {**fields, "file": (io.BytesIO(content), name)}
    return browser.post(url, data, status, content_type="multipart/form-data")


def keeps(page: str, *written: str) -> bool:
    """Whether everything that was written stands in the form again."""
    return all(f'value="{text}"' in page or f">{text}</textarea>" in page.replace("\r\n", "") for text in written)


def test_broken_video(web: Web, session: Session, storage: LocalStorage, run_tasks: RunTasks) -> None:
    ed = web.as_("ed")
    whole = files.video()
    page = send(ed, "/studio/new/video", LECTURE, "讲座.mp4", whole[: len(whole) // 2], 303).headers["Location"]
    run_tasks()
    said = text_of(ed.get(page))
    assert "文件没有处理成功" in said
    assert re.search("重新导出.*再上传", said)
    assert keeps(text_of(ed.get(f"{page}/edit")), LECTURE["title"], LECTURE["summary"])
    send(ed, page, LECTURE, "讲座.mp4", whole, 303)
    run_tasks()
    assert "可以提交审核" in text_of(ed.get(page))
    assert count(session, Resource) == 1


def test_zero_byte_file(web: Web, session: Session, storage: LocalStorage) -> None:
    ed = web.as_("ed")
    page = text_of(send(ed, "/studio/new/video", LECTURE, "讲座.mp4", b"", 422))
    assert "文件是空的（0 字节）" in page
    assert keeps(page, LECTURE["title"], LECTURE["summary"])
    assert (count(session, Resource), count(session, MediaFile)) == (0, 0)
    send(ed, "/studio/new/video", LECTURE, "讲座.mp4", files.video(), 303)


def test_wrong_spreadsheet(web: Web, session: Session) -> None:
    hua = web.as_("hua")
    before = count(session, Person)
    for content, sentence in (
        (b"", "0 字节"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old", "另存为"),
        (b"PK\x03\x04", "打不开"),
    ):
        page = text_of(send(hua, "/office/people/imports", {"from_on": "2026-03-02"}, "花名册.xlsx", content, 422))
        assert sentence in page
        assert keeps(page, "2026-03-02")
    assert count(session, RosterImport) == 0
    questions = write_workbook([Sheet("题", ("题干", "答案"), [["土地属于谁？", "国家"]])])
    answer = send(hua, "/office/people/imports", {"from_on": "2026-03-02"}, "花名册.xlsx", questions, 303)
    page = text_of(hua.follow(answer))
    assert "没有找到表头" in page
    assert "导入全部" not in page
    hua.post(answer.headers["Location"] + "/taking-in", status=422)
    assert count(session, Person) == before


def new_person(session: Session, **changed: str) -> dict[str, str]:
    unit = session.scalars(select(Unit).where(Unit.name == NORTH)).one()
    facts = {"staff_no": "n901", "name": "新来的", "rank_band": "township", "title": "科员", "unit_id": str(unit.id)}
    rest = {"branch_id": "0", "from_on": "2026-03-02", "party_status": "none", "duty_status": "on_duty"}
    return facts | rest | changed


def test_duplicate_person(web: Web, session: Session, cast: SimpleNamespace) -> None:
    hua = web.as_("hua")
    before = count(session, Person)
    for number in ("lin", "LIN", "ｌｉｎ"):
        page = text_of(hua.post("/office/people", new_person(session, staff_no=number), 409))
        assert "已经属于另一个人，请核对" in page
        assert keeps(page, "新来的", "科员", "2026-03-02")
    assert count(session, Person) == before
    hua.post("/office/people", new_person(session))
    assert count(session, Person) == before + 1


def test_expired_page(web: Web, session: Session) -> None:
    lin = web.as_("lin")
    stale = web.as_("lin").csrf_token()  # the token of an earlier sign-in, as an old page still carries it
    wish = {"text": "写了很久的建议", "page": "/", "operation_id": "of-the-old-page"}
    page = text_of(lin.post("/feedback", {**wish, "csrf_token": stale}, 400))
    assert "这次没有提交" in page
    assert "刷新后再提交" in page
    fresh = lin.client.get("/login/token").get_json()  # what the script of the open page asks for
    assert fresh["person"] is not None
    lin.post("/feedback", {**wish, "csrf_token": fresh["csrf_token"]})
    assert session.scalars(select(Feedback.text)).all() == ["写了很久的建议"]


def test_expired_page_of_somebody_who_is_signed_out(web: Web, session: Session) -> None:
    lin = web.as_("lin")
    token = lin.csrf_token()
    lin.post("/logout")
    assert lin.client.get("/login/token").get_json()["person"] is None
    answer = lin.client.post("/feedback", data={"csrf_token": token, "text": "写了很久的建议", "page": "/"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login?next=/")
    assert count(session, Feedback) == 0


def start(session: Session, paper: Paper, person: Person) -> Attempt:
    return quizzes.start_attempt(
        session, paper, person_id=person.id, purpose=Purpose.PRACTICE, subject_id=7, now=clock.now()
    )


def test_two_tabs(web: Web, session: Session, cast: SimpleNamespace, paper: Paper) -> None:
    attempt = start(session, paper, cast.lin)
    assert start(session, paper, cast.lin).id == attempt.id
    session.commit()
    url = f"/api/attempts/{attempt.id}"
    lin, first, second = web.as_("lin"), "lease-of-the-first-tab", "lease-of-the-second-tab"
    lin.call(f"{url}/lease", {"lease": first})
    lin.call(f"{url}/answers", {"item": 1, "sequence": 1, "choice": [1], "lease": first})
    refused = lin.call(f"{url}/lease", {"lease": second}, 409)
    assert (refused["reason"], bool(refused["error"])) == ("lease", True)
    lin.call(f"{url}/lease", {"lease": second, "take_over": True})
    assert lin.client.get(url).get_json()["questions"][0]["choice"] == [1], "what the first tab saved is there"
    refused = lin.call(f"{url}/answers", {"item": 1, "sequence": 2, "choice": [2], "lease": first}, 409)
    assert refused["reason"] == "lease"
    lin.call(f"{url}/answers", {"item": 1, "sequence": 2, "choice": [0], "lease": second})
    assert session.scalars(select(CurrentAnswer.choice)).all() == ["[0]"]
    assert (count(session, Attempt), count(session, Answer)) == (1, 2)


def test_two_tabs_of_one_form(web: Web, session: Session) -> None:
    hua = web.as_("hua")
    hua.post("/office/people", new_person(session, operation_id="first-tab"))
    page = text_of(hua.post("/office/people", new_person(session, operation_id="second-tab"), 409))
    assert "已经属于另一个人" in page
    assert keeps(page, "新来的", "科员")
    assert queries.find_by_staff_no(session, "n901") is not None


@pytest.mark.parametrize("repeats", [2, 5])
def test_refresh_during_submit(web: Web, session: Session, cast: SimpleNamespace, paper: Paper, repeats: int) -> None:
    hua, lin = web.as_("hua"), web.as_("lin")
    before = count(session, Person)
    form = new_person(session, operation_id="the-same-page", csrf_token=hua.csrf_token())
    places = {hua.post("/office/people", form).headers["Location"] for _ in range(repeats)}
    assert (len(places), count(session, Person)) == (1, before + 1)
    attempt = start(session, paper, cast.lin)
    session.commit()
    url = f"/api/attempts/{attempt.id}"
    lin.call(f"{url}/lease", {"lease": "lease-of-the-phone"})
    lin.call(f"{url}/answers", {"item": 1, "sequence": 1, "choice": [0], "lease": "lease-of-the-phone"})
    handed_in = [lin.call(f"{url}/submission", {}) for _ in range(repeats)]
    assert all(one == handed_in[0] for one in handed_in)
    assert handed_in[0]["score_millis"] == 25_000
    assert session.get_one(Attempt, attempt.id).state is State.SUBMITTED
