"""Citations of laws in running text: 《土地管理法》第四十四条. Pure.

A title without an article cites the law as a whole. Numbers of articles may be Chinese or Arabic; both are one number.
"""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

TITLE_MOST = 60
_DIGITS = "零一二三四五六七八九"
_NUMBER = "[零〇一二两三四五六七八九十百千\\d]{1,8}"
_CITATION = re.compile(
    rf"《([^《》\n]{{2,{TITLE_MOST}}})》(?:[（(][^（）()\n]{{0,20}}[）)])?\s*(?:第\s*({_NUMBER})\s*条(?:之[一二三四五六七八九])?)?"
)
_ARTICLE = re.compile(rf"第\s*({_NUMBER})\s*条")
_UNITS = {"十": 10, "百": 100, "千": 1000}
_STATE = "中华人民共和国"
_EDITION = re.compile(r"[（(][^（）()]*[）)]|节选|全文|最新|修正|修订")
_BETWEEN = re.compile(r"(<[^>]*>)")


@dataclass(frozen=True)
class Citation:
    """A law by its bare title, and the article where one is named."""

    law: str
    article: int | None

    @property
    def words(self) -> str:
        return f"《{self.law}》" + (f"第{chinese(self.article)}条" if self.article else "")


def law_title(text: str) -> str:
    """A law's title as it is compared: without brackets, edition, white space and the state's name in front."""
    return re.sub(r"[\s《》]+", "", _EDITION.sub("", text)).removeprefix(_STATE)


def number_of(text: str) -> int | None:
    """ "四十四", "一百零二" or "44" as a number, None for what is none: "十百"."""
    text = re.sub(r"\s+", "", text).replace("〇", "零").replace("两", "二")
    if text.isdecimal():
        return int(text) or None
    total, digit = 0, 0
    last = 10_000
    for character in text:
        if character in _UNITS:
            unit = _UNITS[character]
            if unit >= last or (digit == 0 and unit != 10):
                return None
            total, digit, last = total + (digit or 1) * unit, 0, unit
        elif character in _DIGITS:
            if digit:
                return None
            digit = _DIGITS.index(character)
        else:
            return None
    return total + digit or None


def chinese(number: int) -> str:
    """44 → 四十四; up to 9,999."""
    text, zero = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit == 0:
            zero = bool(text)
            continue
        text += ("零" if zero else "") + ("" if (digit, unit, text) == (1, 10, "") else _DIGITS[digit]) + name
        zero = False
    return text


def citations(text: str) -> list[Citation]:
    """What the text cites, each once, in the order of first mention."""
    return list(dict.fromkeys(_citation(match) for match in _CITATION.finditer(text)))


def _citation(match: re.Match[str]) -> Citation:
    return Citation(law_title(match[1]), number_of(match[2]) if match[2] else None)


def has_article(text: str, article: int) -> bool:
    """Whether an article of that number begins a line of the text, as in the text of a law."""
    return any(_begins(line, article) for line in text.splitlines())


def _begins(line: str, article: int) -> bool:
    match = _ARTICLE.match(line.strip())
    return match is not None and number_of(match[1]) == article


def linked(text: str, links: Mapping[Citation, str]) -> str:
    """Plain text as HTML in which known citations lead somewhere; others stay as they are."""
    return _replaced(text, links, html.escape)


def linked_html(body: str, links: Mapping[Citation, str]) -> str:
    """The same for clean HTML; text inside a link and whatever stands in tags are left alone."""
    parts, inside = [], 0
    for part in _BETWEEN.split(body):
        if part.startswith("<"):
            inside += part.lower().startswith("<a ") - part.lower().startswith("</a")
            parts.append(part)
        else:
            parts.append(part if inside else _replaced(part, links, str))
    return "".join(parts)


def _replaced(text: str, links: Mapping[Citation, str], plain: Callable[[str], str]) -> str:
    made, at = [], 0
    for match in _CITATION.finditer(text):
        address = links.get(_citation(match))
        if address is None:
            continue
        words = match[0].rstrip()
        made.append(plain(text[at : match.start()]))
        made.append(f'<a class="citation" href="{html.escape(address)}">{plain(words)}</a>')
        at = match.start() + len(words)
    return "".join([*made, plain(text[at:])])


def with_anchors(body: str) -> str:
    """Clean HTML of a law's text in which each paragraph that begins an article can be jumped to as `article-44`."""

    seen: set[int] = set()

    def anchored(match: re.Match[str]) -> str:
        number = number_of(match[2])
        if number is None or number in seen:
            return match[0]
        seen.add(number)
        return f'<p id="article-{number}">{match[1]}'

    return re.sub(rf"<p>((?:<strong>)?第\s*({_NUMBER})\s*条)", anchored, body)
