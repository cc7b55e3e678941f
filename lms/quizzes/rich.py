"""A version's texts ready for a page. Whatever `rich_rules` makes passes nh3 before it is shown."""

import nh3
from markupsafe import Markup as Html
from markupsafe import escape

from lms.quizzes.rich_rules import PICTURE_ADDRESS, inline_html, plain_of, to_html
from lms.quizzes.rules import Markup

_MATH = {
    "math", "mrow", "mi", "mn", "mo", "mtext", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup", "munder", "mover",
    "munderover",
}  # fmt: skip
TAGS = {"p", "br", "strong", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "img", *_MATH}


def _only_ours(tag: str, name: str, value: str) -> str | None:
    """Pictures come from our own address."""
    if (tag, name) == ("img", "src"):
        number = value.removeprefix(PICTURE_ADDRESS)
        return value if value.startswith(PICTURE_ADDRESS) and number.isdecimal() else None
    return value


def cleaned(html: str) -> Html:
    """HTML in which only the elements of TAGS are left."""
    allowed = {"img": {"src", "alt", "loading"}}
    return Html(nh3.clean(html, tags=TAGS, attributes=allowed, attribute_filter=_only_ours))


def blocks(text: str, markup: str) -> Html:
    """A stem, a material or an explanation; plain text stays as it stands."""
    return cleaned(to_html(text)) if markup == Markup.RICH else escape(text)


def inline(text: str, markup: str) -> Html:
    """An option or a prompt, in one line."""
    return cleaned(inline_html(text)) if markup == Markup.RICH else escape(text)


def words(text: str, markup: str) -> str:
    """The text without any marks, for places that show no more than words."""
    return plain_of(text) if markup == Markup.RICH else text
