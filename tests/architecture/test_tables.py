"""Tables leave the site by one writer (S15)."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2] / "lms"
WRITER = ROOT / "web" / "spreadsheets.py"
CELLS = {
    "write_string", "write_number", "write_formula", "write_array_formula", "write_dynamic_array_formula", "write_url",
    "write_rich_string", "write_row", "write_column", "write_datetime", "write_boolean", "write_blank", "merge_range",
    "add_worksheet",
}  # fmt: skip
"""Methods of XlsxWriter that fill a cell or begin a sheet."""
LIBRARIES = {"xlsxwriter", "openpyxl", "xlwt", "pyexcelerate", "pandas"}


def _names(source: str) -> Iterator[str]:
    """What a module imports, late imports too, and which methods it calls."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield f"text:{node.value}"
        elif isinstance(node, ast.Attribute):
            yield f"{node.value.id}.{node.attr}" if isinstance(node.value, ast.Name) else f".{node.attr}"


def breaches(source: str) -> set[str]:
    """Ways around the writer."""
    found = set()
    for name in _names(source):
        if name.removeprefix("text:") in LIBRARIES or name in ("csv.writer", "csv.DictWriter"):
            found.add(name)
        elif name.rpartition(".")[2] in CELLS:
            found.add(name.rpartition(".")[2])
    return found


def test_nothing_writes_a_table_around_the_writer() -> None:
    modules = [path for path in ROOT.rglob("*.py") if path != WRITER]
    assert len(modules) > 500
    found = {str(path.relative_to(ROOT)): wrong for path in modules if (wrong := breaches(path.read_text()))}
    assert found == {}


def test_a_way_around_the_writer_is_noticed() -> None:
    assert breaches('import csv\nrows = csv.writer(out)\nlater("xlsxwriter")\npage.write_formula(0, 0, x)') == {
        "csv.writer", "text:xlsxwriter", "write_formula",
    }  # fmt: skip
    assert breaches("import csv\nrows = csv.reader(text)\nout.write(page, 0, 0, text)") == set()
    assert "write_string" in breaches(WRITER.read_text())
