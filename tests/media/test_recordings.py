"""A recording can be watched soon, in sizes for every line, with pictures on its bar; what a recogniser hears waits for its lecturer."""

import io
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import av
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.media import queries, services
from lms.media import recording_rules as rules
from lms.media.models import MediaFile, Rendition
from lms.media.recording_rules import Recording
from lms.media.rules import MediaState, RenditionKind
from lms.storage.local import LocalStorage
from lms.tasks.models import Task, TaskState
from tests.media import files, odd
from tests.media.conftest import Upload, set_setting

RunTasks = Callable[[], int]


@pytest.fixture
def streamed(
    session: Session, cast: SimpleNamespace, upload: Upload, run_tasks: RunTasks
) -> Callable[[str, bytes], MediaFile]:
    """A film that was made in several sizes although it is short."""

    def made(name: str, content: bytes) -> MediaFile:
        media = upload(name, content, cast.ed)
        run_tasks()
        services.enqueue_more(session, media, now=clock.now(), streams=True)
        run_tasks()
        return media

    return made


def stamps(storage: LocalStorage, rendition: Rendition) -> list[float]:
    """When the first picture of each segment is shown, in seconds; each must be a key picture."""
    init = b"".join(storage.read(f"{rendition.prefix}/init.mp4"))
    found = []
    for name in re.findall(r"^seg-\d{5}\.m4s$", rendition.playlist, re.M):
        with av.open(io.BytesIO(init + b"".join(storage.read(f"{rendition.prefix}/{name}")))) as segment:
            first = next(packet for packet in segment.demux(video=0) if packet.pts is not None)
            assert first.is_keyframe
            found.append(round(float(first.pts * first.time_base), 2))
    return found


@pytest.mark.parametrize(
    "content, copied",
    [
        (lambda: odd.long_film(21), True),
        (lambda: odd.long_film(21, key_seconds=3), True),
        (lambda: odd.long_film(21, preset="veryfast"), True),
        pytest.param(lambda: odd.long_film(21, key_seconds=20), False, marks=pytest.mark.slow),
        pytest.param(lambda: odd.long_film(21, codec="mpeg4"), False, marks=pytest.mark.slow),
    ],
    ids=["fits", "odd-keys", "fits-with-b-pictures", "rare-keys", "made-anew"],
)
def test_all_sizes_change_their_segments_at_the_same_moments(
    session: Session,
    storage: LocalStorage,
    streamed: Callable[[str, bytes], MediaFile],
    content: Callable[[], bytes],
    copied: bool,
) -> None:
    media = streamed(f"讲座.{'mp4' if content()[4:8] == b'ftyp' else 'mkv'}", content())
    streams = queries.list_renditions(session, media.id, RenditionKind.STREAM)
    assert [s.name for s in streams] == ["hls-audio", "hls-360", "hls-720"]
    small, large = streams[1:]
    assert stamps(storage, small) == stamps(storage, large)
    assert len(stamps(storage, small)) >= 4
    assert [(s.width, s.height) for s in (small, large)] == [(640, 360), (1280, 720)]
    assert all(re.fullmatch(r"avc1\.[0-9a-f]{6},mp4a\.40\.2", s.codecs) for s in (small, large))
    assert streams[0].codecs == "mp4a.40.2"
    assert 0 < streams[0].bits_per_second < small.bits_per_second
    assert _is_copied(storage, large, content()) is copied


def _is_copied(storage: LocalStorage, stream: Rendition, content: bytes) -> bool:
    first = b"".join(storage.read(f"{stream.prefix}/init.mp4")) + b"".join(
        storage.read(f"{stream.prefix}/seg-00001.m4s")
    )
    with av.open(io.BytesIO(first)) as made, av.open(io.BytesIO(content)) as given:
        return bytes(next(made.demux(video=0))) == bytes(next(given.demux(video=0)))


def test_picture_and_sound_of_a_segment_belong_together(
    session: Session, storage: LocalStorage, streamed: Callable[[str, bytes], MediaFile]
) -> None:
    media = streamed("a.mkv", odd.long_film(21, codec="mpeg4"))
    for name in ("hls-360", "hls-720"):
        found = queries.find_rendition(session, media.id, name)
        assert found is not None
        whole = b"".join(
            b"".join(storage.read(f"{found.prefix}/{n}"))
            for n in ["init.mp4", *re.findall(r"^seg-.*$", found.playlist, re.M)]
        )
        spans = []
        for kind in ("video", "audio"):
            with av.open(io.BytesIO(whole)) as container:
                shown = [float(p.pts * p.time_base) for p in container.demux(**{kind: 0}) if p.pts is not None]
                spans.append((min(shown), max(shown)))
        pictures, sound = spans
        assert abs(pictures[0] - sound[0]) < 0.1
        assert abs(pictures[1] - sound[1]) < 0.3


def test_a_film_that_must_be_made_anew_can_be_watched_before_its_larger_sizes_are_made(
    session: Session,
    cast: SimpleNamespace,
    upload: Upload,
    storage: LocalStorage,
    run_tasks: RunTasks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rules, "STREAM_MILLIS_LEAST", 15_000)
    media = upload("a.mkv", odd.long_film(21, codec="mpeg4"), cast.ed)
    run_tasks()
    with av.open(str(storage.path(media.play_key or ""))) as played:
        assert played.streams.video[0].height == 360
    assert [r.name for r in queries.list_renditions(session, media.id, RenditionKind.STREAM)][-1] == "hls-720"
    done = {t.kind: t for t in session.scalars(select(Task))}
    assert media.playable_at is not None
    assert media.playable_at <= (done["media.more"].started_at or media.playable_at)
    assert (media.width, media.height) == (1280, 720)


