"""Questionnaires of gatherings and who speaks at one."""

import sqlalchemy as sa
from alembic import op

revision = '0027'
down_revision = '0026'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    _add_speaker()
    op.create_table(
        'gathering_replies',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('gathering_id', BIG, nullable=False),
        sa.Column('person_id', BIG, nullable=False),
        sa.Column('points', sa.JSON(), nullable=False),
        sa.Column('total', sa.Integer(), nullable=False),
        sa.Column('words', sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(['gathering_id'], ['gatherings.id'], name='fk_gathering_replies_gathering_id_gatherings'),
        sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name='fk_gathering_replies_person_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_gathering_replies'),
        sa.UniqueConstraint('gathering_id', 'person_id', name='uq_gathering_replies_gathering_id_person_id'),
    )
    op.create_index('ix_gathering_replies_person_id', 'gathering_replies', ['person_id'])


def _add_speaker() -> None:
    """One statement, because SQLite adds no constraint later and other tables point to this one, so it is not made anew."""
    big = 'INTEGER' if op.get_bind().dialect.name == 'sqlite' else 'BIGINT'
    op.execute(
        f'ALTER TABLE gatherings ADD COLUMN speaker_id {big} '
        'CONSTRAINT fk_gatherings_speaker_id_persons REFERENCES persons (id)'
    )
    op.create_index('ix_gatherings_speaker', 'gatherings', ['speaker_id', 'held_on'])
    op.create_index('ix_gatherings_day', 'gatherings', ['held_on'])


def downgrade() -> None:
    op.drop_table('gathering_replies')
    op.drop_index('ix_gatherings_day', 'gatherings')
    op.drop_index('ix_gatherings_speaker', 'gatherings')
    op.drop_column('gatherings', 'speaker_id')
