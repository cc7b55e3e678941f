"""Live quizzes: what was prepared, the journal, answers; and since when the results of a round stand on its board."""

import sqlalchemy as sa
from alembic import op

import lms.db.types

revision = '0043'
down_revision = '0042'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
UTC = lms.db.types.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        'live_quizzes',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('round_id', BIG, nullable=False),
        sa.Column('live_key', sa.String(length=43), nullable=False),
        sa.Column('questions', sa.JSON(), nullable=False),
        sa.Column('seconds', sa.Integer(), nullable=False),
        sa.Column('sequence', sa.Integer(), nullable=False),
        sa.Column('turn', sa.Integer(), nullable=True),
        sa.Column('from_ms', BIG, nullable=False),
        sa.Column('until_ms', BIG, nullable=False),
        sa.Column('created_by_id', BIG, nullable=False),
        sa.Column('created_at', UTC, nullable=False),
        sa.Column('finished_at', UTC, nullable=True),
        sa.ForeignKeyConstraint(['created_by_id'], ['persons.id'], name='fk_live_quizzes_created_by_id_persons'),
        sa.ForeignKeyConstraint(['round_id'], ['rounds.id'], name='fk_live_quizzes_round_id_rounds'),
        sa.PrimaryKeyConstraint('id', name='pk_live_quizzes'),
        sa.UniqueConstraint('round_id', name='uq_live_quizzes_round_id'),
        sa.UniqueConstraint('live_key', name='uq_live_quizzes_live_key')
    )
    op.create_table(
        'live_events',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('quiz_id', BIG, nullable=False),
        sa.Column('sequence', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=32), nullable=False),
        sa.Column('data', sa.JSON(), nullable=False),
        sa.Column('actor_id', BIG, nullable=True),
        sa.Column('at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['actor_id'], ['persons.id'], name='fk_live_events_actor_id_persons'),
        sa.ForeignKeyConstraint(['quiz_id'], ['live_quizzes.id'], name='fk_live_events_quiz_id_live_quizzes'),
        sa.PrimaryKeyConstraint('id', name='pk_live_events'),
        sa.UniqueConstraint('quiz_id', 'sequence', name='uq_live_events_quiz_id_sequence')
    )
    op.create_table(
        'live_answers',
        sa.Column('quiz_id', BIG, nullable=False),
        sa.Column('turn', sa.Integer(), nullable=False),
        sa.Column('person_id', BIG, nullable=False),
        sa.Column('choice', sa.String(length=100), nullable=False),
        sa.Column('received_ms', BIG, nullable=False),
        sa.Column('round_trip_ms', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name='fk_live_answers_person_id_persons'),
        sa.ForeignKeyConstraint(['quiz_id'], ['live_quizzes.id'], name='fk_live_answers_quiz_id_live_quizzes'),
        sa.PrimaryKeyConstraint('quiz_id', 'turn', 'person_id', name='pk_live_answers')
    )
    op.create_index('ix_live_answers_person_id', 'live_answers', ['person_id'])
    op.add_column('rounds', sa.Column('results_in_at', UTC, nullable=True))


def downgrade() -> None:
    op.drop_column('rounds', 'results_in_at')
    for table in ('live_answers', 'live_events', 'live_quizzes'):
        op.drop_table(table)
