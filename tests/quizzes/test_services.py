"""Bank, papers and attempts against a real database."""

import threading
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import func, select

from lms import clock
from lms.db import unit_of_work
from lms.errors import Conflict, Invalid, NotFound, NotSignedIn
from lms.people.line_rules import Line
from lms.people.services import sign_in
from lms.quizzes import key_queries, queries, services
from lms.quizzes.draw_rules import DrawRule
from lms.quizzes.errors import AttemptsUsedUp, Duplicate, Ended, LeaseTaken, OutOfTime, PoolShort, SequenceUsed
from lms.quizzes.importing.text import read_text
from lms.quizzes.models import Answer, Attempt, AttemptItem, CurrentAnswer, Question, QuestionImport, QuestionVersion
from lms.quizzes.rules import GRACE, Kind, Purpose, Readiness, Scoring, State
from lms.quizzes.services import Content, PaperSettings, bank_acts, imports
from lms.quizzes.services.bank_acts import Wish
from lms.tasks.services import run_due
from tests.quizzes.conftest import LEASE, MULTIPLE, NINE, SINGLE, nothing_follows, seconds

TEN_PAST = NINE + timedelta(minutes=10)  # the deadline of the paper when started at nine


def together(count, work):
    """Runs `work(n)` in `count` threads that start at the same moment; returns what each returned or raised."""
    gate, results = threading.Barrier(count), [None] * count

    def run(n):
        gate.wait()
        try:
            results[n] = work(n)
        except Exception as problem:
            results[n] = problem

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def count(session, model, *where):
    return session.scalar(select(func.count()).select_from(model).where(*where))


# --- bank


def test_a_question_begins_as_version_one_with_its_key_apart(session, add):
    question = add(SINGLE)
    version, key = key_queries.find_key(session, question)
    assert (version.number, version.stem, version.options) == (1, "下列哪项是耕地？", ["水田", "林地", "草地"])
    assert (key.key, key.basis) == ([0], {"law": "土地管理法", "article": "第四条"})
    assert not {"key", "explanation", "basis"} & set(QuestionVersion.__table__.columns.keys())


def test_editing_makes_a_new_version_and_keeps_the_old_one(session, add):
    question = add(SINGLE)
    changed = Content(Kind.SINGLE, "哪一项是耕地？", ["水田", "林地"], [0], difficulty=3)
    services.edit_question(session, question, changed, line=Line.FARMLAND, by_id=None, now=NINE)
    assert (question.version, question.line, question.difficulty) == (2, Line.FARMLAND, 3)
    stems = session.scalars(select(QuestionVersion.stem).where(QuestionVersion.question_id == question.id)).all()
    assert set(stems) == {"下列哪项是耕地？", "哪一项是耕地？"}


def test_two_people_editing_the_same_version_do_not_overwrite_each_other(session, make_session, add):
    question = add(SINGLE)
    session.commit()
    with make_session() as other:
        theirs = other.get_one(Question, question.id)
        services.edit_question(
            other, theirs, Content(Kind.SINGLE, "他改的", ["甲", "乙"], [0]), line=Line.LAND, by_id=None, now=NINE
        )
        other.commit()
    with pytest.raises(Conflict, match="刚刚被别人改过"):
        services.edit_question(
            session, question, Content(Kind.SINGLE, "我改的", ["甲", "乙"], [0]), line=Line.LAND, by_id=None, now=NINE
        )


def test_a_question_that_reads_the_same_is_refused_within_a_unit_only(session, add, north):
    add(SINGLE)
    same = Content(Kind.SINGLE, "下列哪项是耕地?", ["草地", "林地", "水田"], [2])
    with pytest.raises(Duplicate):
        add(same)
    add(same, unit=north)


def test_a_faulty_question_is_refused_at_its_field(session):
    with pytest.raises(Invalid) as refused:
        Content(Kind.SINGLE, "问", ["甲", "乙"], [5])
    assert refused.value.field == "key"


# --- papers


