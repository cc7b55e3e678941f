"""The marked attempts behind a paper's figures."""

import json
from enum import StrEnum

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from lms.quizzes.models import Attempt, AttemptItem, CurrentAnswer
from lms.quizzes.rules import Purpose, State
from lms.quizzes.statistics_rules import Mark, Sheet

MOST_ATTEMPTS = 5000  # the newest; a thousand more would not change a figure a reader can see


class Which(StrEnum):
    """Which of a person's attempts count. The first ones are the honest population: nobody has seen the questions yet."""

    FIRST = "first"
    LAST = "last"
    BEST = "best"
    ALL = "all"


WHICH_LABELS = {Which.FIRST: "首次作答", Which.LAST: "最后一次", Which.BEST: "最好的一次", Which.ALL: "全部答卷"}


def _ended(paper_id: int) -> Select[int]:
    return select(Attempt.id).where(
        Attempt.paper_id == paper_id,
        Attempt.state.in_((State.SUBMITTED, State.CLOSED)),
        Attempt.score_millis.is_not(None),
        Attempt.purpose != Purpose.MOCK,
    )


def _counted(paper_id: int, which: Which) -> Select[int]:
    """Ids of the attempts of the population. Attempts at another subject with the same paper count apart."""
    if which is Which.ALL:
        return _ended(paper_id)
    order = {
        Which.FIRST: (Attempt.number,),
        Which.LAST: (Attempt.number.desc(),),
        Which.BEST: (Attempt.score_millis.desc(), Attempt.number),
    }[which]
    place = func.row_number().over(
        partition_by=(Attempt.person_id, Attempt.purpose, Attempt.subject_id), order_by=order
    )
    ranked = _ended(paper_id).add_columns(place.label("place")).subquery()
    return select(ranked.c.id).where(ranked.c.place == 1)


def count_ended(session: Session, paper_id: int) -> int:
    return session.scalar(select(func.count()).select_from(_ended(paper_id).subquery())) or 0


def list_sheets(session: Session, paper_id: int, which: Which) -> list[Sheet]:
    """The newest MOST_ATTEMPTS marked attempts of the population; a mark's question is the version that was asked. What still
    waits to be graded by hand is left out."""
    newest = _counted(paper_id, which).order_by(None).subquery()
    ids = select(newest.c.id).order_by(newest.c.id.desc()).limit(MOST_ATTEMPTS)
    rows = session.execute(
        select(
            AttemptItem.attempt_id, AttemptItem.version_id, AttemptItem.score_millis, AttemptItem.points_millis,
            CurrentAnswer.choice,
        )
        .outerjoin(
            CurrentAnswer,
            (CurrentAnswer.attempt_id == AttemptItem.attempt_id) & (CurrentAnswer.position == AttemptItem.position),
        )
        .where(AttemptItem.attempt_id.in_(ids), AttemptItem.score_millis.is_not(None))
        .order_by(AttemptItem.attempt_id, AttemptItem.version_id)
    )  # fmt: skip
    sheets: dict[int, list[Mark]] = {}
    for attempt_id, version_id, score, points, choice in rows:
        chosen = [each for each in json.loads(choice) if isinstance(each, int)] if choice else []
        sheets.setdefault(attempt_id, []).append(Mark(version_id, (score or 0) / 1000, points / 1000, chosen))
    return [Sheet(marks) for marks in sheets.values()]
