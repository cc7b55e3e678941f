"""One's own hours: the bars of the year, every entry with its evidence, and what was not credited and why."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, request

from lms import clock
from lms.hours import queries, rule_queries, words
from lms.people.guard import me, signed_in
from lms.web import now, page, session

bp = Blueprint("hours", __name__, url_prefix="/hours")


@bp.get("")
@signed_in
def own() -> Response:
    return page("hours/own.html", active="hours", **statement_of(me().id))


def statement_of(person_id: int) -> dict[str, Any]:
    """What the pages of oneself and of others' readers both show of the year asked for."""
    today = clock.today(now())
    years = queries.list_years(session(), person_id, this_year=today.year)
    wanted = request.args.get("year", type=int)
    year = wanted if wanted in years else today.year
    standards = queries.requirements_of(session(), person_id, year, today=today)
    sums = queries.sum_by_month(session(), person_id, year)
    asked = request.args.get("month", type=int)
    shown = (1, 12) if "all" in request.args else words.shown(sums, asked)
    entries = queries.list_lines(session(), person_id, year, shown)
    months = words.statement(entries, _policies(entries), before=sums[: shown[0] - 1])
    series, columns = words.series([month.sums for month in sums])
    notes = queries.list_uncredited(session(), person_id, year)
    tabs = words.tabs(sums, notes, shown)
    return {
        "year": year,
        "years": years,
        "is_this_year": year == today.year,
        "standards": standards,
        "summary": words.summary(standards, is_this_year=year == today.year),
        "bars": words.bars(standards),
        "series": series,
        "columns": columns,
        "months": months,
        "kinds": words.kinds(sums),
        "tabs": tabs,
        "older": words.older(tabs, shown),
        "count": sum(month.entries for month in sums),
        "uncredited": [note for note in notes if shown[0] <= note.on.month <= shown[1]],
        "exemptions": queries.list_exemptions_of(session(), person_id, year),
        "five_years": queries.five_years(session(), person_id, today),
        "rules": rule_queries.policy_on(session(), min(today, date(year, 12, 31))),
        "today": today,
    }


def _policies(entries: list[Any]) -> dict[str, Any]:
    """The policies that these entries name."""
    names = {entry.rule_version for entry in entries}
    found = {name: rule_queries.policy_named(session(), name) for name in names}
    return {name: policy for name, policy in found.items() if policy is not None}
