"""Classes: proposal, quotas, enrolments, materials, homework, evaluations, results. Yearly plans with their items."""

import sqlalchemy as sa
from alembic import op

import lms.db.types

revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
UTC = lms.db.types.UtcDateTime(timezone=True)
WORD = sa.String(length=32)
COUNTED = 'placed_count >= 0 AND placed_count <= places'


def ref(name: str, table: str, target: str, nullable: bool = False, **options: object) -> list[object]:
    """A column that points to another table, with its constraint."""
    return [
        sa.Column(name, BIG, nullable=nullable, **options),
        sa.ForeignKeyConstraint([name], [f'{target}.id'], name=f'fk_{table}_{name}_{target}'),
    ]


def number() -> sa.Column[int]:
    return sa.Column('id', BIG, autoincrement=True, nullable=False)


def upgrade() -> None:
    _classes()
    _enrolments()
    _study()
    _results()
    _plans()


def _classes() -> None:
    table = 'training_classes'
    op.create_table(
        table,
        number(),
        *ref('unit_id', table, 'units'),
        sa.Column('kind', WORD, nullable=False),
        sa.Column('title', sa.String(length=120), nullable=False),
        sa.Column('aims', sa.String(length=500), nullable=False),
        sa.Column('starts_on', sa.Date(), nullable=False),
        sa.Column('ends_on', sa.Date(), nullable=False),
        sa.Column('venue', sa.String(length=100), nullable=False),
        *ref('officer_id', table, 'persons', nullable=True),
        sa.Column('places', sa.Integer(), nullable=False),
        sa.Column('placed_count', sa.Integer(), nullable=False),
        sa.Column('enrol_from', UTC, nullable=False),
        sa.Column('enrol_until', UTC, nullable=False),
        sa.Column('is_decided', sa.Boolean(), nullable=False),
        sa.Column('audience_units', sa.JSON(), nullable=False),
        sa.Column('rank_bands', sa.JSON(), nullable=False),
        sa.Column('least_age', sa.Integer(), nullable=True),
        sa.Column('most_age', sa.Integer(), nullable=True),
        *ref('paper_id', table, 'papers', nullable=True),
        sa.Column('is_professional', sa.Boolean(), nullable=False),
        sa.Column('state', WORD, nullable=False),
        *ref('proposed_by_id', table, 'persons'),
        sa.Column('proposed_at', UTC, nullable=False),
        *ref('decided_by_id', table, 'persons', nullable=True),
        sa.Column('decided_at', UTC, nullable=True),
        sa.Column('decision_note', sa.String(length=200), nullable=False),
        sa.Column('opened_at', UTC, nullable=True),
        sa.Column('closed_at', UTC, nullable=True),
        *ref('closed_by_id', table, 'persons', nullable=True),
        sa.CheckConstraint(COUNTED, name='ck_training_classes_places'),
        sa.CheckConstraint('starts_on <= ends_on', name='ck_training_classes_days'),
        sa.PrimaryKeyConstraint('id', name='pk_training_classes'),
    )
    op.create_index('ix_training_classes_unit', table, ['unit_id', 'starts_on'])
    op.create_index('ix_training_classes_state', table, ['state', 'ends_on'])
    op.create_table(
        'class_quotas',
        number(),
        *ref('class_id', 'class_quotas', 'training_classes'),
        *ref('unit_id', 'class_quotas', 'units'),
        sa.Column('places', sa.Integer(), nullable=False),
        sa.Column('placed_count', sa.Integer(), nullable=False),
        sa.CheckConstraint(COUNTED, name='ck_class_quotas_places'),
        sa.PrimaryKeyConstraint('id', name='pk_class_quotas'),
        sa.UniqueConstraint('class_id', 'unit_id', name='uq_class_quotas_class_id_unit_id'),
    )


