"""The unit of a numeric question is shown to candidates; contest attempts note when their page is left."""

import sqlalchemy as sa
from alembic import op

import lms.db.types

revision = '0006'
down_revision = '0004'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.add_column('question_versions', sa.Column('unit', sa.String(length=20), server_default='', nullable=False))
    _copy_units()
    op.create_table('attempt_leaves',
    sa.Column('attempt_id', BIG, autoincrement=False, nullable=False),
    sa.Column('mark', sa.String(length=32), nullable=False),
    sa.Column('left_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('away_seconds', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['attempt_id'], ['attempts.id'], name=op.f('fk_attempt_leaves_attempt_id_attempts')),
    sa.PrimaryKeyConstraint('attempt_id', 'mark', name=op.f('pk_attempt_leaves'))
    )


def _copy_units() -> None:
    """The units that stand in the markings so far, cut at the column's length."""
    keys = sa.table('answer_keys', sa.column('version_id', BIG), sa.column('marking', sa.JSON()))
    versions = sa.table('question_versions', sa.column('id', BIG), sa.column('kind', sa.String()), sa.column('unit', sa.String()))
    numeric = sa.select(keys.c.version_id, keys.c.marking).join_from(keys, versions, versions.c.id == keys.c.version_id)
    bind = op.get_bind()
    for version_id, marking in bind.execute(numeric.where(versions.c.kind == 'numeric')).all():
        if marking.get('unit'):
            bind.execute(versions.update().where(versions.c.id == version_id).values(unit=marking['unit'][:20]))
