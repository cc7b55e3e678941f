"""Series, speakers, tags, favourites, notes, versions and review comments; the search finds subjects with marks."""

from datetime import timedelta

import pypinyin
import sqlalchemy as sa
from alembic import op

import lms.db.types
from lms.db.bigrams import tokens

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
UTC = lms.db.types.UtcDateTime(timezone=True)
CHUNK = 500
NEXT = sa.text("replaces_id IS NOT NULL AND state <> 'superseded'")
OUTSIDE = sa.text('person_id IS NULL')

SQLITE = (
    "CREATE VIRTUAL TABLE search_words USING fts5("
    "title, grams, marks, content='search_subjects', content_rowid='id', tokenize='ascii', detail=full)",
    'CREATE TRIGGER search_subjects_added AFTER INSERT ON search_subjects BEGIN '
    'INSERT INTO search_words(rowid, title, grams, marks) VALUES (new.id, new.title, new.grams, new.marks); END',
    'CREATE TRIGGER search_subjects_removed AFTER DELETE ON search_subjects BEGIN '
    'INSERT INTO search_words(search_words, rowid, title, grams, marks) '
    "VALUES ('delete', old.id, old.title, old.grams, old.marks); END",
    'CREATE TRIGGER search_subjects_changed AFTER UPDATE ON search_subjects BEGIN '
    'INSERT INTO search_words(search_words, rowid, title, grams, marks) '
    "VALUES ('delete', old.id, old.title, old.grams, old.marks); "
    'INSERT INTO search_words(rowid, title, grams, marks) VALUES (new.id, new.title, new.grams, new.marks); END',
)
POSTGRESQL = (
    "CREATE INDEX ix_search_subjects_title ON search_subjects USING gin (to_tsvector('simple', title))",
    "CREATE INDEX ix_search_subjects_marks ON search_subjects USING gin (to_tsvector('simple', marks))",
)


def key(name: str = 'id') -> sa.Column[int]:
    return sa.Column(name, BIG, autoincrement=name == 'id', nullable=False)


def to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f'{target}.id'], name=f'fk_{table}_{column}_{target}')


def upgrade() -> None:
    _shelf_tables()
    _person_tables()
    _resource_columns()
    _search_table()
    _fill_resources()
    _fill_search()
    _end_the_old_index()


