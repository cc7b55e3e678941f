"""What may be claimed, until when, and what it is worth."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from lms.claims import rules
from lms.claims.rules import ClaimKind
from lms.hours import rules as hours
from lms.hours.rules import Bucket
from tests.claims.conftest import TRAINING

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    "change, field",
    [
        ({}, None),
        ({"until_on": date(2026, 10, 11)}, "until_on"),
        ({"until_on": date(2026, 12, 1)}, "until_on"),
        ({"from_on": date(2025, 12, 30), "until_on": date(2026, 1, 3)}, "until_on"),
        ({"days": 4}, "days"),
        ({"days": 3, "half_days": 1}, "days"),
        ({"days": 0, "half_days": 0}, "days"),
        ({"days": 0, "half_days": 0, "seconds": 3600}, None),
        ({"seconds": 37 * 3600}, "minutes"),
        ({"title": "《》——"}, "title"),
        ({"kind": ClaimKind.TEACHING}, "minutes"),
        ({"kind": ClaimKind.PUBLICATION}, "hours"),
    ],
)
def test_what_cannot_be_claimed_is_named_by_its_field(change: dict[str, object], field: str | None) -> None:
    found = rules.fault(replace(TRAINING, **change), TODAY)  # type: ignore[arg-type]
    assert (found[0] if found else None) == field


def test_a_year_s_events_may_be_claimed_until_the_end_of_january() -> None:
    last = date(2027, 1, 31)
    assert rules.fault(TRAINING, last) is None
    assert rules.fault(TRAINING, last + timedelta(days=1)) is not None


def test_titles_are_the_same_whatever_their_width_case_and_marks() -> None:
    assert rules.title_key("《ＧＩＳ 培训》（第1期）") == rules.title_key("gis培训 第１期")
    assert rules.title_key("第一期") != rules.title_key("第二期")


def test_training_teaching_and_publications_are_worth_what_the_policy_says() -> None:
    def worth(wanted: rules.Wanted, *, is_first: bool = True) -> int | None:
        return hours.recompute(rules.evidence(wanted, is_first=is_first), hours.FIRST, "claim")

    assert worth(TRAINING) == 2 * 32 + 16
    teaching = replace(TRAINING, kind=ClaimKind.TEACHING, seconds=5400)
    assert worth(teaching) == 12
    assert worth(teaching, is_first=False) == 0
    assert worth(replace(TRAINING, kind=ClaimKind.PUBLICATION, quarters=48)) == 48


def test_a_professional_claim_counts_in_both_buckets_once() -> None:
    assert rules.buckets(Bucket.OFFLINE, is_professional=True) == (Bucket.OFFLINE, Bucket.PROFESSIONAL)
    assert rules.buckets(Bucket.PROFESSIONAL, is_professional=True) == (Bucket.PROFESSIONAL,)
