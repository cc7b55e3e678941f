"""Somebody outside a browser: signs in as the sign-in page does and uses the JSON interface over real HTTP."""

import json
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode

from lms.demo.cast import PASSWORD


@dataclass(frozen=True)
class Answer:
    status: int
    text: str

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text)
        return found


class Caller:
    def __init__(self, url: str, name: str) -> None:
        self.url, self.name = url, name
        self._browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        form = {"username": name, "password": PASSWORD, "csrf_token": _token(self.get("/login").text)}
        page = self._ask("/login", urlencode(form).encode())
        assert page.status == 200, f"{name} cannot sign in: {page.status}"
        self.token = _token(page.text)

    def get(self, path: str) -> Answer:
        return self._ask(path, None)

    def call(self, path: str, body: dict[str, Any]) -> Answer:
        headers = {"Content-Type": "application/json", "X-CSRF-Token": self.token}
        return self._ask(path, json.dumps(body).encode(), headers)

    def post(self, path: str, **fields: str) -> Answer:
        return self._ask(path, urlencode({"csrf_token": self.token, **fields}).encode())

    def _ask(self, path: str, body: bytes | None, headers: dict[str, str] | None = None) -> Answer:
        request = urllib.request.Request(f"{self.url}{path}", body, headers or {})
        try:
            with self._browser.open(request, timeout=30) as answer:
                return Answer(answer.status, answer.read().decode())
        except urllib.error.HTTPError as refused:
            with refused:
                return Answer(refused.code, refused.read().decode())


def _token(page: str) -> str:
    found = re.search(r'<meta name="csrf-token" content="([^"]+)"', page)
    assert found, page[:300]
    return found[1]
