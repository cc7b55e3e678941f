"""The one way XML from outside is read: no document type definition, bounded depth and size, names without their namespaces."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

MAX_DEPTH = 200
MAX_NODES = 2_000_000


class BadMarkup(Exception):
    """Why the XML was not read, as a sentence; `line` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass
class Node:
    """An element: local name, attributes by local name, children in order (texts and elements), its line in the file."""

    name: str
    attributes: dict[str, str]
    line: int
    children: list["Node | str"] = field(default_factory=list)

    @property
    def nodes(self) -> list["Node"]:
        return [child for child in self.children if isinstance(child, Node)]

    def all(self, name: str) -> list["Node"]:
        """Children with this name."""
        return [child for child in self.nodes if child.name == name]

    def first(self, name: str) -> "Node | None":
        return next((child for child in self.nodes if child.name == name), None)

    def walk(self) -> Iterator["Node"]:
        """This element and everything inside it, in the order of the file."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.nodes))

    @property
    def text(self) -> str:
        """All text inside, as it stands."""
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    def get(self, name: str) -> str:
        """The text of a child, "" without one."""
        child = self.first(name)
        return child.text.strip() if child else ""


def parse(data: bytes) -> Node:
    """The root. Raises BadMarkup."""
    root = Node("", {}, 0)
    stack = [root]
    parser = expat.ParserCreate(encoding=None, namespace_separator=" ")
    count = 0

    def opened(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if len(stack) > MAX_DEPTH or count > MAX_NODES:
            raise BadMarkup(parser.CurrentLineNumber, "XML 嵌套太深或内容太多，没有读取")
        local = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        node = Node(name.rpartition(" ")[2], local, parser.CurrentLineNumber)
        stack[-1].children.append(node)
        stack.append(node)

    def refused(*_: object) -> None:
        raise BadMarkup(parser.CurrentLineNumber, "文件里有不允许的内容（DTD），请重新导出后再上传")

    parser.buffer_text = True
    parser.StartElementHandler = opened
    parser.EndElementHandler = lambda name: stack.pop()
    parser.CharacterDataHandler = lambda text: stack[-1].children.append(text)
    parser.StartDoctypeDeclHandler = refused
    parser.EntityDeclHandler = refused
    try:
        parser.Parse(_as_utf8(data), True)
    except expat.ExpatError as error:
        message = f"XML 第 {error.lineno} 行有错误，读不下去；请重新导出后再上传"
        raise BadMarkup(error.lineno, message) from None
    except (ValueError, LookupError):
        raise BadMarkup(1, "认不出 XML 的编码；请另存为 UTF-8") from None
    return root.nodes[0]


_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,80}?encoding\s*=\s*["'](gb\w+|big5)["'][^>]*\?>""", re.I)


def _as_utf8(data: bytes) -> bytes:
    """Chinese encodings that the parser does not know are turned into UTF-8."""
    found = _DECLARED.match(data[:200])
    if not found:
        return data
    encoding = "big5" if found[1].lower() == b"big5" else "gb18030"
    return data[found.end() :].decode(encoding).encode()
