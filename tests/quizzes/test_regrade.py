"""A wrong key is found: what marking again changes, and that it happens once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from lms import clock
from lms.audit.models import AuditRecord
from lms.errors import Conflict, Invalid
from lms.notices.models import Notice
from lms.quizzes import key_queries, queries, services
from lms.quizzes.models import Answer, Attempt, AttemptChange, KeyCorrection
from lms.quizzes.regrade_rules import Act, Marked, Standing, corrected, replay
from lms.quizzes.rules import Kind, Marking, Scoring
from lms.quizzes.services import regrade
from lms.tasks.models import Task
from lms.tasks.services import run_due
from tests.quizzes.conftest import NINE, nothing_follows, seconds

# --- rules


def marked(choice, *, kind=Kind.SINGLE, fraction=0, points=10_000, total=50_000):
    score = points * fraction // 1000
    return Marked(1, 3, kind, choice, Scoring.HALF, points, fraction, score, total)


def test_each_act_makes_its_standing():
    stands = Standing([0], Marking())
    assert corrected(stands, Act.KEY, [1]) == Standing([1], Marking())
    assert corrected(stands, Act.ACCEPT, [1]) == Standing([0], Marking(also=([1],)))
    assert corrected(stands, Act.VOID, []) == Standing([0], Marking(is_void=True))
    assert corrected(corrected(stands, Act.VOID, []), Act.KEY, [0]) == stands


def test_a_change_carries_the_whole_score_before_and_after():
    (change,) = replay([marked([1])], Standing([1], Marking()))
    assert (change.old_fraction, change.new_fraction, change.old_total_millis, change.new_total_millis) == (
        0, 1000, 50_000, 60_000,
    )  # fmt: skip


def test_a_void_question_gives_everything_also_to_those_who_left_it_open():
    assert [c.new_fraction for c in replay([marked([]), marked([2])], Standing([0], Marking(is_void=True)))] == [
        1000,
        1000,
    ]


choices = st.lists(st.integers(0, 4), max_size=3, unique=True)


@given(st.sampled_from([Kind.SINGLE, Kind.MULTIPLE]), choices, choices.filter(bool))
def test_marking_again_with_the_same_key_changes_nothing(kind, choice, key):
    stands = Standing(key, Marking())
    (first, *_), *_ = [replay([marked(choice, kind=kind, fraction=-1)], stands)]
    again = marked(choice, kind=kind, fraction=first.new_fraction)
    assert replay([again], stands) == []


# --- services


@pytest.fixture
def sat(session, start, save):
    """`sat(name, choice)`: an attempt whose first question got the choice, handed in."""

    def one(name="lin", choice=(0,)):
        attempt = start(name)
        save(attempt, 1, list(choice), name=name)
        services.submit(session, attempt, settle=nothing_follows, now=NINE + seconds(90))
        session.commit()
        return attempt

    return one


@pytest.fixture
def version(session, bank):
    return queries.find_version(session, bank[0].id, 1)


@pytest.fixture
def put_right(session, make_session, version, cast):
    """`put_right(act, key)`: corrected and marked again, by the task."""

    def run(act=Act.KEY, key=(1,), resettle=lambda *_: None):
        before = key_queries.find_standing(session, version.id)
        regrade.correct(
            session, version, act, list(key), before=before, reason="条文已修改", by_id=cast.hua.id, now=clock.now()
        )
        session.commit()
        run_due(make_session, {regrade.TASK_KIND: regrade.regrade_task(resettle)}, {})
        session.expire_all()

    return run


def test_a_corrected_key_changes_the_scores_and_keeps_the_old_ones(session, sat, put_right, version):
    right, wrong = sat("lin", [0]), sat("bo", [1])
    put_right(Act.KEY, [1])
    assert (session.get_one(Attempt, right.id).score_millis, session.get_one(Attempt, wrong.id).score_millis) == (
        0,
        25_000,
    )
    kept = {c.attempt_id: (c.old_score_millis, c.new_score_millis) for c in session.scalars(select(AttemptChange))}
    assert kept == {right.id: (25_000, 0), wrong.id: (0, 25_000)}
    correction = session.scalars(select(KeyCorrection)).one()
    assert (correction.before["key"], correction.after["key"], correction.finished_at is not None) == ([0], [1], True)
    assert session.scalar(select(func.count()).select_from(Answer)) == 2


def test_only_whom_it_concerns_is_told_and_the_act_is_logged_once(session, sat, put_right, cast):
    sat("lin", [0])
    sat("bo", [2])
    put_right(Act.ACCEPT, [1])
    assert session.scalars(select(Notice.person_id)).all() == []
    put_right(Act.KEY, [2])
    told = session.scalars(select(Notice)).all()
    assert {n.person_id for n in told} == {cast.lin.id, cast.bo.id}
    assert "由 25 分改为 0 分" in next(n.text for n in told if n.person_id == cast.lin.id)
    assert session.scalar(select(func.count()).where(AuditRecord.action == "question.correct")) == 2


def test_the_preview_says_what_then_happens(session, sat, put_right, version):
    sat("lin", [0])
    sat("bo", [1])
    after = regrade.proposed(session, version, Act.VOID, [])
    told = {c.attempt_id: c.new_total_millis for c in regrade.list_changes(session, version, after)}
    put_right(Act.VOID, [])
    assert told == {c.attempt_id: c.new_score_millis for c in session.scalars(select(AttemptChange))}
    assert len(told) == 1


def test_an_open_attempt_is_marked_by_what_stands_when_it_ends(session, start, save, put_right):
    attempt = start()
    save(attempt, 1, [1])
    put_right(Act.KEY, [1])
    services.submit(session, session.get_one(Attempt, attempt.id), settle=nothing_follows, now=NINE + seconds(200))
    assert session.get_one(Attempt, attempt.id).score_millis == 25_000
    assert session.scalar(select(func.count()).select_from(AttemptChange)) == 0


def test_a_task_that_died_midway_goes_on_and_changes_each_attempt_once(
    session, make_session, sat, put_right, monkeypatch
):
    monkeypatch.setattr(regrade, "CHUNK", 1)
    ids = [sat(name, [1]).id for name in ("lin", "bo", "dana")]
    calls = []

    def dies(session, attempts, reason, now):
        calls.append([a.id for a in attempts])
        if len(calls) == 2:
            raise OSError("the machine went down")

    put_right(Act.KEY, [1], resettle=dies)
    assert session.scalar(select(func.count()).select_from(AttemptChange)) == 1

    task = session.scalars(select(Task)).one()
    task.run_after = clock.now()
    session.commit()
    run_due(make_session, {regrade.TASK_KIND: regrade.regrade_task(dies)}, {})
    session.expire_all()
    assert {session.get_one(Attempt, id).score_millis for id in ids} == {25_000}
    assert [c[0] for c in calls] == [ids[0], ids[1], ids[1], ids[2]]


def test_who_previewed_an_older_key_is_refused(session, sat, put_right, version, cast):
    sat()
    old = key_queries.find_standing(session, version.id)
    put_right(Act.KEY, [1])
    with pytest.raises(Conflict):
        regrade.correct(session, version, Act.KEY, [2], before=old, reason="又错了", by_id=cast.hua.id, now=clock.now())


@pytest.mark.parametrize(
    ("act", "key", "field"), [(Act.KEY, [7], "key"), (Act.KEY, [0], "key"), (Act.KEY, [0, 1], "key")]
)
def test_a_key_that_does_not_fit_or_changes_nothing_is_refused(session, version, act, key, field):
    with pytest.raises(Invalid) as refused:
        regrade.proposed(session, version, act, key)
    assert refused.value.field == field


# --- pages


def test_hua_previews_corrects_and_the_candidate_reads_why(session, web, make_session, sat, version, bank):
    attempt = sat("lin", [0])
    address = f"/office/questions/{bank[0].id}"
    hua = web.as_("hua")
    assert f"{address}/correction" in hua.get(address, 200).text
    hua.get(f"{address}/correction?act=key&key=&reason=x", 422)
    preview = hua.get(f"{address}/correction?act=key&key=B&reason=条文已修改&version=1", 200)
    assert '1</b> <span class="stat-unit">份答卷改分' in preview.text.replace("\n", " ")
    seen = regrade.mark_of(key_queries.find_standing(session, version.id))
    data = {"version": "1", "act": "key", "key": "B", "reason": "条文已修改", "seen": seen}
    hua.post(f"{address}/corrections", data | {"seen": "0" * 16}, 422)
    hua.post(f"{address}/corrections", data, 303)
    run_due(make_session, {regrade.TASK_KIND: regrade.regrade_task(lambda *_: None)}, {})
    assert "条文已修改" in hua.get(f"{address}/correction", 200).text
    review = web.as_("lin").get(f"/attempts/{attempt.id}/review", 200).text
    assert "得分由 25 分改为 0 分" in review
    assert "条文已修改" in review


# --- points


def test_corrected_points_keep_everybody_s_share_and_change_the_full_score(
    session, make_session, paper, bank, sat, cast
):
    right, wrong = sat("lin", [0]), sat("bo", [1])
    told = regrade.list_point_changes(session, paper, bank[0], 10_000)
    assert [(c.old_total_millis, c.new_total_millis) for c in told] == [(25_000, 10_000), (0, 0)]
    regrade.correct_points(session, paper, bank[0], 10_000, reason="分值印错", by_id=cast.hua.id, now=clock.now())
    session.commit()
    run_due(make_session, {regrade.TASK_KIND: regrade.regrade_task(lambda *_: None)}, {})
    session.expire_all()
    kept = [session.get_one(Attempt, a.id) for a in (right, wrong)]
    assert [(a.score_millis, a.max_millis) for a in kept] == [(10_000, 85_000), (0, 85_000)]
    assert session.scalars(select(Notice.person_id)).all() == [cast.lin.id]
    assert regrade.list_point_changes(session, paper, bank[0], 10_000) == []
    with pytest.raises(Invalid):
        regrade.correct_points(session, paper, bank[0], 10_000, reason="再来", by_id=cast.hua.id, now=clock.now())


def test_hua_corrects_points_from_the_paper(session, web, paper, bank, sat):
    sat("lin", [0])
    hua, address = web.as_("hua"), f"/office/papers/{paper.id}/questions/{bank[0].id}/points"
    assert address in hua.get(f"/office/papers/{paper.id}", 200).text
    hua.get(address, 200)
    assert "份答卷改分" in hua.get(f"{address}?points=10&reason=印错", 200).text
    hua.get(f"{address}?points=&reason=印错", 422)
    hua.post(address, {"points": "200", "reason": "印错"}, 422)
    hua.post(address, {"points": "10", "reason": "印错"}, 303)
