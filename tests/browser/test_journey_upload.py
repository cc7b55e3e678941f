"""ed's film and slides go through two reviews into the library, where lin finds them; and bad input gets a sentence and loses nothing."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from playwright.sync_api import FilePayload, Page, Route, expect
from sqlalchemy import func, select

from lms.demo.cast import PASSWORD
from lms.demo.documents import make_pptx
from lms.people.models import Person as PersonRow
from lms.quizzes.models import Answer, Attempt, CurrentAnswer
from lms.quizzes.rules import State
from lms.web.spreadsheets import XLSX, Sheet, write_workbook
from tests.browser.backstage import Backstage, film_of, lecture_of
from tests.browser.conftest import Person, Site, keep

At = Callable[..., Person]
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
READY = "文件已处理好，可以提交审核。"


@pytest.fixture(scope="module")
def backstage(live: Site) -> Backstage:
    return Backstage(live)


@pytest.fixture(scope="module")
def film() -> bytes:
    return film_of(lecture_of(10, slides=2, seconds=6))


@pytest.fixture(scope="module")
def slides() -> bytes:
    lecture = lecture_of(11, slides=3, seconds=6)
    first = replace(lecture.slides[0], lines=("骑缝章盖在接缝处", "页数写在封面"))
    return make_pptx(replace(lecture, slides=(first, *lecture.slides[1:])))


def a_film(content: bytes, name: str = "窗口礼仪.mp4") -> FilePayload:
    return {"name": name, "mimeType": "video/mp4", "buffer": content}


def fill_upload(page: Page, title: str, file: FilePayload) -> None:
    page.get_by_label("标题").fill(title)
    page.get_by_label("业务条线").select_option(index=1)
    page.get_by_label("简介").fill("给新到窗口的同志。")
    page.locator("input[type=file][name=file]").set_input_files(files=[file])


def on_a_slow_line(page: Page, bytes_a_second: int) -> None:
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_a_second}
    line.send("Network.emulateNetworkConditions", slow)


def review(reviewer: Person, step: str, title: str) -> None:
    reviewer.go(f"/office/reviews/{step}")
    reviewer.page.get_by_role("link", name=title).click()
    reviewer.page.get_by_label("通过", exact=True).check()
    if step == "secrecy":
        reviewer.page.get_by_role("button", name="提交意见").click()
        expect(reviewer.page.locator(".error-summary")).to_contain_text("确认不含涉密内容")
        expect(reviewer.page.get_by_label("通过", exact=True)).to_be_checked()
        reviewer.page.get_by_label("我已逐页查看，确认不含涉密内容").check()
    keep(reviewer.page, f"upload-review-{step}")
    reviewer.page.get_by_role("button", name="提交意见").click()
    expect(reviewer.page.get_by_text(f"《{title}》")).to_be_visible()


def find(lin: Person, words: str, title: str) -> Page:
    """The resource's page, reached by searching for the words on the phone."""
    page = lin.go("/library/")
    page.get_by_role("searchbox").fill(words)
    page.get_by_role("searchbox").press("Enter")
    page.wait_for_url("**/library/?*")
    lin.look()
    keep(page, f"upload-search-{len(title)}")
    page.get_by_role("link", name=title).click()
    expect(page.locator("h1")).to_have_text(title)
    lin.look()
    return page


