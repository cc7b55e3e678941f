"""Personal access tokens."""

import sqlalchemy as sa
from alembic import op

import lms.db.types

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
UTC = lms.db.types.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        'api_tokens',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('person_id', BIG, nullable=False),
        sa.Column('name', sa.String(length=60), nullable=False),
        sa.Column('token_hash', sa.String(length=64), nullable=False),
        sa.Column('scopes', sa.JSON(), nullable=False),
        sa.Column('created_at', UTC, nullable=False),
        sa.Column('expires_at', UTC, nullable=False),
        sa.Column('revoked_at', UTC, nullable=True),
        sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name='fk_api_tokens_person_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_api_tokens'),
        sa.UniqueConstraint('token_hash', name='uq_api_tokens_token_hash'),
    )
    op.create_index('ix_api_tokens_person_id', 'api_tokens', ['person_id'])
