"""Entry by unit and by advancement: who may begin, who is told what, and what stays as it was published."""

from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.audit.models import AuditRecord
from lms.contests import (
    advancement_queries,
    advancement_services,
    awaiting,
    entry_queries,
    entry_services,
    services,
    team_queries,
    team_services,
)
from lms.contests.advancement_correction_rules import Stand
from lms.contests.advancement_rules import AdvanceRule, Seat
from lms.contests.errors import NotYet
from lms.contests.models import Round
from lms.contests.rules import EntryMode, RoundKind
from lms.contests.team_rules import Deadlines, Sizes
from lms.contests.team_services import Hand
from lms.errors import Conflict, Forbidden, Invalid
from lms.notices.models import Notice
from lms.people.models import Unit
from tests.contests.several import DAY, HOUR, Several
from tests.support.statements import statements_of

TOMORROW = DAY + HOUR / 2


def published(several: Several, rule: AdvanceRule, right: dict[str, int], **changed: object) -> tuple[Round, Round]:
    """Both rounds, the first answered and reviewed, the list of the second published by the organiser."""
    first, second = several.two(rule, **changed)
    several.all_hand_in(first, right)
    several.reviewed(first)
    publish(several, first, second)
    return first, second


def publish(several: Several, first: Round, second: Round) -> None:
    target, source = several.line(second), several.line(first)
    advancement_services.publish(several.session, target, source, actor_id=several.cast.hua.id, now=several.now)
    several.session.flush()


def withdraw(several: Several, round_: Round, name: str, reason: str = "出差") -> None:
    line = advancement_queries.find_line_of(several.session, round_, getattr(several.cast, name).id)
    assert line is not None
    who = several.cast.hua.id
    advancement_services.withdraw(
        several.session, several.line(round_), line, reason=reason, actor_id=who, now=several.now
    )
    several.session.flush()


def stands(several: Several, round_: Round) -> dict[str, Stand]:
    return {one.name: one.stand for one in advancement_queries.list_published(several.session, round_.id)}


def told(session: Session, person_id: int) -> list[str]:
    session.flush()
    return list(session.scalars(select(Notice.text).where(Notice.person_id == person_id).order_by(Notice.id)))


# --- by unit quota -------------------------------------------------------------------------------------------------


def quota_round(several: Several, quota: int = 1) -> Round:
    made = several.add(2 * HOUR, entry=EntryMode.QUOTA, unit_quota=quota, entry_until=several.now + HOUR)
    several.open()
    return made


def enter(
    several: Several, round_: Round, name: str, unit: Unit, at: datetime | None = None, *, is_late: bool = False
) -> None:
    person, who, when = getattr(several.cast, name), several.cast.ada.id, at or several.now
    entry_services.enter(
        several.session, several.line(round_), person, unit.id, actor_id=who, now=when, is_late=is_late
    )
    several.session.flush()


def test_only_whom_the_unit_entered_may_begin_and_the_others_are_told_whom_to_ask(
    several: Several, north: Unit
) -> None:
    round_ = quota_round(several)
    enter(several, round_, "lin", north)
    assert several.start(round_, several.cast.lin, several.now + 3 * HOUR)
    with pytest.raises(Forbidden, match="找本单位管理员"):
        several.start(round_, several.cast.bo, several.now + 3 * HOUR)
    assert any("单位替你报名" in text for text in told(several.session, several.cast.lin.id))


def test_a_unit_enters_as_many_as_it_has_places_and_a_cancelled_place_is_free_again(
    several: Several, north: Unit
) -> None:
    round_ = quota_round(several)
    enter(several, round_, "lin", north)
    with pytest.raises(Conflict, match="报满"):
        enter(several, round_, "bo", north)
    entry_services.cancel(
        several.session, several.line(round_), several.cast.lin.id, actor_id=several.cast.ada.id, now=several.now
    )
    enter(several, round_, "bo", north)
    assert [line.person_id for line in entry_queries.list_unit_entries(several.session, round_.id)] == [
        several.cast.bo.id
    ]


