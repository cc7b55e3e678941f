"""Practice in a real browser, on a phone: verdict and next question without a new page, and the pictures to look at."""

from playwright.sync_api import expect

from tests.browser.conftest import keep


def test_a_daily_set_on_a_phone_goes_from_question_to_verdict_without_a_new_page(person):
    lin = person("lin", "phone")
    page = lin.go("/practice")
    keep(page, "practice-index-phone")
    page.click("text=/(开始|继续)今天的练习/")
    page.evaluate("window.stays = true")
    for _ in range(10):
        keep(page, "practice-question-phone")
        options = page.locator(".practice .option")
        if options.count():
            options.first.click()
        else:
            for field in page.locator(".practice input[type=text]").all():
                field.fill("不知道")
        page.click("text=提交答案")
        expect(page.locator(".practice-verdict")).to_be_focused()
        lin.look()
        keep(page, "practice-verdict-phone")
        page.click(".practice-actions .button-primary")
        expect(page.locator(".practice-verdict")).to_have_count(0)
        if page.locator("text=回到练习").count():
            break
    assert page.evaluate("window.stays"), "no page was loaded meanwhile"
    expect(page.locator("h1")).to_contain_text("答对")
    keep(page, "practice-summary-phone")
    page.reload()
    expect(page.locator("h1")).to_contain_text("答对")
    lin.check()


def test_an_empty_answer_is_asked_for_and_a_lost_network_loses_nothing(person):
    lin = person("mei", "phone")
    page = lin.go("/practice")
    page.click("text=开始挑战")
    page.click("text=提交答案")
    expect(page.locator(".notice-error")).to_contain_text("先作答，再提交。")
    lin.check(but="422")


def test_the_pages_of_practice_fit_every_screen(person):
    for view in ("phone", "pc"):
        lin = person("lin", view)
        for path, name in (
            ("/practice", "index"),
            ("/practice/book", "book"),
            ("/practice/topics", "topics"),
            ("/", "home"),
        ):
            page = lin.go(path)
            keep(page, f"practice-{name}-{view}")
        lin.check()
    for theme, size in (("dark", "standard"), ("auto", "extra")):
        for path, name in (("/practice", "index"), ("/practice/book", "book"), ("/practice/topics", "topics")):
            page = lin.go(path)
            page.set_viewport_size({"width": 390, "height": 844})
            page.evaluate(
                "([t, s]) => { document.documentElement.dataset.theme = t; document.documentElement.dataset.type = s }",
                [theme, size],
            )
            lin.look()
            keep(page, f"practice-{name}-{theme}-{size}")
