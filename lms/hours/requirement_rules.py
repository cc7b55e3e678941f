"""What a year asks of a person: requirements by rank, Party standing and office, reductions, and the pace line. Pure.

The figures of a version never change; a change of requirements is a new version that holds from a day on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from lms.hours.rules import Bucket

FIRST_VERSION = "2026-1"


class Standing(StrEnum):
    """Rank band as far as requirements go; the values are those of `people.rules.RankBand`."""

    COUNTY = "county"
    TOWNSHIP = "township"
    TECHNICAL = "technical"


@dataclass(frozen=True)
class Requirement:
    """What is asked of a person in a year. `bucket` None counts every event once, whatever its buckets."""

    bucket: Bucket | None
    target: int
    """In quarters."""
    basis: str
    is_duty: bool = True
    """A pace line is shown but not a duty of that year."""
    full: int = 0
    """The target before exemptions, in quarters."""


@dataclass(frozen=True)
class Asked:
    """The figures of one version, in hours (学时); 0 asks nothing. The five years are asked of 县处级 and above together."""

    county_offline: int = 110
    is_county_duty: bool = False
    township_offline: int = 90
    online: int = 50
    member_party: int = 32
    committee_party: int = 56
    technical_professional: int = 60
    technical_total: int = 90
    five_years_from: int = 2023
    five_years_total: int = 550

    @property
    def five_years_until(self) -> int:
        return self.five_years_from + 4


FIRST = Asked()


def as_json(asked: Asked) -> dict[str, int]:
    return {name: int(value) for name, value in asdict(asked).items()}


def asked_of(figures: Mapping[str, Any]) -> Asked:
    """The figures as stored; a figure that a later release added has its default."""
    known = {each.name for each in fields(Asked)}
    values: dict[str, Any] = {name: int(value) for name, value in figures.items() if name in known}
    return Asked(**(values | {"is_county_duty": bool(values.get("is_county_duty", False))}))


def requirements(
    standing: Standing, *, is_member: bool, is_committee: bool, asked: Asked = FIRST
) -> tuple[Requirement, ...]:
    """The year's requirements, in the order the page shows them."""
    found = [_offline(standing, asked), _line(Bucket.ONLINE, asked.online, "每人每年网络自学 {} 学时")]
    if is_committee:
        found.append(_line(Bucket.PARTY, asked.committee_party, "党支部委员每年 {} 学时"))
    elif is_member:
        found.append(_line(Bucket.PARTY, asked.member_party, "党员每年 {} 学时"))
    if standing is Standing.TECHNICAL:
        found.append(_line(Bucket.PROFESSIONAL, asked.technical_professional, "专业技术人员每年专业科目 {} 学时"))
        found.append(_line(None, asked.technical_total, "专业技术人员每年继续教育 {} 学时"))
    return tuple(each for each in found if each is not None and each.target)


def _offline(standing: Standing, asked: Asked) -> Requirement | None:
    if standing is Standing.TOWNSHIP:
        return _line(Bucket.OFFLINE, asked.township_offline, "乡科级及以下每年集中培训 {} 学时")
    if standing is not Standing.COUNTY:
        return None
    years = f"县处级及以上五年（{asked.five_years_from}—{asked.five_years_until}）{asked.five_years_total} 学时"
    basis = "县处级及以上每年集中培训 {} 学时" if asked.is_county_duty else years + "，按每年 {} 学时的进度看"
    return _line(Bucket.OFFLINE, asked.county_offline, basis, is_duty=asked.is_county_duty)


def _line(bucket: Bucket | None, hours: int, basis: str, *, is_duty: bool = True) -> Requirement:
    return Requirement(bucket, hours * 4, basis.format(hours), is_duty, hours * 4)


@dataclass(frozen=True)
class Exemption:
    """A stretch of a year in which a requirement is reduced or lifted (maternity, secondment, field team)."""

    from_on: date
    until_on: date
    """The last day."""
    percent: int = 100
    """How much of the duty is lifted in that time."""
    bucket: Bucket | None = None
    """The one requirement it is about; None: all of them."""


def reduced(target: int, year: int, exemptions: Iterable[Exemption]) -> int:
    """The year's target less what is lifted, day by day, rounded up to a quarter."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    days = (last - first).days + 1
    lifted = [0] * days
    for exemption in exemptions:
        start, end = max(first, exemption.from_on), min(last, exemption.until_on)
        for day in range((start - first).days, (end - first).days + 1):
            lifted[day] = max(lifted[day], exemption.percent)
    return -(-target * (100 * days - sum(lifted)) // (100 * days))


def relieved(requirement: Requirement, year: int, exemptions: Iterable[Exemption]) -> Requirement:
    """The requirement with the target that exemptions leave of it."""
    mine = [each for each in exemptions if each.bucket is None or each.bucket is requirement.bucket]
    if not mine:
        return requirement
    target = reduced(requirement.full, year, mine)
    return Requirement(requirement.bucket, target, requirement.basis, requirement.is_duty, requirement.full)


def pace(target: int, on: date, year: int) -> int:
    """Where one would be on that date by even steps over the year, in quarters, rounded down."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    if on < first:
        return 0
    days = (min(on, last) - first + timedelta(days=1)).days
    return target * days // ((last - first).days + 1)
