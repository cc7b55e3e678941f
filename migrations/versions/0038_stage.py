"""Finals on stage: what was prepared, the devices of teams, the journal, and who buzzed."""

import sqlalchemy as sa
from alembic import op

import lms.db.types

revision = '0038'
down_revision = '0037'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
UTC = lms.db.types.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        'stage_finals',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('round_id', BIG, nullable=False),
        sa.Column('live_key', sa.String(length=43), nullable=False),
        sa.Column('pin', sa.String(length=6), nullable=False),
        sa.Column('questions', sa.JSON(), nullable=False),
        sa.Column('sequence', sa.Integer(), nullable=False),
        sa.Column('created_by_id', BIG, nullable=False),
        sa.Column('created_at', UTC, nullable=False),
        sa.Column('finished_at', UTC, nullable=True),
        sa.ForeignKeyConstraint(['created_by_id'], ['persons.id'], name='fk_stage_finals_created_by_id_persons'),
        sa.ForeignKeyConstraint(['round_id'], ['rounds.id'], name='fk_stage_finals_round_id_rounds'),
        sa.PrimaryKeyConstraint('id', name='pk_stage_finals'),
        sa.UniqueConstraint('round_id', name='uq_stage_finals_round_id'),
        sa.UniqueConstraint('live_key', name='uq_stage_finals_live_key'),
        sa.UniqueConstraint('pin', name='uq_stage_finals_pin')
    )
    op.create_table(
        'stage_devices',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('final_id', BIG, nullable=False),
        sa.Column('team_id', BIG, nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('code', sa.String(length=6), nullable=False),
        sa.Column('token_digest', sa.String(length=64), nullable=True),
        sa.Column('joined_at', UTC, nullable=True),
        sa.Column('seen_at', UTC, nullable=True),
        sa.Column('round_trips', sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(['final_id'], ['stage_finals.id'], name='fk_stage_devices_final_id_stage_finals'),
        sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name='fk_stage_devices_team_id_teams'),
        sa.PrimaryKeyConstraint('id', name='pk_stage_devices'),
        sa.UniqueConstraint('final_id', 'team_id', name='uq_stage_devices_final_id_team_id'),
        sa.UniqueConstraint('final_id', 'code', name='uq_stage_devices_final_id_code'),
        sa.UniqueConstraint('token_digest', name='uq_stage_devices_token_digest')
    )
    op.create_table(
        'stage_events',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('final_id', BIG, nullable=False),
        sa.Column('sequence', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=32), nullable=False),
        sa.Column('data', sa.JSON(), nullable=False),
        sa.Column('actor_id', BIG, nullable=True),
        sa.Column('at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['actor_id'], ['persons.id'], name='fk_stage_events_actor_id_persons'),
        sa.ForeignKeyConstraint(['final_id'], ['stage_finals.id'], name='fk_stage_events_final_id_stage_finals'),
        sa.PrimaryKeyConstraint('id', name='pk_stage_events'),
        sa.UniqueConstraint('final_id', 'sequence', name='uq_stage_events_final_id_sequence')
    )
    op.create_table(
        'stage_buzzes',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('final_id', BIG, nullable=False),
        sa.Column('turn', sa.Integer(), nullable=False),
        sa.Column('team_id', BIG, nullable=False),
        sa.Column('received_at', UTC, nullable=False),
        sa.Column('round_trip_ms', sa.Integer(), nullable=True),
        sa.Column('is_early', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(['final_id'], ['stage_finals.id'], name='fk_stage_buzzes_final_id_stage_finals'),
        sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name='fk_stage_buzzes_team_id_teams'),
        sa.PrimaryKeyConstraint('id', name='pk_stage_buzzes'),
        sa.UniqueConstraint('final_id', 'turn', 'team_id', name='uq_stage_buzzes_final_id_turn_team_id')
    )
    op.create_index('ix_stage_buzzes_team_id', 'stage_buzzes', ['team_id'])


def downgrade() -> None:
    for table in ('stage_buzzes', 'stage_events', 'stage_devices', 'stage_finals'):
        op.drop_table(table)
