"""Exam policies, grants for persons and units, what invigilators did, devices that sat an attempt."""

import sqlalchemy as sa
from alembic import op

import lms.db.types

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
UTC = lms.db.types.UtcDateTime(timezone=True)
PURPOSE = sa.String(length=32)


def upgrade() -> None:
    op.add_column('attempts', sa.Column('submit_from_at', UTC, nullable=True))
    op.create_table(
        'exam_policies',
        sa.Column('purpose', PURPOSE, nullable=False),
        sa.Column('subject_id', BIG, autoincrement=False, nullable=False),
        sa.Column('minimum_seconds', sa.Integer(), nullable=False),
        sa.Column('networks', sa.JSON(), nullable=False),
        sa.Column('is_one_per_address', sa.Boolean(), nullable=False),
        sa.Column('changed_by_id', BIG, nullable=False),
        sa.Column('changed_at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['changed_by_id'], ['persons.id'], name='fk_exam_policies_changed_by_id_persons'),
        sa.PrimaryKeyConstraint('purpose', 'subject_id', name='pk_exam_policies'),
    )
    op.create_table(
        'exam_grants',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('purpose', PURPOSE, nullable=False),
        sa.Column('subject_id', BIG, nullable=False),
        sa.Column('person_id', BIG, nullable=True),
        sa.Column('unit_id', BIG, nullable=True),
        sa.Column('opens_at', UTC, nullable=True),
        sa.Column('closes_at', UTC, nullable=True),
        sa.Column('extra_seconds', sa.Integer(), nullable=False),
        sa.Column('attempts_per_day', sa.Integer(), nullable=True),
        sa.Column('reason', sa.String(length=200), nullable=False),
        sa.Column('made_by_id', BIG, nullable=False),
        sa.Column('made_at', UTC, nullable=False),
        sa.Column('revoked_at', UTC, nullable=True),
        sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name='fk_exam_grants_person_id_persons'),
        sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name='fk_exam_grants_unit_id_units'),
        sa.ForeignKeyConstraint(['made_by_id'], ['persons.id'], name='fk_exam_grants_made_by_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_exam_grants'),
    )
    op.create_index('ix_exam_grants_subject', 'exam_grants', ['purpose', 'subject_id'])
    op.create_table(
        'attempt_events',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('attempt_id', BIG, nullable=False),
        sa.Column('act', sa.String(length=32), nullable=False),
        sa.Column('detail', sa.JSON(), nullable=False),
        sa.Column('reason', sa.String(length=200), nullable=False),
        sa.Column('by_id', BIG, nullable=False),
        sa.Column('at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['attempt_id'], ['attempts.id'], name='fk_attempt_events_attempt_id_attempts'),
        sa.ForeignKeyConstraint(['by_id'], ['persons.id'], name='fk_attempt_events_by_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_attempt_events'),
    )
    op.create_index('ix_attempt_events_attempt_id', 'attempt_events', ['attempt_id'])
    op.create_table(
        'attempt_sittings',
        sa.Column('attempt_id', BIG, autoincrement=False, nullable=False),
        sa.Column('lease', sa.String(length=64), nullable=False),
        sa.Column('address', sa.String(length=45), nullable=False),
        sa.Column('device', sa.String(length=200), nullable=False),
        sa.Column('at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['attempt_id'], ['attempts.id'], name='fk_attempt_sittings_attempt_id_attempts'),
        sa.PrimaryKeyConstraint('attempt_id', 'lease', name='pk_attempt_sittings'),
    )
    op.create_index('ix_attempt_sittings_address', 'attempt_sittings', ['address'])
