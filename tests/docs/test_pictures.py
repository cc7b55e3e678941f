"""Every picture that the operator's guide and the help pages name exists, is small, and can be taken anew; none lies there unnamed."""

import re
from pathlib import Path

from PIL import Image

from lms.home.help_rules import HELP as TOPICS
from tests.browser.guide import ALL, GUIDE, HELP, KILOBYTES, ROOT, SIZES

PLACES = {HELP, GUIDE}


def there() -> set[Path]:
    return {path.relative_to(ROOT) for place in PLACES for path in (ROOT / place).iterdir()}


def named_in_documents() -> set[Path]:
    """What pages of docs/ show, from the repository's root."""
    shown = [
        (page, name)
        for page in (ROOT / "docs").glob("*.md")
        for name in re.findall(r"!\[.+?\]\((.+?)\)", page.read_text("utf-8"))
    ]
    return {(page.parent / name).resolve().relative_to(ROOT) for page, name in shown}


def named_in_help() -> set[Path]:
    return {HELP / f"{topic.picture}.webp" for topics in TOPICS.values() for topic in topics if topic.picture}


def test_each_picture_that_is_named_exists_and_each_that_exists_is_named() -> None:
    assert len(named_in_documents()) >= 6
    assert len(named_in_help()) >= 10
    assert named_in_documents() | named_in_help() == there()


def test_each_picture_is_one_that_the_browser_tests_take_and_has_its_size() -> None:
    assert {picture.path.relative_to(ROOT) for picture in ALL} == there()
    for picture in ALL:
        assert picture.path.stat().st_size <= KILOBYTES * 1024
        with Image.open(picture.path) as shown:
            assert (shown.format, shown.size) == ("WEBP", SIZES[picture.view]), picture.name


def test_the_help_pages_know_how_large_their_pictures_are() -> None:
    for topics in TOPICS.values():
        for topic in topics:
            assert not topic.picture or topic.size == SIZES[topic.picture.partition("-")[0]]
