"""Party standing and the number of lectures of plan items; what was changed in plans."""

import sqlalchemy as sa
from alembic import op

import lms.db.types

revision = '0033'
down_revision = '0031'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
UTC = lms.db.types.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.add_column('plan_items', sa.Column('party', sa.JSON(), server_default='[]', nullable=False))
    op.add_column('plan_items', sa.Column('wanted_count', sa.Integer(), server_default='1', nullable=False))
    op.create_table(
        'plan_changes',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('plan_id', BIG, nullable=False),
        sa.Column('act', sa.String(length=32), nullable=False),
        sa.Column('title', sa.String(length=120), nullable=False),
        sa.Column('differences', sa.JSON(), nullable=False),
        sa.Column('by_id', BIG, nullable=False),
        sa.Column('at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['plan_id'], ['training_plans.id'], name='fk_plan_changes_plan_id_training_plans'),
        sa.ForeignKeyConstraint(['by_id'], ['persons.id'], name='fk_plan_changes_by_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_plan_changes'),
    )
    op.create_index('ix_plan_changes_plan', 'plan_changes', ['plan_id', 'at'])


def downgrade() -> None:
    op.drop_table('plan_changes')
    op.drop_column('plan_items', 'wanted_count')
    op.drop_column('plan_items', 'party')
