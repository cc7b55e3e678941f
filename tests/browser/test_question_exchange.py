"""Questions in and out by hand: paste a paper of every kind, look at the preview, take the bank away as a file, bring it back."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lms.quizzes.importing.files import read_file
from tests.browser.conftest import Person, keep

PAPER = """一、单选题
1、哪项是交换测试的耕地？（A）
A.水田 B.林地
二、计算题
1、交换测试：1公顷等于多少亩？
答案：15±0.1亩
三、连线题
1、交换测试：把左右连起来。
(1)耕地
(2)宅基地
A.农用地
B.建设用地
答案：1-A；2-B
四、排序题
1、交换测试：按先后排列。
A.登簿
B.申请
C.受理
答案：BCA
五、简答题
1、交换测试：简述三区三线。
答案：三区和三线。
评分要点：每点2分。
六、案例分析题
1、某局登记一宗地，有人提出异议。
(1)交换测试：可以登记。（×）
(2)交换测试：坏的一题（　）
A.甲 B.乙
答案：C"""


@pytest.mark.parametrize("view", ["pc", "phone"])
def test_a_pasted_paper_is_previewed_and_the_bank_comes_back_from_its_own_export(
    person: Callable[..., Person], view: str, tmp_path: Path
) -> None:
    hua = person("hua", view)
    page = hua.go("/office/questions")
    page.click("main a:text-is('导入试题')")
    page.fill("textarea[name=text]", PAPER)
    page.click("main form [type=submit]")
    page.wait_for_selector("text=读懂 6 道题，有 1 处要改")
    hua.look()
    keep(page, f"exchange-preview-{view}")
    for words in (
        "15 ±0.1 亩",
        "1-A；2-B",
        "B→C→A",
        "评分要点：每点2分。",
        "材料：某局登记一宗地",
        "答案 C 没有对应的选项",
    ):
        assert page.locator(f"text={words}").first.is_visible(), words
    hua.go("/office/questions?kind=single")
    page.click("main a:text-is('导出')")
    page.check("input[value=aiken]")
    page.fill("input[name=reason]", "交换测试")
    page.click("main form [type=submit]")
    page.wait_for_selector("text=写不下的")
    hua.look()
    keep(page, f"exchange-export-{view}")
    page.check("input[value=xlsx]")
    with page.expect_download() as download:
        page.click("main form [name=is_accepted]")
    file = tmp_path / "题库.xlsx"
    download.value.save_as(file)
    reading = read_file(file.read_bytes())
    assert reading.questions
    assert reading.errors == []
    hua.check("422")
