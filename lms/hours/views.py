"""One's own hours: the bars of the year, every entry with its evidence, and what was not credited and why."""

from flask import Blueprint, Response, request

from lms import clock
from lms.hours import queries, rules, words
from lms.people.guard import me, signed_in
from lms.web import now, page, session

bp = Blueprint("hours", __name__, url_prefix="/hours")


@bp.get("")
@signed_in
def own() -> Response:
    today = clock.today(now())
    years = queries.list_years(session(), me().id, this_year=today.year)
    wanted = request.args.get("year", type=int)
    year = wanted if wanted in years else today.year
    standards = queries.requirements_of(session(), me().id, year, today=today)
    series, months = words.series(queries.by_month(session(), me().id, year))
    return page(
        "hours/own.html",
        active="hours",
        year=year,
        years=years,
        is_this_year=year == today.year,
        standards=standards,
        summary=words.summary(standards, is_this_year=year == today.year),
        bars=words.bars(standards),
        series=series,
        months=months,
        entries=[words.line(entry) for entry in queries.list_entries(session(), me().id, year)],
        uncredited=queries.list_uncredited(session(), me().id, year),
        five_years=queries.five_years(session(), me().id),
        rule_version=rules.RULE_VERSION,
    )
