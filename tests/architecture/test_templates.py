"""What no template may hold, whether or not a test renders it."""

import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "lms"
# Drawings of our own, and article text that nh3 has cleaned on its way in and out.
MAY_BE_SAFE = {"web/templates/components/icon.html"}
TEMPLATES = sorted(PACKAGE.rglob("templates/**/*.html"))


def place(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", TEMPLATES, ids=place)
def test_templates_hold_no_inline_style_handler_or_script(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r'\sstyle="', text)
    assert not re.search(r"<[^>{]*\son[a-z]+=", text)
    assert not re.search(r"<script(?![^>]*\b(src|type=\"application/json\"))", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=place)
def test_every_form_that_posts_carries_the_hidden_fields(path: Path) -> None:
    text = path.read_text("utf-8") if "gallery" not in path.parts else ""
    for form in re.findall(r'<form[^>]*method="post".*?</form>', text, re.S | re.I):
        assert "hidden_fields(" in form or "csrf_token" in form, form[:200]


@pytest.mark.parametrize("path", TEMPLATES, ids=place)
def test_nothing_is_marked_safe_outside_sanitised_text(path: Path) -> None:
    if place(path) in MAY_BE_SAFE:
        return
    assert not re.search(r"\|\s*safe\b|autoescape\s+false", path.read_text("utf-8"))
