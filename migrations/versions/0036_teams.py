"""Teams, how they divide a round and what they reached; integrity cases and annulments."""

import sqlalchemy as sa
from alembic import op

import lms.db.types

revision = '0036'
down_revision = '0033'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
UTC = lms.db.types.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        'team_settings',
        sa.Column('contest_id', BIG, autoincrement=False, nullable=False),
        sa.Column('least', sa.Integer(), nullable=False),
        sa.Column('most', sa.Integer(), nullable=False),
        sa.Column('substitutes', sa.Integer(), nullable=False),
        sa.Column('per_unit', sa.Integer(), nullable=False),
        sa.Column('best_of', sa.Integer(), nullable=False),
        sa.Column('entry_until', UTC, nullable=False),
        sa.Column('change_until', UTC, nullable=False),
        sa.Column('changed_by_id', BIG, nullable=False),
        sa.Column('changed_at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['changed_by_id'], ['persons.id'], name='fk_team_settings_changed_by_id_persons'),
        sa.ForeignKeyConstraint(['contest_id'], ['contests.id'], name='fk_team_settings_contest_id_contests'),
        sa.PrimaryKeyConstraint('contest_id', name='pk_team_settings')
    )
    op.create_table(
        'teams',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('contest_id', BIG, nullable=False),
        sa.Column('name', sa.String(length=40), nullable=False),
        sa.Column('unit_id', BIG, nullable=False),
        sa.Column('captain_id', BIG, nullable=True),
        sa.Column('state', sa.String(length=32), nullable=False),
        sa.Column('created_by_id', BIG, nullable=True),
        sa.Column('created_at', UTC, nullable=False),
        sa.Column('withdrawn_at', UTC, nullable=True),
        sa.ForeignKeyConstraint(['captain_id'], ['persons.id'], name='fk_teams_captain_id_persons'),
        sa.ForeignKeyConstraint(['contest_id'], ['contests.id'], name='fk_teams_contest_id_contests'),
        sa.ForeignKeyConstraint(['created_by_id'], ['persons.id'], name='fk_teams_created_by_id_persons'),
        sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name='fk_teams_unit_id_units'),
        sa.PrimaryKeyConstraint('id', name='pk_teams'),
        sa.UniqueConstraint('contest_id', 'name', name='uq_teams_contest_id_name')
    )
    op.create_index('ix_teams_unit_id', 'teams', ['unit_id'])
    op.create_table(
        'team_members',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('team_id', BIG, nullable=False),
        sa.Column('person_id', BIG, nullable=False),
        sa.Column('contest_id', BIG, nullable=False),
        sa.Column('role', sa.String(length=32), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('joined_at', UTC, nullable=False),
        sa.Column('left_at', UTC, nullable=True),
        sa.ForeignKeyConstraint(['contest_id'], ['contests.id'], name='fk_team_members_contest_id_contests'),
        sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name='fk_team_members_person_id_persons'),
        sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name='fk_team_members_team_id_teams'),
        sa.PrimaryKeyConstraint('id', name='pk_team_members')
    )
    op.create_index('ix_team_members_person_id', 'team_members', ['person_id'])
    op.create_index('ix_team_members_team_id', 'team_members', ['team_id', 'position'])
    op.create_index('uq_team_members_one_team', 'team_members', ['contest_id', 'person_id'], unique=True, sqlite_where=sa.text('left_at IS NULL'), postgresql_where=sa.text('left_at IS NULL'))
    op.create_table(
        'team_changes',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('team_id', BIG, nullable=False),
        sa.Column('text', sa.String(length=200), nullable=False),
        sa.Column('reason', sa.String(length=200), nullable=False),
        sa.Column('by_id', BIG, nullable=True),
        sa.Column('at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['by_id'], ['persons.id'], name='fk_team_changes_by_id_persons'),
        sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name='fk_team_changes_team_id_teams'),
        sa.PrimaryKeyConstraint('id', name='pk_team_changes')
    )
    op.create_index('ix_team_changes_team_id', 'team_changes', ['team_id'])
    op.create_table(
        'team_sheets',
        sa.Column('round_id', BIG, autoincrement=False, nullable=False),
        sa.Column('team_id', BIG, autoincrement=False, nullable=False),
        sa.Column('sheet', sa.JSON(), nullable=False),
        sa.Column('shares', sa.JSON(), nullable=False),
        sa.Column('drawn_at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['round_id'], ['rounds.id'], name='fk_team_sheets_round_id_rounds'),
        sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name='fk_team_sheets_team_id_teams'),
        sa.PrimaryKeyConstraint('round_id', 'team_id', name='pk_team_sheets')
    )
    op.create_table(
        'team_shares',
        sa.Column('round_id', BIG, autoincrement=False, nullable=False),
        sa.Column('team_id', BIG, autoincrement=False, nullable=False),
        sa.Column('person_id', BIG, autoincrement=False, nullable=False),
        sa.Column('questions', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name='fk_team_shares_person_id_persons'),
        sa.ForeignKeyConstraint(['round_id'], ['rounds.id'], name='fk_team_shares_round_id_rounds'),
        sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name='fk_team_shares_team_id_teams'),
        sa.PrimaryKeyConstraint('round_id', 'team_id', 'person_id', name='pk_team_shares')
    )
    op.create_table(
        'team_results',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('round_id', BIG, nullable=False),
        sa.Column('team_id', BIG, nullable=False),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.Column('score_millis', sa.Integer(), nullable=False),
        sa.Column('seconds', sa.Integer(), nullable=False),
        sa.Column('source', sa.String(length=20), nullable=False),
        sa.Column('recorded_at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['round_id'], ['rounds.id'], name='fk_team_results_round_id_rounds'),
        sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name='fk_team_results_team_id_teams'),
        sa.PrimaryKeyConstraint('id', name='pk_team_results'),
        sa.UniqueConstraint('round_id', 'team_id', 'revision', name='uq_team_results_round_id_team_id_revision')
    )
    op.create_table(
        'integrity_cases',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('round_id', BIG, nullable=False),
        sa.Column('person_id', BIG, nullable=False),
        sa.Column('other_id', BIG, nullable=True),
        sa.Column('state', sa.String(length=32), nullable=False),
        sa.Column('facts', sa.JSON(), nullable=False),
        sa.Column('reason', sa.String(length=500), nullable=False),
        sa.Column('opened_by_id', BIG, nullable=False),
        sa.Column('opened_at', UTC, nullable=False),
        sa.Column('hearing', sa.String(length=1000), nullable=False),
        sa.Column('heard_by_id', BIG, nullable=True),
        sa.Column('heard_at', UTC, nullable=True),
        sa.Column('decision', sa.String(length=500), nullable=False),
        sa.Column('decided_by_id', BIG, nullable=True),
        sa.Column('decided_at', UTC, nullable=True),
        sa.ForeignKeyConstraint(['decided_by_id'], ['persons.id'], name='fk_integrity_cases_decided_by_id_persons'),
        sa.ForeignKeyConstraint(['heard_by_id'], ['persons.id'], name='fk_integrity_cases_heard_by_id_persons'),
        sa.ForeignKeyConstraint(['opened_by_id'], ['persons.id'], name='fk_integrity_cases_opened_by_id_persons'),
        sa.ForeignKeyConstraint(['other_id'], ['persons.id'], name='fk_integrity_cases_other_id_persons'),
        sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name='fk_integrity_cases_person_id_persons'),
        sa.ForeignKeyConstraint(['round_id'], ['rounds.id'], name='fk_integrity_cases_round_id_rounds'),
        sa.PrimaryKeyConstraint('id', name='pk_integrity_cases')
    )
    op.create_index('ix_integrity_cases_round_id', 'integrity_cases', ['round_id'])
    op.create_table(
        'annulments',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('case_id', BIG, nullable=False),
        sa.Column('person_id', BIG, nullable=False),
        sa.Column('attempt_id', BIG, nullable=False),
        sa.Column('proposed_by_id', BIG, nullable=False),
        sa.Column('made_by_id', BIG, nullable=False),
        sa.Column('made_at', UTC, nullable=False),
        sa.Column('undo_reason', sa.String(length=500), nullable=False),
        sa.Column('undo_asked_by_id', BIG, nullable=True),
        sa.Column('undo_asked_at', UTC, nullable=True),
        sa.Column('undone_by_id', BIG, nullable=True),
        sa.Column('undone_at', UTC, nullable=True),
        sa.ForeignKeyConstraint(['attempt_id'], ['attempts.id'], name='fk_annulments_attempt_id_attempts'),
        sa.ForeignKeyConstraint(['case_id'], ['integrity_cases.id'], name='fk_annulments_case_id_integrity_cases'),
        sa.ForeignKeyConstraint(['made_by_id'], ['persons.id'], name='fk_annulments_made_by_id_persons'),
        sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name='fk_annulments_person_id_persons'),
        sa.ForeignKeyConstraint(['proposed_by_id'], ['persons.id'], name='fk_annulments_proposed_by_id_persons'),
        sa.ForeignKeyConstraint(['undo_asked_by_id'], ['persons.id'], name='fk_annulments_undo_asked_by_id_persons'),
        sa.ForeignKeyConstraint(['undone_by_id'], ['persons.id'], name='fk_annulments_undone_by_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_annulments')
    )
    op.create_index('ix_annulments_attempt_id', 'annulments', ['attempt_id'])
    op.create_index('ix_annulments_case_id', 'annulments', ['case_id'])


def downgrade() -> None:
    op.drop_table('annulments')
    op.drop_table('integrity_cases')
    op.drop_table('team_results')
    op.drop_table('team_shares')
    op.drop_table('team_sheets')
    op.drop_table('team_changes')
    op.drop_table('team_members')
    op.drop_table('teams')
    op.drop_table('team_settings')
