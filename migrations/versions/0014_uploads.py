"""Uploads in parts, what each role may store, and that a file was checked before it is served."""

import sqlalchemy as sa
from alembic import op

import lms.db.types

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
UTC = lms.db.types.UtcDateTime(timezone=True)
WORD = sa.String(length=32)


def upgrade() -> None:
    op.create_table(
        'uploads',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('owner_id', BIG, nullable=False),
        sa.Column('name', sa.String(length=200), nullable=False),
        sa.Column('size_bytes', sa.BigInteger(), nullable=False),
        sa.Column('part_bytes', sa.Integer(), nullable=False),
        sa.Column('modified_millis', sa.BigInteger(), nullable=False),
        sa.Column('kind', WORD, nullable=False),
        sa.Column('mime', sa.String(length=100), nullable=False),
        sa.Column('key', sa.String(length=200), nullable=False),
        sa.Column('handle', sa.String(length=1000), nullable=False),
        sa.Column('state', WORD, nullable=False),
        sa.Column('sha256', sa.String(length=64), nullable=False),
        sa.Column('media_id', BIG, nullable=True),
        sa.Column('created_at', UTC, nullable=False),
        sa.Column('touched_at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['owner_id'], ['persons.id'], name='fk_uploads_owner_id_persons'),
        sa.ForeignKeyConstraint(['media_id'], ['media_files.id'], name='fk_uploads_media_id_media_files'),
        sa.PrimaryKeyConstraint('id', name='pk_uploads'),
        sa.UniqueConstraint('key', name='uq_uploads_key'),
    )
    op.create_index('ix_uploads_owner_id_state', 'uploads', ['owner_id', 'state'])
    op.create_index('ix_uploads_state_touched_at', 'uploads', ['state', 'touched_at'])
    op.create_table(
        'upload_parts',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('upload_id', BIG, nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('size_bytes', sa.Integer(), nullable=False),
        sa.Column('sha256', sa.String(length=64), nullable=False),
        sa.Column('stored_at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['upload_id'], ['uploads.id'], name='fk_upload_parts_upload_id_uploads'),
        sa.PrimaryKeyConstraint('id', name='pk_upload_parts'),
        sa.UniqueConstraint('upload_id', 'number', name='uq_upload_parts_upload_id_number'),
    )
    op.create_table(
        'upload_quotas',
        sa.Column('role', WORD, nullable=False),
        sa.Column('most_bytes', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('role', name='pk_upload_quotas'),
    )
    op.add_column('media_files', sa.Column('is_checked', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(sa.text("UPDATE media_files SET is_checked = true WHERE state IN ('ready', 'failed')"))
