"""Stars: programmes with versions of their rule, cycles, candidates, recommendations, objections, publications."""

import sqlalchemy as sa
from alembic import op

import lms.db.types

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
UTC = lms.db.types.UtcDateTime(timezone=True)
WORD = sa.String(length=32)
OPEN = sa.text('replied_at IS NULL')


def upgrade() -> None:
    op.create_table(
        'star_programmes',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('title', sa.String(length=60), nullable=False),
        sa.Column('preset', sa.String(length=20), nullable=False),
        sa.Column('holder', WORD, nullable=False),
        sa.Column('period', WORD, nullable=False),
        sa.Column('line', WORD, nullable=True),
        sa.Column('owner_unit_id', BIG, nullable=False),
        sa.Column('state', WORD, nullable=False),
        sa.Column('started_at', UTC, nullable=True),
        sa.Column('created_by_id', BIG, nullable=False),
        sa.Column('created_at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['created_by_id'], ['persons.id'], name='fk_star_programmes_created_by_id_persons'),
        sa.ForeignKeyConstraint(['owner_unit_id'], ['units.id'], name='fk_star_programmes_owner_unit_id_units'),
        sa.PrimaryKeyConstraint('id', name='pk_star_programmes'),
    )
    op.create_index('ix_star_programmes_owner_unit_id', 'star_programmes', ['owner_unit_id'])
    op.create_table(
        'star_rules',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('programme_id', BIG, nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('rule', sa.JSON(), nullable=False),
        sa.Column('made_by_id', BIG, nullable=False),
        sa.Column('made_at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['made_by_id'], ['persons.id'], name='fk_star_rules_made_by_id_persons'),
        sa.ForeignKeyConstraint(['programme_id'], ['star_programmes.id'], name='fk_star_rules_programme_id_star_programmes'),
        sa.PrimaryKeyConstraint('id', name='pk_star_rules'),
        sa.UniqueConstraint('programme_id', 'version', name='uq_star_rules_programme_id_version'),
    )
    op.create_table(
        'star_cycles',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('programme_id', BIG, nullable=False),
        sa.Column('period_key', sa.String(length=20), nullable=False),
        sa.Column('label', sa.String(length=60), nullable=False),
        sa.Column('first_on', sa.Date(), nullable=False),
        sa.Column('last_on', sa.Date(), nullable=False),
        sa.Column('cut_off_on', sa.Date(), nullable=False),
        sa.Column('round_id', BIG, nullable=True),
        sa.Column('rule_id', BIG, nullable=False),
        sa.Column('state', WORD, nullable=False),
        sa.Column('head_count', sa.Integer(), nullable=False),
        sa.Column('opened_at', UTC, nullable=False),
        sa.Column('measured_at', UTC, nullable=True),
        sa.Column('checked_at', UTC, nullable=True),
        sa.Column('recommend_until_on', sa.Date(), nullable=True),
        sa.Column('reviewed_by_id', BIG, nullable=True),
        sa.Column('reviewed_at', UTC, nullable=True),
        sa.Column('review_note', sa.String(length=500), nullable=False),
        sa.Column('notice_from_on', sa.Date(), nullable=True),
        sa.Column('notice_until_on', sa.Date(), nullable=True),
        sa.Column('decided_by_id', BIG, nullable=True),
        sa.Column('decided_at', UTC, nullable=True),
        sa.Column('decision_note', sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(['decided_by_id'], ['persons.id'], name='fk_star_cycles_decided_by_id_persons'),
        sa.ForeignKeyConstraint(['programme_id'], ['star_programmes.id'], name='fk_star_cycles_programme_id_star_programmes'),
        sa.ForeignKeyConstraint(['reviewed_by_id'], ['persons.id'], name='fk_star_cycles_reviewed_by_id_persons'),
        sa.ForeignKeyConstraint(['round_id'], ['rounds.id'], name='fk_star_cycles_round_id_rounds'),
        sa.ForeignKeyConstraint(['rule_id'], ['star_rules.id'], name='fk_star_cycles_rule_id_star_rules'),
        sa.PrimaryKeyConstraint('id', name='pk_star_cycles'),
        sa.UniqueConstraint('programme_id', 'period_key', name='uq_star_cycles_programme_id_period_key'),
    )
    op.create_index('ix_star_cycles_state', 'star_cycles', ['state'])
    op.create_table(
        'star_candidates',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('cycle_id', BIG, nullable=False),
        sa.Column('holder_id', BIG, nullable=False),
        sa.Column('name', sa.String(length=60), nullable=False),
        sa.Column('unit_id', BIG, nullable=True),
        sa.Column('unit_name', sa.String(length=60), nullable=False),
        sa.Column('branch_id', BIG, nullable=True),
        sa.Column('parts', sa.JSON(), nullable=False),
        sa.Column('gates', sa.JSON(), nullable=False),
        sa.Column('judged', sa.JSON(), nullable=False),
        sa.Column('score_millis', sa.Integer(), nullable=False),
        sa.Column('tie', sa.Integer(), nullable=False),
        sa.Column('obstacle', sa.String(length=100), nullable=False),
        sa.Column('now_millis', sa.Integer(), nullable=True),
        sa.Column('place', sa.Integer(), nullable=True),
        sa.Column('veto_reason', sa.String(length=200), nullable=False),
        sa.Column('vetoed_by_id', BIG, nullable=True),
        sa.Column('vetoed_at', UTC, nullable=True),
        sa.ForeignKeyConstraint(['branch_id'], ['branches.id'], name='fk_star_candidates_branch_id_branches'),
        sa.ForeignKeyConstraint(['cycle_id'], ['star_cycles.id'], name='fk_star_candidates_cycle_id_star_cycles'),
        sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name='fk_star_candidates_unit_id_units'),
        sa.ForeignKeyConstraint(['vetoed_by_id'], ['persons.id'], name='fk_star_candidates_vetoed_by_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_star_candidates'),
        sa.UniqueConstraint('cycle_id', 'holder_id', name='uq_star_candidates_cycle_id_holder_id'),
    )
    op.create_index('ix_star_candidates_branch_id', 'star_candidates', ['branch_id'])
    op.create_index('ix_star_candidates_holder', 'star_candidates', ['holder_id', 'cycle_id'])
    op.create_index('ix_star_candidates_order', 'star_candidates', ['cycle_id', 'score_millis', 'holder_id'])
    op.create_index('ix_star_candidates_unit_id', 'star_candidates', ['unit_id'])
    op.create_table(
        'star_recommendations',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('cycle_id', BIG, nullable=False),
        sa.Column('candidate_id', BIG, nullable=False),
        sa.Column('level', WORD, nullable=False),
        sa.Column('node_id', BIG, nullable=False),
        sa.Column('slot', sa.Integer(), nullable=False),
        sa.Column('reason', sa.String(length=300), nullable=False),
        sa.Column('by_id', BIG, nullable=False),
        sa.Column('at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['by_id'], ['persons.id'], name='fk_star_recommendations_by_id_persons'),
        sa.ForeignKeyConstraint(['candidate_id'], ['star_candidates.id'], name='fk_star_recommendations_candidate_id_star_candidates'),
        sa.ForeignKeyConstraint(['cycle_id'], ['star_cycles.id'], name='fk_star_recommendations_cycle_id_star_cycles'),
        sa.PrimaryKeyConstraint('id', name='pk_star_recommendations'),
        sa.UniqueConstraint('candidate_id', 'level', name='uq_star_recommendations_candidate_id_level'),
        sa.UniqueConstraint('cycle_id', 'level', 'node_id', 'slot', name='uq_star_recommendations_cycle_id_level_node_id_slot'),
    )
    op.create_table(
        'star_objections',
        sa.Column('cycle_id', BIG, nullable=False),
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('person_id', BIG, nullable=False),
        sa.Column('text', sa.String(length=500), nullable=False),
        sa.Column('filed_at', UTC, nullable=False),
        sa.Column('reply', sa.String(length=500), nullable=False),
        sa.Column('replied_by_id', BIG, nullable=True),
        sa.Column('replied_at', UTC, nullable=True),
        sa.ForeignKeyConstraint(['cycle_id'], ['star_cycles.id'], name='fk_star_objections_cycle_id_star_cycles'),
        sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name='fk_star_objections_person_id_persons'),
        sa.ForeignKeyConstraint(['replied_by_id'], ['persons.id'], name='fk_star_objections_replied_by_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_star_objections'),
    )
    op.create_index('ix_star_objections_person_id', 'star_objections', ['person_id'])
    op.create_index('uq_star_objections_open', 'star_objections', ['cycle_id', 'person_id'], unique=True, sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_table(
        'star_publications',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('cycle_id', BIG, nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('public', sa.JSON(), nullable=False),
        sa.Column('public_digest', sa.String(length=64), nullable=False),
        sa.Column('public_signature', sa.String(length=100), nullable=False),
        sa.Column('complete', sa.JSON(), nullable=False),
        sa.Column('complete_digest', sa.String(length=64), nullable=False),
        sa.Column('complete_signature', sa.String(length=100), nullable=False),
        sa.Column('key_name', sa.String(length=40), nullable=False),
        sa.Column('reason', sa.String(length=500), nullable=False),
        sa.Column('published_by_id', BIG, nullable=False),
        sa.Column('published_at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['cycle_id'], ['star_cycles.id'], name='fk_star_publications_cycle_id_star_cycles'),
        sa.ForeignKeyConstraint(['published_by_id'], ['persons.id'], name='fk_star_publications_published_by_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_star_publications'),
        sa.UniqueConstraint('cycle_id', 'version', name='uq_star_publications_cycle_id_version'),
    )


def downgrade() -> None:
    op.drop_table('star_publications')
    op.drop_table('star_objections')
    op.drop_table('star_recommendations')
    op.drop_table('star_candidates')
    op.drop_table('star_cycles')
    op.drop_table('star_rules')
    op.drop_table('star_programmes')
