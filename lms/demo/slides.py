"""Pictures of a lecture's slides, in the product's paper, ink and cinnabar."""

from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from lms.demo.fonts import SANS, SERIF, font
from lms.demo.scripts import Lecture, Slide

SIZE = (960, 540)
PAPER, INK, MUTED, LINE, CINNABAR, JADE = "#faf7f2", "#1f1b16", "#6b6257", "#e4ddd2", "#a8281e", "#1f6b57"
LEFT, RIGHT = 80, 880
TITLE_CARD_SECONDS = 8
"""Long enough for the poster, which shows the first tenth of a film, to be the title card."""


@dataclass(frozen=True)
class Still:
    """A picture and how long it stands."""

    picture: Image.Image
    seconds: float


def stills(lecture: Lecture) -> Iterator[Still]:
    """The lecture as a row of stills: a title card within the first slide's time, then each slide with its lines appearing one by one."""
    for number, slide in enumerate(lecture.slides, start=1):
        opening = _on_frame(min(TITLE_CARD_SECONDS, slide.seconds * 0.6)) if number == 1 else 0
        if opening:
            yield Still(title_card(lecture), opening)
        states = [slide_picture(lecture, number, shown) for shown in range(1, len(slide.lines) + 1)]
        for picture in states[:-1]:
            yield Still(picture, _each(slide, opening))
        yield Still(states[-1], slide.seconds - opening - _each(slide, opening) * (len(states) - 1))


def _each(slide: Slide, opening: float) -> float:
    return _on_frame((slide.seconds - opening) / len(slide.lines))


def _on_frame(seconds: float) -> float:
    """Rounded to quarters of a second, so that every still begins on a frame."""
    return round(seconds * 4) / 4


def title_card(lecture: Lecture) -> Image.Image:
    """Title, lecturer and the laws."""
    picture, draw = _sheet()
    draw.line((LEFT, 172, LEFT + 56, 172), fill=CINNABAR, width=4)
    _write(draw, (LEFT, 192), lecture.title, SERIF, 52, INK)
    _write(draw, (LEFT, 284), f"{lecture.lecturer}　{lecture.unit}", SANS, 26, INK)
    _write(draw, (LEFT, 336), lecture.law, SANS, 20, MUTED)
    return picture


def slide_picture(lecture: Lecture, number: int, shown: int | None = None) -> Image.Image:
    """Slide `number` (from 1) with its first `shown` lines, or all of them."""
    slide = lecture.slides[number - 1]
    picture, draw = _sheet()
    _write(draw, (LEFT, 92), slide.title, SERIF, 44, INK)
    draw.line((LEFT, 166, RIGHT, 166), fill=LINE, width=2)
    step = min(72, 288 // len(slide.lines))
    for place, line in enumerate(slide.lines[:shown]):
        top = 194 + step * place
        draw.rectangle((LEFT, top + 18, LEFT + 8, top + 26), fill=CINNABAR)
        _write(draw, (LEFT + 30, top), line, SANS, 30, INK, right=RIGHT)
    _foot(draw, lecture, number)
    return picture


def _sheet() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    picture = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(picture)
    draw.text((LEFT, 36), "讲", font=font(SERIF, 24), fill=INK)
    draw.text((LEFT + 24, 36), "台", font=font(SERIF, 24), fill=CINNABAR)
    return picture, draw


def _foot(draw: ImageDraw.ImageDraw, lecture: Lecture, number: int) -> None:
    draw.text((LEFT, 492), lecture.title, font=font(SANS, 16), fill=MUTED)
    draw.text((RIGHT, 492), f"{number} / {len(lecture.slides)}", font=font(SANS, 16), fill=MUTED, anchor="ra")
    reached = LEFT + (RIGHT - LEFT) * number // len(lecture.slides)
    draw.line((LEFT, 480, RIGHT, 480), fill=LINE, width=2)
    draw.line((LEFT, 480, reached, 480), fill=JADE, width=2)


def _write(
    draw: ImageDraw.ImageDraw,
    at: tuple[int, int],
    text: str,
    family: str,
    size: int,
    fill: str,
    right: int = RIGHT,
) -> None:
    """One line, made smaller until it ends before the right edge."""
    draw.text(at, text, font=_fitting(draw, text, family, size, right - at[0]), fill=fill)


def _fitting(draw: ImageDraw.ImageDraw, text: str, family: str, size: int, width: float) -> ImageFont.FreeTypeFont:
    while size > 14 and draw.textlength(text, font=font(family, size)) > width:
        size -= 2
    return font(family, size)
