"""Practice: runs, the journal, the wrong-question book."""

import sqlalchemy as sa
from alembic import op

import lms.db.types

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
UTC = lms.db.types.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        'practice_runs',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('person_id', BIG, nullable=False),
        sa.Column('mode', sa.String(length=32), nullable=False),
        sa.Column('daily_on', sa.Date(), nullable=True),
        sa.Column('line', sa.String(length=32), nullable=True),
        sa.Column('kind', sa.String(length=32), nullable=True),
        sa.Column('sheet', sa.JSON(), nullable=False),
        sa.Column('started_at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name='fk_practice_runs_person_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_practice_runs'),
        sa.UniqueConstraint('person_id', 'daily_on', name='uq_practice_runs_person_id_daily_on'),
    )
    op.create_index('ix_practice_runs_person', 'practice_runs', ['person_id', 'id'])
    op.create_table(
        'practice_journal',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('person_id', BIG, nullable=False),
        sa.Column('question_id', BIG, nullable=False),
        sa.Column('version_id', BIG, nullable=True),
        sa.Column('act', sa.String(length=32), nullable=False),
        sa.Column('run_id', BIG, nullable=True),
        sa.Column('attempt_id', BIG, nullable=True),
        sa.Column('position', sa.Integer(), nullable=True),
        sa.Column('choice', sa.String(length=6000), nullable=False),
        sa.Column('fraction', sa.Integer(), nullable=True),
        sa.Column('at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['attempt_id'], ['attempts.id'], name='fk_practice_journal_attempt_id_attempts'),
        sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name='fk_practice_journal_person_id_persons'),
        sa.ForeignKeyConstraint(['question_id'], ['questions.id'], name='fk_practice_journal_question_id_questions'),
        sa.ForeignKeyConstraint(['run_id'], ['practice_runs.id'], name='fk_practice_journal_run_id_practice_runs'),
        sa.ForeignKeyConstraint(
            ['version_id'], ['question_versions.id'], name='fk_practice_journal_version_id_question_versions'
        ),
        sa.PrimaryKeyConstraint('id', name='pk_practice_journal'),
        sa.UniqueConstraint('attempt_id', 'position', name='uq_practice_journal_attempt_id_position'),
        sa.UniqueConstraint('run_id', 'position', name='uq_practice_journal_run_id_position'),
    )
    op.create_index('ix_practice_journal_at', 'practice_journal', ['person_id', 'at'])
    op.create_index('ix_practice_journal_question', 'practice_journal', ['person_id', 'question_id'])
    op.create_index('ix_practice_journal_version', 'practice_journal', ['version_id', 'id'])
    op.create_table(
        'practice_cards',
        sa.Column('person_id', BIG, autoincrement=False, nullable=False),
        sa.Column('question_id', BIG, autoincrement=False, nullable=False),
        sa.Column('in_book', sa.Boolean(), nullable=False),
        sa.Column('is_kept', sa.Boolean(), nullable=False),
        sa.Column('stability', sa.Double(), nullable=False),
        sa.Column('difficulty', sa.Double(), nullable=False),
        sa.Column('last_on', sa.Date(), nullable=False),
        sa.Column('due_on', sa.Date(), nullable=False),
        sa.Column('streak', sa.Integer(), nullable=False),
        sa.Column('counted_on', sa.Date(), nullable=False),
        sa.Column('errors', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name='fk_practice_cards_person_id_persons'),
        sa.ForeignKeyConstraint(['question_id'], ['questions.id'], name='fk_practice_cards_question_id_questions'),
        sa.PrimaryKeyConstraint('person_id', 'question_id', name='pk_practice_cards'),
    )
    op.create_index('ix_practice_cards_due', 'practice_cards', ['person_id', 'in_book', 'due_on'])
