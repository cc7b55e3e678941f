"""Chinese fonts for pictures and documents: those in `LMS_FONT_DIR`, else Noto SC, which comes with the requirements."""

import os
from functools import cache
from pathlib import Path

import pylopdf_fonts_zh_cn
from PIL import ImageFont

SERIF, SANS = "Serif", "Sans"
_SHIPPED = {SERIF: pylopdf_fonts_zh_cn.serif_path, SANS: pylopdf_fonts_zh_cn.sans_path}


def find_font(family: str) -> Path:
    """The file of the family: in LMS_FONT_DIR the first whose name holds it, such as NotoSerifSC-Regular.otf."""
    folder = os.environ.get("LMS_FONT_DIR")
    own = sorted(p for p in Path(folder).iterdir() if family in p.name) if folder else []
    return own[0] if own else Path(_SHIPPED[family]())


@cache
def font(family: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(find_font(family), size)
