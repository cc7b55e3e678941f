"""What is made of recordings and documents: renditions, small page pictures, articles; when a task was begun."""

import sqlalchemy as sa
from alembic import op

import lms.db.types

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
UTC = lms.db.types.UtcDateTime(timezone=True)
KEY = sa.String(length=200)


def upgrade() -> None:
    op.create_table(
        'media_renditions',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('media_id', BIG, nullable=False),
        sa.Column('name', sa.String(length=40), nullable=False),
        sa.Column('kind', sa.Enum('stream', 'storyboard', name='renditionkind', native_enum=False, length=32), nullable=False),
        sa.Column('prefix', KEY, nullable=False),
        sa.Column('width', sa.Integer(), nullable=True),
        sa.Column('height', sa.Integer(), nullable=True),
        sa.Column('bits_per_second', sa.Integer(), nullable=False),
        sa.Column('codecs', sa.String(length=80), nullable=False),
        sa.Column('size_bytes', sa.BigInteger(), nullable=False),
        sa.Column('file_count', sa.Integer(), nullable=False),
        sa.Column('playlist', sa.Text(), nullable=False),
        sa.Column('facts', sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(['media_id'], ['media_files.id'], name='fk_media_renditions_media_id_media_files'),
        sa.PrimaryKeyConstraint('id', name='pk_media_renditions'),
        sa.UniqueConstraint('media_id', 'name', name='uq_media_renditions_media_id_name'),
    )
    op.add_column('media_files', sa.Column('article_html', sa.Text(), server_default='', nullable=False))
    op.add_column('media_files', sa.Column('pdf_key', KEY, nullable=True))
    op.add_column('media_files', sa.Column('shortcoming', sa.String(length=300), server_default='', nullable=False))
    op.add_column('media_files', sa.Column('heard_vtt', sa.Text(), server_default='', nullable=False))
    op.add_column('media_files', sa.Column('playable_at', UTC, nullable=True))
    op.add_column('media_pages', sa.Column('small_key', KEY, nullable=True))
    op.add_column('tasks', sa.Column('started_at', UTC, nullable=True))
