"""The player and the document reader as people use them: streams, sound alone, words found and reached, links that end on the way."""

import io
import re
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy.orm import Session

from lms import clock
from lms.courses.models import Lesson, LessonProgress, Resource
from lms.media import services
from lms.media.models import MediaFile, MediaPage
from lms.media.rules import MediaKind, MediaState
from lms.storage.local import LocalStorage
from lms.web.vendor import vendor_url
from tests.browser.conftest import keep
from tests.courses import desk
from tests.media.conftest import storage
from tests.media.streams import FOLDER, give_stream

__all__ = ["storage"]

SECONDS = 240
CAPTIONS = "WEBVTT\n\n" + "\n\n".join(
    f"0{s // 60}:{s % 60:02d}.000 --> 0{(s + 5) // 60}:{(s + 5) % 60:02d}.000\n{words}"
    for s, words in [
        (0, "今天讲耕地占补平衡"), (20, "先说数量，再说质量"), (60, "补充耕地要落到地块"), (125, "验收要看台账"),
        (185, "第三条红线是生态红线，不能突破"), (215, "小结"),
    ]
)  # fmt: skip
CHAPTERS = [
    {"at_millis": 0, "title": "为什么要占补平衡"},
    {"at_millis": 60_000, "title": "落到地块"},
    {"at_millis": 185_000, "title": "三条红线"},
]

Device = Callable[..., BrowserContext]
Give = Callable[..., Lesson]


@pytest.fixture
def lesson(session: Session, cast: SimpleNamespace, storage: LocalStorage) -> Give:
    """`lesson(finished=True)`: the streamed film as a lesson, perhaps one that lin has seen."""
    assert vendor_url("hls.js"), "./dev assets has not been run"

    def given(*, finished: bool = False, **more: object) -> Lesson:
        film = give_stream(session, storage, cast.ed, seconds=SECONDS)
        video = desk.resource(
            session, seconds=SECONDS, media_id=film.id, captions_vtt=CAPTIONS, chapters=CHAPTERS, **more
        )
        (made,) = desk.lessons(session, desk.course(session, video, lecturer_name="周建国"))
        if finished:
            session.add(
                LessonProgress(
                    lesson_id=made.id,
                    person_id=cast.lin.id,
                    spans=[[0, SECONDS * 1000]],
                    pages=[],
                    started_at=desk.AT,
                    furthest_millis=SECONDS * 1000,
                    studied_at=desk.AT,
                    finished_at=desk.AT,
                )
            )
        session.commit()
        return made

    return given


class Watched:
    """A page with the lesson open; collects what the console says and which files were asked for."""

    def __init__(self, context: BrowserContext, path: str) -> None:
        self.page: Page = context.new_page()
        self.faults: list[str] = []
        self.asked: list[tuple[int, str]] = []
        self.page.on("console", lambda m: self.faults.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda e: self.faults.append(str(e)))
        self.page.on("response", lambda r: self.asked.append((r.status, r.url)))
        self.page.goto(path)
        self.state = self.page.locator("[data-part=state]")

    def play(self) -> None:
        self.page.locator("[data-part=start]").click()
        self.until("video.currentTime > 1 && !video.paused")

    def until(self, condition: str, seconds: int = 20) -> None:
        self.page.wait_for_function(f"video => {condition}", arg=self.video(), timeout=seconds * 1000)

    def video(self):
        return self.page.locator("[data-part=media]").element_handle()

    def second(self) -> float:
        return float(self.page.evaluate("document.querySelector('[data-part=media]').currentTime"))

    def segments(self, name: str) -> list[str]:
        return [url for _, url in self.asked if f"/{name}/seg-" in url]


