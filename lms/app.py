"""`create_app`: the only place that knows every domain."""

from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, g, get_flashed_messages
from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader, StrictUndefined
from sqlalchemy.exc import SQLAlchemyError

from lms import clock, config, outcomes
from lms.admin import views as admin
from lms.archive import admin_views as archive_office
from lms.archive import talent_views as talent
from lms.archive import views as archive
from lms.certificates import views as certificates
from lms.claims import office_views as claims_office
from lms.claims import views as claims
from lms.config import Keys, Settings
from lms.contests import admin_views as contests_office
from lms.contests import advancement_office_views as advancement_office
from lms.contests import advancement_views as advancement
from lms.contests import entry_views as entries_office
from lms.contests import integrity_views as integrity
from lms.contests import invigilation_views as invigilation
from lms.contests import place_views as places
from lms.contests import result_views as results_office
from lms.contests import round_views as rounds_office
from lms.contests import team_office_views as teams_office
from lms.contests import team_views as teams
from lms.contests import views as contests
from lms.courses import admin_views as course_admin
from lms.courses import api as courses_api
from lms.courses import building_views as course_building
from lms.courses import caption_views as captions
from lms.courses import file_views as files
from lms.courses import package_api
from lms.courses import quick_views as quick
from lms.courses import review_views as reviews
from lms.courses import series_views as series_admin
from lms.courses import shelf_views as shelf
from lms.courses import studio_views as studio
from lms.courses import study_views as courses
from lms.courses import views as library
from lms.db import MakeSession, open_engine, session_maker
from lms.db.request import session
from lms.gatherings import api as gatherings_api
from lms.gatherings import desk_views as gathering_desk
from lms.gatherings import minutes_views as gathering_minutes
from lms.gatherings import roll_views as gathering_roll
from lms.gatherings import sign_in_views as roll
from lms.gatherings import views as gatherings
from lms.home import help_views as help_pages
from lms.home import views as home
from lms.hours import office_views as hours_office
from lms.hours import rule_views as hours_rules
from lms.hours import views as hours
from lms.leaderboard import admin_views as rankings
from lms.leaderboard import api as boards_api
from lms.leaderboard import verify_views as rankings_proof
from lms.leaderboard import views as boards
from lms.lectures import desk_views as lecture_desk
from lms.lectures import own_views as lecture_topics
from lms.lectures import views as lectures
from lms.livequiz import admin_views as livequiz_office
from lms.livequiz import api as livequiz_api
from lms.livequiz import live_views as livequiz_live
from lms.livequiz import views as livequiz
from lms.media import scanning
from lms.media import upload_api as uploads_api
from lms.media import upload_views as uploads
from lms.media import views as media
from lms.media.packages import views as packages
from lms.navigation import main_nav, office_groups, office_nav, own_pages, section_of
from lms.notices import announcement_views as announcements
from lms.notices import channel_views as channels
from lms.notices import feedback_views as feedback
from lms.notices import queries as notices_queries
from lms.notices import settings_views as notice_settings
from lms.notices import views as notices
from lms.people import branch_views as branches
from lms.people import token_views as tokens
from lms.people import views as people
from lms.people.guard import check_policies, found, public, register_guard
from lms.people.principal import Principal, preferences, use_cache
from lms.people.rules import DUTY_STATUSES, PARTY_STATUSES, RANK_BANDS
from lms.people.short_way import ShortWay
from lms.quizzes import admin_views as quizzes_admin
from lms.quizzes import api as quizzes_api
from lms.quizzes import bank_views as quizzes_bank
from lms.quizzes import document_views as quizzes_documents
from lms.quizzes import exchange_views as quizzes_exchange
from lms.quizzes import marking_views as quizzes_marking
from lms.quizzes import paper_views as quizzes_papers
from lms.quizzes import practice_views as practice
from lms.quizzes import reading_api as quizzes_reading
from lms.quizzes import statistics_views as quizzes_statistics
from lms.quizzes import views as quizzes
from lms.records import admin_views as records_office
from lms.records import views as records
from lms.stage import admin_views as stage_office
from lms.stage import device_api as stage_device
from lms.stage import live_views as stage_live
from lms.stage import views as stage
from lms.stars import admin_views as stars_office
from lms.stars import cycle_views as star_cycles
from lms.stars import recommend_views as star_recommending
from lms.stars import views as stars
from lms.storage import Storage, connect, takes_blobs
from lms.themedays import committee_views as committee_desk
from lms.themedays import duties_views as duties
from lms.themedays import handbook_views as handbooks
from lms.themedays import outside_views as outside
from lms.themedays import pack_views as month_packs
from lms.themedays import part_views as theme_parts
from lms.themedays import views as themedays
from lms.training import office_views as class_office
from lms.training import plan_views as plans
from lms.training import teaching_views as class_teaching
from lms.training import views as classes
from lms.upkeep import views as upkeep
from lms.web import gallery, health, static_files
from lms.web.assets import asset_url
from lms.web.dispatch import LmsFlask
from lms.web.errors import register_errors
from lms.web.filters import register_filters
from lms.web.headers import CSP, register_headers
from lms.web.health import Readiness, database_checks
from lms.web.hosts import register_hosts, trusted_hosts
from lms.web.limits import Places
from lms.web.logs import configure_logs, register_logs
from lms.web.openapi import openapi
from lms.web.proxies import BehindProxies
from lms.web.read_only import SENTENCE as READ_ONLY
from lms.web.read_only import register_read_only
from lms.web.requests import json_reply, now
from lms.web.shared_way import SharedWay
from lms.web.turns import Turns
from lms.web.vendor import tell_missing, vendor_url

