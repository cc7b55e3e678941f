"""What short records ask of somebody: a posting that was returned."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.notices.rules import Due
from lms.records.models import Posting
from lms.records.rules import PostingState
from lms.records.services import OWN_PAGE


def list_due(session: Session, *, now: datetime) -> list[Due]:
    """Returned postings, to whom they belong."""
    returned = select(Posting.id, Posting.person_id, Posting.place).where(Posting.state == PostingState.RETURNED)
    return [
        Due(person_id, f"records.posting:{posting_id}", f"“{place}”的实践记录被退回，补充后再报", OWN_PAGE)
        for posting_id, person_id, place in session.execute(returned)
    ]
