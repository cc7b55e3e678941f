"""Where the Chinese fonts for pictures and documents are: those in `LMS_FONT_DIR`, else Noto SC, which comes with the requirements."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from lms.lazy import later

if TYPE_CHECKING:
    import pylopdf_fonts_zh_cn
else:
    pylopdf_fonts_zh_cn = later("pylopdf_fonts_zh_cn")

SERIF, SANS = "Serif", "Sans"


def find_font(family: str) -> Path:
    """The file of the family: in LMS_FONT_DIR the first whose name holds it, such as NotoSerifSC-Regular.otf."""
    folder = os.environ.get("LMS_FONT_DIR")
    own = sorted(p for p in Path(folder).iterdir() if family in p.name) if folder else []
    shipped = pylopdf_fonts_zh_cn.serif_path if family == SERIF else pylopdf_fonts_zh_cn.sans_path
    return own[0] if own else Path(shipped())
