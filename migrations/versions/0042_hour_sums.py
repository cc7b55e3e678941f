"""Hours: sums by person, month and bucket, filled from the entries that are there."""

import sqlalchemy as sa
from alembic import op

revision = '0042'
down_revision = '0041'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
WORD = sa.String(length=32)
ENTRIES = sa.table(
    'hour_entries', *(sa.column(name) for name in ('person_id', 'year', 'bucket', 'rule_version', 'source_kind')),
    sa.column('on', sa.Date()), sa.column('quarters', sa.Integer()),
)
VERSIONS = sa.table('hour_rule_versions', sa.column('name'), sa.column('subject'), sa.column('figures', sa.JSON()))


def upgrade() -> None:
    sums = op.create_table(
        'hour_sums',
        sa.Column('person_id', BIG, autoincrement=False, nullable=False),
        sa.Column('year', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('month', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('bucket', WORD, nullable=False),
        sa.Column('is_elective', sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column('quarters', sa.Integer(), nullable=False),
        sa.Column('entries', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['person_id'], ['persons.id'], name='fk_hour_sums_person_id_persons'),
        sa.PrimaryKeyConstraint('person_id', 'year', 'month', 'bucket', 'is_elective', name='pk_hour_sums'),
    )
    op.create_index(
        'ix_hour_sums_year', 'hour_sums',
        ['year', 'person_id', 'bucket', 'is_elective', 'month', 'quarters', 'entries'],
    )
    op.create_index(
        'ix_hour_sums_months', 'hour_sums', ['year', 'month', 'bucket', 'is_elective', 'person_id', 'quarters']
    )
    op.drop_index('ix_hour_entries_days', 'hour_entries')
    rows = _sums(op.get_bind())
    for start in range(0, len(rows), 5000):
        op.bulk_insert(sums, rows[start : start + 5000])


def _sums(bind: sa.Connection) -> list[dict[str, object]]:
    electives = {
        (name, kind)
        for name, figures in bind.execute(sa.select(VERSIONS.c.name, VERSIONS.c.figures).where(VERSIONS.c.subject == 'conversion'))
        for kind, rule in figures.get('sources', {}).items()
        if rule.get('is_elective')
    }
    e = ENTRIES.c
    by = (e.person_id, e.year, sa.extract('month', e.on), e.bucket, e.rule_version, e.source_kind)
    sums: dict[tuple[object, ...], list[int]] = {}
    for person_id, year, month, bucket, version, kind, quarters, entries in bind.execute(
        sa.select(*by, sa.func.sum(e.quarters), sa.func.count()).group_by(*by)
    ):
        place = (person_id, year, int(month), bucket, (version, kind) in electives)
        found = sums.setdefault(place, [0, 0])
        found[0] += int(quarters)
        found[1] += entries
    names = ('person_id', 'year', 'month', 'bucket', 'is_elective', 'quarters', 'entries')
    return [dict(zip(names, (*place, *found), strict=True)) for place, found in sums.items()]


def downgrade() -> None:
    op.create_index('ix_hour_entries_days', 'hour_entries', ['year', 'bucket', 'on', 'quarters', 'person_id'])
    op.drop_table('hour_sums')