def test_the_bar_shows_a_picture_every_two_seconds(
    session: Session, cast: SimpleNamespace, upload: Upload, run_tasks: RunTasks, storage: LocalStorage
) -> None:
    media = upload("a.mp4", files.video(seconds=150), cast.ed)
    run_tasks()
    (board,) = queries.list_renditions(session, media.id)
    facts = board.facts
    assert (board.name, facts["every_millis"], facts["count"], board.file_count) == ("storyboard", 2000, 75, 2)
    with Image.open(io.BytesIO(b"".join(storage.read(f"{board.prefix}/sheet-001.webp")))) as sheet:
        assert sheet.size == (facts["columns"] * facts["tile_width"], facts["rows"] * facts["tile_height"])


def test_a_short_film_has_neither_sizes_nor_a_bar(
    session: Session, cast: SimpleNamespace, upload: Upload, run_tasks: RunTasks
) -> None:
    media = upload("a.mp4", files.video(seconds=3), cast.ed)
    run_tasks()
    assert queries.list_renditions(session, media.id) == []
    assert session.scalars(select(Task.kind)).all() == ["media.process"]


def test_making_the_sizes_again_replaces_them(
    session: Session, streamed: Callable[[str, bytes], MediaFile], run_tasks: RunTasks
) -> None:
    media = streamed("a.mp4", odd.long_film(21))
    before = {r.name: r.prefix for r in queries.list_renditions(session, media.id)}
    services.enqueue_more(session, media, now=clock.now(), streams=True)
    run_tasks()
    after = {r.name: r.prefix for r in queries.list_renditions(session, media.id)}
    assert set(before) == set(after)
    assert not set(before.values()) & set(after.values())


def test_when_only_the_extras_fail_the_film_stays_playable_and_says_what_it_lacks_until_it_is_tried_again(
    app: Flask,
    session: Session,
    cast: SimpleNamespace,
    upload: Upload,
    run_tasks: RunTasks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_setting(app, monkeypatch, speech_command="/bin/false")
    media = upload("a.mp4", files.video(seconds=3), cast.ed)
    run_tasks()
    assert (media.state, media.heard_vtt) == (MediaState.READY, "")
    assert "语音识别没有成功" in media.shortcoming
    assert session.scalars(select(Task.state).where(Task.kind == "media.more")).one() is TaskState.FAILED
    set_setting(app, monkeypatch, speech_command="")
    services.retry(session, media, now=clock.now())
    run_tasks()
    assert (media.state, media.shortcoming) == (MediaState.READY, "")


def test_a_speech_recogniser_hears_sixteen_kilohertz_and_its_captions_wait(
    app: Flask,
    cast: SimpleNamespace,
    upload: Upload,
    run_tasks: RunTasks,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    script = tmp_path / "hear.py"
    script.write_text(
        "import sys, wave\n"
        "with wave.open(sys.argv[1]) as sound:\n"
        "    seconds = sound.getnframes() / sound.getframerate()\n"
        "    print('1\\n00:00:00,000 --> 00:00:02,000\\n', sound.getframerate(), sound.getnchannels(), round(seconds))\n"
    )
    set_setting(app, monkeypatch, speech_command=f"python3 {script}")
    media = upload("a.mp3", files.sound(seconds=3), cast.ed)
    run_tasks()
    assert media.state is MediaState.READY
    assert "16000 1 3" in media.heard_vtt


RECORDINGS = st.builds(
    Recording,
    duration_millis=st.integers(1000, 20_000_000),
    video=st.sampled_from(["h264", "hevc", "mpeg4"]),
    audio=st.sampled_from([None, "aac", "mp3"]),
    pixels=st.sampled_from(["yuv420p", "yuv420p10le"]),
    width=st.integers(16, 4096),
    height=st.integers(16, 4096),
    rate=st.floats(0, 240),
    is_turned=st.booleans(),
)


@given(RECORDINGS)
def test_sizes_grow_and_none_is_larger_than_the_source(it: Recording) -> None:
    sides = rules.heights_of(it)
    assert 1 <= len(sides) <= 3
    assert sides == sorted(set(sides))
    assert sides[-1] <= it.short_side
    assert all(n % 2 == 0 and n >= 2 for side in sides for n in rules.size_at(it, side))


@given(RECORDINGS)
def test_at_most_thirty_pictures_a_second_are_made_and_never_none(it: Recording) -> None:
    assert 1 <= rules.rate_of(it) <= 30.5


@given(st.integers(1000, 40_000_000), st.integers(2, 4096), st.integers(2, 4096))
def test_the_bar_has_a_picture_for_every_moment_and_never_too_many(millis: int, width: int, height: int) -> None:
    board = rules.board_of(millis, width, height)
    assert board.count <= rules.TILES_MOST
    assert (board.count - 1) * board.every_millis < millis <= board.count * board.every_millis
    assert board.tile_height % 2 == 0


@given(RECORDINGS)
def test_only_upright_even_h264_in_eight_bits_is_kept(it: Recording) -> None:
    kept = rules.keeps_video(it)
    assert not kept or (it.video, it.pixels, it.is_turned) == ("h264", "yuv420p", False)