def test_a_stream_plays_in_pieces_and_goes_on_with_sound_alone_at_the_same_second(device: Device, lesson: Give) -> None:
    watched = Watched(device(), f"/courses/lessons/{lesson().id}")
    page = watched.page
    assert not [url for _, url in watched.asked if "/seg-" in url], "nothing is loaded before somebody wants to see it"
    keep(page, "player-before")
    watched.play()
    assert watched.segments("hls-180") or watched.segments("hls-360")
    before = watched.second()
    page.locator("[data-part=quality]").select_option("sound")
    watched.until(f"!video.paused && video.readyState > 2 && video.currentTime > {before + 1.5}")
    assert watched.segments("hls-audio")
    assert watched.second() < before + 12, "it went on where it was"
    keep(page, "player-sound")
    with page.expect_response("**/beats") as sent:
        page.locator("[data-part=toggle]").click()
    covered = sum(b - a for a, b in sent.value.json()["spans"]) / 1000
    assert before - 1 <= covered <= watched.second() + 0.5, "what was heard counts, and nothing that was not"
    page.reload()
    assert page.locator("[data-part=quality]").input_value() == "sound", "the choice is remembered on this device"
    assert watched.faults == []


def test_captions_chapters_and_the_pictures_on_the_bar_show_what_is_where(device: Device, lesson: Give) -> None:
    watched = Watched(device("pc"), f"/courses/lessons/{lesson(finished=True).id}")
    page = watched.page
    watched.play()
    expect(page.locator("[data-part=captions]")).to_have_attribute("aria-pressed", "true")
    page.locator("[data-part=chapters] button", has_text="三条红线").click()
    watched.until("video.currentTime >= 185 && !video.seeking && video.readyState > 2")
    assert "生态红线" in page.evaluate("document.querySelector('video').textTracks[0].activeCues[0].text")
    expect(page.locator("[data-part=chapters] [aria-current]")).to_contain_text("三条红线")
    track = page.locator("[data-part=track]").bounding_box()
    assert track is not None
    page.mouse.move(track["x"] + track["width"] * 0.5, track["y"] + track["height"] / 2)
    preview = page.locator("[data-part=preview]")
    expect(preview).to_contain_text(re.compile(r"(1:59|2:0\d) 落到地块"))
    expect(page.locator("[data-part=preview-picture]")).to_have_css("background-image", re.compile("blob:"))
    keep(page, "player-storyboard")
    page.keyboard.press("c")
    expect(page.locator("[data-part=captions]")).to_have_attribute("aria-pressed", "false")
    here = watched.second()
    page.keyboard.press("j")
    watched.until(f"video.currentTime < {here - 5}")
    page.keyboard.press("k")
    watched.until("video.paused")
    page.keyboard.press("?")
    expect(page.locator("dialog .keys")).to_contain_text("全屏")
    keep(page, "player-keys")
    page.locator("dialog button").click()
    page.reload()
    expect(page.locator("[data-part=captions]")).to_have_attribute("aria-pressed", "false")
    assert watched.faults == []


def test_a_word_said_in_minute_three_is_found_and_reached(device: Device, lesson: Give) -> None:
    watched = Watched(device(), f"/courses/lessons/{lesson(finished=True).id}")
    page = watched.page
    page.locator("#transcript-words").fill("生态红线")
    expect(page.locator("[data-part=found]")).to_have_text("1 处")
    page.keyboard.press("Enter")
    watched.until("video.currentTime >= 185 && video.currentTime < 195 && !video.paused")
    expect(page.locator(".transcript-line[aria-current] mark")).to_have_text("生态红线")
    keep(page, "player-found")
    assert not watched.segments("hls-180")[:1] or "seg-00000" not in watched.segments("hls-180")[0]
    assert watched.faults == []


def test_the_first_time_through_a_word_further_on_is_shown_and_not_jumped_to(device: Device, lesson: Give) -> None:
    watched = Watched(device(), f"/courses/lessons/{lesson().id}")
    page = watched.page
    watched.play()
    page.locator("#transcript-words").fill("生态红线")
    page.keyboard.press("Enter")
    expect(page.locator("[data-part=found]")).to_contain_text("还没学到")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("l")
    watched.until("video.currentTime < 15 && !video.seeking")
    expect(watched.state).to_contain_text("不能跳过没学的部分")
    assert watched.second() < 15
    assert watched.faults == []


