"""Signals by the rule: exact probabilities, base rates, and no suspicion of who is merely weak or in a crowd."""

import random
from itertools import product
from math import prod

from hypothesis import given, settings
from hypothesis import strategies as st

from lms.contests.integrity_rules import (
    CaseState,
    Given,
    SignalKind,
    Sitting,
    agreement,
    by_strength,
    decision_obstacle,
    fast_answers,
    page_leaves,
    parallel_sittings,
    same_answers,
    shared_devices,
    tail,
)


@given(st.lists(st.floats(0, 1), max_size=7), st.integers(0, 8))
def test_the_tail_is_the_sum_over_all_outcomes(probabilities, least):
    expected = sum(
        prod(p if hit else 1 - p for p, hit in zip(probabilities, outcome, strict=True))
        for outcome in product((0, 1), repeat=len(probabilities))
        if sum(outcome) >= least
    )
    assert abs(tail(probabilities, least) - expected) < 1e-9


@given(st.dictionaries(st.sampled_from("abc"), st.integers(0, 50)), st.sampled_from("abc"), st.sampled_from("abc"))
def test_agreement_is_a_probability_and_never_nought(wrong, one, other):
    assert 0 < agreement(wrong, one, other) <= 1


def crowd(people, questions, chance, *, wrong=0.4):
    """Everybody on their own: each wrong answer is one of three, at random."""
    for person in range(1, people + 1):
        for question in range(questions):
            is_right = chance.random() > wrong
            yield Given(person, question, "key" if is_right else chance.choice("bcd"), is_right, 20)


def copied(source, copier):
    return [Given(copier, one.version_id, one.choice, one.is_right, one.seconds) for one in source]


@given(st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_who_copied_everything_is_the_strongest_signal_and_nobody_else_is_strong(seed):
    answers = list(crowd(40, 20, random.Random(seed), wrong=0.5))
    theirs = [one for one in answers if one.person_id == 1]
    if sum(not one.is_right for one in theirs) < 7:
        return
    first, *others = by_strength(same_answers(answers + copied(theirs, 99)))
    assert (first.people, first.kind) == ((1, 99), SignalKind.ANSWERS)
    assert first.expected < 1
    assert all(one.expected >= first.expected for one in others)


def test_shared_wrong_answers_that_everybody_gives_are_no_signal():
    """A misleading option: all forty are wrong in the same way, so two of them prove nothing."""
    answers = [Given(person, question, "b", False) for person in range(40) for question in range(10)]
    assert all(one.strength == "弱" for one in same_answers(answers))


def test_two_people_who_are_both_right_share_nothing_suspicious():
    assert same_answers(Given(person, question, "key", True) for person in (1, 2) for question in range(20)) == []


def sitting(person, address="10.0.0.1", device="Phone", attempt=None):
    return Sitting(person, attempt or person, address, device)


def test_a_pair_on_one_device_is_stronger_than_the_crowd_of_a_hall():
    crowd_of_hall = [sitting(person, "10.0.0.9") for person in range(10, 30)]
    signals = by_strength(shared_devices([sitting(1), sitting(2), *crowd_of_hall]))
    assert signals[0].people == (1, 2)
    assert signals[0].expected < min(one.expected for one in signals[1:])
    assert (signals[0].met, signals[0].total) == (191, 231)
    assert shared_devices([sitting(1), sitting(2, "10.0.0.2"), sitting(3, device="PC")]) == []


def test_one_attempt_at_two_addresses_is_shown_and_two_attempts_are_not():
    found = parallel_sittings([sitting(1, "a", attempt=7), sitting(1, "b", attempt=7), sitting(2, "a", attempt=8)])
    assert [(one.people, one.met, one.total) for one in found] == [((1,), 1, 2)]
    assert parallel_sittings([sitting(1, "a", attempt=7), sitting(1, "b", attempt=8)]) == []


def test_speed_is_measured_by_the_median_of_the_same_question_and_only_right_answers_count():
    usual = [Given(person, question, "key", True, 40) for person in range(10) for question in range(5)]
    quick = [Given(99, question, "key", True, 5) for question in range(5)]
    guessing = [Given(98, question, "b", False, 2) for question in range(5)]
    assert [(one.people, one.met, one.total) for one in fast_answers(usual + quick + guessing)] == [((99,), 1, 12)]
    assert fast_answers(quick) == []


def test_only_answers_speak_of_chance_and_the_others_of_how_many_there_are():
    (leaves,) = page_leaves({person: 3 * (person == 1) for person in range(200)})
    assert (leaves.strength, leaves.usual) == ("中", "全场至少这样的有 1 例")
    answers = list(crowd(40, 40, random.Random(5), wrong=0.5))
    theirs = [one for one in answers if one.person_id == 1]
    assert by_strength(same_answers(answers + copied(theirs, 99)))[0].usual == "只凭偶然，全场不到 0.01 例"


def test_leaves_say_how_many_have_as_many():
    found = by_strength(page_leaves({1: 9, 2: 3, 3: 0, 4: 2}))
    assert [(one.people, one.expected, one.met, one.total) for one in found] == [((1,), 1.0, 2, 4), ((2,), 2.0, 2, 4)]
    assert all(one.strength == "弱" for one in found)


def test_a_case_is_decided_after_the_hearing_by_another_one_once_results_are_in():
    def may(state=CaseState.HEARD, actor=2, takes=False):
        return decision_obstacle(state, opened_by_id=1, actor_id=actor, takes_results=takes) == ""

    assert may()
    assert not may(CaseState.OPEN)
    assert not may(CaseState.DISMISSED)
    assert not may(actor=1)
    assert not may(takes=True)
