"""What is too old, too late or too full, and what of nginx does not fit the site."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.upkeep.rules import GIGABYTE, block_bytes, body_faults, is_full, is_late, media_faults, nginx_blocks, span

NOON = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)
DEPLOY = Path(__file__).parents[2] / "deploy"
OURS = (
    (DEPLOY / "nginx.conf")
    .read_text()
    .replace("include /etc/jiangtai/nginx/media.conf;", (DEPLOY / "nginx" / "media.conf").read_text())
)
MEDIA = "/srv/jiangtai/media"


@given(st.integers(1, 86_400), st.integers(0, 400_000))
def test_a_job_is_late_after_three_turns_and_never_before(every_seconds: int, age_seconds: int) -> None:
    late = is_late(every_seconds, NOON - timedelta(seconds=age_seconds), NOON)
    assert late == (age_seconds > 3 * max(60, every_seconds) + 120)
    assert is_late(every_seconds, None, NOON)


@pytest.mark.parametrize(
    ("free", "total", "full"),
    [(1, 100, True), (3, 100, True), (3, 40, False), (60, 2000, False), (40, 2000, True), (1.9, 10, True)],
)
def test_a_disk_is_full_below_two_gigabytes_or_five_percent(free: float, total: int, full: bool) -> None:
    assert is_full(int(free * GIGABYTE), total * GIGABYTE) is full


def test_spans_read_as_people_say_them() -> None:
    said = [span(timedelta(minutes=m)) for m in (0, 119, 120, 47 * 60, 48 * 60, 30 * 1440)]
    assert said == ["0 min", "119 min", "2 h", "47 h", "2 days", "30 days"]


def test_our_own_configuration_fits_a_site_that_lies_where_it_says() -> None:
    block = nginx_blocks(OURS)
    assert media_faults(block, "/_media/", MEDIA, is_local=True) == []
    assert body_faults(block, 8 * 2**20) == []


@pytest.mark.parametrize(
    ("change", "prefix", "folder", "said"),
    [
        (("", ""), "", MEDIA, "set LMS_X_ACCEL_PREFIX=/_media/"),
        (("", ""), "/files/", MEDIA, "no `location /files/`"),
        (("", ""), "/_media/", "/data/media", "make the alias /data/media/"),
        (
            ("location /_media/ {\n    internal;", "location /_media/ {"),
            "/_media/",
            MEDIA,
            "no `location /_media/`",
        ),
    ],
)
def test_each_mismatch_between_nginx_and_the_site_is_said(
    change: tuple[str, str], prefix: str, folder: str, said: str
) -> None:
    text = OURS.replace(*change) if change[0] else OURS
    assert text != OURS or not change[0]
    faults = media_faults(nginx_blocks(text), prefix, folder, is_local=True)
    assert len(faults) == 1
    assert said in faults[0]


def test_the_files_of_a_bucket_lie_nowhere_here() -> None:
    bucket = nginx_blocks("server { location /_media/ { internal; proxy_pass https://s3.example/; } }")
    assert media_faults(bucket, "/_media/", MEDIA, is_local=False) == []


def test_a_limit_of_nginx_below_a_part_of_an_upload_is_said() -> None:
    assert "client_max_body_size 0" in body_faults(nginx_blocks("server { listen 80; }"), 8 * 2**20)[0]
    assert body_faults(nginx_blocks("server { client_max_body_size 64m; }"), 8 * 2**20) == []
    assert [block_bytes(size) for size in ("0", "512k", "8m", "1G")] == [0, 2**19, 2**23, 2**30]


def test_comments_and_quoted_braces_are_no_blocks_and_a_lost_brace_is_told() -> None:
    block = nginx_blocks(
        '# a { b\nmap $x $y { "~^/{2}$" 1; default \'};\'; }\nlocation ~ "^/a\\d{1,6}$" { return 404 "gone\\n"; }'
    )
    assert [b.words[0] for b in block.blocks] == ["map", "location"]
    assert block.blocks[0].value("default") == "};"
    for wrong in ("server {", "server { } }"):
        with pytest.raises(ValueError, match="brace"):
            nginx_blocks(wrong)
