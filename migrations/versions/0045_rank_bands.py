"""Rank bands that somebody had before, so that a board of a cut-off day has those of that day."""

import sqlalchemy as sa
from alembic import op

revision = '0045'
down_revision = '0044'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table(
        'rank_band_changes',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('person_id', BIG, nullable=False),
        sa.Column('old', sa.String(length=32), nullable=False),
        sa.Column('changed_on', sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name='fk_rank_band_changes_person_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_rank_band_changes')
    )
    op.create_index('ix_rank_band_changes_person', 'rank_band_changes', ['person_id', 'changed_on'])


def downgrade() -> None:
    op.drop_table('rank_band_changes')
