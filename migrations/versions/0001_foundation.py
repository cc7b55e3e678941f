"""The foundation: every table of the first release."""

import sqlalchemy as sa
from alembic import op
import lms.db.types

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None

# The full-text search follows the table search_texts: a virtual table with triggers, or an index.
SEARCH = {
    'sqlite': (
        "CREATE VIRTUAL TABLE search_grams USING fts5(grams, content='search_texts', content_rowid='id', tokenize='ascii', detail=full)",
        'CREATE TRIGGER search_texts_added AFTER INSERT ON search_texts BEGIN INSERT INTO search_grams(rowid, grams) VALUES (new.id, new.grams); END',
        "CREATE TRIGGER search_texts_removed AFTER DELETE ON search_texts BEGIN INSERT INTO search_grams(search_grams, rowid, grams) VALUES ('delete', old.id, old.grams); END",
        "CREATE TRIGGER search_texts_changed AFTER UPDATE ON search_texts BEGIN INSERT INTO search_grams(search_grams, rowid, grams) VALUES ('delete', old.id, old.grams); INSERT INTO search_grams(rowid, grams) VALUES (new.id, new.grams); END",
    ),
    'postgresql': (
        "CREATE INDEX ix_search_texts_grams ON search_texts USING gin (to_tsvector('simple', grams))",
    ),
}


