"""Honours of teams in what follows from a publication; versions of advancement lists, and their corrections approved with a key."""

from typing import Any

import sqlalchemy as sa
from alembic import op

import lms.db.types

revision = '0046'
down_revision = '0045'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
UTC = lms.db.types.UtcDateTime(timezone=True)
LINE = (
    'round_id', 'position', 'person_id', 'team_id', 'unit_id', 'outcome', 'seat', 'reason', 'place', 'score_millis',
    'carried_millis',
)


def upgrade() -> None:
    op.add_column('round_effects', sa.Column('team_honour', sa.String(length=32), server_default='', nullable=False))
    is_sqlite = op.get_bind().dialect.name == 'sqlite'
    op.execute(
        f'ALTER TABLE round_effects ADD COLUMN team_certificate_id {"INTEGER" if is_sqlite else "BIGINT"} '
        'CONSTRAINT fk_round_effects_team_certificate_id_certificates REFERENCES certificates (id)'
    )
    op.add_column('advancements', sa.Column('version', sa.Integer(), server_default='1', nullable=False))
    versions = op.create_table(
        'advancement_versions',
        sa.Column('id', BIG, autoincrement=True, nullable=False),
        sa.Column('round_id', BIG, nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('lines', sa.JSON(), nullable=False),
        sa.Column('changes', sa.JSON(), nullable=False),
        sa.Column('edge_place', sa.Integer(), nullable=True),
        sa.Column('state', sa.String(length=20), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('journal_until', BIG, nullable=True),
        sa.Column('reason', sa.String(length=500), nullable=False),
        sa.Column('published_by_id', BIG, nullable=False),
        sa.Column('published_at', UTC, nullable=False),
        sa.ForeignKeyConstraint(['published_by_id'], ['persons.id'], name='fk_advancement_versions_published_by_id_persons'),
        sa.ForeignKeyConstraint(['round_id'], ['advancements.round_id'], name='fk_advancement_versions_round_id_advancements'),
        sa.PrimaryKeyConstraint('id', name='pk_advancement_versions'),
        sa.UniqueConstraint('round_id', 'version', name='uq_advancement_versions_round_id_version')
    )
    op.create_table(
        'due_advancements',
        sa.Column('correction_id', BIG, autoincrement=False, nullable=False),
        sa.Column('round_id', BIG, autoincrement=False, nullable=False),
        sa.Column('approved_by_id', BIG, nullable=False),
        sa.Column('approved_at', UTC, nullable=False),
        sa.Column('version', sa.Integer(), nullable=True),
        sa.Column('done_at', UTC, nullable=True),
        sa.ForeignKeyConstraint(['approved_by_id'], ['persons.id'], name='fk_due_advancements_approved_by_id_persons'),
        sa.ForeignKeyConstraint(['correction_id'], ['key_corrections.id'], name='fk_due_advancements_correction_id_key_corrections'),
        sa.ForeignKeyConstraint(['round_id'], ['rounds.id'], name='fk_due_advancements_round_id_rounds'),
        sa.PrimaryKeyConstraint('correction_id', 'round_id', name='pk_due_advancements')
    )
    _keep_first_versions(versions)


def _keep_first_versions(versions: sa.Table) -> None:
    """Every list that was published so far is the first version of itself, with the digest it was published with."""
    bind, columns = op.get_bind(), ', '.join(LINE)
    lines: dict[int, list[dict[str, Any]]] = {}
    for row in bind.execute(sa.text(f'SELECT {columns} FROM advancement_lines ORDER BY round_id, position')):
        lines.setdefault(row.round_id, []).append(dict(zip(LINE, row, strict=True)))
    heads = sa.table(
        'advancements', sa.column('round_id'), sa.column('edge_place'), sa.column('state'), sa.column('digest'),
        sa.column('published_by_id'), sa.column('published_at', UTC),
    )
    for head in bind.execute(sa.select(heads)).mappings().all():
        whole = {**head, 'version': 1, 'lines': lines.get(head['round_id'], []), 'changes': [], 'reason': '', 'journal_until': None}
        bind.execute(versions.insert().values(whole))


def downgrade() -> None:
    op.drop_table('due_advancements')
    op.drop_table('advancement_versions')
    op.drop_column('advancements', 'version')
    with op.batch_alter_table('round_effects') as batch:
        batch.drop_column('team_certificate_id')
        batch.drop_column('team_honour')