def test_a_fixed_paper_divides_its_points_to_the_last_thousandth(session, add, bureau):
    ids = [add(Content(Kind.SINGLE, f"第{n}问", ["甲", "乙"], [0])).id for n in range(3)]
    made = services.create_fixed_paper(
        session, PaperSettings("三题"), ids, owner_unit_id=bureau.id, by_id=None, now=NINE
    )
    assert [points for _, points in queries.list_paper_rows(session, made.id)] == [33_334, 33_333, 33_333]


def test_a_paper_takes_no_question_of_another_unit(session, add, bureau, north):
    of_bureau = add(SINGLE)
    with pytest.raises(Invalid, match="不在本单位"):
        services.create_fixed_paper(
            session, PaperSettings("北区"), [of_bureau.id], owner_unit_id=north.id, by_id=None, now=NINE
        )


def test_a_drawn_paper_is_refused_with_the_figures_when_the_pool_is_too_small(session, bank, bureau):
    rules = [DrawRule(2, 10_000, line="land", kind=Kind.MULTIPLE), DrawRule(1, 10_000, kind=Kind.SINGLE)]
    with pytest.raises(PoolShort, match="土地管理·多选题要 2 道，题库只有 1 道"):
        services.create_drawn_paper(
            session, PaperSettings("抽题"), rules, owner_unit_id=bureau.id, by_id=None, now=NINE
        )


def test_a_drawn_paper_draws_from_its_unit_and_below_only(session, add, bureau, north):
    add(SINGLE)
    add(MULTIPLE, unit=north)
    rules = [DrawRule(9, 10_000)]
    pool = queries.list_candidates(session, north.id, rules)
    assert {candidate.kind for candidate in pool} == {Kind.MULTIPLE}
    assert len(queries.list_candidates(session, bureau.id, rules)) == 2


def test_a_retired_question_is_drawn_no_more(session, bank, bureau):
    bank_acts.change_question(session, bank[0], Wish(readiness=Readiness.RETIRED), by_id=None, now=NINE)
    session.flush()
    assert len(queries.list_candidates(session, bureau.id, [DrawRule(9, 1)])) == 3


# --- start


def test_starting_stores_questions_order_points_and_deadline(session, start):
    attempt = start()
    assert (attempt.number, attempt.state, attempt.deadline_at, attempt.max_millis) == (
        1,
        State.OPEN,
        TEN_PAST,
        100_000,
    )
    shown = queries.list_shown_questions(session, attempt.id)
    assert [q.kind for q in shown] == [Kind.SINGLE, Kind.MULTIPLE, Kind.BOOLEAN, Kind.BLANK]
    assert [q.points_millis for q in shown] == [25_000] * 4
    assert shown[2].options == [(0, "正确"), (1, "错误")]
    assert shown[3].blanks == 2


def test_the_common_end_cuts_the_time_of_a_late_starter(start):
    assert start(closes_at=NINE + seconds(240)).deadline_at == NINE + seconds(240)


def test_after_the_common_end_nobody_starts(start):
    with pytest.raises(Conflict, match="已经结束"):
        start(closes_at=NINE)


def test_starting_again_gives_the_open_attempt(start):
    assert start().id == start(now=NINE + seconds(30)).id


def test_after_submission_the_next_attempt_has_the_next_number(session, start):
    first = start()
    services.submit(session, first, settle=nothing_follows, now=NINE + seconds(60))
    assert start(now=NINE + seconds(90)).number == 2


def test_attempts_per_day_are_counted_in_shanghai_days(session, start):
    late_evening = NINE.replace(hour=15, minute=30)  # 23:30 in Shanghai
    for n in range(3):
        attempt = start(now=late_evening + seconds(n), limit_per_day=3)
        services.submit(session, attempt, settle=nothing_follows, now=late_evening + seconds(n))
    with pytest.raises(AttemptsUsedUp, match="今天的 3 次机会"):
        start(now=late_evening + timedelta(minutes=29), limit_per_day=3)
    assert start(now=late_evening + timedelta(minutes=31), limit_per_day=3).number == 4


