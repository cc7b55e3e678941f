"""A wrong key after the publication: seen with figures before, approved once, and everything follows: scores, places, the published list,
honours with certificates, hours, the list of those who advanced. Told is who is affected."""

import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from lms import clock, outcomes
from lms.certificates.models import Certificate
from lms.certificates.rules import State
from lms.contests import (
    advancement_queries,
    advancement_services,
    advancement_versions,
    award_services,
    checks,
    correction_services,
    queries,
    services,
    team_queries,
    team_services,
)
from lms.contests.advancement_rules import AdvanceRule
from lms.contests.award_models import DueAdvancement, DueCorrection
from lms.contests.award_rules import AwardRule
from lms.contests.models import Round
from lms.contests.rules import GRAND, EntryMode, RoundKind
from lms.contests.team_rules import Deadlines, Sizes
from lms.hours.models import HourEntry
from lms.leaderboard import queries as board_queries
from lms.leaderboard import services as boards
from lms.leaderboard.models import Board, BoardState, PublishedRanking
from lms.notices.models import Notice
from lms.people.line_rules import Line
from lms.people.principal import principal_of
from lms.quizzes import key_queries
from lms.quizzes import services as quizzes
from lms.quizzes.models import AttemptItem, CurrentAnswer, Question, QuestionVersion
from lms.quizzes.rules import Kind
from lms.quizzes.services import regrade
from lms.quizzes.services.bank import Content
from lms.tasks.services import run_due
from tests.contests.conftest import bureau, north, now, several
from tests.contests.test_rounds import team

__all__ = ["bureau", "north", "now", "several"]

WRONG = "答案有误的题"
RULE = AwardRule("业务标兵", 3, 0, 80_000, 24, 60_000)


@pytest.fixture
def bank(session, bureau, now):
    """Exactly the ten questions of a sheet, so that everybody answers the same ones. The first has the key 甲, which is wrong."""
    number = 0
    for draw in GRAND.draws:
        for _ in range(draw.count):
            kind = Kind(draw.kind)
            key = [0, 1] if kind is Kind.MULTIPLE else [0]
            stem = f"第{number:02d}题" if number else WRONG
            content = Content(kind, stem, ["甲", "乙", "丙"], key, "", difficulty=draw.difficulty)
            quizzes.create_question(
                session, content, owner_unit_id=bureau.id, line=Line.REGISTRATION, by_id=None, now=now
            )
            number += 1


def sit(several, round_, name, on_wrong, blanks, seconds):
    """Everything by the key but for the question with the wrong one, answered with that choice, and so many left blank."""
    session, person = several.session, getattr(several.cast, name)
    line = several.line(round_)
    attempt = services.start(session, line, principal_of(session, person, several.now), now=several.now)
    at = select(AttemptItem.position, QuestionVersion.stem).join(
        QuestionVersion, QuestionVersion.id == AttemptItem.version_id
    )
    stems = dict(session.execute(at.where(AttemptItem.attempt_id == attempt.id)).all())
    for row in sorted(key_queries.list_to_grade(session, attempt.id), key=lambda row: stems[row.position]):
        is_wrong = stems[row.position] == WRONG
        if not is_wrong and blanks:
            blanks -= 1
            continue
        choice = on_wrong if is_wrong else json.loads(row.key)
        if choice is not None:
            session.add(
                CurrentAnswer(attempt_id=attempt.id, position=row.position, sequence=1, choice=json.dumps(choice), saved_at=several.now)
            )  # fmt: skip
    session.flush()
    quizzes.submit(session, attempt, settle=services.settle_attempt, now=several.now + timedelta(seconds=seconds))


