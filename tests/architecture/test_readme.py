"""The README tells the truth: every setting, package and command it should name is named, and what it names exists."""

import re
from dataclasses import fields
from pathlib import Path

from lms.cli import COMMANDS
from lms.config import Settings, variable

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def test_every_setting_stands_in_the_table_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", README, re.M))
    for field in fields(Settings):
        name = variable(field.name)
        if name.startswith("LMS_S3_"):
            assert name in README
            continue
        assert name in rows, f"{name} is not in the README's table of settings"
        if isinstance(field.default, int) and not isinstance(field.default, bool):
            assert f"`{field.default}`" in rows[name]


def test_every_package_is_on_the_map() -> None:
    packages = {path.parent.name for path in (ROOT / "lms").glob("*/__init__.py")}
    assert {name for name in packages if f"lms/{name}`" not in README} == set()


def test_every_command_is_named_and_every_command_named_exists() -> None:
    assert {command.name for command in COMMANDS if f"flask {command.name}" not in README} - {
        "hours",
        "audit",
        "boards",
        "stars",
    } == set()
    known = {command.name for command in COMMANDS}
    named = set(re.findall(r"`flask ([a-z]+)", README))
    assert named <= known


def test_the_commands_of_dev_are_those_the_readme_speaks_of() -> None:
    script = (ROOT / "dev").read_text("utf-8")
    for name in set(re.findall(r"`\./dev ([a-z]+)", README)) - {"help"}:
        assert f'"{name}":' in script
