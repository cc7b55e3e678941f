"""What every page must be: valid HTML, one h1, a title, unique ids, labelled controls, no inline style or handler, no "None"."""

import re
from xml.etree.ElementTree import Element

import html5lib

IGNORED_ERRORS = {"unexpected-inputs", "non-void-element-with-trailing-solidus"}
UNLABELLED = ("hidden", "submit", "button", "image", "reset")


def check_page(text: str, path: str) -> Element:
    """Raises AssertionError naming the page and the fault; returns the parsed document."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    fragment = not text.lstrip()[:9].lower().startswith("<!doctype")
    tree: Element = parser.parseFragment(text) if fragment else parser.parse(text)
    errors = [f"{code} at {where}" for where, code, _ in parser.errors if code not in IGNORED_ERRORS]
    assert not errors, f"{path}: invalid HTML: {errors[:5]}"
    assert fragment or (tree.findtext("head/title") or "").strip(), f"{path}: no title"
    assert fragment or len(tree.findall(".//h1")) == 1, f"{path}: {len(tree.findall('.//h1'))} h1"
    _check_ids(tree, path)
    _check_controls(tree, path)
    _check_inline(tree, path)
    words = " ".join(
        t for e in tree.iter() if e.tag not in ("script", "style", "code", "pre") for t in [e.text or "", e.tail or ""]
    )
    assert not re.search(r"\bNone\b|Undefined|\{\{|\}\}", words), f"{path}: shows None or a template's remains"
    return tree


def _check_ids(tree: Element, path: str) -> None:
    ids = [e.get("id") for e in tree.iter() if e.get("id")]
    twice = {i for i in ids if ids.count(i) > 1}
    assert not twice, f"{path}: ids used twice: {twice}"
    for element in tree.iter():
        for name in ("for", "aria-labelledby", "aria-describedby", "aria-controls"):
            for target in (element.get(name) or "").split():
                assert target in ids, f"{path}: {name}={target!r} points nowhere"


def _check_controls(tree: Element, path: str) -> None:
    labelled = {e.get("for") for e in tree.iter("label")}
    inside = {id(c) for label in tree.iter("label") for c in label.iter()}
    for control in (e for e in tree.iter() if e.tag in ("input", "select", "textarea")):
        if control.get("type") in UNLABELLED:
            continue
        named = (
            control.get("id") in labelled
            or id(control) in inside
            or control.get("aria-label")
            or control.get("aria-labelledby")
        )
        assert named, f"{path}: {control.tag} {control.get('name')!r} has no label"
    for button in (e for e in tree.iter() if e.tag in ("button", "a")):
        words = (
            "".join(button.itertext()).strip()
            or button.get("aria-label")
            or any(i.get("alt") for i in button.iter("img"))
        )
        assert words, f"{path}: a {button.tag} without words: {button.attrib}"


def _check_inline(tree: Element, path: str) -> None:
    for element in tree.iter():
        assert "style" not in element.attrib, f"{path}: inline style on {element.tag}"
        assert element.tag != "style", f"{path}: inline style sheet"
        handlers = [a for a in element.attrib if a.startswith("on")]
        assert not handlers, f"{path}: inline handlers {handlers}"
        assert element.tag != "script" or element.get("src") or element.get("type") == "application/json", (
            f"{path}: inline script"
        )
