"""Whole contests of several rounds: from a preset, or like an earlier one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from lms import clock
from lms.audit import services as audit
from lms.contests import plan_rules, queries, team_queries, team_services
from lms.contests.models import Contest, Round
from lms.contests.plan_rules import ContestPreset, Dates, RoundPreset
from lms.contests.rules import TEAM_KINDS
from lms.contests.services.rounds import RoundPlan, add_contest, dates_of, make_round, plan_of
from lms.contests.team_rules import Deadlines, Sizes
from lms.people.line_rules import Line
from lms.people.models import Unit


@dataclass(frozen=True)
class Head:
    """What a contest has beside its rounds. `audience` None: everybody."""

    title: str
    line: Line | None
    audience: Unit | None


def create_contest(
    session: Session,
    head: Head,
    preset: ContestPreset,
    first_on: date,
    *,
    overrides: Mapping[date, bool],
    owner: Unit,
    actor_id: int,
    now: datetime,
    participation_percent: int = 50,
) -> Contest:
    """A draft with the rounds of the preset from the first working day at or after `first_on`, and with teams where one has them."""
    dates = plan_rules.schedule(preset.rounds, first_on, overrides)
    audience_id = head.audience.id if head.audience else None
    contest = add_contest(session, head.title, head.line, audience_id, dates[0].opens_at, owner, actor_id, now)
    made: list[Round] = []
    for one, at in zip(preset.rounds, dates, strict=True):
        source = made[-one.from_before] if one.from_before else None
        plan = replace(_planned(one, at), source=source, participation_percent=participation_percent)
        made.append(make_round(session, contest, plan, owner=owner, by_id=actor_id, now=now))
    _usual_teams(session, contest, made, actor_id, now)
    detail = {"title": head.title, "preset": preset.name}
    audit.record(session, actor_id, "contest:create", f"contest:{contest.id}", detail, now=now)
    return contest


def _planned(one: RoundPreset, at: Dates) -> RoundPlan:
    return RoundPlan(
        one.kind, one.title, at, plan_rules.LAYOUTS[one.questions], one.minutes, one.attempts_per_day,
        entry=one.entry, unit_quota=one.unit_quota, admission=one.admission, carry_percent=one.carry_percent,
    )  # fmt: skip


def _usual_teams(session: Session, contest: Contest, made: Sequence[Round], actor_id: int, now: datetime) -> None:
    """Where teams take part they are entered until the round begins from which they advance, or until their own."""
    of_teams = [one for one in made if one.kind in TEAM_KINDS]
    if not of_teams:
        return
    begins = of_teams[0].opens_at
    entered = min((one.closes_at for one in made if one.id == of_teams[0].from_round_id), default=begins)
    team_services.set_terms(session, contest, Sizes(), Deadlines(entered, begins), actor_id=actor_id, now=now)


def copy_contest(
    session: Session,
    old: Contest,
    title: str,
    first_on: date,
    *,
    overrides: Mapping[date, bool],
    owner: Unit,
    actor_id: int,
    now: datetime,
) -> Contest:
    """A draft like the old contest from that day on: its rounds, papers, entry and teams' terms; nobody's part in it."""
    lines = [line.round for line in queries.in_order(queries.list_rounds_of(session, old.id, now=now))]
    by = first_on - clock.today(lines[0].opens_at)
    first = clock.at_local(first_on, 9)
    head = add_contest(session, title, old.line, old.audience_unit_id, first, owner, actor_id, now)
    copies: dict[int, Round] = {}
    for one in lines:
        plan = _like(session, one, by, overrides, copies.get(one.from_round_id or 0))
        copies[one.id] = make_round(session, head, plan, owner=owner, by_id=actor_id, now=now)
    _same_teams(session, old, head, by, overrides, actor_id, now)
    detail = {"title": title, "from": old.id}
    audit.record(session, actor_id, "contest:copy", f"contest:{head.id}", detail, now=now)
    return head


def _like(
    session: Session, one: Round, by: timedelta, overrides: Mapping[date, bool], source: Round | None
) -> RoundPlan:
    return replace(plan_of(session, one, source), dates=plan_rules.shifted(dates_of(one), by, overrides))


def _same_teams(
    session: Session,
    old: Contest,
    new: Contest,
    by: timedelta,
    overrides: Mapping[date, bool],
    actor_id: int,
    now: datetime,
) -> None:
    terms = team_queries.find_terms(session, old.id)
    if terms is None:
        return
    at = Dates(terms.deadlines.entry_until, terms.deadlines.change_until, clock.today(terms.deadlines.entry_until))
    later = plan_rules.shifted(at, by, overrides)
    deadlines = Deadlines(later.opens_at, later.closes_at)
    team_services.set_terms(session, new, terms.sizes, deadlines, actor_id=actor_id, now=now)