public(gallery.components)  # web lies below the guard and cannot say so itself

PACKAGE = Path(__file__).parent
BLUEPRINTS = (
    static_files.bp,
    health.bp,
    upkeep.bp,
    gallery.bp,
    people.bp,
    tokens.bp,
    branches.bp,
    notices.bp,
    feedback.bp,
    notice_settings.bp,
    announcements.bp,
    channels.bp,
    boards.bp,
    rankings_proof.bp,
    boards_api.bp,
    rankings.bp,
    media.bp,
    uploads.bp,
    uploads_api.bp,
    packages.bp,
    hours.bp,
    hours_office.bp,
    hours_rules.bp,
    claims.bp,
    claims_office.bp,
    certificates.bp,
    quizzes.bp,
    quizzes_api.bp,
    quizzes_bank.bp,
    quizzes_bank.seen,
    quizzes_documents.bp,
    quizzes_papers.bp,
    quizzes_admin.bp,
    quizzes_exchange.bp,
    quizzes_statistics.bp,
    quizzes_marking.bp,
    practice.bp,
    quizzes_reading.bp,
    library.bp,
    shelf.bp,
    studio.bp,
    quick.bp,
    reviews.bp,
    series_admin.bp,
    courses.bp,
    captions.bp,
    files.bp,
    courses_api.bp,
    package_api.bp,
    course_admin.bp,
    course_building.bp,
    contests.bp,
    contests_office.bp,
    integrity.bp,
    results_office.bp,
    places.bp,
    teams.bp,
    teams_office.bp,
    rounds_office.bp,
    advancement.bp,
    advancement_office.bp,
    entries_office.bp,
    invigilation.bp,
    stage.bp,
    stage_device.bp,
    stage_live.bp,
    stage_office.bp,
    livequiz.bp,
    livequiz_api.bp,
    livequiz_live.bp,
    livequiz_office.bp,
    archive.bp,
    archive_office.bp,
    talent.bp,
    stars.bp,
    star_recommending.bp,
    stars_office.bp,
    star_cycles.bp,
    records.bp,
    records_office.bp,
    gatherings.bp,
    gathering_desk.bp,
    gathering_roll.bp,
    gathering_minutes.bp,
    gatherings_api.bp,
    roll.bp,
    duties.bp,
    handbooks.bp,
    outside.bp,
    committee_desk.bp,
    themedays.bp,
    theme_parts.bp,
    month_packs.bp,
    lectures.bp,
    lecture_topics.bp,
    lecture_desk.bp,
    classes.bp,
    class_office.bp,
    class_teaching.bp,
    plans.bp,
    plans.office,
    home.bp,
    help_pages.bp,
    admin.bp,
)