def test_fifty_parallel_starts_make_one_attempt_and_all_get_it(session, make_session, paper, cast):
    """B08, R05."""
    lin = cast.lin.id
    session.rollback()

    def begin(_):
        with unit_of_work(make_session) as own:
            mine = own.merge(paper, load=False)
            return services.start_attempt(
                own, mine, person_id=lin, purpose=Purpose.CONTEST, subject_id=3, limit_per_day=1, now=NINE
            ).id

    ids = together(50, begin)
    assert len(set(ids)) == 1, ids
    assert count(session, Attempt) == 1
    assert count(session, AttemptItem) == 4


def test_an_expired_open_attempt_waits_for_the_job_instead_of_being_reopened(start):
    start()
    with pytest.raises(OutOfTime, match="正在自动交卷"):
        start(now=TEN_PAST + GRACE + seconds(1))


def test_an_attempt_keeps_the_version_it_started_with(session, bank, start):
    """R06: edit question against start."""
    attempt = start()
    services.edit_question(
        session, bank[0], Content(Kind.SINGLE, "改过的题", ["甲", "乙"], [1]), line=Line.LAND, by_id=None, now=NINE
    )
    session.commit()
    assert queries.list_shown_questions(session, attempt.id)[0].stem == "下列哪项是耕地？"
    services.submit(session, attempt, settle=nothing_follows, now=NINE + seconds(60))
    assert queries.list_shown_questions(session, start(now=NINE + seconds(90)).id)[0].stem == "改过的题"


def test_a_shuffled_attempt_keeps_its_order_for_ever(session, bank, bureau, cast):
    paper = services.create_fixed_paper(
        session, PaperSettings("乱序"), [q.id for q in bank], owner_unit_id=bureau.id, by_id=None, now=NINE
    )
    orders = set()
    for n in range(12):
        attempt = services.start_attempt(
            session, paper, person_id=cast.lin.id, purpose=Purpose.PRACTICE, subject_id=n, now=NINE, rng=Random(n)
        )
        session.flush()
        shown = queries.list_shown_questions(session, attempt.id)
        assert queries.list_shown_questions(session, attempt.id) == shown
        assert sorted(shown[1].options) == [(0, "耕地"), (1, "林地"), (2, "宅基地"), (3, "草地")]
        orders.add(tuple(number for number, _ in shown[1].options))
    assert len(orders) > 3


def test_a_drawn_attempt_holds_as_many_questions_as_the_rules_say(session, bank, bureau, cast):
    rules = [DrawRule(1, 30_000, kind=Kind.BLANK), DrawRule(2, 35_000)]
    paper = services.create_drawn_paper(
        session, PaperSettings("抽题"), rules, owner_unit_id=bureau.id, by_id=None, now=NINE
    )
    attempt = services.start_attempt(
        session, paper, person_id=cast.lin.id, purpose=Purpose.PRACTICE, subject_id=1, now=NINE
    )
    session.flush()
    shown = queries.list_shown_questions(session, attempt.id)
    assert len({q.stem for q in shown}) == 3
    assert attempt.max_millis == 100_000
    assert [q.points_millis for q in shown if q.kind is Kind.BLANK] == [30_000]


# --- answers


def test_an_answer_is_in_the_journal_and_current(session, start, save):
    attempt = start()
    saved = save(attempt, 1, [2])
    assert (saved.is_counted, saved.seconds_left) == (True, 540)
    save(attempt, 1, [0])
    assert count(session, Answer) == 2
    assert queries.list_shown_questions(session, attempt.id)[0].choice == [0]


def test_the_highest_sequence_is_current_in_whatever_order_they_arrive(session, start, save):
    attempt = start()
    save(attempt, 1, [2], sequence=5)
    save(attempt, 1, [1], sequence=4)
    shown = queries.list_shown_questions(session, attempt.id)[0]
    assert (shown.choice, shown.sequence) == ([2], 5)
    assert count(session, Answer) == 2


def test_the_same_answer_again_is_acknowledged_and_stored_once(session, start, save):
    """B09: lost response and double click."""
    attempt = start()
    assert save(attempt, 1, [1], sequence=1) == save(attempt, 1, [1], sequence=1)
    assert count(session, Answer) == 1