def _shelf_tables() -> None:
    op.create_table(
        'series',
        key(),
        sa.Column('owner_unit_id', BIG, nullable=False),
        sa.Column('name', sa.String(length=40), nullable=False),
        sa.Column('summary', sa.String(length=300), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('is_closed', sa.Boolean(), nullable=False),
        sa.Column('created_at', UTC, nullable=False),
        to('series', 'owner_unit_id', 'units'),
        sa.PrimaryKeyConstraint('id', name='pk_series'),
        sa.UniqueConstraint('owner_unit_id', 'name', name='uq_series_owner_unit_id_name'),
    )
    op.create_table(
        'speakers',
        key(),
        sa.Column('name', sa.String(length=60), nullable=False),
        sa.Column('sound', sa.String(length=120), nullable=False),
        sa.Column('person_id', BIG, nullable=True),
        to('speakers', 'person_id', 'persons'),
        sa.PrimaryKeyConstraint('id', name='pk_speakers'),
        sa.UniqueConstraint('person_id', name='uq_speakers_person_id'),
    )
    op.create_index(
        'uq_speakers_outside', 'speakers', ['name'], unique=True, sqlite_where=OUTSIDE, postgresql_where=OUTSIDE
    )
    op.create_table(
        'resource_tags',
        key('resource_id'),
        sa.Column('tag', sa.String(length=20), nullable=False),
        to('resource_tags', 'resource_id', 'resources'),
        sa.PrimaryKeyConstraint('resource_id', 'tag', name='pk_resource_tags'),
    )
    op.create_index('ix_resource_tags_tag', 'resource_tags', ['tag', 'resource_id'])


def _person_tables() -> None:
    op.create_table(
        'resource_favourites',
        key('person_id'),
        key('resource_id'),
        sa.Column('kept_at', UTC, nullable=False),
        to('resource_favourites', 'person_id', 'persons'),
        to('resource_favourites', 'resource_id', 'resources'),
        sa.PrimaryKeyConstraint('person_id', 'resource_id', name='pk_resource_favourites'),
    )
    op.create_index('ix_resource_favourites_resource_id', 'resource_favourites', ['resource_id'])
    op.create_table(
        'resource_notes',
        key(),
        sa.Column('person_id', BIG, nullable=False),
        sa.Column('resource_id', BIG, nullable=False),
        sa.Column('at_millis', sa.Integer(), nullable=True),
        sa.Column('page', sa.Integer(), nullable=True),
        sa.Column('text', sa.String(length=1000), nullable=False),
        sa.Column('made_at', UTC, nullable=False),
        to('resource_notes', 'person_id', 'persons'),
        to('resource_notes', 'resource_id', 'resources'),
        sa.PrimaryKeyConstraint('id', name='pk_resource_notes'),
    )
    op.create_index('ix_resource_notes_person', 'resource_notes', ['person_id', 'resource_id'])
    op.create_index('ix_resource_notes_resource_id', 'resource_notes', ['resource_id'])
    op.create_table(
        'resource_comments',
        key(),
        sa.Column('resource_id', BIG, nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('at_millis', sa.Integer(), nullable=True),
        sa.Column('page', sa.Integer(), nullable=True),
        sa.Column('text', sa.String(length=500), nullable=False),
        sa.Column('author_id', BIG, nullable=False),
        sa.Column('made_at', UTC, nullable=False),
        sa.Column('resolved_at', UTC, nullable=True),
        sa.Column('resolved_by_id', BIG, nullable=True),
        to('resource_comments', 'resource_id', 'resources'),
        to('resource_comments', 'author_id', 'persons'),
        to('resource_comments', 'resolved_by_id', 'persons'),
        sa.PrimaryKeyConstraint('id', name='pk_resource_comments'),
    )
    op.create_index('ix_resource_comments_resource', 'resource_comments', ['resource_id', 'id'])


def _resource_columns() -> None:
    op.add_column('resource_reviews', sa.Column('digest', sa.String(length=64), server_default='', nullable=False))
    for column in (
        sa.Column('withdrawn_at', UTC, nullable=True),
        sa.Column('year', sa.Integer(), nullable=True),
        sa.Column('title_sound', sa.String(length=120), server_default='', nullable=False),
        sa.Column('change_note', sa.String(length=200), server_default='', nullable=False),
        sa.Column('superseded_at', UTC, nullable=True),
    ):
        op.add_column('resources', column)
    # One statement each, because SQLite adds no constraint later and other tables point to this one, so it is not made anew.
    big = 'INTEGER' if op.get_bind().dialect.name == 'sqlite' else 'BIGINT'
    for column, target in (('series_id', 'series'), ('speaker_id', 'speakers'), ('replaces_id', 'resources')):
        op.execute(
            f'ALTER TABLE resources ADD COLUMN {column} {big} '
            f'CONSTRAINT fk_resources_{column}_{target} REFERENCES {target} (id)'
        )
    op.create_index('ix_resources_state_sound', 'resources', ['state', 'title_sound', 'id'])
    for name, column in (('series', 'series_id'), ('speaker', 'speaker_id'), ('year', 'year')):
        op.create_index(f'ix_resources_{name}', 'resources', [column, 'state', 'published_at', 'id'])
    op.create_index('ix_resources_replaces', 'resources', ['replaces_id', 'version'])
    op.create_index(
        'uq_resources_next', 'resources', ['replaces_id'], unique=True, sqlite_where=NEXT, postgresql_where=NEXT
    )


def _search_table() -> None:
    op.create_table(
        'search_subjects',
        key(),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('subject_id', BIG, nullable=False),
        sa.Column('title', sa.Text(), nullable=False),
        sa.Column('grams', sa.Text(), nullable=False),
        sa.Column('marks', sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint('id', name='pk_search_subjects'),
        sa.UniqueConstraint('kind', 'subject_id', name='uq_search_subjects_kind_subject_id'),
    )
    for statement in SQLITE if op.get_bind().dialect.name == 'sqlite' else POSTGRESQL:
        op.execute(statement)


def _fill_resources() -> None:
    """Each resource has its year, the sound of its title and its speaker: the person, or the name given."""
    connection = op.get_bind()
    lecturers = dict(connection.execute(sa.text('SELECT id, name FROM persons WHERE id IN (SELECT lecturer_id FROM resources)')).all())
    rows = connection.execute(
        sa.text('SELECT id, title, lecturer_id, lecturer_name, created_at FROM resources ORDER BY id').columns(created_at=UTC)
    ).all()
    speakers: dict[tuple[int | None, str], int] = {}
    for row in rows:
        name = row.lecturer_name.strip()
        person_id = row.lecturer_id if lecturers.get(row.lecturer_id) == name else None
        if name and (person_id, name) not in speakers:
            made = {'id': len(speakers) + 1, 'name': name, 'sound': _sound(name), 'person': person_id}
            connection.execute(
                sa.text('INSERT INTO speakers (id, name, sound, person_id) VALUES (:id, :name, :sound, :person)'), made
            )
            speakers[person_id, name] = made['id']
        connection.execute(
            sa.text('UPDATE resources SET year = :year, title_sound = :sound, speaker_id = :speaker WHERE id = :id'),
            {
                'id': row.id,
                'year': (row.created_at + timedelta(hours=8)).year,
                'sound': _sound(row.title),
                'speaker': speakers.get((person_id, name)),
            },
        )
    if connection.dialect.name == 'postgresql':
        op.execute("SELECT setval(pg_get_serial_sequence('speakers', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM speakers), false)")


def _sound(text: str) -> str:
    return ' '.join(pypinyin.lazy_pinyin(text[:40]))[:120].lower()


def _fill_search() -> None:
    """What could be found can be found, with the marks it is filtered by."""
    connection, last = op.get_bind(), ('', 0)
    is_sqlite = connection.dialect.name == 'sqlite'
    after = sa.text(
        'SELECT kind, subject_id, min(id) AS first FROM search_texts '
        'WHERE kind > :kind OR (kind = :kind AND subject_id > :subject) GROUP BY kind, subject_id ORDER BY kind, subject_id LIMIT :many'
    )
    texts = sa.text('SELECT place, text, grams FROM search_texts WHERE kind = :kind AND subject_id = :subject ORDER BY id')
    while some := connection.execute(after, {'kind': last[0], 'subject': last[1], 'many': CHUNK}).all():
        subjects = []
        for kind, subject_id, _ in some:
            pieces = connection.execute(texts, {'kind': kind, 'subject': subject_id}).all()
            words = ' '.join(piece.grams for piece in pieces if piece.place != 'title')
            subjects.append(
                {
                    'kind': kind,
                    'subject': subject_id,
                    'title': ' '.join(piece.grams or ' '.join(tokens(piece.text)) for piece in pieces if piece.place == 'title'),
                    'grams': words if is_sqlite else '',
                    'marks': ' '.join([f'fk{kind}', *_marks(connection, kind, subject_id)]),
                }
            )
        connection.execute(
            sa.text(
                'INSERT INTO search_subjects (kind, subject_id, title, grams, marks) VALUES (:kind, :subject, :title, :grams, :marks)'
            ),
            subjects,
        )
        last = (some[-1].kind, some[-1].subject_id)


def _marks(connection: sa.Connection, kind: str, subject_id: int) -> list[str]:
    if kind == 'resource':
        row = connection.execute(
            sa.text('SELECT line, kind, audience_unit_id, year, speaker_id FROM resources WHERE id = :id'), {'id': subject_id}
        ).one_or_none()
        if row is None:
            return []
        more = [f'ft{row.kind}', f'fy{row.year}', *([f'fp{row.speaker_id}'] if row.speaker_id else [])]
    elif kind == 'course':
        row = connection.execute(
            sa.text('SELECT line, audience_unit_id FROM courses WHERE id = :id'), {'id': subject_id}
        ).one_or_none()
        if row is None:
            return []
        more = []
    else:
        return []
    return [f'fa{row.audience_unit_id or 0}', f'fl{row.line}', *more]


def _end_the_old_index() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        for name in ('added', 'removed', 'changed'):
            op.execute(f'DROP TRIGGER search_texts_{name}')
        op.execute('DROP TABLE search_grams')
        op.execute("UPDATE search_texts SET grams = ''")
