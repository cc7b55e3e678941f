"""A cycle from its candidates to its publication and correction."""

import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update

from lms import clock
from lms.certificates import queries as certificates
from lms.certificates.models import Certificate
from lms.contests import services as contests
from lms.contests.rules import Phase
from lms.errors import Conflict, Forbidden, Invalid, NotFound
from lms.hours import services as hours
from lms.hours.models import HourEntry
from lms.hours.rules import Source as HourSource
from lms.leaderboard.errors import NoNoticePeriod, NothingChanged
from lms.notices.models import Notice
from lms.people.models import Membership, Person, Unit
from lms.people.principal import principal_of
from lms.people.rules import DutyStatus
from lms.stars import access, queries, services
from lms.stars.catalogue_rules import Gate, Source
from lms.stars.errors import AlreadyRecommended, CycleMoved, NoPlaceLeft, NotYet
from lms.stars.models import StarCandidate, StarCycle, StarPublication, StarRecommendation
from lms.stars.period_rules import Period
from lms.stars.preset_rules import PRESETS
from lms.stars.rules import Criterion, CycleState, Level
from lms.stars.services.cycles import proposal
from lms.tasks.services import TaskContext
from tests.stars.conftest import DAY, NEW_YEAR, NOW, candidate, points_of

HOUR = timedelta(hours=1)
OPENED = NEW_YEAR + HOUR
AFTER_NOTICE = NEW_YEAR + 40 * DAY


@pytest.fixture
def cycle(start, time_passes, lecture, running, cast, session, line_of):
    """lin has 90 % in the contest of the quarter and gave a lecture, bo has 80 %: recommendations are being collected."""
    running.hand_in(cast.lin, right=9)
    running.hand_in(cast.bo, right=8)
    lecture(cast.lin.id)
    start(most=1)
    time_passes(OPENED)
    return line_of()


def give(session, line, who, level, by, reason="带教新人，编写办事指南"):
    session.expire_all()
    line = queries.find_cycle(session, line.cycle.id)
    made = services.recommend(
        session, candidate(session, line.cycle, who.id), line, level=level, reason=reason, by_id=by.id, now=OPENED
    )
    session.commit()
    return made


def to_review(session, line, cast):
    services.close_recommending(session, line.cycle.id, by_id=cast.hua.id, now=OPENED)
    session.commit()


def to_notice(session, line, cast, line_of):
    to_review(session, line, cast)
    services.review(session, line_of(), note_text="逐个核对", by_id=cast.ada.id, now=OPENED)
    session.commit()
    services.start_notice(session, line_of(), by_id=cast.hua.id, now=OPENED)
    session.commit()
    return line_of()


def to_published(session, line, cast, line_of, keys):
    to_notice(session, line, cast, line_of)
    services.decide(session, line_of(), note_text="党委会研究同意", by_id=cast.hua.id, now=AFTER_NOTICE)
    session.commit()
    made = services.publish(session, line_of(), keys=keys, by_id=cast.hua.id, now=AFTER_NOTICE)
    session.commit()
    return made


# --- candidates ---


def test_everybody_on_duty_at_the_cut_off_is_a_candidate_with_parts_that_open_to_single_facts(cycle, session, cast):
    assert cycle.cycle.state is CycleState.RECOMMENDING
    assert cycle.cycle.head_count == session.scalar(select(func.count()).select_from(StarCandidate)) == 14
    lin = candidate(session, cycle.cycle, cast.lin.id)
    assert points_of(lin) == {
        "accuracy": 18_000, "lectures": 10_000, "materials": 0, "cases": 0, "branch_recommendation": 0,
        "unit_recommendation": 0,
    }  # fmt: skip
    assert lin.score_millis == 28_000
    (result,) = lin.parts[0]["facts"]
    assert result["text"] == "不动产登记专场：正确率 90%"
    assert result["link"].startswith("/contests/rounds/")
    assert result["on"] == "2026-11-27"
    assert [fact["text"] for fact in lin.parts[1]["facts"]] == ["耕地保护法讲座"]


