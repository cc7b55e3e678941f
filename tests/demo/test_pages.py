"""The demonstration as its people see it: every page below opens, is well formed and shows what was loaded."""

from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask

from tests.demo.conftest import NOW
from tests.support.web import Web

PAGES = [
    ("lin", "/", "林晓"),
    ("lin", "/library/", "违法建设的分类处理"),
    ("dana", "/library/", "征收土地的程序"),
    ("lin", "/hours", "学时"),
    ("lin", "/hours", "另有 12 分钟未计入"),
    ("lin", "/hours/claims", "省厅不动产登记骨干培训班"),
    ("lin", "/hours/missing", "还差"),
    ("ada", "/office/claims", "基层所执法文书怎么写"),
    ("hua", "/office/claims", "市委党校支部书记示范班"),
    ("hua", "/office/hours", "达到要求"),
    ("hua", "/office/hours/exemptions", "借调市委巡察组"),
    ("hua", "/office/hours/rules", "将生效"),
    ("lin", "/me/archive?year=2025", "已封存，第 2 版"),
    ("lin", "/me/archive?year=2025", "市信访局"),
    ("bo", "/me/archive?year=2025", "已封存，第 1 版"),
    ("lin", "/me/records", "湖溪村"),
    ("bo", "/me/records", "批后核实"),
    ("dana", "/me/records", "接了多少件"),
    ("hua", "/office/records", "市委第三巡察组"),
    ("hua", "/office/talent", "组建驻村工作队"),
    ("lin", "/contests", "业务大比拼"),
    ("ed", "/studio/", "外业安全须知"),
    ("ada", "/office/reviews/content", "窗口常见问题三十问"),
    ("hua", "/office/contests", "业务大比拼"),
    ("hua", "/office/courses/", "征收土地的程序"),
    ("hua", "/office/feedback", "按条线筛选"),
    ("lin", "/gatherings", "汇总本季度党员联系群众情况"),
    ("chen", "/gatherings/desk", "写记录"),
    ("wen", "/gatherings/desk", "月主题党日："),
    ("wen", "/branches/desk", "党员大会 1/1"),
    ("chen", "/branches/desk", "主题党日"),
    ("bo", "/themedays/make-ups", "去补学"),
    ("chen", "/", "个月的主题党日待安排"),
    ("wen", "/office/packs", "已下发"),
]


@pytest.fixture
def web(loaded: Flask) -> Iterator[Web]:
    with time_machine.travel(NOW, tick=False), loaded.extensions["make_session"]() as session:
        yield Web(loaded, session)


@pytest.mark.parametrize(("name", "url", "text"), PAGES, ids=[f"{name} {url}" for name, url, _ in PAGES])
def test_a_page_shows_what_was_loaded(web: Web, name: str, url: str, text: str) -> None:
    assert text in web.as_(name).get(url).get_data(as_text=True)


def test_dana_does_not_meet_the_course_for_north_that_lin_meets(web: Web) -> None:
    assert "违法建设的分类处理" in web.as_("lin").get("/library/").get_data(as_text=True)
    assert "违法建设的分类处理" not in web.as_("dana").get("/library/").get_data(as_text=True)
