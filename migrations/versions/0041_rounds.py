"""Entry to rounds by unit quota and by advancement."""

import sqlalchemy as sa
from alembic import op

import lms.db.types

revision = '0041'
down_revision = '0038'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
UTC = lms.db.types.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.add_column('rounds', sa.Column('entry', sa.String(length=32), server_default='open', nullable=False))
    op.add_column('rounds', sa.Column('unit_quota', sa.Integer(), server_default='0', nullable=False))
    op.add_column('rounds', sa.Column('entry_until', UTC, nullable=True))
    op.add_column('rounds', sa.Column('admission', sa.JSON(), server_default='{}', nullable=False))
    op.add_column('rounds', sa.Column('carry_percent', sa.Integer(), server_default='0', nullable=False))
    is_sqlite = op.get_bind().dialect.name == 'sqlite'
    # One statement, because SQLite adds no constraint later and other tables point to this one, so it is not made anew.
    op.execute(
        f'ALTER TABLE rounds ADD COLUMN from_round_id {"INTEGER" if is_sqlite else "BIGINT"} '
        'CONSTRAINT fk_rounds_from_round_id_rounds REFERENCES rounds (id)'
    )
    op.create_table(
        'round_unit_entries',
        sa.Column('round_id', BIG, autoincrement=False, nullable=False),
        sa.Column('person_id', BIG, autoincrement=False, nullable=False),
        sa.Column('unit_id', BIG, nullable=False),
        sa.Column('entered_by_id', BIG, nullable=False),
        sa.Column('entered_at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['entered_by_id'], ['persons.id'], name='fk_round_unit_entries_entered_by_id_persons'),
        sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name='fk_round_unit_entries_person_id_persons'),
        sa.ForeignKeyConstraint(['round_id'], ['rounds.id'], name='fk_round_unit_entries_round_id_rounds'),
        sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name='fk_round_unit_entries_unit_id_units'),
        sa.PrimaryKeyConstraint('round_id', 'person_id', name='pk_round_unit_entries')
    )
    op.create_table(
        'round_wild_cards',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('round_id', BIG, nullable=False),
        sa.Column('person_id', BIG, nullable=True),
        sa.Column('team_id', BIG, nullable=True),
        sa.Column('unit_id', BIG, nullable=True),
        sa.Column('reason', sa.String(length=100), nullable=False),
        sa.Column('by_id', BIG, nullable=False),
        sa.Column('at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['by_id'], ['persons.id'], name='fk_round_wild_cards_by_id_persons'),
        sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name='fk_round_wild_cards_person_id_persons'),
        sa.ForeignKeyConstraint(['round_id'], ['rounds.id'], name='fk_round_wild_cards_round_id_rounds'),
        sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name='fk_round_wild_cards_team_id_teams'),
        sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name='fk_round_wild_cards_unit_id_units'),
        sa.PrimaryKeyConstraint('id', name='pk_round_wild_cards'),
        sa.UniqueConstraint('round_id', 'person_id', name='uq_round_wild_cards_round_id_person_id'),
        sa.UniqueConstraint('round_id', 'team_id', name='uq_round_wild_cards_round_id_team_id')
    )
    op.create_table(
        'advancements',
        sa.Column('round_id', BIG, autoincrement=False, nullable=False),
        sa.Column('from_round_id', BIG, nullable=False),
        sa.Column('rule', sa.JSON(), nullable=False),
        sa.Column('edge_place', sa.Integer(), nullable=True),
        sa.Column('state', sa.String(length=20), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('published_by_id', BIG, nullable=False),
        sa.Column('published_at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['from_round_id'], ['rounds.id'], name='fk_advancements_from_round_id_rounds'),
        sa.ForeignKeyConstraint(['published_by_id'], ['persons.id'], name='fk_advancements_published_by_id_persons'),
        sa.ForeignKeyConstraint(['round_id'], ['rounds.id'], name='fk_advancements_round_id_rounds'),
        sa.PrimaryKeyConstraint('round_id', name='pk_advancements')
    )
    op.create_table(
        'advancement_lines',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('round_id', BIG, nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('person_id', BIG, nullable=True),
        sa.Column('team_id', BIG, nullable=True),
        sa.Column('unit_id', BIG, nullable=True),
        sa.Column('outcome', sa.String(length=32), nullable=False),
        sa.Column('seat', sa.String(length=32), nullable=True),
        sa.Column('reason', sa.String(length=200), nullable=False),
        sa.Column('place', sa.Integer(), nullable=True),
        sa.Column('score_millis', sa.Integer(), nullable=True),
        sa.Column('carried_millis', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name='fk_advancement_lines_person_id_persons'),
        sa.ForeignKeyConstraint(['round_id'], ['advancements.round_id'], name='fk_advancement_lines_round_id_advancements'),
        sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name='fk_advancement_lines_team_id_teams'),
        sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name='fk_advancement_lines_unit_id_units'),
        sa.PrimaryKeyConstraint('id', name='pk_advancement_lines'),
        sa.UniqueConstraint('round_id', 'person_id', name='uq_advancement_lines_round_id_person_id'),
        sa.UniqueConstraint('round_id', 'position', name='uq_advancement_lines_round_id_position'),
        sa.UniqueConstraint('round_id', 'team_id', name='uq_advancement_lines_round_id_team_id')
    )
    op.create_index('ix_advancement_lines_person_id', 'advancement_lines', ['person_id'])
    op.create_table(
        'advancement_withdrawals',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('round_id', BIG, nullable=False),
        sa.Column('line_id', BIG, nullable=False),
        sa.Column('successor_id', BIG, nullable=True),
        sa.Column('reason', sa.String(length=200), nullable=False),
        sa.Column('by_id', BIG, nullable=False),
        sa.Column('at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['by_id'], ['persons.id'], name='fk_advancement_withdrawals_by_id_persons'),
        sa.ForeignKeyConstraint(['line_id'], ['advancement_lines.id'], name='fk_advancement_withdrawals_line_id_advancement_lines'),
        sa.ForeignKeyConstraint(['round_id'], ['advancements.round_id'], name='fk_advancement_withdrawals_round_id_advancements'),
        sa.ForeignKeyConstraint(['successor_id'], ['advancement_lines.id'], name='fk_advancement_withdrawals_successor_id_advancement_lines'),
        sa.PrimaryKeyConstraint('id', name='pk_advancement_withdrawals'),
        sa.UniqueConstraint('line_id', name='uq_advancement_withdrawals_line_id'),
        sa.UniqueConstraint('successor_id', name='uq_advancement_withdrawals_successor_id')
    )
    op.create_index('ix_advancement_withdrawals_round_id', 'advancement_withdrawals', ['round_id'])


def downgrade() -> None:
    op.drop_table('advancement_withdrawals')
    op.drop_table('advancement_lines')
    op.drop_table('advancements')
    op.drop_table('round_wild_cards')
    op.drop_table('round_unit_entries')
    with op.batch_alter_table('rounds') as batch:
        for column in ('from_round_id', 'carry_percent', 'admission', 'entry_until', 'unit_quota', 'entry'):
            batch.drop_column(column)