def test_the_roster_is_that_of_the_cut_off_day(start, time_passes, session, cast, line_of):
    left = session.scalars(select(Membership).where(Membership.person_id == cast.dana.id)).one()
    left.until_on = date(2026, 12, 31)
    goes_later = session.scalars(select(Membership).where(Membership.person_id == cast.bo.id)).one()
    goes_later.until_on = date(2027, 1, 2)
    ill = session.scalars(select(Membership).where(Membership.person_id == cast.ed.id)).one()
    ill.duty_status = DutyStatus.LONG_ILL
    start()
    time_passes(NEW_YEAR + 3 * DAY)
    there = set(session.scalars(select(StarCandidate.holder_id)))
    assert cast.bo.id in there
    assert not {cast.dana.id, cast.ed.id} & there


def test_only_the_facts_of_the_period_count(start, time_passes, session, cast, lecture, line_of):
    lecture(cast.lin.id, NOW - 60 * DAY, source=1)
    lecture(cast.bo.id, NEW_YEAR + HOUR, source=2)
    lecture(cast.ed.id, NOW - 50 * DAY, source=3)
    start()
    time_passes(NEW_YEAR + 2 * DAY)
    scores = {
        one: candidate(session, line_of().cycle, getattr(cast, one).id).score_millis for one in ("lin", "bo", "ed")
    }
    assert scores == {"lin": 0, "bo": 0, "ed": 10_000}, "28 September, 1 January, 8 October"


def test_who_is_not_on_pace_with_hours_keeps_the_score_and_cannot_be_named(
    start, time_passes, session, cast, lecture, line_of
):
    lecture(cast.lin.id)
    start(gates=(Gate.HOURS_ON_PACE,))
    time_passes(OPENED)
    lin = candidate(session, line_of().cycle, cast.lin.id)
    assert lin.score_millis == 10_000
    assert lin.obstacle == "学时没有跟上进度"
    assert not lin.gates[0]["is_open"]
    assert "网络自学 0/50 学时" in lin.gates[0]["text"]
    assert lin.id not in proposal(session, line_of()).named


def test_a_lecture_that_the_ledger_takes_back_counts_no_more_and_shows_as_a_change(
    cycle, session, cast, time_passes, line_of
):
    hours.withdraw(
        session, person_id=cast.lin.id, source=HourSource("lecture", 1), year=2026, reason="没有讲", now=OPENED
    )
    session.commit()
    time_passes(OPENED + DAY)
    lin = candidate(session, cycle.cycle, cast.lin.id)
    assert (lin.score_millis, lin.now_millis, lin.has_moved) == (28_000, 18_000, True)
    assert queries.count_moved(session, cycle.cycle.id) == 1
    services.ask_for_measuring(session, line_of().cycle, by_id=cast.hua.id, now=OPENED + DAY)
    time_passes(OPENED + DAY + HOUR)
    lin = candidate(session, cycle.cycle, cast.lin.id)
    assert (lin.score_millis, lin.now_millis) == (18_000, None)
    assert session.scalars(select(HourEntry.revision).where(HourEntry.person_id == cast.lin.id)).all() == [0, 1]


# --- recommending ---


def test_branch_and_unit_recommend_and_the_points_follow_at_once(cycle, session, cast):
    give(session, cycle, cast.lin, Level.BRANCH, cast.chen)
    assert candidate(session, cycle.cycle, cast.lin.id).score_millis == 43_000
    given = give(session, cycle, cast.lin, Level.UNIT, cast.ada)
    lin = candidate(session, cycle.cycle, cast.lin.id)
    assert lin.score_millis == 58_000
    assert lin.parts[4]["facts"][0]["text"] == "支部推荐：带教新人，编写办事指南"
    line = queries.find_cycle(session, cycle.cycle.id)
    services.withdraw_recommendation(session, given, lin, line, by_id=cast.ada.id, now=OPENED)
    session.commit()
    assert candidate(session, cycle.cycle, cast.lin.id).score_millis == 43_000