@pytest.fixture
def published(session, several, cast, keys, make_session):
    """lin 100, bo 90, dana 80, chen 60, mei 50; the first three are honoured, the first four have hours, lin alone advanced."""
    first, second = several.two(AdvanceRule(1))
    sit(several, first, "lin", [0], 0, 100)
    sit(several, first, "bo", [1], 0, 101)
    sit(several, first, "dana", [0], 2, 102)
    sit(several, first, "chen", [0], 4, 103)
    sit(several, first, "mei", None, 4, 104)
    several.reviewed(first)
    award_services.choose_award(session, several.line(first), RULE, actor_id=cast.hua.id, now=several.now)
    advancement_services.publish(
        session, several.line(second), several.line(first), actor_id=cast.hua.id, now=several.now
    )
    session.get_one(Board, first.board_id).state = BoardState.NOTICE
    first.notice_until_on = clock.today(several.now) - timedelta(days=1)
    session.flush()
    head = board_queries.find_board(session, first.board_id)
    services.publish(session, several.line(first), head, keys=keys, actor_id=cast.hua.id, now=several.now)
    session.commit()
    run_tasks(make_session, keys)
    session.query(Notice).delete()
    session.commit()
    return first.id, second.id


def run_tasks(make_session, keys):
    kinds = {
        regrade.TASK_KIND: regrade.regrade_task(outcomes.resettle, outcomes.publish),
        award_services.FOLLOW: award_services.follow,
    }
    run_due(make_session, kinds, {"keys": keys})


def wrong_question(session):
    return session.scalars(
        select(Question).join(QuestionVersion, QuestionVersion.question_id == Question.id).where(QuestionVersion.stem == WRONG)
    ).one()  # fmt: skip


def preview(web, session):
    question = wrong_question(session)
    text = (
        web.as_("hua").get(f"/office/questions/{question.id}/correction?act=key&key=B&reason=条文已修改&version=1").text
    )
    return " ".join(text.replace("<b>", "").replace("</b>", "").replace('<span class="stat-unit">', "").split())


def approve(web, session, rounds, lists=None, who="hua", status=303):
    question = wrong_question(session)
    version = session.scalars(select(QuestionVersion).where(QuestionVersion.question_id == question.id)).one()
    seen = regrade.mark_of(key_queries.find_standing(session, version.id))
    data = {
        "version": "1",
        "act": "key",
        "key": "B",
        "reason": "条文已修改",
        "seen": seen,
        "round": rounds,
        "list": lists,
    }
    web.as_(who).post(f"/office/questions/{question.id}/corrections", data, status)


