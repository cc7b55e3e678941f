"""The asset step: layers in order, whole directories, stable names."""

import gzip
import json
import os
import re
import time
from pathlib import Path

import pytest
from flask import Flask

from lms.web.assets import KEPT_TREES, LAYERS, STATIC, asset_url, build_assets, minify_css


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for layer in LAYERS:
        (tmp_path / "source/css" / layer).mkdir(parents=True)
    (tmp_path / "source/css/layers.css").write_text(f"@layer {', '.join(LAYERS)};")
    (tmp_path / "source/css/components/button.css").write_text(".button { color: red; }")
    (tmp_path / "source/css/base/text.css").write_text("a { color: blue; }")
    (tmp_path / "source/js/modules").mkdir(parents=True)
    (tmp_path / "source/js/app.js").write_text("const entry = 1;")
    (tmp_path / "source/js/modules/copy.js").write_text("export default function () {}")
    return tmp_path / "source"


def test_a_build_holds_one_stylesheet_in_layer_order_and_one_script(source: Path, tmp_path: Path) -> None:
    manifest = build_assets(source, tmp_path / "built")

    assert manifest.files == ("app.css", "app.js")
    css = (tmp_path / "built" / manifest.tree / "app.css").read_text()
    assert css.startswith("@layer reset, tokens, base, layout, components, utilities;")
    assert re.findall(r"@layer (\w+)\{", css) == list(LAYERS)
    assert "@layer components{.button{color: red}}" in css
    assert '"copy"() {' in (tmp_path / "built" / manifest.tree / "app.js").read_text()


def test_the_address_holds_the_hash_of_everything(source: Path, tmp_path: Path) -> None:
    before = build_assets(source, tmp_path / "built")
    (source / "js/modules/copy.js").write_text("export default function (element) {}")
    after = build_assets(source, tmp_path / "built")

    assert before.url("app.css") == f"/static/{before.tree}/app.css"
    assert before.url("app.css") != after.url("app.css")


def test_an_unknown_name_is_refused(source: Path, tmp_path: Path) -> None:
    manifest = build_assets(source, tmp_path / "built")

    with pytest.raises(KeyError, match=r"no asset called app\.cs"):
        manifest.url("app.cs")


def test_a_second_build_of_the_same_sources_writes_nothing(source: Path, tmp_path: Path) -> None:
    build_assets(source, tmp_path / "built")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "built").rglob("*")}

    build_assets(source, tmp_path / "built")

    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "built").rglob("*")} == before


def test_the_manifest_file_says_what_was_built(source: Path, tmp_path: Path) -> None:
    manifest = build_assets(source, tmp_path / "built")

    assert json.loads((tmp_path / "built/manifest.json").read_text()) == {
        "tree": manifest.tree,
        "files": list(manifest.files),
    }


def test_a_broken_manifest_is_written_anew(source: Path, tmp_path: Path) -> None:
    manifest = build_assets(source, tmp_path / "built")
    (tmp_path / "built/manifest.json").write_text("{")

    assert build_assets(source, tmp_path / "built") == manifest
    assert json.loads((tmp_path / "built/manifest.json").read_text())["tree"] == manifest.tree


def test_pages_opened_before_a_release_still_find_their_modules_and_older_trees_go(
    source: Path, tmp_path: Path
) -> None:
    trees = []
    for number in range(KEPT_TREES + 2):
        (source / "js/app.js").write_text(f"export const release = {number};")
        trees.append(build_assets(source, tmp_path / "built").tree)
        os.utime(tmp_path / "built" / trees[-1], (number, number))

    left = {path.name for path in (tmp_path / "built").iterdir() if path.is_dir()}

    assert left == set(trees[-KEPT_TREES:])


@pytest.mark.parametrize(
    "css, short",
    [
        ("a { color : red ; }\n\nb{ }", "a{color : red}b{}"),
        ("/* { */ a::before { content: '/* kept  ; */'; }", "a::before{content: '/* kept  ; */'}"),
        ("a :hover > b { margin: calc(1px + 2px) }", "a :hover > b{margin: calc(1px + 2px)}"),
        ('a { font: 1rem "A  {B}"; }', 'a{font: 1rem "A  {B}"}'),
        ("a { margin: 1px/* */2px; /* ; */ }/* a */b { }", "a{margin: 1px 2px}b{}"),
    ],
)
def test_minifying_drops_comments_and_white_space_but_never_touches_strings(css: str, short: str) -> None:
    assert minify_css(css) == short


def test_our_own_assets_are_built_within_a_fifth_of_a_second_of_cpu(tmp_path: Path) -> None:
    started = time.process_time()
    manifest = build_assets(STATIC, tmp_path)

    assert time.process_time() - started < 0.2
    assert {"app.css", "app.js", "images/mark.svg"} <= set(manifest.files)


def test_braces_of_our_stylesheet_are_balanced(tmp_path: Path) -> None:
    manifest = build_assets(STATIC, tmp_path)
    css = (tmp_path / manifest.tree / "app.css").read_text("utf-8")

    assert css.count("{") == css.count("}")


def test_the_dark_theme_has_the_same_values_chosen_by_hand_and_by_the_device() -> None:
    css = minify_css((STATIC / "css/tokens/dark.css").read_text("utf-8"))
    by_hand = re.search(r'\[data-theme="dark"\]\{(.*?)\}', css)
    by_device = re.search(r'\[data-theme="auto"\]\{(.*?)\}', css)

    assert by_hand
    assert by_device
    assert by_hand[1] == by_device[1]


def test_a_browser_that_takes_it_gets_the_same_file_compressed(app: Flask) -> None:
    client, address = app.test_client(), asset_url("app.css")
    with client.get(address) as plain, client.get(address, headers={"Accept-Encoding": "br, gzip"}) as packed:
        assert "Content-Encoding" not in plain.headers
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.data) == plain.data
        assert len(packed.data) < len(plain.data) / 3
        for answer in (plain, packed):
            assert answer.mimetype == "text/css"
            assert answer.headers["Vary"] == "Accept-Encoding"
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_tree_of_an_earlier_release_without_compressed_files_is_served_as_it_is(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "0ld").mkdir()
    (tmp_path / "0ld/app.css").write_text("a{}")
    monkeypatch.setattr("lms.web.static_files.BUILT", tmp_path)
    with app.test_client().get("/static/0ld/app.css", headers={"Accept-Encoding": "gzip"}) as answer:
        assert (answer.status_code, answer.data) == (200, b"a{}")
        assert "Content-Encoding" not in answer.headers
