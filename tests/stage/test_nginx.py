"""Behind the proxy that sites use, a hall of watchers costs the site one request a second for what all of them see."""

import os
import threading
import time
import urllib.error
import urllib.request

import pytest
from werkzeug.serving import make_server

from bench.proxy import Proxy, find_nginx


@pytest.fixture
def proxied(app, stage, tmp_path):
    """`(address, asked)`: the site behind nginx, and the paths that reached Python."""
    if find_nginx() is None:
        if os.environ.get("CI"):
            pytest.fail("nginx is missing: the hall behind it must be tested in CI")
        pytest.skip("nginx is not installed")
    stage.session.commit()
    asked = []

    def noted(environ, start_response):
        asked.append(environ["PATH_INFO"])
        return app.wsgi_app(environ, start_response)

    server = make_server("127.0.0.1", 0, noted, threaded=True)
    server.daemon_threads = False
    running = threading.Thread(target=server.serve_forever, daemon=True)
    running.start()
    with Proxy(server.server_port, tmp_path, tmp_path / "nginx", workers=1) as proxy:
        yield f"http://127.0.0.1:{proxy.port}", asked
    server.shutdown()
    running.join(10)
    server.server_close()


def get(url, tag=""):
    """Status, body and ETag."""
    request = urllib.request.Request(url, headers={"If-None-Match": tag} if tag else {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read(), answer.headers["ETag"]
    except urllib.error.HTTPError as problem:
        with problem:
            return problem.code, b"", problem.headers["ETag"]


def test_watchers_at_once_reach_the_site_once_or_twice_and_get_the_same(proxied, stage):
    address, asked = proxied
    url = f"{address}/live/stage/{stage.final.live_key}/board"
    seen = []
    watchers = [threading.Thread(target=lambda: seen.append(get(url))) for _ in range(40)]
    began = time.monotonic()
    for watcher in watchers:
        watcher.start()
    for watcher in watchers:
        watcher.join(20)
    assert len(seen) == 40
    assert {status for status, _, _ in seen} == {200}
    assert len({body for _, body, _ in seen}) == 1
    assert len(asked) <= 3 + (time.monotonic() - began)  # once a second, however long forty take on a busy machine
    assert get(url, seen[0][2])[0] == 304


def test_the_proxy_keeps_neither_the_clock_nor_what_is_not_there(proxied, stage):
    address, asked = proxied
    for _ in range(2):
        get(f"{address}/live/stage/{stage.final.live_key}/clock")
        assert get(f"{address}/live/stage/{'x' * 32}/board")[0] == 404
    assert len(asked) == 4
