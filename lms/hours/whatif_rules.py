"""What a year's entries would be worth by other rules. Pure: reads entries, writes nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lms.hours.rules import AS_IT_IS, Bucket, Policy, capped, recompute


@dataclass(frozen=True)
class Fact:
    """One entry of one person's year."""

    id: int
    bucket: Bucket
    quarters: int
    source_kind: str
    source_id: int
    revision: int
    evidence: Mapping[str, Any]


def basis(evidence: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an entry was worked out from: below a cap or a correction lies the evidence itself."""
    inner = evidence.get("of")
    while evidence.get("conversion") == "given" and isinstance(inner, Mapping) and inner.get("conversion"):
        evidence, inner = inner, inner.get("of")
    return evidence


def totals(facts: Iterable[Fact]) -> dict[Bucket, int]:
    """Quarters by bucket as they stand."""
    found = dict.fromkeys(Bucket, 0)
    for fact in facts:
        found[fact.bucket] += fact.quarters
    return found


def recount(facts: Sequence[Fact], policy: Policy) -> dict[Bucket, int]:
    """Quarters by bucket if the policy had held all year. A figure that somebody set stays, what was withdrawn stays withdrawn, and what
    was carried in from the year before stays; caps hold in the order in which things were first credited."""
    families: dict[tuple[str, int, Bucket], list[Fact]] = {}
    for fact in sorted(facts, key=lambda f: f.id):
        families.setdefault((fact.source_kind, fact.source_id, fact.bucket), []).append(fact)
    found = dict.fromkeys(Bucket, 0)
    used: dict[tuple[str, Bucket], int] = {}
    for (kind, _, bucket), family in families.items():
        worth = _worth(family, policy)
        place = policy.bucket_of(kind, bucket)
        already = used.get((kind, place), 0)
        counted = capped(worth, already, policy.of(kind).cap)
        used[kind, place] = already + counted
        found[place] += counted
    return found


def _worth(family: Sequence[Fact], policy: Policy) -> int:
    standing = sum(fact.quarters for fact in family)
    if standing <= 0:
        return 0
    latest = max(family, key=lambda fact: fact.revision)
    evidence = basis(latest.evidence)
    if evidence.get("conversion") in (*AS_IT_IS, None):
        return standing
    found = recompute(evidence, policy, latest.source_kind)
    return standing if found is None else found
