"""The rules of hours for HR: versions of conversion and of requirements, from draft through trial to the day they hold."""

from typing import Any

from flask import Blueprint, Response, url_for

from lms import clock
from lms.errors import Invalid
from lms.hours import access, policy_rules, report_queries, requirement_rules, rule_queries, services
from lms.hours.forms import AskedForm, DraftForm, IssueForm, PolicyForm, TrialForm
from lms.hours.models import RuleVersion
from lms.hours.policy_rules import PRESETS, Subject, VersionState
from lms.hours.services import whatif
from lms.people import queries as people
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.web import now, page, see_other, session

bp = Blueprint("hours_rules", __name__, url_prefix="/office/hours/rules")

MANAGE = Permission.HOURS_MANAGE


@bp.get("")
@requires(MANAGE)
def index() -> Response:
    today = clock.today(now())
    subjects = []
    for subject in Subject:
        name, figures = rule_queries.figures_on(session(), subject, today)
        versions = rule_queries.list_versions(session(), subject)
        subjects.append((subject, name, policy_rules.words(subject, figures), versions, DraftForm.shown()))
    return page(
        "hours/rules.html", subjects=subjects, presets=PRESETS, today=today, active="hours",
        first_year=report_queries.first_year(session()), closings=rule_queries.list_closings(session()),
    )  # fmt: skip


@bp.post("/<any(conversion,requirement):subject>")
@requires(MANAGE)
def draft(subject: str) -> Response:
    form = DraftForm.posted()
    preset = form.preset.data if form.validate() else ""
    version = services.draft(session(), Subject(subject), preset, by_id=me().id, now=now())
    return see_other(url_for("hours_rules.show", version_id=version.id), flash="已起草一版，改好后再定生效日期。")


@bp.get("/<int:version_id>")
@requires(MANAGE)
def show(version_id: int) -> Response:
    return _page(access.version_to_manage(session(), version_id))


def _page(version: RuleVersion, form: Any = None, issuing: Any = None, status: int = 200) -> Response:
    today = clock.today(now())
    name, figures = rule_queries.figures_on(session(), version.subject, today)
    ids = [i for i in (version.created_by_id, version.issued_by_id) if i is not None]
    task = whatif.find_task(session(), version.id, me().id)
    trial = TrialForm.shown(data={"year": today.year})
    return page(
        "hours/version.html", status, version=version, form=form or _form_of(version), issuing=issuing or IssueForm.shown(),
        trial=trial, current=name, differences=policy_rules.differences(version.subject, figures, version.figures),
        words=policy_rules.words(version.subject, version.figures), presets=PRESETS, names=people.names_of(session(), ids),
        is_ahead=version.from_on is not None and version.from_on > today, task=task, is_draft=version.state is VersionState.DRAFT,
        active="hours",
    )  # fmt: skip


def _form_of(version: RuleVersion) -> PolicyForm | AskedForm:
    if version.subject is Subject.CONVERSION:
        return PolicyForm.of(policy_rules.policy_of(version.figures), version.reason)
    return AskedForm.of(requirement_rules.asked_of(version.figures), version.reason)


@bp.post("/<int:version_id>")
@requires(MANAGE)
def write(version_id: int) -> Response:
    version = access.version_to_manage(session(), version_id)
    form = (PolicyForm if version.subject is Subject.CONVERSION else AskedForm).posted()
    if not form.validate():
        return _page(version, form=form, status=422)
    services.write(session(), version, form.figures(), reason=form.reason.data, by_id=me().id, now=now())
    return see_other(url_for("hours_rules.show", version_id=version.id), flash="草稿已保存，还没有生效。")


@bp.post("/<int:version_id>/issue")
@requires(MANAGE)
def issue(version_id: int) -> Response:
    version, form = access.version_to_manage(session(), version_id), IssueForm.posted()
    if not form.validate():
        return _page(version, issuing=form, status=422)
    try:
        services.issue(session(), version, from_on=form.from_on.data, by_id=me().id, now=now())
    except Invalid as problem:
        form.refuse(Invalid(problem.message, field="from_on"))
        return _page(version, issuing=form, status=422)
    return see_other(
        url_for("hours_rules.index"), flash=f"已定为从 {form.from_on.data:%Y-%m-%d} 起生效，以前的学时不变。"
    )


@bp.post("/<int:version_id>/withdrawal")
@requires(MANAGE)
def drop(version_id: int) -> Response:
    version = access.version_to_manage(session(), version_id)
    services.drop(session(), version, by_id=me().id, now=now())
    return see_other(url_for("hours_rules.index"), flash="已撤下，这一版不会生效。")


@bp.post("/<int:version_id>/trial")
@requires(MANAGE)
def try_out(version_id: int) -> Response:
    """Work a year out by this version: a task, whose result this page then shows."""
    version, form = access.version_to_manage(session(), version_id), TrialForm.posted()
    if version.subject is not Subject.CONVERSION or not form.validate():
        return see_other(url_for("hours_rules.show", version_id=version.id), flash="请填写年份。", kind="warn")
    whatif.ask(session(), version, form.year.data, by_id=me().id, now=now())
    return see_other(
        url_for("hours_rules.show", version_id=version.id, _anchor="trial"), flash="正在试算，学时不会有任何改动。"
    )


@bp.get("/<int:version_id>/trial")
@requires(MANAGE)
def trial(version_id: int) -> Response:
    """The piece of the page that shows how far the trial is, and then what it found."""
    version = access.version_to_manage(session(), version_id)
    task = whatif.find_task(session(), version.id, me().id)
    response = page("hours/_trial.html", task=task)
    if task is None or task.state in ("done", "failed"):
        response.headers["X-Stop"] = "1"
    return response
