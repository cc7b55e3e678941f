"""The bank: readiness, tags, source documents, cases, changes, look-alikes, pictures; lettered papers and questions not seen before."""

import hashlib

import sqlalchemy as sa
from alembic import op

import lms.db.types
from lms.db.bigrams import tokens
from lms.quizzes.rules import bare_words

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
UTC = lms.db.types.UtcDateTime(timezone=True)
SHORT = sa.String(length=32)
CHUNK = 1000


def ref(name: str, table: str, target: str, nullable: bool = False, **options: object) -> list[object]:
    """A column that points to another table, with its constraint."""
    return [
        sa.Column(name, BIG, nullable=nullable, **options),
        sa.ForeignKeyConstraint([name], [f'{target}.id'], name=f'fk_{table}_{name}_{target}'),
    ]


def number() -> sa.Column[int]:
    return sa.Column('id', BIG, autoincrement=True, nullable=False)


def upgrade() -> None:
    _tables()
    _columns()
    _fill()


def _tables() -> None:
    op.create_table(
        'source_documents',
        number(),
        *ref('owner_unit_id', 'source_documents', 'units'),
        sa.Column('title', sa.String(length=120), nullable=False),
        sa.Column('version', sa.String(length=60), nullable=False),
        sa.Column('issued_on', sa.Date(), nullable=True),
        sa.Column('superseded_on', sa.Date(), nullable=True),
        *ref('superseded_by_id', 'source_documents', 'source_documents', True),
        *ref('created_by_id', 'source_documents', 'persons', True),
        sa.Column('created_at', UTC, nullable=False),
        sa.PrimaryKeyConstraint('id', name='pk_source_documents'),
        sa.UniqueConstraint('owner_unit_id', 'title', 'version', name='uq_source_documents_owner_unit_id_title_version'),
    )
    op.create_table(
        'question_tags',
        *ref('question_id', 'question_tags', 'questions', autoincrement=False),
        sa.Column('tag', sa.String(length=30), nullable=False),
        sa.PrimaryKeyConstraint('question_id', 'tag', name='pk_question_tags'),
    )
    op.create_index('ix_question_tags_tag', 'question_tags', ['tag', 'question_id'])
    op.create_table(
        'question_batches',
        number(),
        *ref('owner_unit_id', 'question_batches', 'units'),
        sa.Column('what', sa.String(length=300), nullable=False),
        sa.Column('count', sa.Integer(), nullable=False),
        *ref('made_by_id', 'question_batches', 'persons'),
        sa.Column('made_at', UTC, nullable=False),
        sa.Column('undone_at', UTC, nullable=True),
        *ref('undone_by_id', 'question_batches', 'persons', True),
        sa.PrimaryKeyConstraint('id', name='pk_question_batches'),
    )
    op.create_index('ix_question_batches_owner_unit_id', 'question_batches', ['owner_unit_id'])
    op.create_table(
        'question_changes',
        number(),
        *ref('question_id', 'question_changes', 'questions'),
        *ref('batch_id', 'question_changes', 'question_batches', True),
        sa.Column('changes', sa.JSON(), nullable=False),
        sa.Column('note', sa.String(length=300), nullable=False),
        *ref('made_by_id', 'question_changes', 'persons', True),
        sa.Column('made_at', UTC, nullable=False),
        sa.PrimaryKeyConstraint('id', name='pk_question_changes'),
    )
    op.create_index('ix_question_changes_question_id', 'question_changes', ['question_id'])
    op.create_index('ix_question_changes_batch_id', 'question_changes', ['batch_id'])
    op.create_table(
        'question_twins',
        *ref('first_id', 'question_twins', 'questions', autoincrement=False),
        *ref('second_id', 'question_twins', 'questions', autoincrement=False),
        sa.Column('percent', sa.Integer(), nullable=False),
        sa.Column('found_at', UTC, nullable=False),
        sa.Column('is_dismissed', sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint('first_id', 'second_id', name='pk_question_twins'),
    )
    op.create_index('ix_question_twins_second_id', 'question_twins', ['second_id'])
    op.create_table(
        'question_pictures',
        number(),
        *ref('owner_unit_id', 'question_pictures', 'units'),
        sa.Column('name', sa.String(length=120), nullable=False),
        sa.Column('key', sa.String(length=120), nullable=False),
        sa.Column('width', sa.Integer(), nullable=False),
        sa.Column('height', sa.Integer(), nullable=False),
        sa.Column('bytes', sa.Integer(), nullable=False),
        *ref('created_by_id', 'question_pictures', 'persons', True),
        sa.Column('created_at', UTC, nullable=False),
        sa.PrimaryKeyConstraint('id', name='pk_question_pictures'),
    )
    op.create_table(
        'version_pictures',
        *ref('picture_id', 'version_pictures', 'question_pictures', autoincrement=False),
        *ref('version_id', 'version_pictures', 'question_versions', autoincrement=False),
        sa.PrimaryKeyConstraint('picture_id', 'version_id', name='pk_version_pictures'),
    )


def _columns() -> None:
    op.add_column('question_versions', sa.Column('markup', SHORT, server_default='plain', nullable=False))
    op.add_column('papers', sa.Column('unseen_days', sa.Integer(), server_default='0', nullable=False))
    op.add_column('papers', sa.Column('is_lettered', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('attempts', sa.Column('letter', sa.String(length=1), server_default='', nullable=False))
    op.add_column('attempts', sa.Column('note', sa.String(length=200), server_default='', nullable=False))
    op.add_column('questions', sa.Column('readiness', SHORT, server_default='ready', nullable=False))
    op.add_column('questions', sa.Column('case_mark', sa.String(length=64), server_default='', nullable=False))
    op.add_column('questions', sa.Column('review_since', UTC, nullable=True))
    op.add_column('questions', sa.Column('review_reason', sa.String(length=300), server_default='', nullable=False))
    # One statement, because SQLite adds no constraint later and other tables point to this one, so it is not made anew.
    big = 'INTEGER' if op.get_bind().dialect.name == 'sqlite' else 'BIGINT'
    op.execute(
        f'ALTER TABLE questions ADD COLUMN document_id {big} '
        'CONSTRAINT fk_questions_document_id_source_documents REFERENCES source_documents (id)'
    )
    for name in ('case_mark', 'document_id', 'review_since'):
        op.create_index(f'ix_questions_{name}', 'questions', [name])
    op.execute("UPDATE questions SET readiness = 'retired' WHERE is_retired")
    op.drop_column('questions', 'is_retired')


def _fill() -> None:
    """The questions that are there can be searched, and parts of a case know it."""
    connection, last = op.get_bind(), 0
    newest = sa.text(
        'SELECT q.id, v.stem, v.material, v.options FROM questions q JOIN question_versions v '
        'ON v.question_id = q.id AND v.number = q.version WHERE q.id > :last ORDER BY q.id LIMIT :many'
    ).columns(options=sa.JSON())
    while rows := connection.execute(newest, {'last': last, 'many': CHUNK}).all():
        texts = []
        for id, stem, material, options in rows:
            text = '\n'.join([stem, material, *options])[:20_000]
            texts.append({'subject': id, 'text': text, 'grams': ' '.join(tokens(text))})
        connection.execute(
            sa.text(
                'INSERT INTO search_texts (kind, subject_id, place, number, text, grams) '
                "VALUES ('question', :subject, 'text', 0, :text, :grams)"
            ),
            texts,
        )
        cases = [
            {'id': id, 'mark': hashlib.sha256(bare_words(material).encode('utf-8', 'surrogatepass')).hexdigest()}
            for id, _, material, _ in rows
            if material.strip()
        ]
        if cases:
            connection.execute(sa.text('UPDATE questions SET case_mark = :mark WHERE id = :id'), cases)
        last = rows[-1].id
