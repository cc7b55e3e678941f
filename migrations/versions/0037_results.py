"""Boards may freeze: their frozen copies. What follows from a published ranking: chosen before, and done once."""

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
    op.create_table(
        'round_awards',
        sa.Column('round_id', BIG, autoincrement=False, nullable=False),
        sa.Column('rule', sa.JSON(), nullable=False),
        sa.Column('chosen_by_id', BIG, nullable=False),
        sa.Column('chosen_at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['chosen_by_id'], ['persons.id'], name='fk_round_awards_chosen_by_id_persons'),
        sa.ForeignKeyConstraint(['round_id'], ['rounds.id'], name='fk_round_awards_round_id_rounds'),
        sa.PrimaryKeyConstraint('round_id', name='pk_round_awards')
    )
    op.create_table(
        'round_effects',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('round_id', BIG, nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('person_id', BIG, nullable=False),
        sa.Column('old_place', sa.Integer(), nullable=True),
        sa.Column('new_place', sa.Integer(), nullable=True),
        sa.Column('honour', sa.String(length=32), nullable=False),
        sa.Column('quarters', sa.Integer(), nullable=False),
        sa.Column('certificate_id', BIG, nullable=True),
        sa.Column('done_at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['certificate_id'], ['certificates.id'], name='fk_round_effects_certificate_id_certificates'),
        sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name='fk_round_effects_person_id_persons'),
        sa.ForeignKeyConstraint(['round_id'], ['rounds.id'], name='fk_round_effects_round_id_rounds'),
        sa.PrimaryKeyConstraint('id', name='pk_round_effects'),
        sa.UniqueConstraint('round_id', 'version', 'person_id', name='uq_round_effects_round_id_version_person_id')
    )
    op.create_index('ix_round_effects_person_id', 'round_effects', ['person_id'])
    op.create_table(
        'due_corrections',
        sa.Column('correction_id', BIG, autoincrement=False, nullable=False),
        sa.Column('round_id', BIG, autoincrement=False, nullable=False),
        sa.Column('approved_by_id', BIG, nullable=False),
        sa.Column('approved_at', UTC, nullable=False),
        sa.Column('version', sa.Integer(), nullable=True),
        sa.Column('done_at', UTC, nullable=True),
        sa.ForeignKeyConstraint(['approved_by_id'], ['persons.id'], name='fk_due_corrections_approved_by_id_persons'),
        sa.ForeignKeyConstraint(['correction_id'], ['key_corrections.id'], name='fk_due_corrections_correction_id_key_corrections'),
        sa.ForeignKeyConstraint(['round_id'], ['rounds.id'], name='fk_due_corrections_round_id_rounds'),
        sa.PrimaryKeyConstraint('correction_id', 'round_id', name='pk_due_corrections')
    )


def downgrade() -> None:
    for table in ('due_corrections', 'round_effects', 'round_awards'):
        op.drop_table(table)
    op.drop_index('uq_boards_frozen_of', 'boards')
    with op.batch_alter_table('boards') as batch:
        for column in ('frozen_of_id', 'journal_until', 'revealed_at', 'freezes_at'):
            batch.drop_column(column)
