"""The shell: 今日, tasks, feedback, self-check."""

from io import BytesIO
from types import SimpleNamespace

import pytest
from sqlalchemy.orm import Session

from lms import clock
from lms.admin.rules import device_in_words, error_in_words
from lms.notices import services as notices
from lms.tasks import services as tasks
from lms.tasks.models import Task, TaskState
from lms.tasks.services import TaskContext, run_due
from tests.support.web import Web


def text_of(answer) -> str:  # type: ignore[no-untyped-def]
    return answer.get_data(as_text=True)


@pytest.mark.parametrize("name", ["chen", "mei", "ed", "gao", "ada", "rui", "hua", "wen", "sun", "qin", "shi"])
def test_everybody_with_a_role_may_enter(web: Web, name: str) -> None:
    assert "今日" in text_of(web.as_(name).get("/office"))


@pytest.mark.parametrize("name", ["lin", "bo", "dana"])
def test_a_cadre_is_led_home(web: Web, name: str) -> None:
    assert web.as_(name).get("/office", 303).headers["Location"] == "/"


def test_today_counts_what_is_mine_to_do(web: Web, session: Session, cast: SimpleNamespace) -> None:
    notices.give_feedback(session, cast.lin.id, page="/", text="字大一点", now=clock.now())
    assert "1 条意见等待答复" in text_of(web.as_("hua").get("/office"))
    assert "1 条意见等待答复" in text_of(web.as_("wen").get("/office"))
    assert "意见等待答复" not in text_of(web.as_("ada").get("/office"))


def task(session: Session, owner_id: int, **values: object) -> Task:
    made = tasks.enqueue(session, "test.kind", {}, owner_id=owner_id, title="试一试", now=clock.now())
    for name, value in values.items():
        setattr(made, name, value)
    session.commit()
    return made


def test_a_task_is_its_owner_s_and_the_system_admin_s(web: Web, session: Session, cast: SimpleNamespace) -> None:
    mine = task(session, cast.hua.id)
    for name, status in (("hua", 200), ("sun", 200), ("ada", 404), ("ed", 404), ("lin", 403)):
        web.as_(name).get(f"/office/tasks/{mine.id}", status)
    assert "试一试" in text_of(web.as_("hua").get("/office/tasks"))
    assert "试一试" in text_of(web.as_("sun").get("/office/tasks?state=queued"))
    assert "试一试" not in text_of(web.as_("ada").get("/office/tasks"))


def test_progress_is_fetched_until_the_task_has_ended(web: Web, session: Session, cast: SimpleNamespace) -> None:
    mine = task(session, cast.hua.id, state=TaskState.RUNNING, progress_done=40, progress_total=100)
    hua = web.as_("hua")
    page = text_of(hua.get(f"/office/tasks/{mine.id}"))
    assert f'data-url="/office/tasks/{mine.id}/progress"' in page
    assert "40%" in page
    assert "X-Stop" not in hua.client.get(f"/office/tasks/{mine.id}/progress").headers
    mine.state = TaskState.DONE
    session.commit()
    assert "X-Stop" in hua.client.get(f"/office/tasks/{mine.id}/progress").headers


def test_a_failed_task_says_why_in_words_and_can_be_tried_again(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    mine = task(
        session, cast.hua.id, state=TaskState.FAILED, error="OSError: no space", tries=3, finished_at=clock.now()
    )
    hua, sun = web.as_("hua"), web.as_("sun")
    page = text_of(hua.get(f"/office/tasks/{mine.id}"))
    assert "系统出错，没有完成" in page
    assert "OSError" not in page
    assert "OSError" in text_of(sun.get(f"/office/tasks/{mine.id}"))
    assert "1 个任务没有完成" in text_of(hua.get("/office"))
    hua.post(f"/office/tasks/{mine.id}/retry")

    def succeed(context: TaskContext) -> dict[str, object]:
        return {"text": "这次成了。"}

    assert run_due(hua.app.extensions["make_session"], {"test.kind": succeed}, {}) == 1
    assert "这次成了" in text_of(hua.get(f"/office/tasks/{mine.id}"))


def test_what_a_task_made_is_its_owner_s_to_download(web: Web, session: Session, cast: SimpleNamespace) -> None:
    web.app.extensions["storage"].put("tasks/result.xlsx", BytesIO(b"rows"))
    result = {"file_key": "tasks/result.xlsx", "file_name": "名单.xlsx"}
    mine = task(session, cast.hua.id, state=TaskState.DONE, result=result)
    hua = web.as_("hua")
    assert "下载结果" in text_of(hua.get(f"/office/tasks/{mine.id}"))
    answer = hua.get(f"/office/tasks/{mine.id}/file")
    assert answer.get_data() == b"rows"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    web.as_("sun").get(f"/office/tasks/{mine.id}/file", 404)
    mine.result = {"file_key": "tasks/gone.xlsx"}
    hua.get(f"/office/tasks/{mine.id}/file", 404)


def test_our_own_sentences_stand_and_technical_ones_do_not() -> None:
    assert error_in_words("视频打不开，请换一个文件。") == "视频打不开，请换一个文件。"
    assert "重试" in error_in_words("ValueError: x")
    assert error_in_words(None) == ""


def test_feedback_is_answered_once_and_its_writer_told(web: Web, session: Session, cast: SimpleNamespace) -> None:
    given = notices.give_feedback(session, cast.lin.id, page="/courses", text="视频太快", now=clock.now())
    session.flush()  # the page is addressed by the number
    place = f"/office/feedback/{given.id}"
    hua, wen = web.as_("hua"), web.as_("wen")
    assert "视频太快" in text_of(hua.get("/office/feedback"))
    hua.get(place)
    assert "请写下答复" in text_of(hua.post(place + "/reply", {"reply": " "}, 422))
    hua.post(place + "/reply", {"reply": "已经改好。"})
    wen.post(place + "/reply", {"reply": "我也来答。"}, 409)
    assert "已经改好" in text_of(wen.get(place))
    assert "视频太快" not in text_of(hua.get("/office/feedback"))
    assert "视频太快" in text_of(hua.get("/office/feedback?state=answered"))
    lin = web.as_("lin")
    assert "已经改好" in text_of(lin.get("/feedback"))
    assert "你的意见有了答复" in text_of(lin.get("/notices"))


def test_one_person_s_feedback_is_nobody_else_s(web: Web, session: Session, cast: SimpleNamespace) -> None:
    notices.give_feedback(session, cast.lin.id, page="/", text="只有我看得到", now=clock.now())
    assert "只有我看得到" in text_of(web.as_("lin").get("/feedback"))
    assert "只有我看得到" not in text_of(web.as_("bo").get("/feedback"))


def test_the_self_check_names_the_five_bans_and_the_switches(web: Web) -> None:
    page = text_of(web.as_("hua").get("/office/self-check"))
    for ban in ("登录积分", "连续打卡", "在线时长", "末位", "未完成名单"):
        assert ban in page
    assert "动态口令" in page
    assert "全部榜单" in page


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Mozilla/5.0 (Linux; Android 14) Chrome/120 MicroMessenger/8.0", "微信，安卓手机"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17 like Mac OS X) wxwork/4.1 MicroMessenger/7", "企业微信，iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/120 Safari/537 Edg/120", "Edge，Windows 电脑"),
        ("", "未知设备"),
    ],
)
def test_a_device_is_named_in_words(said: str, words: str) -> None:
    assert device_in_words(said) == words
