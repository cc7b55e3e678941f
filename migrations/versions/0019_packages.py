"""Packages: what was unpacked, visits to the package host, and what packages reported of their learners."""

import sqlalchemy as sa
from alembic import op

import lms.db.types

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
UTC = lms.db.types.UtcDateTime(timezone=True)


def _words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=32)


def upgrade() -> None:
    op.create_table(
        'media_packages',
        sa.Column('media_id', BIG, autoincrement=False, nullable=False),
        sa.Column('standard', _words('standard', 'scorm12', 'scorm2004', 'html'), nullable=False),
        sa.Column('title', sa.String(length=200), nullable=False),
        sa.Column('items', sa.JSON(), nullable=False),
        sa.Column('wants_sequencing', sa.Boolean(), nullable=False),
        sa.Column('prefix', sa.String(length=200), nullable=False),
        sa.Column('file_count', sa.Integer(), nullable=False),
        sa.Column('size_bytes', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(['media_id'], ['media_files.id'], name='fk_media_packages_media_id_media_files'),
        sa.PrimaryKeyConstraint('media_id', name='pk_media_packages'),
    )
    op.create_table(
        'media_package_files',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('media_id', BIG, nullable=False),
        sa.Column('path', sa.String(length=400), nullable=False),
        sa.Column('key', sa.String(length=200), nullable=False),
        sa.Column('mime', sa.String(length=100), nullable=False),
        sa.Column('size_bytes', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(['media_id'], ['media_files.id'], name='fk_media_package_files_media_id_media_files'),
        sa.PrimaryKeyConstraint('id', name='pk_media_package_files'),
        sa.UniqueConstraint('media_id', 'path', name='uq_media_package_files_media_id_path'),
    )
    op.create_table(
        'package_visits',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('token_hash', sa.String(length=64), nullable=False),
        sa.Column('nonce', sa.String(length=43), nullable=False),
        sa.Column('site', sa.String(length=200), nullable=False),
        sa.Column('media_id', BIG, nullable=False),
        sa.Column('link_epoch', sa.Integer(), nullable=False),
        sa.Column('sign_in_id', BIG, nullable=False),
        sa.Column('opened_at', UTC, nullable=False),
        sa.Column('extended_at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['media_id'], ['media_files.id'], name='fk_package_visits_media_id_media_files'),
        sa.ForeignKeyConstraint(['sign_in_id'], ['sign_ins.id'], name='fk_package_visits_sign_in_id_sign_ins'),
        sa.PrimaryKeyConstraint('id', name='pk_package_visits'),
        sa.UniqueConstraint('token_hash', name='uq_package_visits_token_hash'),
    )
    op.create_index('ix_package_visits_extended_at', 'package_visits', ['extended_at'])
    op.create_table(
        'package_results',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('lesson_id', BIG, nullable=False),
        sa.Column('person_id', BIG, nullable=False),
        sa.Column('item', sa.String(length=200), nullable=False),
        sa.Column('viewing_id', BIG, nullable=False),
        sa.Column('sequence', sa.Integer(), nullable=False),
        sa.Column('completion', _words('completion', 'unknown', 'not attempted', 'incomplete', 'completed'), nullable=False),
        sa.Column('success', _words('success', 'unknown', 'passed', 'failed'), nullable=False),
        sa.Column('raw_millis', sa.Integer(), nullable=True),
        sa.Column('min_millis', sa.Integer(), nullable=True),
        sa.Column('max_millis', sa.Integer(), nullable=True),
        sa.Column('scaled_millis', sa.Integer(), nullable=True),
        sa.Column('location', sa.String(length=1000), nullable=False),
        sa.Column('suspend_data', sa.Text(), nullable=False),
        sa.Column('exit', sa.String(length=20), nullable=False),
        sa.Column('interactions', sa.JSON(), nullable=False),
        sa.Column('earlier_seconds', sa.Integer(), nullable=False),
        sa.Column('session_seconds', sa.Integer(), nullable=False),
        sa.Column('reported_at', UTC, nullable=False),
        sa.Column('completed_at', UTC, nullable=True),
        sa.ForeignKeyConstraint(['lesson_id'], ['lessons.id'], name='fk_package_results_lesson_id_lessons'),
        sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name='fk_package_results_person_id_persons'),
        sa.ForeignKeyConstraint(['viewing_id'], ['viewings.id'], name='fk_package_results_viewing_id_viewings'),
        sa.PrimaryKeyConstraint('id', name='pk_package_results'),
        sa.UniqueConstraint('lesson_id', 'person_id', 'item', name='uq_package_results_lesson_id_person_id_item'),
    )
    op.create_index('ix_package_results_person_id', 'package_results', ['person_id'])
