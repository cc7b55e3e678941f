"""What those who were there say of a gathering, once."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from lms.db import conflict_as
from lms.errors import Conflict, Forbidden, Invalid
from lms.gatherings import questionnaire_rules as rules
from lms.gatherings import questionnaires
from lms.gatherings.models import Gathering, Reply


def reply(
    session: Session, gathering: Gathering, person_id: int, *, points: Sequence[int], words: str, now: datetime
) -> Reply:
    """The person's points, one figure of 1 to 5 for each question of the kind, and words.

    Raises Forbidden for who was not there, Conflict for a second reply or after thirty days, Invalid for points that do not answer it.
    """
    if not questionnaires.may_reply(session, gathering, person_id):
        raise Forbidden("只有到会的人可以评价。")
    if not rules.is_open(gathering.ends_at, now):
        raise Conflict("评价已经结束，活动后 30 天内可以评。")
    if not rules.are_points(points, gathering.words.questions):
        raise Invalid("每一项请选 1 到 5 分。", field="question_1")
    made = Reply(
        gathering_id=gathering.id, person_id=person_id, points=list(points), total=sum(points),
        words=words.strip()[: rules.MOST_WORDS],
    )  # fmt: skip
    with conflict_as(Conflict("你已经评价过了，谢谢。"), session):
        session.add(made)
    return made
