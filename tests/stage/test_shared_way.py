"""What is the same for everybody is said once a moment, and a step is seen at once."""

import pytest

from lms.web import shared_way


@pytest.fixture
def asked(app, stage):
    """`asked(path, tag)`: status, body, headers; `asked.whole` are the paths that the view itself answered."""
    stage.session.commit()
    whole, client = [], app.test_client(use_cookies=False)
    way = app.wsgi_app._whole_way
    further = way._further

    def noted(environ, start_response):
        whole.append(environ["PATH_INFO"])
        return further(environ, start_response)

    way._further = noted

    def ask(path, tag="", **more):
        answer = client.get(path, headers={"If-None-Match": tag} if tag else {}, **more)
        return answer.status_code, answer.data, answer.headers

    ask.whole = whole
    yield ask
    way._further = further


def test_many_ask_and_the_view_answers_once(asked, stage, monkeypatch):
    monkeypatch.setattr(shared_way, "FRESH_SECONDS", 60)
    path = f"/live/stage/{stage.final.live_key}/state"
    first, second = asked(path), asked(path)
    assert (first[0], first[1]) == (200, second[1])
    assert second[2]["Cache-Control"] == "public, max-age=1"
    assert second[2]["Content-Security-Policy"] == first[2]["Content-Security-Policy"]
    assert "Set-Cookie" not in second[2]
    again = asked(path, second[2]["ETag"])
    assert (again[0], again[1]) == (304, b"")
    assert asked.whole == [path]


def test_a_step_is_seen_by_the_next_who_asks(asked, stage, monkeypatch):
    monkeypatch.setattr(shared_way, "FRESH_SECONDS", 60)
    path = f"/live/stage/{stage.final.live_key}/state"
    before = asked(path)
    stage.segment("buzzer")
    stage.session.commit()
    after = asked(path, before[2]["ETag"])
    assert after[0] == 200
    assert b'"segment": "buzzer"' in after[1].replace(b'":"', b'": "')


def test_after_a_moment_the_view_is_asked_again(asked, stage, monkeypatch):
    monkeypatch.setattr(shared_way, "FRESH_SECONDS", -1)
    path = f"/live/stage/{stage.final.live_key}/board"
    assert asked(path)[1] == asked(path)[1]
    assert asked.whole == [path, path]


@pytest.mark.parametrize(
    "path", ["/live/stage/nobody-gave-this-out/state", "/live/stage/KEY/clock", "/live/stage/KEY/state?a=1"]
)
def test_what_is_not_there_or_never_kept_goes_the_whole_way(asked, stage, path, monkeypatch):
    monkeypatch.setattr(shared_way, "FRESH_SECONDS", 60)
    for _ in range(2):
        asked(path.replace("KEY", stage.final.live_key))
    assert len(asked.whole) == 2


def test_another_host_is_refused_as_ever(asked, stage):
    path = f"/live/stage/{stage.final.live_key}/state"
    assert asked(path)[0] == 200
    assert asked(path, base_url="http://elsewhere.example")[0] == 400
