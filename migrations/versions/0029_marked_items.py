"""Items of attempts are found by their version only once they are marked."""

import sqlalchemy as sa
from alembic import op

revision = '0029'
down_revision = '0028'
branch_labels = None
depends_on = None

MARKED = sa.text('fraction IS NOT NULL')


def upgrade() -> None:
    op.drop_index('ix_attempt_items_version_id', table_name='attempt_items')
    op.create_index(
        'ix_attempt_items_marked', 'attempt_items', ['version_id', 'attempt_id'], unique=False,
        sqlite_where=MARKED, postgresql_where=MARKED,
    )
