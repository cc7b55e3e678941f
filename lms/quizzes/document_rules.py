"""Which source document a question's basis speaks of. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_MARKS = re.compile(r"[\s《》〈〉<>()（）「」\[\]【】]+")
_STATE = "中华人民共和国"


def bare_title(text: str) -> str:
    """A title or version as it is compared: width, brackets, white space and the state's name in front make no difference."""
    return _MARKS.sub("", unicodedata.normalize("NFKC", text)).removeprefix(_STATE)


@dataclass(frozen=True)
class Known:
    """A document that can be linked to."""

    id: int
    title: str
    version: str
    is_superseded: bool


class Links:
    """Finds the document of a basis {law, version, …} among those that are known, the nearest unit's first."""

    def __init__(self, documents: Iterable[Known]) -> None:
        self._exact: dict[tuple[str, str], int] = {}
        self._current: dict[str, list[int]] = {}
        for each in documents:
            title = bare_title(each.title)
            self._exact.setdefault((title, bare_title(each.version)), each.id)
            if not each.is_superseded:
                self._current.setdefault(title, []).append(each.id)

    def of(self, basis: Mapping[str, str]) -> int | None:
        """The document of this law and version; without a version the only one in force. None when it is not known."""
        title, version = bare_title(basis.get("law", "")), bare_title(basis.get("version", ""))
        if not title:
            return None
        if version:
            return self._exact.get((title, version))
        current = self._current.get(title, [])
        return current[0] if len(current) == 1 else None