def test_the_same_sequence_with_another_choice_is_a_conflict(session, start, save):
    attempt = start()
    save(attempt, 1, [1], sequence=1)
    with pytest.raises(SequenceUsed):
        save(attempt, 1, [2], sequence=1)
    assert queries.list_shown_questions(session, attempt.id)[0].choice == [1]


def test_an_acknowledged_answer_is_acknowledged_again_after_submission(session, start, save):
    attempt = start()
    save(attempt, 1, [1], sequence=1)
    services.submit(session, attempt, settle=nothing_follows, now=NINE + seconds(70))
    session.commit()
    assert save(attempt, 1, [1], sequence=1).is_counted


def test_fifty_people_saving_at_once_all_are_stored(session, start, save):
    attempt = start()
    save(attempt, 1, [0], sequence=1)
    results = together(50, lambda n: save(attempt, n % 4 + 1, [n % 2] if n % 4 != 3 else ["国家"], sequence=n + 2))
    assert all(result.is_counted for result in results), results
    assert count(session, Answer) == 51
    for shown in queries.list_shown_questions(session, attempt.id):
        newest = session.scalar(select(func.max(Answer.sequence)).where(Answer.position == shown.position))
        assert shown.sequence == newest


def test_fifty_parallel_repeats_of_one_answer_are_one_row_and_one_reply(session, start, save):
    attempt = start()
    save(attempt, 2, [0], sequence=1)
    results = together(50, lambda _: save(attempt, 1, [1], sequence=9))
    assert {result.is_counted for result in results} == {True}
    assert count(session, Answer, Answer.position == 1) == 1


def test_nobody_writes_somebody_elses_attempt(session, start, save):
    """B07."""
    attempt = start("lin")
    for name in ("bo", "dana"):
        with pytest.raises(NotFound):
            save(attempt, 1, [0], name=name)
    assert count(session, Answer) == 0


@pytest.mark.parametrize("position", [0, 5, 1000, 10**12])
def test_a_question_that_is_not_in_the_attempt_is_not_found(start, save, position):
    """B10."""
    with pytest.raises(NotFound):
        save(start(), position, [0])


def test_a_sign_in_that_has_ended_saves_nothing_even_if_a_cache_still_knows_it(session, start, save, cast):
    attempt = start()
    save(attempt, 1, [0])
    sign_in.end_all(session, cast.lin.id, now=NINE)
    session.commit()
    with pytest.raises(NotSignedIn):
        save(attempt, 1, [1])
    assert count(session, Answer) == 1


@pytest.mark.parametrize(
    "choice", [[10], [-2], [0] * 21, [True], [None], ["x" * 6001], ["\x00"], ["\ud800"], [0, "甲"], ["甲"] * 21, [[0]]]
)
def test_what_is_no_choice_never_reaches_a_group(choice):
    with pytest.raises(Invalid):
        services.canonical_choice(choice)


def test_answers_within_the_grace_count(session, start, save):
    attempt = start()
    saved = save(attempt, 1, [0], now=TEN_PAST + GRACE)
    assert (saved.is_counted, saved.seconds_left) == (True, 0)


def test_a_late_answer_is_stored_visibly_and_changes_no_score(session, make_session, start, save):
    """R12, B01."""
    attempt = start()
    save(attempt, 1, [1], now=NINE + seconds(5))
    late = TEN_PAST + GRACE + seconds(1)
    assert not save(attempt, 1, [0], now=late).is_counted
    services.close_due(make_session, nothing_follows, late)
    assert not save(attempt, 2, [0, 1, 3], now=late + seconds(60)).is_counted
    session.expire_all()
    assert (attempt.state, attempt.score_millis) == (State.CLOSED, 0)
    assert count(session, Answer, Answer.is_counted.is_(False)) == 2
    assert count(session, CurrentAnswer) == 1


def test_after_submission_no_answer_is_taken(session, start, save):
    attempt = start()
    services.submit(session, attempt, settle=nothing_follows, now=NINE + seconds(70))
    session.commit()
    with pytest.raises(Ended):
        save(attempt, 1, [0])


# --- lease


