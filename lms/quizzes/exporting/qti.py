"""QTI 2.1 and 3.0 content packages: one item a question, explanation as feedback, tags as keywords of the manifest."""

import re
import zipfile
from collections.abc import Sequence
from io import BytesIO
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from lms.quizzes.exporting.qti_body import Item, item_of
from lms.quizzes.exporting.results import CannotCarry, Exported, Left, by_tags_only, cleaned, left_out
from lms.quizzes.importing.carriers import tags_of, with_tail
from lms.quizzes.importing.normal import Draft
from lms.quizzes.rules import Kind, marking_from

_HTML = {"p", "br", "div"}


class Version(NamedTuple):
    """The names and addresses of a version of QTI."""

    item_space: str
    item_schema: str
    resource_type: str
    package_space: str
    schema_version: str
    is_kebab: bool


V21 = Version(
    "http://www.imsglobal.org/xsd/imsqti_v2p1", "http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd", "imsqti_item_xmlv2p1",
    "http://www.imsglobal.org/xsd/imscp_v1p1", "2.1", is_kebab=False,
)  # fmt: skip
V30 = Version(
    "http://www.imsglobal.org/xsd/imsqtiasi_v3p0", "https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd/imsqti_asiv3p0_v1p0.xsd",
    "imsqti_item_xmlv3p0", "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1", "3.0.0", is_kebab=True,
)  # fmt: skip
_LOM = "http://www.imsglobal.org/xsd/imsmd_v1p2"


def to_qti(drafts: Sequence[Draft], version: Version = V21) -> Exported:
    """A zip with imsmanifest.xml and items/."""
    out = BytesIO()
    left: list[Left] = []
    resources: list[str] = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for draft in map(cleaned, drafts):
            try:
                item = item_of(draft)
            except CannotCarry as reason:
                left.append(left_out(draft, str(reason)))
                continue
            left += by_tags_only(draft)
            package.writestr(_part(f"items/q{draft.row}.xml"), _document(draft, item, version))
            resources.append(_resource(draft, version))
        package.writestr(_part("imsmanifest.xml"), _manifest(resources, version))
    return Exported(out.getvalue(), len(resources), left)


def _part(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _document(draft: Draft, item: Item, version: Version) -> str:
    feedback = with_tail(draft)
    rubric = marking_from(draft.marking).rubric
    body = [item.body]
    if rubric:
        body.append(("rubricBlock", {"view": "scorer"}, [item.lines(rubric)]))
    inside: list[object] = [*item.declarations, *_outcomes(bool(feedback)), ("itemBody", {}, body), item.processing]
    if feedback:
        shown = {"outcomeIdentifier": "FEEDBACK", "identifier": "explanation", "showHide": "show"}
        inside.append(("modalFeedback", shown, [item.lines(feedback)]))
    attributes = {
        "xmlns": version.item_space, "identifier": f"q{draft.row}", "title": str(draft.row), "adaptive": "false", "timeDependent": "false",
    }  # fmt: skip
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + _xml(("assessmentItem", attributes, inside), version)


def _outcomes(has_feedback: bool) -> list[object]:
    score = {"identifier": "SCORE", "cardinality": "single", "baseType": "float"}
    found: list[object] = [("outcomeDeclaration", score, [("defaultValue", {}, [("value", {}, ["0"])])])]
    if has_feedback:
        given = {"identifier": "FEEDBACK", "cardinality": "single", "baseType": "identifier"}
        found.append(("outcomeDeclaration", given, [("defaultValue", {}, [("value", {}, ["explanation"])])]))
    return found


def _xml(node: object, version: Version) -> str:
    """A tree of (name, attributes, children) and texts as XML, with the names of the version."""
    if isinstance(node, str):
        return escape(node)
    if isinstance(node, list):
        return "".join(_xml(each, version) for each in node)
    if not isinstance(node, tuple):
        raise TypeError(node)
    name, attributes, children = node
    if version.is_kebab and name not in _HTML:
        name = "qti-" + _kebab(name)
        attributes = {_kebab(key): value for key, value in attributes.items()}
    given = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    inside = "".join(_xml(each, version) for each in children)
    return f"<{name}{given}>{inside}</{name}>" if inside else f"<{name}{given}/>"


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", lambda found: "-" + found[1].lower(), name)


def _resource(draft: Draft, version: Version) -> str:
    native = {"误差"} | ({"也算对"} if draft.kind in (Kind.MATCHING, Kind.ORDERING) else set())
    keywords = "".join(
        f'<imsmd:keyword><imsmd:langstring xml:lang="zh">{escape(tag)}</imsmd:langstring></imsmd:keyword>'
        for tag in tags_of(draft, without=native)
    )
    lom = f"<metadata><imsmd:lom><imsmd:general>{keywords}</imsmd:general></imsmd:lom></metadata>" if keywords else ""
    href = f"items/q{draft.row}.xml"
    return f'<resource identifier="r{draft.row}" type="{version.resource_type}" href="{href}">{lom}<file href="{href}"/></resource>'


def _manifest(resources: Sequence[str], version: Version) -> str:
    inside = "\n".join(resources)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<manifest xmlns="{version.package_space}" xmlns:imsmd="{_LOM}" identifier="bank">'
        f"<metadata><schema>QTI Package</schema><schemaversion>{version.schema_version}</schemaversion></metadata>"
        f"<organizations/><resources>\n{inside}\n</resources></manifest>\n"
    )