def upgrade() -> None:
    op.create_table('audit_heads',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_heads'))
    )
    op.create_table('audit_records',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('actor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('actor', sa.String(length=60), nullable=False),
    sa.Column('action', sa.String(length=60), nullable=False),
    sa.Column('target', sa.String(length=120), nullable=False),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.Column('previous', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_records')),
    sa.UniqueConstraint('number', name=op.f('uq_audit_records_number'))
    )
    with op.batch_alter_table('audit_records', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_audit_records_action'), ['action'], unique=False)
        batch_op.create_index(batch_op.f('ix_audit_records_actor_id'), ['actor_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_audit_records_at'), ['at'], unique=False)

    op.create_table('branches',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('parent_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('path', sa.String(length=200), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('short_name', sa.String(length=20), nullable=False),
    sa.Column('sort', sa.Integer(), nullable=False),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['parent_id'], ['branches.id'], name=op.f('fk_branches_parent_id_branches')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_branches')),
    sa.UniqueConstraint('name', name=op.f('uq_branches_name')),
    sa.UniqueConstraint('path', name=op.f('uq_branches_path'))
    )
    with op.batch_alter_table('branches', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_branches_parent_id'), ['parent_id'], unique=False)

    op.create_table('job_runs',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('job', sa.String(length=80), nullable=False),
    sa.Column('slot', sa.String(length=40), nullable=False),
    sa.Column('claimed_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('finished_at', lms.db.types.UtcDateTime(timezone=True), nullable=True),
    sa.Column('error', sa.String(length=500), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_job_runs')),
    sa.UniqueConstraint('job', 'slot', name=op.f('uq_job_runs_job_slot'))
    )
    op.create_table('operations',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('operation_id', sa.String(length=64), nullable=False),
    sa.Column('route', sa.String(length=200), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('status', sa.Integer(), nullable=False),
    sa.Column('location', sa.String(length=500), nullable=True),
    sa.Column('mimetype', sa.String(length=60), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_operations')),
    sa.UniqueConstraint('person_id', 'operation_id', name=op.f('uq_operations_person_id_operation_id'))
    )
    with op.batch_alter_table('operations', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_operations_at'), ['at'], unique=False)

    op.create_table('persons',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('staff_no', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('initials', sa.String(length=40), nullable=False),
    sa.Column('birth_year', sa.Integer(), nullable=True),
    sa.Column('rank_band', sa.Enum('county', 'township', 'technical', name='rankband', native_enum=False, length=32), nullable=False),
    sa.Column('title', sa.String(length=60), nullable=False),
    sa.Column('phone_sealed', sa.String(length=200), nullable=True),
    sa.Column('phone_index', sa.String(length=64), nullable=True),
    sa.Column('password_hash', sa.String(length=200), nullable=True),
    sa.Column('password_set_at', lms.db.types.UtcDateTime(timezone=True), nullable=True),
    sa.Column('password_history', sa.JSON(), nullable=False),
    sa.Column('must_change_password', sa.Boolean(), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('locked_until', lms.db.types.UtcDateTime(timezone=True), nullable=True),
    sa.Column('totp_sealed', sa.String(length=200), nullable=True),
    sa.Column('totp_step', sa.Integer(), nullable=False),
    sa.Column('disabled_at', lms.db.types.UtcDateTime(timezone=True), nullable=True),
    sa.Column('is_unlisted', sa.Boolean(), nullable=False),
    sa.Column('type_size', sa.String(length=10), nullable=False),
    sa.Column('theme', sa.String(length=10), nullable=False),
    sa.Column('created_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_persons')),
    sa.UniqueConstraint('phone_index', name=op.f('uq_persons_phone_index')),
    sa.UniqueConstraint('staff_no', name=op.f('uq_persons_staff_no'))
    )
    with op.batch_alter_table('persons', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_persons_name'), ['name'], unique=False)

    op.create_table('search_texts',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('subject_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('place', sa.String(length=20), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('grams', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_search_texts')),
    sa.UniqueConstraint('kind', 'subject_id', 'place', 'number', name=op.f('uq_search_texts_kind_subject_id_place_number'))
    )
    op.create_table('sign_in_failures',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('source', sa.String(length=64), nullable=False),
    sa.Column('identity', sa.String(length=64), nullable=False),
    sa.Column('at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_in_failures'))
    )
    with op.batch_alter_table('sign_in_failures', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sign_in_failures_identity'), ['identity'], unique=False)
        batch_op.create_index(batch_op.f('ix_sign_in_failures_source'), ['source'], unique=False)

    op.create_table('site_marks',
    sa.Column('key', sa.String(length=60), nullable=False),
    sa.Column('value', sa.String(length=2000), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_site_marks'))
    )
    op.create_table('tasks',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('kind', sa.String(length=60), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('input', sa.JSON(), nullable=False),
    sa.Column('state', sa.Enum('queued', 'running', 'done', 'failed', name='taskstate', native_enum=False, length=32), nullable=False),
    sa.Column('progress_done', sa.Integer(), nullable=False),
    sa.Column('progress_total', sa.Integer(), nullable=False),
    sa.Column('result', sa.JSON(), nullable=True),
    sa.Column('error', sa.Text(), nullable=True),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('run_after', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('claimed_until', lms.db.types.UtcDateTime(timezone=True), nullable=True),
    sa.Column('created_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('finished_at', lms.db.types.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tasks'))
    )
    with op.batch_alter_table('tasks', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_tasks_owner_id'), ['owner_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_tasks_run_after'), ['run_after'], unique=False)
        batch_op.create_index(batch_op.f('ix_tasks_state'), ['state'], unique=False)

    op.create_table('units',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('parent_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('path', sa.String(length=200), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('short_name', sa.String(length=20), nullable=False),
    sa.Column('sort', sa.Integer(), nullable=False),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['parent_id'], ['units.id'], name=op.f('fk_units_parent_id_units')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_units')),
    sa.UniqueConstraint('name', name=op.f('uq_units_name')),
    sa.UniqueConstraint('path', name=op.f('uq_units_path'))
    )
    with op.batch_alter_table('units', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_units_parent_id'), ['parent_id'], unique=False)

    op.create_table('boards',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('rule', sa.JSON(), nullable=False),
    sa.Column('rule_version', sa.String(length=20), nullable=False),
    sa.Column('full_millis', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('live', 'ended', 'settling', 'reviewed', 'notice', 'published', name='boardstate', native_enum=False, length=32), nullable=False),
    sa.Column('is_visible', sa.Boolean(), nullable=False),
    sa.Column('audience_unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('root_unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('cut_off_on', sa.Date(), nullable=False),
    sa.Column('begins_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('live_key', sa.String(length=43), nullable=False),
    sa.Column('created_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['audience_unit_id'], ['units.id'], name=op.f('fk_boards_audience_unit_id_units')),
    sa.ForeignKeyConstraint(['root_unit_id'], ['units.id'], name=op.f('fk_boards_root_unit_id_units')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_boards')),
    sa.UniqueConstraint('live_key', name=op.f('uq_boards_live_key'))
    )
    op.create_table('contests',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('line', sa.Enum('land', 'planning', 'registration', 'mineral', 'survey', 'farmland', 'ecology', 'enforcement', 'party', 'general', name='line', native_enum=False, length=32), nullable=True),
    sa.Column('owner_unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('audience_unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('state', sa.Enum('draft', 'open', 'withdrawn', name='conteststate', native_enum=False, length=32), nullable=False),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['audience_unit_id'], ['units.id'], name=op.f('fk_contests_audience_unit_id_units')),
    sa.ForeignKeyConstraint(['created_by_id'], ['persons.id'], name=op.f('fk_contests_created_by_id_persons')),
    sa.ForeignKeyConstraint(['owner_unit_id'], ['units.id'], name=op.f('fk_contests_owner_unit_id_units')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contests'))
    )
    with op.batch_alter_table('contests', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_contests_owner_unit_id'), ['owner_unit_id'], unique=False)

    op.create_table('feedback',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('page', sa.String(length=200), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('reply', sa.Text(), nullable=True),
    sa.Column('replied_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('replied_at', lms.db.types.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_feedback_person_id_persons')),
    sa.ForeignKeyConstraint(['replied_by_id'], ['persons.id'], name=op.f('fk_feedback_replied_by_id_persons')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_feedback'))
    )
    with op.batch_alter_table('feedback', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_feedback_person_id'), ['person_id'], unique=False)

    op.create_table('hour_entries',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('bucket', sa.Enum('offline', 'online', 'party', 'professional', name='bucket', native_enum=False, length=32), nullable=False),
    sa.Column('quarters', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('source_kind', sa.String(length=32), nullable=False),
    sa.Column('source_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('rule_version', sa.String(length=20), nullable=False),
    sa.Column('evidence', sa.JSON(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('created_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint('quarters <> 0', name=op.f('ck_hour_entries_counts')),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_hour_entries_person_id_persons')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_hour_entries')),
    sa.UniqueConstraint('person_id', 'source_kind', 'source_id', 'bucket', 'year', 'revision', name=op.f('uq_hour_entries_person_id_source_kind_source_id_bucket_year_revision'))
    )
    with op.batch_alter_table('hour_entries', schema=None) as batch_op:
        batch_op.create_index('ix_hour_entries_person_year', ['person_id', 'year'], unique=False)

    op.create_table('media_files',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('original_name', sa.String(length=200), nullable=False),
    sa.Column('mime', sa.String(length=100), nullable=False),
    sa.Column('size_bytes', sa.BigInteger(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.Enum('video', 'audio', 'document', 'image', name='mediakind', native_enum=False, length=32), nullable=False),
    sa.Column('state', sa.Enum('uploaded', 'processing', 'ready', 'failed', name='mediastate', native_enum=False, length=32), nullable=False),
    sa.Column('failure', sa.String(length=300), nullable=False),
    sa.Column('duration_millis', sa.Integer(), nullable=True),
    sa.Column('width', sa.Integer(), nullable=True),
    sa.Column('height', sa.Integer(), nullable=True),
    sa.Column('play_key', sa.String(length=200), nullable=True),
    sa.Column('poster_key', sa.String(length=200), nullable=True),
    sa.Column('page_count', sa.Integer(), nullable=True),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('link_epoch', sa.Integer(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['owner_id'], ['persons.id'], name=op.f('fk_media_files_owner_id_persons')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_media_files')),
    sa.UniqueConstraint('key', name=op.f('uq_media_files_key'))
    )
    with op.batch_alter_table('media_files', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_media_files_owner_id'), ['owner_id'], unique=False)

    op.create_table('memberships',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('branch_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('until_on', sa.Date(), nullable=True),
    sa.Column('party_status', sa.Enum('full', 'probationary', 'activist', 'none', name='partystatus', native_enum=False, length=32), nullable=False),
    sa.Column('duty_status', sa.Enum('on_duty', 'long_ill', 'retired', 'seconded', name='dutystatus', native_enum=False, length=32), nullable=False),
    sa.ForeignKeyConstraint(['branch_id'], ['branches.id'], name=op.f('fk_memberships_branch_id_branches')),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_memberships_person_id_persons')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_memberships_unit_id_units')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_memberships')),
    sa.UniqueConstraint('person_id', 'from_on', name=op.f('uq_memberships_person_id_from_on'))
    )
    with op.batch_alter_table('memberships', schema=None) as batch_op:
        batch_op.create_index('ix_memberships_branch', ['branch_id', 'from_on'], unique=False)
        batch_op.create_index('ix_memberships_unit', ['unit_id', 'from_on'], unique=False)

    op.create_table('notices',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('text', sa.String(length=300), nullable=False),
    sa.Column('link', sa.String(length=200), nullable=False),
    sa.Column('at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('read_at', lms.db.types.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_notices_person_id_persons')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notices'))
    )
    with op.batch_alter_table('notices', schema=None) as batch_op:
        batch_op.create_index('ix_notices_inbox', ['person_id', 'read_at', 'id'], unique=False)

    op.create_table('one_time_codes',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('code_hash', sa.String(length=64), nullable=False),
    sa.Column('expires_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('used_at', lms.db.types.UtcDateTime(timezone=True), nullable=True),
    sa.Column('created_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_one_time_codes_person_id_persons')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_one_time_codes')),
    sa.UniqueConstraint('code_hash', name=op.f('uq_one_time_codes_code_hash'))
    )
    with op.batch_alter_table('one_time_codes', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_one_time_codes_person_id'), ['person_id'], unique=False)

    op.create_table('papers',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('owner_unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('kind', sa.Enum('fixed', 'drawn', name='paperkind', native_enum=False, length=32), nullable=False),
    sa.Column('duration_seconds', sa.Integer(), nullable=True),
    sa.Column('pass_percent', sa.Integer(), nullable=False),
    sa.Column('scoring', sa.Enum('all', 'half', 'proportional', name='scoring', native_enum=False, length=32), nullable=False),
    sa.Column('is_shuffled', sa.Boolean(), nullable=False),
    sa.Column('rules', sa.JSON(), nullable=False),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['created_by_id'], ['persons.id'], name=op.f('fk_papers_created_by_id_persons')),
    sa.ForeignKeyConstraint(['owner_unit_id'], ['units.id'], name=op.f('fk_papers_owner_unit_id_units')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_papers'))
    )
    with op.batch_alter_table('papers', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_papers_owner_unit_id'), ['owner_unit_id'], unique=False)

    op.create_table('question_imports',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('owner_unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('line', sa.Enum('land', 'planning', 'registration', 'mineral', 'survey', 'farmland', 'ecology', 'enforcement', 'party', 'general', name='line', native_enum=False, length=32), nullable=False),
    sa.Column('reading', sa.JSON(), nullable=False),
    sa.Column('chosen', sa.JSON(), nullable=True),
    sa.Column('added', sa.Integer(), nullable=False),
    sa.Column('known', sa.Integer(), nullable=False),
    sa.Column('created_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('started_at', lms.db.types.UtcDateTime(timezone=True), nullable=True),
    sa.Column('finished_at', lms.db.types.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['owner_unit_id'], ['units.id'], name=op.f('fk_question_imports_owner_unit_id_units')),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_question_imports_person_id_persons')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_question_imports'))
    )
    with op.batch_alter_table('question_imports', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_question_imports_person_id'), ['person_id'], unique=False)

    op.create_table('questions',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('owner_unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('line', sa.Enum('land', 'planning', 'registration', 'mineral', 'survey', 'farmland', 'ecology', 'enforcement', 'party', 'general', name='line', native_enum=False, length=32), nullable=False),
    sa.Column('kind', sa.Enum('single', 'multiple', 'boolean', 'blank', name='kind', native_enum=False, length=32), nullable=False),
    sa.Column('difficulty', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('is_retired', sa.Boolean(), nullable=False),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('changed_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['created_by_id'], ['persons.id'], name=op.f('fk_questions_created_by_id_persons')),
    sa.ForeignKeyConstraint(['owner_unit_id'], ['units.id'], name=op.f('fk_questions_owner_unit_id_units')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_questions')),
    sa.UniqueConstraint('owner_unit_id', 'fingerprint', name=op.f('uq_questions_owner_unit_id_fingerprint'))
    )
    with op.batch_alter_table('questions', schema=None) as batch_op:
        batch_op.create_index('ix_questions_draw', ['line', 'kind', 'difficulty'], unique=False)

    op.create_table('role_grants',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('role', sa.Enum('cadre', 'lecturer', 'secretary', 'unit_admin', 'reviewer', 'secrecy_reviewer', 'organiser', 'committee', 'system_admin', 'security_admin', 'audit_admin', name='role', native_enum=False, length=32), nullable=False),
    sa.Column('unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('branch_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('granted_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('granted_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', lms.db.types.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['branch_id'], ['branches.id'], name=op.f('fk_role_grants_branch_id_branches')),
    sa.ForeignKeyConstraint(['granted_by_id'], ['persons.id'], name=op.f('fk_role_grants_granted_by_id_persons')),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_role_grants_person_id_persons')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_role_grants_unit_id_units')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_role_grants'))
    )
    with op.batch_alter_table('role_grants', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_role_grants_person_id'), ['person_id'], unique=False)

    op.create_table('roster_imports',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('file_name', sa.String(length=200), nullable=False),
    sa.Column('state', sa.Enum('read', 'running', 'done', 'discarded', name='importstate', native_enum=False, length=32), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('new_count', sa.Integer(), nullable=False),
    sa.Column('known', sa.JSON(), nullable=False),
    sa.Column('problems', sa.JSON(), nullable=False),
    sa.Column('problem_rows', sa.Integer(), nullable=False),
    sa.Column('lines_sealed', sa.Text(), nullable=False),
    sa.Column('task_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['owner_id'], ['persons.id'], name=op.f('fk_roster_imports_owner_id_persons')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_roster_imports'))
    )
    with op.batch_alter_table('roster_imports', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_roster_imports_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_roster_imports_owner_id'), ['owner_id'], unique=False)

    op.create_table('sign_ins',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('started_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('expires_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('ended_at', lms.db.types.UtcDateTime(timezone=True), nullable=True),
    sa.Column('device', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_sign_ins_person_id_persons')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_ins')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_sign_ins_token_hash'))
    )
    with op.batch_alter_table('sign_ins', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sign_ins_person_id'), ['person_id'], unique=False)

    op.create_table('uncredited_notes',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('source_kind', sa.String(length=32), nullable=False),
    sa.Column('source_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('created_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_uncredited_notes_person_id_persons')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_uncredited_notes')),
    sa.UniqueConstraint('person_id', 'source_kind', 'source_id', 'year', 'reason', name=op.f('uq_uncredited_notes_person_id_source_kind_source_id_year_reason'))
    )
    with op.batch_alter_table('uncredited_notes', schema=None) as batch_op:
        batch_op.create_index('ix_uncredited_notes_person_year', ['person_id', 'year'], unique=False)

    op.create_table('attempts',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('paper_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('purpose', sa.Enum('course', 'contest', 'practice', 'class', name='purpose', native_enum=False, length=32), nullable=False),
    sa.Column('subject_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('open', 'submitted', 'closed', name='state', native_enum=False, length=32), nullable=False),
    sa.Column('scoring', sa.Enum('all', 'half', 'proportional', name='scoring', native_enum=False, length=32), nullable=False),
    sa.Column('started_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('started_on', sa.Date(), nullable=False),
    sa.Column('deadline_at', lms.db.types.UtcDateTime(timezone=True), nullable=True),
    sa.Column('release_at', lms.db.types.UtcDateTime(timezone=True), nullable=True),
    sa.Column('submitted_at', lms.db.types.UtcDateTime(timezone=True), nullable=True),
    sa.Column('score_millis', sa.Integer(), nullable=True),
    sa.Column('max_millis', sa.Integer(), nullable=False),
    sa.Column('seconds_used', sa.Integer(), nullable=True),
    sa.Column('lease', sa.String(length=64), nullable=True),
    sa.ForeignKeyConstraint(['paper_id'], ['papers.id'], name=op.f('fk_attempts_paper_id_papers')),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_attempts_person_id_persons')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attempts')),
    sa.UniqueConstraint('person_id', 'purpose', 'subject_id', 'number', name=op.f('uq_attempts_person_id_purpose_subject_id_number'))
    )
    with op.batch_alter_table('attempts', schema=None) as batch_op:
        batch_op.create_index('ix_attempts_due', ['state', 'deadline_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_attempts_paper_id'), ['paper_id'], unique=False)
        batch_op.create_index('ix_attempts_subject', ['purpose', 'subject_id'], unique=False)
        batch_op.create_index('uq_attempts_open', ['person_id', 'purpose', 'subject_id'], unique=True, sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))

    op.create_table('board_entries',
    sa.Column('board_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('rank_key', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('score_millis', sa.Integer(), nullable=False),
    sa.Column('seconds', sa.Integer(), nullable=False),
    sa.Column('submitted_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('source_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['board_id'], ['boards.id'], name=op.f('fk_board_entries_board_id_boards')),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_board_entries_person_id_persons')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_board_entries_unit_id_units')),
    sa.PrimaryKeyConstraint('board_id', 'person_id', name=op.f('pk_board_entries'))
    )
    with op.batch_alter_table('board_entries', schema=None) as batch_op:
        batch_op.create_index('ix_board_entries_order', ['board_id', 'rank_key', 'person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_board_entries_person_id'), ['person_id'], unique=False)

    op.create_table('board_histogram',
    sa.Column('board_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('bucket', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('people', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['board_id'], ['boards.id'], name=op.f('fk_board_histogram_board_id_boards')),
    sa.PrimaryKeyConstraint('board_id', 'bucket', name=op.f('pk_board_histogram'))
    )
    op.create_table('board_results',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('board_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('score_millis', sa.Integer(), nullable=False),
    sa.Column('seconds', sa.Integer(), nullable=False),
    sa.Column('submitted_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('is_ranked', sa.Boolean(), nullable=False),
    sa.Column('source_kind', sa.String(length=20), nullable=False),
    sa.Column('source_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('recorded_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['board_id'], ['boards.id'], name=op.f('fk_board_results_board_id_boards')),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_board_results_person_id_persons')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_board_results_unit_id_units')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_board_results')),
    sa.UniqueConstraint('board_id', 'source_kind', 'source_id', name=op.f('uq_board_results_board_id_source_kind_source_id'))
    )
    with op.batch_alter_table('board_results', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_board_results_person_id'), ['person_id'], unique=False)

    op.create_table('board_units',
    sa.Column('board_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('roster', sa.Integer(), nullable=False),
    sa.Column('people', sa.Integer(), nullable=False),
    sa.Column('score_millis', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['board_id'], ['boards.id'], name=op.f('fk_board_units_board_id_boards')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_board_units_unit_id_units')),
    sa.PrimaryKeyConstraint('board_id', 'unit_id', name=op.f('pk_board_units'))
    )
    op.create_table('courses',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('summary', sa.String(length=1000), nullable=False),
    sa.Column('line', sa.Enum('land', 'planning', 'registration', 'mineral', 'survey', 'farmland', 'ecology', 'enforcement', 'party', 'general', name='line', native_enum=False, length=32), nullable=False),
    sa.Column('owner_unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('audience_unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('lecturer_name', sa.String(length=60), nullable=False),
    sa.Column('state', sa.Enum('draft', 'published', 'withdrawn', name='coursestate', native_enum=False, length=32), nullable=False),
    sa.Column('paper_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('is_required', sa.Boolean(), nullable=False),
    sa.Column('professional', sa.Boolean(), nullable=False),
    sa.Column('published_at', lms.db.types.UtcDateTime(timezone=True), nullable=True),
    sa.Column('created_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['audience_unit_id'], ['units.id'], name=op.f('fk_courses_audience_unit_id_units')),
    sa.ForeignKeyConstraint(['owner_unit_id'], ['units.id'], name=op.f('fk_courses_owner_unit_id_units')),
    sa.ForeignKeyConstraint(['paper_id'], ['papers.id'], name=op.f('fk_courses_paper_id_papers')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_courses'))
    )
    with op.batch_alter_table('courses', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_courses_audience_unit_id'), ['audience_unit_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_courses_owner_unit_id'), ['owner_unit_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_courses_paper_id'), ['paper_id'], unique=False)
        batch_op.create_index('ix_courses_state_line', ['state', 'line'], unique=False)

    op.create_table('media_pages',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('media_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=True),
    sa.Column('width', sa.Integer(), nullable=True),
    sa.Column('height', sa.Integer(), nullable=True),
    sa.Column('text', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['media_id'], ['media_files.id'], name=op.f('fk_media_pages_media_id_media_files')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_media_pages')),
    sa.UniqueConstraint('media_id', 'number', name=op.f('uq_media_pages_media_id_number'))
    )
    op.create_table('paper_items',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('paper_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('question_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('points_millis', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['paper_id'], ['papers.id'], name=op.f('fk_paper_items_paper_id_papers')),
    sa.ForeignKeyConstraint(['question_id'], ['questions.id'], name=op.f('fk_paper_items_question_id_questions')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_paper_items')),
    sa.UniqueConstraint('paper_id', 'position', name=op.f('uq_paper_items_paper_id_position')),
    sa.UniqueConstraint('paper_id', 'question_id', name=op.f('uq_paper_items_paper_id_question_id'))
    )
    with op.batch_alter_table('paper_items', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_paper_items_question_id'), ['question_id'], unique=False)

    op.create_table('published_rankings',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('board_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('public', sa.JSON(), nullable=False),
    sa.Column('public_digest', sa.String(length=64), nullable=False),
    sa.Column('public_signature', sa.String(length=100), nullable=False),
    sa.Column('complete', sa.JSON(), nullable=False),
    sa.Column('complete_digest', sa.String(length=64), nullable=False),
    sa.Column('complete_signature', sa.String(length=100), nullable=False),
    sa.Column('key_name', sa.String(length=40), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('published_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('published_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['board_id'], ['boards.id'], name=op.f('fk_published_rankings_board_id_boards')),
    sa.ForeignKeyConstraint(['published_by_id'], ['persons.id'], name=op.f('fk_published_rankings_published_by_id_persons')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_published_rankings')),
    sa.UniqueConstraint('board_id', 'version', name=op.f('uq_published_rankings_board_id_version'))
    )
    op.create_table('question_versions',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('question_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('single', 'multiple', 'boolean', 'blank', name='kind', native_enum=False, length=32), nullable=False),
    sa.Column('stem', sa.Text(), nullable=False),
    sa.Column('options', sa.JSON(), nullable=False),
    sa.Column('blanks', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['created_by_id'], ['persons.id'], name=op.f('fk_question_versions_created_by_id_persons')),
    sa.ForeignKeyConstraint(['question_id'], ['questions.id'], name=op.f('fk_question_versions_question_id_questions')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_question_versions')),
    sa.UniqueConstraint('question_id', 'number', name=op.f('uq_question_versions_question_id_number'))
    )
    op.create_table('resources',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('kind', sa.Enum('video', 'audio', 'document', 'article', 'link', name='resourcekind', native_enum=False, length=32), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('summary', sa.String(length=1000), nullable=False),
    sa.Column('line', sa.Enum('land', 'planning', 'registration', 'mineral', 'survey', 'farmland', 'ecology', 'enforcement', 'party', 'general', name='line', native_enum=False, length=32), nullable=False),
    sa.Column('lecturer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('lecturer_name', sa.String(length=60), nullable=False),
    sa.Column('owner_unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('audience_unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('state', sa.Enum('draft', 'content_review', 'secrecy_review', 'published', 'withdrawn', 'returned', name='resourcestate', native_enum=False, length=32), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('media_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('body_html', sa.Text(), nullable=False),
    sa.Column('url', sa.String(length=500), nullable=False),
    sa.Column('required_reading_seconds', sa.Integer(), nullable=False),
    sa.Column('captions_vtt', sa.Text(), nullable=False),
    sa.Column('transcript', sa.Text(), nullable=False),
    sa.Column('duration_millis', sa.Integer(), nullable=True),
    sa.Column('page_count', sa.Integer(), nullable=True),
    sa.Column('published_at', lms.db.types.UtcDateTime(timezone=True), nullable=True),
    sa.Column('withdrawn_reason', sa.String(length=200), nullable=False),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['audience_unit_id'], ['units.id'], name=op.f('fk_resources_audience_unit_id_units')),
    sa.ForeignKeyConstraint(['created_by_id'], ['persons.id'], name=op.f('fk_resources_created_by_id_persons')),
    sa.ForeignKeyConstraint(['lecturer_id'], ['persons.id'], name=op.f('fk_resources_lecturer_id_persons')),
    sa.ForeignKeyConstraint(['media_id'], ['media_files.id'], name=op.f('fk_resources_media_id_media_files')),
    sa.ForeignKeyConstraint(['owner_unit_id'], ['units.id'], name=op.f('fk_resources_owner_unit_id_units')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_resources'))
    )
    with op.batch_alter_table('resources', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_resources_audience_unit_id'), ['audience_unit_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_resources_created_by_id'), ['created_by_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_resources_lecturer_id'), ['lecturer_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_resources_media_id'), ['media_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_resources_owner_unit_id'), ['owner_unit_id'], unique=False)
        batch_op.create_index('ix_resources_state', ['state', 'published_at', 'id'], unique=False)
        batch_op.create_index('ix_resources_state_line', ['state', 'line', 'published_at', 'id'], unique=False)

    op.create_table('rounds',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('contest_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.Enum('practice', 'online', name='roundkind', native_enum=False, length=32), nullable=False),
    sa.Column('title', sa.String(length=60), nullable=False),
    sa.Column('paper_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('board_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('opens_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('closes_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('attempts_per_day', sa.Integer(), nullable=False),
    sa.Column('question_count', sa.Integer(), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('cut_off_on', sa.Date(), nullable=False),
    sa.Column('hours_quarters', sa.Integer(), nullable=False),
    sa.Column('notice_days', sa.Integer(), nullable=False),
    sa.Column('reviewed_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('reviewed_at', lms.db.types.UtcDateTime(timezone=True), nullable=True),
    sa.Column('review_note', sa.String(length=500), nullable=False),
    sa.Column('notice_from_on', sa.Date(), nullable=True),
    sa.Column('notice_until_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['board_id'], ['boards.id'], name=op.f('fk_rounds_board_id_boards')),
    sa.ForeignKeyConstraint(['contest_id'], ['contests.id'], name=op.f('fk_rounds_contest_id_contests')),
    sa.ForeignKeyConstraint(['paper_id'], ['papers.id'], name=op.f('fk_rounds_paper_id_papers')),
    sa.ForeignKeyConstraint(['reviewed_by_id'], ['persons.id'], name=op.f('fk_rounds_reviewed_by_id_persons')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rounds')),
    sa.UniqueConstraint('board_id', name=op.f('uq_rounds_board_id'))
    )
    with op.batch_alter_table('rounds', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_rounds_contest_id'), ['contest_id'], unique=False)

    op.create_table('answer_keys',
    sa.Column('version_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('key', sa.JSON(), nullable=False),
    sa.Column('explanation', sa.Text(), nullable=False),
    sa.Column('basis', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['version_id'], ['question_versions.id'], name=op.f('fk_answer_keys_version_id_question_versions')),
    sa.PrimaryKeyConstraint('version_id', name=op.f('pk_answer_keys'))
    )
    op.create_table('answers',
    sa.Column('attempt_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('position', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('sequence', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('choice', sa.String(length=6000), nullable=False),
    sa.Column('saved_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('is_counted', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['attempt_id'], ['attempts.id'], name=op.f('fk_answers_attempt_id_attempts')),
    sa.PrimaryKeyConstraint('attempt_id', 'position', 'sequence', name=op.f('pk_answers'))
    )
    op.create_table('attempt_items',
    sa.Column('attempt_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('position', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('version_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('option_order', sa.JSON(), nullable=False),
    sa.Column('points_millis', sa.Integer(), nullable=False),
    sa.Column('fraction', sa.Integer(), nullable=True),
    sa.Column('score_millis', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['attempt_id'], ['attempts.id'], name=op.f('fk_attempt_items_attempt_id_attempts')),
    sa.ForeignKeyConstraint(['version_id'], ['question_versions.id'], name=op.f('fk_attempt_items_version_id_question_versions')),
    sa.PrimaryKeyConstraint('attempt_id', 'position', name=op.f('pk_attempt_items'))
    )
    with op.batch_alter_table('attempt_items', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_attempt_items_version_id'), ['version_id'], unique=False)

    op.create_table('course_progress',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('course_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('started_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('finished_at', lms.db.types.UtcDateTime(timezone=True), nullable=True),
    sa.Column('quiz_passed_at', lms.db.types.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['course_id'], ['courses.id'], name=op.f('fk_course_progress_course_id_courses')),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_course_progress_person_id_persons')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_course_progress')),
    sa.UniqueConstraint('course_id', 'person_id', name=op.f('uq_course_progress_course_id_person_id'))
    )
    with op.batch_alter_table('course_progress', schema=None) as batch_op:
        batch_op.create_index('ix_course_progress_person', ['person_id'], unique=False)

    op.create_table('current_answers',
    sa.Column('attempt_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('position', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('choice', sa.String(length=6000), nullable=False),
    sa.Column('saved_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['attempt_id'], ['attempts.id'], name=op.f('fk_current_answers_attempt_id_attempts')),
    sa.PrimaryKeyConstraint('attempt_id', 'position', name=op.f('pk_current_answers'))
    )
    op.create_table('lessons',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('course_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('resource_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('is_required', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['course_id'], ['courses.id'], name=op.f('fk_lessons_course_id_courses')),
    sa.ForeignKeyConstraint(['resource_id'], ['resources.id'], name=op.f('fk_lessons_resource_id_resources')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lessons')),
    sa.UniqueConstraint('course_id', 'position', name=op.f('uq_lessons_course_id_position'))
    )
    with op.batch_alter_table('lessons', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_lessons_resource_id'), ['resource_id'], unique=False)

    op.create_table('objections',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('round_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('text', sa.String(length=500), nullable=False),
    sa.Column('filed_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('reply', sa.String(length=500), nullable=False),
    sa.Column('replied_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('replied_at', lms.db.types.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_objections_person_id_persons')),
    sa.ForeignKeyConstraint(['replied_by_id'], ['persons.id'], name=op.f('fk_objections_replied_by_id_persons')),
    sa.ForeignKeyConstraint(['round_id'], ['rounds.id'], name=op.f('fk_objections_round_id_rounds')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_objections'))
    )
    with op.batch_alter_table('objections', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_objections_person_id'), ['person_id'], unique=False)
        batch_op.create_index('uq_objections_open', ['round_id', 'person_id'], unique=True, sqlite_where=sa.text('replied_at IS NULL'), postgresql_where=sa.text('replied_at IS NULL'))

    op.create_table('resource_reviews',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('resource_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('media_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('step', sa.Enum('content', 'secrecy', name='reviewstep', native_enum=False, length=32), nullable=False),
    sa.Column('verdict', sa.Enum('approved', 'returned', name='verdict', native_enum=False, length=32), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('is_unclassified', sa.Boolean(), nullable=False),
    sa.Column('reviewer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reviewed_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['media_id'], ['media_files.id'], name=op.f('fk_resource_reviews_media_id_media_files')),
    sa.ForeignKeyConstraint(['resource_id'], ['resources.id'], name=op.f('fk_resource_reviews_resource_id_resources')),
    sa.ForeignKeyConstraint(['reviewer_id'], ['persons.id'], name=op.f('fk_resource_reviews_reviewer_id_persons')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_resource_reviews')),
    sa.UniqueConstraint('resource_id', 'version', 'step', name=op.f('uq_resource_reviews_resource_id_version_step'))
    )
    with op.batch_alter_table('resource_reviews', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_resource_reviews_reviewer_id'), ['reviewer_id'], unique=False)

    op.create_table('round_entries',
    sa.Column('round_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('is_ranked', sa.Boolean(), nullable=False),
    sa.Column('entered_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_round_entries_person_id_persons')),
    sa.ForeignKeyConstraint(['round_id'], ['rounds.id'], name=op.f('fk_round_entries_round_id_rounds')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_round_entries_unit_id_units')),
    sa.PrimaryKeyConstraint('round_id', 'person_id', name=op.f('pk_round_entries'))
    )
    with op.batch_alter_table('round_entries', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_round_entries_person_id'), ['person_id'], unique=False)

    op.create_table('round_leaves',
    sa.Column('round_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reason', sa.String(length=100), nullable=False),
    sa.Column('approved_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('approved_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['approved_by_id'], ['persons.id'], name=op.f('fk_round_leaves_approved_by_id_persons')),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_round_leaves_person_id_persons')),
    sa.ForeignKeyConstraint(['round_id'], ['rounds.id'], name=op.f('fk_round_leaves_round_id_rounds')),
    sa.PrimaryKeyConstraint('round_id', 'person_id', name=op.f('pk_round_leaves'))
    )
    op.create_table('lesson_progress',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('lesson_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('spans', sa.JSON(), nullable=False),
    sa.Column('pages', sa.JSON(), nullable=False),
    sa.Column('position_millis', sa.Integer(), nullable=False),
    sa.Column('furthest_millis', sa.Integer(), nullable=False),
    sa.Column('read_seconds', sa.Integer(), nullable=False),
    sa.Column('started_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('studied_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('finished_at', lms.db.types.UtcDateTime(timezone=True), nullable=True),
    sa.Column('settled_at', lms.db.types.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['lesson_id'], ['lessons.id'], name=op.f('fk_lesson_progress_lesson_id_lessons')),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_lesson_progress_person_id_persons')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lesson_progress')),
    sa.UniqueConstraint('lesson_id', 'person_id', name=op.f('uq_lesson_progress_lesson_id_person_id'))
    )
    with op.batch_alter_table('lesson_progress', schema=None) as batch_op:
        batch_op.create_index('ix_lesson_progress_person', ['person_id'], unique=False)

    op.create_table('viewings',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('lesson_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('opened_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('last_beat_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('ended_at', lms.db.types.UtcDateTime(timezone=True), nullable=True),
    sa.Column('is_superseded', sa.Boolean(), nullable=False),
    sa.Column('speed_percent', sa.Integer(), nullable=False),
    sa.Column('may_jump', sa.Boolean(), nullable=False),
    sa.Column('gained_millis', sa.Integer(), nullable=False),
    sa.Column('accepted_through', sa.Integer(), nullable=False),
    sa.Column('last_sequence', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['lesson_id'], ['lessons.id'], name=op.f('fk_viewings_lesson_id_lessons')),
    sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name=op.f('fk_viewings_person_id_persons')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_viewings'))
    )
    with op.batch_alter_table('viewings', schema=None) as batch_op:
        batch_op.create_index('ix_viewings_person_lesson', ['person_id', 'lesson_id'], unique=False)
        batch_op.create_index('uq_viewings_open_person', ['person_id'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))

    op.create_table('beats',
    sa.Column('viewing_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('from_millis', sa.Integer(), nullable=False),
    sa.Column('to_millis', sa.Integer(), nullable=False),
    sa.Column('speed_percent', sa.Integer(), nullable=False),
    sa.Column('has_input', sa.Boolean(), nullable=False),
    sa.Column('pages', sa.JSON(), nullable=True),
    sa.Column('received_at', lms.db.types.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['viewing_id'], ['viewings.id'], name=op.f('fk_beats_viewing_id_viewings')),
    sa.PrimaryKeyConstraint('viewing_id', 'sequence', name=op.f('pk_beats'))
    )
    for statement in SEARCH[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        op.execute('DROP TABLE IF EXISTS search_grams')
    op.drop_table('beats')
    with op.batch_alter_table('viewings', schema=None) as batch_op:
        batch_op.drop_index('uq_viewings_open_person', sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
        batch_op.drop_index('ix_viewings_person_lesson')

    op.drop_table('viewings')
    with op.batch_alter_table('lesson_progress', schema=None) as batch_op:
        batch_op.drop_index('ix_lesson_progress_person')

    op.drop_table('lesson_progress')
    op.drop_table('round_leaves')
    with op.batch_alter_table('round_entries', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_round_entries_person_id'))

    op.drop_table('round_entries')
    with op.batch_alter_table('resource_reviews', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_resource_reviews_reviewer_id'))

    op.drop_table('resource_reviews')
    with op.batch_alter_table('objections', schema=None) as batch_op:
        batch_op.drop_index('uq_objections_open', sqlite_where=sa.text('replied_at IS NULL'), postgresql_where=sa.text('replied_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_objections_person_id'))

    op.drop_table('objections')
    with op.batch_alter_table('lessons', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_lessons_resource_id'))

    op.drop_table('lessons')
    op.drop_table('current_answers')
    with op.batch_alter_table('course_progress', schema=None) as batch_op:
        batch_op.drop_index('ix_course_progress_person')

    op.drop_table('course_progress')
    with op.batch_alter_table('attempt_items', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_attempt_items_version_id'))

    op.drop_table('attempt_items')
    op.drop_table('answers')
    op.drop_table('answer_keys')
    with op.batch_alter_table('rounds', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_rounds_contest_id'))

    op.drop_table('rounds')
    with op.batch_alter_table('resources', schema=None) as batch_op:
        batch_op.drop_index('ix_resources_state_line')
        batch_op.drop_index('ix_resources_state')
        batch_op.drop_index(batch_op.f('ix_resources_owner_unit_id'))
        batch_op.drop_index(batch_op.f('ix_resources_media_id'))
        batch_op.drop_index(batch_op.f('ix_resources_lecturer_id'))
        batch_op.drop_index(batch_op.f('ix_resources_created_by_id'))
        batch_op.drop_index(batch_op.f('ix_resources_audience_unit_id'))

    op.drop_table('resources')
    op.drop_table('question_versions')
    op.drop_table('published_rankings')
    with op.batch_alter_table('paper_items', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_paper_items_question_id'))

    op.drop_table('paper_items')
    op.drop_table('media_pages')
    with op.batch_alter_table('courses', schema=None) as batch_op:
        batch_op.drop_index('ix_courses_state_line')
        batch_op.drop_index(batch_op.f('ix_courses_paper_id'))
        batch_op.drop_index(batch_op.f('ix_courses_owner_unit_id'))
        batch_op.drop_index(batch_op.f('ix_courses_audience_unit_id'))

    op.drop_table('courses')
    op.drop_table('board_units')
    with op.batch_alter_table('board_results', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_board_results_person_id'))

    op.drop_table('board_results')
    op.drop_table('board_histogram')
    with op.batch_alter_table('board_entries', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_board_entries_person_id'))
        batch_op.drop_index('ix_board_entries_order')

    op.drop_table('board_entries')
    with op.batch_alter_table('attempts', schema=None) as batch_op:
        batch_op.drop_index('uq_attempts_open', sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))
        batch_op.drop_index('ix_attempts_subject')
        batch_op.drop_index(batch_op.f('ix_attempts_paper_id'))
        batch_op.drop_index('ix_attempts_due')

    op.drop_table('attempts')
    with op.batch_alter_table('uncredited_notes', schema=None) as batch_op:
        batch_op.drop_index('ix_uncredited_notes_person_year')

    op.drop_table('uncredited_notes')
    with op.batch_alter_table('sign_ins', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sign_ins_person_id'))

    op.drop_table('sign_ins')
    with op.batch_alter_table('roster_imports', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_roster_imports_owner_id'))
        batch_op.drop_index(batch_op.f('ix_roster_imports_created_at'))

    op.drop_table('roster_imports')
    with op.batch_alter_table('role_grants', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_role_grants_person_id'))

    op.drop_table('role_grants')
    with op.batch_alter_table('questions', schema=None) as batch_op:
        batch_op.drop_index('ix_questions_draw')

    op.drop_table('questions')
    with op.batch_alter_table('question_imports', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_question_imports_person_id'))

    op.drop_table('question_imports')
    with op.batch_alter_table('papers', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_papers_owner_unit_id'))

    op.drop_table('papers')
    with op.batch_alter_table('one_time_codes', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_one_time_codes_person_id'))

    op.drop_table('one_time_codes')
    with op.batch_alter_table('notices', schema=None) as batch_op:
        batch_op.drop_index('ix_notices_inbox')

    op.drop_table('notices')
    with op.batch_alter_table('memberships', schema=None) as batch_op:
        batch_op.drop_index('ix_memberships_unit')
        batch_op.drop_index('ix_memberships_branch')

    op.drop_table('memberships')
    with op.batch_alter_table('media_files', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_media_files_owner_id'))

    op.drop_table('media_files')
    with op.batch_alter_table('hour_entries', schema=None) as batch_op:
        batch_op.drop_index('ix_hour_entries_person_year')

    op.drop_table('hour_entries')
    with op.batch_alter_table('feedback', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_feedback_person_id'))

    op.drop_table('feedback')
    with op.batch_alter_table('contests', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_contests_owner_unit_id'))

    op.drop_table('contests')
    op.drop_table('boards')
    with op.batch_alter_table('units', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_units_parent_id'))

    op.drop_table('units')
    with op.batch_alter_table('tasks', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_tasks_state'))
        batch_op.drop_index(batch_op.f('ix_tasks_run_after'))
        batch_op.drop_index(batch_op.f('ix_tasks_owner_id'))

    op.drop_table('tasks')
    op.drop_table('site_marks')
    with op.batch_alter_table('sign_in_failures', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sign_in_failures_source'))
        batch_op.drop_index(batch_op.f('ix_sign_in_failures_identity'))

    op.drop_table('sign_in_failures')
    op.drop_table('search_texts')
    with op.batch_alter_table('persons', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_persons_name'))

    op.drop_table('persons')
    with op.batch_alter_table('operations', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_operations_at'))

    op.drop_table('operations')
    op.drop_table('job_runs')
    with op.batch_alter_table('branches', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_branches_parent_id'))

    op.drop_table('branches')
    with op.batch_alter_table('audit_records', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_audit_records_at'))
        batch_op.drop_index(batch_op.f('ix_audit_records_actor_id'))
        batch_op.drop_index(batch_op.f('ix_audit_records_action'))

    op.drop_table('audit_records')
    op.drop_table('audit_heads')