def test_a_second_device_takes_over_only_when_asked_and_the_first_is_told(session, start, save):
    """S05."""
    attempt = start()
    with pytest.raises(LeaseTaken):
        services.take_lease(session, attempt, lease="lease-of-the-office-pc", take_over=False, now=NINE)
    services.take_lease(session, attempt, lease="lease-of-the-office-pc", take_over=True, now=NINE)
    session.commit()
    with pytest.raises(LeaseTaken, match="另一台设备"):
        save(attempt, 1, [0])
    assert save(attempt, 1, [0], lease="lease-of-the-office-pc").is_counted


def test_an_attempt_that_has_ended_has_no_lease_to_take(session, start):
    attempt = start()
    services.submit(session, attempt, settle=nothing_follows, now=NINE + seconds(70))
    with pytest.raises(Ended):
        services.take_lease(session, attempt, lease=LEASE, take_over=True, now=NINE)


# --- submit and grading


def fill(save, attempt, **options):
    save(attempt, 1, [0], **options)
    save(attempt, 2, [0, 3], **options)
    save(attempt, 3, [0], **options)
    save(attempt, 4, ["全民", "集 体。"], **options)


@pytest.mark.parametrize(
    ("scoring", "score"), [(Scoring.HALF, 62_500), (Scoring.ALL, 50_000), (Scoring.PROPORTIONAL, 66_650)]
)
def test_submitting_grades_by_the_papers_rule(session, paper, start, save, scoring, score):
    paper.scoring = scoring
    session.commit()
    attempt = start()
    fill(save, attempt)
    services.submit(session, attempt, settle=nothing_follows, now=NINE + seconds(75.9))
    assert (attempt.state, attempt.score_millis, attempt.seconds_used) == (State.SUBMITTED, score, 75)
    items = session.scalars(select(AttemptItem).order_by(AttemptItem.position)).all()
    assert [item.fraction == 1000 for item in items] == [True, False, False, True]


def test_an_empty_attempt_scores_nothing(session, start):
    attempt = start()
    services.submit(session, attempt, settle=nothing_follows, now=NINE + seconds(1))
    assert attempt.score_millis == 0


def test_submitting_twice_settles_once_and_gives_the_same(session, start):
    """B09."""
    attempt = start()
    settled = []
    for n in range(3):
        services.submit(session, attempt, settle=lambda s, a, now: settled.append(a.id), now=NINE + seconds(60 + n))
    assert settled == [attempt.id]
    assert attempt.submitted_at == NINE + seconds(60)


def test_fifty_parallel_submissions_settle_once(session, make_session, start):
    attempt_id = start().id
    settled = []

    def hand_in(_):
        with unit_of_work(make_session) as own:
            mine = own.get_one(Attempt, attempt_id)
            return services.submit(
                own, mine, settle=lambda s, a, now: settled.append(a.id), now=NINE + seconds(60)
            ).state

    assert set(together(50, hand_in)) == {State.SUBMITTED}
    assert settled == [attempt_id]


def test_saves_beside_a_submission_are_graded_or_refused(session, make_session, start, save):
    """R06: whatever was acknowledged before the end is in the score, nothing after it."""
    attempt = start()
    attempt_id = attempt.id
    save(attempt, 2, [2])

    def work(n):
        if n == 10:
            with unit_of_work(make_session) as own:
                mine = own.get_one(Attempt, attempt_id)
                return services.submit(own, mine, settle=nothing_follows, now=NINE + seconds(61)).score_millis
        return save(attempt, 1, [0], sequence=100 + n)

    results = together(20, work)
    acknowledged = [r for r in results if isinstance(r, services.Saved)]
    assert all(isinstance(r, (services.Saved, Ended, int)) for r in results), results
    assert results[10] == (25_000 if acknowledged else 0)
    assert count(session, Answer, Answer.position == 1) == len(acknowledged)


def test_after_deadline_and_grace_a_submission_is_refused(session, start):
    """B01: a reopened tab."""
    attempt = start()
    with pytest.raises(OutOfTime):
        services.submit(session, attempt, settle=nothing_follows, now=TEN_PAST + GRACE + seconds(1))
    session.refresh(attempt)
    assert attempt.state is State.OPEN


