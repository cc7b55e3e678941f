"""The step that brings third-party scripts: names with a hash, licences beside them, and no start that depends on it."""

import json
import re
from pathlib import Path

import pytest
from flask import Flask

from lms.web.vendor import ROOT, copy_vendor, missing, vendor_url, wanted


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "node_modules/player.js/dist").mkdir(parents=True)
    (tmp_path / "node_modules/player.js/dist/player.min.mjs").write_text("export default 1;")
    (tmp_path / "node_modules/player.js/LICENSE").write_text("take it")
    listed = {"vendor": {"player.js": "player.js/dist/player.min.mjs"}}
    (tmp_path / "package.json").write_text(json.dumps(listed))
    return tmp_path


def test_a_listed_file_is_copied_under_its_hash_with_its_licence_and_is_no_longer_missing(root: Path) -> None:
    target = root / "vendor"
    assert missing(root, target) == ["player.js"]

    made = copy_vendor(root, target)

    assert re.fullmatch(r"player\.[0-9a-f]{12}\.js", made["player.js"])
    assert (target / made["player.js"]).read_text() == "export default 1;"
    assert (target / "player.js.LICENSE.txt").read_text() == "take it"
    assert missing(root, target) == []


def test_a_new_version_has_a_new_name_and_the_old_file_goes(root: Path) -> None:
    before = copy_vendor(root, root / "vendor")["player.js"]
    (root / "node_modules/player.js/dist/player.min.mjs").write_text("export default 2;")

    after = copy_vendor(root, root / "vendor")["player.js"]

    assert before != after
    assert [path.name for path in (root / "vendor").glob("*.js")] == [after]


def test_a_file_that_its_package_lacks_stops_the_step_before_anything_is_copied(root: Path) -> None:
    (root / "node_modules/player.js/dist/player.min.mjs").unlink()
    with pytest.raises(FileNotFoundError):
        copy_vendor(root, root / "vendor")
    assert not (root / "vendor").exists()


def test_a_broken_manifest_counts_as_missing(root: Path) -> None:
    copy_vendor(root, root / "vendor")
    (root / "vendor/manifest.json").write_text("{")
    assert missing(root, root / "vendor") == ["player.js"]


def test_a_name_that_nobody_listed_is_refused() -> None:
    with pytest.raises(KeyError, match="no-such-thing"):
        vendor_url("no-such-thing.js")


def test_the_lock_file_pins_what_is_listed_by_digest_and_names_no_host() -> None:
    lock = (ROOT / "package-lock.json").read_text("utf-8")
    locked = json.loads(lock)["packages"]
    for path in wanted().values():
        package = locked[f"node_modules/{path.split('/')[0]}"]
        assert package["integrity"].startswith("sha512-")
    assert "http" not in lock


def test_a_file_of_the_step_is_served_for_ever_and_a_path_out_of_its_folder_is_not(app: Flask) -> None:
    client = app.test_client()
    if url := vendor_url("hls.js"):
        with client.get(url) as answer:
            assert answer.status_code == 200
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert answer.mimetype == "text/javascript"
    assert client.get("/static/vendor/../js/app.js").status_code == 404
    assert client.get("/static/vendor/no-such-file.js").status_code == 404
