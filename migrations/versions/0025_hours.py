"""Hours: versions of rules, exemptions, closings of years; claims with proofs and steps."""

import sqlalchemy as sa
from alembic import op

import lms.db.types

revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
UTC = lms.db.types.UtcDateTime(timezone=True)
WORD = sa.String(length=32)


def upgrade() -> None:
    op.create_table(
        'hour_rule_versions',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('subject', WORD, nullable=False),
        sa.Column('name', sa.String(length=20), nullable=True),
        sa.Column('preset', sa.String(length=20), nullable=False),
        sa.Column('figures', sa.JSON(), nullable=False),
        sa.Column('reason', sa.String(length=300), nullable=False),
        sa.Column('state', WORD, nullable=False),
        sa.Column('from_on', sa.Date(), nullable=True),
        sa.Column('created_by_id', BIG, nullable=False),
        sa.Column('created_at', UTC, nullable=False),
        sa.Column('issued_by_id', BIG, nullable=True),
        sa.Column('issued_at', UTC, nullable=True),
        sa.ForeignKeyConstraint(['created_by_id'], ['persons.id'], name='fk_hour_rule_versions_created_by_id_persons'),
        sa.ForeignKeyConstraint(['issued_by_id'], ['persons.id'], name='fk_hour_rule_versions_issued_by_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_hour_rule_versions'),
        sa.UniqueConstraint('subject', 'name', name='uq_hour_rule_versions_subject_name'),
    )
    op.create_index('ix_hour_rule_versions_state', 'hour_rule_versions', ['subject', 'state'])
    op.create_table(
        'hour_exemptions',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('person_id', BIG, nullable=False),
        sa.Column('bucket', WORD, nullable=True),
        sa.Column('percent', sa.Integer(), nullable=False),
        sa.Column('from_on', sa.Date(), nullable=False),
        sa.Column('until_on', sa.Date(), nullable=False),
        sa.Column('reason', sa.String(length=300), nullable=False),
        sa.Column('state', WORD, nullable=False),
        sa.Column('proposed_by_id', BIG, nullable=False),
        sa.Column('proposed_at', UTC, nullable=False),
        sa.Column('decided_by_id', BIG, nullable=True),
        sa.Column('decided_at', UTC, nullable=True),
        sa.Column('note', sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(['decided_by_id'], ['persons.id'], name='fk_hour_exemptions_decided_by_id_persons'),
        sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name='fk_hour_exemptions_person_id_persons'),
        sa.ForeignKeyConstraint(['proposed_by_id'], ['persons.id'], name='fk_hour_exemptions_proposed_by_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_hour_exemptions'),
    )
    op.create_index('ix_hour_exemptions_person', 'hour_exemptions', ['person_id', 'state'])
    op.create_table(
        'hour_year_closings',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('year', sa.Integer(), nullable=False),
        sa.Column('rule_version', sa.String(length=20), nullable=False),
        sa.Column('persons', sa.Integer(), nullable=False),
        sa.Column('carried', sa.Integer(), nullable=False),
        sa.Column('closed_at', UTC, nullable=False),
        sa.PrimaryKeyConstraint('id', name='pk_hour_year_closings'),
        sa.UniqueConstraint('year', name='uq_hour_year_closings_year'),
    )
    op.create_table(
        'claims',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('person_id', BIG, nullable=False),
        sa.Column('kind', WORD, nullable=False),
        sa.Column('title', sa.String(length=120), nullable=False),
        sa.Column('title_key', sa.String(length=120), nullable=False),
        sa.Column('organiser', sa.String(length=120), nullable=False),
        sa.Column('from_on', sa.Date(), nullable=False),
        sa.Column('until_on', sa.Date(), nullable=False),
        sa.Column('bucket', WORD, nullable=False),
        sa.Column('is_professional', sa.Boolean(), nullable=False),
        sa.Column('days', sa.Integer(), nullable=False),
        sa.Column('half_days', sa.Integer(), nullable=False),
        sa.Column('seconds', sa.Integer(), nullable=False),
        sa.Column('asked_quarters', sa.Integer(), nullable=False),
        sa.Column('note', sa.String(length=500), nullable=False),
        sa.Column('state', WORD, nullable=False),
        sa.Column('live', sa.Integer(), nullable=True),
        sa.Column('quarters', sa.Integer(), nullable=True),
        sa.Column('endorsed_by_id', BIG, nullable=True),
        sa.Column('due_on', sa.Date(), nullable=True),
        sa.Column('submitted_at', UTC, nullable=False),
        sa.CheckConstraint('until_on >= from_on', name='ck_claims_days_in_order'),
        sa.ForeignKeyConstraint(['endorsed_by_id'], ['persons.id'], name='fk_claims_endorsed_by_id_persons'),
        sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name='fk_claims_person_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_claims'),
        sa.UniqueConstraint(
            'person_id', 'kind', 'from_on', 'until_on', 'title_key', 'live',
            name='uq_claims_person_id_kind_from_on_until_on_title_key_live',
        ),
    )
    op.create_index('ix_claims_state', 'claims', ['state', 'due_on'])
    op.create_table(
        'claim_proofs',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('claim_id', BIG, nullable=False),
        sa.Column('media_id', BIG, nullable=False),
        sa.ForeignKeyConstraint(['claim_id'], ['claims.id'], name='fk_claim_proofs_claim_id_claims'),
        sa.ForeignKeyConstraint(['media_id'], ['media_files.id'], name='fk_claim_proofs_media_id_media_files'),
        sa.PrimaryKeyConstraint('id', name='pk_claim_proofs'),
        sa.UniqueConstraint('claim_id', 'media_id', name='uq_claim_proofs_claim_id_media_id'),
    )
    op.create_table(
        'claim_steps',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('claim_id', BIG, nullable=False),
        sa.Column('act', sa.String(length=20), nullable=False),
        sa.Column('by_id', BIG, nullable=False),
        sa.Column('note', sa.String(length=300), nullable=False),
        sa.Column('at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['by_id'], ['persons.id'], name='fk_claim_steps_by_id_persons'),
        sa.ForeignKeyConstraint(['claim_id'], ['claims.id'], name='fk_claim_steps_claim_id_claims'),
        sa.PrimaryKeyConstraint('id', name='pk_claim_steps'),
    )
    op.create_index('ix_claim_steps_claim_id', 'claim_steps', ['claim_id'])
    op.create_index('ix_hour_entries_year', 'hour_entries', ['year', 'person_id', 'bucket', 'on', 'quarters'])
    op.create_index('ix_hour_entries_days', 'hour_entries', ['year', 'bucket', 'on', 'quarters', 'person_id'])
    op.drop_index('ix_hour_entries_person_year', 'hour_entries')
