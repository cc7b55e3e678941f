"""What a package is and what it starts with, told from its manifest and the names of its files. Pure."""

import posixpath
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import unquote

from lms.media.errors import BadMedia
from lms.untrusted.markup import BadMarkup, Node, parse

MANIFEST = "imsmanifest.xml"
INDEXES = ("index.html", "index.htm", "index_lms.html", "story.html")
MOST_ITEMS = 200
AGAIN = "请在制作软件里重新导出为 SCORM 1.2 或 SCORM 2004 后再上传。"


class Standard(StrEnum):
    SCORM12 = "scorm12"
    SCORM2004 = "scorm2004"
    HTML = "html"


STANDARD_NAMES = {Standard.SCORM12: "SCORM 1.2", Standard.SCORM2004: "SCORM 2004", Standard.HTML: "网页课件"}


@dataclass(frozen=True)
class Item:
    """One thing to open. `mastery_millis` is the score to pass: raw in SCORM 1.2, scaled (1000 = 1.0) in SCORM 2004."""

    identifier: str
    title: str
    path: str
    query: str = ""
    is_sco: bool = False
    mastery_millis: int | None = None
    launch_data: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Contents:
    """A package that can be shown: at least one item, each of which starts with a file that is there."""

    standard: Standard
    title: str
    items: tuple[Item, ...]
    wants_sequencing: bool = False


def folded(path: str) -> str:
    """The one form of a path by which a package's file is found; packages made on Windows mix capitals."""
    return unicodedata.normalize("NFC", path).lower()


def contents_of(paths: Collection[str], manifest: bytes | None) -> Contents:
    """Reads a package of these (folded) paths. Raises BadMedia with the name of what it is instead and what to do."""
    if manifest is None:
        return _without_manifest(paths)
    try:
        root = parse(manifest)
    except BadMarkup as problem:
        raise BadMedia(f"课件包的 imsmanifest.xml 读不了：{problem}") from problem
    _refuse_other_kinds(root)
    standard = _standard(root)
    organization = _organization(root)
    resources = {node.attributes.get("identifier", ""): node for node in _resources(root)}
    nodes = [node for node in _leaves(organization) if node.attributes.get("isvisible", "true") != "false"]
    items = tuple(_items(root, nodes or list(_leaves(organization)), resources, standard, paths))
    if not items:
        raise BadMedia(f"课件包的目录是空的，没有可以打开的内容。{AGAIN}")
    if len(items) > MOST_ITEMS:
        raise BadMedia(f"课件包的目录超过 {MOST_ITEMS} 项，请分成几个课件包。")
    return Contents(standard, organization.get("title")[:200], items, len(items) > 1 and _wants_sequencing(root))


# Without a manifest


def _without_manifest(paths: Collection[str]) -> Contents:
    names = {posixpath.basename(path) for path in paths}
    suffixes = {posixpath.splitext(name)[1] for name in names}
    if "cmi5.xml" in names:
        raise BadMedia(f"这是 cmi5 课件包，本站不能播放。{AGAIN}")
    if "tincan.xml" in names:
        raise BadMedia(f"这是 xAPI（Tin Can）课件包，本站不能播放。{AGAIN}")
    if suffixes & {".au", ".crs"}:
        raise BadMedia(f"这是 AICC 课件包，本站不能播放。{AGAIN}")
    within = sorted(path for path in paths if posixpath.basename(path) == MANIFEST)
    if within:
        many = (
            f"里面有 {len(within)} 个课件包，请解压后逐个上传"
            if len(within) > 1
            else "请把那一层里的文件直接压缩后上传"
        )
        raise BadMedia(f"imsmanifest.xml 不在压缩包的最外层：{many}。")
    top = [path for path in paths if "/" not in path and path.endswith((".html", ".htm"))]
    start = next((name for name in INDEXES if name in paths), top[0] if len(top) == 1 else None)
    if start is not None:
        return Contents(Standard.HTML, "", (Item("index", "", start),))
    if ".swf" in suffixes:
        raise BadMedia(FLASH)
    raise BadMedia(
        "压缩包里既没有 imsmanifest.xml，也没有 index.html，不是课件包。"
        "SCORM 课件请在制作软件里导出；若是一批视频或文档，请解压后逐个上传。"
    )


FLASH = "这个课件用 Flash 制作，现在的浏览器都不能播放。请在制作软件里重新发布为 HTML5（SCORM），或改成视频上传。"


# With one


def _refuse_other_kinds(root: Node) -> None:
    schema = root.first("metadata").get("schema").lower() if root.first("metadata") else ""  # type: ignore[union-attr]
    kinds = {node.attributes.get("type", "").lower() for node in _resources(root)}
    if root.name != "manifest":
        raise BadMedia(f"imsmanifest.xml 的内容不是课件目录。{AGAIN}")
    if "common cartridge" in schema or any(kind.startswith("imscc") for kind in kinds):
        raise BadMedia(f"这是 Common Cartridge 课程包，本站不能播放。{AGAIN}")
    if kinds and all(kind.startswith("imsqti") for kind in kinds):
        raise BadMedia("这是 QTI 试题包，请到题库的“导入试题”里上传。")


