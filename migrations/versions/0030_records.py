"""Practice postings and mentor pairs."""

import sqlalchemy as sa
from alembic import op

import lms.db.types

revision = '0030'
down_revision = '0029'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
UTC = lms.db.types.UtcDateTime(timezone=True)
WORD = sa.String(length=32)


def upgrade() -> None:
    op.create_table(
        'postings',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('person_id', BIG, nullable=False),
        sa.Column('kind', WORD, nullable=False),
        sa.Column('place', sa.String(length=120), nullable=False),
        sa.Column('duty', sa.String(length=300), nullable=False),
        sa.Column('from_on', sa.Date(), nullable=False),
        sa.Column('until_on', sa.Date(), nullable=True),
        sa.Column('state', WORD, nullable=False),
        sa.Column('proposed_by_id', BIG, nullable=False),
        sa.Column('proposed_at', UTC, nullable=False),
        sa.Column('decided_by_id', BIG, nullable=True),
        sa.Column('decided_at', UTC, nullable=True),
        sa.Column('note', sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name='fk_postings_person_id_persons'),
        sa.ForeignKeyConstraint(['proposed_by_id'], ['persons.id'], name='fk_postings_proposed_by_id_persons'),
        sa.ForeignKeyConstraint(['decided_by_id'], ['persons.id'], name='fk_postings_decided_by_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_postings'),
        sa.UniqueConstraint('person_id', 'kind', 'from_on', name='uq_postings_person_id_kind_from_on'),
    )
    op.create_table(
        'mentor_pairs',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('mentor_id', BIG, nullable=False),
        sa.Column('mentee_id', BIG, nullable=False),
        sa.Column('subject', sa.String(length=120), nullable=False),
        sa.Column('from_on', sa.Date(), nullable=False),
        sa.Column('until_on', sa.Date(), nullable=True),
        sa.Column('outcome', sa.String(length=300), nullable=False),
        sa.Column('made_by_id', BIG, nullable=False),
        sa.Column('made_at', UTC, nullable=False),
        sa.CheckConstraint('mentor_id <> mentee_id', name='ck_mentor_pairs_two_people'),
        sa.ForeignKeyConstraint(['mentor_id'], ['persons.id'], name='fk_mentor_pairs_mentor_id_persons'),
        sa.ForeignKeyConstraint(['mentee_id'], ['persons.id'], name='fk_mentor_pairs_mentee_id_persons'),
        sa.ForeignKeyConstraint(['made_by_id'], ['persons.id'], name='fk_mentor_pairs_made_by_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_mentor_pairs'),
        sa.UniqueConstraint('mentor_id', 'mentee_id', 'from_on', name='uq_mentor_pairs_mentor_id_mentee_id_from_on'),
    )
    op.create_index('ix_mentor_pairs_mentee_id', 'mentor_pairs', ['mentee_id'])


def downgrade() -> None:
    op.drop_table('mentor_pairs')
    op.drop_table('postings')
