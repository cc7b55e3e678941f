"""Video and sound, read with PyAV."""

from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import av

from lms.media.examining.child import Unusable, main

LOOKED_AT = 3000
PICTURES_LOOKED_AT = 8
UNEVEN = 1.35
PIXELS_MOST = 8192 * 4608


def stream(path: Path, folder: Path) -> dict[str, Any]:
    """Duration, size and codecs of a video or sound; the first picture or sample must really decode."""
    try:
        with av.open(str(path), options={"protocol_whitelist": "file"}) as container:
            found = _streams(container)
        if found["video"]:
            with av.open(str(path), options={"protocol_whitelist": "file"}) as container:
                found |= _rhythm(container, found["duration_millis"])
        return found
    except av.error.FFmpegError as problem:
        raise Unusable("文件已损坏或没有传完整，无法播放。请在电脑上试放一遍，重新导出后再上传。") from problem


def _streams(container: Any) -> dict[str, Any]:
    video, audio = _video(container), next(iter(container.streams.audio), None)
    if video is None and audio is None:
        raise Unusable("文件里没有画面也没有声音，请检查后重新导出。")
    if video is not None and video.codec_context.width * video.codec_context.height > PIXELS_MOST:
        raise Unusable("画面过大（超过 8K），请缩小后重新导出再上传。")
    picture = next(container.decode(video or audio), None)
    if picture is None:
        raise Unusable("文件里没有可以播放的内容，请重新导出后再上传。")
    millis = int((container.duration or 0) // 1000)
    if millis < 1000:
        raise Unusable("时长不足 1 秒或读不出时长，请重新导出后再上传。")
    found = {
        "duration_millis": millis,
        "bits_per_second": container.bit_rate or 0,
        "pixels": (video and video.codec_context.pix_fmt) or "",
        "video": video and video.codec_context.name,
        "audio": audio and audio.codec_context.name,
        "audio_profile": (audio and str(audio.codec_context.profile or "")) or "",
        "width": None,
        "height": None,
    }
    return found | (_picture(video, picture) if video is not None else {})


def _video(container: Any) -> Any:
    """The first stream of moving pictures; the cover of a song is none."""
    return next((s for s in container.streams.video if not s.disposition & av.stream.Disposition.attached_pic), None)


def _picture(video: Any, picture: Any) -> dict[str, Any]:
    """Size as it is seen: turned upright, with square pixels."""
    ratio = video.sample_aspect_ratio or 1
    width, height = round(picture.width * ratio), picture.height
    turned = round(picture.rotation) % 360
    if turned in (90, 270):
        width, height = height, width
    return {
        "width": width,
        "height": height,
        "is_turned": turned != 0,
        "is_square": ratio == 1,
        "is_interlaced": bool(picture.interlaced_frame),
    }


def _rhythm(container: Any, millis: int) -> dict[str, Any]:
    """Pictures a second, whether their distance is always the same, and the longest time between two that stand for themselves."""
    video = _video(container)
    unit = float(video.time_base or 1)
    entries = getattr(video, "index_entries", None) or ()
    keys = [entry.timestamp * unit for entry in entries if entry.is_keyframe]
    packets = [packet for packet in islice(container.demux(video), LOOKED_AT) if packet.pts is not None]
    stamps = sorted(packet.pts * unit for packet in packets)
    steps = [later - former for former, later in pairwise(stamps) if later > former]
    usual = sorted(steps)[len(steps) // 2] if steps else 0.0
    rate = float(video.average_rate or 0) or (1 / usual if usual else 25.0)
    delays = [(packet.pts - packet.dts) * unit / usual for packet in packets[:1] if packet.dts is not None and usual]
    uneven = sum(step > usual * UNEVEN or step < usual / UNEVEN for step in steps)
    gaps = [later - former for former, later in pairwise([*keys, millis / 1000])]
    return {
        "rate": rate,
        "delay_pictures": round(delays[0]) if delays else 0,
        "is_even": uneven <= len(steps) // 100 + 1,
        "key_seconds": max(gaps, default=0.0) if len(keys) > 1 or millis < 4000 else millis / 1000,
    }


if __name__ == "__main__":
    raise SystemExit(main(stream))
