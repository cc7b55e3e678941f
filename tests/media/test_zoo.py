"""Every odd film, sound, picture and document ends either shown on any phone or with a sentence that says what to do (S08–S10)."""

import io
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import av
import pytest
from PIL import Image
from sqlalchemy.orm import Session

from lms.media import convert, queries
from lms.media.models import MediaFile
from lms.media.orphans import list_orphans
from lms.media.recording_rules import Recording
from lms.media.rules import MediaState, RenditionKind
from lms.storage.local import LocalStorage
from tests.media import files, odd
from tests.media.conftest import Upload

RunTasks = Callable[[], int]


def played(storage: LocalStorage, media: MediaFile, folder: Path) -> Recording:
    assert media.state is MediaState.READY, media.failure
    assert media.play_key is not None
    with storage.as_file(media.play_key) as path:
        return Recording.of(convert.examine("stream", path, folder))


@pytest.mark.parametrize("name", odd.FILMS)
def test_an_odd_film_becomes_one_every_phone_plays(
    cast: SimpleNamespace, upload: Upload, run_tasks: RunTasks, storage: LocalStorage, tmp_path: Path, name: str
) -> None:
    suffix, content = odd.film(name)
    media = upload(f"片子.{suffix}", content, cast.ed)
    run_tasks()
    made = played(storage, media, tmp_path)
    assert (made.video, made.pixels) == ("h264", "yuv420p")
    assert made.audio in (("aac",) if name not in ("no sound", "hevc in ten bits") else (None, "aac"))
    assert made.width % 2 == made.height % 2 == 0
    assert made.is_square
    assert not made.is_interlaced
    assert made.is_even
    assert made.rate <= 30.5
    assert abs(made.duration_millis - 3000) < 300
    assert b"".join(storage.read(media.poster_key or ""))[8:12] == b"WEBP"


def test_pixels_that_are_not_square_are_made_so(
    cast: SimpleNamespace, upload: Upload, run_tasks: RunTasks, storage: LocalStorage, tmp_path: Path
) -> None:
    media = upload("a.mp4", odd.film("oblong pixels")[1], cast.ed)
    run_tasks()
    made = played(storage, media, tmp_path)
    assert (made.width, made.height) == (media.width, media.height)
    assert abs(made.width / made.height - 320 * 4 / 3 / 180) < 0.02


def test_a_clip_of_a_phone_held_upright_is_shown_upright(
    cast: SimpleNamespace, upload: Upload, run_tasks: RunTasks, storage: LocalStorage, tmp_path: Path
) -> None:
    content = odd.turned_phone_clip()
    with av.open(io.BytesIO(content)) as stored:
        assert next(stored.decode(video=0)).width > next(stored.decode(video=0)).height
    media = upload("VID_2026.mp4", content, cast.ed)
    run_tasks()
    made = played(storage, media, tmp_path)
    assert (made.width, made.height, made.is_turned) == (90, 160, False)
    with Image.open(io.BytesIO(b"".join(storage.read(media.poster_key or "")))) as poster:
        assert poster.height > poster.width


def test_what_fits_is_copied_and_not_made_anew(
    cast: SimpleNamespace, upload: Upload, run_tasks: RunTasks, storage: LocalStorage
) -> None:
    content = files.video(seconds=3)
    media = upload("a.mp4", content, cast.ed)
    run_tasks()
    with av.open(io.BytesIO(content)) as before, av.open(str(storage.path(media.play_key or ""))) as after:
        kept = [bytes(p) for p in after.demux(video=0) if p.size]
        assert kept == [bytes(p) for p in before.demux(video=0) if p.size]
    with av.open(io.BytesIO(content)) as before, av.open(str(storage.path(media.play_key or ""))) as after:
        assert sum(p.size for p in after.demux(audio=0)) == sum(p.size for p in before.demux(audio=0))


def test_faint_sound_is_made_loud_enough_while_its_pictures_are_copied(
    cast: SimpleNamespace, upload: Upload, run_tasks: RunTasks, storage: LocalStorage, tmp_path: Path
) -> None:
    content = odd.faint_film()
    media = upload("a.mp4", content, cast.ed)
    run_tasks()
    it = played(storage, media, tmp_path)
    before = tmp_path / "before.mp4"
    before.write_bytes(content)
    faint, made = (convert.loudness(p, tmp_path, it) for p in (before, storage.path(media.play_key or "")))
    assert faint is not None
    assert made is not None
    assert faint < -40
    assert -24 < made < -12
    with av.open(io.BytesIO(content)) as old, av.open(str(storage.path(media.play_key or ""))) as new:
        assert [p.size for p in new.demux(video=0)] == [p.size for p in old.demux(video=0)]


