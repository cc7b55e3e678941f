"""Courses with sections, an order, dates, prerequisites and quizzes as lessons; ratings, quick courses, imports of archives."""

import sqlalchemy as sa
from alembic import op

import lms.db.types

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
UTC = lms.db.types.UtcDateTime(timezone=True)
ONE_THING = '(resource_id IS NULL) <> (paper_id IS NULL)'


def ref(name: str, table: str, target: str, nullable: bool = False, **options: object) -> list[object]:
    """A column that points to another table, with its constraint."""
    return [
        sa.Column(name, BIG, nullable=nullable, **options),
        sa.ForeignKeyConstraint([name], [f'{target}.id'], name=f'fk_{table}_{name}_{target}'),
    ]


def number() -> sa.Column[int]:
    return sa.Column('id', BIG, autoincrement=True, nullable=False)


def upgrade() -> None:
    op.create_table(
        'course_sections',
        number(),
        *ref('course_id', 'course_sections', 'courses'),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('title', sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint('id', name='pk_course_sections'),
        sa.UniqueConstraint('course_id', 'position', name='uq_course_sections_course_id_position'),
    )
    op.create_table(
        'course_prerequisites',
        *ref('course_id', 'course_prerequisites', 'courses', autoincrement=False),
        *ref('required_id', 'course_prerequisites', 'courses', autoincrement=False),
        sa.PrimaryKeyConstraint('course_id', 'required_id', name='pk_course_prerequisites'),
    )
    op.create_index('ix_course_prerequisites_required_id', 'course_prerequisites', ['required_id'])
    _columns()
    _ratings()
    _on_their_way()


def _columns() -> None:
    op.add_column('courses', sa.Column('is_ordered', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('courses', sa.Column('completion', sa.String(length=32), server_default='required', nullable=False))
    op.add_column('courses', sa.Column('electives_needed', sa.Integer(), server_default='0', nullable=False))
    op.add_column('courses', sa.Column('opens_at', UTC, nullable=True))
    op.add_column('courses', sa.Column('closes_at', UTC, nullable=True))
    is_sqlite = op.get_bind().dialect.name == 'sqlite'
    # One statement, because SQLite adds no constraint later and other tables point to this one, so it is not made anew.
    op.execute(
        f'ALTER TABLE courses ADD COLUMN pretest_paper_id {"INTEGER" if is_sqlite else "BIGINT"} '
        'CONSTRAINT fk_courses_pretest_paper_id_papers REFERENCES papers (id)'
    )
    op.create_index('ix_courses_pretest_paper_id', 'courses', ['pretest_paper_id'])
    _lessons_anew() if is_sqlite else _lessons_changed()
    for name in ('section_id', 'paper_id'):
        op.create_index(f'ix_lessons_{name}', 'lessons', [name])


def _lessons_changed() -> None:
    op.add_column('lessons', sa.Column('section_id', BIG, nullable=True))
    op.add_column('lessons', sa.Column('paper_id', BIG, nullable=True))
    op.add_column('lessons', sa.Column('is_retired', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.alter_column('lessons', 'resource_id', existing_type=BIG, nullable=True)
    op.create_foreign_key('fk_lessons_section_id_course_sections', 'lessons', 'course_sections', ['section_id'], ['id'])
    op.create_foreign_key('fk_lessons_paper_id_papers', 'lessons', 'papers', ['paper_id'], ['id'])
    op.create_check_constraint('ck_lessons_is_one_thing', 'lessons', ONE_THING)


def _lessons_anew() -> None:
    """SQLite cannot take a NOT NULL away, and viewings point to the table: it is made anew under its own name, and every row is back
    before the transaction ends and the references are looked at."""
    op.execute('PRAGMA defer_foreign_keys=ON')
    op.execute('CREATE TABLE lessons_before AS SELECT * FROM lessons')
    op.drop_index('ix_lessons_resource_id', 'lessons')
    op.drop_table('lessons')
    op.create_table(
        'lessons',
        number(),
        *ref('course_id', 'lessons', 'courses'),
        *ref('section_id', 'lessons', 'course_sections', nullable=True),
        sa.Column('position', sa.Integer(), nullable=False),
        *ref('resource_id', 'lessons', 'resources', nullable=True),
        *ref('paper_id', 'lessons', 'papers', nullable=True),
        sa.Column('title', sa.String(length=120), nullable=False),
        sa.Column('is_required', sa.Boolean(), nullable=False),
        sa.Column('is_retired', sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.CheckConstraint(ONE_THING, name='ck_lessons_is_one_thing'),
        sa.PrimaryKeyConstraint('id', name='pk_lessons'),
        sa.UniqueConstraint('course_id', 'position', name='uq_lessons_course_id_position'),
    )
    op.create_index('ix_lessons_resource_id', 'lessons', ['resource_id'])
    kept = 'id, course_id, position, resource_id, title, is_required'
    op.execute(f'INSERT INTO lessons ({kept}) SELECT {kept} FROM lessons_before')
    op.drop_table('lessons_before')


def _ratings() -> None:
    op.create_table(
        'resource_ratings',
        number(),
        *ref('resource_id', 'resource_ratings', 'resources'),
        sa.Column('version', sa.Integer(), nullable=False),
        *ref('person_id', 'resource_ratings', 'persons'),
        sa.Column('stars', sa.Integer(), nullable=False),
        sa.Column('words', sa.String(length=200), nullable=False),
        sa.Column('rated_at', UTC, nullable=False),
        sa.CheckConstraint('stars BETWEEN 1 AND 5', name='ck_resource_ratings_stars'),
        sa.PrimaryKeyConstraint('id', name='pk_resource_ratings'),
        sa.UniqueConstraint(
            'resource_id', 'version', 'person_id', name='uq_resource_ratings_resource_id_version_person_id'
        ),
    )
    op.create_index('ix_resource_ratings_person_id', 'resource_ratings', ['person_id'])


def _on_their_way() -> None:
    op.create_table(
        'quick_courses',
        *ref('course_id', 'quick_courses', 'courses', autoincrement=False),
        *ref('resource_id', 'quick_courses', 'resources'),
        *ref('author_id', 'quick_courses', 'persons'),
        sa.Column('pass_percent', sa.Integer(), nullable=False),
        sa.Column('questions', sa.JSON(), nullable=False),
        sa.Column('is_published_by_review', sa.Boolean(), nullable=False),
        sa.Column('settled_at', UTC, nullable=True),
        sa.PrimaryKeyConstraint('course_id', name='pk_quick_courses'),
        sa.UniqueConstraint('resource_id', name='uq_quick_courses_resource_id'),
    )
    op.create_index('ix_quick_courses_author_id', 'quick_courses', ['author_id'])
    op.create_table(
        'course_imports',
        number(),
        *ref('course_id', 'course_imports', 'courses'),
        *ref('person_id', 'course_imports', 'persons'),
        *ref('task_id', 'course_imports', 'tasks', nullable=True),
        sa.Column('name', sa.String(length=200), nullable=False),
        sa.Column('key', sa.String(length=200), nullable=False),
        sa.Column('total', sa.Integer(), nullable=False),
        sa.Column('done', sa.Integer(), nullable=False),
        sa.Column('problems', sa.JSON(), nullable=False),
        sa.Column('failure', sa.String(length=300), nullable=False),
        sa.Column('created_at', UTC, nullable=False),
        sa.Column('finished_at', UTC, nullable=True),
        sa.PrimaryKeyConstraint('id', name='pk_course_imports'),
    )
    op.create_index('ix_course_imports_course_id', 'course_imports', ['course_id'])
    op.create_index('ix_course_imports_person_id', 'course_imports', ['person_id'])
