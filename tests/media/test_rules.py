"""What is taken, what a link says, what a range means."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.media.rules import (
    LINK_SECONDS,
    FileType,
    Link,
    LinkScope,
    Span,
    expiry,
    link_of,
    span_of,
    type_of,
)
from tests.media import files


@pytest.mark.parametrize(
    "name, content",
    [
        *(("a.mp4", files.video()), ("讲座.MP4", files.video()), ("a.pdf", files.pdf("x")), ("a.png", files.picture())),
        *(("a.pptx", files.deck(("t", "x"))), ("a.docx", files.document("t"))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_is_what_it_says_is_taken(name: str, content: bytes) -> None:
    assert isinstance(type_of(name, content[:1024]), FileType)


@pytest.mark.parametrize(
    "name, head, advice",
    [
        ("a.mp4", b"", "0 字节"),
        ("a.mp4", b"MZ\x90\x00" * 20, "改了扩展名"),
        ("a.pdf", b"<html><script>alert(1)</script>", "改了扩展名"),
        ("a.docx", b"%PDF-1.4", "改了扩展名"),
        ("a.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "改了扩展名"),
        ("a.svg", b"<svg/>", "不能上传"),
        ("a.html", b"<html>", "不能上传"),
        ("a", b"x", "不能上传"),
        ("old.ppt", b"PK\x03\x04", "改了扩展名"),
        ("locked.pptx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "打开密码"),
        ("table.xlsx", b"PK\x03\x04", "另存为 PDF"),
    ],
)
def test_a_file_that_cannot_be_taken_gets_a_sentence_that_says_what_to_do(name: str, head: bytes, advice: str) -> None:
    answer = type_of(name, head)
    assert isinstance(answer, str)
    assert advice in answer


@given(st.binary(max_size=64), st.sampled_from(["mp4", "pdf", "pptx", "docx", "png", "mp3", "mkv"]))
def test_any_bytes_under_any_name_are_judged_without_an_error(head: bytes, suffix: str) -> None:
    assert isinstance(type_of(f"a.{suffix}", head), FileType | str)


@given(st.integers(1, 2**50), st.integers(1, 2**31), st.sampled_from(LinkScope), st.integers(1, 2**40))
def test_a_token_says_what_the_link_said(media_id: int, epoch: int, scope: LinkScope, expires: int) -> None:
    link = Link(media_id, epoch, scope, expires)
    assert link_of(link.token("f" * 64)) == (link, "f" * 64)


@given(st.text(max_size=120))
def test_no_text_breaks_the_reading_of_tokens(token: str) -> None:
    link_of(token)


def test_each_part_of_a_link_is_sealed() -> None:
    base = Link(1, 1, LinkScope.VIEW, 1000)
    others = [Link(2, 1, LinkScope.VIEW, 1000), Link(1, 2, LinkScope.VIEW, 1000), Link(1, 1, LinkScope.DOWNLOAD, 1000)]
    texts = {link.sealed_text(7) for link in [base, *others, Link(1, 1, LinkScope.VIEW, 1001)]} | {base.sealed_text(8)}
    assert len(texts) == 6


@given(st.integers(1_800_000_000, 1_900_000_000))
def test_a_link_lives_five_to_ten_minutes(timestamp: int) -> None:
    now = datetime.fromtimestamp(timestamp, UTC)
    lives = expiry(now) - now.timestamp()
    assert 300 < lives <= LINK_SECONDS


def test_links_made_in_one_step_are_over_together_so_that_browsers_may_cache() -> None:
    at = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    assert expiry(at) == expiry(at + timedelta(seconds=299))


@pytest.mark.parametrize(
    "header, expected",
    [
        *(
            (None, None),
            ("", None),
            ("bytes=0-", Span(0, 100)),
            ("bytes=0-0", Span(0, 1)),
            ("bytes=10-19", Span(10, 20)),
        ),
        *(("bytes=90-1000", Span(90, 100)), ("bytes=-10", Span(90, 100)), ("bytes=-1000", Span(0, 100))),
        *(("bytes=5-2", None), ("bytes=0-1,5-6", None), ("items=0-1", None), ("bytes=-", None), ("bytes=a-b", None)),
    ],
)
def test_a_range_means_these_bytes(header: str | None, expected: Span | None) -> None:
    assert span_of(header, 100) == expected


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=500-600", "bytes=-0"])
def test_a_range_outside_the_file_is_refused(header: str) -> None:
    with pytest.raises(ValueError):
        span_of(header, 100)


@given(st.integers(1, 1000), st.integers(0, 1200), st.integers(0, 1200))
def test_a_span_is_never_empty_and_never_outside(size: int, first: int, last: int) -> None:
    try:
        span = span_of(f"bytes={first}-{last}", size)
    except ValueError:
        assert first >= size
    else:
        assert span is None or 0 <= span.start < span.end <= size