def _enrolments() -> None:
    table = 'class_enrolments'
    op.create_table(
        table,
        number(),
        *ref('class_id', table, 'training_classes'),
        *ref('person_id', table, 'persons'),
        *ref('unit_id', table, 'units'),
        *ref('quota_id', table, 'class_quotas', nullable=True),
        sa.Column('state', WORD, nullable=False),
        sa.Column('asked_at', UTC, nullable=False),
        sa.Column('placed_at', UTC, nullable=True),
        sa.Column('was_promoted', sa.Boolean(), nullable=False),
        sa.Column('note', sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint('id', name='pk_class_enrolments'),
        sa.UniqueConstraint('class_id', 'person_id', name='uq_class_enrolments_class_id_person_id'),
    )
    op.create_index('ix_class_enrolments_queue', table, ['class_id', 'state', 'asked_at'])
    op.create_index('ix_class_enrolments_person', table, ['person_id', 'state'])


def _study() -> None:
    op.create_table(
        'class_materials',
        *ref('class_id', 'class_materials', 'training_classes', autoincrement=False),
        *ref('resource_id', 'class_materials', 'resources', autoincrement=False),
        sa.Column('added_at', UTC, nullable=False),
        sa.PrimaryKeyConstraint('class_id', 'resource_id', name='pk_class_materials'),
    )
    op.create_table(
        'class_homework',
        number(),
        *ref('class_id', 'class_homework', 'training_classes'),
        sa.Column('title', sa.String(length=120), nullable=False),
        sa.Column('text', sa.String(length=2000), nullable=False),
        sa.Column('due_at', UTC, nullable=False),
        *ref('created_by_id', 'class_homework', 'persons'),
        sa.Column('created_at', UTC, nullable=False),
        sa.PrimaryKeyConstraint('id', name='pk_class_homework'),
    )
    op.create_index('ix_class_homework_class_id', 'class_homework', ['class_id'])
    table = 'class_hand_ins'
    op.create_table(
        table,
        number(),
        *ref('homework_id', table, 'class_homework'),
        *ref('person_id', table, 'persons'),
        sa.Column('text', sa.String(length=5000), nullable=False),
        *ref('media_id', table, 'media_files', nullable=True),
        sa.Column('handed_at', UTC, nullable=False),
        sa.Column('comment', sa.String(length=1000), nullable=False),
        *ref('commented_by_id', table, 'persons', nullable=True),
        sa.Column('commented_at', UTC, nullable=True),
        sa.PrimaryKeyConstraint('id', name='pk_class_hand_ins'),
        sa.UniqueConstraint('homework_id', 'person_id', name='uq_class_hand_ins_homework_id_person_id'),
    )
    op.create_index('ix_class_hand_ins_person_id', table, ['person_id'])


def _results() -> None:
    table = 'class_evaluations'
    op.create_table(
        table,
        number(),
        *ref('class_id', table, 'training_classes'),
        *ref('person_id', table, 'persons'),
        sa.Column('points', sa.JSON(), nullable=False),
        sa.Column('words', sa.String(length=500), nullable=False),
        sa.Column('given_at', UTC, nullable=False),
        sa.PrimaryKeyConstraint('id', name='pk_class_evaluations'),
        sa.UniqueConstraint('class_id', 'person_id', name='uq_class_evaluations_class_id_person_id'),
    )
    op.create_index('ix_class_evaluations_person_id', table, ['person_id'])
    table = 'class_results'
    op.create_table(
        table,
        number(),
        *ref('class_id', table, 'training_classes'),
        *ref('person_id', table, 'persons'),
        sa.Column('attended_seconds', sa.Integer(), nullable=False),
        sa.Column('held_seconds', sa.Integer(), nullable=False),
        sa.Column('quiz_passed', sa.Boolean(), nullable=True),
        sa.Column('is_completed', sa.Boolean(), nullable=False),
        sa.Column('reason', sa.String(length=200), nullable=False),
        sa.Column('quarters', sa.Integer(), nullable=False),
        *ref('certificate_id', table, 'certificates', nullable=True),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.Column('settled_at', UTC, nullable=False),
        sa.PrimaryKeyConstraint('id', name='pk_class_results'),
        sa.UniqueConstraint('class_id', 'person_id', name='uq_class_results_class_id_person_id'),
    )
    op.create_index('ix_class_results_person', table, ['person_id'])


def _plans() -> None:
    table = 'training_plans'
    op.create_table(
        table,
        number(),
        *ref('unit_id', table, 'units'),
        sa.Column('year', sa.Integer(), nullable=False),
        sa.Column('title', sa.String(length=120), nullable=False),
        sa.Column('state', WORD, nullable=False),
        *ref('created_by_id', table, 'persons'),
        sa.Column('created_at', UTC, nullable=False),
        sa.Column('published_at', UTC, nullable=True),
        sa.PrimaryKeyConstraint('id', name='pk_training_plans'),
    )
    op.create_index('ix_training_plans_unit_id', table, ['unit_id'])
    op.create_index('ix_training_plans_year', table, ['year', 'state'])
    op.create_table(
        'plan_items',
        number(),
        *ref('plan_id', 'plan_items', 'training_plans'),
        sa.Column('kind', WORD, nullable=False),
        sa.Column('ref_id', BIG, nullable=False),
        sa.Column('title', sa.String(length=120), nullable=False),
        sa.Column('is_required', sa.Boolean(), nullable=False),
        sa.Column('is_theory', sa.Boolean(), nullable=False),
        sa.Column('due_on', sa.Date(), nullable=False),
        sa.Column('audience_units', sa.JSON(), nullable=False),
        sa.Column('rank_bands', sa.JSON(), nullable=False),
        sa.Column('least_age', sa.Integer(), nullable=True),
        sa.Column('most_age', sa.Integer(), nullable=True),
        sa.Column('roles', sa.JSON(), nullable=False),
        sa.Column('named', sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint('id', name='pk_plan_items'),
        sa.UniqueConstraint('plan_id', 'kind', 'ref_id', name='uq_plan_items_plan_id_kind_ref_id'),
    )
