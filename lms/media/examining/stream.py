"""Video and sound, read with PyAV."""

from pathlib import Path
from typing import Any

import av

from lms.media.examining.child import Unusable, main


def stream(path: Path, folder: Path) -> dict[str, Any]:
    """Duration, size and codecs of a video or sound; the first picture or sample must really decode."""
    try:
        with av.open(str(path), options={"protocol_whitelist": "file"}) as container:
            return _streams(container)
    except av.error.FFmpegError as problem:
        raise Unusable("文件已损坏或没有传完整，无法播放。请在电脑上试放一遍，重新导出后再上传。") from problem


def _streams(container: Any) -> dict[str, Any]:
    videos = [s for s in container.streams.video if not s.disposition & av.stream.Disposition.attached_pic]
    video, audio = next(iter(videos), None), next(iter(container.streams.audio), None)
    if video is None and audio is None:
        raise Unusable("文件里没有画面也没有声音，请检查后重新导出。")
    if next(container.decode(video or audio), None) is None:
        raise Unusable("文件里没有可以播放的内容，请重新导出后再上传。")
    millis = int((container.duration or 0) // 1000)
    if millis < 1000:
        raise Unusable("时长不足 1 秒或读不出时长，请重新导出后再上传。")
    return {
        "duration_millis": millis,
        "width": video and video.codec_context.width,
        "height": video and video.codec_context.height,
        "pixels": (video and video.codec_context.pix_fmt) or "",
        "video": video and video.codec_context.name,
        "audio": audio and audio.codec_context.name,
    }


if __name__ == "__main__":
    raise SystemExit(main(stream))
