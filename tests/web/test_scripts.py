"""Our modules as one script: what it does is what the modules do, and what it does not know it refuses."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from lms.web.assets import STATIC
from lms.web.scripts import BY_NAME, UnknownForm, bundled, late_scripts

ENTRY = f"""export function bind() {{}}
async function start(name) {{ const found = await {BY_NAME}; found.default(name); }}
start("one"); start("two");
"""
MODULES = {
    "one": 'import { say, Voice } from "./shared-voice.js";\nimport two from "./two.js";\n\nexport default function one(name) {\n  say(name + typeof Voice + two.name);\n}\n',
    "two": 'import { count } from "./shared-voice.js";\nexport default async function (name) {\n  console.log(name, count());\n}\n',
    "shared-voice": "let calls = 0;\nexport const count = () => calls;\nexport class Voice {}\nexport function say(text) {\n  calls += 1;\n  console.log(text);\n}\n",
}


def test_a_module_keeps_its_own_scope_and_runs_once_for_all_who_import_it() -> None:
    script = bundled(ENTRY, MODULES)
    assert not re.search(r"^\s*(import|export)\b", script, re.M)
    node = shutil.which("node")
    if node is not None:
        told = subprocess.run([node, "--input-type=module", "-e", script], capture_output=True, text=True, check=True)
        assert told.stdout == "onefunctionstandard\ntwo 1\n"


@pytest.mark.parametrize(
    "line",
    [
        'import "./shared-voice.js";',
        'import * as all from "./shared-voice.js";',
        'import { say as speak } from "./shared-voice.js";',
        'import { say } from "../elsewhere.js";',
        "export { say };",
        'export * from "./shared-voice.js";',
        "export let count = 1;",
        "export default class {}",
        "export default 1;",
        "const late = await import('./two.js');",
        "const here = import.meta.url;",
        'import { say } from "./no-such-module.js";',
    ],
)
def test_any_other_form_refuses_to_build(line: str) -> None:
    with pytest.raises(UnknownForm):
        bundled(ENTRY, MODULES | {"two": f"{line}\n"})
    with pytest.raises(UnknownForm):
        bundled(f"{line}\n{ENTRY}", MODULES) if not line.startswith("export let") else bundled(line, MODULES)


def test_modules_that_import_each_other_in_a_circle_are_refused() -> None:
    circle = {"one": 'import { b } from "./two.js";\n', "two": 'import { a } from "./one.js";\n'}
    with pytest.raises(UnknownForm, match="circle: one, two"):
        bundled(ENTRY, circle)


def test_the_same_sources_give_the_same_script() -> None:
    backwards = dict(reversed(MODULES.items()))
    assert bundled(ENTRY, MODULES) == bundled(ENTRY, backwards)


def test_our_own_modules_are_of_the_forms_that_are_known() -> None:
    modules = {path.stem: path.read_text("utf-8") for path in (STATIC / "js/modules").glob("*.js")}
    script = bundled((STATIC / "js/app.js").read_text("utf-8"), modules)
    assert all(f'"{name}"() {{' in script for name in modules)
    assert "await moduleNamed(name)" in script
    late = {path.stem: path.read_text("utf-8") for path in (STATIC / "js/late").glob("*.js")}
    assert {"player", "reader"} <= set(late_scripts(late, modules))


LATE = {
    "film": 'import { say } from "../modules/shared-voice.js";\nimport { beat } from "./beats.js";\n\nexport default function film(name) {\n  say(name + beat);\n}\n',
    "beats": "export const beat = 4;\n",
}


def test_a_late_module_becomes_a_script_of_its_own_with_all_it_imports_and_no_more() -> None:
    scripts = late_scripts(LATE, MODULES)
    assert set(scripts) == {"film"}
    assert '"shared-voice"() {' in scripts["film"]
    assert '"one"() {' not in scripts["film"]


def test_the_one_script_fetches_a_late_module_when_a_page_names_it(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    (tmp_path / "late").mkdir()
    (tmp_path / "app.mjs").write_text(bundled(ENTRY.replace('start("two")', 'start("film")'), MODULES))
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "late/film.js").write_text(late_scripts(LATE, MODULES)["film"])
    told = subprocess.run([node, tmp_path / "app.mjs"], capture_output=True, text=True, check=True)
    assert told.stdout == "onefunctionstandard\nfilm4\n"


def test_a_script_may_be_fetched_only_from_an_address_the_page_gives() -> None:
    fetched = "export default async function (element) {\n  await import(element.dataset.hls);\n}\n"
    assert "import(element.dataset.hls)" in late_scripts({"film": fetched}, {})["film"]
    with pytest.raises(UnknownForm):
        late_scripts({"film": fetched.replace("element.dataset.hls", "elsewhere")}, {})
