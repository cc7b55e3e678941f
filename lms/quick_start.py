"""What makes the start of the site cheaper without changing what it does. `install()` comes before the first import of anything else.

* Dataclasses: Python 3.11 and 3.12 compile generated source for each method of each class, which was a sixth of the start. Here only
  `__init__` is still generated, and that of our own classes when the first of them is made; the other methods are closures of equal effect. The
  functions replaced are private to the standard library; from 3.13 on, which compiles a class at once, nothing is replaced.
* structlog imports rich when it is there (it is in developers' environments), for tracebacks in colour that no log of ours has.
"""

import dataclasses
import operator
import reprlib
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

Function = Callable[..., Any]
OURS = "lms."
OPERATORS: dict[str, Function] = {
    "==": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def install() -> None:
    if sys.version_info < (3, 13):
        for name, function in replacements().items():
            setattr(dataclasses, name, function)
    _import_without("rich", "structlog")


def replacements() -> dict[str, Function]:
    """Name in `dataclasses` → what stands for it. Raises AttributeError when this Python has no such function."""
    generated: Function = dataclasses._init_fn  # type: ignore[attr-defined]
    made: dict[str, Function] = {
        "_repr_fn": _repr,
        "_cmp_fn": _compare,
        "_hash_fn": _hash,
        "_frozen_get_del_attr": _frozen,
    }
    for name in made:
        getattr(dataclasses, name)
    return {**made, "_init_fn": _later(generated)}


def _import_without(missing: str, module: str) -> None:
    """Import a module as if another were not installed; later imports find it."""
    if missing in sys.modules:
        return
    sys.modules[missing] = None  # type: ignore[assignment]  # Python's own way to say so
    try:
        import_module(module)
    finally:
        del sys.modules[missing]


def _later(generated: Function) -> Function:
    """`__init__` of our own classes takes the place of this one when it is first called."""

    def init_of(*given: Any) -> Function:
        globals_ = given[6]
        if not str(globals_.get("__name__")).startswith(OURS):
            made: Function = generated(*given)
            return made

        def __init__(self: object, *args: Any, **kwargs: Any) -> None:
            real = generated(*given)
            real.__qualname__ = __init__.__qualname__
            for cls in type(self).__mro__:
                if cls.__dict__.get("__init__") is __init__:
                    cls.__init__ = real  # type: ignore[misc]
            real(self, *args, **kwargs)

        return __init__

    return init_of


def _values(names: tuple[str, ...]) -> Callable[[object], tuple[Any, ...]]:
    """What gives the values of these fields as a tuple."""
    if len(names) > 1:
        return operator.attrgetter(*names)
    return lambda one: tuple(getattr(one, name) for name in names)


def _repr(fields: Iterable[dataclasses.Field[Any]], globals_: object) -> Function:
    names = tuple(field.name for field in fields)

    def __repr__(self: object) -> str:
        told = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{type(self).__qualname__}({told})"

    return reprlib.recursive_repr("...")(__repr__)


def _compare(name: str, sign: str, mine: str, theirs: str, globals: object) -> Function:
    """`mine` is the source of the tuple of one's own fields: "(self.a,self.b,)"."""
    values = _values(tuple(part.removeprefix("self.") for part in mine[1:-1].split(",") if part))
    compare = OPERATORS[sign]

    def compared(self: object, other: object) -> Any:
        if other.__class__ is self.__class__:
            return compare(values(self), values(other))
        return NotImplemented

    compared.__name__ = name
    return compared


def _hash(fields: Iterable[dataclasses.Field[Any]], globals_: object) -> Function:
    values = _values(tuple(field.name for field in fields))

    def __hash__(self: object) -> int:
        return hash(values(self))

    return __hash__


def _frozen(cls: type, fields: Iterable[dataclasses.Field[Any]], globals_: object) -> tuple[Function, Function]:
    names = frozenset(field.name for field in fields)

    def __setattr__(self: object, name: str, value: object) -> None:
        if type(self) is cls or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
        super(cls, self).__setattr__(name, value)  # type: ignore[arg-type]

    def __delattr__(self: object, name: str) -> None:
        if type(self) is cls or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
        super(cls, self).__delattr__(name)  # type: ignore[arg-type]

    return __setattr__, __delattr__
