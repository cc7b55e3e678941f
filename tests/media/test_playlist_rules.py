"""Playlists as they are handed out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.media.playlist_rules import Variant, master_playlist, media_playlist
from tests.media.streams import pieces


def test_each_piece_of_a_real_playlist_gets_the_address_and_nothing_else_changes() -> None:
    stored = pieces("hls-180", 8)["list.m3u8"].decode()
    handed = media_playlist(stored, "/media/t/hls-180/")
    assert '#EXT-X-MAP:URI="/media/t/hls-180/init.mp4"' in handed
    assert handed.count("/media/t/hls-180/seg-") == stored.count("seg-")
    assert handed.replace("/media/t/hls-180/", "") == stored


@pytest.mark.parametrize(
    "line",
    [
        "../secret.m4s",
        "https://evil.example/seg-1.m4s",
        "/etc/passwd",
        '#EXT-X-KEY:METHOD=AES-128,URI="https://evil"',
        "seg-1.ts",
    ],
)
def test_a_playlist_that_names_anything_else_is_not_handed_out(line: str) -> None:
    with pytest.raises(ValueError, match="not a piece"):
        media_playlist(f"#EXTM3U\n{line}\n", "/media/t/hls-180/")


@given(st.text(max_size=200))
def test_whatever_is_stored_every_address_begins_with_ours(stored: str) -> None:
    try:
        handed = media_playlist(stored, "/media/t/")
    except ValueError:
        return
    assert all(
        line.startswith(("#", "/media/t/")) or not line.strip() for line in handed.split("\n") if "\r" not in line
    )


def test_the_master_names_each_stream_with_its_size() -> None:
    text = master_playlist(
        [Variant("hls-720", 1_500_000, "avc1.64001f,mp4a.40.2", 1280, 720), Variant("hls-audio", 64_000, "mp4a.40.2")]
    )
    assert (
        '#EXT-X-STREAM-INF:BANDWIDTH=1500000,RESOLUTION=1280x720,CODECS="avc1.64001f,mp4a.40.2"\nhls-720.m3u8\n' in text
    )
    assert '#EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS="mp4a.40.2"\nhls-audio.m3u8\n' in text