def test_a_film_and_slides_are_uploaded_reviewed_by_two_and_found_by_two_characters(
    person: At, film: bytes, slides: bytes
) -> None:
    ed = person("ed", "pc")
    ed.go("/studio/")
    ed.page.get_by_role("link", name="上传视频").click()
    on_a_slow_line(ed.page, len(film) // 4)
    fill_upload(ed.page, "窗口礼仪二三事", a_film(film))
    ed.page.get_by_role("button", name="上传并保存").click()
    expect(ed.page.locator(".upload-text").first).to_have_text(re.compile(r"已传 \d+%（.+），每秒 .+，约剩 \d+ 秒"))
    keep(ed.page, "upload-progress")
    ed.page.wait_for_url(re.compile(r"/studio/\d+$"), timeout=15_000)
    on_a_slow_line(ed.page, -1)
    expect(ed.page.get_by_text("已保存为草稿。")).to_be_visible()
    expect(ed.page.get_by_text(READY)).to_be_visible(timeout=30_000)
    ed.look()
    keep(ed.page, "upload-ready")
    ed.page.get_by_role("button", name="提交审核").click()
    expect(ed.page.get_by_text("已提交，审核结果会发消息告诉你。")).to_be_visible()

    ed.go("/studio/new/document")
    fill_upload(ed.page, "卷宗装订", {"name": "卷宗装订.pptx", "mimeType": PPTX, "buffer": slides})
    ed.page.get_by_label("允许下载原文件").check()
    ed.page.get_by_role("button", name="上传并保存").click()
    ed.page.wait_for_url(re.compile(r"/studio/\d+$"))
    expect(ed.page.get_by_text(READY)).to_be_visible(timeout=30_000)
    ed.page.get_by_role("button", name="提交审核").click()
    expect(ed.page.get_by_text("已提交，审核结果会发消息告诉你。")).to_be_visible()

    lin = person("lin", "phone")
    lin.go("/library/?q=礼仪")
    expect(lin.page.get_by_text("没有找到“礼仪”")).to_be_visible()
    ada, rui = person("ada", "pc"), person("rui", "pc")
    for title in ("窗口礼仪二三事", "卷宗装订"):
        review(ada, "content", title)
        review(rui, "secrecy", title)

    page = find(lin, "礼仪", "窗口礼仪二三事")
    with page.expect_response(
        lambda answer: "/media/" in answer.url and answer.request.resource_type == "media"
    ) as got:
        page.evaluate("document.querySelector('video').play()")
    assert got.value.status in (200, 206)
    keep(page, "upload-found")
    page = find(lin, "骑缝", "卷宗装订")
    expect(
        page.get_by_text("骑缝章盖在接缝处").first
    ).to_be_attached()  # below the picture of the page, where there is one
    with page.expect_download() as download:
        page.get_by_role("button", name="下载原文件").click()
    assert download.value.path().read_bytes() == slides
    inbox = ed.go("/notices")
    expect(inbox.get_by_text("《窗口礼仪二三事》已通过审核并发布。")).to_be_visible()
    for one in (ed, ada, rui, lin):
        one.check(but="422")


def test_a_file_that_cannot_be_used_is_told_so_and_what_was_written_stays(person: At, film: bytes) -> None:
    ed = person("ed", "pc")
    page = ed.go("/studio/new/video")
    for content, sentence in (
        (b"", "文件是空的（0 字节）"),
        (b"PK\x03\x04 slides under another name", "文件内容不是 MP4"),
    ):
        fill_upload(page, "坏文件也不丢", a_film(content))
        page.get_by_role("button", name="上传并保存").click()
        expect(page.locator(".upload-failed").first).to_contain_text(sentence)
        expect(page.get_by_label("标题")).to_have_value("坏文件也不丢")
        expect(page.get_by_label("简介")).to_have_value("给新到窗口的同志。")
    keep(page, "upload-refused")
    for part in (2000, len(film) // 2):
        fill_upload(page, "坏文件也不丢", a_film(film[:part]))
        page.get_by_role("button", name=re.compile("上传并保存|保存")).click()
        expect(page.get_by_text("文件没有处理成功")).to_be_visible(timeout=30_000)
        expect(page.get_by_text("重新导出后再上传")).to_be_visible()
        expect(page.locator("h1")).to_have_text("坏文件也不丢")
        keep(page, f"upload-broken-{part > 2000}")
        page.get_by_role("link", name="换一个文件").click()
        expect(page.get_by_label("标题")).to_have_value("坏文件也不丢")
    fill_upload(page, "坏文件也不丢", a_film(film))
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text(READY)).to_be_visible(timeout=30_000)
    ed.check(but="422")


def roster(header: tuple[str, ...], *rows: tuple[str, ...]) -> FilePayload:
    return {"name": "花名册.xlsx", "mimeType": XLSX, "buffer": write_workbook([Sheet("名册", header, rows)])}


def test_a_wrong_spreadsheet_and_a_person_who_exists_already_are_told_so(
    person: At, backstage: Backstage, slides: bytes
) -> None:
    hua = person("hua", "pc")
    page = hua.go("/office/people/imports")
    for file, sentence in (
        ({"name": "花名册.xlsx", "mimeType": XLSX, "buffer": b""}, "0 字节"),
        ({"name": "花名册.xls", "mimeType": XLSX, "buffer": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old"}, "旧版 .xls"),
        ({"name": "花名册.xlsx", "mimeType": XLSX, "buffer": slides}, "另存为 .xlsx"),
    ):
        page.locator("input[type=file]").set_input_files(files=[file])
        page.get_by_role("button", name="上传并检查").click()
        expect(page.locator(".error-summary")).to_contain_text(sentence)
    keep(page, "roster-refused")
    page.locator("input[type=file]").set_input_files(files=[roster(("题干", "答案"), ("土地属于谁？", "国家"))])
    page.get_by_role("button", name="上传并检查").click()
    expect(page.get_by_text("没有找到表头。表头要有“工号”“姓名”“单位”“职级类别”")).to_be_visible()
    page.get_by_role("button", name="不导入，改好后重新上传").click()
    header = ("工号", "姓名", "单位", "职级类别")
    lines = (
        ("lin", "林晓", "北区分局", "乡科级"),
        ("new1", "新一", "没有这个单位", "乡科级"),
        ("new2", "新二", "北区分局", "乡科级"),
    )
    page.locator("input[type=file]").set_input_files(files=[roster(header, *lines)])
    page.get_by_role("button", name="上传并检查").click()
    expect(page.get_by_text("只导入没有问题的 1 人")).to_be_visible()
    expect(page.get_by_text("没有这个单位").first).to_be_visible()
    expect(page.get_by_text("林晓（工号 lin）已在库中，不再添加。")).to_be_visible()
    keep(page, "roster-preview")

    page = hua.go("/office/people/new")
    fill_person(page, "lin", "另一个林晓")
    page.get_by_role("button", name="添加", exact=True).click()
    expect(page.locator(".error-summary")).to_be_visible()
    expect(page.get_by_label("姓名")).to_have_value("另一个林晓")
    keep(page, "person-duplicate")
    assert count_people(backstage, "lin") == 1
    hua.check(but="the server responded with a status of 4")


def fill_person(page: Page, staff_no: str, name: str) -> None:
    page.get_by_label("工号").fill(staff_no)
    page.get_by_label("姓名").fill(name)
    page.get_by_label("单位", exact=True).select_option(label="　北区分局")
    page.get_by_label("从哪天起").fill(date(2026, 1, 5).isoformat())


def count_people(backstage: Backstage, staff_no: str) -> int:
    with backstage.work() as session:
        return session.scalar(select(func.count()).where(PersonRow.staff_no == staff_no)) or 0


def test_a_page_reloaded_while_it_is_sent_has_its_effect_once(person: At, backstage: Backstage) -> None:
    hua = person("hua", "pc")
    page = hua.go("/office/people/new")
    fill_person(page, "once1", "只加一次")

    held: list[Route] = []

    def give_up(route: Route) -> None:
        """The server has it; the browser no longer waits for the answer."""
        route.fetch()
        route.abort("aborted")
        held.append(route)

    page.route("**/office/people", give_up)
    page.get_by_role("button", name="添加", exact=True).click(no_wait_after=True)
    for _ in range(200):
        if held:
            break
        page.wait_for_timeout(50)
    page.reload()
    expect(page.get_by_label("姓名")).to_have_value("")
    page.unroute("**/office/people")
    assert count_people(backstage, "once1") == 1, "the effect was had, the answer was lost"
    fill_person(page, "once1", "只加一次")
    page.get_by_role("button", name="添加", exact=True).click()
    expect(page.locator(".error-summary")).to_contain_text("工号")
    page.get_by_label("工号").fill("once2")
    page.get_by_role("button", name="添加", exact=True).dblclick()
    page.wait_for_url(re.compile(r"/office/people/\d+$"))
    assert (count_people(backstage, "once1"), count_people(backstage, "once2")) == (1, 1)


def test_a_form_of_an_expired_page_keeps_its_text_until_one_has_signed_in_again(person: At) -> None:
    ed = person("ed", "pc")
    page = ed.go("/studio/new/article")
    page.get_by_label("标题").fill("写了很久的文章")
    page.get_by_label("业务条线").select_option(index=1)
    page.get_by_label("正文").fill("第一段。\n\n第二段。")
    other = ed.context.new_page()
    other.goto(f"{ed.site.url}/me")
    other.get_by_role("button", name="退出登录").click()
    other.wait_for_url("**/login*")
    page.evaluate("window.dispatchEvent(new Event('blur'))")
    page.get_by_role("button", name="保存草稿").click()
    expect(page.locator(".dialog-text")).to_contain_text("登录已过期。请在新窗口重新登录")
    keep(page, "expired-sign-in")
    with page.expect_popup() as opened:
        page.locator(".dialog button[value=yes]").click()
    opened.value.fill("input[name=username]", "ed")
    opened.value.fill("input[name=password]", PASSWORD)
    opened.value.click("main form [type=submit]")
    opened.value.wait_for_url(lambda url: "/login" not in url)
    page.get_by_role("button", name="保存草稿").click()
    expect(page.get_by_text("已保存为草稿。")).to_be_visible()
    expect(page.get_by_text("第二段。")).to_be_visible()
    ed.check()


def test_a_forged_token_is_refused_with_a_sentence(person: At) -> None:
    ed = person("ed", "pc")
    page = ed.go("/studio/new/article")
    page.evaluate("document.querySelector('main form [name=csrf_token]').value = 'of another day'")
    page.get_by_role("button", name="保存草稿").click()
    expect(page.get_by_text("页面停留太久或已重新登录，这次没有提交")).to_be_visible()
    keep(page, "expired-token")


def test_two_tabs_of_one_exam_write_one_attempt_and_a_reload_while_handing_in_changes_nothing(
    person: At, backstage: Backstage
) -> None:
    bo = person("bo", "phone")
    first = bo.go("/contests")
    first.get_by_role("button", name="开始答题").first.click()
    first.wait_for_url(re.compile(r"/attempts/\d+"))
    attempt = int(first.url.rsplit("/", 1)[1].split("#")[0])
    second = bo.context.new_page()
    second.goto(f"{bo.site.url}/contests")
    second.get_by_role("button", name=re.compile("答题|继续")).first.click()
    second.wait_for_url(f"**/attempts/{attempt}")
    pick(first, 0)
    expect(first.locator("[data-exam-saved]")).to_have_text("已保存")
    second.reload()
    expect(second.locator(".sheet-answered")).to_have_count(1)
    second.locator(".sheet-number").first.click()
    pick(second, 1)
    expect(second.locator("[data-exam-saved]")).to_have_text("已保存")
    keep(second, "exam-two-tabs")
    with backstage.work() as session:
        own = (Attempt.person_id == backstage.who(session, "bo").id, Attempt.state == State.OPEN)
        assert session.scalar(select(func.count()).where(*own)) == 1
        assert session.scalar(select(func.count()).where(CurrentAnswer.attempt_id == attempt)) == 1
        assert session.scalar(select(func.count()).where(Answer.attempt_id == attempt)) == 2

    second.locator(".sheet-number").last.click()
    second.locator("[data-exam-next]", has_text="交卷").click()
    second.locator(".dialog button[value=yes]").click(no_wait_after=True)
    second.reload()
    second.goto(f"{bo.site.url}/attempts/{attempt}")
    if "/review" not in second.url:
        second.locator("[data-exam-submit]").click()
        second.locator(".dialog button[value=yes]").click()
        second.wait_for_url("**/review")
    with backstage.work() as session:
        ended = session.get_one(Attempt, attempt)
        assert (ended.state, ended.number) == (State.SUBMITTED, 1)
    pick(first, 2)
    first.wait_for_url("**/review")
    bo.look()
    keep(first, "exam-over-in-the-other-tab")


def pick(page: Page, number: int) -> None:
    page.locator(".exam-question.is-current .option").nth(number).click()
