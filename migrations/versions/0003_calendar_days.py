"""Days that are worked or free, whatever the built-in calendar of holidays says."""

import sqlalchemy as sa
from alembic import op

import lms.db.types

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('calendar_days',
    sa.Column('id', KEY, autoincrement=True, nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('is_working', sa.Boolean(), nullable=False),
    sa.Column('name', sa.String(length=30), nullable=False),
    sa.Column('changed_by_id', KEY, nullable=True),
    sa.Column('changed_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['changed_by_id'], ['persons.id'], name=op.f('fk_calendar_days_changed_by_id_persons')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_calendar_days')),
    sa.UniqueConstraint('on', name=op.f('uq_calendar_days_on'))
    )


def downgrade() -> None:
    op.drop_table('calendar_days')
