"""What awaits those who keep papers: answers to mark and appeals to answer; questions whose source was superseded for those who keep the bank."""

from sqlalchemy.orm import Session

from lms.people.access import scope
from lms.people.awaiting import Awaiting
from lms.people.principal import Principal
from lms.people.rules import Permission
from lms.quizzes import document_queries, marking_queries, queries


def list_awaiting(session: Session, person: Principal) -> list[Awaiting]:
    """Counts may be 0."""
    return [*_of_the_bank(session, person), *_of_papers(session, person)]


def _of_the_bank(session: Session, person: Principal) -> list[Awaiting]:
    if not person.can(Permission.QUESTION_MANAGE):
        return []
    count = document_queries.count_to_review(session, scope(session, person, Permission.QUESTION_MANAGE))
    return [Awaiting(count, "道题的依据已失效，等待复核", "去复核", "quizzes_documents.to_review", {})]


def _of_papers(session: Session, person: Principal) -> list[Awaiting]:
    if not person.can(Permission.PAPER_MANAGE):
        return []
    held = scope(session, person, Permission.PAPER_MANAGE)
    return [
        Awaiting(
            marking_queries.count_mine(session, held, person.id), "份答案等你评", "去评卷", "quizzes_marking.index", {}
        ),
        Awaiting(
            queries.count_open_appeals(session, held),
            "条题目申诉等待答复",
            "去答复",
            "quizzes_marking.list_appeals",
            {},
        ),
    ]
