"""What a person may reach: an own attempt, and the bank and papers of the units in scope."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from lms.errors import Invalid, NotFound
from lms.people import access as people_access
from lms.people import queries as people_queries
from lms.people.access import Scope
from lms.people.models import Unit
from lms.people.principal import Principal
from lms.people.rules import Permission
from lms.quizzes import bank_queries, document_queries, practice_queries, queries
from lms.quizzes.bank_models import QuestionBatch, QuestionPicture, SourceDocument
from lms.quizzes.models import Appeal, Attempt, Paper, PaperItem, Question, QuestionImport, QuestionVersion
from lms.quizzes.practice_models import PracticeRun


def attempt_of(session: Session, me: Principal, attempt_id: int) -> Attempt:
    """The person's own attempt; somebody else's looks like none."""
    attempt = queries.find_own_attempt(session, me.id, attempt_id)
    if attempt is None:
        raise NotFound()
    return attempt


def sitting_of(session: Session, me: Principal, attempt_id: int) -> queries.Sitting:
    """`attempt_of`, as its exam page shows it."""
    sitting = queries.find_own_sitting(session, me.id, attempt_id)
    if sitting is None:
        raise NotFound()
    return sitting


def run_of(session: Session, me: Principal, run_id: int) -> PracticeRun:
    """The person's own practice; somebody else's looks like none, whoever asks."""
    run = practice_queries.find_run(session, me.id, run_id)
    if run is None:
        raise NotFound()
    return run


def bank_scope(session: Session, me: Principal) -> Scope:
    return people_access.scope(session, me, Permission.QUESTION_MANAGE)


def paper_scope(session: Session, me: Principal) -> Scope:
    return people_access.scope(session, me, Permission.PAPER_MANAGE)


def unit_to_own(session: Session, scope: Scope) -> Unit:
    """The highest unit in scope: new questions and papers belong to it. Raises NotFound when there is none."""
    for unit in people_queries.list_units(session):
        if scope.covers_unit(unit.path):
            return unit
    raise NotFound()


def question_to_manage(session: Session, me: Principal, question_id: int) -> Question:
    found = queries.find_question(session, question_id)
    if found is None or not bank_scope(session, me).covers_unit(found[1]):
        raise NotFound()
    return found[0]


def pictures_to_use(session: Session, me: Principal, picture_ids: Sequence[int]) -> None:
    """Whether the person may show these pictures in a question. Raises Invalid."""
    scope = bank_scope(session, me)
    for number in picture_ids:
        found = bank_queries.find_picture(session, number)
        if found is None or not scope.covers_unit(found[1]):
            raise Invalid(f"没有第 {number} 号图片，请先上传，再写 [图{number}]。", field="stem")


def document_to_manage(session: Session, me: Principal, document_id: int) -> SourceDocument:
    found = document_queries.find_document(session, document_id)
    if found is None or not bank_scope(session, me).covers_unit(found[1]):
        raise NotFound()
    return found[0]


def batch_to_undo(session: Session, me: Principal, batch_id: int) -> QuestionBatch:
    found = bank_queries.find_batch(session, batch_id)
    if found is None or not bank_scope(session, me).covers_unit(found[1]):
        raise NotFound()
    return found[0]


def picture_to_see(session: Session, me: Principal, picture_id: int) -> QuestionPicture:
    """Candidates see the pictures of the versions in their attempts, keepers those of their units."""
    found = bank_queries.find_picture(session, picture_id)
    if found is None:
        raise NotFound()
    if me.can(Permission.QUESTION_MANAGE) and bank_scope(session, me).covers_unit(found[1]):
        return found[0]
    if not bank_queries.is_shown_to(session, picture_id, me.id):
        raise NotFound()
    return found[0]


def question_to_correct(session: Session, me: Principal, question_id: int) -> Question:
    """A question whose attempts the person may mark again."""
    found = queries.find_question(session, question_id)
    if found is None or not people_access.scope(session, me, Permission.ATTEMPT_REVIEW).covers_unit(found[1]):
        raise NotFound()
    return found[0]


def paper_item_to_correct(
    session: Session, me: Principal, paper_id: int, question_id: int
) -> tuple[Paper, Question, PaperItem]:
    """A question of a fixed paper whose attempts the person may mark again."""
    found, question = queries.find_paper(session, paper_id), queries.find_question(session, question_id)
    item = queries.find_paper_item(session, paper_id, question_id)
    scope = people_access.scope(session, me, Permission.ATTEMPT_REVIEW)
    if found is None or question is None or item is None or not scope.covers_unit(found[1]):
        raise NotFound()
    return found[0], question[0], item


def version_to_correct(session: Session, question: Question, number: int) -> QuestionVersion:
    version = queries.find_version(session, question.id, number)
    if version is None:
        raise NotFound()
    return version


def paper_to_manage(session: Session, me: Principal, paper_id: int) -> Paper:
    found = queries.find_paper(session, paper_id)
    if found is None or not paper_scope(session, me).covers_unit(found[1]):
        raise NotFound()
    return found[0]


def attempt_to_mark(session: Session, paper: Paper, attempt_id: int) -> Attempt:
    """An attempt at this paper."""
    attempt = session.get(Attempt, attempt_id)
    if attempt is None or attempt.paper_id != paper.id:
        raise NotFound()
    return attempt


def appeal_to_answer(session: Session, me: Principal, appeal_id: int) -> Appeal:
    found = queries.find_appeal(session, appeal_id)
    if found is None or not paper_scope(session, me).covers_unit(found[1]):
        raise NotFound()
    return found[0]


def import_to_finish(session: Session, me: Principal, import_id: int) -> QuestionImport:
    """A preview belongs to who uploaded the file."""
    kept = queries.find_import(session, import_id)
    if kept is None or kept.person_id != me.id:
        raise NotFound()
    return kept
