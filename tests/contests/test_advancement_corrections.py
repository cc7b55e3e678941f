"""A published list after the earlier round was corrected: the next version, whom it changes and why, and what nobody loses."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from lms.audit.models import AuditRecord
from lms.contests import (
    advancement_correction_rules,
    advancement_correction_services,
    advancement_queries,
    advancement_versions,
    checks,
    entry_queries,
)
from lms.contests.advancement_correction_rules import TAKES_PART, Before, Stand, corrected, differences
from lms.contests.advancement_rules import AdvanceRule, Outcome, decide
from lms.contests.entry_models import AdvancementLine, AdvancementVersion
from lms.contests.errors import NotYet
from lms.errors import Conflict, Forbidden, Invalid
from lms.leaderboard import queries as boards
from lms.leaderboard import services as board_services
from lms.leaderboard.errors import NothingChanged
from lms.leaderboard.services import annulments
from lms.notices.models import Notice
from lms.people.models import Person
from tests.contests.test_advancement_rules import boards as orders
from tests.contests.test_advancement_rules import cards, rules
from tests.contests.test_rounds import TOMORROW, final_of_teams, published, stands, told, withdraw

RIGHT = {"lin": 9, "bo": 8, "dana": 7, "chen": 6}


def revise(several, round_, name, points):
    head = boards.find_board(several.session, round_.board_id)
    source = boards.find_own(several.session, head, getattr(several.cast, name).id).source_id
    board_services.revise(several.session, round_.board_id, {source: points * 1000}, now=several.now)


def correct(several, first, second, reason="第 3 题答案更正", at=None):
    session, at = several.session, at or several.now
    who = several.cast.hua.id
    made = advancement_correction_services.correct(
        session, several.line(second, at), several.line(first, at), reason=reason, actor_id=who, now=at
    )
    session.commit()
    return made


def silence(several):
    several.session.query(Notice).delete()
    several.session.flush()


def who_was_told(several):
    return {one.person_id for one in several.session.scalars(select(Notice))}


# --- the next version ----------------------------------------------------------------------------------------------


def test_a_correction_is_the_next_version_with_who_comes_who_goes_and_why(several):
    cast = several.cast
    first, second = published(several, AdvanceRule(top=1, reserve=1), RIGHT)
    silence(several)
    revise(several, first, "lin", 75)
    made = correct(several, first, second)
    assert (made.version, made.reason) == (2, "第 3 题答案更正")
    changes = [(one.id, one.was, one.now) for one in advancement_versions.changes_of(made)]
    assert changes == [(cast.bo.id, Stand.RESERVE, Stand.IN), (cast.lin.id, Stand.IN, Stand.RESERVE)]
    assert stands(several, second) == {cast.bo.name: Stand.IN, cast.lin.name: Stand.RESERVE}
    assert who_was_told(several) == {cast.lin.id, cast.bo.id}
    assert told(several.session, cast.bo.id) == ["“三轮赛 · 复赛”的晋级名单有更正：你已晋级（第 1 名，前 1 名晋级）"]
    assert "你现在是候补（第 2 名，候补第 1 位）" in told(several.session, cast.lin.id)[0]
    assert several.start(second, cast.bo, several.now + TOMORROW)
    with pytest.raises(Forbidden, match="候补"):
        several.start(second, cast.lin, several.now + TOMORROW)


def test_the_old_version_stays_as_it_was_published(several):
    first, second = published(several, AdvanceRule(top=1, reserve=1), RIGHT)
    before = advancement_versions.find_version(several.session, second.id, 1)
    kept = (list(before.lines), before.digest)
    revise(several, first, "lin", 75)
    correct(several, first, second)
    after = advancement_versions.find_version(several.session, second.id, 1)
    assert (after.lines, after.digest) == kept
    assert [one.name.name for one in advancement_versions.lines_of(several.session, second, after)] == [
        several.cast.lin.name
    ]
    assert [one.version for one in advancement_versions.list_versions(several.session, second.id)] == [2, 1]


def test_who_falls_off_the_list_reads_why_and_a_stranger_is_told_nothing(several):
    cast = several.cast
    first, second = published(several, AdvanceRule(top=1), RIGHT)
    silence(several)
    annulments.annul(several.session, first.board_id, cast.lin.id, now=several.now)
    correct(several, first, second)
    assert stands(several, second) == {cast.bo.name: Stand.IN, cast.lin.name: Stand.OUT}
    assert who_was_told(several) == {cast.lin.id, cast.bo.id}
    said = entry_queries.obstacle(several.session, second, cast.lin.id)
    assert said == "名单更正后你不再晋级：前一轮的成绩不再计入名次。"
    with pytest.raises(Conflict, match="不用退出"):
        withdraw(several, second, "lin")


def test_a_correction_that_changes_nothing_is_none_and_one_without_a_reason_or_by_the_reviewer_neither(several):
    first, second = published(several, AdvanceRule(top=1, reserve=1), RIGHT)
    with pytest.raises(NothingChanged):
        correct(several, first, second)
    revise(several, first, "lin", 75)
    with pytest.raises(Invalid, match="写明更正的原因"):
        correct(several, first, second, " ")
    first.reviewed_by_id = several.cast.hua.id
    with pytest.raises(NotYet, match="复核人以外"):
        correct(several, first, second)
    first.reviewed_by_id = several.cast.rui.id
    correct(several, first, second)
    with pytest.raises(NothingChanged):
        correct(several, first, second)
    assert [one for one in several.session.scalars(select(AuditRecord.action)) if one == "round:advance-again"] != []


def test_a_list_that_was_not_published_is_not_corrected(several):
    first, second = several.two(AdvanceRule(top=1))
    several.all_hand_in(first, RIGHT)
    several.reviewed(first)
    with pytest.raises(Conflict, match="还没有公布"):
        correct(several, first, second)


# --- what nobody loses ---------------------------------------------------------------------------------------------


def test_who_has_taken_part_keeps_the_attempt_and_what_was_carried_and_the_page_says_so(several, web, time_machine):
    cast, later = several.cast, several.now + TOMORROW
    first, second = published(several, AdvanceRule(top=1, reserve=1), RIGHT, carry_percent=50)
    several.hand_in(second, cast.lin, 5, later)
    silence(several)
    revise(several, first, "lin", 10)
    correct(several, first, second, at=later)
    assert stands(several, second) == {
        cast.bo.name: Stand.IN, cast.lin.name: Stand.KEPT, cast.dana.name: Stand.RESERVE
    }  # fmt: skip
    assert several.scores(second) == {cast.lin.id: 95_000}, "50 of its own and 45 as they were carried then"
    assert entry_queries.carried_of(several.session, second, cast.lin.id) == 45_000
    assert "你的作答保留" in told(several.session, cast.lin.id)[0]
    assert several.start(second, cast.lin, later), "and may use the attempts that are left"
    several.session.commit()
    time_machine.move_to(later, tick=False)
    page = web.as_("lin").get(f"/contests/rounds/{second.id}/advancement").text
    assert "已参加这一轮，作答和成绩保留；按更正后的名次不晋级：第 4 名，按名次晋级到第 1 名" in page
    with pytest.raises(Conflict):
        withdraw(several, second, "lin")


def test_who_stays_on_the_list_with_another_score_carries_the_corrected_one_and_is_told_nothing(several, web):
    first, second = published(several, AdvanceRule(top=1), RIGHT, carry_percent=50)
    silence(several)
    revise(several, first, "lin", 86)
    several.session.commit()
    assert "变的是名次、得分或带入分" in web.as_("hua").get(f"/office/contests/rounds/{second.id}/advancement").text
    made = correct(several, first, second)
    assert (made.version, made.changes) == (2, [])
    assert entry_queries.carried_of(several.session, second, several.cast.lin.id) == 43_000
    assert who_was_told(several) == set()
    assert checks.verify(several.session).faults == []


def test_withdrawals_are_followed_again_by_the_corrected_order(several):
    """lin withdrew and bo moved up; by the corrected order dana had stood in reserve before bo."""
    cast = several.cast
    first, second = published(several, AdvanceRule(top=1, reserve=2), RIGHT)
    withdraw(several, second, "lin")
    assert stands(several, second)[cast.bo.name] is Stand.MOVED_UP
    silence(several)
    revise(several, first, "dana", 85)
    correct(several, first, second)
    assert stands(several, second) == {
        cast.lin.name: Stand.WITHDRAWN, cast.dana.name: Stand.MOVED_UP, cast.bo.name: Stand.RESERVE
    }  # fmt: skip
    assert who_was_told(several) == {cast.dana.id, cast.bo.id}
    withdraw(several, second, "dana")
    assert stands(several, second)[cast.bo.name] is Stand.MOVED_UP, "and a later withdrawal goes on from there"
    assert checks.verify(several.session).faults == []


def test_a_list_of_teams_is_corrected_too_and_a_final_that_has_begun_loses_nobody(several, north, south):
    first, final, teams = final_of_teams(several, north, south, AdvanceRule(top=1, reserve=1))
    revise(several, first, "lin", 100)
    correct(several, first, final)
    assert advancement_queries.list_teams_in(several.session, final) == [teams["北区队"]]
    assert "你已晋级" in told(several.session, several.cast.lin.id)[-1]
    revise(several, first, "lin", 60)
    correct(several, first, final, "复核恢复", at=final.opens_at)
    assert sorted(advancement_queries.list_teams_in(several.session, final)) == sorted(teams.values())
    assert checks.verify(several.session).faults == []


REVISIONS = (("lin", 10), ("chen", 100), ("bo", 50))


@pytest.mark.parametrize("order", list(permutations(REVISIONS)))
def test_in_whichever_order_corrections_come_the_same_people_stand_on_the_list(several, order):
    cast = several.cast
    first, second = published(several, AdvanceRule(top=2, reserve=1), RIGHT)
    for name, points in order:
        revise(several, first, name, points)
        correct(several, first, second, f"更正 {name}")
    there = {name: stand for name, stand in stands(several, second).items() if stand is not Stand.OUT}
    assert there == {cast.chen.name: Stand.IN, cast.dana.name: Stand.IN, cast.bo.name: Stand.RESERVE}
    found = checks.verify(several.session)
    assert (found.faults, found.lists) == ([], 4)


# --- verified ------------------------------------------------------------------------------------------------------


@pytest.fixture
def twice(several):
    first, second = published(several, AdvanceRule(top=1, reserve=1), RIGHT)
    revise(several, first, "lin", 75)
    correct(several, first, second)
    revise(several, first, "lin", 95)
    correct(several, first, second, "复核恢复")
    assert checks.verify(several.session).faults == []
    return several


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_version_that_was_written_over_is_found(twice, number):
    version = advancement_versions.find_version(twice.session, twice.session.scalar(select(AdvancementVersion.round_id).limit(1)), number)  # fmt: skip
    other = [version.lines[0] | {"person_id": twice.cast.mei.id}, *version.lines[1:]]
    twice.session.execute(update(AdvancementVersion).where(AdvancementVersion.id == version.id).values(lines=other))
    twice.session.expire_all()
    faults = checks.verify(twice.session).faults
    assert any(f"list version {number}: it is not the one its digest names" in fault for fault in faults)
    assert any(f"list version {number}: does not follow from the journal" in fault for fault in faults)
    digest = advancement_versions.digest_of(other, version.changes)
    twice.session.execute(update(AdvancementVersion).where(AdvancementVersion.id == version.id).values(digest=digest))
    twice.session.expire_all()
    assert any("does not follow from the journal" in fault for fault in checks.verify(twice.session).faults)


def test_a_missing_version_and_lines_that_are_not_those_of_the_newest_are_found(twice):
    twice.session.execute(update(AdvancementLine).values(carried_millis=7))
    twice.session.expire_all()
    assert any("not those of list version 3" in fault for fault in checks.verify(twice.session).faults)
    twice.session.execute(update(AdvancementVersion).where(AdvancementVersion.version == 2).values(version=9))
    twice.session.expire_all()
    assert any("version 2 of the list is missing" in fault for fault in checks.verify(twice.session).faults)


# --- pages ---------------------------------------------------------------------------------------------------------


def test_the_office_previews_corrects_once_and_both_versions_are_read(several, web):
    cast = several.cast
    first, second = published(several, AdvanceRule(top=1, reserve=1), RIGHT)
    office, shown = (f"{at}/contests/rounds/{second.id}/advancement" for at in ("/office", ""))
    hua = web.as_("hua")
    assert "名单里谁也不变" in hua.get(office).text
    hua.post(f"{office}/correction", {"why": "没有变"}, 409)
    revise(several, first, "lin", 75)
    several.session.commit()
    text = hua.get(office).text
    assert "名单要跟着更正才算数" in text
    assert "2 人会有变动" in text
    web.as_("rui").post(f"{office}/correction", {"why": "题目更正"}, 403)
    hua.post(f"{office}/correction", {"why": ""}, 422)
    hua.post(f"{office}/correction", {"why": "题目更正"}, 303)
    text = web.as_("dana").get(shown).text
    for said in ("更正原因：题目更正", cast.bo.name, cast.lin.name, "这一版改了什么", "第 1 版"):
        assert said in text
    old = web.as_("dana").get(f"{shown}?version=1").text
    assert "请以最新的第 2 版为准" in old
    assert cast.lin.name in old
    assert cast.bo.name not in old
    web.as_("dana").get(f"{shown}?version=3", 404)
    assert "第 2 版</a>" in hua.get(office).text


def test_who_stays_off_lists_is_not_named_among_the_changes(several, web):
    first, second = published(several, AdvanceRule(top=1), RIGHT)
    several.session.execute(update(Person).where(Person.id == several.cast.lin.id).values(is_unlisted=True))
    annulments.annul(several.session, first.board_id, several.cast.lin.id, now=several.now)
    correct(several, first, second)
    address = f"/contests/rounds/{second.id}/advancement"
    for version in ("", "?version=1"):
        text = web.as_("dana").get(address + version).text
        assert "不公开" in text
        assert several.cast.lin.name not in text


# --- the rule ------------------------------------------------------------------------------------------------------

LEAVERS = st.lists(st.integers(0, 40), max_size=8, unique=True)
PLAYERS = st.sets(st.integers(0, 40), max_size=8)


def after(rule, board, wild, gone=(), played=(), known=()):
    return corrected(rule, board, wild, Before(known, gone, played))


def ids_of(board, numbers):
    return [board[number % len(board)].id for number in dict.fromkeys(n % len(board) for n in numbers)] if board else []


@given(rules, orders(), cards)
def test_without_withdrawals_and_players_a_correction_says_what_a_first_publication_would(rule, board, wild):
    lines = [line for line in decide(rule, board, wild) if line.outcome is not Outcome.OUT]
    assert list(after(rule, board, wild).lines) == lines


@given(rules, orders(), orders(), cards, LEAVERS, st.lists(orders(), max_size=3))
def test_the_end_does_not_depend_on_the_corrections_between(rule, first, last, wild, leavers, between):
    gone = ids_of(first, leavers)
    known, state = {line.id for line in decide(rule, first, wild) if line.outcome is not Outcome.OUT}, None
    for board in (*between, last):
        state = after(rule, board, wild, gone, known=known)
        known |= {line.id for line in state.lines}
    straight = after(rule, last, wild, gone)

    def standing(found):
        return {id: stand for id, stand in found.stands.items() if stand not in (Stand.OUT, Stand.WITHDRAWN)}

    assert standing(state) == standing(straight)
    assert differences(state.stands, after(rule, last, wild, gone, known=known)) == [], "each follows once"


@given(rules, orders(), orders(), cards, PLAYERS)
def test_nobody_who_has_taken_part_loses_it_and_nobody_else_is_kept(rule, first, last, wild, players):
    old = after(rule, first, wild)
    inside = [line.id for line in old.lines if old.stands[line.id] in TAKES_PART]
    played = {inside[number % len(inside)] for number in players} if inside else set()
    new = after(rule, last, wild, played=played, known=old.stands.keys())
    assert all(new.stands[id] in TAKES_PART for id in played)
    kept = {id for id, stand in new.stands.items() if stand is Stand.KEPT}
    assert kept <= played
    assert {id for id, stand in new.stands.items() if stand is Stand.IN} == {
        line.id for line in decide(rule, last, wild) if line.outcome is Outcome.ADVANCED
    }, "whoever is kept takes nobody's place"


@given(rules, orders(), orders(), cards)
def test_exactly_those_whose_standing_differs_are_told(rule, first, last, wild):
    old = after(rule, first, wild)
    new = after(rule, last, wild, known=old.stands.keys())
    changes = {one.id: one for one in differences(old.stands, new)}
    for id in old.stands.keys() | new.stands.keys():
        was, now = old.stands.get(id), new.stands[id]
        assert (id in changes) == (was is not now)
        if id in changes:
            assert changes[id].reason
            assert advancement_correction_rules.tell(changes[id], "复赛")
