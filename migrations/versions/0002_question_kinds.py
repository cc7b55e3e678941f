"""Numeric, matching, ordering and short-answer questions: prompts, shared material, and how a key is applied."""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('question_versions', sa.Column('prompts', sa.JSON(), server_default='[]', nullable=False))
    op.add_column('question_versions', sa.Column('material', sa.Text(), server_default='', nullable=False))
    op.add_column('answer_keys', sa.Column('marking', sa.JSON(), server_default='{}', nullable=False))
