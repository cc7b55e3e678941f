"""Libraries that only some requests, tasks or commands need, imported when they are first used.

The site starts, and weighs, without them. The one place that says so: everywhere else an import stands at the head of its module.

    if TYPE_CHECKING:
        import docx
    else:
        docx = later("docx")
"""

from importlib import import_module
from types import ModuleType
from typing import Any


class _Later(ModuleType):
    """Stands for a module; the first name asked of it imports the real one, under Python's own import lock."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what looks a module over does not use it
            raise AttributeError(name)
        return getattr(import_module(self.__name__), name)


def later(module: str) -> Any:
    """The module of that dotted name; a wrong name raises ModuleNotFoundError at its first use."""
    return _Later(module)
