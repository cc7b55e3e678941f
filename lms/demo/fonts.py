"""Fonts to draw with."""

from functools import cache

from PIL import ImageFont

from lms.printing.fonts import SANS, SERIF, find_font

__all__ = ["SANS", "SERIF", "find_font", "font"]


@cache
def font(family: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(find_font(family), size)
