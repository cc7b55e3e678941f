"""Announcements with audience and reads, reminders, channels with their outbox, threads of feedback."""

import sqlalchemy as sa
from alembic import op

import lms.db.types

revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
UTC = lms.db.types.UtcDateTime(timezone=True)
WORD = sa.String(length=32)


def upgrade() -> None:
    op.add_column('notices', sa.Column('kind', WORD, server_default='news', nullable=False))
    _announcements()
    _reminders()
    _channels()
    _feedback()


def _number() -> sa.Column:
    return sa.Column('id', BIG, autoincrement=True, nullable=False)


def _ref(table: str, column: str, target: str, nullable: bool = False, **more) -> tuple:
    return (
        sa.Column(column, BIG, nullable=nullable, **more),
        sa.ForeignKeyConstraint([column], [f'{target}.id'], name=f'fk_{table}_{column}_{target}'),
    )


def _announcements() -> None:
    op.create_table(
        'announcements',
        _number(),
        *_ref('announcements', 'author_id', 'persons'),
        sa.Column('title', sa.String(length=120), nullable=False),
        sa.Column('body', sa.Text(), nullable=False),
        sa.Column('reach', WORD, nullable=False),
        *_ref('announcements', 'unit_id', 'units', True),
        *_ref('announcements', 'branch_id', 'branches', True),
        sa.Column('rank_band', WORD, nullable=True),
        sa.Column('party', WORD, nullable=True),
        sa.Column('channel_ids', sa.JSON(), nullable=False),
        sa.Column('until_on', sa.Date(), nullable=True),
        sa.Column('state', WORD, nullable=False),
        sa.Column('recipient_count', sa.Integer(), nullable=False),
        sa.Column('created_at', UTC, nullable=False),
        sa.Column('published_at', UTC, nullable=True),
        sa.Column('published_on', sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint('id', name='pk_announcements'),
    )
    op.create_index('ix_announcements_author_id', 'announcements', ['author_id'])
    op.create_index('ix_announcements_shown', 'announcements', ['state', 'published_on'])
    op.create_table(
        'announcement_people',
        *_ref('announcement_people', 'announcement_id', 'announcements', autoincrement=False),
        *_ref('announcement_people', 'person_id', 'persons', autoincrement=False),
        sa.PrimaryKeyConstraint('announcement_id', 'person_id', name='pk_announcement_people'),
    )
    op.create_index('ix_announcement_people_person_id', 'announcement_people', ['person_id'])
    op.create_table(
        'announcement_reads',
        *_ref('announcement_reads', 'announcement_id', 'announcements', autoincrement=False),
        *_ref('announcement_reads', 'person_id', 'persons', autoincrement=False),
        sa.Column('is_counted', sa.Boolean(), nullable=False),
        sa.Column('read_at', UTC, nullable=False),
        sa.PrimaryKeyConstraint('announcement_id', 'person_id', name='pk_announcement_reads'),
    )
    op.create_index('ix_announcement_reads_person_id', 'announcement_reads', ['person_id'])


def _reminders() -> None:
    op.create_table(
        'notice_settings',
        *_ref('notice_settings', 'person_id', 'persons', autoincrement=False),
        sa.Column('is_quiet', sa.Boolean(), nullable=False),
        sa.Column('email_reminders', sa.Boolean(), nullable=False),
        sa.Column('email_announcements', sa.Boolean(), nullable=False),
        sa.Column('email_sealed', sa.String(length=600), nullable=True),
        sa.Column('email_confirmed_at', UTC, nullable=True),
        sa.Column('code_hash', sa.String(length=64), nullable=True),
        sa.Column('code_sent_at', UTC, nullable=True),
        sa.Column('code_tries', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('person_id', name='pk_notice_settings'),
    )
    op.create_table(
        'digests',
        _number(),
        *_ref('digests', 'person_id', 'persons'),
        sa.Column('on', sa.Date(), nullable=False),
        sa.Column('at', UTC, nullable=False),
        sa.PrimaryKeyConstraint('id', name='pk_digests'),
        sa.UniqueConstraint('person_id', 'on', name='uq_digests_person_id_on'),
    )
    op.create_index('ix_digests_at', 'digests', ['at'])
    op.create_table(
        'reminders',
        _number(),
        *_ref('reminders', 'digest_id', 'digests'),
        *_ref('reminders', 'person_id', 'persons'),
        sa.Column('item', sa.String(length=80), nullable=False),
        sa.Column('week', sa.Date(), nullable=False),
        sa.Column('on', sa.Date(), nullable=False),
        sa.Column('text', sa.String(length=120), nullable=False),
        sa.Column('link', sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint('id', name='pk_reminders'),
        sa.UniqueConstraint('person_id', 'item', 'week', name='uq_reminders_person_id_item_week'),
    )
    op.create_index('ix_reminders_digest_id', 'reminders', ['digest_id'])


def _channels() -> None:
    op.create_table(
        'channels',
        _number(),
        sa.Column('kind', WORD, nullable=False),
        sa.Column('name', sa.String(length=60), nullable=False),
        *_ref('channels', 'unit_id', 'units', True),
        *_ref('channels', 'branch_id', 'branches', True),
        sa.Column('config', sa.JSON(), nullable=False),
        sa.Column('secret_sealed', sa.Text(), nullable=False),
        sa.Column('per_minute', sa.Integer(), nullable=False),
        sa.Column('is_on', sa.Boolean(), nullable=False),
        sa.Column('created_at', UTC, nullable=False),
        sa.PrimaryKeyConstraint('id', name='pk_channels'),
    )
    op.create_table(
        'deliveries',
        _number(),
        sa.Column('key', sa.String(length=80), nullable=False),
        *_ref('deliveries', 'channel_id', 'channels'),
        *_ref('deliveries', 'person_id', 'persons', True),
        sa.Column('cause', WORD, nullable=False),
        sa.Column('title', sa.String(length=200), nullable=False),
        sa.Column('text_sealed', sa.Text(), nullable=False),
        sa.Column('link', sa.String(length=200), nullable=False),
        sa.Column('state', WORD, nullable=False),
        sa.Column('tries', sa.Integer(), nullable=False),
        sa.Column('next_at', UTC, nullable=False),
        sa.Column('expires_at', UTC, nullable=True),
        sa.Column('claimed_until', UTC, nullable=True),
        sa.Column('tried_at', UTC, nullable=True),
        sa.Column('sent_at', UTC, nullable=True),
        sa.Column('error', sa.String(length=200), nullable=False),
        sa.Column('created_at', UTC, nullable=False),
        sa.PrimaryKeyConstraint('id', name='pk_deliveries'),
        sa.UniqueConstraint('key', name='uq_deliveries_key'),
    )
    op.create_index('ix_deliveries_due', 'deliveries', ['state', 'next_at'])
    op.create_index('ix_deliveries_rate', 'deliveries', ['channel_id', 'tried_at'])
    op.create_index('ix_deliveries_sent_at', 'deliveries', ['sent_at'])
    op.create_index('ix_deliveries_created_at', 'deliveries', ['created_at'])


def _feedback() -> None:
    """Replies become messages of their threads."""
    old = sa.table('feedback', *map(sa.column, ('id', 'page', 'at', 'reply', 'replied_by_id', 'replied_at')))
    rows = op.get_bind().execute(sa.select(old)).mappings().all()
    with op.batch_alter_table('feedback') as batch:
        batch.add_column(sa.Column('section', sa.String(length=40), server_default='', nullable=False))
        batch.add_column(sa.Column('state', WORD, server_default='new', nullable=False))
        batch.add_column(sa.Column('assignee_id', BIG, nullable=True))
        batch.add_column(sa.Column('answered_at', UTC, nullable=True))
        batch.add_column(sa.Column('moved_at', UTC, nullable=True))
        batch.drop_constraint('fk_feedback_replied_by_id_persons', type_='foreignkey')
        batch.create_foreign_key('fk_feedback_assignee_id_persons', 'persons', ['assignee_id'], ['id'])
        for column in ('reply', 'replied_by_id', 'replied_at'):
            batch.drop_column(column)
    op.create_index('ix_feedback_state', 'feedback', ['state', 'id'])
    op.create_table(
        'feedback_messages',
        _number(),
        *_ref('feedback_messages', 'feedback_id', 'feedback'),
        *_ref('feedback_messages', 'author_id', 'persons', True),
        sa.Column('is_office', sa.Boolean(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('at', UTC, nullable=False),
        sa.PrimaryKeyConstraint('id', name='pk_feedback_messages'),
    )
    op.create_index('ix_feedback_messages_feedback_id', 'feedback_messages', ['feedback_id'])
    _move(rows)


def _move(rows) -> None:
    """`at` and `replied_at` are taken as the database holds them."""
    names = ('id', 'section', 'state', 'answered_at', 'moved_at')
    thread = sa.table('feedback', *map(sa.column, names))
    said = sa.table('feedback_messages', *map(sa.column, ('feedback_id', 'author_id', 'is_office', 'text', 'at')))
    for row in rows:
        answered = row['reply'] is not None
        section = row['page'].strip('/').split('/')[0][:40]
        values = {'section': section, 'moved_at': row['at'], 'answered_at': row['replied_at']}
        state = {'state': 'answered' if answered else 'new'}
        op.execute(sa.update(thread).where(thread.c.id == row['id']).values(values | state))
        if answered:
            word = {'feedback_id': row['id'], 'author_id': row['replied_by_id'], 'is_office': True}
            op.execute(sa.insert(said).values(word | {'text': row['reply'], 'at': row['replied_at']}))
