"""Duties of branches: what was said of their organisation, and the layout of the outside platform's table."""

import sqlalchemy as sa
from alembic import op

import lms.db.types

revision = '0028'
down_revision = '0027'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
UTC = lms.db.types.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        'branch_organisations',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('branch_id', BIG, nullable=False),
        sa.Column('since', sa.Date(), nullable=False),
        sa.Column('has_committee', sa.Boolean(), nullable=True),
        sa.Column('groups', sa.Integer(), nullable=False),
        sa.Column('changed_by_id', BIG, nullable=True),
        sa.Column('changed_at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['branch_id'], ['branches.id'], name='fk_branch_organisations_branch_id_branches'),
        sa.ForeignKeyConstraint(['changed_by_id'], ['persons.id'], name='fk_branch_organisations_changed_by_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_branch_organisations'),
        sa.UniqueConstraint('branch_id', 'since', name='uq_branch_organisations_branch_id_since'),
    )
    op.create_table(
        'outside_layouts',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('name', sa.String(length=60), nullable=False),
        sa.Column('columns', sa.JSON(), nullable=False),
        sa.Column('day_format', sa.String(length=20), nullable=False),
        sa.Column('changed_by_id', BIG, nullable=True),
        sa.Column('changed_at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['changed_by_id'], ['persons.id'], name='fk_outside_layouts_changed_by_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_outside_layouts'),
    )


def downgrade() -> None:
    op.drop_table('outside_layouts')
    op.drop_table('branch_organisations')
