"""Articles: what an author types as plain paragraphs, and the HTML that is stored and shown."""

import html
import re

import nh3

TAGS = {
    "p",
    "h2",
    "h3",
    "ul",
    "ol",
    "li",
    "strong",
    "em",
    "br",
    "blockquote",
    "a",
    "table",
    "tbody",
    "thead",
    "tr",
    "th",
    "td",
}
_TAG = re.compile(r"<[^>]*>")


def to_html(text: str) -> str:
    """Blocks between empty lines as paragraphs, lines that begin with # as headings; whatever else was typed is text."""
    blocks = [block.strip() for block in re.split(r"\n\s*\n", text) if block.strip()]
    return "\n".join(_block(block) for block in blocks)


def _block(block: str) -> str:
    if block.startswith("#") and "\n" not in block:
        return f"<h2>{html.escape(block.lstrip('# '))}</h2>"
    return f"<p>{'<br>'.join(html.escape(line) for line in block.splitlines())}</p>"


def to_text(body: str) -> str:
    """What the author typed, from what `to_html` made of it."""
    spaced = body.replace("<h2>", "# ").replace("<br>", "\n").replace("</p>", "\n").replace("</h2>", "\n")
    return html.unescape(_TAG.sub("", spaced)).strip()


def cleaned(body: str) -> str:
    """Only what reads as text: no script, no style, no form, no frame; links open safely."""
    return nh3.clean(body, tags=TAGS, attributes={"a": {"href"}}, url_schemes={"https", "http", "mailto"})


def words_of_captions(captions: str) -> str:
    """What is said, from a WebVTT file."""
    lines = (line.strip() for line in captions.splitlines())
    kept = (
        line
        for line in lines
        if line and "-->" not in line and not line.isdecimal() and not line.startswith(("WEBVTT", "NOTE"))
    )
    return html.unescape(_TAG.sub("", " ".join(kept)))
