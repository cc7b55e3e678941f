"""Questionnaires of gatherings and who speaks at one; topics, lectures and calendar feeds."""

import sqlalchemy as sa
from alembic import op

import lms.db.types

revision = '0027'
down_revision = '0026'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
UTC = lms.db.types.UtcDateTime(timezone=True)


def upgrade() -> None:
    _add_speaker()
    op.create_table(
        'gathering_replies',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('gathering_id', BIG, nullable=False),
        sa.Column('person_id', BIG, nullable=False),
        sa.Column('points', sa.JSON(), nullable=False),
        sa.Column('total', sa.Integer(), nullable=False),
        sa.Column('words', sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(['gathering_id'], ['gatherings.id'], name='fk_gathering_replies_gathering_id_gatherings'),
        sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name='fk_gathering_replies_person_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_gathering_replies'),
        sa.UniqueConstraint('gathering_id', 'person_id', name='uq_gathering_replies_gathering_id_person_id'),
    )
    op.create_index('ix_gathering_replies_person_id', 'gathering_replies', ['person_id'])
    _add_topics()
    _add_lectures()


def _add_topics() -> None:
    op.create_table(
        'lecture_years',
        sa.Column('year', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('deadline_on', sa.Date(), nullable=False),
        sa.Column('note', sa.String(length=300), nullable=False),
        sa.Column('set_by_id', BIG, nullable=False),
        sa.Column('set_at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['set_by_id'], ['persons.id'], name='fk_lecture_years_set_by_id_persons'),
        sa.PrimaryKeyConstraint('year', name='pk_lecture_years'),
    )
    op.create_table(
        'lecture_topics',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('year', sa.Integer(), nullable=False),
        sa.Column('lecturer_id', BIG, nullable=False),
        sa.Column('unit_id', BIG, nullable=False),
        sa.Column('title', sa.String(length=100), nullable=False),
        sa.Column('plain_title', sa.String(length=100), nullable=False),
        sa.Column('abstract', sa.String(length=1000), nullable=False),
        sa.Column('audience', sa.String(length=100), nullable=False),
        sa.Column('wished_quarter', sa.Integer(), nullable=False),
        sa.Column('is_late', sa.Boolean(), nullable=False),
        sa.Column('state', sa.String(length=32), nullable=False),
        sa.Column('proposed_at', UTC, nullable=False),
        sa.Column('decided_by_id', BIG, nullable=True),
        sa.Column('decided_at', UTC, nullable=True),
        sa.Column('reason', sa.String(length=200), nullable=False),
        sa.CheckConstraint('wished_quarter BETWEEN 1 AND 4', name='ck_lecture_topics_quarter'),
        sa.ForeignKeyConstraint(['lecturer_id'], ['persons.id'], name='fk_lecture_topics_lecturer_id_persons'),
        sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name='fk_lecture_topics_unit_id_units'),
        sa.ForeignKeyConstraint(['decided_by_id'], ['persons.id'], name='fk_lecture_topics_decided_by_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_lecture_topics'),
        sa.UniqueConstraint('lecturer_id', 'year', 'plain_title', name='uq_lecture_topics_lecturer_id_year_plain_title'),
    )
    op.create_index('ix_lecture_topics_state', 'lecture_topics', ['state', 'year'])
    op.create_index('ix_lecture_topics_unit_id', 'lecture_topics', ['unit_id'])


def _add_lectures() -> None:
    op.create_table(
        'lectures',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('topic_id', BIG, nullable=False),
        sa.Column('slides_id', BIG, nullable=True),
        sa.Column('ready_at', UTC, nullable=True),
        sa.Column('ready_by_id', BIG, nullable=True),
        sa.Column('is_recorded', sa.Boolean(), nullable=False),
        sa.Column('recording_id', BIG, nullable=True),
        sa.Column('created_by_id', BIG, nullable=False),
        sa.Column('created_at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['topic_id'], ['lecture_topics.id'], name='fk_lectures_topic_id_lecture_topics'),
        sa.ForeignKeyConstraint(['slides_id'], ['resources.id'], name='fk_lectures_slides_id_resources'),
        sa.ForeignKeyConstraint(['recording_id'], ['resources.id'], name='fk_lectures_recording_id_resources'),
        sa.ForeignKeyConstraint(['ready_by_id'], ['persons.id'], name='fk_lectures_ready_by_id_persons'),
        sa.ForeignKeyConstraint(['created_by_id'], ['persons.id'], name='fk_lectures_created_by_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_lectures'),
    )
    op.create_index('ix_lectures_topic', 'lectures', ['topic_id'])
    op.create_index('ix_lectures_slides_id', 'lectures', ['slides_id'])
    op.create_index('ix_lectures_recording_id', 'lectures', ['recording_id'])
    op.create_table(
        'lecture_feeds',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('person_id', BIG, nullable=False),
        sa.Column('token_hash', sa.String(length=64), nullable=False),
        sa.Column('made_at', UTC, nullable=False),
        sa.Column('revoked_at', UTC, nullable=True),
        sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name='fk_lecture_feeds_person_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_lecture_feeds'),
        sa.UniqueConstraint('token_hash', name='uq_lecture_feeds_token_hash'),
    )
    op.create_index('ix_lecture_feeds_person', 'lecture_feeds', ['person_id', 'revoked_at'])


def _add_speaker() -> None:
    """One statement, because SQLite adds no constraint later and other tables point to this one, so it is not made anew."""
    big = 'INTEGER' if op.get_bind().dialect.name == 'sqlite' else 'BIGINT'
    op.execute(
        f'ALTER TABLE gatherings ADD COLUMN speaker_id {big} '
        'CONSTRAINT fk_gatherings_speaker_id_persons REFERENCES persons (id)'
    )
    op.create_index('ix_gatherings_speaker', 'gatherings', ['speaker_id', 'held_on'])
    op.create_index('ix_gatherings_day', 'gatherings', ['held_on'])


def downgrade() -> None:
    for table in ('lecture_feeds', 'lectures', 'lecture_topics', 'lecture_years'):
        op.drop_table(table)
    op.drop_table('gathering_replies')
    op.drop_index('ix_gatherings_day', 'gatherings')
    op.drop_index('ix_gatherings_speaker', 'gatherings')
    op.drop_column('gatherings', 'speaker_id')
