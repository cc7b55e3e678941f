"""Every kind of question in a real browser: by thumb, by mouse, by keyboard alone, by day, by night and in the largest type."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from lms import clock
from lms.quizzes.models import AttemptItem
from tests.browser.conftest import VIEWS, keep
from tests.browser.test_pages import set_look, wrongs_of
from tests.quizzes.kinds import CONTENTS, ITEMS, begin

pytestmark = pytest.mark.browser
LAST = len(CONTENTS)


@pytest.fixture
def attempt(session, cast):
    return begin(session, cast.lin.id, clock.now(), seconds=1800)


def current(page: Page):
    return page.locator(".exam-question.is-current")


def saved(page: Page) -> None:
    expect(page.locator("[data-exam-saved]")).to_have_text("已保存")


def put_in_order(page: Page, press) -> None:
    """Moves items up until they stand as they should."""
    for place, item in enumerate(ITEMS):
        for _ in range(len(ITEMS)):
            shown = current(page).locator("[data-order-text]").all_inner_texts()
            if shown.index(item) == place:
                break
            press(current(page).get_by_role("button", name=f"上移：{item}"))
    if current(page).locator("[data-order-confirm]").is_visible():
        press(current(page).locator("[data-order-confirm]"))


def answer_all(page: Page, press, choose, write) -> None:
    """`press(button)`, `choose(select, label)` and `write(field, text)` as the person does it."""
    option = lambda letter: current(page).locator(".option", has=page.locator(f".option-letter:text-is('{letter}')"))  # noqa: E731
    go_on = lambda: press(page.locator("[data-exam-next]"))  # noqa: E731
    press(option("A"))
    go_on()
    for letter in "ABD":
        press(option(letter))
    go_on()
    press(option("B"))
    go_on()
    write(current(page).locator("input").nth(0), "国家")
    write(current(page).locator("input").nth(1), "集体")
    go_on()
    write(current(page).locator("input"), "0.8")
    go_on()
    choose(current(page).get_by_label("办理不动产登记"), "不动产登记机构")
    choose(current(page).get_by_label("发布征收土地公告"), "县级人民政府")
    go_on()
    put_in_order(page, press)
    go_on()
    expect(page.get_by_text("未办理批准手续")).to_be_visible()
    write(current(page).locator("input"), "12")
    go_on()
    expect(page.get_by_text("未办理批准手续")).to_be_visible()
    write(current(page).locator("textarea"), "立案、调查、告知、决定")


def pick(select, words: str) -> None:
    select.select_option(label=select.locator("option", has_text=words).inner_text())


def check_graded(page: Page, session, attempt) -> None:
    page.wait_for_url("**/review")
    session.expire_all()
    rows = session.execute(select(AttemptItem.position, AttemptItem.fraction).order_by(AttemptItem.position)).all()
    assert [tuple(row) for row in rows] == [(n, 1000) for n in range(1, LAST)] + [(LAST, None)]
    expect(page.locator("h1")).to_have_text("80 分")
    expect(page.get_by_text("简答题等待评卷，现在的得分不含简答题。")).to_be_visible()


@pytest.mark.parametrize("view", VIEWS)
def test_every_kind_is_answered_by_thumb_and_by_mouse_and_graded_right(attempt, device, session, view):
    page = device(view).new_page()
    page.goto(f"/attempts/{attempt.id}")
    press = (lambda target: target.tap()) if view == "phone" else (lambda target: target.click())
    answer_all(page, press, pick, lambda field, text: field.fill(text))
    expect(current(page).locator(".exam-count")).to_have_text("11 / 2000 字")
    saved(page)
    expect(page.locator(".sheet-answered")).to_have_count(LAST)
    page.reload()
    expect(page.locator(".sheet-answered")).to_have_count(LAST)
    page.locator(".sheet-number[data-number='7']").click()
    assert current(page).locator("[data-order-text]").all_inner_texts() == ITEMS
    page.locator(f".sheet-number[data-number='{LAST}']").click()
    press(page.locator("[data-exam-next]"))
    expect(page.locator(".dialog-text")).to_have_text("9 题都答了，交卷后不能再改。")
    press(page.locator(".dialog button[value=yes]"))
    check_graded(page, session, attempt)
    keep(page, f"exam-review-{view}")


def test_every_kind_is_answered_by_keyboard_alone(attempt, device, session):
    page = device("pc").new_page()
    page.goto(f"/attempts/{attempt.id}")
    expect(page.locator("[data-exam-saved]")).to_have_text("已保存")

    def walk_to(target) -> None:
        wanted = target.element_handle()
        for _ in range(80):
            if page.evaluate("wanted => wanted === document.activeElement", wanted):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"{target} is not reached by Tab")

    def press(target) -> None:
        field = target.locator("input") if target.locator("input").count() else target
        if field.get_attribute("type") == "radio":
            group = current(page).locator("input")
            walk_to(group.nth(0))
            page.keyboard.press("Space")
            for _ in range(int(field.get_attribute("value"))):
                page.keyboard.press("ArrowDown")
            return
        walk_to(field)
        page.keyboard.press("Space")

    def choose(select, words: str) -> None:
        walk_to(select)
        label = select.locator("option", has_text=words).inner_text()
        page.keyboard.type(label[:1])
        expect(select.locator("option:checked")).to_have_text(label)

    def write(field, text: str) -> None:
        walk_to(field)
        page.keyboard.insert_text(text)

    answer_all(page, press, choose, write)
    saved(page)
    press(page.locator("[data-exam-next]"))
    page.keyboard.press("Tab")
    walk_to(page.locator(".dialog button[value=yes]"))
    page.keyboard.press("Enter")
    check_graded(page, session, attempt)


def test_moving_an_item_is_said_keeps_the_focus_and_counts_only_once_it_is_an_answer(attempt, device):
    page = device("pc").new_page()
    page.goto(f"/attempts/{attempt.id}#q-7")
    saved(page)
    link = page.locator(".sheet-number[data-number='7']")
    expect(link).not_to_have_class(re.compile("sheet-answered"))
    shown = current(page).locator("[data-order-text]").all_inner_texts()
    expect(current(page).locator("[data-order-move='-1']").first).to_be_disabled()
    down = current(page).get_by_role("button", name=f"下移：{shown[2]}")
    down.click()
    expect(current(page).locator("[data-order-say]")).to_have_text(f"{shown[2]}，现在第 4，共 4 项")
    expect(down).to_be_disabled()
    expect(current(page).get_by_role("button", name=f"上移：{shown[2]}")).to_be_focused()
    expect(link).to_have_class(re.compile("sheet-answered"))
    page.goto(f"/attempts/{attempt.id}")
    assert page.locator("[data-position='7'] [data-order-text]").all_text_contents() == [shown[n] for n in (0, 1, 3, 2)]


def test_the_order_as_it_stands_can_be_the_answer(attempt, device):
    page = device().new_page()
    page.goto(f"/attempts/{attempt.id}#q-7")
    current(page).get_by_role("button", name="就按这个顺序").click()
    expect(page.locator(".sheet-answered")).to_have_count(1)
    expect(current(page).locator("[data-order-confirm]")).to_be_hidden()
    saved(page)


def test_the_material_can_be_folded_and_stands_above_each_of_its_parts(attempt, device):
    page = device().new_page()
    page.goto(f"/attempts/{attempt.id}#q-8")
    text = page.get_by_text("未办理批准手续")
    expect(text).to_be_visible()
    page.locator(".exam-material summary").click()
    expect(text).to_be_hidden()
    page.click("[data-exam-next]")
    expect(text).to_be_hidden()
    page.locator(".exam-material summary").click()
    expect(text).to_be_visible()
    page.locator(".sheet-number[data-number='1']").click()
    expect(page.locator(".exam-material")).to_be_hidden()


LOOKS = (("phone", "light", "standard"), ("phone", "dark", "standard"), ("phone", "light", "extra"))
LOOKS += (("pc", "light", "standard"), ("pc", "dark", "standard"))


def test_every_kind_is_accessible_and_fits_in_every_look(attempt, device):
    page = device().new_page()
    page.goto(f"/attempts/{attempt.id}")
    saved(page)
    for look in LOOKS:
        set_look(page, *look)
        for number in range(1, LAST + 1):
            page.evaluate("n => document.querySelector(`.sheet-number[data-number='${n}']`).click()", number)
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 1, (look, number)
            small = page.evaluate(
                "[...document.querySelectorAll('.is-current button, .is-current select, .exam-move button')]"
                ".filter(e => e.offsetParent).map(e => e.getBoundingClientRect()).filter(r => r.height < 44 || r.width < 44).length"
            )
            assert small == 0, (look, number)
            if number > 4 or look == LOOKS[0]:
                assert wrongs_of(page) == [], (look, number)
                keep(page, f"exam-{'-'.join(look)}-{number}")


def test_the_review_of_every_kind_is_accessible_and_fits_in_every_look(attempt, device):
    page = device().new_page()
    page.goto(f"/attempts/{attempt.id}")
    saved(page)
    for number, act in ((2, "C"), (5, "9"), (7, "")):
        page.locator(f".sheet-number[data-number='{number}']").click()
        if number == 5:
            current(page).locator("input").fill(act)
        elif number == 7:
            current(page).locator("[data-order-confirm]").click()
        else:
            current(page).locator(".option").nth(2).click()
    page.locator(".sheet-number[data-number='6']").click()
    pick(current(page).locator("select").first, "县级人民政府")
    expect(page.locator(".sheet-answered")).to_have_count(4)
    saved(page)
    page.locator(".sheet-number[data-number='9']").click()
    page.click("[data-exam-next]")
    expect(page.locator(".dialog-text")).to_have_text("还有 5 题没有作答、1 题没有答完，交卷后不能再改。")
    page.locator(".dialog button[value=yes]").click()
    page.wait_for_url("**/review")
    for look in LOOKS:
        set_look(page, *look)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 1, look
        assert wrongs_of(page) == [], look
        keep(page, f"review-{'-'.join(look)}")
