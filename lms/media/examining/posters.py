"""The small picture that stands for a document or picture in lists."""

from pathlib import Path

from PIL import Image

POSTER = (640, 400)


def save_poster(picture: Image.Image, folder: Path) -> None:
    """The top of the picture, as wide as a poster."""
    width, height = POSTER
    whole = picture.resize((width, max(1, picture.height * width // picture.width)))
    whole.crop((0, 0, width, min(height, whole.height))).save(folder / "poster.webp", "WEBP", quality=80)