def create_app(
    settings: Settings | None = None, make_session: MakeSession | None = None, keys: Keys | None = None
) -> Flask:
    """The site. Refuses to be built when a setting, a key or an endpoint's policy is missing."""
    settings = settings or config.from_environment()
    app = LmsFlask(__name__, static_folder=None, template_folder=None)
    keys = keys or config.load_keys(settings.keys)
    _configure(app, settings, keys)
    app.extensions["settings"], app.extensions["keys"] = settings, keys
    app.extensions["engine"] = engine = open_engine(settings.database_url, threads=settings.threads)
    app.extensions["make_session"] = make_session or session_maker(engine)
    app.extensions["storage"] = connect(settings)
    app.extensions["scanner"] = scanning.connect(settings.clamav)
    app.extensions["part_places"] = Places(max(2, settings.threads // 2))
    app.extensions["readiness"] = readiness(app.extensions["make_session"], app.extensions["storage"])
    app.extensions["job_names"] = ()  # whoever knows the scheduler says them
    app.extensions["settle"], app.extensions["begin"] = outcomes.settle, outcomes.begin
    app.extensions["begin_reads"], app.extensions["settle_reads"] = outcomes.begin_reads, outcomes.settle_reads
    app.extensions["resettle"] = outcomes.resettle
    app.extensions["next_mock"] = outcomes.next_mock
    app.extensions["subject_pages"] = outcomes.SUBJECT_PAGES
    app.extensions["find_materials"], app.extensions["material_page"] = outcomes.find_materials, outcomes.MATERIAL_PAGE
    app.extensions["follow_gathering"], app.extensions["gathering_pages"] = (
        outcomes.follow_gathering,
        outcomes.GATHERING_PAGES,
    )
    configure_logs(settings.log_level, settings.log_file)
    tell_missing()
    use_cache(active=settings.is_sqlite)
    register_logs(app)
    register_hosts(app)
    if settings.read_only:
        register_read_only(app)
    register_guard(app)
    register_errors(app)
    register_headers(app)
    _register_templates(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    _register_openapi(app)
    check_policies(app)
    together = 1 if settings.is_sqlite else 2  # the other may work while one waits for the network
    turns = Turns(app.wsgi_app, together=together)
    app.wsgi_app = SharedWay(app, turns)  # type: ignore[method-assign]
    short = app.wsgi_app if settings.read_only else ShortWay(app)  # the short way knows only yes
    app.wsgi_app = BehindProxies(short, settings.proxies) if settings.proxies else short  # type: ignore[method-assign]
    return app


def readiness(make_session: MakeSession, storage: Storage) -> Readiness:
    """What this process needs to serve, asked by /readyz."""
    return Readiness({**database_checks(make_session), "storage": lambda: takes_blobs(storage)})


def _configure(app: Flask, settings: Settings, keys: Keys) -> None:
    app.config.update(
        SECRET_KEY=keys.newest("cookie"),
        SECRET_KEY_FALLBACKS=[secret for _, secret in keys.by_purpose["cookie"][1:]],
        SESSION_COOKIE_NAME="lms_flash",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.https,
        MAX_CONTENT_LENGTH=settings.body_limit_bytes,
        MAX_FORM_PARTS=2000,
        TRUSTED_HOSTS=trusted_hosts(settings),
        CSP=CSP.format(s3=f" {settings.s3_origin}" if settings.s3_origin else ""),
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]


def _register_templates(app: Flask) -> None:
    folders = {
        path.parent.name: FileSystemLoader(path) for path in PACKAGE.glob("*/templates") if path.parent.name != "web"
    }
    app.jinja_options = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    app.jinja_loader = ChoiceLoader([FileSystemLoader(PACKAGE / "web" / "templates"), PrefixLoader(folders)])
    register_filters(app)
    app.jinja_env.globals.update(asset=asset_url, vendor=vendor_url)
    app.jinja_env.globals.update(rank_bands=RANK_BANDS, party_statuses=PARTY_STATUSES, duty_statuses=DUTY_STATUSES)
    app.jinja_env.globals.update(section_of=section_of)
    app.context_processor(_layout_context)


def _layout_context() -> dict[str, Any]:
    """What every layout may rely on."""
    person = found()
    return {
        "preferences": preferences(person),
        "unread": _unread(person),
        "flashes": _sentences(),
        "nav": main_nav(person),
        "office_nav": office_nav(person),
        "office_groups": office_groups(person),
        "own_pages": own_pages(person),
        "active": "",
    }


def _sentences() -> list[tuple[str, str]]:
    """What stands above every page: that nothing can be saved at the moment, and what was left for this one."""
    is_said = g.get("refusal") == READ_ONLY  # by the page itself
    standing = [("warn", READ_ONLY)] if current_app.extensions["settings"].read_only and not is_said else []
    return [*standing, *get_flashed_messages(with_categories=True)]


def _unread(person: Principal | None) -> int:
    """0 when the database cannot say: an error page must not fail itself."""
    try:
        return notices_queries.count_new(session(), person.id, clock.today(now())) if person else 0
    except SQLAlchemyError:
        return 0


def _register_openapi(app: Flask) -> None:
    @public
    def openapi_document() -> Response:
        return json_reply(openapi(app))

    app.add_url_rule("/api/openapi.json", "openapi", openapi_document)