def test_the_cover_of_a_song_is_no_film(
    cast: SimpleNamespace, upload: Upload, run_tasks: RunTasks, storage: LocalStorage, tmp_path: Path
) -> None:
    media = upload("歌.mp3", odd.song_with_cover(), cast.ed)
    run_tasks()
    assert played(storage, media, tmp_path).video is None


@pytest.mark.parametrize(
    "name, content, advice",
    [
        ("a.docx", odd.laughing_document, "DTD"),
        ("a.docx", odd.reading_document, "DTD"),
        ("a.docx", odd.climbing_document, "指向包外"),
        ("a.docx", odd.lying_bomb, "打不开"),
        ("a.pptx", lambda: files.deck(("t", "x"))[:3000], "打不开"),
        ("a.odt", lambda: files.deck(("t", "x")), "不是 ODT"),
        ("a.png", odd.huge_picture, "打不开"),
        ("a.pdf", odd.locked_pdf, "打开密码"),
        ("a.pdf", lambda: odd.long_pdf(601), "最多 600 页"),
        ("a.mp4", lambda: files.video(seconds=20)[:20_000], "重新导出"),
    ],
    ids=["laughs", "reads-a-file", "climbs", "lies", "cut-zip", "no-odt", "huge-picture", "locked", "601-pages", "cut-film"],
)  # fmt: skip
def test_what_attackers_and_careless_exports_make_is_refused_with_what_to_do_and_the_original_stays(
    cast: SimpleNamespace,
    upload: Upload,
    run_tasks: RunTasks,
    storage: LocalStorage,
    name: str,
    content: Callable[[], bytes],
    advice: str,
) -> None:
    given = content()
    media = upload(name, given, cast.ed)
    run_tasks()
    assert media.state is MediaState.FAILED
    assert advice in media.failure
    assert b"".join(storage.read(media.key)) == given


def test_a_name_that_turns_itself_round_and_never_ends_is_kept_short_and_readable(
    cast: SimpleNamespace, upload: Upload
) -> None:
    media = upload("C:\\讲座\\" + "耕地" * 150 + "\u202efdp.\u2066exe\u200b.pdf", files.pdf("x"), cast.ed)
    assert len(media.original_name) <= 200
    assert media.original_name.startswith("耕地耕地")
    assert media.original_name.endswith(".pdf")
    assert not set(media.original_name) & set("\u202e\u2066\u200b")


@pytest.mark.slow
def test_a_deck_of_three_hundred_pages_has_three_hundred_pages_in_two_sizes(
    session: Session, cast: SimpleNamespace, upload: Upload, run_tasks: RunTasks, storage: LocalStorage
) -> None:
    media = upload("讲义.pdf", odd.long_pdf(300), cast.ed)
    run_tasks()
    pages = queries.list_pages(session, media.id)
    assert (media.state, media.page_count, len(pages)) == (MediaState.READY, 300, 300)
    assert [page.text for page in pages[::100]] == ["page 1", "page 101", "page 201"]
    for key, width in ((pages[299].key, 1240), (pages[299].small_key, 320)):
        with Image.open(io.BytesIO(b"".join(storage.read(key or "")))) as picture:
            assert (picture.format, picture.width) == ("WEBP", width)


def test_a_photo_turned_by_its_camera_is_drawn_upright(
    cast: SimpleNamespace, upload: Upload, run_tasks: RunTasks
) -> None:
    media = upload("IMG_1.jpg", odd.turned_photo(), cast.ed)
    run_tasks()
    assert (media.width, media.height) == (50, 80)


def test_what_is_made_of_a_recording_is_swept_with_nothing_it_needs(
    session: Session, cast: SimpleNamespace, upload: Upload, run_tasks: RunTasks, storage: LocalStorage
) -> None:
    media = upload("a.mp4", files.video(seconds=24), cast.ed)
    run_tasks()
    (board,) = queries.list_renditions(session, media.id, RenditionKind.STORYBOARD)
    stored = [one.key for one in storage.stored("files/")]
    assert f"{board.prefix}/sheet-001.webp" in stored
    assert list_orphans(session, [*stored, f"{board.prefix}-old/sheet-001.webp"]) == [
        f"{board.prefix}-old/sheet-001.webp"
    ]
