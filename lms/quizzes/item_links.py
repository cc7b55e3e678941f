"""What PostgreSQL checks in place of the foreign keys of `attempt_items`: once for each statement, not once for each of its fifty rows.

A foreign key locks the row it points to for every row inserted, and writes the lock to disk: a hundred locks for the start of an attempt, most
of them on questions that everybody else who starts then locks too. The triggers promise the same: an item belongs to an attempt and to a
version that exist, neither goes away while an item names it, and an item never moves to another. SQLite, which locks no rows, keeps its keys.
"""

from sqlalchemy import DDL, Table, event

_ADDED = """
CREATE FUNCTION check_attempt_items() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(DISTINCT version_id) FROM added) <> (
        SELECT count(*) FROM question_versions WHERE id = ANY (ARRAY(SELECT version_id FROM added))
    ) OR (SELECT count(DISTINCT attempt_id) FROM added) <> (
        SELECT count(*) FROM attempts WHERE id = ANY (ARRAY(SELECT DISTINCT attempt_id FROM added))
    ) THEN
        RAISE foreign_key_violation USING MESSAGE = 'attempt_items: no such attempt or version';
    END IF;
    RETURN NULL;
END $$
"""
_MOVED = """
CREATE FUNCTION refuse_moved_items() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.attempt_id, NEW.version_id) IS DISTINCT FROM (OLD.attempt_id, OLD.version_id) THEN
        RAISE foreign_key_violation USING MESSAGE = 'attempt_items: an item stays with its attempt and its version';
    END IF;
    RETURN NEW;
END $$
"""
# Whoever is adding items is waited for, and whoever adds some later sees that the row is gone.
_GONE = """
CREATE FUNCTION check_attempt_items_of_gone() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE named boolean;
BEGIN
    LOCK TABLE attempt_items IN SHARE MODE;
    EXECUTE format('SELECT EXISTS (SELECT FROM attempt_items WHERE %I = $1)', TG_ARGV[0]) INTO named USING OLD.id;
    IF named THEN
        RAISE foreign_key_violation USING MESSAGE = format('%s: attempt_items name it', TG_TABLE_NAME);
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$
"""
STATEMENTS = (
    _ADDED,
    _MOVED,
    _GONE,
    "CREATE TRIGGER attempt_items_added AFTER INSERT ON attempt_items REFERENCING NEW TABLE AS added "
    "FOR EACH STATEMENT EXECUTE FUNCTION check_attempt_items()",
    "CREATE TRIGGER attempt_items_moved BEFORE UPDATE OF attempt_id, version_id ON attempt_items "
    "FOR EACH ROW EXECUTE FUNCTION refuse_moved_items()",
    "CREATE TRIGGER attempts_gone BEFORE DELETE OR UPDATE OF id ON attempts "
    "FOR EACH ROW EXECUTE FUNCTION check_attempt_items_of_gone('attempt_id')",
    "CREATE TRIGGER question_versions_gone BEFORE DELETE OR UPDATE OF id ON question_versions "
    "FOR EACH ROW EXECUTE FUNCTION check_attempt_items_of_gone('version_id')",
)


def check_by_statement(items: Table) -> None:
    """The triggers are made with the table, on PostgreSQL."""
    for statement in STATEMENTS:
        ddl = DDL(statement.replace("%", "%%")).execute_if(dialect="postgresql")  # type: ignore[no-untyped-call]
        event.listen(items, "after_create", ddl)
