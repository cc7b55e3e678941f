"""Yearly plans: whom an item is for, what is done by itself, joining and leaving, and who sees what."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from time import process_time
from types import SimpleNamespace

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from lms import clock
from lms.courses.models import Course, CourseProgress
from lms.courses.review_rules import CourseState
from lms.demo.cast import NORTH, SOUTH
from lms.errors import Conflict, Invalid
from lms.gatherings.kind_rules import GatheringKind, RosterRule
from lms.gatherings.models import Entry, Gathering
from lms.gatherings.rules import GatheringState, Mark, VisitState, Way
from lms.people.access import Scope
from lms.people.line_rules import Line
from lms.people.models import Branch, Membership, Person, Unit
from lms.people.rules import DutyStatus, PartyStatus, RankBand
from lms.people.services import accounts
from lms.quizzes.models import Attempt, Paper
from lms.quizzes.rules import PaperKind, Purpose, State
from lms.training import plan_queries, plan_rules, services
from lms.training.class_rules import Audience, Candidate
from lms.training.plan_models import PlanItem, TrainingPlan
from lms.training.plan_rules import ItemAudience, ItemKind, PlanAct, PlanPerson, PlanState, Share
from lms.training.reminders import list_due
from lms.training.services import Wanted
from tests.contests.conftest import Running
from tests.courses.desk import paper_with
from tests.support.statements import statements_of
from tests.support.web import Web
from tests.training.bureau import AFTER, NOW, cadre, enrol, hold, opened, unit

EVERYWHERE = Scope(("/",), ())
YEAR_END = date(2026, 12, 31)
TODAY = NOW.date()


@pytest.fixture
def monday() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def course(session: Session, title: str = "全会精神") -> Course:
    made = Course(
        title=title, line=Line.LAND, owner_unit_id=unit(session).id, state=CourseState.PUBLISHED, published_at=NOW, created_at=NOW
    )  # fmt: skip
    session.add(made)
    session.commit()
    return made


def finish(session: Session, of: Course, person_id: int) -> None:
    session.add(CourseProgress(course_id=of.id, person_id=person_id, started_at=NOW, finished_at=NOW))
    session.commit()


def plan_with(
    session: Session, cast: SimpleNamespace, of: Course, owner: str | None = None, **given_: object
) -> TrainingPlan:
    """A published plan of one theory item."""
    of_unit = unit(session, owner) if owner else unit(session)
    plan = services.draft_plan(session, of_unit, year=2026, title="年度计划", by_id=cast.hua.id, now=NOW)
    about: dict[str, object] = {"due_on": YEAR_END, "is_theory": True} | given_
    services.add_item(session, plan, Wanted(ItemKind.COURSE, of.id, of.title, **about), by_id=cast.hua.id, now=NOW)  # type: ignore[arg-type]
    services.publish_plan(session, plan, by_id=cast.hua.id, now=NOW)
    session.commit()
    return plan


def share_of(session: Session, plan: TrainingPlan, today: date = TODAY, scope: Scope = EVERYWHERE) -> Share:
    (only,) = plan_queries.progress_of(session, plan, scope, today)
    return only.share


# --- rules


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.dates()), max_size=8))
def test_theory_stands_first_then_what_is_required_then_what_is_due_first(items: list[tuple[bool, bool, date]]) -> None:
    ordered = sorted(enumerate(items), key=lambda each: plan_rules.order(each[1][0], each[1][1], each[1][2], each[0]))
    ranks = [(not theory, not required, due) for _, (theory, required, due) in ordered]
    assert ranks == sorted(ranks)


def test_named_persons_are_meant_alone_and_roles_narrow_whom_units_and_bands_leave() -> None:
    lin = PlanPerson(1, Candidate("/1/2/", RankBand.TOWNSHIP, 1990))
    chen = PlanPerson(2, Candidate("/1/2/", RankBand.TOWNSHIP, 1980), ["secretary"])
    everybody = Audience(["/1/"])
    assert [plan_rules.is_meant(ItemAudience(everybody), who, 2026) for who in (lin, chen)] == [True, True]
    assert [plan_rules.is_meant(ItemAudience(everybody, ["secretary"]), who, 2026) for who in (lin, chen)] == [
        False,
        True,
    ]
    assert [plan_rules.is_meant(ItemAudience(Audience([]), named=[1]), who, 2026) for who in (lin, chen)] == [
        True,
        False,
    ]
    young = ItemAudience(Audience(["/1/"], most_age=40))
    assert [plan_rules.is_meant(young, who, 2026) for who in (lin, chen)] == [True, False]


# --- services and queries


def test_a_plan_is_published_with_theory_in_it_and_only_its_people_see_it(
    session: Session, cast: SimpleNamespace
) -> None:
    of = course(session)
    plan = services.draft_plan(session, unit(session, NORTH), year=2026, title="北区计划", by_id=cast.ada.id, now=NOW)
    with pytest.raises(Conflict, match="创新理论"):
        services.publish_plan(session, plan, by_id=cast.ada.id, now=NOW)
    session.rollback()
    plan = plan_with(session, cast, of, NORTH)
    assert [line.item.title for line in plan_queries.list_mine(session, cast.lin.id, TODAY)] == ["全会精神"]
    assert plan_queries.list_mine(session, cast.dana.id, TODAY) == []
    again = Wanted(ItemKind.COURSE, of.id, of.title, YEAR_END)
    with pytest.raises(Conflict):
        services.add_item(session, plan, again, by_id=cast.ada.id, now=NOW)
    with pytest.raises(Invalid):
        services.add_item(session, plan, Wanted(ItemKind.CLASS, 1, "班", date(2027, 1, 1)), by_id=cast.ada.id, now=NOW)
    services.withdraw_plan(session, plan, by_id=cast.ada.id, now=NOW)
    assert plan_queries.list_mine(session, cast.lin.id, TODAY) == []
    with pytest.raises(Conflict):
        services.withdraw_plan(session, plan, by_id=cast.ada.id, now=NOW)


def test_finished_courses_and_completed_classes_are_done_by_themselves(session: Session, cast: SimpleNamespace) -> None:
    of, training = course(session), opened(session, cast)
    plan = plan_with(session, cast, of, NORTH)
    item = Wanted(ItemKind.CLASS, training.id, training.title, YEAR_END, is_required=False)
    services.add_item(session, plan, item, by_id=cast.hua.id, now=NOW)
    finish(session, of, cast.lin.id)
    enrol(session, training, cast.lin, cast.bo)
    hold(session, training, cast, absent=[(0, cast.bo)])
    services.close_class(session, training, by_id=cast.ada.id, now=AFTER)
    session.commit()
    assert [line.is_done for line in plan_queries.list_mine(session, cast.lin.id, TODAY)] == [True, True]
    assert [line.is_done for line in plan_queries.list_mine(session, cast.bo.id, TODAY)] == [False, False]
    plan_with(session, cast, of)
    assert [line.is_done for line in plan_queries.list_mine(session, cast.lin.id, TODAY)] == [True, True, True]
    theory, class_ = plan_queries.progress_of(session, plan, EVERYWHERE, TODAY)
    assert (theory.share, class_.share) == (Share(1, 5), Share(1, 5))
    assert cast.lin.id not in [each.person.id for each in theory.missing]


def test_who_joins_is_counted_from_the_day_and_who_leaves_no_more_and_after_the_deadline_nothing_moves(
    session: Session, cast: SimpleNamespace
) -> None:
    plan = plan_with(session, cast, course(session), NORTH, due_on=date(2026, 12, 10))
    assert share_of(session, plan).of == 5
    branch = session.scalars(select(Branch)).first()
    accounts.place(session, session.merge(cast.bo), unit(session, SOUTH), branch, from_on=date(2026, 12, 5))
    newcomer = cadre(session, "late")
    accounts.place(session, newcomer, unit(session, NORTH), branch, from_on=date(2026, 12, 12))
    session.commit()
    assert share_of(session, plan, date(2026, 12, 4)).of == 6
    assert share_of(session, plan, date(2026, 12, 5)).of == 5
    assert share_of(session, plan, date(2026, 12, 20)) == share_of(session, plan, date(2026, 12, 10))
    assert plan_queries.list_mine(session, cast.bo.id, date(2026, 12, 6)) == []


def test_progress_is_seen_for_the_units_of_one_s_scope_only(session: Session, cast: SimpleNamespace) -> None:
    plan = plan_with(session, cast, course(session))
    north = Scope((unit(session, NORTH).path,), ())
    (item,) = plan_queries.progress_of(session, plan, north, TODAY)
    assert {each.name for each in item.units} == {NORTH}
    assert {each.unit_name for each in item.missing} == {NORTH}
    assert share_of(session, plan).of > item.share.of


def test_required_items_are_spoken_of_in_their_last_fortnight_to_who_has_not_done_them(
    session: Session, cast: SimpleNamespace
) -> None:
    of = course(session)
    plan_with(session, cast, of, NORTH)
    assert list_due(session, now=NOW) == []
    finish(session, of, cast.lin.id)
    late = NOW + timedelta(days=20)
    people = {due.person_id for due in list_due(session, now=late)}
    assert cast.bo.id in people
    assert not people & {cast.lin.id, cast.dana.id}


# --- pages


@pytest.mark.usefixtures("monday")
def test_a_plan_is_made_on_pages_and_stands_on_home_until_it_is_done(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    of, hua = course(session), web.as_("hua")
    hua.post("/office/plans", {"title": "", "year": "2026"}, 422)
    hua.post("/office/plans", {"title": "2026年培训计划", "year": "2026"}, 303)
    plan = session.scalars(select(TrainingPlan)).one()
    path = f"/office/plans/{plan.id}"
    wanted = {"what": f"course:{of.id}", "due_on": "2026-12-31", "is_required": "y", "is_theory": "y"}
    assert "没有找到工号" in hua.post(f"{path}/items", wanted | {"named": "nobody"}, 422).get_data(as_text=True)
    hua.post(f"{path}/items", wanted | {"named": "lin bo"}, 303)
    assert "已经有这一项" in hua.post(f"{path}/items", wanted, 422).get_data(as_text=True)
    lin, dana = web.as_("lin"), web.as_("dana")
    assert "我的计划</h2>" not in lin.get("/").get_data(as_text=True)
    hua.post(f"{path}/publication", {}, 303)
    assert "0 / 2 人" in hua.get(path).get_data(as_text=True)
    assert "全会精神" in lin.get("/plans").get_data(as_text=True)
    assert 'id="plan"' in lin.get("/").get_data(as_text=True)
    assert "全会精神" not in dana.get("/plans").get_data(as_text=True)
    finish(session, of, cast.lin.id)
    assert 'id="plan"' not in lin.get("/").get_data(as_text=True)
    assert "1 / 1 项已完成" in lin.get("/plans").get_data(as_text=True)
    ada = web.as_("ada").get(path).get_data(as_text=True)
    assert "加入计划" not in ada  # a plan from above is followed, not changed
    item = session.scalars(select(PlanItem)).one()
    web.as_("ada").post(f"{path}/items/{item.id}/removal", {}, 404)
    hua.post(f"{path}/items/{item.id}/removal", {}, 409)
    hua.post(f"{path}/withdrawal", {}, 303)
    hua.post(f"{path}/items/{item.id}/removal", {}, 303)
    session.refresh(plan)
    assert plan.state is PlanState.WITHDRAWN


def test_a_series_is_done_with_so_many_lectures_heard_and_a_quiz_once_it_is_passed(
    session: Session, cast: SimpleNamespace
) -> None:
    plan = plan_with(session, cast, course(session), NORTH)
    bureau = unit(session)
    series = Wanted(ItemKind.LECTURES, bureau.id, "上讲台", YEAR_END, wanted_count=2)
    services.add_item(session, plan, series, by_id=cast.hua.id, now=NOW)
    paper = Paper(owner_unit_id=bureau.id, title="测验", kind=PaperKind.FIXED, duration_seconds=None, created_at=NOW)
    session.add(paper)
    session.flush()
    quiz = services.add_item(
        session, plan, Wanted(ItemKind.QUIZ, paper.id, "测验", YEAR_END), by_id=cast.hua.id, now=NOW
    )
    for hour, visit in ((9, None), (11, None), (14, VisitState.ASKED)):
        hear(session, bureau, cast, hour=hour, visit=visit)
    for number, (person, points) in enumerate(((cast.lin, 6000), (cast.bo, 5999))):
        sit(session, paper, quiz.id, person.id, points, number + 1)
    lines = {line.item.kind: line for line in plan_queries.list_mine(session, cast.lin.id, TODAY)}
    assert (lines[ItemKind.LECTURES].count, lines[ItemKind.LECTURES].is_done) == (2, True)
    assert lines[ItemKind.QUIZ].is_done
    lines = {line.item.kind: line for line in plan_queries.list_mine(session, cast.bo.id, TODAY)}
    assert (lines[ItemKind.LECTURES].count, lines[ItemKind.LECTURES].is_done) == (1, False)
    assert not lines[ItemKind.QUIZ].is_done
    done = {each.item.kind: each.share.done for each in plan_queries.progress_of(session, plan, EVERYWHERE, TODAY)}
    assert (done[ItemKind.LECTURES], done[ItemKind.QUIZ]) == (1, 1)


def hear(session: Session, at: Unit, cast: SimpleNamespace, *, hour: int, visit: VisitState | None) -> None:
    """A lecture that lin heard, unless only as an unconfirmed visitor, and bo only when it was the first of the day."""
    starts_at = clock.at_local(TODAY, hour)
    held = Gathering(
        kind=GatheringKind.LECTURE, title="讲座", unit_id=at.id, subject_kind="lecture", subject_id=hour, held_on=TODAY,
        starts_at=starts_at, ends_at=starts_at + timedelta(hours=1), state=GatheringState.HELD, roster=RosterRule.STAFF, locks_at=NOW, host_id=cast.hua.id,
        recorder_id=cast.hua.id, created_by_id=cast.hua.id, created_at=NOW,
    )  # fmt: skip
    session.add(held)
    session.flush()
    for person in [cast.lin, cast.bo] if hour == 9 else [cast.lin]:
        entry = Entry(
            gathering_id=held.id, person_id=person.id, mark=Mark.PRESENT, way=Way.TAP, visit=visit, marked_at=NOW
        )
        session.add(entry)
    session.flush()


def sit(session: Session, paper: Paper, item_id: int, person_id: int, points: int, number: int) -> None:
    session.add(
        Attempt(
            paper_id=paper.id, person_id=person_id, purpose=Purpose.PLAN, subject_id=item_id, number=number,
            state=State.SUBMITTED, scoring=paper.scoring, started_at=NOW, started_on=TODAY, submitted_at=NOW,
            score_millis=points, max_millis=10_000, seconds_used=60,
        )
    )  # fmt: skip
    session.flush()


def test_a_changed_item_says_what_was_changed_and_by_whom_and_a_published_plan_keeps_its_theory(
    session: Session, cast: SimpleNamespace
) -> None:
    of = course(session)
    plan = plan_with(session, cast, of)
    (item,) = plan_queries.list_items(session, plan.id)
    narrower = Wanted(ItemKind.COURSE, of.id, of.title, date(2026, 12, 20), is_theory=True, party=["full"], most_age=40)
    found = services.change_item(session, plan, item, narrower, by_id=cast.hua.id, now=NOW)
    assert [(each.label, each.before, each.after) for each in found] == [
        ("期限", "12月31日", "12月20日"), ("党员身份", "不限", "正式党员"), ("年龄", "不限", "40 岁及以下"),
    ]  # fmt: skip
    assert services.change_item(session, plan, item, narrower, by_id=cast.hua.id, now=NOW) == []
    changes = session.scalars(plan_queries.list_changes(plan.id)).all()
    assert [(each.act, each.by_id) for each in changes] == [
        (PlanAct.CHANGED, cast.hua.id),
        (PlanAct.ADDED, cast.hua.id),
    ]
    with pytest.raises(Conflict, match="创新理论"):
        services.change_item(session, plan, item, replace(narrower, is_theory=False), by_id=cast.hua.id, now=NOW)
    with pytest.raises(Conflict, match="创新理论"):
        services.remove_item(session, plan, item, by_id=cast.hua.id, now=NOW)


def test_an_item_for_party_members_asks_nothing_of_others(session: Session, cast: SimpleNamespace) -> None:
    plan = plan_with(session, cast, course(session), party=["full", "probationary"])
    (progress,) = plan_queries.progress_of(session, plan, EVERYWHERE, TODAY)
    assert {each.person.party for each in progress.due} <= {"full", "probationary"}
    everybody = {each.person.id for each in plan_queries.roster(session, TODAY)}
    others = everybody - {each.person.id for each in progress.due}
    assert others
    assert all(plan_queries.list_mine(session, person_id, TODAY) == [] for person_id in others)


@pytest.mark.usefixtures("monday")
def test_an_item_is_changed_on_its_page_and_its_progress_is_read_by_unit_and_person(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    of = course(session)
    plan = plan_with(session, cast, of)
    item = session.scalars(select(PlanItem)).one()
    path, hua, ada = f"/office/plans/{plan.id}", web.as_("hua"), web.as_("ada")
    assert "2026-12-31" in hua.get(f"{path}/items/{item.id}/edit").get_data(as_text=True)
    terms = {"due_on": "2026-12-01", "is_required": "y", "is_theory": "y", "rank_bands": "township"}
    hua.post(f"{path}/items/{item.id}/edit", terms | {"due_on": "2027-01-01"}, 422)
    hua.post(f"{path}/items/{item.id}/edit", terms, 303)
    ada.post(f"{path}/items/{item.id}/edit", terms, 404)
    shown = hua.get(path).get_data(as_text=True)
    assert "12月31日 → 12月1日" in shown
    finish(session, of, cast.lin.id)
    everybody, north = (
        hua.get(f"{path}/people").get_data(as_text=True),
        ada.get(f"{path}/people").get_data(as_text=True),
    )
    assert cast.dana.name in everybody
    assert cast.dana.name not in north
    assert cast.lin.name in north
    assert cast.dana.name not in ada.get(f"{path}/items/{item.id}").get_data(as_text=True)
    assert NORTH in ada.get(f"{path}/items/{item.id}").get_data(as_text=True)


@pytest.mark.usefixtures("monday")
def test_a_plan_s_quiz_is_begun_by_whom_it_is_meant_for_alone(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    plan = plan_with(session, cast, course(session), NORTH)
    paper = paper_with(session)
    quiz = services.add_item(
        session, plan, Wanted(ItemKind.QUIZ, paper.id, "测验", YEAR_END), by_id=cast.hua.id, now=NOW
    )
    session.commit()
    address = f"/plans/items/{quiz.id}/quiz"
    assert address in web.as_("lin").get("/plans").get_data(as_text=True)
    web.as_("lin").post(address, {}, 303)
    web.as_("dana").post(address, {}, 404)
    attempt = session.scalars(select(Attempt)).one()
    assert (attempt.person_id, attempt.purpose, attempt.subject_id) == (cast.lin.id, Purpose.PLAN, quiz.id)


MOST_STATEMENTS = 16


def test_progress_of_two_thousand_people_takes_few_statements_and_little_time(
    session: Session, cast: SimpleNamespace, record_property: Callable[[str, object], None]
) -> None:
    home, plan = unit(session, NORTH), plan_with(session, cast, course(session))
    for number in range(7):
        item = Wanted(
            ItemKind.COURSE, course(session, f"第{number}课").id, f"第{number}课", YEAR_END, is_required=number % 2 == 0
        )
        services.add_item(session, plan, item, by_id=cast.hua.id, now=NOW)
    people = [
        {"staff_no": f"n{n}", "name": f"干部{n}", "initials": "gb", "rank_band": RankBand.TOWNSHIP, "birth_year": 1980, "title": "",
         "created_at": NOW} for n in range(2000)
    ]  # fmt: skip
    session.execute(insert(Person), people)
    ids = session.scalars(
        select(Person.id).where(Person.staff_no.startswith("n"), Person.name.startswith("干部"))
    ).all()
    places = [
        {"person_id": id, "unit_id": home.id, "from_on": date(2020, 1, 1), "party_status": PartyStatus.FULL,
         "duty_status": DutyStatus.ON_DUTY} for id in ids
    ]  # fmt: skip
    session.execute(insert(Membership), places)
    of = plan_queries.list_items(session, plan.id)[0]
    done = [{"course_id": of.ref_id, "person_id": id, "started_at": NOW, "finished_at": NOW} for id in ids[:1500]]
    session.execute(insert(CourseProgress), done)
    session.commit()
    with statements_of(session.get_bind()) as said:  # type: ignore[arg-type]
        started = process_time()
        progress = plan_queries.progress_of(session, plan, EVERYWHERE, TODAY)
        rows = plan_queries.by_person(progress, TODAY)
        seconds = process_time() - started
    record_property("cpu_millis", round(seconds * 1000))
    print(
        f"progress of {len(rows)} people over {len(progress)} items: {seconds * 1000:.0f} ms of CPU, {len(said)} statements"
    )
    assert (len(progress), len(rows)) == (8, len(plan_queries.roster(session, TODAY)))
    assert progress[0].share.done == 1500
    assert len(said) <= MOST_STATEMENTS
    assert seconds < 1.5


def test_a_plan_asks_nobody_outside_its_unit_even_by_name(session: Session, cast: SimpleNamespace) -> None:
    plan_with(session, cast, course(session), NORTH, named=[cast.lin.id, cast.dana.id])
    assert len(plan_queries.list_mine(session, cast.lin.id, TODAY)) == 1
    assert plan_queries.list_mine(session, cast.dana.id, TODAY) == []


def test_papers_of_the_unit_are_offered_but_no_contest_s(session: Session, running: Running) -> None:
    free = paper_with(session)
    offered = plan_queries.offered(session, unit(session))
    assert f"quiz:{free.id}" in offered
    assert running.round.paper_id != free.id
    assert f"quiz:{running.round.paper_id}" not in offered
    assert not [key for key in plan_queries.offered(session, unit(session, NORTH)) if key.startswith("quiz:")]


@pytest.mark.usefixtures("monday")
def test_whoever_follows_a_plan_from_above_meets_no_person_of_other_units_in_it(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    plan = plan_with(session, cast, course(session), named=[cast.lin.id, cast.dana.id])
    (item,) = plan_queries.list_items(session, plan.id)
    services.change_item(
        session, plan, item, Wanted(ItemKind.COURSE, item.ref_id, "", YEAR_END, is_theory=True, named=[cast.lin.id]),
        by_id=cast.hua.id, now=NOW,
    )  # fmt: skip
    path = f"/office/plans/{plan.id}"
    for address in (path, f"{path}/items/{item.id}", f"{path}/people"):
        assert cast.dana.name not in web.as_("ada").get(address).get_data(as_text=True)
    assert cast.dana.name in web.as_("hua").get(path).get_data(as_text=True)
    own = {"due_on": "2026-12-31", "is_theory": "y", "named": "dana"}
    north = plan_with(session, cast, course(session, "北区课"), NORTH)
    (only,) = plan_queries.list_items(session, north.id)
    answer = web.as_("ada").post(f"/office/plans/{north.id}/items/{only.id}/edit", own, 422)
    assert "没有找到工号 dana" in answer.get_data(as_text=True)
