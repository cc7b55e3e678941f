"""On PostgreSQL the items of attempts are checked once for each statement, by triggers instead of foreign keys."""

from alembic import op

revision = '0044'
down_revision = '0043'
branch_labels = None
depends_on = None

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


def upgrade() -> None:
    if op.get_bind().dialect.name != 'postgresql':
        return
    op.drop_constraint('fk_attempt_items_attempt_id_attempts', 'attempt_items', type_='foreignkey')
    op.drop_constraint('fk_attempt_items_version_id_question_versions', 'attempt_items', type_='foreignkey')
    for statement in STATEMENTS:
        op.execute(statement)
