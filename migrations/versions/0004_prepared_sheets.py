"""Sheets drawn before the bell."""

import sqlalchemy as sa
from alembic import op

import lms.db.types

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table(
        'prepared_sheets',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('paper_id', BIG, nullable=False),
        sa.Column('purpose', sa.Enum('course', 'contest', 'practice', 'class', name='purpose', native_enum=False, length=32), nullable=False),
        sa.Column('subject_id', BIG, nullable=False),
        sa.Column('sheet', sa.JSON(), nullable=False),
        sa.Column('prepared_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['paper_id'], ['papers.id'], name=op.f('fk_prepared_sheets_paper_id_papers')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_prepared_sheets')),
    )
    op.create_index('ix_prepared_sheets_subject', 'prepared_sheets', ['purpose', 'subject_id', 'paper_id', 'id'], unique=False)
