"""A lecture script made into a film: H.264/AAC in a seekable MP4, and captions that follow the narration."""

import io
import math
import re
import struct
import subprocess
import tempfile
import wave
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import imageio_ffmpeg

from lms.demo.scripts import Lecture, Slide
from lms.demo.slides import stills

FRAMES_PER_SECOND = 4
KEYFRAME_SECONDS = 2
SAMPLES_PER_SECOND = 22_050
CHIME_HERTZ = (523.25, 587.33, 659.25, 783.99, 880.0)
CHIME_SECONDS = 1.6
CUE_LENGTH = 24


def make_film(lecture: Lecture, path: Path) -> None:
    """Write the lecture's MP4. One encoder run over the stills; the index stands in front and every 2 s can be sought."""
    with tempfile.TemporaryDirectory() as folder:
        _write_stills(lecture, Path(folder))
        Path(folder, "sound.wav").write_bytes(soundtrack(lecture))
        _encode(Path(folder), lecture.seconds, path)


def _write_stills(lecture: Lecture, folder: Path) -> None:
    """Pictures and the list that tells the encoder how long each stands."""
    entries = []
    for number, still in enumerate(stills(lecture)):
        still.picture.save(folder / f"{number}.png", compress_level=1)
        entries.append(f"file {number}.png\nduration {still.seconds}")
    entries.append(entries[-1])  # The list's last duration counts only when an entry follows it.
    (folder / "stills.txt").write_text("\n".join(entries))


def _encode(folder: Path, seconds: int, path: Path) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-loglevel", "error", "-y", "-threads", "1"]
    command += ["-f", "concat", "-i", str(folder / "stills.txt"), "-i", str(folder / "sound.wav")]
    command += ["-r", str(FRAMES_PER_SECOND), "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast"]
    command += ["-tune", "stillimage", "-crf", "26", "-g", str(KEYFRAME_SECONDS * FRAMES_PER_SECOND)]
    command += ["-threads", "1", "-c:a", "aac", "-b:a", "32k", "-t", str(seconds), "-movflags", "+faststart"]
    subprocess.run([*command, str(path)], check=True, capture_output=True)


def soundtrack(lecture: Lecture) -> bytes:
    """A WAV as long as the lecture: a soft chime at each slide, one tone higher each time, and silence between."""
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(SAMPLES_PER_SECOND)
        for number, slide in enumerate(lecture.slides):
            length = slide.seconds * SAMPLES_PER_SECOND * 2
            sound.writeframes(_chime(CHIME_HERTZ[number % len(CHIME_HERTZ)])[:length].ljust(length, b"\0"))
    return out.getvalue()


@cache
def _chime(hertz: float) -> bytes:
    """A quiet, decaying tone with one overtone: 16-bit samples."""
    return b"".join(
        struct.pack(
            "<h", round(9000 * math.exp(-3 * t) * min(1, t * 200) * (_wave(hertz, t) + _wave(2 * hertz, t) / 3))
        )
        for t in (n / SAMPLES_PER_SECOND for n in range(int(CHIME_SECONDS * SAMPLES_PER_SECOND)))
    )


def _wave(hertz: float, at: float) -> float:
    return math.sin(2 * math.pi * hertz * at)


def captions(lecture: Lecture) -> str:
    """WebVTT: each slide's narration cut at its punctuation, every cue as long as its share of the characters."""
    blocks = ["WEBVTT"]
    for start, end, text in cues(lecture):
        blocks.append(f"{_stamp(start)} --> {_stamp(end)}\n{text}")
    return "\n\n".join(blocks) + "\n"


def cues(lecture: Lecture) -> Iterator[tuple[float, float, str]]:
    """(start, end, text) in seconds, without gaps or overlaps, from 0 to the lecture's end."""
    begin = 0.0
    for slide in lecture.slides:
        start, parts = begin, list(_phrases(slide))
        letters = sum(map(len, parts))
        for part in parts:
            end = start + slide.seconds * len(part) / letters
            yield start, end, part
            start = end
        begin += slide.seconds


def _phrases(slide: Slide) -> Iterator[str]:
    """Sentences, and clauses of long ones, joined while they fit in one cue."""
    cue = ""
    for clause in re.findall(r"[^，。！？；：]+[，。！？；：]?[”》）]*", slide.narration):
        if cue and len(cue) + len(clause) > CUE_LENGTH:
            yield cue
            cue = ""
        cue += clause
    yield cue


def _stamp(seconds: float) -> str:
    millis = round(seconds * 1000)
    minutes, millis = divmod(millis, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{millis // 1000:02}.{millis % 1000:03}"
