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

OF_THE_SYSTEM = Path("/usr/share/fonts/opentype/noto")
"""Where Debian puts Noto CJK, which has the rare characters of names that the shipped subset lacks."""


def find_font(family: str) -> Path:
    """The file of the family: in LMS_FONT_DIR the first whose name holds it, such as NotoSerifSC-Regular.otf."""
    folder = os.environ.get("LMS_FONT_DIR")
    own = sorted(p for p in Path(folder).iterdir() if family in p.name) if folder else []
    shipped = pylopdf_fonts_zh_cn.serif_path if family == SERIF else pylopdf_fonts_zh_cn.sans_path
    return own[0] if own else Path(shipped())


def list_folders() -> list[Path]:
    """Folders to look for fonts in, the site's own first."""
    folders = [find_font(SERIF).parent, find_font(SANS).parent, Path(pylopdf_fonts_zh_cn.serif_path()).parent]
    return [*dict.fromkeys(folders), *([OF_THE_SYSTEM] if OF_THE_SYSTEM.is_dir() else [])]
