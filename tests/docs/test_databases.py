"""docs/databases.md lists what the code asks of PostgreSQL beyond plain SQL: all of it, and nothing that is not there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "databases.md").read_text("utf-8")
FILES = [*(ROOT / "lms").rglob("*.py"), *(ROOT / "migrations").rglob("*.py")]
SOURCE = "\n".join(path.read_text("utf-8") for path in FILES)
WORDS = {
    "ON CONFLICT": r"on_conflict_do_nothing|on_conflict_do_update|ON CONFLICT",
    "RETURNING": r"RETURNING|\.returning\(",
    "SKIP LOCKED": r"skip_locked=True",
    "FOR SHARE": r"FOR SHARE",
    "WITH ORDINALITY": r"WITH ORDINALITY",
    "USING gin": r"USING gin|postgresql_using=.gin",
    "postgresql_where": r"postgresql_where",
    "OVER": r"\.over\(|\bOVER \(",
    "aggregate_strings": r"aggregate_strings",
    "REPEATABLE READ": r"REPEATABLE READ",
    "SAVEPOINT": r"SAVEPOINT|begin_nested",
    "REFERENCING NEW TABLE": r"REFERENCING NEW TABLE",
    "LOCK TABLE": r"LOCK TABLE",
    "ARRAY(SELECT": r"ARRAY\(SELECT",
}
ABSENT = {
    "LISTEN": r"\bLISTEN [a-z]",
    "extensions": r"CREATE EXTENSION",
    "jsonb": r"JSONB|::jsonb|jsonb_",
    "arrays": r"postgresql\.ARRAY|sqltypes\.ARRAY|unnest\(",
    "generated columns": r"Computed\(|GENERATED ALWAYS AS \(",
    "materialised views": r"MATERIALIZED VIEW",
}
OURS = r"\b(?:pg_[a-z_]+|json_(?:array|agg|build|object|populate|extract_path|typeof)[a-z_]*|to_ts[a-z]+|hashtext|setval|clock_timestamp|regclass|regnamespace)\b"
"""Functions and catalogues that only a server of this family has; SQLite's own are told apart below."""


def test_each_construct_is_used_and_listed() -> None:
    for word, pattern in WORDS.items():
        assert re.search(pattern, SOURCE), f"{word} is listed and not used any more"
        assert word in PAGE, f"{word} is used and not listed"


def test_every_function_and_catalogue_of_this_family_in_our_sql_is_listed() -> None:
    statements = "\n".join(re.findall(r'"{3}.*?"{3}|"[^"\n]*"', SOURCE, re.S)) + "\n".join(
        re.findall(r"func\.(\w+)", SOURCE)
    )
    used = set(re.findall(OURS, statements))
    called = {name for name in used if re.search(rf"\b{name}\(|AS {name}\b|FROM {name}\b|func\.{name}\b", SOURCE)}
    assert len(called) >= 8
    assert {name for name in called if f"`{name}" not in PAGE} == set()


def test_what_is_said_to_be_unused_is_unused() -> None:
    said = PAGE.partition("Not used: ")[2].partition("\n")[0]
    for word, pattern in ABSENT.items():
        assert word in said
        assert not re.search(pattern, SOURCE), f"{word} is used after all"


def test_only_the_links_of_items_have_functions() -> None:
    having = {
        path.name for path in FILES if re.search(r"CREATE (OR REPLACE )?(FUNCTION|PROCEDURE)", path.read_text("utf-8"))
    }
    assert having == {"item_links.py", "0044_item_links.py"}
