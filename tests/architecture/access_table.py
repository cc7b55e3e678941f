"""Who may call what: one row for each endpoint. A new endpoint without a row fails the suite.

`policy` repeats what stands on the view, so that a change of one without the other is noticed. `path` is an address of the endpoint (ids that
exist nowhere are fine). `may` names the members of the cast who pass the policy; everybody else is answered 403. For "signed_in" and
"public" it is not given.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    policy: str
    path: str
    may: str = ""


EVERYBODY = "lin bo chen dana mei ed gao ada rui hua wen sun qin shi"
LEARNERS = "lin bo chen dana mei ed gao ada rui hua wen"

HOUSE = {
    "site.static_file": Row("public", "/static/abc/app.css"),
    "site.healthz": Row("public", "/healthz"),
    "gallery.components": Row("public", "/_components"),
    "openapi": Row("public", "/api/openapi.json"),
}

PEOPLE = {
    "people.login": Row("public", "/login"),
    "people.open_sign_in": Row("public", "/login"),
    "people.second_factor": Row("public", "/login/code"),
    "people.pass_second_factor": Row("public", "/login/code"),
    "people.logout": Row("signed_in", "/logout"),
    "people.activation": Row("public", "/activation"),
    "people.activate": Row("public", "/activation"),
    "people.password": Row("signed_in", "/password"),
    "people.change_password": Row("signed_in", "/password"),
    "people.profile": Row("signed_in", "/me"),
    "people.prefer": Row("signed_in", "/me/preferences"),
    "people.end_other_sign_ins": Row("signed_in", "/me/sign-ins/ending"),
}

NOTICES = {
    "notices.inbox": Row("signed_in", "/notices"),
    "notices.read_all": Row("signed_in", "/notices/reading"),
    "notices.read": Row("signed_in", "/notices/999/reading"),
    "notices.feedback": Row("signed_in", "/feedback"),
    "notices.give_feedback": Row("signed_in", "/feedback"),
}

HOME = {
    "home.index": Row("signed_in", "/"),
}

STUDY = {
    "courses.course": Row("course:study", "/courses/999", LEARNERS),
    "courses.lesson": Row("course:study", "/courses/lessons/999", LEARNERS),
    "courses.captions": Row("course:study", "/courses/lessons/999/captions.vtt", LEARNERS),
    "courses.file": Row("course:study", "/courses/lessons/999/play", LEARNERS),
    "courses.page_picture": Row("course:study", "/courses/lessons/999/pages/1", LEARNERS),
    "courses.start_quiz": Row("course:study", "/courses/999/quiz", LEARNERS),
    "courses_api.open_viewing": Row("course:study", "/api/viewings", LEARNERS),
    "courses_api.keep_beats": Row("course:study", "/api/viewings/999/beats", LEARNERS),
    "hours.own": Row("signed_in", "/hours"),
}

REVIEWERS = "ada hua"

BOARDS = {
    "boards.screen": Row("public", "/live/abc"),
    "boards.standings": Row("public", "/live/abc/standings"),
    "boards_api.board": Row("signed_in", "/api/boards/999"),
    "rankings.index": Row("ranking:publish", "/office/rankings", "hua"),
    "rankings.switch": Row("ranking:publish", "/office/rankings", "hua"),
}

CONTESTS = {
    "contests.index": Row("contest:enter", "/contests", LEARNERS),
    "contests.contest": Row("contest:enter", "/contests/999", LEARNERS),
    "contests.round_page": Row("contest:enter", "/contests/rounds/999", LEARNERS),
    "contests.begin": Row("contest:enter", "/contests/rounds/999/attempts", LEARNERS),
    "contests.board": Row("contest:enter", "/contests/rounds/999/board", LEARNERS),
    "contests.standings": Row("contest:enter", "/contests/rounds/999/standings", LEARNERS),
    "contests.units": Row("contest:enter", "/contests/rounds/999/units", LEARNERS),
    "contests.published": Row("contest:enter", "/contests/rounds/999/published", LEARNERS),
    "contests.published_workbook": Row("contest:enter", "/contests/rounds/999/published.xlsx", LEARNERS),
    "contests.published_snapshot": Row("contest:enter", "/contests/rounds/999/published.json", LEARNERS),
    "contests.objection": Row("contest:enter", "/contests/rounds/999/objection", LEARNERS),
    "contests.file_objection": Row("contest:enter", "/contests/rounds/999/objection", LEARNERS),
    "contests_office.index": Row("ranking:review", "/office/contests", REVIEWERS),
    "contests_office.new": Row("contest:manage", "/office/contests/new", "hua"),
    "contests_office.create": Row("contest:manage", "/office/contests/new", "hua"),
    "contests_office.contest": Row("ranking:review", "/office/contests/999", REVIEWERS),
    "contests_office.open_contest": Row("contest:manage", "/office/contests/999/opening", "hua"),
    "contests_office.withdraw": Row("contest:manage", "/office/contests/999/withdrawal", "hua"),
    "contests_office.approve_leave": Row("contest:manage", "/office/contests/rounds/999/leaves", "hua"),
    "contests_office.end": Row("contest:manage", "/office/contests/rounds/999/ending", "hua"),
    "contests_office.settle": Row("contest:manage", "/office/contests/rounds/999/settling", "hua"),
    "contests_office.review": Row("ranking:review", "/office/contests/rounds/999/review", REVIEWERS),
    "contests_office.start_notice": Row("ranking:publish", "/office/contests/rounds/999/notice-period", "hua"),
    "contests_office.answer_objection": Row("ranking:review", "/office/contests/objections/999/reply", REVIEWERS),
    "contests_office.publish": Row("ranking:publish", "/office/contests/rounds/999/publication", "hua"),
    "contests_office.correct": Row("ranking:publish", "/office/contests/rounds/999/correction", "hua"),
    "contests_office.standings": Row("ranking:review", "/office/contests/rounds/999/standings", REVIEWERS),
    "contests_office.export_complete": Row("ranking:review", "/office/contests/rounds/999/complete", REVIEWERS),
}