def test_a_branch_has_so_many_places_and_one_recommendation_for_each(cycle, session, cast):
    give(session, cycle, cast.lin, Level.BRANCH, cast.chen)
    with pytest.raises(AlreadyRecommended):
        give(session, cycle, cast.lin, Level.BRANCH, cast.chen)
    with pytest.raises(NoPlaceLeft):
        give(session, cycle, cast.bo, Level.BRANCH, cast.chen)
    with pytest.raises(Invalid):
        give(session, cycle, cast.dana, Level.BRANCH, cast.mei, reason="  ")


def test_two_who_recommend_at_once_cannot_both_have_the_last_place(cycle, session, make_session, cast):
    refused: list[Conflict] = []
    ready = threading.Barrier(2)
    session.commit()

    def recommend(holder_id: int) -> None:
        with make_session() as own:
            line = queries.find_cycle(own, cycle.cycle.id)
            one = candidate(own, line.cycle, holder_id)
            ready.wait()
            try:
                about = {"level": Level.BRANCH, "reason": "好", "by_id": cast.chen.id, "now": OPENED}
                services.recommend(own, one, line, **about)
                own.commit()
            except Conflict as problem:
                refused.append(problem)

    both = [threading.Thread(target=recommend, args=(who.id,)) for who in (cast.lin, cast.bo)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(refused) == 1
    assert session.scalar(select(func.count()).select_from(StarRecommendation)) == 1


def test_nobody_recommends_oneself_or_beyond_the_own_branch(cycle, session, cast):
    chen, mei = (principal_of(session, who, OPENED) for who in (cast.chen, cast.mei))
    of = {who: candidate(session, cycle.cycle, getattr(cast, who).id).id for who in ("chen", "lin", "dana")}
    with pytest.raises(Forbidden):
        access.candidate_to_recommend(session, chen, of["chen"])
    assert access.candidate_to_recommend(session, chen, of["lin"])
    assert access.candidate_to_recommend(session, mei, of["dana"])
    with pytest.raises(NotFound):
        access.candidate_to_recommend(session, mei, of["lin"])


def test_recommending_is_over_with_the_review(cycle, session, cast, line_of):
    to_review(session, cycle, cast)
    with pytest.raises(CycleMoved):
        give(session, cycle, cast.lin, Level.BRANCH, cast.chen)


# --- the way ---


def test_the_way_from_review_to_publication_takes_two_people_and_the_whole_notice_period(
    cycle, session, cast, line_of, keys
):
    with pytest.raises(CycleMoved):
        services.review(session, cycle, note_text="早了", by_id=cast.ada.id, now=OPENED)
    line = to_notice(session, cycle, cast, line_of)
    (named,) = queries.list_named(session, line.cycle.id)
    assert (named.holder_id, named.place) == (cast.lin.id, 1)
    until = line.cycle.notice_until_on
    assert until == clock.add_working_days(clock.today(OPENED), 5)
    last = clock.start_of(until) + 23 * HOUR
    with pytest.raises(NotYet, match="公示到"):
        services.decide(session, line, note_text="同意", by_id=cast.hua.id, now=last)
    with pytest.raises(NotYet, match="两个人"):
        services.decide(session, line, note_text="同意", by_id=cast.ada.id, now=last + 2 * HOUR)
    services.decide(session, line, note_text="同意", by_id=cast.hua.id, now=last + 2 * HOUR)
    session.commit()
    published = services.publish(session, line_of(), keys=keys, by_id=cast.hua.id, now=AFTER_NOTICE)
    session.commit()
    assert published.version == 1
    assert services.verify(session, keys).faults == []
    assert [one["name"] for one in published.public["named"]] == ["林晓"]


def test_an_objection_holds_the_decision_until_it_is_answered_and_its_writer_is_told(cycle, session, cast, line_of):
    with pytest.raises(NoNoticePeriod):
        services.file_objection(session, cycle, person_id=cast.bo.id, text="早了", now=OPENED)
    line = to_notice(session, cycle, cast, line_of)
    filed = services.file_objection(session, line, person_id=cast.bo.id, text="讲座不是本季度讲的", now=OPENED)
    session.commit()
    with pytest.raises(NotYet, match="异议"):
        services.decide(session, line, note_text="同意", by_id=cast.hua.id, now=AFTER_NOTICE)
    about = {"link": "/stars", "by_id": cast.ada.id, "now": OPENED}
    services.answer_objection(session, filed, reply="核对签到表，是本季度", **about)
    session.commit()
    assert session.scalars(select(Notice.person_id)).all() == [cast.bo.id]
    services.decide(session, line_of(), note_text="同意", by_id=cast.hua.id, now=AFTER_NOTICE)


def test_who_is_vetoed_before_the_review_is_followed_by_the_next_and_afterwards_by_nobody(
    cycle, session, cast, line_of
):
    lin = candidate(session, cycle.cycle, cast.lin.id)
    to_review(session, cycle, cast)
    with pytest.raises(Invalid):
        services.veto(session, lin, line_of(), reason=" ", by_id=cast.ada.id, now=OPENED)
    services.veto(session, lin, line_of(), reason="正在接受组织处理", by_id=cast.ada.id, now=OPENED)
    session.commit()
    services.review(session, line_of(), note_text="核对", by_id=cast.ada.id, now=OPENED)
    session.commit()
    (named,) = queries.list_named(session, cycle.cycle.id)
    assert named.holder_id == cast.bo.id
    services.veto(session, named, line_of(), reason="本人申请放弃", by_id=cast.ada.id, now=OPENED)
    session.commit()
    session.expire_all()
    assert list(queries.list_named(session, cycle.cycle.id)) == []


def test_named_last_period_means_not_this_one(start, time_passes, session, cast, lecture, line_of, keys):
    lecture(cast.lin.id, NOW, source=1)
    lecture(cast.lin.id, NOW + 20 * DAY, source=2)
    lecture(cast.bo.id, NOW + 20 * DAY, source=3)
    start(period=Period.MONTH, most=1, no_repeat=1, recommend_days=0)
    time_passes(NOW + 10 * DAY)
    services.review(session, line_of(), note_text="核对", by_id=cast.ada.id, now=NOW + 10 * DAY)
    session.commit()
    assert [one.holder_id for one in queries.list_named(session, line_of().cycle.id)] == [cast.lin.id]
    time_passes(OPENED)
    choice = proposal(session, line_of())
    by_holder = {candidate(session, line_of().cycle, who.id).id: who.staff_no for who in (cast.lin, cast.bo)}
    assert [by_holder[one] for one in choice.named] == ["bo"]
    lins = next(one for one, name in by_holder.items() if name == "lin")
    assert choice.reasons[lins] == "前几期已当选"


# --- publication and certificates (R05) ---


def test_fifty_repeats_of_a_publication_give_one_version_and_one_certificate_each(
    cycle, session, make_session, cast, line_of, keys
):
    to_notice(session, cycle, cast, line_of)
    services.decide(session, line_of(), note_text="同意", by_id=cast.hua.id, now=AFTER_NOTICE)
    session.commit()
    outcomes: list[str] = []
    ready = threading.Barrier(10)

    def publish() -> None:
        ready.wait()
        for _ in range(5):
            with make_session() as own:
                line = queries.find_cycle(own, cycle.cycle.id)
                try:
                    services.publish(own, line, keys=keys, by_id=cast.hua.id, now=AFTER_NOTICE)
                    own.commit()
                    outcomes.append("published")
                except Conflict:
                    outcomes.append("refused")

    many = [threading.Thread(target=publish) for _ in range(10)]
    for one in many:
        one.start()
    for one in many:
        one.join()
    assert (outcomes.count("published"), len(outcomes)) == (1, 50)
    session.expire_all()
    assert session.scalar(select(func.count()).select_from(StarPublication)) == 1
    context = TaskContext(1, None, {"cycle_id": cycle.cycle.id}, make_session, AFTER_NOTICE, {})
    again = [threading.Thread(target=lambda: [services.certify(context) for _ in range(5)]) for _ in range(10)]
    for one in again:
        one.start()
    for one in again:
        one.join()
    (paper,) = session.scalars(select(Certificate))
    assert (paper.holder, paper.title, paper.person_id) == ("林晓", "学习之星", cast.lin.id)
    told = select(func.count()).where(Notice.person_id == cast.lin.id, Notice.text.contains("证书"))
    assert session.scalar(told) == 1


def test_a_correction_is_a_new_version_with_its_differences_and_takes_the_certificate_back(
    cycle, session, cast, line_of, keys, time_passes
):
    first = to_published(session, cycle, cast, line_of, keys)
    time_passes(AFTER_NOTICE + HOUR)
    with pytest.raises(NothingChanged):
        about = {"keys": keys, "by_id": cast.hua.id, "now": AFTER_NOTICE}
        services.correct(session, line_of(), reason="没有改动", **about)
    session.rollback()
    hours.withdraw(session, person_id=cast.lin.id, source=HourSource("lecture", 1), year=2026, reason="没有讲", now=NOW)
    services.ask_for_measuring(session, line_of().cycle, by_id=cast.hua.id, now=AFTER_NOTICE + HOUR)
    time_passes(AFTER_NOTICE + 2 * HOUR)
    lin = candidate(session, cycle.cycle, cast.lin.id)
    session.execute(update(StarCandidate).where(StarCandidate.holder_id == cast.bo.id).values(score_millis=20_000))
    assert lin.score_millis == 18_000
    second = services.correct(session, line_of(), reason="讲座学时已更正", **about)
    time_passes(AFTER_NOTICE + 3 * HOUR)
    assert second.version == 2
    (came, went) = second.public["changes"]
    assert (came["old"], came["new"]["name"], came["new"]["place"]) == (None, "薄一鸣", 1)
    assert (went["new"], went["old"]["name"]) == (None, "林晓")
    assert second.complete["corrects"] == first.complete_digest
    kept = queries.find_publication(session, cycle.cycle.id, 1)
    assert [one["name"] for one in kept.public["named"]] == ["林晓"], "the first version stays as it was"
    papers = certificates.list_of_source(session, ("star", cycle.cycle.id))
    assert [(paper.holder, paper.is_valid, paper.reason) for paper in papers] == [
        ("林晓", False, "讲座学时已更正"), ("薄一鸣", True, ""),
    ]  # fmt: skip
    assert services.verify(session, keys).faults == []


def test_a_published_list_that_somebody_touched_is_found(cycle, session, cast, line_of, keys):
    published = to_published(session, cycle, cast, line_of, keys)
    public = {**published.public, "named": [{**published.public["named"][0], "name": "别人"}]}
    session.execute(update(StarPublication).values(public=public))
    session.commit()
    session.expire_all()
    faults = services.verify(session, keys).faults
    assert len(faults) == 2
    assert "the public snapshot is not the one its digest names" in faults[0]


def test_who_opted_out_keeps_the_place_without_a_name(cycle, session, cast, line_of, keys):
    session.execute(update(Person).where(Person.id == cast.lin.id).values(is_unlisted=True))
    session.commit()
    published = to_published(session, cycle, cast, line_of, keys)
    (shown,) = published.public["named"]
    assert (shown["place"], shown["name"], shown["unit"]) == (1, "不公开", "")
    assert published.complete["named"][0]["name"] == "林晓"
    assert "林晓" not in str(published.public)


# --- the other presets ---


def test_pacesetters_follow_the_published_ranking_of_each_contest(
    start, time_passes, running, session, cast, keys, line_of, make_session
):
    running.hand_in(cast.lin, right=10, seconds=90)
    running.hand_in(cast.bo, right=10, seconds=80)
    running.hand_in(cast.dana, right=8)
    programme = start("pacesetters", Period.CONTEST)
    time_passes(NOW + DAY)
    assert session.scalar(select(func.count()).select_from(StarCycle)) == 0, "not before it is published"
    running.move_to(Phase.NOTICE)
    running.round.reviewed_by_id = cast.ada.id
    session.commit()
    at = NOW + 20 * DAY
    contests.publish(session, running.line_at(at), running.board, keys=keys, actor_id=cast.hua.id, now=at)
    time_passes(at + HOUR)
    time_passes(at + 2 * HOUR)
    line = line_of()
    assert (line.programme.id, line.cycle.label, line.cycle.state) == (
        programme.id,
        "不动产登记专场",
        CycleState.REVIEWING,
    )
    services.review(session, line, note_text="与公布榜一致", by_id=cast.ada.id, now=at)
    session.commit()
    named = [(one.place, one.holder_id) for one in queries.list_named(session, line.cycle.id)]
    assert named == [(1, cast.bo.id), (2, cast.lin.id)], (
        "80 points are too few; equal points stand by the contest's order"
    )


def test_branches_are_measured_by_their_members_and_meetings(start, time_passes, running, session, cast, line_of):
    running.hand_in(cast.lin, right=9)
    running.hand_in(cast.dana, right=6)
    start("branches")
    time_passes(OPENED)
    line = line_of()
    found = {one.name: candidate(session, line.cycle, one.holder_id) for one in session.scalars(select(StarCandidate))}
    north, south = found["北区分局第一支部"], found["南区分局支部"]
    assert points_of(north)["member_accuracy"] == 18_000
    assert points_of(south)["member_accuracy"] == 12_000
    assert points_of(north)["participation"] == 2_000, "one of its five due members took part"
    assert line.cycle.head_count == len(found)
    assert line.cycle.state is CycleState.REVIEWING


def test_judged_criteria_are_marked_by_reviewers_with_a_reason(start, time_passes, session, cast, line_of):
    start("technology", Period.YEAR)
    time_passes(OPENED)
    line = line_of()
    lin = candidate(session, line.cycle, cast.lin.id)
    about = {"by_id": cast.ada.id, "now": OPENED}
    services.judge(session, lin, line, Source.JUDGED_1, points=80, reason="发明专利一项", **about)
    session.commit()
    assert points_of(candidate(session, line.cycle, cast.lin.id))["judged_1"] == 32_000
    for bad in ({"points": 101, "reason": "好"}, {"points": 10, "reason": " "}):
        with pytest.raises(Invalid):
            services.judge(session, lin, line, Source.JUDGED_1, **bad, **about)
    with pytest.raises(Invalid):
        services.judge(session, lin, line, Source.JUDGED_3, points=1, reason="没有这一项", **about)
    services.ask_for_measuring(session, line_of().cycle, by_id=cast.hua.id, now=OPENED)
    time_passes(OPENED + HOUR)
    assert points_of(candidate(session, line.cycle, cast.lin.id))["judged_1"] == 32_000


# --- rules that cannot be ---


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"criteria": ()}, "weights"),
        ({"criteria": (Criterion(Source.ACCURACY, 90, 1),)}, "weights"),
        ({"criteria": (Criterion(Source.MEETINGS, 100, 3),)}, "weight_meetings"),
        ({"criteria": (Criterion(Source.CONTEST_SCORE, 100),)}, "weight_contest_score"),
        ({"criteria": (Criterion(Source.JUDGED_1, 100, title="在线学习时长"),)}, "title_judged_1"),
        ({"criteria": (Criterion(Source.JUDGED_1, 100),)}, "title_judged_1"),
        ({"most_percent": 6}, "most_percent"),
        ({"most_percent": 0, "most": 0}, "most"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_at_its_field(start, session, cast, changes, field):
    programme = start()
    rule = replace(PRESETS["learning"].rule, **changes)
    with pytest.raises(Invalid) as refused:
        services.save_rule(session, programme, rule, by_id=cast.hua.id, now=NOW)
    assert refused.value.field == field


def test_a_programme_below_the_top_looks_at_its_own_people_only(start, session, cast, time_passes, line_of, bureau):
    programme = start()
    north = session.scalars(select(Unit).where(Unit.name == "北区分局")).one()
    programme.owner_unit_id = north.id
    time_passes(OPENED)
    there = set(session.scalars(select(StarCandidate.holder_id)))
    assert cast.lin.id in there
    assert cast.dana.id not in there
    assert line_of().cycle.head_count == len(there)
