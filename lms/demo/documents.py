"""A lecture script as real documents: slides (PPTX), the text to read (DOCX), the printed handout (PDF) and an article (HTML)."""

import io
import json
from collections.abc import Iterable
from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import Any

import docx
import pptx
import typst
from docx.oxml.ns import qn
from docx.shared import Pt
from PIL import ImageFont
from pptx.dml.color import RGBColor
from pptx.enum.text import MSO_ANCHOR
from pptx.util import Emu
from pptx.util import Pt as SlidePt

from lms.demo.fonts import SERIF, find_font
from lms.demo.scripts import Lecture
from lms.demo.slides import CINNABAR, INK, PAPER

WIDE = (Emu(12_192_000), Emu(6_858_000))
MARGIN = Emu(914_400)
TITLE_LAYOUT, CONTENT_LAYOUT = 0, 1

HANDOUT = """
#let lecture = json(bytes(sys.inputs.lecture))
#set document(title: lecture.title, author: lecture.lecturer)
#set page(paper: "a4", margin: (x: 28mm, y: 26mm), fill: rgb(lecture.paper), numbering: "1 / 1")
#set text(font: lecture.font, size: 11.5pt, lang: "zh", region: "cn", fill: rgb(lecture.ink))
#set par(leading: 0.95em, spacing: 1.3em, justify: true)
#line(length: 18mm, stroke: 2pt + rgb(lecture.cinnabar))
#text(size: 22pt, lecture.title)

#text(size: 10.5pt)[#lecture.lecturer #h(1em) #lecture.unit]

#lecture.summary

依据：#lecture.law

#for (number, slide) in lecture.slides.enumerate(start: 1) [
  #block(breakable: false, above: 2em)[
    #text(size: 14pt)[#number #h(.6em) #slide.title]

    #slide.narration

    #list(marker: text(fill: rgb(lecture.cinnabar))[▪], ..slide.lines)
  ]
]
"""


def make_pptx(lecture: Lecture) -> bytes:
    """A title slide and one slide per part, with the narration as the speaker's notes."""
    deck = pptx.Presentation()
    deck.slide_width, deck.slide_height = WIDE
    deck.core_properties.title, deck.core_properties.author = lecture.title, lecture.lecturer
    opening = _slide(deck, TITLE_LAYOUT, lecture.title, [f"{lecture.lecturer}　{lecture.unit}", lecture.law])
    opening.notes_slide.notes_text_frame.text = lecture.summary
    for part in lecture.slides:
        slide = _slide(deck, CONTENT_LAYOUT, part.title, part.lines)
        slide.notes_slide.notes_text_frame.text = part.narration
    return _saved(deck)


def _slide(deck: Any, layout: int, title: str, lines: Iterable[str]) -> Any:
    slide = deck.slides.add_slide(deck.slide_layouts[layout])
    slide.background.fill.solid()
    slide.background.fill.fore_color.rgb = _rgb(PAPER)
    heading, body = slide.shapes.title, slide.placeholders[1]
    _frame(heading, 0.12 if layout else 0.3, 0.2)
    _frame(body, 0.36 if layout else 0.52, 0.5)
    heading.text_frame.text = title
    heading.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
    body.text_frame.text = "\n".join(lines)
    _ink(heading, 40)
    _ink(body, 26)
    return slide


def _frame(shape: Any, top: float, height: float) -> None:
    shape.left, shape.width = MARGIN, WIDE[0] - 2 * MARGIN
    shape.top, shape.height = Emu(int(WIDE[1] * top)), Emu(int(WIDE[1] * height))


def _ink(shape: Any, points: int) -> None:
    for paragraph in shape.text_frame.paragraphs:
        paragraph.font.size, paragraph.font.color.rgb = SlidePt(points), _rgb(INK)
        paragraph.space_after = SlidePt(12)


def _rgb(colour: str) -> Any:
    make: Any = RGBColor
    return make(*bytes.fromhex(colour.removeprefix("#")))


def make_docx(lecture: Lecture) -> bytes:
    """The lecture as a text to read: a heading, the narration and its points for each part."""
    text = docx.Document()
    text.core_properties.title, text.core_properties.author = lecture.title, lecture.lecturer
    style = text.styles["Normal"]
    style.font.name, style.font.size = "SimSun", Pt(12)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), "宋体")
    text.add_heading(lecture.title, 0)
    text.add_paragraph(f"{lecture.lecturer}　{lecture.unit}")
    text.add_paragraph(lecture.summary)
    for part in lecture.slides:
        text.add_heading(part.title, 1)
        text.add_paragraph(part.narration)
        for line in part.lines:
            text.add_paragraph(line, style="List Bullet")
    text.add_paragraph(f"依据：{lecture.law}")
    return _saved(text)


def make_pdf(lecture: Lecture) -> bytes:
    """The handout as A4 pages with text that can be searched and copied."""
    face = find_font(SERIF)
    values = {**asdict(lecture), "font": _family(face), "paper": PAPER, "ink": INK, "cinnabar": CINNABAR}
    compile: Any = typst.compile
    made: bytes = compile(
        HANDOUT.encode(),
        sys_inputs={"lecture": json.dumps(values, ensure_ascii=False)},
        font_paths=[face.parent],
        ignore_system_fonts=True,
    )
    return made


def make_article(lecture: Lecture) -> str:
    """The lecture as an article's body in HTML."""
    parts: list[str] = []
    for part in lecture.slides:
        points = "".join(f"<li>{escape(line)}</li>" for line in part.lines)
        parts.append(f"<h2>{escape(part.title)}</h2><p>{escape(part.narration)}</p><ul>{points}</ul>")
    parts.append(f"<p>依据：{escape(lecture.law)}</p>")
    return "\n".join(parts)


def _family(face: Path) -> str:
    return ImageFont.truetype(face, 12).getname()[0] or ""


def _saved(document: Any) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()