def test_after_the_deadline_only_the_organiser_changes_the_list_and_after_the_start_nobody(
    several: Several, north: Unit
) -> None:
    round_ = quota_round(several)
    late = several.now + HOUR
    with pytest.raises(Invalid, match="截止"):
        enter(several, round_, "lin", north, late)
    enter(several, round_, "lin", north, late, is_late=True)
    with pytest.raises(Conflict, match="已经开始"):
        enter(several, round_, "bo", north, several.now + 2 * HOUR, is_late=True)


# --- by advancement ------------------------------------------------------------------------------------------------


def test_who_advanced_is_told_and_begins_and_the_others_read_why_not(several: Several) -> None:
    _, second = published(several, AdvanceRule(top=1, reserve=1), {"lin": 9, "bo": 8, "dana": 7})
    at = several.now + TOMORROW
    assert several.start(second, several.cast.lin, at)
    with pytest.raises(Forbidden, match="候补第 1 位"):
        several.start(second, several.cast.bo, at)
    with pytest.raises(Forbidden, match="第 3 名，按名次晋级到第 1 名"):
        several.start(second, several.cast.dana, at)
    with pytest.raises(Forbidden, match="没有参加前一轮"):
        several.start(second, several.cast.mei, at)
    assert told(several.session, several.cast.lin.id)[-1].startswith("你已晋级“三轮赛 · 复赛”：第 1 名")
    assert "候补" in told(several.session, several.cast.bo.id)[-1]
    assert told(several.session, several.cast.dana.id) == []


def test_before_the_list_is_published_nobody_begins(several: Several) -> None:
    first, second = several.two(AdvanceRule(top=1))
    several.hand_in(first, several.cast.lin, 9)
    with pytest.raises(Forbidden, match="还没有公布"):
        several.start(second, several.cast.lin, several.now + TOMORROW)


def test_the_list_waits_for_the_review_and_for_somebody_else_than_the_reviewer(several: Several) -> None:
    first, second = several.two(AdvanceRule(top=1))
    several.hand_in(first, several.cast.lin, 9)
    with pytest.raises(NotYet, match="复核通过后"):
        publish(several, first, second)
    several.reviewed(first)
    first.reviewed_by_id = several.cast.hua.id
    with pytest.raises(NotYet, match="复核人以外"):
        publish(several, first, second)


def test_a_published_list_stays_as_it_is_whatever_the_board_says_later(several: Several) -> None:
    first, second = published(several, AdvanceRule(top=1, reserve=1), {"lin": 9, "bo": 8})
    before = advancement_queries.find_advancement(several.session, second.id)
    assert before is not None
    digest = before.digest
    with pytest.raises(NotYet, match="已公布"):
        publish(several, first, second)
    with pytest.raises(Conflict, match="不能再改外卡"):
        advancement_services.give_card(
            several.session, several.line(second), several.cast.dana.id, None, reason="友谊", actor_id=several.cast.hua.id, now=several.now
        )  # fmt: skip
    withdraw(several, second, "lin")
    lines = advancement_queries.list_published(several.session, second.id)
    assert [(one.line.outcome, one.line.seat) for one in lines] == [("advanced", Seat.TOP), ("reserve", None)]
    again = advancement_queries.find_advancement(several.session, second.id)
    assert again is not None
    assert again.digest == digest
    actions = set(several.session.scalars(select(AuditRecord.action)))
    assert {"round:advance", "round:withdraw"} <= actions


