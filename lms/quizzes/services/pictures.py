"""Pictures for questions: drawn anew within bounds, so that nothing but pixels is kept."""

import io
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import IO, TYPE_CHECKING

from sqlalchemy.orm import Session

from lms.errors import Invalid
from lms.lazy import later
from lms.people.models import Unit
from lms.quizzes.bank_models import QuestionPicture
from lms.storage import Storage

if TYPE_CHECKING:
    from PIL import Image
else:
    Image = later("PIL.Image")

MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 25_000_000
SIDE = 1600  # longest side of what is kept
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


@dataclass(frozen=True)
class Drawn:
    data: bytes
    width: int
    height: int


def draw(source: IO[bytes]) -> Drawn:
    """The picture as WebP, its longest side at most SIDE. Raises Invalid for what is too large or no picture of FORMATS."""
    data = source.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Invalid("图片超过 5 MB，请缩小后再上传。", field="file")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise Invalid("图片过大，请缩小到 2500 万像素以内。", field="file")
            drawn = opened.convert("RGBA" if opened.mode in ("RGBA", "LA", "P") else "RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as problem:
        raise Invalid("打不开这张图片。请用 JPG、PNG、WebP 或 GIF。", field="file") from problem
    drawn.thumbnail((SIDE, SIDE))
    kept = io.BytesIO()
    drawn.save(kept, "WEBP", quality=88)
    return Drawn(kept.getvalue(), drawn.width, drawn.height)


def keep(
    session: Session, storage: Storage, drawn: Drawn, *, name: str, unit: Unit, by_id: int, now: datetime
) -> QuestionPicture:
    """The picture under its number. The blob is stored before the row, so that no row is without one."""
    key = f"questions/{secrets.token_hex(16)}.webp"
    storage.put(key, io.BytesIO(drawn.data), mime="image/webp")
    picture = QuestionPicture(
        owner_unit_id=unit.id, name=name[-120:], key=key, width=drawn.width, height=drawn.height,
        bytes=len(drawn.data), created_by_id=by_id, created_at=now,
    )  # fmt: skip
    session.add(picture)
    session.flush()  # its number is what authors write
    return picture