def test_a_long_film_goes_on_though_every_link_to_it_ends_on_the_way(
    device: Device, lesson: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Links live 3 seconds here: what is loaded later needs new ones, and the old ones are over."""
    monkeypatch.setattr(services, "expiry", lambda now: int(now.timestamp()) + 3)
    watched = Watched(device(), f"/courses/lessons/{lesson(finished=True).id}")
    page = watched.page
    watched.play()
    first = next(url for status, url in watched.asked if "/seg-" in url and status == 200)
    page.wait_for_timeout(3500)
    assert page.evaluate("url => fetch(url, { cache: 'no-store' }).then(a => a.status)", first) == 404, (
        "the link is over"
    )
    for second in (150, 210):
        page.evaluate("second => { document.querySelector('video').currentTime = second }", second)
        watched.until(f"video.currentTime > {second + 1} && video.readyState > 2")
        page.wait_for_timeout(3200)
    links = {url.split("/")[4] for status, url in watched.asked if "/seg-" in url and status == 200}
    assert len(links) >= 3
    keep(page, "player-later")
    assert [fault for fault in watched.faults if "404" not in fault] == []


def test_what_is_withdrawn_while_it_plays_says_so(
    device: Device, lesson: Give, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "expiry", lambda now: int(now.timestamp()) + 3)
    made = lesson(finished=True)
    watched = Watched(device(), f"/courses/lessons/{made.id}")
    watched.play()
    resource = session.get_one(Resource, made.resource_id)
    resource.state = desk.ResourceState.WITHDRAWN
    services.end_links(session, resource.media_id or 0)
    session.commit()
    watched.page.evaluate("document.querySelector('video').currentTime = 200")
    expect(watched.state).to_contain_text("已撤下", timeout=15_000)


def test_a_cut_network_is_named_and_playing_goes_on_when_it_is_back(device: Device, lesson: Give) -> None:
    context = device()
    watched = Watched(context, f"/courses/lessons/{lesson(finished=True).id}")
    watched.play()
    context.set_offline(True)
    watched.page.evaluate("document.querySelector('video').currentTime = 200")
    expect(watched.state).to_contain_text("网络断开", timeout=15_000)
    keep(watched.page, "player-offline")
    context.set_offline(False)
    watched.until("video.currentTime > 201 && video.readyState > 2", seconds=40)


def test_the_name_of_whoever_looks_moves_over_a_marked_film(device: Device, lesson: Give) -> None:
    watched = Watched(device(), f"/courses/lessons/{lesson(is_watermarked=True).id}")
    watched.play()
    expect(watched.page.locator(".player-mark")).to_contain_text(re.compile(r"^林.* \d\d-\d\d \d\d:\d\d$"))
    expect(watched.page.locator("[data-part=apart]")).to_be_hidden()
    keep(watched.page, "player-marked")
    assert watched.faults == []


@pytest.mark.parametrize("look", ["phone light standard", "pc dark standard", "phone light extra", "pc light standard"])
def test_the_player_fits_in_every_look(device: Device, lesson: Give, look: str) -> None:
    view, colours, size = look.split()
    watched = Watched(device(view, color_scheme=colours), f"/courses/lessons/{lesson(finished=True).id}")
    page = watched.page
    page.evaluate("size => { document.documentElement.dataset.type = size }", size)
    watched.play()
    page.locator("[data-part=toggle]").click()
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    keep(page, f"player-{view}-{colours}-{size}")
    assert wide <= 1
    small = page.evaluate(
        "[...document.querySelectorAll('.player-buttons button, .player-buttons select')]"
        ".filter(e => e.offsetWidth && (e.offsetHeight < 43 || e.offsetWidth < 43)).length"
    )
    assert small == 0, "every control is large enough for a thumb"


# The reader


@pytest.fixture
def deck(session: Session, cast: SimpleNamespace, storage: LocalStorage) -> Callable[..., Lesson]:
    """A deck of 40 pages with pictures in two sizes; page 30 speaks of 生态红线."""

    def given(**more: object) -> Lesson:
        file = MediaFile(
            key=f"{FOLDER}.pdf", original_name="讲义.pdf", mime="application/pdf", size_bytes=1, sha256="0" * 64,
            kind=MediaKind.DOCUMENT, state=MediaState.READY, owner_id=cast.ed.id, created_at=clock.now(), page_count=40,
        )  # fmt: skip
        session.add(file)
        session.flush()
        for number in range(1, 41):
            for key, size in ((f"{FOLDER}-2/{number}.webp", (960, 540)), (f"{FOLDER}-2/{number}-s.webp", (240, 135))):
                storage.put(key, io.BytesIO(picture(size, number)))
            words = "第三条红线是生态红线，不能突破" if number == 30 else f"第{number}页 占补平衡"
            page = MediaPage(media_id=file.id, number=number, key=f"{FOLDER}-2/{number}.webp", text=words)
            page.small_key, page.width, page.height = f"{FOLDER}-2/{number}-s.webp", 960, 540
            session.add(page)
        text = desk.resource(session, "document", seconds=60, media_id=file.id, **{"page_count": 40, **more})
        (made,) = desk.lessons(session, desk.course(session, text))
        session.commit()
        return made

    return given


def picture(size: tuple[int, int], number: int) -> bytes:
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).text((size[0] // 2, size[1] // 2), str(number), fill="black", font_size=size[1] // 3)
    out = io.BytesIO()
    image.save(out, "WEBP")
    return out.getvalue()


def shown_page(page: Page) -> int:
    return int(page.locator("[data-part=jump] input").input_value())


def test_words_in_a_deck_are_found_and_lead_to_their_page(device: Device, deck: Callable[..., Lesson]) -> None:
    watched = Watched(device(), f"/courses/lessons/{deck().id}")
    page = watched.page
    page.locator("#pages-words").fill("生态红线")
    page.keyboard.press("Enter")
    expect(page.locator(".pages-hit")).to_have_count(1)
    keep(page, "reader-found")
    page.locator(".pages-hit").click()
    expect(page.locator("#page-30 img")).to_be_in_viewport()
    expect(page.locator("[data-part=jump] input")).to_have_value("30")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#page-31")).to_be_in_viewport()
    page.locator("[data-part=larger]").click()
    assert page.locator("#page-31 img").bounding_box()["width"] > 500
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 1, "only the page's own frame scrolls sideways"
    page.locator("[data-part=jump] input").fill("3")
    page.locator("[data-part=jump] input").press("Enter")
    expect(page.locator("#page-3")).to_be_in_viewport()
    asked = {int(url.rsplit("/", 1)[1]) for _, url in watched.asked if re.search(r"/pages/\d+$", url)}
    assert len(asked) < 25, "pages nobody came near are not loaded"
    page.locator(".pages-small summary").click()
    expect(page.locator(".pages-small-link").first.locator("img")).to_be_visible()
    keep(page, "reader-small")
    assert watched.faults == []


def test_a_deck_can_be_read_and_searched_without_scripts(device: Device, deck: Callable[..., Lesson]) -> None:
    page = device(java_script_enabled=False).new_page()
    page.goto(f"/courses/lessons/{deck().id}")
    page.locator("#pages-words").fill("生态红线")
    page.locator(".pages-find button").click()
    page.locator(".pages-hit").click()
    assert page.url.endswith("#page-30")
    assert page.locator("#page-30 img").get_attribute("src").endswith("/pages/30")
    expect(page.locator("[data-part=jump]")).to_be_hidden()
    page.locator(".pages-small summary").click()
    page.locator(".pages-small-link").nth(4).click()
    assert page.url.endswith("#page-5")


@pytest.mark.parametrize("look", ["phone light standard", "pc dark standard", "phone light extra", "pc light standard"])
def test_the_reader_fits_in_every_look(device: Device, deck: Callable[..., Lesson], look: str) -> None:
    view, colours, size = look.split()
    watched = Watched(
        device(view, color_scheme=colours), f"/courses/lessons/{deck(is_watermarked=True).id}?q=%E7%BA%A2%E7%BA%BF"
    )
    page = watched.page
    page.evaluate("size => { document.documentElement.dataset.type = size }", size)
    page.wait_for_function("() => [...document.images].some(i => i.complete && i.naturalWidth > 400)")
    page.set_viewport_size({"width": 390 if view == "phone" else 1440, "height": 1100})
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    keep(page, f"reader-{view}-{colours}-{size}")
    assert wide <= 1
    assert watched.faults == []
