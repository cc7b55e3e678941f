"""Runs the tools that look into files and make others of them: limited children in a folder of their own."""

import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import imageio_ffmpeg

from lms.media.children import GIGABYTE, Limits, OutOfTime, run
from lms.media.errors import BadMedia
from lms.media.examining.child import FOUND, REFUSED
from lms.media.recording_rules import (
    COLUMNS,
    KEY_SECONDS,
    ROWS,
    SEGMENT_SECONDS,
    Board,
    Recording,
    bits_of,
    delay_of,
    rate_of,
    size_at,
)

EXAMINE_SECONDS = 900
CONVERT_SECONDS_LEAST = 300
CONVERT_TIMES_DURATION = 6
LISTENED_SECONDS = 120
ROOT = Path(__file__).parents[2]

TOO_LONG = "文件处理超时，请压缩或分成几段后再上传。"
BROKEN = "文件处理失败，可能已损坏。请在电脑上试放一遍，重新导出后再上传。"
PLAYLIST = "index.m3u8"

Progress = Callable[[int, int], None]


def silent(done: int, total: int) -> None:
    """Progress nobody watches."""


def examine(
    program: str, path: Path, folder: Path, *, limit_seconds: float = EXAMINE_SECONDS, progress: Progress = silent
) -> dict[str, Any]:
    """What was found in the file; raises BadMedia with what the person should do when it cannot be used."""
    command = [sys.executable, "-m", f"lms.media.examining.{program}", str(path), str(folder)]

    def hear(line: str) -> None:
        if found := re.fullmatch(r"(\d{1,6}) (\d{1,6})", line):
            progress(int(found[1]), int(found[2]))

    try:
        ended = run(command, Limits(limit_seconds), folder=folder, line=hear, environment={"PYTHONPATH": str(ROOT)})
    except OutOfTime as problem:
        raise BadMedia(TOO_LONG) from problem
    if ended.code != 0:
        raise BadMedia(ended.err[:300] if ended.code == REFUSED else BROKEN)
    found: dict[str, Any] = json.loads((folder / FOUND).read_bytes())
    return found


def to_mp4(
    source: Path, target: Path, it: Recording, *, short_side: int | None, sound: Sequence[str], progress: Progress
) -> None:
    """An MP4 every browser plays and that starts before it is loaded; pictures with that short side, or copied for None."""
    pictures = ["-c:v", "copy"] if short_side is None else _pictures(it, short_side, crf=23)
    arguments = [*_inputs(source), "-map", "0:V:0", "-map", "0:a:0?", *_BARE, *pictures, *sound]
    _ffmpeg([*arguments, "-movflags", "+faststart", "-f", "mp4", str(target)], target.parent, it, progress)


def to_m4a(source: Path, target: Path, it: Recording, *, sound: Sequence[str], progress: Progress) -> None:
    """Sound alone, in a form every browser plays."""
    arguments = [*_inputs(source), "-map", "0:a:0", *_BARE, *sound, "-movflags", "+faststart", "-f", "mp4", str(target)]
    _ffmpeg(arguments, target.parent, it, progress)


def to_wav(source: Path, target: Path, it: Recording) -> None:
    """Sound as speech recognisers want it: 16 kHz, one channel."""
    arguments = [*_inputs(source), "-map", "0:a:0", *_BARE, "-ac", "1", "-ar", "16000", "-f", "wav", str(target)]
    _ffmpeg(arguments, target.parent, it, silent)


SOUND_COPIED = ("-c:a", "copy")
SOUND_MADE = ("-c:a", "aac", "-b:a", "96k", "-ac", "2", "-ar", "48000", "-af", "aresample=async=1:first_pts=0")
SOUND_LEVELLED = (*SOUND_MADE[:-1], "loudnorm=I=-18:TP=-1.5:LRA=11,aresample=48000:async=1:first_pts=0")


def loudness(source: Path, folder: Path, it: Recording) -> float | None:
    """How loud the sound is in LUFS, by two minutes from its middle; None when it cannot be said."""
    at = max(0.0, it.duration_millis / 2000 - LISTENED_SECONDS / 2)
    measure = ["-map", "0:a:0", "-vn", "-af", "ebur128=framelog=quiet", "-f", "null", "-"]
    command = [
        *_command("info"),
        "-nostats",
        "-ss",
        f"{at:.3f}",
        "-t",
        str(LISTENED_SECONDS),
        *_inputs(source),
        *measure,
    ]
    try:
        ended = run(command, Limits(CONVERT_SECONDS_LEAST), folder=folder)
    except OutOfTime as problem:
        raise BadMedia(TOO_LONG) from problem
    found = re.findall(r"^\s+I:\s+(-?\d+\.\d+) LUFS", ended.err, re.M)
    return float(found[-1]) if found else None


