"""What the site carries from its start: no library that only some requests, tasks or commands need."""

import subprocess
import sys
from pathlib import Path

import pytest

from lms.lazy import later

ROOT = Path(__file__).parents[2]
LATER = (
    "pypinyin",
    "pptx",
    "docx",
    "typst",
    "PIL",
    "av",
    "pypdfium2",
    "boto3",
    "alembic",
    "xlsxwriter",
    "segno",
    "lms.demo",
)


def test_the_site_starts_without_the_libraries_of_tasks_and_commands() -> None:
    found = "import sys, lms.app, lms.cli, lms.scheduler; print([name for name in sys.argv[1:] if name in sys.modules])"
    told = subprocess.run(
        [sys.executable, "-c", found, *LATER, "lms.app"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "['lms.app']"


def test_a_module_named_for_later_is_the_real_one_once_used() -> None:
    calendar = later("calendar")
    assert "calendar" not in vars(calendar)
    assert calendar.isleap(2024)
    with pytest.raises(AttributeError):
        _ = calendar.no_such_thing
    with pytest.raises(ModuleNotFoundError):
        _ = later("lms.no_such_module").anything
