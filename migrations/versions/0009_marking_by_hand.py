"""Marking by hand, results released by hand, appeals on one question."""

import sqlalchemy as sa
from alembic import op

import lms.db.types

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
UTC = lms.db.types.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.add_column('papers', sa.Column('markers', sa.Integer(), server_default='1', nullable=False))
    op.add_column('papers', sa.Column('is_released_by_hand', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('papers', sa.Column('released_at', UTC, nullable=True))
    op.create_table(
        'hand_marks',
        sa.Column('attempt_id', BIG, autoincrement=False, nullable=False),
        sa.Column('position', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('marker_id', BIG, autoincrement=False, nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('score_millis', sa.Integer(), nullable=False),
        sa.Column('comment', sa.String(length=500), nullable=False),
        sa.Column('marked_at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['attempt_id'], ['attempts.id'], name='fk_hand_marks_attempt_id_attempts'),
        sa.ForeignKeyConstraint(['marker_id'], ['persons.id'], name='fk_hand_marks_marker_id_persons'),
        sa.PrimaryKeyConstraint('attempt_id', 'position', 'marker_id', name='pk_hand_marks'),
        sa.UniqueConstraint('attempt_id', 'position', 'number', name='uq_hand_marks_attempt_id_position_number'),
    )
    op.create_table(
        'appeals',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('attempt_id', BIG, nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('text', sa.String(length=500), nullable=False),
        sa.Column('filed_at', UTC, nullable=False),
        sa.Column('is_upheld', sa.Boolean(), nullable=True),
        sa.Column('reply', sa.String(length=500), nullable=False),
        sa.Column('replied_by_id', BIG, nullable=True),
        sa.Column('replied_at', UTC, nullable=True),
        sa.ForeignKeyConstraint(['attempt_id'], ['attempts.id'], name='fk_appeals_attempt_id_attempts'),
        sa.ForeignKeyConstraint(['replied_by_id'], ['persons.id'], name='fk_appeals_replied_by_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_appeals'),
        sa.UniqueConstraint('attempt_id', 'position', name='uq_appeals_attempt_id_position'),
    )
    op.create_index('ix_appeals_is_upheld', 'appeals', ['is_upheld'])
