"""Theme days: month packs, branch months, parts, make-up study."""

import sqlalchemy as sa
from alembic import op

import lms.db.types

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
UTC = lms.db.types.UtcDateTime(timezone=True)
WORD = sa.String(length=32)


def upgrade() -> None:
    op.create_table(
        'month_packs',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('month', sa.Date(), nullable=False),
        sa.Column('theme', sa.String(length=60), nullable=False),
        sa.Column('lesson_id', BIG, nullable=True),
        sa.Column('film_id', BIG, nullable=True),
        sa.Column('practice', sa.String(length=500), nullable=False),
        sa.Column('guidance', sa.String(length=2000), nullable=False),
        sa.Column('plan_by_on', sa.Date(), nullable=False),
        sa.Column('together_at', UTC, nullable=True),
        sa.Column('publishes_on', sa.Date(), nullable=True),
        sa.Column('published_at', UTC, nullable=True),
        sa.Column('published_by_id', BIG, nullable=True),
        sa.Column('pushed_at', UTC, nullable=True),
        sa.Column('changed_at', UTC, nullable=False),
        sa.Column('created_by_id', BIG, nullable=True),
        sa.Column('created_at', UTC, nullable=False),
        sa.CheckConstraint('pushed_at IS NULL OR published_at IS NOT NULL', name='ck_month_packs_order'),
        sa.ForeignKeyConstraint(['lesson_id'], ['resources.id'], name='fk_month_packs_lesson_id_resources'),
        sa.ForeignKeyConstraint(['film_id'], ['resources.id'], name='fk_month_packs_film_id_resources'),
        sa.ForeignKeyConstraint(['published_by_id'], ['persons.id'], name='fk_month_packs_published_by_id_persons'),
        sa.ForeignKeyConstraint(['created_by_id'], ['persons.id'], name='fk_month_packs_created_by_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_month_packs'),
        sa.UniqueConstraint('month', name='uq_month_packs_month'),
    )
    op.create_table(
        'month_pack_files',
        sa.Column('pack_id', BIG, autoincrement=False, nullable=False),
        sa.Column('resource_id', BIG, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(['pack_id'], ['month_packs.id'], name='fk_month_pack_files_pack_id_month_packs'),
        sa.ForeignKeyConstraint(['resource_id'], ['resources.id'], name='fk_month_pack_files_resource_id_resources'),
        sa.PrimaryKeyConstraint('pack_id', 'resource_id', name='pk_month_pack_files'),
    )
    op.create_table(
        'branch_months',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('branch_id', BIG, nullable=False),
        sa.Column('month', sa.Date(), nullable=False),
        sa.Column('pack_id', BIG, nullable=True),
        sa.Column('theme', sa.String(length=60), nullable=False),
        sa.Column('slip_reason', sa.String(length=200), nullable=False),
        sa.Column('planned_at', UTC, nullable=True),
        sa.Column('planned_by_id', BIG, nullable=True),
        sa.Column('together_id', BIG, nullable=True),
        sa.Column('created_at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['branch_id'], ['branches.id'], name='fk_branch_months_branch_id_branches'),
        sa.ForeignKeyConstraint(['pack_id'], ['month_packs.id'], name='fk_branch_months_pack_id_month_packs'),
        sa.ForeignKeyConstraint(['planned_by_id'], ['persons.id'], name='fk_branch_months_planned_by_id_persons'),
        sa.ForeignKeyConstraint(['together_id'], ['gatherings.id'], name='fk_branch_months_together_id_gatherings'),
        sa.PrimaryKeyConstraint('id', name='pk_branch_months'),
        sa.UniqueConstraint('branch_id', 'month', name='uq_branch_months_branch_id_month'),
    )
    op.create_index('ix_branch_months_month', 'branch_months', ['month'])
    op.create_index('ix_branch_months_pack_id', 'branch_months', ['pack_id'])
    op.create_table(
        'theme_parts',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('branch_month_id', BIG, nullable=False),
        sa.Column('kind', WORD, nullable=False),
        sa.Column('gathering_id', BIG, nullable=True),
        sa.Column('resource_id', BIG, nullable=True),
        sa.Column('done_on', sa.Date(), nullable=True),
        sa.Column('note', sa.String(length=300), nullable=False),
        sa.Column('changed_by_id', BIG, nullable=True),
        sa.Column('changed_at', UTC, nullable=False),
        sa.CheckConstraint('gathering_id IS NULL OR done_on IS NULL', name='ck_theme_parts_way'),
        sa.ForeignKeyConstraint(['branch_month_id'], ['branch_months.id'], name='fk_theme_parts_branch_month_id_branch_months'),
        sa.ForeignKeyConstraint(['gathering_id'], ['gatherings.id'], name='fk_theme_parts_gathering_id_gatherings'),
        sa.ForeignKeyConstraint(['resource_id'], ['resources.id'], name='fk_theme_parts_resource_id_resources'),
        sa.ForeignKeyConstraint(['changed_by_id'], ['persons.id'], name='fk_theme_parts_changed_by_id_persons'),
        sa.PrimaryKeyConstraint('id', name='pk_theme_parts'),
        sa.UniqueConstraint('branch_month_id', 'kind', name='uq_theme_parts_branch_month_id_kind'),
    )
    op.create_index('ix_theme_parts_gathering_id', 'theme_parts', ['gathering_id'])
    op.create_table(
        'make_ups',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('part_id', BIG, nullable=False),
        sa.Column('gathering_id', BIG, nullable=False),
        sa.Column('person_id', BIG, nullable=False),
        sa.Column('resource_id', BIG, nullable=False),
        sa.Column('due_on', sa.Date(), nullable=False),
        sa.Column('opened_at', UTC, nullable=False),
        sa.Column('closed_at', UTC, nullable=True),
        sa.Column('evidence', sa.JSON(), nullable=True),
        sa.CheckConstraint('(closed_at IS NULL) = (evidence IS NULL)', name='ck_make_ups_evidence'),
        sa.ForeignKeyConstraint(['part_id'], ['theme_parts.id'], name='fk_make_ups_part_id_theme_parts'),
        sa.ForeignKeyConstraint(['gathering_id'], ['gatherings.id'], name='fk_make_ups_gathering_id_gatherings'),
        sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name='fk_make_ups_person_id_persons'),
        sa.ForeignKeyConstraint(['resource_id'], ['resources.id'], name='fk_make_ups_resource_id_resources'),
        sa.PrimaryKeyConstraint('id', name='pk_make_ups'),
        sa.UniqueConstraint('part_id', 'person_id', name='uq_make_ups_part_id_person_id'),
    )
    op.create_index('ix_make_ups_gathering_id', 'make_ups', ['gathering_id'])
    op.create_index('ix_make_ups_open', 'make_ups', ['closed_at', 'due_on'])
    op.create_index('ix_make_ups_person', 'make_ups', ['person_id', 'closed_at'])
    op.create_index('ix_make_ups_resource_id', 'make_ups', ['resource_id'])
