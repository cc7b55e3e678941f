"""Who may import what, beyond the floors that import-linter checks."""

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "lms"
FILES = sorted(PACKAGE.rglob("*.py"))
FLASK_MAY = {"views", "api", "web", "guard", "request", "app", "cli", "gallery", "errors"}
ORDER = ["rules", "models", "queries", "access", "services", "forms", "views"]


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def roots_of(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports_of(path)}


def place(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", [p for p in FILES if p.stem.endswith("rules")], ids=place)
def test_rules_need_nothing_but_the_standard_library_and_other_rules(path: Path) -> None:
    foreign = {n for n in imports_of(path) if n.split(".")[0] not in sys.stdlib_module_names}
    allowed = {
        n
        for n in foreign
        if n.startswith("lms.") and any(p.endswith(("rules", "errors", "clock")) for p in n.split("."))
    }
    assert not foreign - allowed - {"lms", "lms.clock"}


@pytest.mark.parametrize("path", FILES, ids=place)
def test_flask_is_known_only_at_the_edge(path: Path) -> None:
    if "flask" in roots_of(path) | {r.split("_")[0] for r in roots_of(path)}:
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        edge = (
            parts[0] in ("web", "app", "cli")
            or parts[-1] in ("guard", "short_way", "request", "cli", "api", "groups")
            or parts[-1].endswith(("views", "_api"))
        )
        assert edge, f"{place(path)} imports flask"


@pytest.mark.parametrize("path", FILES, ids=place)
def test_boto3_is_known_only_to_the_s3_storage_and_apscheduler_only_to_the_scheduler(path: Path) -> None:
    roots = roots_of(path)
    assert not roots & {"boto3", "botocore"} or place(path) == "storage/s3.py"
    assert "apscheduler" not in roots or place(path) == "scheduler.py"


@pytest.mark.parametrize("path", FILES, ids=place)
def test_other_domains_see_no_views_forms_or_jobs(path: Path) -> None:
    parts = path.relative_to(PACKAGE).parts
    if parts[0] in ("app.py", "scheduler.py", "cli.py"):
        return
    for name in imports_of(path):
        pieces = name.split(".")
        if pieces[0] == "lms" and len(pieces) >= 3 and pieces[1] not in (parts[0], "web", "tasks", "db"):
            private = pieces[2] in ("forms", "jobs", "api") or pieces[2].endswith(("views", "_api"))
            assert not private or parts[0] == "demo", f"{place(path)} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=place)
def test_inside_a_domain_imports_go_from_edge_to_rules(path: Path) -> None:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    if len(parts) < 2 or parts[0] in ("web", "db", "demo", "admin", "home"):
        return
    mine = _rank(parts[1])
    for name in imports_of(path):
        pieces = name.split(".")
        if pieces[:2] == ["lms", parts[0]] and len(pieces) > 2 and mine is not None:
            theirs = _rank(pieces[2])
            assert theirs is None or theirs <= mine, f"{place(path)} imports {name}"


def _rank(module: str) -> int | None:
    """The step of a module inside its domain; access and queries stand on one step."""
    if module.endswith(("views", "_api")) or module in ("api", "jobs"):
        return ORDER.index("views")
    if module in ("access", "queries") or module.startswith("access_"):
        return ORDER.index("access")
    name = "rules" if module.endswith("rules") else module
    return ORDER.index(name) if name in ORDER else None
