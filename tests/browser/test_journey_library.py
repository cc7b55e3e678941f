"""A word said in minute three is found in the library and kept with a note; a film goes back and forth between its lecturer and two reviewers."""

import math
import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from lms.demo.lecture_media import cues
from lms.web.filters import seconds as clock_of
from tests.browser.backstage import Backstage, film_of, lecture_of
from tests.browser.conftest import Person, Site, keep
from tests.browser.test_journey_study import until

At = Callable[..., Person]
TALK = lecture_of(5, slides=4, seconds=60)
START, WORDS = next(
    (start, words)
    for start, _, text in cues(TALK)
    if start >= 183
    for words in [re.split("[，。！？；：、“”]", text)[0]]
    if len(words) >= 5 and not any(words in slide.narration for slide in TALK.slides[:3])
)
MINUTE_THREE, LANDING = clock_of(int(START)), math.ceil(START)


@pytest.fixture(scope="module")
def talk(live: Site) -> str:
    """The title of a published film of four minutes with captions."""
    return Backstage(live).give_course(TALK).title


@pytest.mark.parametrize("view", ["phone", "pc"])
def test_a_word_said_in_minute_three_is_found_reached_noted_and_returned_to(person: At, talk: str, view: str) -> None:
    lin = person("lin", view)
    page = lin.go("/library")
    page.get_by_role("searchbox", name="搜索课程和资源").fill(WORDS)
    page.keyboard.press("Enter")
    hit = page.locator(".hit", has_text=f"{MINUTE_THREE} 讲到")
    expect(hit).to_contain_text(WORDS)
    lin.look()
    keep(page, f"library-{view}-found")
    hit.click()
    _stands_where_it_is_said(page)
    keep(page, f"library-{view}-reached")

    note = f"{view}上记下的一句"
    page.get_by_label("内容").fill(note)
    expect(page.get_by_label(re.compile("^时间"))).to_have_value(clock_of(LANDING))
    page.get_by_role("button", name="记下").click()
    expect(page.get_by_text("笔记已保存，只有你自己看得到。")).to_be_visible()
    _stands_where_it_is_said(page)
    expect(page.locator("#notes .review-line", has_text=note)).to_contain_text(clock_of(LANDING))
    lin.look()
    keep(page, f"library-{view}-noted")

    page.get_by_role("link", name="全部笔记").click()
    written = page.locator(".review-line", has_text=note)
    expect(page.get_by_role("heading", name="收藏和笔记")).to_be_visible()
    lin.look()
    keep(page, f"library-{view}-notes")
    written.get_by_role("link", name=f"{talk} {clock_of(LANDING)}").click()
    _stands_where_it_is_said(page)
    page.evaluate("document.querySelector('video').currentTime = 12")
    page.locator("#notes .review-line", has_text=note).get_by_role("link", name=clock_of(LANDING)).click()
    until(page, f"video.currentTime >= {LANDING} && !video.paused")
    lin.check()


def _stands_where_it_is_said(page: Page) -> None:
    """The player stands at the second, and the words are on the picture and marked in the transcript."""
    until(page, f"Math.abs(video.currentTime - {LANDING}) < 1.5 && !video.seeking && video.readyState > 1")
    line = page.locator(".transcript-line[aria-current]")
    expect(line).to_contain_text(WORDS)
    inside = "line => { const list = line.closest('ol').getBoundingClientRect(); return line.getBoundingClientRect().bottom <= list.bottom + 1; }"
    assert line.evaluate(inside), "the line is in sight within its list"
    until(page, f"video.textTracks[0].mode === 'showing' && video.textTracks[0].activeCues[0].text.includes('{WORDS}')")
    expect(page.locator("video")).to_be_in_viewport()


