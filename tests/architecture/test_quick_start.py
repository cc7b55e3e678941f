"""A dataclass of the quick start is the dataclass of the standard library, only made with less work."""

import copy
import dataclasses
import os
import subprocess
import sys
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms import config, quick_start

ROOT = Path(__file__).parents[2]
CLASSES = '''
from dataclasses import dataclass, field

@dataclass(frozen=True, order=True)
class Line:
    """A line."""
    place: int
    name: str = "?"
    hidden: int = field(default=0, compare=False, repr=False)

@dataclass(frozen=True, order=True)
class Longer(Line):
    marks: tuple = field(default_factory=tuple, kw_only=True)

@dataclass
class Open:
    only: object
    doubled: int = field(init=False, default=0)
    def __post_init__(self):
        self.doubled = 2

@dataclass(frozen=True, slots=True)
class Narrow:
    first: object
    second: int = 1

@dataclass(frozen=True)
class Empty:
    pass
'''
pytestmark = pytest.mark.skipif(sys.version_info >= (3, 13), reason="nothing is replaced there")


def made_with(replaced: dict[str, Any]) -> dict[str, Any]:
    """The classes above, made while those functions stand in for the standard library's."""
    module = ModuleType("lms.example")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, module.__name__, module)
        for name, function in replaced.items():
            patch.setattr(dataclasses, name, function)
        exec(CLASSES, vars(module))
    return vars(module)


USUAL, QUICK = made_with({}), made_with(quick_start.replacements())
values = st.one_of(st.integers(-2, 2), st.sampled_from(["a", "b"]), st.none(), st.just(float("nan")))
places, names = st.integers(-2, 2), st.sampled_from(["甲", "乙"])


def both(name: str, *args: object, **kwargs: object) -> tuple[Any, Any]:
    return USUAL[name](*args, **kwargs), QUICK[name](*args, **kwargs)


@given(places, names, places, places, names, places)
def test_they_compare_sort_and_hash_alike(a, b, c, d, e, f):
    for kind, more in product(("Line", "Longer"), ((), (1,))):
        marks = {"marks": more} if kind == "Longer" else {}
        (usual, quick), (usual2, quick2) = both(kind, a, b, c, **marks), both(kind, d, e, f, **marks)
        for sign in ("__eq__", "__lt__", "__le__", "__gt__", "__ge__"):
            assert getattr(usual, sign)(usual2) == getattr(quick, sign)(quick2)
            assert getattr(quick, sign)(object()) is NotImplemented
        assert hash(usual) == hash(quick)
        assert repr(usual) == repr(quick)


@given(values, values)
def test_one_field_compares_as_a_tuple_of_one(a, b):
    (usual, quick), (usual2, quick2) = both("Open", a), both("Open", b)
    assert (usual == usual2) is (quick == quick2)
    assert repr(usual) == repr(quick)
    (usual, quick), (usual2, quick2) = both("Narrow", a), both("Narrow", b)
    assert (usual == usual2) is (quick == quick2)


def test_a_frozen_one_refuses_to_be_changed_in_the_same_words():
    for name, args in (("Line", (1,)), ("Longer", (1,)), ("Narrow", (1,)), ("Empty", ())):
        usual, quick = both(name, *args)
        for act in (
            lambda one: setattr(one, "place", 2),
            lambda one: delattr(one, "first"),
            lambda one: setattr(one, "x", 2),
        ):
            told = []
            for one in (usual, quick):
                with pytest.raises((dataclasses.FrozenInstanceError, AttributeError, TypeError)) as refused:
                    act(one)
                told.append((refused.type, str(refused.value)))
            assert told[0] == told[1]


def test_what_else_is_done_with_them_works():
    line = QUICK["Line"](3, "甲")
    assert dataclasses.replace(line, place=4) == QUICK["Line"](4, "甲")
    assert dataclasses.asdict(line) == {"place": 3, "name": "甲", "hidden": 0}
    assert copy.copy(line) == line
    assert copy.deepcopy(QUICK["Narrow"]([1])) == QUICK["Narrow"]([1])
    assert QUICK["Line"] != line
    assert QUICK["Empty"]() == QUICK["Empty"]()
    assert QUICK["Open"](1).doubled == 2
    assert [QUICK["Line"].__eq__.__qualname__, QUICK["Line"].__init__.__qualname__] == ["Line.__eq__", "Line.__init__"]
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'place'"):
        QUICK["Line"]()
    with pytest.raises(TypeError, match="unexpected keyword argument 'nobody'"):
        QUICK["Line"](1, nobody=1)


def test_an_init_is_generated_once_at_the_first_call_also_for_a_heir_without_one():
    quick = made_with(quick_start.replacements())
    heir = type("Heir", (quick["Line"],), {})
    before = quick["Line"].__init__
    assert heir(1).place == 1
    after = quick["Line"].__init__
    assert before is not after
    assert quick["Line"](2).place == 2
    assert quick["Line"].__init__ is after
    assert after.__code__.co_varnames[:3] == ("self", "place", "name")


def test_the_site_starts_with_them_and_without_what_only_developers_have(tmp_path):
    config.create_keys(tmp_path / "keys.json", "test")
    told = """
import sys, wsgi
from lms.leaderboard.rules import BoardRule
print(BoardRule.__eq__.__module__, "rich" in sys.modules, BoardRule() == BoardRule())
"""
    named = {"DATABASE_URL": f"sqlite:///{tmp_path / 'site.sqlite3'}", "LMS_KEYS": str(tmp_path / "keys.json")}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LMS_")} | named
    done = subprocess.run([sys.executable, "-c", told], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stdout.split() == ["lms.quick_start", "False", "True"], done.stderr