def state_of(session, round_id):
    """Everything that followed, as it stands."""
    session.expire_all()
    head = board_queries.find_board(session, session.get_one(Round, round_id).board_id)
    ranking = board_queries.find_publication(session, head.id)
    complete = board_queries.load_complete(session, ranking)
    return {
        "version": ranking.version,
        "list": [(row["name"], row["place"], row["score_millis"] // 1000) for row in complete["people"]],
        "valid": sorted(
            (one.holder, one.lines[0].split("中获")[1].split("，")[0])
            for one in session.scalars(select(Certificate).where(Certificate.state == State.VALID))
        ),
        "serials": session.scalar(select(func.count()).select_from(Certificate)),
        "quarters": {
            person: total
            for person, total in session.execute(select(HourEntry.person_id, func.sum(HourEntry.quarters)).group_by(HourEntry.person_id))
        },
    }  # fmt: skip


def test_the_preview_says_what_then_happens_once_and_to_whom(web, session, make_session, keys, cast, published):
    first, second = published
    before = state_of(session, first)
    lin, bo, dana, chen, mei = (getattr(cast, name) for name in ("lin", "bo", "dana", "chen", "mei"))
    assert before["list"] == [
        (lin.name, 1, 100),
        (bo.name, 2, 90),
        (dana.name, 3, 80),
        (chen.name, 4, 60),
        (mei.name, 5, 50),
    ]
    assert before["quarters"] == {lin.id: 24, bo.id: 24, dana.id: 24, chen.id: 24}

    seen = preview(web, session)
    for figure in (
        "4 份答卷改分",
        "1 份升",
        "3 份降",
        "1 份不再及格",
        "4 人名次或得分变动",
        "0 份新发证书",
        "2 份换发",
        "1 份撤销",
        "0 人记学时",
        "1 人冲减学时",
    ):
        assert figure in seen, figure
    assert f"改为晋级：{bo.name}。不再晋级：{lin.name}。名单已公布：随更正发新版" in seen
    assert state_of(session, first) == before, "a preview changes nothing"

    assert "第 1 名，前 1 名晋级" in seen
    assert "第 2 名，按名次晋级到第 1 名" in seen

    approve(web, session, [str(first)], [str(second)])
    run_tasks(make_session, keys)
    after = state_of(session, first)
    assert after == {
        "version": 2,
        "list": [(bo.name, 1, 100), (lin.name, 2, 90), (dana.name, 3, 70), (chen.name, 4, 50), (mei.name, 5, 50)],
        "valid": sorted([(bo.name, "第 1 名"), (lin.name, "第 2 名")]),
        "serials": 5,
        "quarters": {lin.id: 24, bo.id: 24, dana.id: 24, chen.id: 0},
    }
    (ranking, _) = session.scalars(select(PublishedRanking).order_by(PublishedRanking.version.desc())).all()
    assert ranking.reason == "更正试题后重新计分：条文已修改"
    stands = {one.name for one in advancement_queries.list_published(session, second) if one.is_in}
    assert stands == {bo.name}, "the list follows the ranking, approved with it"
    assert [one.version for one in advancement_versions.list_versions(session, second)] == [2, 1]

    told = session.scalars(select(Notice).order_by(Notice.person_id)).all()
    assert {one.person_id for one in told} == {lin.id, bo.id, dana.id, chen.id}
    of_list = {one.person_id: one.text for one in told if one.link.endswith("/published")}
    head = "“三轮赛”的公布名次有更正："
    assert of_list == {
        lin.id: f"{head}你由第 1 名改为第 2 名，业务标兵证书已换发",
        bo.id: f"{head}你由第 2 名改为第 1 名，业务标兵证书已换发",
        dana.id: f"{head}你的得分由 80 分改为 70 分，名次不变，不再是业务标兵，证书已撤销",
        chen.id: f"{head}你的得分由 60 分改为 50 分，名次不变，冲减 6 学时",
    }
    of_advancement = {one.person_id: one.text for one in told if "晋级名单有更正" in one.text}
    assert of_advancement.keys() == {lin.id, bo.id}
    assert boards.verify(session, keys).faults == []
    assert checks.verify(session).faults == []
    text = web.as_("mei").get(f"/contests/rounds/{first}/published").text
    assert "更正试题后重新计分：条文已修改" in text
    assert "第 2 名，90 分" in text


def test_every_task_again_changes_nothing(web, session, make_session, keys, cast, published):
    first, second = published
    approve(web, session, [str(first)], [str(second)])
    run_tasks(make_session, keys)
    after, notices = state_of(session, first), session.scalar(select(func.count()).select_from(Notice))
    due = session.scalars(select(DueCorrection)).one()
    assert due.version == 2
    assert (
        correction_services.publish_all_due(make_session, due.correction_id, keys=keys, reason="再来", now=clock.now())
        == 0
    )
    session.execute(update(DueCorrection).values(done_at=None))
    session.execute(update(DueAdvancement).values(done_at=None))
    session.commit()
    assert (
        correction_services.publish_all_due(make_session, due.correction_id, keys=keys, reason="再来", now=clock.now())
        == 2
    )
    session.expire_all()
    assert session.scalars(select(DueCorrection.version)).one() is None, "it came out the same"
    assert session.scalars(select(DueAdvancement.version)).one() is None
    assert [one.version for one in advancement_versions.list_versions(session, second)] == [2, 1]
    line = queries.find_round(session, first, now=clock.now())
    for version in (1, 2):
        ranking = board_queries.find_publication(session, line.round.board_id, version)
        award_services.follow_later(session, line, ranking, now=clock.now())
    session.commit()
    run_tasks(make_session, keys)
    assert state_of(session, first) == after
    assert session.scalar(select(func.count()).select_from(Notice)) == notices


def test_without_the_tick_the_published_list_stays_and_the_office_says_so(
    web, session, make_session, keys, cast, published
):
    first, second = published
    before = state_of(session, first)
    approve(web, session, [])
    run_tasks(make_session, keys)
    assert state_of(session, first) == before
    contest_id = session.get_one(Round, first).contest_id
    assert [one.version for one in advancement_versions.list_versions(session, second)] == [1]
    assert "名单要跟着更正才算数" in web.as_("hua").get(f"/office/contests/rounds/{second}/advancement").text
    text = web.as_("hua").get(f"/office/contests/{contest_id}?round={first}").text
    assert "公布以后成绩有更正" in text
    assert '2</b> <span class="stat-unit">份换发' in web.as_("hua").get(f"/office/contests/rounds/{first}/outcome").text


def test_a_round_that_is_not_the_persons_to_publish_or_not_published_refuses_the_whole_correction(
    web, session, published
):
    first, second = published
    approve(web, session, ["999"], status=404)
    approve(web, session, [str(second)], status=409)
    approve(web, session, [], [str(first)], status=404)
    session.expire_all()
    assert session.scalars(select(DueCorrection)).all() == []
    assert key_queries.find_standing(
        session, session.scalars(select(QuestionVersion.id).where(QuestionVersion.stem == WRONG)).one()
    ).key == [0]


# --- teams ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def teams(session, several, published, north, cast):
    """Two teams of one in the same contest, and the first of them on the published list of the final: 100 and 90 points."""
    first, _ = published
    until = several.now + timedelta(days=1)
    terms = (several.contest, Sizes(1, 3, 1, 2, 1), Deadlines(until, until))
    team_services.set_terms(session, *terms, actor_id=cast.hua.id, now=several.now)
    several.session.flush()
    made = {"甲队": team(several, "甲队", "lin", north), "乙队": team(several, "乙队", "bo", north)}
    source = session.get_one(Round, first)
    values = {"kind": RoundKind.STAGE, "title": "决赛", "entry": EntryMode.ADVANCEMENT, "source": source}
    final = several.add(timedelta(days=2), admission=AdvanceRule(1), **values)
    advancement_services.publish(session, several.line(final), several.line(source), actor_id=cast.hua.id, now=several.now)  # fmt: skip
    session.commit()
    return made, final.id


def test_the_preview_names_teams_whose_places_change_and_the_teams_that_would_advance(
    web, session, make_session, keys, published, teams, cast
):
    made, final = teams
    first = published[0]
    seen = preview(web, session)
    cells = re.sub(r"<[^>]+>", " ", seen)
    table = " ".join(cells.split("团队名次变动")[1].split("晋级")[0].split())
    assert "乙队 2 1 90 100" in table
    assert "甲队 1 2 100 90" in table
    assert "改为晋级：乙队。不再晋级：甲队。" in cells
    approve(web, session, [str(first)], [str(final)])
    run_tasks(make_session, keys)
    session.expire_all()
    found = team_queries.list_standings(session, session.get_one(Round, first))
    assert [(one.name, one.place, one.total.score_millis) for one in found] == [
        ("乙队", 1, 100_000),
        ("甲队", 2, 90_000),
    ]
    assert advancement_queries.list_teams_in(session, session.get_one(Round, final)) == [made["乙队"]]
    (told,) = session.scalars(select(Notice.text).where(Notice.person_id == cast.bo.id, Notice.text.contains("决赛")))
    assert told == "“三轮赛 · 决赛”的晋级名单有更正：你已晋级（第 1 名，前 1 名晋级）"
    assert checks.verify(session).faults == []
