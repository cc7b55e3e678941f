"""S15: whatever a text begins with, it is a text in every table the site gives out, in its XML and in LibreOffice."""

import inspect
import io
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.gatherings.models import Gathering
from lms.hours.models import HourEntry
from lms.people.models import Branch, Person, Unit
from lms.quizzes.models import QuestionVersion
from lms.storage import Storage
from lms.training.models import TrainingClass
from lms.web.spreadsheets import FORMULA_SIGNS, Sheet, write_workbook
from tests.journeys.north import North, build
from tests.journeys.test_isolation import Row, _publish
from tests.support.web import Web

SIGNS = "=+-@＝＋－＠"
DIGITS = "430102199001011234"
TEMPLATES = {"admin.rosters.template", "quizzes_admin.download_template"}

EXPORTS = {
    "admin.people.export": Row("/office/people/export", "hua", body={"reason": "核对"}),
    "admin.rosters.template": Row("/office/people/imports/template", "hua"),
    "admin.reports.export": Row("/office/reports/export", "hua", body={}),
    "archive_office.facts": Row("/office/archives/facts", "hua", body={"facts_year": "{year}", "quarter": "{quarter}"}),
    "hours_office.export": Row("/office/hours/export", "hua", body={}),
    "contests.published_workbook": Row("/contests/rounds/{round}/published.xlsx", "lin"),
    "contests_office.export_complete": Row("/office/contests/rounds/{round}/complete", "hua", body={}),
    "quizzes_admin.download_template": Row("/office/question-template", "hua"),
    "quizzes_exchange.export": Row("/office/question-export", "hua", body={"form": "xlsx", "reason": "送审"}),
    "committee_desk.export": Row("/branches/desk/export", "wen", body={}),
    "outside.take": Row("/branches/outside/file", "chen", body={"year": "{year}", "month": "{month}", "branch": "{branch}"}),
    "class_office.export": Row("/office/classes/{training}/list", "ada", body={}),
}  # fmt: skip
"""Every table there is, by endpoint, and who takes it out."""


@pytest.fixture
def north(session: Session, cast: SimpleNamespace, storage: Storage, run_tasks: Callable[[], int]) -> North:
    return build(session, cast, storage, run_tasks)


def test_every_endpoint_that_gives_out_a_table_is_looked_at(web: Web) -> None:
    found = set()
    for endpoint, view in web.app.view_functions.items():
        source = inspect.getsource(inspect.unwrap(getattr(view, "func", view)))
        if re.search(r"\battachment\(|\bsend_file\(", source) and not re.search(
            r"application/(pdf|json)|x-python", source
        ):
            found.add(endpoint)
    assert found == EXPORTS.keys()


def disguise(session: Session) -> None:
    """Names and titles begin with what a program could take for a formula; one name is nothing but digits."""
    columns = [
        Person.name,
        Unit.name,
        Branch.name,
        TrainingClass.title,
        Gathering.title,
        HourEntry.title,
        QuestionVersion.stem,
    ]
    for column in columns:
        for number, row in enumerate(session.scalars(select(column.class_).order_by(column.class_.id))):
            setattr(row, column.key, f"{SIGNS[number % len(SIGNS)]}1+{getattr(row, column.key)}"[:60])
    session.scalars(select(Person).where(Person.staff_no == "bo")).one().name = DIGITS
    session.commit()


