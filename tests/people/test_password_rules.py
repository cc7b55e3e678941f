"""The two password policies."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.demo.cast import PASSWORD
from lms.people.password_rules import COMMON, DENGBAO, POLICIES, is_common, kinds_of

ASVS = POLICIES["asvs"]
NOW = datetime(2026, 11, 27, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("Aa1", "至少 8 位"),
        ("abcdefgh", "三类"),
        ("abcdefg1", "三类"),
        ("Abcdefg1", None),
        ("中文密码abc12", None),
        ("Lin-12345", "工号"),
        ("ＬＩＮ-12345a", "工号"),
        ("A1" * 65, "最多"),
        (PASSWORD, None),
    ],
)
def test_dengbao_wants_eight_characters_of_three_classes_without_the_own_number(
    password: str, fault: str | None
) -> None:
    found = DENGBAO.fault(password, "lin")
    assert (found is None) if fault is None else (fault in (found or ""))


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("Abcdefg1", "至少 12 位"),
        ("plain words are enough", None),
        ("今天下午三点去河边看白鹭吧", None),
        ("password1234", "常见"),
        ("Password!2026", "常见"),
        ("ｐａｓｓｗｏｒｄ１２３４", "常见"),
        ("qwertyuiop12", "常见"),
        ("admin123456!", "常见"),
        ("aaaaaaaaaaaa", "常见"),
        ("abcabcabcabc", "常见"),
        ("abcdefghijkl", "常见"),
        ("123456789012", "常见"),
        ("210987654321", "常见"),
        ("dragonfly over the river", None),
        ("river lin bank trees", "工号"),
        ("my jiangtai at home", "名称"),
        ("我在讲台上学习土地管理法", "名称"),
        ("x" * 60 + "yz" * 40, "最多"),
    ],
)
def test_asvs_wants_twelve_characters_that_nobody_guesses(password: str, fault: str | None) -> None:
    found = ASVS.fault(password, "lin")
    assert (found is None) if fault is None else (fault in (found or ""))


@given(st.sampled_from(COMMON), st.integers(0, 999), st.sampled_from(["", "!", "@", "#"]))
def test_a_common_word_stays_common_with_a_number_and_a_sign(word: str, number: int, sign: str) -> None:
    assert is_common(f"{word}{sign}{number}")
    assert is_common(f"{word}{number}{sign}".upper())


@given(st.text(min_size=8, max_size=40))
def test_what_dengbao_takes_has_three_classes_and_what_asvs_takes_is_long_and_not_common(password: str) -> None:
    if DENGBAO.fault(password, "lin") is None:
        assert kinds_of(password) >= 3
    if ASVS.fault(password, "lin") is None:
        assert len(password) >= 12
        assert not is_common(password)


@pytest.mark.parametrize(
    ("age", "old"), [(timedelta(0), False), (timedelta(days=90), False), (timedelta(days=90, seconds=1), True)]
)
def test_dengbao_counts_ninety_days_from_the_day_the_password_was_set(age: timedelta, old: bool) -> None:
    assert DENGBAO.is_too_old(NOW - age, NOW) is old
    assert not ASVS.is_too_old(NOW - age, NOW)


def test_a_password_of_unknown_age_is_too_old() -> None:
    assert DENGBAO.is_too_old(None, NOW)
