"""The colours: every pair that meets on a page has the contrast WCAG 2.2 AA asks for, high contrast 7:1."""

import re

import pytest

from lms.web.assets import STATIC, minify_css

TEXTS = ("ink", "muted", "cinnabar", "jade", "gold", "amber")
PAIRS = [
    *((text, ground) for text in TEXTS for ground in ("paper", "card")),
    *((tone, f"{tone}-soft") for tone in ("cinnabar", "jade", "gold")),
    *(("ink", f"{tone}-soft") for tone in ("cinnabar", "jade", "gold")),
    ("muted", "gold-soft"),
    ("on-fill", "fill"),
    ("on-fill", "fill-over"),
    ("ink", "line"),
]
SHAPES = [("edge", "paper"), ("edge", "card"), ("fill", "paper"), ("jade", "still")]


def tokens(name: str) -> list[dict[str, str]]:
    """The colour tokens of each rule of a sheet."""
    css = minify_css((STATIC / "css/tokens" / name).read_text("utf-8"))
    return [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", block)) for block in re.findall(r"\{([^{}]+)\}", css)]


LIGHT = tokens("tokens.css")[0]
DARK = LIGHT | tokens("dark.css")[0]
THEMES = {
    "light": LIGHT,
    "dark": DARK,
    "contrast": LIGHT | tokens("high-contrast.css")[0],
    "dark contrast": DARK | tokens("high-contrast.css")[1],
}


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[start : start + 2], 16) / 255 for start in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_knows_black_and_white() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#fff") < 4.5 < contrast("#767676", "#fff")


@pytest.mark.parametrize("theme", THEMES)
def test_text_can_be_read_on_every_ground_it_stands_on(theme: str) -> None:
    least = 7 if "contrast" in theme else 4.5
    weak = {pair: round(contrast(*(THEMES[theme][name] for name in pair)), 2) for pair in PAIRS}
    exempt = {("ink", "line")} if "contrast" in theme else set()  # plain tags have no ground there
    assert {pair: ratio for pair, ratio in weak.items() if ratio < least and pair not in exempt} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_edges_fills_and_bars_stand_out_from_what_they_lie_on(theme: str) -> None:
    weak = {pair: round(contrast(*(THEMES[theme][name] for name in pair)), 2) for pair in SHAPES}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 3} == {}
