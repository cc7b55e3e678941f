"""QTI 2.x and 3.0: single items and IMS content packages. 3.0 names (`qti-choice-interaction`) are read as their 2.x names."""

import re
from collections.abc import Mapping

from lms.quizzes.importing.normal import Problem, Reading
from lms.quizzes.importing.qti_item import read_item
from lms.untrusted.archive import UnsafeArchive, unpack
from lms.untrusted.markup import BadMarkup, Node, parse

ITEM = "assessmentItem"


def _camel(name: str) -> str:
    head, *rest = name.removeprefix("qti-").split("-")
    return head + "".join(part.title() for part in rest)


def modernised(root: Node) -> Node:
    """A 3.0 tree with the names of 2.x; a 2.x tree unchanged."""
    for node in root.walk():
        if node.name.startswith("qti-"):
            node.name = _camel(node.name)
        if any("-" in key for key in node.attributes):
            node.attributes = {_camel(key): value for key, value in node.attributes.items()}
    return root


def is_qti(text: str) -> bool:
    return (
        re.search(
            r"<(?:\w+:)?(?:assessmentItem|qti-assessment-item|assessmentTest|qti-assessment-test|questestinterop)\b",
            text[:5000],
        )
        is not None
    )


def read_item_file(data: bytes) -> Reading:
    """One item that came as a file of its own. Rows are line numbers."""
    reading = Reading()
    root = _parsed(reading, data, "")
    if root is None:
        return reading
    if root.name == ITEM:
        read_item(reading, root, root.line, [])
    else:
        reading.errors.append(Problem(1, "", f"<{root.name}>", _not_an_item(root.name)))
    return reading


def read_package(data: bytes) -> Reading:
    """The items of a package in the order of its manifest; rows are their places. What is no item is named."""
    try:
        parts = unpack(data)
    except UnsafeArchive as unsafe:
        return Reading(errors=[Problem(1, "", "", str(unsafe))])
    reading = Reading()
    root = _manifest_dir(parts)
    resources = _resources(reading, parts, root) if root is not None else []
    listed = {name for name, _ in resources}
    if not resources:
        resources = [(name, []) for name in sorted(parts) if name.lower().endswith(".xml") and "manifest" not in name]
    for row, (name, tags) in enumerate(resources, 1):
        if name not in parts:
            reading.errors.append(Problem(row, "", name[:200], "清单里有这个文件，压缩包里没有；请重新导出"))
            continue
        item = _parsed(reading, parts[name], name, row)
        if item is None:
            continue
        if item.name == ITEM:
            read_item(reading, item, row, tags)
        elif item.name != "assessmentTest" and (listed or item.name == "questestinterop"):
            reading.errors.append(Problem(row, "", name[:200], _not_an_item(item.name)))
    closed = [name for name in parts if name.lower().endswith((".zip", ".rar", ".7z", ".gz"))]
    reading.errors += [Problem(1, "", name[:200], "压缩包里还有压缩包，没有打开；请单独上传") for name in closed]
    if not reading.questions and not reading.errors:
        reading.errors.append(Problem(1, "", "", "压缩包里没有 QTI 试题"))
    return reading


def _not_an_item(name: str) -> str:
    if name == "questestinterop":
        return "这是 QTI 1.2，请在原系统里导出为 QTI 2.1 或 3.0"
    return "不是 QTI 试题（assessmentItem），没有读入"


def _manifest_dir(parts: Mapping[str, bytes]) -> str | None:
    """Where imsmanifest.xml lies, with its slash; None without one."""
    names = [name for name in parts if name.rpartition("/")[2] == "imsmanifest.xml"]
    return min(names, key=len).removesuffix("imsmanifest.xml") if names else None


def _resources(reading: Reading, parts: Mapping[str, bytes], root: str) -> list[tuple[str, list[str]]]:
    """(file, tags) of each item that the manifest lists."""
    manifest = _parsed(reading, parts[f"{root}imsmanifest.xml"], "imsmanifest.xml")
    if manifest is None:
        return []
    found = []
    for node in manifest.walk():
        if node.name != "resource" or not re.match(
            r"imsqti_item|imsqti_xmlv1|imsqti_apipitem", node.attributes.get("type", "")
        ):
            continue
        files = [each.attributes.get("href", "") for each in node.all("file")]
        href = node.attributes.get("href") or next(iter(files), "")
        tags = [each.text.strip() for each in node.walk() if each.name == "keyword"]
        found.append((root + href.replace("\\", "/").removeprefix("./"), tags))
    return found


def _parsed(reading: Reading, data: bytes, name: str, row: int = 1) -> Node | None:
    try:
        return modernised(parse(data))
    except BadMarkup as bad:
        place = bad.line if not name else row
        reading.errors.append(Problem(place, "", name[:200], str(bad)))
        return None
