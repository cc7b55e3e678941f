"""Archived years, their closings, and searches for people."""

import sqlalchemy as sa
from alembic import op

import lms.db.types

revision = '0031'
down_revision = '0030'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
UTC = lms.db.types.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        'archived_years',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('person_id', BIG, nullable=False),
        sa.Column('year', sa.Integer(), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('facts', sa.JSON(), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('changes', sa.JSON(), nullable=False),
        sa.Column('reason', sa.String(length=300), nullable=False),
        sa.Column('certificate_id', BIG, nullable=False),
        sa.Column('made_by_id', BIG, nullable=True),
        sa.Column('made_at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name='fk_archived_years_person_id_persons'),
        sa.ForeignKeyConstraint(['certificate_id'], ['certificates.id'], name='fk_archived_years_certificate_id_certificates'),
        sa.ForeignKeyConstraint(['made_by_id'], ['persons.id'], name='fk_archived_years_made_by_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_archived_years'),
        sa.UniqueConstraint('person_id', 'year', 'version', name='uq_archived_years_person_id_year_version'),
    )
    op.create_index('ix_archived_years_year', 'archived_years', ['year', 'version'])
    op.create_table(
        'year_closings',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('year', sa.Integer(), nullable=False),
        sa.Column('task_id', BIG, nullable=False),
        sa.Column('begun_by_id', BIG, nullable=True),
        sa.Column('begun_at', UTC, nullable=False),
        sa.Column('finished_at', UTC, nullable=True),
        sa.Column('people', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['begun_by_id'], ['persons.id'], name='fk_year_closings_begun_by_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_year_closings'),
        sa.UniqueConstraint('year', name='uq_year_closings_year'),
    )
    op.create_table(
        'talent_searches',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('reason', sa.String(length=200), nullable=False),
        sa.Column('criteria', sa.JSON(), nullable=False),
        sa.Column('by_id', BIG, nullable=False),
        sa.Column('at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['by_id'], ['persons.id'], name='fk_talent_searches_by_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_talent_searches'),
    )
    op.create_index('ix_talent_searches_by_id', 'talent_searches', ['by_id'])


def downgrade() -> None:
    op.drop_table('talent_searches')
    op.drop_table('year_closings')
    op.drop_table('archived_years')
