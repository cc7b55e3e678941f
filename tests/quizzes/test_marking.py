"""Answers that people mark, results that are released by hand, appeals on one question."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from lms.errors import Conflict, Invalid, NotFound
from lms.notices.models import Notice
from lms.quizzes import marking_queries, services
from lms.quizzes.errors import MarkedAlready
from lms.quizzes.marking_rules import Standing, settled, standing
from lms.quizzes.models import Appeal, Attempt, AttemptItem, HandMark
from lms.quizzes.rules import Kind, Marking, Purpose
from lms.quizzes.services import hand_marks
from lms.quizzes.services.bank import Content
from tests.quizzes.conftest import LEASE, NINE, nothing_follows, seconds

SHORT = Content(Kind.SHORT, "简述占补平衡的含义。", [], [["占多少补多少"]], marking=Marking(rubric="数量、质量、生态"))
POINTS = 25_000


# --- rules


@pytest.mark.parametrize(
    ("scores", "markers", "where", "earned"),
    [
        ([], 1, Standing.WAITING, None), ([7000], 1, Standing.SETTLED, 7000), ([7000], 2, Standing.WAITING, None),
        ([7000, 8001], 2, Standing.SETTLED, 7501), ([7000, 9000], 2, Standing.SETTLED, 8000),
        ([7000, 9001], 2, Standing.APART, None), ([1000, 9001, 6000], 2, Standing.SETTLED, 6000),
    ],
)  # fmt: skip
def test_one_marker_two_near_ones_or_a_third_decides(scores, markers, where, earned):
    assert (standing(scores, 10_000, markers=markers), settled(scores, 10_000, markers=markers)) == (where, earned)


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=3), st.sampled_from([1, 2]))
def test_what_is_settled_lies_between_what_was_given(scores, markers):
    earned = settled(scores, 10_000, markers=markers)
    assert earned is None or min(scores) <= earned <= max(scores)


# --- services


@pytest.fixture
def essay(session, add, bureau, cast, save):
    """`essay(markers=1, by_hand=False)`: a paper of one single choice (50) and one short answer (50), sat by lin."""

    def sit(*, markers=1, by_hand=False, name="lin"):
        single = Content(Kind.SINGLE, f"下列哪项是耕地？{markers}{by_hand}", ["水田", "林地"], [0])
        settings = services.PaperSettings("论述", markers=markers, is_released_by_hand=by_hand, is_shuffled=False)
        short = Content(Kind.SHORT, f"{SHORT.stem}{markers}{by_hand}", [], SHORT.key, marking=SHORT.marking)
        questions = [add(single).id, add(short).id]
        paper = services.create_fixed_paper(session, settings, questions, owner_unit_id=bureau.id, by_id=None, now=NINE)
        return paper, hand_in(session, paper, save, getattr(cast, name).id, name)

    return sit


def hand_in(session, paper, save, person_id, name):
    attempt = services.start_attempt(
        session, paper, person_id=person_id, purpose=Purpose.PRACTICE, subject_id=7, now=NINE
    )
    services.take_lease(session, attempt, lease=LEASE, take_over=True, now=NINE)
    session.commit()
    save(attempt, 1, [0], name=name)
    save(attempt, 2, ["占用多少耕地，补充多少。"], name=name)
    return services.submit(session, attempt, settle=nothing_follows, now=NINE + seconds(90))


def mark(session, attempt, points, by, told=None, comment=""):
    told = told if told is not None else []
    return hand_marks.mark_answer(
        session, attempt, 2, score_millis=int(points * 1000), comment=comment, marker_id=by.id,
        resettle=lambda _session, attempts, reason, _now: told.append(([a.score_millis for a in attempts], reason)), now=NINE,
    )  # fmt: skip


def test_one_marker_settles_the_score_and_what_follows_from_it(session, essay, cast):
    _, attempt = essay()
    assert attempt.score_millis == 50_000
    told: list = []
    assert mark(session, attempt, 40, cast.hua, told)
    assert told == [([90_000], "评卷完成")]
    assert session.get_one(AttemptItem, (attempt.id, 2)).fraction == 800
    assert session.scalar(select(func.count()).select_from(Notice).where(Notice.person_id == cast.lin.id)) == 1
    with pytest.raises(MarkedAlready):
        mark(session, attempt, 10, cast.ada)
    assert session.get_one(Attempt, attempt.id).score_millis == 90_000


def test_two_markers_who_are_apart_are_decided_by_a_third(session, essay, cast):
    paper, attempt = essay(markers=2)
    assert not mark(session, attempt, 45, cast.hua)
    with pytest.raises(MarkedAlready):
        mark(session, attempt, 30, cast.hua)
    assert marking_queries.find_next(session, paper.id, cast.hua.id) is None
    assert not mark(session, attempt, 20, cast.ada)
    third = marking_queries.find_next(session, paper.id, cast.gao.id)
    assert third is not None
    assert third.turn == 3
    assert mark(session, attempt, 30, cast.gao)
    assert session.get_one(Attempt, attempt.id).score_millis == 80_000
    assert marking_queries.count_waiting(session, paper.id) == 0


def test_a_marker_sees_text_and_rubric_but_no_name_and_never_the_own_answer(session, essay, cast):
    paper, _ = essay(name="lin")
    shown = marking_queries.find_next(session, paper.id, cast.hua.id)
    assert shown is not None
    assert (shown.text, shown.rubric, list(shown.reference)) == (
        "占用多少耕地，补充多少。",
        "数量、质量、生态",
        ["占多少补多少"],
    )
    assert not {"person_id", "name"} & set(shown.__dataclass_fields__)
    assert marking_queries.find_next(session, paper.id, cast.lin.id) is None


def test_a_mark_beyond_the_points_or_on_a_choice_question_is_refused(session, essay, cast):
    _, attempt = essay()
    with pytest.raises(Invalid):
        mark(session, attempt, 50.5, cast.hua)
    with pytest.raises(Invalid):
        mark(session, attempt, 10, cast.lin)
    with pytest.raises(NotFound):
        hand_marks.mark_answer(
            session, attempt, 1, score_millis=0, comment="", marker_id=cast.hua.id, resettle=lambda *_: None, now=NINE
        )


def test_results_released_by_hand_wait_for_the_last_mark_and_are_released_once(session, essay, cast):
    paper, attempt = essay(by_hand=True)
    with pytest.raises(Conflict, match="还有 1 份"):
        hand_marks.release_results(session, paper, by_id=cast.hua.id, now=NINE)
    mark(session, attempt, 40, cast.hua)
    assert hand_marks.release_results(session, paper, by_id=cast.hua.id, now=NINE) == 1
    with pytest.raises(Conflict):
        hand_marks.release_results(session, paper, by_id=cast.hua.id, now=NINE)


# --- pages


def test_hua_marks_releases_and_lin_reads_score_and_comment(session, web, essay, cast):
    paper, attempt = essay(by_hand=True)
    review = f"/attempts/{attempt.id}/review"
    before = web.as_("lin").get(review, 200).text
    assert "50 分" not in before.split("<h1")[1].split("</h1>")[0]
    assert "正确答案" not in before
    hua = web.as_("hua")
    assert "论述" in hua.get("/office/marking", 200).text
    page = hua.get(f"/office/marking/{paper.id}", 200).text
    assert "数量、质量、生态" in page
    assert "林晓" not in page
    address = f"/office/marking/{paper.id}/{attempt.id}/2"
    hua.post(address, {"score": "60"}, 422)
    hua.post(address, {"score": "41.5", "comment": "要点齐全"}, 303)
    hua.post(f"/office/papers/{paper.id}/release", {}, 303)
    after = web.as_("lin").get(review, 200).text
    assert "91.5 分" in after
    assert "要点齐全" in after
    web.as_("ada").get(f"/office/marking/{paper.id}", 404)


def test_an_appeal_is_filed_once_answered_in_writing_and_read_by_its_person(session, web, start, save, cast):
    attempt = start()
    save(attempt, 1, [1])
    services.submit(session, attempt, settle=nothing_follows, now=NINE + seconds(90))
    session.commit()
    lin, review = web.as_("lin"), f"/attempts/{attempt.id}/review"
    assert "对这道题有异议" in lin.get(review, 200).text
    lin.get(f"{review}?appeal=1", 200)
    address = f"/attempts/{attempt.id}/questions/1/appeal"
    lin.post(address, {"text": ""}, 422)
    lin.post(address, {"text": "第四条另有规定"}, 303)
    lin.post(address, {"text": "再说一次"}, 409)
    web.as_("dana").post(address, {"text": "别人的"}, 404)
    hua = web.as_("hua")
    assert "第四条另有规定" not in web.as_("ada").get("/office/appeals", 200).text
    assert "林晓" in hua.get("/office/appeals", 200).text
    appeal = session.scalars(select(Appeal)).one()
    hua.get(f"/office/appeals/{appeal.id}", 200)
    hua.post(f"/office/appeals/{appeal.id}/reply", {"verdict": "rejected", "reply": ""}, 422)
    hua.post(f"/office/appeals/{appeal.id}/reply", {"verdict": "rejected", "reply": "依据是第四条第三款"}, 303)
    assert "依据是第四条第三款" in web.as_("lin").get(review, 200).text
    assert session.scalar(select(func.count()).select_from(HandMark)) == 0


def test_no_appeal_before_the_key_is_shown(session, web, start, save):
    attempt = start(release_at=NINE + seconds(10**6))
    save(attempt, 1, [1])
    services.submit(session, attempt, settle=nothing_follows, now=NINE + seconds(90))
    session.commit()
    web.as_("lin").post(f"/attempts/{attempt.id}/questions/1/appeal", {"text": "早了"}, 409)