@pytest.mark.parametrize("view", ["phone", "pc"])
def test_two_reviewers_and_the_lecturer_bring_a_film_to_the_learners(person: At, view: str) -> None:
    title = f"审核往返演示（{'手机' if view == 'phone' else '电脑'}）"
    ed = person("ed", view)
    number = _uploaded(ed, title)
    ed.page.get_by_role("button", name="提交审核").click()
    expect(ed.page.get_by_text("已提交，审核结果会发消息告诉你。")).to_be_visible()

    ada = person("ada", view)
    ada.go("/office/reviews/content")
    ada.page.get_by_role("link", name=title).click()
    until(ada.page, "video.readyState > 1")
    ada.page.evaluate("document.querySelector('video').currentTime = 7")
    until(ada.page, "video.currentTime >= 7 && !video.seeking")
    ada.page.get_by_label("内容", exact=True).fill("这里的电话停用了，请换掉。")
    expect(ada.page.get_by_label(re.compile("^时间"))).to_have_value("0:07")
    ada.page.get_by_role("button", name="记下这条意见").click()
    expect(ada.page.get_by_text("意见已记下")).to_be_visible()
    until(ada.page, "video.currentTime >= 7 && !video.seeking")
    ada.look()
    keep(ada.page, f"review-{view}-remark")
    ada.page.get_by_label("退回修改").check()
    ada.page.get_by_label(re.compile("^退回原因")).fill("见 0:07 的意见。")
    ada.page.get_by_role("button", name="提交意见").click()
    expect(ada.page.get_by_text(f"《{title}》已退回。")).to_be_visible()

    page = ed.go(f"/studio/{number}")
    expect(page.get_by_text("还有 1 条审核意见待处理，暂时不能提交")).to_be_visible()
    expect(page.get_by_role("button", name="提交审核")).to_have_count(0)
    keep(page, f"review-{view}-returned")
    page.locator("#comments").get_by_role("link", name="0:07").click()
    until(page, "video.currentTime >= 6.9")
    page.get_by_role("link", name="修改", exact=True).click()
    page.get_by_label("简介").fill("电话已换成值班电话。")
    page.get_by_role("button", name="保存").click()
    page.get_by_role("button", name="标为已处理").click()
    expect(page.get_by_text("暂时不能提交")).to_have_count(0)
    keep(page, f"review-{view}-settled")
    page.get_by_role("button", name="提交审核").click()

    ada.go(f"/office/reviews/content/{number}")
    expect(ada.page.locator("#comments")).to_contain_text("已处理")
    ada.page.get_by_label("通过", exact=True).check()
    ada.page.get_by_role("button", name="提交意见").click()
    expect(ada.page.get_by_text(f"《{title}》待保密审核。")).to_be_visible()

    rui = person("rui", view)
    rui.go("/office/reviews/secrecy")
    rui.page.get_by_role("link", name=title).click()
    rui.look()
    keep(rui.page, f"review-{view}-secrecy")
    rui.page.get_by_label("通过", exact=True).check()
    rui.page.get_by_label("我已逐页查看").check()
    rui.page.get_by_role("button", name="提交意见").click()
    expect(rui.page.get_by_text(f"《{title}》已发布。")).to_be_visible()

    lin = person("lin", view)
    lin.go(f"/library?q={title}")
    lin.page.get_by_role("link", name=title).click()
    until(lin.page, "video.readyState > 0")
    expect(lin.page.get_by_text("电话已换成值班电话。")).to_be_visible()
    expect(lin.page.get_by_text("这里的电话停用了")).to_have_count(0)
    keep(lin.page, f"review-{view}-public")
    for one in (ed, ada, rui, lin):
        one.check()


def _uploaded(ed: Person, title: str) -> int:
    """The number of a draft with a film that is ready."""
    page = ed.go("/studio/new/video")
    page.get_by_label("标题").fill(title)
    page.get_by_label("业务条线").select_option(index=1)
    film = film_of(lecture_of(10, slides=2, seconds=6))
    page.locator("input[name=file]").set_input_files(
        files=[{"name": "往返.mp4", "mimeType": "video/mp4", "buffer": film}]
    )
    page.get_by_role("button", name="上传并保存").click()
    page.wait_for_url(re.compile(r"/studio/\d+$"))
    expect(page.get_by_text("文件已处理好，可以提交审核。")).to_be_visible(timeout=90_000)
    return int(urlsplit(page.url).path.rsplit("/", 1)[1])
