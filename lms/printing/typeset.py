"""PDF and PNG by typst."""

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from lms.lazy import later
from lms.printing.fonts import list_folders

if TYPE_CHECKING:
    import typst
else:
    typst = later("typst")

Facts = Mapping[str, Any]
Files = Mapping[str, bytes]


def pdf(name: str, facts: Facts, *, at: datetime, pictures: Files | None = None) -> bytes:
    """The print `package/name` (such as "stars/certificate") filled with the facts.

    `facts` must be JSON values; the print reads them by `json("/facts.json")`. `pictures` are files the print may place: name → SVG;
    photographs go through `framed`. `at` stands in the document as its time of making. About 15 ms a page of text, no network, no file.
    """
    return _compiled(name, facts, pictures, format="pdf", timestamp=int(at.timestamp()))[0]


def png(name: str, facts: Facts, *, at: datetime, pictures: Files | None = None, ppi: float = 96) -> list[bytes]:
    """The same as one picture a page."""
    return _compiled(name, facts, pictures, format="png", ppi=ppi, timestamp=int(at.timestamp()))


def framed(jpeg: bytes, *, width: int, height: int) -> bytes:
    """A JPEG of so many pixels as an SVG file: what typst is given in memory has to be text. It stands in the PDF as it is."""
    inside = base64.b64encode(jpeg).decode()
    size = f'width="{width}" height="{height}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width} {height}">'
        f'<image {size} href="data:image/jpeg;base64,{inside}"/></svg>'
    ).encode()


def _compiled(name: str, facts: Facts, pictures: Files | None, **how: Any) -> list[bytes]:
    package, _, print_name = name.partition("/")
    sources = {
        "main.typ": _source(package, print_name),
        "house.typ": _source("printing", "house"),
        "facts.json": json.dumps(facts, ensure_ascii=False).encode(),
        **(pictures or {}),
    }
    made = typst.compile(sources, font_paths=_fonts(), **how)
    return made if isinstance(made, list) else [made]


@cache
def _source(package: str, name: str) -> bytes:
    return files(f"lms.{package}").joinpath("prints", f"{name}.typ").read_bytes()


@cache
def _fonts() -> Any:
    """Looked for once in a process: reading a folder of fonts takes longer than setting a page."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=list_folders())