def test_a_submission_in_the_grace_uses_the_whole_time_and_no_more(session, start):
    attempt = start()
    services.submit(session, attempt, settle=nothing_follows, now=TEN_PAST + seconds(30))
    assert attempt.seconds_used == 600


def test_when_what_follows_fails_the_submission_has_not_happened(session, make_session, start):
    attempt_id = start().id

    def fails(session, attempt, now):
        raise RuntimeError("ledger is closed")

    def hand_in():
        with unit_of_work(make_session) as own:
            services.submit(own, own.get_one(Attempt, attempt_id), settle=fails, now=NINE + seconds(60))

    with pytest.raises(RuntimeError):
        hand_in()
    session.expire_all()
    attempt = session.get_one(Attempt, attempt_id)
    assert (attempt.state, attempt.score_millis) == (State.OPEN, None)


# --- closing


def test_abandoned_attempts_are_closed_and_graded_as_of_their_deadline(session, make_session, start, save):
    """B37, R14."""
    attempt = start()
    fill(save, attempt)
    settled = []
    after = TEN_PAST + GRACE + timedelta(hours=3)
    assert services.close_due(make_session, lambda s, a, now: settled.append((a.id, a.score_millis)), after) == 1
    session.expire_all()
    assert (attempt.state, attempt.submitted_at, attempt.seconds_used) == (State.CLOSED, TEN_PAST, 600)
    assert settled == [(attempt.id, 62_500)]


def test_nothing_is_closed_while_an_answer_could_still_count(session, make_session, start):
    start()
    assert services.close_due(make_session, nothing_follows, TEN_PAST + GRACE) == 0


def test_an_attempt_without_a_deadline_is_never_closed(session, make_session, paper, start):
    paper.duration_seconds = None
    session.commit()
    attempt = start()
    assert attempt.deadline_at is None
    assert services.close_due(make_session, nothing_follows, NINE + timedelta(days=400)) == 0


def test_two_closers_close_each_attempt_once(session, make_session, start):
    ids = [start(name, subject_id=n).id for n in range(10) for name in ("lin", "bo")]
    settled = []
    after = TEN_PAST + timedelta(hours=1)
    closed = together(4, lambda _: services.close_due(make_session, lambda s, a, now: settled.append(a.id), after))
    assert sum(closed) == 20, closed
    assert sorted(settled) == sorted(ids)


def test_one_attempt_that_cannot_be_settled_stops_no_other(session, make_session, start):
    bad, good = start("lin").id, start("bo").id

    def settle(session, attempt, now):
        if attempt.id == bad:
            raise RuntimeError("no")

    after = TEN_PAST + timedelta(hours=1)
    assert services.close_due(make_session, settle, after) == 1
    assert session.get_one(Attempt, good).state is State.CLOSED
    assert session.get_one(Attempt, bad).state is State.OPEN
    assert services.close_due(make_session, nothing_follows, after) == 1


def test_submission_and_closing_at_once_end_in_one_of_the_two(session, make_session, start):
    """R06."""
    attempt_id = start().id
    settled = []

    def settle(session, attempt, now):
        settled.append(attempt.state)

    def work(n):
        if n % 2:
            return services.close_due(make_session, settle, TEN_PAST + GRACE + seconds(1))
        with unit_of_work(make_session) as own:
            return services.submit(
                own, own.get_one(Attempt, attempt_id), settle=settle, now=TEN_PAST + seconds(59)
            ).state

    together(8, work)
    assert len(settled) == 1
    assert session.get_one(Attempt, attempt_id).state is settled[0]


# --- release


def test_a_release_time_is_set_for_all_attempts_of_a_subject(session, start):
    first, other = start("lin"), start("lin", subject_id=8)
    services.release(session, purpose=Purpose.COURSE, subject_id=7, at=NINE + timedelta(days=1))
    session.commit()
    session.expire_all()
    assert first.release_at == NINE + timedelta(days=1)
    assert other.release_at is None


# --- imports


def reading_of(count):
    return read_text("\n".join(f"{n}、第{n}问（　）\nA.甲\nB.乙\n答案：{'AB'[n % 2]}" for n in range(1, count + 1)))