def _standard(root: Node) -> Standard:
    metadata = root.first("metadata")
    version = metadata.get("schemaversion").lower() if metadata else ""
    if version == "1.2" or version.startswith("1.1"):
        return Standard.SCORM12
    if "2004" in version or version.startswith(("cam 1.3", "1.3")):
        return Standard.SCORM2004
    # Without a version the two are told apart by how they spell one attribute.
    is_2004 = any("scormType" in node.attributes for node in _resources(root))
    return Standard.SCORM2004 if is_2004 else Standard.SCORM12


def _organization(root: Node) -> Node:
    every = root.first("organizations")
    found = every.all("organization") if every else []
    if every is None or not found:
        raise BadMedia(f"课件包里没有目录（organization），不知道从哪里打开。{AGAIN}")
    default = every.attributes.get("default", "")
    return next((one for one in found if one.attributes.get("identifier") == default), found[0])


def _resources(root: Node) -> list[Node]:
    every = root.first("resources")
    return every.all("resource") if every else []


def _leaves(organization: Node) -> Iterator[Node]:
    return (node for node in organization.walk() if node.name == "item" and node.attributes.get("identifierref"))


def _items(
    root: Node, nodes: list[Node], resources: dict[str, Node], standard: Standard, paths: Collection[str]
) -> Iterator[Item]:
    taken = set[str]()
    for number, node in enumerate(nodes, 1):
        resource = resources.get(node.attributes["identifierref"])
        title = node.get("title")[:200] or f"第 {number} 节"
        if resource is None:
            raise BadMedia(f"课件包不完整：目录里的“{title}”没有对应的内容。{AGAIN}")
        path, query = _start(root, resource, node.attributes.get("parameters", ""), title, paths)
        name = node.attributes.get("identifier", "")
        identifier = name if 0 < len(name) <= 200 and name not in taken else f"#{number}"
        taken.add(identifier)
        kind = {key.lower(): value.lower() for key, value in resource.attributes.items()}.get("scormtype", "asset")
        data = node.get("datafromlms") or node.get("dataFromLMS")
        yield Item(identifier, title, path, query, kind == "sco", _mastery(root, node, standard), data[:4000])


def _start(root: Node, resource: Node, parameters: str, title: str, paths: Collection[str]) -> tuple[str, str]:
    """The file an item starts with and what follows it in the address."""
    every = root.first("resources")
    bases = [node.attributes.get("base", "") for node in (root, every, resource) if node is not None]
    href = resource.attributes.get("href", "").strip().replace("\\", "/")
    if "://" in href or href.startswith("//"):
        raise BadMedia(f"“{title}”的内容在别的网站上（{href[:60]}），不在包里。请重新导出为完整的课件包。")
    address, _, fragment = href.partition("#")
    address, _, query = address.partition("?")
    path = folded(posixpath.normpath(unquote("".join(bases) + address)))
    if path not in paths:
        raise BadMedia(f"课件包不完整：“{title}”要打开的文件 {address[:80] or '（空）'} 不在包里。{AGAIN}")
    if path.endswith(".swf"):
        raise BadMedia(FLASH)
    more = "&".join(part for part in (query, parameters.lstrip("?&")) if part)
    return path, (f"?{more}" if more else "") + (f"#{fragment}" if fragment else "")


def _mastery(root: Node, node: Node, standard: Standard) -> int | None:
    if standard is Standard.SCORM12:
        return _millis(node.get("masteryscore"), 100)
    sequencing = node.first("sequencing")
    for objective in (sequencing, _shared(root, sequencing)):
        found = next((one for one in objective.walk() if one.name == "primaryObjective"), None) if objective else None
        if found is not None and found.attributes.get("satisfiedByMeasure") == "true":
            return _millis(found.get("minNormalizedMeasure") or "1", 1)
    return None


def _shared(root: Node, sequencing: Node | None) -> Node | None:
    """The rules in the manifest's collection that an item's sequencing points to."""
    name = sequencing.attributes.get("IDRef") if sequencing else None
    every = root.first("sequencingCollection")
    return next((one for one in every.all("sequencing") if one.attributes.get("ID") == name), None) if every else None


def _millis(text: str, most: int) -> int | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return round(value * 1000) if -most <= value <= most else None


def _wants_sequencing(root: Node) -> bool:
    """Whether the package's author demands an order that the menu of items does not enforce."""
    for node in root.walk():
        if node.name in ("preConditionRule", "postConditionRule", "exitConditionRule", "prerequisites"):
            return True
        if node.name == "controlMode" and (
            node.attributes.get("forwardOnly") == "true" or node.attributes.get("choice") == "false"
        ):
            return True
    return False
