"""A published list is checked by anybody: on the public page, and by the script that needs only the public key."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contests.test_web import publish, text_of, with_lower_score


@pytest.fixture
def ranking(session, running, cast, keys):
    running.hand_in(cast.lin)
    running.hand_in(cast.bo, right=5)
    ranking = publish(running, session, cast, keys)
    session.commit()
    return ranking


@pytest.fixture
def proof(web, running, ranking):
    return json.loads(web.as_("lin").get(f"/contests/rounds/{running.round.id}/published/proof.json").data)


@pytest.fixture
def script(web, tmp_path):
    path = tmp_path / "verify_ranking.py"
    path.write_bytes(web.get("/verify/rankings/script").data)
    return path


def checked(script: Path, proof: dict, key: str) -> subprocess.CompletedProcess[str]:
    file = script.with_name("list.signed.json")
    file.write_text(json.dumps(proof), "utf-8")
    run = [sys.executable, "-I", str(script), str(file), key]
    return subprocess.run(run, capture_output=True, encoding="utf-8", check=False, cwd=script.parent, env={})


def test_the_script_alone_says_yes_with_the_site_s_key_and_no_to_everything_else(proof, script, keys, web):
    (key,) = keys.public_keys().values()
    assert key in text_of(web.get("/verify/rankings"))
    valid = checked(script, proof, key)
    assert (valid.returncode, valid.stdout[:7], valid.stderr) == (0, "VALID: ", "")
    changed = {**proof, "snapshot": proof["snapshot"].replace('"score_millis":', '"score_millis":1')}
    assert changed["snapshot"] != proof["snapshot"]
    assert "was changed" in checked(script, changed, key).stdout
    other = "A" * 43 + "="
    assert checked(script, proof, other).returncode == 1
    assert "has not signed" in checked(script, {**proof, "signature": "A" * 86 + "=="}, key).stdout


def test_a_visitor_learns_of_a_check_code_what_its_holder_has_read_and_no_name(web, ranking, cast):
    found = text_of(web.get(f"/verify/rankings?digest={ranking.public_digest.upper()}"))
    assert "是最新一版" in found
    assert cast.lin.name not in found
    assert "没有公布过" in text_of(web.get("/verify/rankings?digest=" + "0" * 64))
    assert "没有公布过" in text_of(web.get("/verify/rankings?digest=x"))


def test_an_old_version_leads_to_the_newest(web, running, ranking, session, cast):
    old = ranking.public_digest
    with_lower_score(session, running, cast.lin)
    web.as_("hua").post(f"/office/contests/rounds/{running.round.id}/correction", {"reason": "复核后更正"})
    assert "请以第 2 版为准" in text_of(web.get(f"/verify/rankings?digest={old}"))


def test_the_published_page_leads_to_the_proof(web, running, ranking):
    lin = web.as_("lin")
    text = lin.get(f"/contests/rounds/{running.round.id}/published").get_data(as_text=True)
    assert "published/proof.json" in text
    assert f"/verify/rankings?digest={ranking.public_digest}" in text