def poster(source: Path, target: Path, it: Recording) -> None:
    """One picture from the first tenth of the video, 640 wide."""
    at = f"{it.duration_millis / 10_000:.3f}"
    picture = ["-map", "0:V:0", "-frames:v", "1", "-vf", "scale=640:-2", "-c:v", "libwebp", "-f", "webp", str(target)]
    _ffmpeg(["-ss", at, *_inputs(source), *picture], target.parent, it, silent)


def storyboard(source: Path, folder: Path, it: Recording, board: Board) -> None:
    """The bar's pictures as sheets; where key pictures are frequent enough, only they are decoded."""
    only_keys = ["-skip_frame", "nokey"] if it.key_seconds * 1000 <= 2 * board.every_millis else []
    tiles = (
        f"fps=1000/{board.every_millis}:start_time=0,scale={board.tile_width}:{board.tile_height},tile={COLUMNS}x{ROWS}"
    )
    sheets = ["-c:v", "libwebp", "-quality", "60", "-f", "image2", str(folder / "sheet-%03d.webp")]
    _ffmpeg([*only_keys, *_inputs(source), "-map", "0:V:0", "-vf", tiles, *sheets], folder, it, silent)


def stream(
    source: Path,
    sound: Path,
    folder: Path,
    it: Recording,
    *,
    short_side: int | None,
    keys_of_source: bool,
    progress: Progress,
) -> None:
    """One HLS variant in fMP4: the pictures of the source (copied for None), the sound of the other file as it is.

    Segments of all variants begin at the same moments: at key pictures every two seconds, or at those of the source.
    """
    made = ["-c:v", "copy"] if short_side is None else _pictures(it, short_side, crf=25, keys_of_source=keys_of_source)
    inputs = [*_inputs(source), *_inputs(sound), "-map", "0:V:0", "-map", "1:a:0?"]
    _ffmpeg([*inputs, *_BARE, *made, "-c:a", "copy", *_segments(folder)], folder, it, progress)


def sound_stream(sound: Path, folder: Path, it: Recording) -> None:
    """The sound alone as an HLS variant, for lines too slow for pictures."""
    _ffmpeg([*_inputs(sound), "-map", "0:a:0", *_BARE, "-c:a", "copy", *_segments(folder)], folder, it, silent)


_BARE = ("-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1")


def _segments(folder: Path) -> list[str]:
    cut = ["-f", "hls", "-hls_time", str(SEGMENT_SECONDS), "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4"]
    names = ["-hls_fmp4_init_filename", "init.mp4", "-hls_segment_filename", str(folder / "seg-%05d.m4s")]
    return [*cut, *names, "-start_number", "1", "-hls_flags", "independent_segments", str(folder / PLAYLIST)]


def _pictures(it: Recording, short_side: int, *, crf: int, keys_of_source: bool = False) -> list[str]:
    width, height = size_at(it, short_side)
    steps = [*(["yadif"] if it.is_interlaced else []), f"scale={width}:{height}", "setsar=1", "format=yuv420p"]
    bits, rate = bits_of(short_side), rate_of(it)
    quality = ["-preset", "veryfast", "-crf", str(crf), "-maxrate", str(bits), "-bufsize", str(2 * bits)]
    keys = "source" if keys_of_source else f"expr:gte(t,n_forced*{KEY_SECONDS})"
    rhythm = [] if keys_of_source else ["-fps_mode", "cfr", "-r", str(rate)]
    cut = ["-force_key_frames", keys, "-sc_threshold", "0", "-g", "100000"]
    cut += ["-bf", str(delay_of(it, follows=keys_of_source))]
    return ["-c:v", "libx264", *quality, "-vf", ",".join(steps), *rhythm, *cut, "-threads", _threads()]


def _threads() -> str:
    return str(max(1, min(4, os.cpu_count() or 1)))


def _inputs(source: Path) -> list[str]:
    return ["-protocol_whitelist", "file", "-threads", _threads(), "-i", str(source)]


def _command(loglevel: str) -> list[str]:
    return [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-loglevel", loglevel, "-y"]


def _ffmpeg(arguments: Sequence[str], folder: Path, it: Recording, progress: Progress) -> None:
    seconds = max(CONVERT_SECONDS_LEAST, it.duration_millis // 1000 * CONVERT_TIMES_DURATION)
    limits = Limits(seconds, memory_bytes=4 * GIGABYTE, file_bytes=8 * GIGABYTE)

    def hear(line: str) -> None:
        if line.startswith("out_time_us=") and line[12:].isdecimal():
            progress(min(int(line[12:]) // 1000, it.duration_millis), it.duration_millis)

    try:
        ended = run([*_command("error"), "-progress", "pipe:1", *arguments], limits, folder=folder, line=hear)
    except OutOfTime as problem:
        raise BadMedia(TOO_LONG) from problem
    if ended.code != 0:
        raise BadMedia(BROKEN)
