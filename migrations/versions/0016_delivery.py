"""What the lecturer says about the delivery of a resource: download, watermark, chapters."""

import sqlalchemy as sa
from alembic import op

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('resources', sa.Column('may_download', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('resources', sa.Column('is_watermarked', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('resources', sa.Column('chapters', sa.JSON(), server_default='[]', nullable=False))
