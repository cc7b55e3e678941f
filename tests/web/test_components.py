"""Every example of the gallery is valid, labelled and free of inline style and script."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import html5lib
import pytest
from flask import Flask, render_template
from jinja2 import StrictUndefined

from lms.web import assets, gallery
from lms.web.gallery import TEMPLATES, Part
from tests.support.kit import around, create_kit

XHTML = "{http://www.w3.org/1999/xhtml}"
NAMELESS = ("hidden", "submit", "button")
CSS = assets.STATIC / "css"


@pytest.fixture(scope="module")
def kit() -> Iterator[Flask]:
    app = create_kit()
    with app.test_request_context("/"):
        yield app


def rendered(part: Part) -> Any:
    body = render_template(part.template, **gallery.samples())
    return parsed(
        f'<!doctype html><html lang="zh-CN"><head><title>{part.name}</title></head><body>{body}</body></html>'
    )


def parsed(page: str) -> Any:
    return html5lib.HTMLParser(strict=True).parse(page)


def elements(tree: Any, *names: str) -> list[Any]:
    return [element for name in names for element in tree.iter(XHTML + name)]


def text_of(element: Any) -> str:
    return "".join(element.itertext()).strip()


def test_every_component_has_an_example_and_says_how_it_is_used() -> None:
    components = {path.stem for path in (TEMPLATES / "components").glob("*.html")}

    assert components == {part.name for part in gallery.parts()}
    assert [part.name for part in gallery.parts() if len(part.about) < 20] == []


@pytest.mark.parametrize("part", gallery.parts(), ids=lambda part: part.name)
class TestExample:
    @pytest.fixture
    def tree(self, kit: Flask, part: Part) -> Any:
        return rendered(part)

    def test_is_valid_html_with_something_in_it(self, tree: Any) -> None:
        body = tree.find(f"{XHTML}body")
        assert len(body) > 0

    def test_holds_no_inline_style_script_or_handler(self, tree: Any) -> None:
        loose = [
            name for element in tree.iter() for name in element.attrib if name == "style" or str(name).startswith("on")
        ]
        assert loose == []
        assert elements(tree, "script", "style") == []

    def test_labels_every_control(self, tree: Any) -> None:
        labelled = {label.get("for") for label in elements(tree, "label")}
        wrapped = {id(control) for label in elements(tree, "label") for control in label.iter()}
        for control in elements(tree, "input", "select", "textarea", "progress"):
            if control.get("type") not in NAMELESS:
                assert control.get("id") in labelled or id(control) in wrapped or control.get("aria-label"), (
                    control.attrib
                )

    def test_names_every_link_and_button(self, tree: Any) -> None:
        for element in elements(tree, "a", "button", "summary", "legend", "th", "caption"):
            assert text_of(element) or element.get("aria-label"), element.attrib

    def test_uses_each_id_once_and_points_only_at_ids_that_exist(self, tree: Any) -> None:
        ids = [element.get("id") for element in tree.iter() if element.get("id")]
        assert sorted(ids) == sorted(set(ids))
        for element in tree.iter():
            for name in ("aria-describedby", "aria-labelledby", "aria-controls", "for"):
                assert set((element.get(name) or "").split()) <= set(ids)

    def test_asks_only_for_modules_that_exist(self, tree: Any) -> None:
        asked = {name for element in tree.iter() for name in (element.get("data-module") or "").split()}
        assert asked <= {path.stem for path in (assets.STATIC / "js/modules").glob("*.js")}

    def test_never_prints_none(self, tree: Any) -> None:
        assert not re.search(r"\b(None|Undefined|True|False)\b", text_of(tree))

    def test_uses_only_classes_that_some_stylesheet_knows(self, tree: Any) -> None:
        sheets = "".join(path.read_text("utf-8") for path in CSS.rglob("*.css"))
        known = set(re.findall(r"\.([a-z][\w-]*)", sheets))
        used = {name for element in tree.iter() for name in (element.get("class") or "").split()}
        assert {name for name in used - known if not is_hook(name)} == set()


def is_hook(name: str) -> bool:
    """Classes that only name a state which needs no style of its own."""
    return name in {"option-letter-radio", "step-next", "notice-info", "tag-plain", "sheet", "fragment"}


@pytest.mark.parametrize("layout", ["learner", "office", "bare", "screen"])
def test_a_layout_is_a_valid_page_with_one_title_and_a_way_to_the_text(kit: Flask, layout: str) -> None:
    source = f'{{% extends "layouts/{layout}.html" %}}{{% block title %}}榜单{{% endblock %}}{{% block main %}}<h1>榜单</h1>{{% endblock %}}'
    tree = parsed(kit.jinja_env.from_string(source).render(around() | {"request": None}))

    assert text_of(elements(tree, "title")[0]) == "榜单 · 讲台"
    assert [text_of(heading) for heading in elements(tree, "h1")] == ["榜单"]
    assert elements(tree, "main")[0].get("id") == "main"
    assert elements(tree, "aside") == []
    assert {element.get("href") for element in elements(tree, "a")} >= {"#main"}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 503, 418])
def test_a_refusal_is_a_page_with_the_sentence_and_a_way_on(kit: Flask, status: int) -> None:
    tree = parsed(render_template("errors/error.html", status=status, message="请稍等几分钟再试。"))

    assert "请稍等几分钟再试。" in text_of(tree)
    assert "/" in {element.get("href") for element in elements(tree, "a")}


def test_the_failure_page_needs_nothing_but_its_reference_and_the_stylesheet() -> None:
    environment = Flask("bare", template_folder=str(TEMPLATES)).jinja_env
    environment.undefined = StrictUndefined
    page = environment.get_template("errors/500.html").render(
        reference="7f3a92c1", asset=lambda name: f"/static/x/{name}"
    )

    assert "7f3a92c1" in text_of(parsed(page))


def test_the_gallery_page_is_valid_and_shows_every_part(kit: Flask) -> None:
    page = kit.test_client().get("/_components").get_data(as_text=True)
    anchors = {element.get("id") for element in parsed(page).iter() if element.get("id")}

    assert {f"part-{part.name}" for part in gallery.parts()} <= anchors


def test_no_module_is_longer_than_eighty_lines() -> None:
    lengths = {
        path.name: len(path.read_text("utf-8").splitlines()) for path in Path(assets.STATIC / "js/modules").glob("*.js")
    }

    assert {name: length for name, length in lengths.items() if length > 80 and name in GENERIC} == {}


GENERIC = {
    f"{name}.js"
    for name in [
        "fragment",
        "confirm",
        "type-size",
        "submit-once",
        "copy",
        "upload-progress",
        "countdown",
        "focus-errors",
        "table-select",
        "menu",
    ]
}
