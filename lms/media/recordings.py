"""Video and sound. First what can be watched soon is made; then, in a task of its own, what makes it better: several sizes, the bar's pictures,
what a speech recogniser hears."""

import shlex
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from lms.media import convert
from lms.media import recording_rules as rules
from lms.media.children import GIGABYTE, Limits, OutOfTime, run
from lms.media.convert import Progress
from lms.media.errors import BadMedia
from lms.media.models import MediaFile
from lms.media.recording_rules import Recording
from lms.media.rules import MediaKind
from lms.media.storing import Values, put_board, put_named, put_stream
from lms.storage import Storage

CUT_MILLIS, CUT_PERCENT = 1500, 2
HEARD_BYTES = 2_000_000
SPEECH_TIMES_DURATION = 4
SPEECH_SECONDS_LEAST = 600
SPEECH_FAILED = "语音识别没有成功，不影响播放。可以重试，或自行上传字幕。"


def first(storage: Storage, media: MediaFile, path: Path, folder: Path, base: str, progress: Progress) -> Values:
    """What is played first, with its poster: the columns of the file. Raises BadMedia for what cannot be played."""
    it = Recording.of(convert.examine("stream", path, folder))
    _check_streams(it, media.kind)
    if media.kind is MediaKind.AUDIO:
        convert.to_m4a(path, folder / "play.m4a", it, sound=_sound(path, folder, it), progress=progress)
        kept: Values = {"duration_millis": _whole(folder / "play.m4a", it).duration_millis}
        return kept | put_named(storage, folder, base, play_key="play.m4a")
    play = folder / "play.mp4"
    side = _first_side(it, media.size_bytes)
    convert.to_mp4(path, play, it, short_side=side, sound=_sound(path, folder, it), progress=progress)
    made = _whole(play, it)
    kept = {"duration_millis": made.duration_millis, "width": it.width, "height": it.height}
    kept |= (
        {} if side is None else dict(zip(("width", "height"), rules.size_at(it, rules.heights_of(it)[-1]), strict=True))
    )
    convert.poster(play, folder / "poster.webp", made)
    return kept | put_named(storage, folder, base, play_key="play.mp4", poster_key="poster.webp")


def _check_streams(it: Recording, kind: MediaKind) -> None:
    if kind is MediaKind.VIDEO and it.video is None:
        raise BadMedia("文件里只有声音没有画面，请改用“音频”类型上传，或重新导出视频。")
    if kind is MediaKind.AUDIO and it.audio is None:
        raise BadMedia("文件里没有声音，请重新导出后再上传。")


def _first_side(it: Recording, size_bytes: int) -> int | None:
    if rules.keeps_video(it):
        return None
    sides = rules.heights_of(it)
    return sides[0] if rules.is_first_small(it, size_bytes) else sides[-1]


def _sound(path: Path, folder: Path, it: Recording) -> tuple[str, ...]:
    """How the sound is made: as it is when every browser plays it and it is neither faint nor shrill, levelled otherwise."""
    if it.audio is None:
        return ()
    is_even = rules.is_even_in_volume(convert.loudness(path, folder, it))
    if is_even:
        return convert.SOUND_COPIED if rules.keeps_audio(it) else convert.SOUND_MADE
    return convert.SOUND_LEVELLED


def _whole(made: Path, claimed: Recording) -> Recording:
    """What can really be played. Raises BadMedia when that is less than the file claims: it was cut off on its way here."""
    it = Recording.of(convert.examine("stream", made, made.parent))
    millis = it.duration_millis
    if millis < claimed.duration_millis - max(CUT_MILLIS, claimed.duration_millis * CUT_PERCENT // 100):
        minutes, seconds = divmod(millis // 1000, 60)
        length = f"{minutes} 分 {seconds} 秒" if minutes else f"{seconds} 秒"
        raise BadMedia(f"文件没有传完整，只有前 {length}能播放。请在电脑上试放一遍，重新导出后再上传。")
    return it


def needs_more(media_kind: MediaKind, values: Values, speech_command: str) -> bool:
    """Whether a second task has anything to make of what is playable now."""
    is_video = media_kind is MediaKind.VIDEO
    return bool(speech_command) or (is_video and values["duration_millis"] >= rules.BOARD_MILLIS_LEAST)


def renditions(
    storage: Storage,
    media: MediaFile,
    source: Path,
    play: Path,
    folder: Path,
    base: str,
    progress: Progress,
    *,
    streams: bool,
) -> Iterator[tuple[str, Values]]:
    """Name and columns of each rendition as soon as it is stored. `streams`: several sizes also of what is short."""
    it = Recording.of(convert.examine("stream", source, folder))
    played = Recording.of(convert.examine("stream", play, folder))
    if media.kind is not MediaKind.VIDEO:
        return
    board = rules.board_of(played.duration_millis, played.width, played.height)
    convert.storyboard(play, _made(folder, "board"), played, board)
    yield "storyboard", put_board(storage, folder / "board", f"{base}/storyboard", board)
    if not (streams or rules.is_streamed(it, media.size_bytes)):
        return
    if played.audio is not None:
        convert.sound_stream(play, _made(folder, "hls-audio"), played)
        yield "hls-audio", put_stream(storage, folder / "hls-audio", f"{base}/hls-audio", size=None)
    plan = _plan(it, played)
    for number, (name, side, is_played) in enumerate(plan):
        _made(folder, name)

        def step(done: int, total: int, number: int = number) -> None:
            progress(number * total + done, len(plan) * total)

        convert.stream(
            play if is_played else source,
            play,
            folder / name,
            played if is_played else it,
            short_side=side,
            keys_of_source=_follows(it),
            progress=step,
        )
        size = rules.size_at(it, side) if side else (played.width, played.height)
        yield name, put_stream(storage, folder / name, f"{base}/{name}", size=size)


def _follows(it: Recording) -> bool:
    """Whether the largest size is the source's own pictures, and the smaller ones are cut where they are cut."""
    return rules.keeps_video(it) and 0 < it.key_seconds <= rules.KEY_SECONDS_MOST


def _plan(it: Recording, played: Recording) -> list[tuple[str, int | None, bool]]:
    """Name, short side to make (None: the pictures as they are), and whether the played file is taken instead of the source."""
    sides = rules.heights_of(it)
    if _follows(it):
        return [(f"hls-{sides[-1]}", None, True), *((f"hls-{side}", side, True) for side in sides[:-1])]
    kept = not rules.keeps_video(it) and played.short_side in sides
    ordered = sorted(sides, key=lambda side: side != played.short_side)
    return [
        (f"hls-{side}", None if kept and side == played.short_side else side, kept and side == played.short_side)
        for side in ordered
    ]


def _made(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


def heard(play: Path, folder: Path, command: str, duration_millis: int) -> str:
    """What the site's speech recogniser hears, as SRT or WebVTT. It gets the name of a WAV file and prints captions; raises BadMedia otherwise."""
    wav = folder / "speech.wav"
    it = Recording.of(convert.examine("stream", play, folder))
    convert.to_wav(play, wav, it)
    seconds = max(SPEECH_SECONDS_LEAST, duration_millis // 1000 * SPEECH_TIMES_DURATION)
    ended = None
    with suppress(OutOfTime):
        ended = run([*shlex.split(command), str(wav)], Limits(seconds, memory_bytes=16 * GIGABYTE), folder=folder)
    text = ended.out[: HEARD_BYTES + 1].decode(errors="replace").strip() if ended else ""
    if ended is None or ended.code != 0 or "-->" not in text or len(text) > HEARD_BYTES:
        raise BadMedia(SPEECH_FAILED)
    return text.replace("\0", "")
