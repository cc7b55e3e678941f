"""Pictures, drawn anew with Pillow."""

from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from lms.media.examining.child import Unusable, main
from lms.media.examining.posters import save_poster

PICTURE_PIXELS = 50_000_000


def picture(path: Path, folder: Path) -> dict[str, Any]:
    """A picture, drawn anew so that nothing but pixels is left of it."""
    try:
        with Image.open(path, formats=("PNG", "JPEG", "WEBP")) as opened:
            if opened.width * opened.height > PICTURE_PIXELS:
                raise Unusable("图片过大，请缩小到 5000 万像素以内再上传。")
            drawn = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as problem:
        raise Unusable("图片已损坏，打不开。请重新保存后再上传。") from problem
    drawn.thumbnail((2400, 2400))
    drawn.save(folder / "play.webp", "WEBP", quality=85)
    save_poster(drawn, folder)
    return {"width": drawn.width, "height": drawn.height}


if __name__ == "__main__":
    raise SystemExit(main(picture))
