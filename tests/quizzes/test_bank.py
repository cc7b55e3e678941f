"""Questions of every kind through the form, their versions, states, tags, search, look-alikes and acts on many."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, select

from lms import clock
from lms.audit.models import AuditRecord
from lms.errors import Conflict, Invalid
from lms.people.line_rules import Line
from lms.people.models import Unit
from lms.quizzes import access, bank_queries, key_queries, queries, services
from lms.quizzes.bank_models import QuestionBatch, QuestionTwin
from lms.quizzes.draw_rules import DrawRule
from lms.quizzes.models import Question
from lms.quizzes.queries import QuestionFilter
from lms.quizzes.rules import Kind, Marking, Purpose, Readiness, Scoring, marking_from, tags_of
from lms.quizzes.services import Content, bank_acts, imports, twins
from lms.quizzes.services.bank_acts import Wish
from lms.quizzes.twin_rules import ALIKE, alike, pairs_of, similarity
from lms.quizzes.writing import content_of, form_data
from lms.scheduler import KINDS
from lms.tasks.services import run_due
from tests.quizzes.conftest import MULTIPLE, NINE, SINGLE, nothing_follows
from tests.quizzes.kinds import CONTENTS
from tests.support.spent import cpu_seconds

BLANK_FORM = {"line": "land", "difficulty": "2", "options": "", "key": "", "prompts": "", "explanation": ""}


def newest(session):
    session.expire_all()
    question = session.scalars(select(Question).order_by(Question.id.desc())).first()
    return question, *key_queries.find_key(session, question)


# --- the form


@pytest.mark.parametrize(
    ("given", "options", "key", "marking"),
    [
        (
            {"kind": "multiple", "stem": "哪些属于农用地？", "options": "耕地\n宅基地\n林地", "key": "ac", "scoring": "all"},
            ["耕地", "宅基地", "林地"], [0, 2], Marking(scoring=Scoring.ALL),
        ),
        ({"kind": "boolean", "stem": "土地可以买卖。", "key": "错", "options": "不读"}, ["正确", "错误"], [1], Marking()),
        (
            {"kind": "blank", "stem": "归____和____所有。", "key": "国家/全民；集体", "is_order_free": "y", "unit": "亩"},
            [], [["国家", "全民"], ["集体"]], Marking(is_order_free=True),
        ),
        (
            {"kind": "numeric", "stem": "合多少公顷？", "key": "0.8", "tolerance": "5%", "unit": "公顷", "rubric": "不读"},
            [], [["0.8"]], Marking(tolerance="5%", unit="公顷"),
        ),
        (
            {"kind": "short", "stem": "简述步骤。", "rubric": "每步一分", "tolerance": "不读", "scoring": "all"},
            [], [], Marking(rubric="每步一分"),
        ),
    ],
)  # fmt: skip
def test_the_form_keeps_what_its_kind_needs_and_ignores_the_rest(web, session, given, options, key, marking):
    web.as_("hua").post("/office/questions", BLANK_FORM | given)
    _, version, kept = newest(session)
    assert (version.options, kept.key, marking_from(kept.marking)) == (options, key, marking)


def test_a_matching_question_is_typed_by_letters_and_an_ordering_one_in_the_right_order(web, session):
    hua = web.as_("hua")
    hua.post(
        "/office/questions",
        BLANK_FORM
        | {"kind": "matching", "stem": "谁来办？", "prompts": "登记\n公告", "options": "县政府\n登记机构", "key": "BA"},
    )
    _, version, kept = newest(session)
    assert [version.options[n] for n in kept.key] == ["登记机构", "县政府"]
    hua.post(
        "/office/questions", BLANK_FORM | {"kind": "ordering", "stem": "怎么办案？", "options": "立案\n调查\n决定"}
    )
    question, version, kept = newest(session)
    assert [version.options[n] for n in kept.key] == ["立案", "调查", "决定"]
    shown = hua.get(f"/office/questions/{question.id}").get_data(as_text=True)
    assert "立案\n调查\n决定" in shown.replace("\r\n", "\n")


@pytest.mark.parametrize("content", CONTENTS, ids=lambda content: content.kind.value)
def test_every_kind_opens_in_the_form_and_saving_it_unchanged_makes_no_version(web, session, add, content):
    question = add(content)
    session.commit()
    hua = web.as_("hua")
    assert content.stem in hua.get(f"/office/questions/{question.id}").get_data(as_text=True)
    version, key = key_queries.find_key(session, question)
    data = form_of(session, question, version, key)
    hua.post(f"/office/questions/{question.id}/versions", data)
    session.expire_all()
    assert session.get_one(Question, question.id).version == 1


def form_of(session, question, version, key):
    data = form_data(question, version, key)
    return {name: "y" if value is True else value for name, value in data.items() if value is not False}


def test_a_preview_shows_the_question_without_its_key_and_keeps_nothing(web, session, cast):
    given = BLANK_FORM | {"kind": "single", "stem": "下列哪项是耕地？", "options": "水田\n林地", "key": "A"}
    hua = web.as_("hua")
    text = hua.post("/office/questions/preview", given, 200).get_data(as_text=True)
    seen = text[text.index("考生看到的样子") : text.index('<form class="form"')]
    assert "水田" in seen
    assert "checked" not in seen
    assert session.scalars(select(Question)).all() == []


def test_a_fault_stands_at_its_field_and_nothing_is_kept(web, session):
    given = BLANK_FORM | {"kind": "numeric", "stem": "多少？", "key": "很多"}
    text = web.as_("hua").post("/office/questions", given, 422).get_data(as_text=True)
    assert "数值题的答案写一个数" in text
    assert session.scalars(select(Question)).all() == []


def test_every_version_stays_readable_with_its_key_and_author(web, session, add, cast):
    question = add(SINGLE)
    changed = Content(Kind.SINGLE, "下列哪项属于耕地？", ["旱地", "林地"], [0], "旱地属于耕地。")
    services.edit_question(session, question, changed, line=Line.LAND, by_id=cast.hua.id, now=clock.now())
    session.commit()
    hua = web.as_("hua")
    page = hua.get(f"/office/questions/{question.id}").get_data(as_text=True)
    assert "第 1 版" in page
    assert "第 2 版" in page
    assert cast.hua.name in page
    old = hua.get(f"/office/questions/{question.id}/versions/1").get_data(as_text=True)
    assert "水田" in old
    assert "水田属于耕地。" in old
    assert "旱地" not in old
    hua.get(f"/office/questions/{question.id}/versions/3", 404)


def test_a_key_accepted_later_outlives_a_better_explanation_but_not_another_key(session, add):
    question = add(Content(Kind.NUMERIC, "多少？", [], [["8"]], marking=Marking(also=([["9"]],))))
    version, key = key_queries.find_key(session, question)
    data = form_of(session, question, version, key) | {
        "explanation": "说明。",
        "is_rich": False,
        "is_order_free": False,
    }
    assert content_of(data, (version, key)).marking.also == ([["9"]],)
    assert content_of(data | {"key": "7"}, (version, key)).marking.also == ()


# --- readiness and tags


def test_only_ready_questions_are_drawn_and_the_history_says_who_retired_one(web, session, add, bureau, cast):
    draft = web.as_("hua").post(
        "/office/questions", BLANK_FORM | {"kind": "boolean", "stem": "土地可以买卖。", "key": "错", "is_draft": "y"}
    )
    assert draft.status_code == 303
    ready = add(SINGLE)
    session.commit()
    rules = [DrawRule(9, 1000)]
    assert [c.kind for c in queries.list_candidates(session, bureau.id, rules)] == [Kind.SINGLE]
    hua = web.as_("hua")
    hua.post(f"/office/questions/{ready.id}/readiness", {"readiness": "retired", "note": "过时"})
    assert queries.list_candidates(session, bureau.id, rules) == []
    page = hua.get(f"/office/questions/{ready.id}").get_data(as_text=True)
    assert "状态 可用 → 停用（过时）" in page
    assert cast.hua.name in page


@given(st.lists(st.text(alphabet="耕地执法 ，、#A", max_size=8), max_size=30))
def test_tags_come_out_once_each_and_typing_them_again_changes_nothing(words):
    tags = tags_of("、".join(words))
    assert len(tags) == len(set(tags)) <= 10
    assert tags_of("、".join(tags)) == tags
    assert all(tag and " " not in tag for tag in tags)


# --- search


def test_a_question_is_found_by_stem_option_and_material_and_by_its_newest_version_only(
    session, add, bureau, principals
):
    question = add(Content(Kind.SINGLE, "下列哪项正确？", ["永久基本农田", "林地"], [0], material="某县占用耕地案"))
    add(MULTIPLE)
    scope = access.bank_scope(session, principals.hua)

    def found(text):
        return [q.id for q in session.scalars(queries.list_questions(session, scope, QuestionFilter(text=text)))]

    assert found("基本农田") == found("占用耕地") == found("哪项 农田") == [question.id]
    services.edit_question(
        session,
        question,
        Content(Kind.SINGLE, "哪项正确？", ["水田", "林地"], [0]),
        line=Line.LAND,
        by_id=None,
        now=NINE,
    )
    assert found("基本农田") == []
    assert found("水田") == [question.id]


@pytest.fixture
def large_bank(session, bureau):
    """Twenty thousand questions, every one a little different."""
    subjects = ["耕地", "林地", "草地", "宅基地", "矿区", "海域", "湿地", "园地"]
    rows = [
        {
            "kind": "boolean", "stem": f"{subjects[n % 8]}审批事项第{n}号由{n * 7919 % 100003}号文件规定。", "options": [],
            "key": [n % 2], "explanation": "", "basis": {}, "difficulty": 1 + n % 3, "line": "",
        }
        for n in range(20_000)
    ]  # fmt: skip
    for start in range(0, len(rows), 2000):
        imports.add_drafts(
            session, rows[start : start + 2000], owner_unit_id=bureau.id, line=Line.LAND, by_id=None, now=NINE
        )
        session.commit()


def test_twenty_thousand_questions_are_searched_with_few_statements_and_at_once(web, session, large_bank, app):
    hua = web.as_("hua")
    hua.get("/office/questions", 200)
    statements = []
    engine = app.extensions["engine"]
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    began = cpu_seconds()
    text = hua.get("/office/questions?q=第12345号", 200).get_data(as_text=True)
    spent = cpu_seconds() - began
    assert "共 1 道题" in text
    assert "第12345号" in text
    assert len(statements) <= 25
    assert spent < 0.6, f"{spent:.2f} s"


# --- look-alikes


@given(st.dictionaries(st.integers(1, 60), st.text(alphabet="耕地林草占用补", min_size=1, max_size=14), max_size=25))
def test_the_pairs_found_are_the_pairs_that_comparing_all_with_all_finds(texts):
    expected = {
        (a, b) for a in texts for b in texts if a < b and similarity(pairs_of(texts[a]), pairs_of(texts[b])) >= ALIKE
    }
    assert {(pair.first, pair.second) for pair in alike(texts)} == expected


def test_look_alikes_are_found_by_a_task_and_one_of_two_is_retired(web, session, make_session, add, cast):
    first = add(Content(Kind.SINGLE, "永久基本农田占用的审批权限属于哪一级人民政府？", ["国务院", "省政府"], [0]))
    second = add(Content(Kind.SINGLE, "永久基本农田占用的审批权限，属于哪一级人民政府", ["国务院", "市政府"], [0]))
    add(SINGLE)
    session.commit()
    hua = web.as_("hua")
    assert "没有列出相似的题" in hua.get("/office/questions/twins").get_data(as_text=True)
    hua.post("/office/questions/twins")
    run_due(make_session, KINDS, {})
    text = hua.get("/office/questions/twins").get_data(as_text=True)
    assert "共 1 对" in text
    assert "题干相同" in text
    answer = hua.post(f"/office/questions/{second.id}/readiness", {"readiness": "retired", "then": "twins"})
    assert "没有列出相似的题" in hua.follow(answer).get_data(as_text=True)
    session.expire_all()
    assert session.get_one(Question, first.id).readiness is Readiness.READY


def test_a_dismissed_pair_is_not_listed_by_the_next_search(web, session, make_session, add, bureau, cast):
    one = add(Content(Kind.BOOLEAN, "耕地占补平衡由省级人民政府负责落实。", [], [0]))
    two = add(Content(Kind.BOOLEAN, "耕地占补平衡由省级人民政府负责落实吗。", [], [0]))
    session.commit()
    hua = web.as_("hua")
    for _ in range(2):
        twins.start_search(session, session.get_one(Unit, bureau.id), by_id=cast.hua.id, now=clock.now())
        session.commit()
        run_due(make_session, KINDS, {})
        session.expire_all()
        if not session.scalars(select(QuestionTwin.is_dismissed)).one():
            hua.post(f"/office/questions/twins/{one.id}/{two.id}/dismissal")
    assert "没有列出相似的题" in hua.get("/office/questions/twins").get_data(as_text=True)


# --- many at once


def test_many_are_changed_at_once_recorded_and_taken_back_except_where_somebody_changed_more(web, session, bank, cast):
    hua, ids = web.as_("hua"), [question.id for question in bank[:3]]
    listed = hua.get("/office/questions/batches/new?" + "&".join(f"ids={id}" for id in ids)).get_data(as_text=True)
    assert "修改这 3 道题" in listed
    hua.post("/office/questions/batches", {"ids": ids, "line": "farmland", "add_tags": "新任干部、执法"})
    session.expire_all()
    batch = session.scalars(select(QuestionBatch)).one()
    assert (batch.count, batch.what) == (3, "条线改为耕地保护，加标签 新任干部、执法")
    assert {q.line for q in bank[:3]} == {Line.FARMLAND}
    assert bank[3].line is Line.LAND
    assert session.scalars(select(AuditRecord).where(AuditRecord.action == "question.batch")).one().detail["count"] == 3
    bank_acts.change_question(session, bank[0], Wish(line=Line.SURVEY), by_id=cast.hua.id, now=clock.now())
    session.commit()
    answer = hua.post(f"/office/questions/batches/{batch.id}/undoing")
    assert "恢复了 2 道题；1 道后来又改过" in hua.follow(answer).get_data(as_text=True)
    session.expire_all()
    assert [q.line for q in bank] == [Line.SURVEY, Line.LAND, Line.LAND, Line.LAND]
    assert bank_queries.find_tags(session, ids) == {ids[0]: ["执法", "新任干部"]}
    with pytest.raises(Conflict, match="已经撤销过"):
        bank_acts.undo_batch(session, batch, by_id=cast.hua.id, now=clock.now())


def test_a_batch_touches_only_questions_in_scope_and_needs_something_to_do(web, session, add, bureau, north, cast):
    mine, theirs = add(SINGLE, unit=north), add(MULTIPLE)
    session.commit()
    with pytest.raises(Invalid, match="选一项"):
        bank_acts.change_many(session, [mine], Wish(), owner_unit_id=north.id, by_id=cast.ada.id, now=clock.now())
    web.as_("ada").post("/office/questions/batches", {"ids": [mine.id, theirs.id], "difficulty": "3"})
    session.expire_all()
    assert (mine.difficulty, theirs.difficulty) == (3, 2)


# --- use


def test_the_page_of_a_question_says_where_it_was_asked_and_how_well_it_was_answered(
    web, session, bank, paper, start, save
):
    for name, choice in (("lin", [0]), ("bo", [1])):
        attempt = start(name, purpose=Purpose.PRACTICE)
        save(attempt, 1, choice, name=name)
        services.submit(session, attempt, settle=nothing_follows, now=NINE)
        session.commit()
    use = bank_queries.find_use(session, bank[0])
    assert (use.attempts, use.facility, use.last_at) == (2, 0.5, NINE)
    assert [(title, count) for _, title, count, _ in use.papers] == [("不动产登记专场", 2)]
    text = web.as_("hua").get(f"/office/questions/{bank[0].id}").get_data(as_text=True)
    assert "2 次" in text
    assert "50%" in text
    assert "不动产登记专场" in text
