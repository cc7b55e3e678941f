"""QR codes."""

import io
from typing import TYPE_CHECKING

from lms.lazy import later

if TYPE_CHECKING:
    import segno
else:
    segno = later("segno")


def qr_svg(text: str) -> bytes:
    """A QR code as an SVG file to place in a print; error correction M, no quiet zone beyond one module."""
    kept = io.BytesIO()
    segno.make(text, error="m").save(kept, kind="svg", border=1, scale=4, xmldecl=False)
    return kept.getvalue()


def qr_address(text: str, *, scale: int = 8) -> str:
    """A QR code as a data address for a page, `scale` pixels a module."""
    return str(segno.make(text, error="m").svg_data_uri(scale=scale, border=2))