def keep(session, cast, bureau, count):
    kept = imports.keep_reading(
        session,
        reading_of(count),
        name="题库.txt",
        line=Line.LAND,
        owner_unit_id=bureau.id,
        person_id=cast.hua.id,
        now=NINE,
    )
    session.commit()
    return kept


def test_only_the_chosen_rows_are_imported_and_the_second_time_adds_nothing(session, cast, bureau):
    kept = keep(session, cast, bureau, 5)
    imports.choose_rows(session, kept, [0, 2, 4, 99], now=NINE)
    session.commit()
    assert (kept.added, kept.known, count(session, Question)) == (3, 0, 3)
    again = keep(session, cast, bureau, 5)
    imports.choose_rows(session, again, None, now=NINE)
    session.commit()
    assert (again.added, again.known, count(session, Question)) == (2, 3, 5)
    third = keep(session, cast, bureau, 5)
    imports.choose_rows(session, third, None, now=NINE)
    assert (third.added, third.known) == (0, 5)


def test_the_same_preview_is_imported_once(session, cast, bureau):
    kept = keep(session, cast, bureau, 2)
    imports.choose_rows(session, kept, None, now=NINE)
    with pytest.raises(Conflict, match="已经导入过"):
        imports.choose_rows(session, kept, None, now=NINE)


def test_an_imported_question_can_be_asked_and_graded(session, cast, bureau):
    kept = keep(session, cast, bureau, 1)
    imports.choose_rows(session, kept, None, now=NINE)
    version, key = key_queries.find_key(session, session.scalars(select(Question)).one())
    assert (version.options, key.key) == (["甲", "乙"], [1])


def test_a_large_import_is_a_task_in_small_transactions_that_may_be_repeated(session, make_session, app, cast, bureau):
    kept = keep(session, cast, bureau, 450)
    imports.choose_rows(session, kept, None, now=clock.now())
    session.commit()
    assert count(session, Question) == 0
    assert run_due(make_session, {imports.TASK_KIND: imports.run_import}, {}) == 1
    session.expire_all()
    assert (session.get_one(QuestionImport, kept.id).added, count(session, Question)) == (450, 450)


def test_rows_that_read_the_same_within_one_file_are_added_once(session, bureau):
    row = {
        "kind": "single",
        "stem": "问（　）",
        "options": ["甲", "乙"],
        "key": [0],
        "explanation": "",
        "basis": {},
        "difficulty": 2,
        "line": "",
    }
    twin = row | {"stem": "问( )"}
    added = imports.add_drafts(session, [row, twin], owner_unit_id=bureau.id, line=Line.LAND, by_id=None, now=NINE)
    assert added == (1, 1)


def test_the_line_of_a_row_wins_over_the_chosen_one(session, bureau):
    row = {
        "kind": "blank",
        "stem": "____",
        "options": [],
        "key": [["甲"]],
        "explanation": "",
        "basis": {},
        "difficulty": 3,
        "line": "不动产登记",
    }
    imports.add_drafts(session, [row], owner_unit_id=bureau.id, line=Line.LAND, by_id=None, now=NINE)
    assert session.scalars(select(Question.line)).one() is Line.REGISTRATION


def test_blanks_are_graded_with_their_alternatives(session, add, start, save):
    attempt = start()
    save(attempt, 4, ["国家", "个人"])
    services.submit(session, attempt, settle=nothing_follows, now=NINE + seconds(70))
    assert attempt.score_millis == 12_500


@pytest.mark.parametrize("kind", [Kind.MATCHING, Kind.ORDERING])
def test_option_numbers_of_matching_and_ordering_do_not_tell_the_answer(kind):
    options = ["甲", "乙", "丙", "丁", "戊"]
    prompts = ["一", "二", "三", "四", "五"] if kind is Kind.MATCHING else []
    content = Content(kind, "题干", options, [0, 1, 2, 3, 4], prompts=prompts)
    assert [content.options[n] for n in content.key] == options
    assert list(content.key) != [0, 1, 2, 3, 4]
    assert Content(kind, "题干", content.options, content.key, prompts=prompts) == content
