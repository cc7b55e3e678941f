"""The proxy in front of several nodes: what it sends to another node, what it does not, and whom it slows down."""

import os
import socket
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench import proxy as proxies
from bench.proxy import Proxy, find_nginx


class _Node(BaseHTTPRequestHandler):
    """Answers everything with what it was told the sender is."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        told = self.headers.get("X-Forwarded-For", "").encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    do_POST = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture
def good():
    """The port of a node that answers."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Node)
    server.daemon_threads = True
    running = threading.Thread(target=server.serve_forever, daemon=True)
    running.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    running.join(5)


@pytest.fixture
def dying():
    """`(port, met)`: a node that takes each request and hangs up, as a process does that is killed."""
    met, listener = [], socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                opened, _ = listener.accept()
            except OSError:
                return
            with opened:
                met.append(opened.recv(65_536))

    running = threading.Thread(target=serve, daemon=True)
    running.start()
    yield listener.getsockname()[1], met
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    running.join(5)


@pytest.fixture
def between(good, dying, tmp_path):
    """A function that starts nginx in front of the dying node and the good one, and gives its address."""
    if find_nginx() is None:
        if os.environ.get("CI"):
            pytest.fail("nginx is missing: what it does when a node dies must be tested in CI")
        pytest.skip("nginx is not installed")
    started = []

    def start():
        started.append(Proxy([dying[0], good], tmp_path, tmp_path / f"nginx-{len(started)}", workers=1))
        return f"http://127.0.0.1:{started[-1].port}"

    yield start
    for each in started:
        each.close()


def ask(url, body=None, **headers):
    request = urllib.request.Request(url, data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as problem:
        problem.close()
        return problem.code


@pytest.mark.parametrize("path", ["/api/attempts/1/answers", "/login", "/contests/1/entry"])
def test_a_post_whose_node_dies_is_sent_to_another_one(between, dying, path):
    address = between()
    assert {ask(address + path, b"x=1") for _ in range(6)} == {200}
    assert dying[1], "the dying node was never asked"


def test_without_it_the_post_would_be_lost(between, dying, monkeypatch):
    monkeypatch.setattr(
        proxies, "CHANGES", [("proxy_next_upstream error timeout non_idempotent;", "proxy_next_upstream off;")]
    )
    address = between()
    assert 502 in {ask(f"{address}/api/attempts/1/answers", b"x=1") for _ in range(6)}


def test_the_part_of_an_upload_is_not_kept_here_to_be_sent_twice(between, dying):
    address = between()
    assert 502 in {ask(f"{address}/api/uploads/1/parts/1", b"x" * 100_000) for _ in range(6)}


def test_one_token_is_slowed_down_for_all_nodes_together_and_nobody_else(between):
    address = between()
    given = 0
    while given < 300 and ask(f"{address}/api/me", Authorization="Bearer one") == 200:
        given += 1
    assert 60 <= given < 300
    assert ask(f"{address}/api/me", Authorization="Bearer two") == 200
    assert {ask(f"{address}/api/me") for _ in range(70)} == {200}
