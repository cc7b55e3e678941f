"""What an announcement's author types in a few plain signs, as HTML: paragraphs, # headings, - and 1. lists, **stress**, addresses."""

import html
import re

from markupsafe import Markup

from lms.web.prose import cleaned

_BOLD = re.compile(r"\*\*(.+?)\*\*")
_ADDRESS = re.compile(r"https?://[^\s<>\"'（）()，。；、]+")
_BULLET = re.compile(r"[-•·]\s+")
_NUMBER = re.compile(r"\d{1,2}[.、．]\s*")


def rendered(text: str) -> Markup:
    """The text ready for a page: whatever is not one of the signs is text, and the result is sanitised like every article."""
    blocks = [block.strip() for block in re.split(r"\n\s*\n", text) if block.strip()]
    return cleaned("\n".join(_block(block.splitlines()) for block in blocks))


def _block(lines: list[str]) -> str:
    if len(lines) == 1 and lines[0].startswith("#"):
        return f"<h2>{_line(lines[0].lstrip('# '))}</h2>"
    for mark, tag in ((_BULLET, "ul"), (_NUMBER, "ol")):
        if all(mark.match(line) for line in lines):
            items = "".join(f"<li>{_line(mark.sub('', line, count=1))}</li>" for line in lines)
            return f"<{tag}>{items}</{tag}>"
    return f"<p>{'<br>'.join(_line(line) for line in lines)}</p>"


def _line(text: str) -> str:
    """One line: addresses become links, ** becomes stress."""
    done, parts = 0, []
    for found in _ADDRESS.finditer(text):
        parts += [_stressed(text[done : found.start()]), _link(found[0])]
        done = found.end()
    return "".join([*parts, _stressed(text[done:])])


def _link(address: str) -> str:
    shown = html.escape(address)
    return f'<a href="{shown}">{shown}</a>'


def _stressed(text: str) -> str:
    return _BOLD.sub(r"<strong>\1</strong>", html.escape(text))


def plain(text: str, most: int) -> str:
    """The first characters without the signs, for messages that show no formatting."""
    bare = re.sub(r"\*\*|^#+\s*", "", text, flags=re.M)
    return bare if len(bare) <= most else f"{bare[: most - 1]}…"
