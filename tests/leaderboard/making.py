"""Units, people and boards for the tests of boards."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from lms.leaderboard import queries, services
from lms.leaderboard.models import Board
from lms.leaderboard.queries import BoardHead
from lms.leaderboard.rules import BoardRule
from lms.people.models import Membership, Person, Unit
from lms.people.rules import DutyStatus, PartyStatus, RankBand

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
_numbers = count(1)


def make_unit(session: Session, name: str, parent: Unit | None = None) -> Unit:
    unit = Unit(
        name=f"{name}{next(_numbers)}", short_name=name, path=f"?{next(_numbers)}", parent_id=parent and parent.id
    )
    session.add(unit)
    session.flush()
    unit.path = f"{parent.path if parent else '/'}{unit.id}/"
    session.flush()
    return unit


def make_people(
    session: Session, many: int, unit: Unit | None = None, *, from_on: date = date(2026, 1, 1)
) -> list[int]:
    """Ids of new people, members of the unit from that day on."""
    batch = next(_numbers)
    rows = [
        {"staff_no": f"b{batch}-{n}", "name": f"人{batch}-{n}", "rank_band": RankBand.TOWNSHIP, "created_at": NOON}
        for n in range(many)
    ]
    session.execute(insert(Person), rows)
    ids = list(session.scalars(select(Person.id).where(Person.staff_no.startswith(f"b{batch}-")).order_by(Person.id)))
    status = {"party_status": PartyStatus.NONE, "duty_status": DutyStatus.ON_DUTY}
    if unit is not None and ids:
        session.execute(
            insert(Membership), [{"person_id": p, "unit_id": unit.id, "from_on": from_on, **status} for p in ids]
        )
    return ids


@dataclass
class Hall:
    """A board with a root unit, ready to take results."""

    session: Session
    board: Board
    root: Unit

    @property
    def head(self) -> BoardHead:
        self.session.flush()
        head = queries.find_board(self.session, self.board.id)
        assert head is not None
        return head

    def record(self, person_id: int, score: int = 90, seconds: int = 100, at: int = 0, **more: object) -> bool:
        """`score` in points, `at` in seconds after noon."""
        arguments = {
            "unit_id": None,
            "score_millis": score * 1000,
            "seconds": seconds,
            "submitted_at": NOON + timedelta(seconds=at),
            "source_id": next(_numbers),
            "now": NOON,
        }
        return services.record(self.session, self.board.id, person_id=person_id, **(arguments | more))  # type: ignore[arg-type]

    def places(self) -> dict[int, int]:
        return {line.person_id: line.place for line in queries.list_lines(self.session, self.head)}


def make_hall(session: Session, *, rule: BoardRule | None = None, root: Unit | None = None) -> Hall:
    root = root or make_unit(session, "局")
    board = services.create_board(
        session,
        title="不动产登记专场",
        rule=rule or BoardRule(),
        full_millis=100_000,
        root_unit_id=root.id,
        audience_unit_id=None,
        cut_off_on=date(2026, 11, 20),
        begins_at=NOON - timedelta(days=1),
        now=NOON,
    )
    services.show_board(session, board)
    session.flush()
    return Hall(session, board, root)
