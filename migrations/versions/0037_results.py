"""Boards may freeze: their frozen copies."""

import sqlalchemy as sa
from alembic import op

import lms.db.types

revision = '0037'
down_revision = '0036'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
UTC = lms.db.types.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.add_column('boards', sa.Column('freezes_at', UTC, nullable=True))
    op.add_column('boards', sa.Column('revealed_at', UTC, nullable=True))
    op.add_column('boards', sa.Column('journal_until', BIG, nullable=True))
    is_sqlite = op.get_bind().dialect.name == 'sqlite'
    # One statement, because SQLite adds no constraint later and other tables point to this one, so it is not made anew.
    op.execute(
        f'ALTER TABLE boards ADD COLUMN frozen_of_id {"INTEGER" if is_sqlite else "BIGINT"} '
        'CONSTRAINT fk_boards_frozen_of_id_boards REFERENCES boards (id)'
    )
    op.create_index('uq_boards_frozen_of', 'boards', ['frozen_of_id'], unique=True)


def downgrade() -> None:
    op.drop_index('uq_boards_frozen_of', 'boards')
    with op.batch_alter_table('boards') as batch:
        for column in ('frozen_of_id', 'journal_until', 'revealed_at', 'freezes_at'):
            batch.drop_column(column)
