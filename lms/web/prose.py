"""Articles: what an author types as plain paragraphs, and the HTML that is stored and shown."""

import html
import re

import nh3
from markupsafe import Markup

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


def cleaned(body: str) -> Markup:
    """The HTML ready for a page, and in it only what reads as text: no script, no style, no form, no frame; links open safely."""
    return Markup(nh3.clean(body, tags=TAGS, attributes={"a": {"href"}}, url_schemes={"https", "http", "mailto"}))
