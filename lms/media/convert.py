"""Runs the tools that look into files and make others of them: children with a time limit, in a folder of their own."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imageio_ffmpeg

from lms.media.errors import BadMedia

EXAMINE_SECONDS = 600
CONVERT_SECONDS_LEAST = 300
CONVERT_TIMES_DURATION = 6

TOO_LONG = "文件处理超时，请压缩或分成几段后再上传。"
BROKEN = "文件处理失败，可能已损坏。请在电脑上试放一遍，重新导出后再上传。"

Progress = Callable[[int], None]


def examine(program: str, path: Path, folder: Path, *, limit_seconds: int = EXAMINE_SECONDS) -> dict[str, Any]:
    """What was found in the file; raises BadMedia with what the person should do when it cannot be used."""
    command = [sys.executable, "-m", f"lms.media.examining.{program}", str(path), str(folder)]
    root = Path(__file__).parent.parent.parent
    try:
        done = subprocess.run(
            command, cwd=root, capture_output=True, timeout=limit_seconds, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired as problem:
        raise BadMedia(TOO_LONG) from problem
    if done.returncode != 0:
        raise BadMedia(done.stderr.decode()[:300] if done.returncode == 3 else BROKEN)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def to_mp4(source: Path, target: Path, *, copy: bool, duration_millis: int, progress: Progress) -> None:
    """An MP4 every browser plays and that starts before it is loaded; streams are copied when they already fit."""
    fitting = ["-c", "copy"]
    video = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p", "-vf", _FIT, "-g", "96"]
    audio = ["-c:a", "aac", "-b:a", "128k", "-ac", "2"]
    streams = ["-map", "0:V:0", "-map", "0:a:0?", "-sn", "-dn", "-map_metadata", "-1"]
    making = fitting if copy else [*video, *audio]
    _ffmpeg(source, [*streams, *making, "-movflags", "+faststart", "-f", "mp4", str(target)], duration_millis, progress)


def to_m4a(source: Path, target: Path, *, copy: bool, duration_millis: int, progress: Progress) -> None:
    """Sound alone, in a form every browser plays."""
    making = ["-c", "copy"] if copy else ["-c:a", "aac", "-b:a", "128k"]
    arguments = ["-map", "0:a:0", "-map_metadata", "-1", *making, "-movflags", "+faststart", "-f", "mp4", str(target)]
    _ffmpeg(source, arguments, duration_millis, progress)


def poster(source: Path, target: Path, *, duration_millis: int) -> None:
    """One picture from the first tenth of the video, 640 wide."""
    at = f"{duration_millis / 10_000:.3f}"
    arguments = ["-map", "0:V:0", "-frames:v", "1", "-vf", "scale=640:-2", "-c:v", "libwebp", "-f", "webp", str(target)]
    _ffmpeg(source, arguments, 0, lambda done: None, before=["-ss", at])


_FIT = "scale=w='min(1920,iw)':h='min(1080,ih)':force_original_aspect_ratio=decrease:force_divisible_by=2"


def _ffmpeg(
    source: Path, arguments: list[str], duration_millis: int, progress: Progress, before: list[str] | None = None
) -> None:
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-nostdin",
        "-hide_banner",
        "-loglevel",
        "error",
        "-y",
        "-progress",
        "pipe:1",
    ]
    command += ["-protocol_whitelist", "file", *(before or []), "-i", str(source), *arguments]
    limit = max(CONVERT_SECONDS_LEAST, duration_millis // 1000 * CONVERT_TIMES_DURATION)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as child:
        timer = threading.Timer(limit, child.kill)
        timer.start()
        try:
            assert child.stdout is not None
            for line in child.stdout:
                if line.startswith("out_time_us=") and line[12:].strip().isdecimal():
                    progress(int(line[12:]) // 1000)
        finally:
            in_time = timer.is_alive()
            timer.cancel()
            if sys.exc_info()[0] is not None:
                child.kill()
    if child.returncode != 0:
        raise BadMedia(BROKEN if in_time else TOO_LONG)
