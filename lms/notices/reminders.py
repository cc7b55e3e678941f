"""What waits for those who answer feedback."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.notices.feedback_rules import OPEN
from lms.notices.models import Feedback
from lms.notices.rules import Due


def list_due(session: Session, *, now: datetime) -> list[Due]:
    """Open threads of whoever was given them; what nobody has taken on stands on the office's first page only."""
    query = (
        select(Feedback.assignee_id, func.count())
        .where(Feedback.state.in_(OPEN), Feedback.assignee_id.is_not(None))
        .group_by(Feedback.assignee_id)
    )
    return [
        Due(person_id, "notices.feedback", f"{count} 条意见建议由你办理，等待答复", "/office/feedback?mine=1")
        for person_id, count in session.execute(query)
        if person_id is not None
    ]
