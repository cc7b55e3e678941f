"""Source documents: linked by law and version, superseded, and the questions that are looked at again."""

from datetime import date

import pytest

from lms import clock
from lms.errors import Conflict
from lms.people.line_rules import Line
from lms.quizzes import access, document_queries, services
from lms.quizzes.document_rules import Known, Links, bare_title
from lms.quizzes.models import Question
from lms.quizzes.rules import Kind, Readiness
from lms.quizzes.services import Content, documents, imports
from tests.quizzes.conftest import NINE

LAW, OLD, NEW = "土地管理法", "2004年修正", "2019年修正"


def content(n, version=OLD):
    return Content(
        Kind.BOOLEAN, f"第 {n} 条属实。", [], [0], basis={"law": LAW, "version": version, "article": "第四条"}
    )


@pytest.fixture
def register(session, bureau, principals, cast):
    def add(title=LAW, version=OLD, issued_on=date(2004, 8, 28)):
        scope = access.bank_scope(session, principals.hua)
        made = documents.add_document(
            session, title=title, version=version, issued_on=issued_on, owner_unit_id=bureau.id, scope=scope,
            by_id=cast.hua.id, now=NINE,
        )  # fmt: skip
        session.commit()
        return made

    return add


def test_brackets_width_and_the_state_in_front_make_no_difference_to_a_title():
    assert bare_title("《中华人民共和国 土地管理法》") == bare_title("土地管理法")
    links = Links([Known(1, LAW, OLD, True), Known(2, f"《{LAW}》", NEW, False), Known(3, "森林法", "", False)])
    assert links.of({"law": f"中华人民共和国{LAW}", "version": f"（{OLD}）"}) == 1
    assert links.of({"law": LAW}) == 2  # the only one in force
    assert links.of({"law": LAW, "version": "1998年"}) is None
    assert links.of({}) is None


def test_a_new_document_takes_in_the_questions_that_name_it_and_later_ones_link_themselves(
    session, add, register, bureau
):
    before, other = add(content(1)), add(content(2, NEW))
    document, linked = register()
    assert linked == 1
    session.refresh(before)
    session.refresh(other)
    assert (before.document_id, other.document_id) == (document.id, None)
    after = add(content(3))
    raw = {
        "kind": "boolean", "stem": "第 4 条属实。", "options": [], "key": [0], "explanation": "", "difficulty": 2, "line": "",
        "basis": {"law": LAW, "version": OLD},
    }  # fmt: skip
    imports.add_drafts(session, [raw], owner_unit_id=bureau.id, line=Line.LAND, by_id=None, now=NINE)
    assert after.document_id == document.id
    assert document_queries.count_questions(session, [document.id]) == {document.id: (3, 0)}
    services.edit_question(session, after, content(3, NEW), line=Line.LAND, by_id=None, now=NINE)
    assert after.document_id is None


def test_superseding_puts_ready_questions_on_the_list_and_the_three_ways_off_it(web, session, add, register, cast):
    document, _ = register()
    successor, _ = register(version=NEW, issued_on=date(2019, 8, 26))
    kept, changed, gone, draft = (add(content(n)) for n in range(4))
    draft.readiness = Readiness.DRAFT
    session.commit()
    hua = web.as_("hua")
    answer = hua.post(
        f"/office/source-documents/{document.id}/superseding", {"on": "2020-01-01", "by": str(successor.id)}
    )
    page = hua.follow(answer).get_data(as_text=True)
    assert "共 3 道" in page
    assert f"《{LAW}》（{OLD}）已失效，由《{LAW}》（{NEW}）取代" in page
    assert "道题的依据已失效，等待复核" in hua.get("/office").get_data(as_text=True)

    hua.post(f"/office/source-documents/review/{kept.id}")
    hua.post(f"/office/source-documents/review/{kept.id}", status=409)
    hua.post(f"/office/questions/{gone.id}/readiness", {"readiness": "retired", "then": "review"})
    services.edit_question(session, changed, content(1, NEW), line=Line.LAND, by_id=cast.hua.id, now=clock.now())
    session.commit()
    assert "没有要复核的题" in hua.get("/office/source-documents/review").get_data(as_text=True)
    assert "仍然适用" in hua.get(f"/office/questions/{kept.id}").get_data(as_text=True)
    session.expire_all()
    assert [q.readiness for q in (kept, changed, gone)] == [Readiness.READY, Readiness.READY, Readiness.RETIRED]
    assert session.get_one(Question, changed.id).document_id == successor.id


def test_a_document_is_superseded_once_and_not_before_it_was_issued(web, session, register, cast):
    document, _ = register()
    hua, url = web.as_("hua"), f"/office/source-documents/{document.id}/superseding"
    assert "不能早于发布日期" in hua.post(url, {"on": "2001-01-01"}, 422).get_data(as_text=True)
    hua.post(url, {"on": "2020-01-01"})
    with pytest.raises(Conflict, match="已经标为被取代"):
        documents.supersede(session, document, on=date(2021, 1, 1), by=None, by_id=cast.hua.id, now=NINE)


def test_the_page_offers_what_questions_name_and_nobody_registered_and_refuses_a_twin(web, session, add, register):
    add(content(1))
    session.commit()
    hua = web.as_("hua")
    assert f"《{LAW}》（{OLD}）" in hua.get("/office/source-documents").get_data(as_text=True)
    hua.post("/office/source-documents", {"title": f"《{LAW}》", "version": OLD, "issued_on": "2004-08-28"})
    text = hua.get("/office/source-documents").get_data(as_text=True)
    assert "还没登记的" not in text
    assert "1 道" in text
    assert "已经登记过了" in hua.post("/office/source-documents", {"title": LAW, "version": OLD}, 422).get_data(
        as_text=True
    )


def test_documents_above_are_linked_to_but_not_managed_from_below(web, session, register, add, north):
    document, _ = register()
    assert add(content(1), unit=north).document_id == document.id
    session.commit()
    ada = web.as_("ada")
    ada.get(f"/office/source-documents/{document.id}", 404)
    ada.post(f"/office/source-documents/{document.id}/superseding", {"on": "2020-01-01"}, 404)
