"""What finishes a course, what of it is locked, and how its lines change places."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.courses import course_rules as rules
from lms.courses.course_rules import Completion, Gate, Lock, Token

NOW = datetime(2026, 11, 27, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Lesson:
    is_required: bool = True
    is_finished: bool = False
    is_open: bool = True
    mark: int = 0


def row(text: str) -> list[Lesson]:
    """ "R" required and "r" finished, "E" elective and "e" finished, "W" required and withdrawn."""
    return [Lesson(each in "RrW", each in "re", each != "W", n) for n, each in enumerate(text)]


lessons_of = st.text("RrEeW", min_size=1, max_size=8).map(row)


@pytest.mark.parametrize(
    ("completion", "needed", "lessons", "done"),
    [
        (Completion.REQUIRED, 0, "rrE", True),
        (Completion.REQUIRED, 0, "rRe", False),
        (Completion.REQUIRED, 0, "ee", True),
        (Completion.REQUIRED, 0, "eE", False),
        (Completion.REQUIRED, 0, "", False),
        (Completion.ELECTIVES, 2, "reeE", True),
        (Completion.ELECTIVES, 2, "reEE", False),
        (Completion.ELECTIVES, 1, "Re", False),
        (Completion.ELECTIVES, 5, "ee", True),
        (Completion.QUIZ, 0, "RRE", True),
        (Completion.QUIZ, 0, "", False),
    ],
)
def test_the_rule_says_when_the_lessons_are_done(completion: Completion, needed: int, lessons: str, done: bool) -> None:
    assert rules.are_lessons_done(completion, needed, row(lessons)) is done


def test_a_quiz_is_asked_for_by_every_rule_and_none_where_there_is_none() -> None:
    for completion in Completion:
        assert rules.is_finished(completion, 0, row("r"), passed=True)
        assert not rules.is_finished(completion, 0, row("r"), passed=False)
        assert rules.is_finished(completion, 0, row("r"), passed=None)


@given(st.sampled_from(Completion), st.integers(0, 4), lessons_of)
def test_finishing_one_more_lesson_never_undoes_a_course(
    completion: Completion, needed: int, lessons: list[Lesson]
) -> None:
    if not rules.are_lessons_done(completion, needed, lessons):
        return
    for n in range(len(lessons)):
        more = [Lesson(each.is_required, each.is_finished or m == n) for m, each in enumerate(lessons)]
        assert rules.are_lessons_done(completion, needed, more)


def test_a_lesson_waits_for_the_first_unfinished_required_one_before_it() -> None:
    assert rules.waits_for(Completion.REQUIRED, row("rRER"), is_ordered=True) == [None, None, 1, 1]
    assert rules.waits_for(Completion.REQUIRED, row("rRER"), is_ordered=False) == [None] * 4


def test_electives_hold_nobody_up_unless_everything_is_elective() -> None:
    assert rules.waits_for(Completion.REQUIRED, row("ERE"), is_ordered=True) == [None, None, 1]
    assert rules.waits_for(Completion.REQUIRED, row("EEE"), is_ordered=True) == [None, 0, 0]
    assert rules.waits_for(Completion.ELECTIVES, row("EEE"), is_ordered=True) == [None, None, None]


def test_a_withdrawn_lesson_holds_nobody_up_and_a_finished_one_is_free() -> None:
    assert rules.waits_for(Completion.REQUIRED, row("WRr"), is_ordered=True) == [None, None, None]


@given(st.sampled_from(Completion), lessons_of)
def test_in_any_order_there_is_something_to_go_on_with_until_the_lessons_are_done(
    completion: Completion, lessons: list[Lesson]
) -> None:
    waits = rules.waits_for(completion, lessons, is_ordered=True)
    todo = [n for n, each in enumerate(lessons) if each.is_open and not each.is_finished]
    if todo:
        assert any(waits[n] is None for n in todo)
    assert all(first is None or first < n for n, first in enumerate(waits))


def test_the_first_thing_in_the_way_is_named_and_nothing_locks_who_has_finished() -> None:
    everything = {"missing": ("甲",), "wants_pretest": True}
    assert rules.lock_of(Gate(opens_at=NOW + HOUR, **everything), NOW) is Lock.NOT_OPEN
    assert rules.lock_of(Gate(closes_at=NOW, **everything), NOW) is Lock.CLOSED
    assert rules.lock_of(Gate(opens_at=NOW, closes_at=NOW + HOUR, **everything), NOW) is Lock.PREREQUISITE
    assert rules.lock_of(Gate(wants_pretest=True), NOW) is Lock.PRETEST
    assert rules.lock_of(Gate(), NOW) is None
    assert rules.lock_of(Gate(closes_at=NOW, is_finished=True, **everything), NOW) is None


# --- the table of contents


def line(text: str) -> list[Token]:
    return [Token(int(each[1:]), is_section=each[0] == "s") for each in text.split()]


def said(tokens: list[Token]) -> str:
    return " ".join(map(str, tokens))


def test_a_lesson_goes_past_a_heading_into_the_other_section() -> None:
    assert said(rules.moved(line("l1 s1 l2 s2 l3"), Token(2), up=True)) == "l1 l2 s1 s2 l3"
    assert said(rules.moved(line("l1 s1 l2 s2 l3"), Token(2), up=False)) == "l1 s1 s2 l2 l3"
    assert said(rules.moved(line("l1 s1"), Token(1), up=True)) == "l1 s1"


def test_a_section_takes_its_lessons_along_and_stays_behind_those_without_one() -> None:
    tokens = line("l1 s1 l2 l3 s2 l4")
    assert said(rules.moved(tokens, Token(2, is_section=True), up=True)) == "l1 s2 l4 s1 l2 l3"
    assert said(rules.moved(tokens, Token(1, is_section=True), up=True)) == said(tokens)
    assert said(rules.moved(tokens, Token(2, is_section=True), up=False)) == said(tokens)


tables = st.lists(st.tuples(st.booleans(), st.integers(1, 99)), unique=True, max_size=12).map(
    lambda pairs: [Token(number, is_section=is_section) for is_section, number in pairs]
)


@given(tables, st.data())
def test_no_line_is_lost_or_doubled_by_moving_and_going_back_restores_a_lesson(
    tokens: list[Token], data: st.DataObject
) -> None:
    if not tokens:
        return
    token, up = data.draw(st.sampled_from(tokens)), data.draw(st.booleans())
    moved = rules.moved(tokens, token, up=up)
    assert sorted(map(str, moved)) == sorted(map(str, tokens))
    if not token.is_section and moved != tokens:
        assert rules.moved(moved, token, up=not up) == tokens


@given(tables)
def test_the_table_is_the_same_after_it_was_stored_as_positions_and_read_again(tokens: list[Token]) -> None:
    sections = [token.id for token in tokens if token.is_section]
    assert rules.contents(sections, rules.sections_of(tokens)) == tokens


def test_an_order_must_name_exactly_the_lines_there_are() -> None:
    tokens = line("s1 l1 l2")
    assert rules.read_order("l2,s1,l1", tokens) == line("l2 s1 l1")
    for wrong in ("", "l2,s1", "l1,l1,s1", "l1,l2,l3", "l1,l2,s1,s1", "l1;l2;s1"):
        assert rules.read_order(wrong, tokens) is None


def test_prerequisites_do_not_lead_back() -> None:
    requires = {2: [3], 3: [4]}
    assert rules.leads_back(4, 2, requires)
    assert rules.leads_back(1, 1, requires)
    assert not rules.leads_back(1, 2, requires)
    assert not rules.leads_back(9, 5, {5: [6], 6: [5]})