def test_when_somebody_withdraws_the_next_of_the_reserve_moves_up_and_is_told(several: Several) -> None:
    _, second = published(several, AdvanceRule(top=1, reserve=2), {"lin": 9, "bo": 8, "dana": 7})
    withdraw(several, second, "lin")
    assert stands(several, second) == {
        several.cast.lin.name: Stand.WITHDRAWN, several.cast.bo.name: Stand.MOVED_UP, several.cast.dana.name: Stand.RESERVE
    }  # fmt: skip
    assert "递补晋级" in told(several.session, several.cast.bo.id)[-1]
    with pytest.raises(Forbidden, match="你已退出"):
        several.start(second, several.cast.lin, several.now + TOMORROW)
    assert several.start(second, several.cast.bo, several.now + TOMORROW)
    with pytest.raises(Conflict, match="已经退出"):
        withdraw(several, second, "lin")


def test_who_leaves_the_reserve_moves_nobody_up_and_an_empty_reserve_leaves_the_place_free(several: Several) -> None:
    _, second = published(several, AdvanceRule(top=1, reserve=1), {"lin": 9, "bo": 8})
    withdraw(several, second, "bo")
    withdraw(several, second, "lin")
    assert set(stands(several, second).values()) == {Stand.WITHDRAWN}


def test_a_units_place_goes_to_the_reserve_of_that_unit_first_also_when_it_changes_hands_twice(
    several: Several,
) -> None:
    right = {"lin": 9, "bo": 8, "dana": 7, "mei": 6}
    _, second = published(several, AdvanceRule(per_unit=1, reserve=2), right)
    names = {
        one.name: (one.line.seat, one.stand) for one in advancement_queries.list_published(several.session, second.id)
    }
    assert names[several.cast.lin.name] == (Seat.UNIT, Stand.IN)
    assert names[several.cast.dana.name] == (Seat.UNIT, Stand.IN)
    withdraw(several, second, "dana")
    assert stands(several, second)[several.cast.mei.name] is Stand.MOVED_UP
    assert stands(several, second)[several.cast.bo.name] is Stand.RESERVE
    withdraw(several, second, "mei")
    assert stands(several, second)[several.cast.bo.name] is Stand.MOVED_UP


def test_who_has_begun_cannot_withdraw(several: Several) -> None:
    _, second = published(several, AdvanceRule(top=1), {"lin": 9})
    several.start(second, several.cast.lin, several.now + TOMORROW)
    with pytest.raises(Conflict, match="已经答过"):
        withdraw(several, second, "lin")


def test_a_wild_card_admits_somebody_without_a_result_with_its_reason(several: Several) -> None:
    first, second = several.two(AdvanceRule(top=1))
    several.hand_in(first, several.cast.lin, 9)
    several.reviewed(first)
    advancement_services.give_card(
        several.session, several.line(second), several.cast.dana.id, None, reason="上届冠军", actor_id=several.cast.hua.id, now=several.now
    )  # fmt: skip
    publish(several, first, second)
    line = advancement_queries.find_line_of(several.session, second, several.cast.dana.id)
    assert line is not None
    assert line.line.reason == "外卡：上届冠军"
    assert several.start(second, several.cast.dana, several.now + TOMORROW)


def test_a_share_of_the_earlier_score_counts_on_the_later_board_also_after_a_correction(several: Several) -> None:
    right = {"lin": 9, "bo": 8}
    _, second = published(several, AdvanceRule(top=2), right, carry_percent=30)
    attempt = several.hand_in(second, several.cast.lin, 5, several.now + TOMORROW)
    assert several.scores(second) == {several.cast.lin.id: 50_000 + 27_000}
    attempt.score_millis = 60_000
    services.resettle_attempts(several.session, second.id, [attempt], reason="错题更正", now=several.now + TOMORROW)
    assert several.scores(second) == {several.cast.lin.id: 60_000 + 27_000}


def test_nobody_answers_a_final_on_stage_online(several: Several) -> None:
    final = several.add(-HOUR, kind=RoundKind.STAGE)
    several.open()
    with pytest.raises(Forbidden, match="主持人"):
        several.start(final, several.cast.lin)


