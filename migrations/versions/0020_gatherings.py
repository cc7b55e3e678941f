"""Gatherings: plan, roll, leave, minutes, decisions, materials, photos, history."""

import sqlalchemy as sa
from alembic import op

import lms.db.types

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
UTC = lms.db.types.UtcDateTime(timezone=True)
WORD = sa.String(length=32)


def upgrade() -> None:
    op.create_table(
        'gatherings',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('kind', WORD, nullable=False),
        sa.Column('title', sa.String(length=120), nullable=False),
        sa.Column('branch_id', BIG, nullable=True),
        sa.Column('unit_id', BIG, nullable=True),
        sa.Column('subject_kind', sa.String(length=32), nullable=True),
        sa.Column('subject_id', BIG, nullable=True),
        sa.Column('starts_at', UTC, nullable=False),
        sa.Column('ends_at', UTC, nullable=False),
        sa.Column('held_on', sa.Date(), nullable=False),
        sa.Column('extent', WORD, nullable=False),
        sa.Column('place', sa.String(length=100), nullable=False),
        sa.Column('host_id', BIG, nullable=True),
        sa.Column('recorder_id', BIG, nullable=True),
        sa.Column('agenda', sa.JSON(), nullable=False),
        sa.Column('guests', sa.String(length=300), nullable=False),
        sa.Column('roster', WORD, nullable=False),
        sa.Column('bucket', WORD, nullable=True),
        sa.Column('state', WORD, nullable=False),
        sa.Column('closed_at', UTC, nullable=True),
        sa.Column('closed_by_id', BIG, nullable=True),
        sa.Column('due_count', sa.Integer(), nullable=False),
        sa.Column('present_count', sa.Integer(), nullable=False),
        sa.Column('leave_count', sa.Integer(), nullable=False),
        sa.Column('others_count', sa.Integer(), nullable=False),
        sa.Column('minutes_at', UTC, nullable=True),
        sa.Column('locks_at', UTC, nullable=False),
        sa.Column('locked_at', UTC, nullable=True),
        sa.Column('created_by_id', BIG, nullable=True),
        sa.Column('created_at', UTC, nullable=False),
        sa.CheckConstraint('(branch_id IS NULL) <> (unit_id IS NULL)', name='ck_gatherings_owner'),
        sa.ForeignKeyConstraint(['branch_id'], ['branches.id'], name='fk_gatherings_branch_id_branches'),
        sa.ForeignKeyConstraint(['closed_by_id'], ['persons.id'], name='fk_gatherings_closed_by_id_persons'),
        sa.ForeignKeyConstraint(['created_by_id'], ['persons.id'], name='fk_gatherings_created_by_id_persons'),
        sa.ForeignKeyConstraint(['host_id'], ['persons.id'], name='fk_gatherings_host_id_persons'),
        sa.ForeignKeyConstraint(['recorder_id'], ['persons.id'], name='fk_gatherings_recorder_id_persons'),
        sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name='fk_gatherings_unit_id_units'),
        sa.PrimaryKeyConstraint('id', name='pk_gatherings'),
    )
    op.create_index('ix_gatherings_branch', 'gatherings', ['branch_id', 'held_on'])
    op.create_index('ix_gatherings_lock', 'gatherings', ['locked_at', 'locks_at'])
    op.create_index('ix_gatherings_subject', 'gatherings', ['subject_kind', 'subject_id'])
    op.create_index('ix_gatherings_unit', 'gatherings', ['unit_id', 'held_on'])
    op.create_table(
        'gathering_invitees',
        sa.Column('gathering_id', BIG, autoincrement=False, nullable=False),
        sa.Column('person_id', BIG, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(['gathering_id'], ['gatherings.id'], name='fk_gathering_invitees_gathering_id_gatherings'),
        sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name='fk_gathering_invitees_person_id_persons'),
        sa.PrimaryKeyConstraint('gathering_id', 'person_id', name='pk_gathering_invitees'),
    )
    op.create_index('ix_gathering_invitees_person_id', 'gathering_invitees', ['person_id'])
    op.create_table(
        'gathering_entries',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('gathering_id', BIG, nullable=False),
        sa.Column('person_id', BIG, nullable=False),
        sa.Column('mark', WORD, nullable=False),
        sa.Column('cause', WORD, nullable=True),
        sa.Column('way', WORD, nullable=False),
        sa.Column('visit', WORD, nullable=True),
        sa.Column('is_due', sa.Boolean(), nullable=False),
        sa.Column('party_status', WORD, nullable=True),
        sa.Column('duty_status', WORD, nullable=True),
        sa.Column('scanned_at', UTC, nullable=True),
        sa.Column('marked_at', UTC, nullable=False),
        sa.Column('marked_by_id', BIG, nullable=True),
        sa.ForeignKeyConstraint(['gathering_id'], ['gatherings.id'], name='fk_gathering_entries_gathering_id_gatherings'),
        sa.ForeignKeyConstraint(['marked_by_id'], ['persons.id'], name='fk_gathering_entries_marked_by_id_persons'),
        sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name='fk_gathering_entries_person_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_gathering_entries'),
        sa.UniqueConstraint('gathering_id', 'person_id', name='uq_gathering_entries_gathering_id_person_id'),
    )
    op.create_index('ix_gathering_entries_person', 'gathering_entries', ['person_id', 'gathering_id'])
    op.create_table(
        'gathering_leaves',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('gathering_id', BIG, nullable=False),
        sa.Column('person_id', BIG, nullable=False),
        sa.Column('cause', WORD, nullable=False),
        sa.Column('note', sa.String(length=100), nullable=False),
        sa.Column('state', WORD, nullable=False),
        sa.Column('asked_at', UTC, nullable=False),
        sa.Column('decided_by_id', BIG, nullable=True),
        sa.Column('decided_at', UTC, nullable=True),
        sa.ForeignKeyConstraint(['decided_by_id'], ['persons.id'], name='fk_gathering_leaves_decided_by_id_persons'),
        sa.ForeignKeyConstraint(['gathering_id'], ['gatherings.id'], name='fk_gathering_leaves_gathering_id_gatherings'),
        sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name='fk_gathering_leaves_person_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_gathering_leaves'),
        sa.UniqueConstraint('gathering_id', 'person_id', name='uq_gathering_leaves_gathering_id_person_id'),
    )
    op.create_index('ix_gathering_leaves_person_id', 'gathering_leaves', ['person_id'])
    op.create_table(
        'gathering_minutes',
        sa.Column('gathering_id', BIG, autoincrement=False, nullable=False),
        sa.Column('texts', sa.JSON(), nullable=False),
        sa.Column('written_by_id', BIG, nullable=True),
        sa.Column('written_at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['gathering_id'], ['gatherings.id'], name='fk_gathering_minutes_gathering_id_gatherings'),
        sa.ForeignKeyConstraint(['written_by_id'], ['persons.id'], name='fk_gathering_minutes_written_by_id_persons'),
        sa.PrimaryKeyConstraint('gathering_id', name='pk_gathering_minutes'),
    )
    op.create_table(
        'gathering_decisions',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('gathering_id', BIG, nullable=False),
        sa.Column('text', sa.String(length=300), nullable=False),
        sa.Column('owner_id', BIG, nullable=False),
        sa.Column('due_on', sa.Date(), nullable=False),
        sa.Column('state', WORD, nullable=False),
        sa.Column('result', sa.String(length=200), nullable=False),
        sa.Column('settled_by_id', BIG, nullable=True),
        sa.Column('settled_at', UTC, nullable=True),
        sa.Column('created_at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['gathering_id'], ['gatherings.id'], name='fk_gathering_decisions_gathering_id_gatherings'),
        sa.ForeignKeyConstraint(['owner_id'], ['persons.id'], name='fk_gathering_decisions_owner_id_persons'),
        sa.ForeignKeyConstraint(['settled_by_id'], ['persons.id'], name='fk_gathering_decisions_settled_by_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_gathering_decisions'),
    )
    op.create_index('ix_gathering_decisions_gathering_id', 'gathering_decisions', ['gathering_id'])
    op.create_index('ix_gathering_decisions_owner', 'gathering_decisions', ['owner_id', 'state'])
    op.create_table(
        'gathering_materials',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('gathering_id', BIG, nullable=False),
        sa.Column('kind', WORD, nullable=False),
        sa.Column('ref_id', BIG, nullable=False),
        sa.Column('title', sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(['gathering_id'], ['gatherings.id'], name='fk_gathering_materials_gathering_id_gatherings'),
        sa.PrimaryKeyConstraint('id', name='pk_gathering_materials'),
        sa.UniqueConstraint('gathering_id', 'kind', 'ref_id', name='uq_gathering_materials_gathering_id_kind_ref_id'),
    )
    op.create_table(
        'gathering_photos',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('gathering_id', BIG, nullable=False),
        sa.Column('media_id', BIG, nullable=False),
        sa.Column('place', sa.Integer(), nullable=False),
        sa.CheckConstraint('place BETWEEN 1 AND 3', name='ck_gathering_photos_place'),
        sa.ForeignKeyConstraint(['gathering_id'], ['gatherings.id'], name='fk_gathering_photos_gathering_id_gatherings'),
        sa.ForeignKeyConstraint(['media_id'], ['media_files.id'], name='fk_gathering_photos_media_id_media_files'),
        sa.PrimaryKeyConstraint('id', name='pk_gathering_photos'),
        sa.UniqueConstraint('gathering_id', 'place', name='uq_gathering_photos_gathering_id_place'),
    )
    op.create_table(
        'gathering_changes',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('gathering_id', BIG, nullable=False),
        sa.Column('act', sa.String(length=40), nullable=False),
        sa.Column('detail', sa.JSON(), nullable=False),
        sa.Column('reason', sa.String(length=200), nullable=False),
        sa.Column('by_id', BIG, nullable=True),
        sa.Column('at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['by_id'], ['persons.id'], name='fk_gathering_changes_by_id_persons'),
        sa.ForeignKeyConstraint(['gathering_id'], ['gatherings.id'], name='fk_gathering_changes_gathering_id_gatherings'),
        sa.PrimaryKeyConstraint('id', name='pk_gathering_changes'),
    )
    op.create_index('ix_gathering_changes_gathering_id', 'gathering_changes', ['gathering_id'])
