"""Certificates and the counters of their serials."""

import sqlalchemy as sa
from alembic import op

import lms.db.types

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
UTC = lms.db.types.UtcDateTime(timezone=True)
WORD = sa.String(length=32)


def upgrade() -> None:
    op.create_table(
        'certificates',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('kind', WORD, nullable=False),
        sa.Column('serial', sa.String(length=20), nullable=False),
        sa.Column('code', sa.String(length=20), nullable=False),
        sa.Column('person_id', BIG, nullable=True),
        sa.Column('holder_key', sa.String(length=40), nullable=False),
        sa.Column('holder', sa.String(length=120), nullable=False),
        sa.Column('title', sa.String(length=120), nullable=False),
        sa.Column('lines', sa.JSON(), nullable=False),
        sa.Column('issuer', sa.String(length=120), nullable=False),
        sa.Column('source_kind', sa.String(length=32), nullable=False),
        sa.Column('source_id', BIG, nullable=False),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.Column('issued_on', sa.Date(), nullable=False),
        sa.Column('issued_at', UTC, nullable=False),
        sa.Column('state', WORD, nullable=False),
        sa.Column('ended_at', UTC, nullable=True),
        sa.Column('ended_by_id', BIG, nullable=True),
        sa.Column('reason', sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name='fk_certificates_person_id_persons'),
        sa.ForeignKeyConstraint(['ended_by_id'], ['persons.id'], name='fk_certificates_ended_by_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_certificates'),
        sa.UniqueConstraint('serial', name='uq_certificates_serial'),
        sa.UniqueConstraint('code', name='uq_certificates_code'),
        sa.UniqueConstraint(
            'source_kind', 'source_id', 'holder_key', 'revision',
            name='uq_certificates_source_kind_source_id_holder_key_revision',
        ),
    )
    op.create_index('ix_certificates_person_id', 'certificates', ['person_id'])
    op.create_table(
        'certificate_series',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('kind', WORD, nullable=False),
        sa.Column('year', sa.Integer(), nullable=False),
        sa.Column('last', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('id', name='pk_certificate_series'),
        sa.UniqueConstraint('kind', 'year', name='uq_certificate_series_kind_year'),
    )


def downgrade() -> None:
    op.drop_table('certificate_series')
    op.drop_table('certificates')
