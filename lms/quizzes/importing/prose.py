"""HTML made into plain text, for questions that come from learning platforms: lines stay lines, pictures are counted as lost."""

import re
from html.parser import HTMLParser

from lms.untrusted.markup import Node

_BLOCKS = {
    "p",
    "div",
    "li",
    "ul",
    "ol",
    "tr",
    "table",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "pre",
    "dd",
    "dt",
    "section",
}
_CELLS = {"td", "th"}
_SILENT = {"script", "style", "head", "title", "template"}
_LOST = {"img", "object", "audio", "video", "iframe", "embed", "svg", "canvas", "math", "qti-media-interaction"}
LOST_LABEL = {"math": "公式", "audio": "声音", "video": "视频"}
_SUPERSCRIPT = str.maketrans("0123456789+-()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿ")
_SUBSCRIPT = str.maketrans("0123456789+-()", "₀₁₂₃₄₅₆₇₈₉₊₋₍₎")
_COLLAPSE = re.compile(r"[ \t\r\n\f]+")


class Flow:
    """Text as it flows into lines. `lost` names what text cannot hold: 图片, 公式 …"""

    def __init__(self) -> None:
        self._lines = [""]
        self._fresh = True  # the current line was opened by a block
        self.lost: list[str] = []

    def text(self, text: str) -> None:
        words = _COLLAPSE.sub(" ", text)
        if not self._lines[-1]:
            words = words.lstrip(" ")
        if self._lines[-1].endswith(" "):
            words = words.lstrip(" ")
        if words:
            self._lines[-1] += words
            self._fresh = False

    def line_break(self) -> None:
        self._lines.append("")
        self._fresh = False

    def block(self) -> None:
        if not self._fresh:
            self._lines.append("")
            self._fresh = True

    def lose(self, name: str, alternative: str) -> None:
        label = LOST_LABEL.get(name, "图片")
        self.lost.append(f"{label} {alternative}".strip())
        self.text(f"［{label}{'：' + alternative if alternative else ''}］")

    def result(self) -> str:
        lines = [line.rstrip(" ").replace("\u00a0", " ") for line in self._lines]
        return "\n".join(lines).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.flow = Flow()
        self._silent = 0
        self._raised: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag in _LOST:
            given = dict(attrs)
            self.flow.lose(tag, (given.get("alt") or "").strip()[:60])
        elif tag == "br":
            self.flow.line_break()
        elif tag in _BLOCKS:
            self.flow.block()
        elif tag in ("sup", "sub"):
            self._raised.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in _BLOCKS:
            self.flow.block()
        elif tag in _CELLS:
            self.flow.text("　")
        elif tag in ("sup", "sub") and self._raised:
            self._raised.pop()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.flow.text(shifted(data, self._raised[-1]) if self._raised else data)


def shifted(text: str, tag: str) -> str:
    """Raised or lowered figures as characters: m² and H₂O."""
    table = _SUPERSCRIPT if tag == "sup" else _SUBSCRIPT
    moved = text.strip().translate(table)
    return moved if all(ord(each) in table for each in text.strip()) else text


def html_text(html: str) -> tuple[str, list[str]]:
    """(plain text, what was lost)."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.flow.result(), reader.flow.lost


def pour(flow: Flow, node: Node, stop: dict[str, str]) -> None:
    """The text inside an XML element into `flow`. Elements whose names are in `stop` are replaced by the text given there."""
    for child in node.children:
        if isinstance(child, str):
            flow.text(child)
        elif child.name in stop:
            flow.text(stop[child.name])
        elif child.name in _LOST:
            flow.lose(child.name, child.attributes.get("alt", "").strip()[:60])
        elif child.name == "br":
            flow.line_break()
        elif child.name in ("sup", "sub"):
            flow.text(shifted(child.text, child.name))
        elif child.name not in _SILENT:
            is_block = child.name in _BLOCKS
            if is_block:
                flow.block()
            pour(flow, child, stop)
            if is_block:
                flow.block()
            elif child.name in _CELLS:
                flow.text("　")
