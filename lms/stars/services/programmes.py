"""A programme's life: made from a preset, its rule changed by versions, started, stopped."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.db import changed, conflict_as
from lms.errors import Conflict, Invalid
from lms.people.line_rules import Line
from lms.people.models import Unit
from lms.stars import queries
from lms.stars.catalogue_rules import GATE_HOLDERS, JUDGED, Measure, is_forbidden_title
from lms.stars.models import ProgrammeState, StarProgramme, StarRuleVersion
from lms.stars.period_rules import Period
from lms.stars.preset_rules import PRESETS, Preset
from lms.stars.rules import FULL, MOST_PERCENT, Criterion, StarRule


@dataclass(frozen=True)
class Draft:
    """What a new programme is told."""

    preset: Preset
    title: str
    period: Period
    line: Line | None = None


def create_programme(session: Session, draft: Draft, owner: Unit, *, by_id: int, now: datetime) -> StarProgramme:
    """A draft with the preset's rule as version 1. Raises Invalid for a period the preset does not offer."""
    if draft.period not in draft.preset.periods:
        raise Invalid("这个模板不能按这个周期评。", field="period")
    programme = StarProgramme(
        title=draft.title, preset=draft.preset.key, holder=draft.preset.holder, period=draft.period,
        line=draft.line if draft.period is Period.CONTEST else None, owner_unit_id=owner.id, created_by_id=by_id,
        created_at=now,
    )  # fmt: skip
    session.add(programme)
    session.flush()  # the rule names it by its number
    _add_version(session, programme, 1, PRESETS[draft.preset.key].rule, by_id=by_id, now=now)
    note(session, programme, "star:create", by_id, now, title=draft.title, preset=draft.preset.key)
    return programme


def save_rule(
    session: Session, programme: StarProgramme, rule: StarRule, *, by_id: int, now: datetime
) -> StarRuleVersion | None:
    """The next version, for cycles whose period begins after now; None when it says what the newest says. Raises Invalid."""
    check_rule(programme, rule)
    newest = queries.newest_version(session, programme.id)
    if newest.star_rule == rule:
        return None
    made = _add_version(session, programme, newest.version + 1, rule, by_id=by_id, now=now)
    detail = {"version": made.version, "before": newest.rule, "after": made.rule}
    note(session, programme, "star:rule", by_id, now, **detail)
    return made


def _add_version(
    session: Session, programme: StarProgramme, version: int, rule: StarRule, *, by_id: int, now: datetime
) -> StarRuleVersion:
    made = StarRuleVersion(
        programme_id=programme.id, version=version, rule=rule.to_json(), made_by_id=by_id, made_at=now
    )
    with conflict_as(Conflict("别人刚刚改过这个方案，请刷新后再改。"), session):
        session.add(made)
    return made


def check_rule(programme: StarProgramme, rule: StarRule) -> None:
    """Raises Invalid at the first thing that cannot be."""
    if not rule.criteria:
        raise Invalid("至少选一项评分依据。", field="weights")
    total = sum(criterion.weight for criterion in rule.criteria)
    if total != FULL:
        raise Invalid(f"各项分值加起来是 {total} 分，要正好 {FULL} 分。", field="weights")
    for criterion in rule.criteria:
        _check_criterion(programme, criterion)
    if any(programme.holder not in GATE_HOLDERS[gate] for gate in rule.gates):
        raise Invalid("这类评选没有这个参评条件。", field="gates")
    if not 0 <= rule.most_percent <= MOST_PERCENT:
        raise Invalid(f"名额最多是名册的 {MOST_PERCENT}%。", field="most_percent")
    if not rule.most_percent and not rule.most:
        raise Invalid("名额按比例和按个数至少填一个。", field="most")


def _check_criterion(programme: StarProgramme, criterion: Criterion) -> None:
    entry, field = criterion.entry, f"weight_{criterion.source}"
    if programme.holder not in entry.holders or (entry.of_contests_only and programme.period is not Period.CONTEST):
        raise Invalid("这类评选不能用这项依据。", field=field)
    if criterion.weight < 1 or (criterion.full < 1 and entry.measure is not Measure.ONCE):
        raise Invalid("请填写 1 以上的数。", field=field)
    if criterion.source in JUDGED:
        if not criterion.title:
            raise Invalid("给这个评审项起个名字。", field=f"title_{criterion.source}")
        if is_forbidden_title(criterion.title):
            raise Invalid("时长、登录、签到这类数据不能作为评分依据。", field=f"title_{criterion.source}")


def start_programme(session: Session, programme: StarProgramme, *, by_id: int, now: datetime) -> None:
    """From the period that runs now on there is a cycle for each. Raises Conflict unless it was a draft or stopped."""
    check_rule(programme, queries.newest_version(session, programme.id).star_rule)
    _move(session, programme, (ProgrammeState.DRAFT, ProgrammeState.STOPPED), state=ProgrammeState.RUNNING, started_at=now)  # fmt: skip
    note(session, programme, "star:start", by_id, now)


def stop_programme(session: Session, programme: StarProgramme, *, by_id: int, now: datetime) -> None:
    """No further cycle is opened; those that are open go on."""
    _move(session, programme, (ProgrammeState.RUNNING,), state=ProgrammeState.STOPPED)
    note(session, programme, "star:stop", by_id, now)


def _move(session: Session, programme: StarProgramme, old: tuple[ProgrammeState, ...], **values: object) -> None:
    stands = (StarProgramme.id == programme.id, StarProgramme.state.in_(old))
    if not changed(session.execute(update(StarProgramme).where(*stands).values(values))):
        raise Conflict("这个方案的状态刚刚变了，请刷新后再操作。")
    session.refresh(programme)


def note(
    session: Session, programme: StarProgramme, action: str, by_id: int | None, now: datetime, **detail: object
) -> None:
    audit.record(session, by_id, action, f"star_programme:{programme.id}", detail, now=now)