def taken(web: Web, north: North) -> dict[str, bytes]:
    """Every table by its endpoint."""
    today = clock.local(clock.now())
    ids = {**north.ids, "year": today.year, "month": today.month, "quarter": (today.month + 2) // 3}
    browsers: dict[str, Web] = {}
    files = {}
    for endpoint, row in EXPORTS.items():
        if row.seen_by not in browsers:
            browsers[row.seen_by] = web.as_(row.seen_by)
        browser = browsers[row.seen_by]
        if row.body is None:
            answer = browser.get(row.path.format(**ids))
        else:
            answer = browser.post(row.path.format(**ids), _filled(row.body, ids), 200)
        assert answer.data[:2] == b"PK", (endpoint, answer.data[:200])
        files[endpoint] = answer.data
    return files


def _filled(body: Mapping[str, Any], ids: Mapping[str, int]) -> dict[str, str]:
    return {key: str(value).format(**ids) for key, value in body.items()}


def texts_of(data: bytes) -> list[object]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return [cell for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for cell in row]


@pytest.fixture
def files(web: Web, session: Session, cast: SimpleNamespace, north: North) -> dict[str, bytes]:
    """Every table, full of texts that begin like formulas, and one with each sign."""
    disguise(session)
    _publish(web, session, cast, north)
    signs = [[f"{sign}1+1", "00123"] for sign in sorted(FORMULA_SIGNS)]
    return {**taken(web, north), "signs": write_workbook([Sheet("表", ("甲", "乙"), signs)])}


def test_s15_no_cell_of_any_table_is_a_formula(files: dict[str, bytes]) -> None:
    for endpoint, data in files.items():
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            sheets = [book.read(name) for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        assert sheets, endpoint
        assert not [sheet for sheet in sheets if b"<f>" in sheet or b"<f " in sheet], endpoint
        dangerous = [cell for cell in texts_of(data) if isinstance(cell, str) and cell[:1] in FORMULA_SIGNS]
        assert dangerous or endpoint in TEMPLATES, f"{endpoint} shows nothing that begins like a formula"
    assert DIGITS in texts_of(files["admin.people.export"])


@pytest.fixture
def calc() -> str:
    """The command of LibreOffice Calc; the test that needs it is skipped by name where it is missing, and fails in CI."""
    found = shutil.which("localc")
    if found is None and os.environ.get("CI"):
        pytest.fail("LibreOffice Calc is not installed: apt-get install libreoffice-calc")
    if found is None:
        pytest.skip("LibreOffice Calc is not installed")
    return found


@pytest.mark.slow
def test_s15_libre_office_shows_every_such_cell_as_the_text_it_is(
    files: dict[str, bytes], calc: str, tmp_path: Path
) -> None:
    shown = opened_by(calc, files, tmp_path)
    for endpoint, cells in shown.items():
        assert all(kind == "string" for kind, text in cells if text[:1] in FORMULA_SIGNS or text == DIGITS), endpoint
        assert endpoint in TEMPLATES or any(text[:1] in FORMULA_SIGNS for _, text in cells), endpoint
    assert ("string", DIGITS) in shown["admin.people.export"]
    assert shown["signs"].count(("string", "00123")) == len(FORMULA_SIGNS)
    assert {text for _, text in shown["signs"]} >= {f"{sign}1+1" for sign in SIGNS}


def opened_by(calc: str, files: Mapping[str, bytes], folder: Path) -> dict[str, list[tuple[str, str]]]:
    """(kind of value, text) of every cell with a text, by file; a formula's kind is "formula"."""
    for name, data in files.items():
        (folder / f"{name}.xlsx").write_bytes(data)
    command = [calc, "--headless", f"-env:UserInstallation=file://{folder}/profile", "--convert-to", "fods"]
    paths = [str(folder / f"{name}.xlsx") for name in files]
    subprocess.run([*command, "--outdir", str(folder), *paths], check=True, timeout=180, capture_output=True)
    return {name: list(_cells((folder / f"{name}.fods").read_text())) for name in files}


def _cells(document: str) -> list[tuple[str, str]]:
    names = {
        "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
        "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
        "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    }
    found = []
    for cell in ElementTree.fromstring(document).iter(f"{{{names['table']}}}table-cell"):
        text = "\n".join("".join(part.itertext()) for part in cell.findall("text:p", names))
        is_formula = f"{{{names['table']}}}formula" in cell.attrib
        kind = "formula" if is_formula else cell.get(f"{{{names['office']}}}value-type", "")
        found += [(kind, text)] if text else []
    return found