def test_a_list_that_can_be_published_awaits_the_organiser_until_it_is(several: Several, principals) -> None:
    first, second = several.two(AdvanceRule(top=1))
    several.hand_in(first, several.cast.lin, 9)
    several.reviewed(first)

    def waiting() -> list[str]:
        several.session.flush()
        found = awaiting.list_awaiting(several.session, principals.hua, several.now)
        return [one.text for one in found if one.endpoint == "advancement_office.show"]

    assert waiting() == ["份晋级名单待公布：三轮赛"]
    publish(several, first, second)
    assert waiting() == []


def test_an_open_round_is_begun_without_a_look_at_entry(several: Several, app) -> None:
    """The hot start asks nothing that it did not ask before there were places."""
    first, second = several.two(AdvanceRule(top=1))
    several.session.flush()
    of_first, of_second, lin = several.line(first).round, several.line(second).round, several.cast.lin.id
    with statements_of(app.extensions["engine"]) as asked:
        entry_services.check_entry(several.session, of_first, lin)
        assert list(asked) == []
        with pytest.raises(Forbidden):
            entry_services.check_entry(several.session, of_second, lin)
        assert len(asked) > 0


# --- teams ---------------------------------------------------------------------------------------------------------


def team(several: Several, name: str, captain: str, unit: Unit) -> int:
    terms = team_queries.find_terms(several.session, several.contest.id)
    assert terms is not None
    leader, hand = getattr(several.cast, captain), Hand(several.cast.hua.id, is_organiser=True, reason="补报")
    made = team_services.enter_team(
        several.session, terms, name=name, unit_id=unit.id, captain=leader, hand=hand, now=several.now
    )
    several.session.flush()
    return made.id


def final_of_teams(
    several: Several, north: Unit, south: Unit, rule: AdvanceRule
) -> tuple[Round, Round, dict[str, int]]:
    """Two teams of one member each have answered the preliminary; the best advance to the final."""
    ends = several.now + DAY
    deadlines = Deadlines(ends, ends)
    team_services.set_terms(
        several.session, several.contest, Sizes(1, 3, 1, 2, 1), deadlines, actor_id=several.cast.hua.id, now=several.now
    )
    first, final = several.two(rule, kind=RoundKind.STAGE, title="决赛")
    teams = {"北区队": team(several, "北区队", "lin", north), "南区队": team(several, "南区队", "dana", south)}
    several.all_hand_in(first, {"lin": 6, "dana": 9})
    several.reviewed(first)
    publish(several, first, final)
    return first, final, teams


def test_teams_advance_to_the_final_in_the_order_of_teams_and_their_people_are_told(
    several: Several, north: Unit, south: Unit
) -> None:
    _, final, teams = final_of_teams(several, north, south, AdvanceRule(top=1, reserve=1))
    assert advancement_queries.list_teams_in(several.session, final) == [teams["南区队"]]
    assert "你已晋级“三轮赛 · 决赛”" in told(several.session, several.cast.dana.id)[-1]
    assert "候补" in entry_queries.obstacle(several.session, final, several.cast.lin.id)
    assert "不在任何一支队" in entry_queries.obstacle(several.session, final, several.cast.mei.id)


def test_when_a_team_withdraws_the_team_in_reserve_moves_up(several: Several, north: Unit, south: Unit) -> None:
    _, final, teams = final_of_teams(several, north, south, AdvanceRule(top=1, reserve=1))
    withdraw(several, final, "dana")
    assert advancement_queries.list_teams_in(several.session, final) == [teams["北区队"]]
    assert "递补晋级" in told(several.session, several.cast.lin.id)[-1]


def test_every_team_takes_part_in_a_final_that_is_open(several: Several) -> None:
    final = several.add(DAY, kind=RoundKind.STAGE)
    several.open()
    assert advancement_queries.list_teams_in(several.session, final) is None


def test_a_contest_whose_teams_advance_opens_only_when_it_is_settled_how_it_has_teams(several: Several) -> None:
    with pytest.raises(Conflict, match="组队办法"):
        several.two(AdvanceRule(top=1), kind=RoundKind.STAGE, title="决赛")
