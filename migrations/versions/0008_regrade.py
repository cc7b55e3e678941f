"""Corrected results: a journal line may have revisions, a key its corrections, an attempt its changes."""

import sqlalchemy as sa
from alembic import op

import lms.db.types

revision = '0008'
down_revision = '0006'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    with op.batch_alter_table('board_results') as batch:
        batch.add_column(sa.Column('revision', sa.Integer(), server_default='0', nullable=False))
        batch.drop_constraint('uq_board_results_board_id_source_kind_source_id', type_='unique')
        batch.create_unique_constraint(
            'uq_board_results_board_id_source_kind_source_id_revision', ['board_id', 'source_kind', 'source_id', 'revision']
        )
    op.create_table(
        'key_corrections',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('version_id', BIG, nullable=False),
        sa.Column('act', sa.String(length=32), nullable=False),
        sa.Column('before', sa.JSON(), nullable=False),
        sa.Column('after', sa.JSON(), nullable=False),
        sa.Column('reason', sa.String(length=500), nullable=False),
        sa.Column('made_by_id', BIG, nullable=False),
        sa.Column('made_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column('finished_at', lms.db.types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['version_id'], ['question_versions.id'], name='fk_key_corrections_version_id_question_versions'),
        sa.ForeignKeyConstraint(['made_by_id'], ['persons.id'], name='fk_key_corrections_made_by_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_key_corrections'),
    )
    op.create_index('ix_key_corrections_version_id', 'key_corrections', ['version_id'])
    op.create_table(
        'attempt_changes',
        sa.Column('correction_id', BIG, autoincrement=False, nullable=False),
        sa.Column('attempt_id', BIG, autoincrement=False, nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('old_fraction', sa.Integer(), nullable=False),
        sa.Column('new_fraction', sa.Integer(), nullable=False),
        sa.Column('old_score_millis', sa.Integer(), nullable=False),
        sa.Column('new_score_millis', sa.Integer(), nullable=False),
        sa.Column('changed_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['correction_id'], ['key_corrections.id'], name='fk_attempt_changes_correction_id_key_corrections'),
        sa.ForeignKeyConstraint(['attempt_id'], ['attempts.id'], name='fk_attempt_changes_attempt_id_attempts'),
        sa.PrimaryKeyConstraint('correction_id', 'attempt_id', name='pk_attempt_changes'),
    )
    op.create_index('ix_attempt_changes_attempt_id', 'attempt_changes', ['attempt_id'])
