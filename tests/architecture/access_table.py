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
    "health.healthz": Row("public", "/healthz"),
    "health.readyz": Row("public", "/readyz"),
    "gallery.components": Row("public", "/_components"),
    "openapi": Row("public", "/api/openapi.json"),
}

PEOPLE = {
    "people.login": Row("public", "/login"),
    "people.open_sign_in": Row("public", "/login"),
    "people.token": Row("public", "/login/token"),
    "people.second_factor": Row("public", "/login/code"),
    "people.pass_second_factor": Row("public", "/login/code"),
    "people.logout": Row("signed_in", "/logout"),
    "people.activation": Row("public", "/activation"),
    "people.activate": Row("public", "/activation"),
    "people.password": Row("signed_in", "/password"),
    "people.change_password": Row("signed_in", "/password"),
    "people.profile": Row("signed_in", "/me"),
    "people.prefer": Row("signed_in", "/me/preferences"),
    "tokens.index": Row("signed_in", "/me/tokens"),
    "tokens.make": Row("signed_in", "/me/tokens"),
    "tokens.revoke": Row("signed_in", "/me/tokens/999/revocation"),
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
    "boards_api.board": Row("contest:enter", "/api/boards/999", LEARNERS),
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
    "invigilation.index": Row("contest:manage", "/office/contests/rounds/999/invigilation", "hua"),
    "invigilation.policy": Row("contest:manage", "/office/contests/rounds/999/invigilation/policy", "hua"),
    "invigilation.set_policy": Row("contest:manage", "/office/contests/rounds/999/invigilation/policy", "hua"),
    "invigilation.new_grant": Row("contest:manage", "/office/contests/rounds/999/invigilation/grants/new", "hua"),
    "invigilation.grant": Row("contest:manage", "/office/contests/rounds/999/invigilation/grants", "hua"),
    "invigilation.revoke": Row(
        "contest:manage", "/office/contests/rounds/999/invigilation/grants/999/revocation", "hua"
    ),
    "invigilation.extension": Row("contest:manage", "/office/contests/rounds/999/invigilation/extension", "hua"),
    "invigilation.extend": Row("contest:manage", "/office/contests/rounds/999/invigilation/extension", "hua"),
    "invigilation.reopening": Row("contest:manage", "/office/contests/rounds/999/invigilation/reopening", "hua"),
    "invigilation.reopen": Row("contest:manage", "/office/contests/rounds/999/invigilation/reopening", "hua"),
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

BRANCHES = {
    "branches.mine": Row("signed_in", "/branch"),
    "branches.show": Row("signed_in", "/branches/999"),
}

OFFICE = {
    "admin.today": Row("signed_in", "/office"),
    "admin.people.index": Row("people:read", "/office/people", "ada hua"),
    "admin.people.new": Row("people:manage", "/office/people/new", "hua"),
    "admin.people.create": Row("people:manage", "/office/people", "hua"),
    "admin.people.show": Row("people:read", "/office/people/999", "ada hua"),
    "admin.people.edit": Row("people:manage", "/office/people/999/edit", "hua"),
    "admin.people.change": Row("people:manage", "/office/people/999", "hua"),
    "admin.people.new_place": Row("people:manage", "/office/people/999/places/new", "hua"),
    "admin.people.place": Row("people:manage", "/office/people/999/places", "hua"),
    "admin.people.disable": Row("people:manage", "/office/people/999/closure", "hua"),
    "admin.people.new_export": Row("people:read", "/office/people/export", "ada hua"),
    "admin.people.export": Row("people:read", "/office/people/export", "ada hua"),
    "admin.rosters.new": Row("people:manage", "/office/people/imports", "hua"),
    "admin.rosters.template": Row("people:manage", "/office/people/imports/template", "hua"),
    "admin.rosters.read_in": Row("people:manage", "/office/people/imports", "hua"),
    "admin.rosters.show": Row("people:manage", "/office/people/imports/999", "hua"),
    "admin.rosters.take_in": Row("people:manage", "/office/people/imports/999/taking-in", "hua"),
    "admin.rosters.discard": Row("people:manage", "/office/people/imports/999/discarding", "hua"),
    "admin.units.index": Row("people:read", "/office/units", "ada hua"),
    "admin.units.show": Row("people:read", "/office/units/999", "ada hua"),
    "admin.units.new": Row("people:manage", "/office/units/new", "hua"),
    "admin.units.create": Row("people:manage", "/office/units", "hua"),
    "admin.units.edit": Row("people:manage", "/office/units/999/edit", "hua"),
    "admin.units.change": Row("people:manage", "/office/units/999", "hua"),
    "admin.branches.index": Row("branch:manage", "/office/branches", "wen"),
    "admin.branches.show": Row("branch:manage", "/office/branches/999", "wen"),
    "admin.branches.new": Row("branch:manage", "/office/branches/new", "wen"),
    "admin.branches.create": Row("branch:manage", "/office/branches", "wen"),
    "admin.branches.edit": Row("branch:manage", "/office/branches/999/edit", "wen"),
    "admin.branches.change": Row("branch:manage", "/office/branches/999", "wen"),
    "admin.accounts.index": Row("account:manage", "/office/accounts", "sun"),
    "admin.accounts.show": Row("account:manage", "/office/accounts/999", "sun"),
    "admin.accounts.issue_code": Row("account:manage", "/office/accounts/999/code", "sun"),
    "admin.accounts.unlock": Row("account:manage", "/office/accounts/999/unlocking", "sun"),
    "admin.accounts.disable": Row("account:manage", "/office/accounts/999/closure", "sun"),
    "admin.accounts.enable": Row("account:manage", "/office/accounts/999/opening", "sun"),
    "admin.accounts.end_sign_ins": Row("account:manage", "/office/accounts/999/sign-ins/ending", "sun"),
    "admin.accounts.forget_second_factor": Row("account:manage", "/office/accounts/999/second-factor/removal", "sun"),
    "admin.grants.index": Row("role:grant", "/office/grants", "qin"),
    "admin.grants.show": Row("role:grant", "/office/grants/999", "qin"),
    "admin.grants.grant": Row("role:grant", "/office/grants/999", "qin"),
    "admin.grants.revoke": Row("role:grant", "/office/grants/revoking/999", "qin"),
    "admin.calendar.index": Row("calendar:manage", "/office/calendar", "sun"),
    "admin.calendar.add": Row("calendar:manage", "/office/calendar", "sun"),
    "admin.calendar.remove": Row("calendar:manage", "/office/calendar/999/removal", "sun"),
    "admin.audit.index": Row("audit:read", "/office/audit", "shi"),
    "admin.audit.show": Row("audit:read", "/office/audit/999999", "shi"),
    "admin.audit.verify": Row("audit:read", "/office/audit/verification", "shi"),
    "admin.tasks.index": Row("task:read", "/office/tasks", "ed gao ada hua sun"),
    "admin.tasks.show": Row("task:read", "/office/tasks/999", "ed gao ada hua sun"),
    "admin.tasks.progress": Row("task:read", "/office/tasks/999/progress", "ed gao ada hua sun"),
    "admin.tasks.file": Row("task:read", "/office/tasks/999/file", "ed gao ada hua sun"),
    "admin.tasks.retry": Row("task:read", "/office/tasks/999/retry", "ed gao ada hua sun"),
    "admin.feedback.index": Row("feedback:reply", "/office/feedback", "hua wen"),
    "admin.feedback.show": Row("feedback:reply", "/office/feedback/999", "hua wen"),
    "admin.feedback.reply": Row("feedback:reply", "/office/feedback/999/reply", "hua wen"),
    "admin.self_check.index": Row("report:read", "/office/self-check", "ada hua wen"),
}

MEDIA = {
    "media.deliver": Row("signed_in", "/media/x/x"),
}

QUIZZES = {
    "quizzes.attempt": Row("signed_in", "/attempts/999"),
    "quizzes.answers": Row("signed_in", "/attempts/999/answers"),
    "quizzes.submit": Row("signed_in", "/attempts/999/submission"),
    "quizzes.appeal": Row("signed_in", "/attempts/999/questions/1/appeal"),
    "quizzes.review": Row("signed_in", "/attempts/999/review"),
    "practice.index": Row("course:study", "/practice", LEARNERS),
    "practice.start": Row("course:study", "/practice/runs", LEARNERS),
    "practice.mock": Row("course:study", "/practice/mocks/999", LEARNERS),
    "practice.run": Row("course:study", "/practice/runs/999", LEARNERS),
    "practice.answer": Row("course:study", "/practice/runs/999/answers/1", LEARNERS),
    "practice.book": Row("course:study", "/practice/book", LEARNERS),
    "practice.judge": Row("course:study", "/practice/book/999", LEARNERS),
    "practice.topics": Row("course:study", "/practice/topics", LEARNERS),
    "quizzes_api.start": Row("signed_in", "/api/attempts"),
    "quizzes_api.attempt": Row("signed_in", "/api/attempts/999"),
    "quizzes_api.lease": Row("signed_in", "/api/attempts/999/lease"),
    "quizzes_api.answer": Row("signed_in", "/api/attempts/999/answers"),
    "quizzes_api.leaves": Row("signed_in", "/api/attempts/999/leaves"),
    "quizzes_api.submission": Row("signed_in", "/api/attempts/999/submission"),
    "quizzes_admin.questions": Row("question:manage", "/office/questions", "ada hua"),
    "quizzes_admin.new_question": Row("question:manage", "/office/questions/new", "ada hua"),
    "quizzes_admin.create_question": Row("question:manage", "/office/questions", "ada hua"),
    "quizzes_admin.question": Row("question:manage", "/office/questions/999", "ada hua"),
    "quizzes_admin.edit_question": Row("question:manage", "/office/questions/999/versions", "ada hua"),
    "quizzes_admin.retire_question": Row("question:manage", "/office/questions/999/retirement", "ada hua"),
    "quizzes_admin.download_template": Row("question:manage", "/office/question-template", "ada hua"),
    "quizzes_admin.new_import": Row("question:manage", "/office/question-imports/new", "ada hua"),
    "quizzes_admin.start_import": Row("question:manage", "/office/question-imports", "ada hua"),
    "quizzes_admin.preview_import": Row("question:manage", "/office/question-imports/999", "ada hua"),
    "quizzes_admin.import_rows": Row("question:manage", "/office/question-imports/999/rows", "ada hua"),
    "quizzes_exchange.new_export": Row("question:manage", "/office/question-export", "ada hua"),
    "quizzes_exchange.export": Row("question:manage", "/office/question-export", "ada hua"),
    "quizzes_admin.papers": Row("paper:manage", "/office/papers", "ada hua"),
    "quizzes_admin.new_paper": Row("paper:manage", "/office/papers/new", "ada hua"),
    "quizzes_admin.create_fixed_paper": Row("paper:manage", "/office/papers/fixed", "ada hua"),
    "quizzes_admin.create_drawn_paper": Row("paper:manage", "/office/papers/drawn", "ada hua"),
    "quizzes_admin.paper": Row("paper:manage", "/office/papers/999", "ada hua"),
    "admin.regrades.new": Row("attempt:review", "/office/questions/999/correction", "hua"),
    "admin.regrades.points": Row("attempt:review", "/office/papers/999/questions/999/points", "hua"),
    "admin.regrades.correct_points": Row("attempt:review", "/office/papers/999/questions/999/points", "hua"),
    "admin.regrades.correct": Row("attempt:review", "/office/questions/999/corrections", "hua"),
    "quizzes_marking.index": Row("paper:manage", "/office/marking", "ada hua"),
    "quizzes_marking.mark": Row("paper:manage", "/office/marking/999", "ada hua"),
    "quizzes_marking.keep_mark": Row("paper:manage", "/office/marking/999/999/1", "ada hua"),
    "quizzes_marking.release": Row("paper:manage", "/office/papers/999/release", "ada hua"),
    "quizzes_marking.list_appeals": Row("paper:manage", "/office/appeals", "ada hua"),
    "quizzes_marking.appeal": Row("paper:manage", "/office/appeals/999", "ada hua"),
    "quizzes_marking.answer_appeal": Row("paper:manage", "/office/appeals/999/reply", "ada hua"),
    "quizzes_reading.results": Row("signed_in", "/api/results"),
    "quizzes_reading.questions": Row("question:manage", "/api/questions", "ada hua"),
    "quizzes_statistics.statistics": Row("paper:manage", "/office/papers/999/statistics", "ada hua"),
}

LIBRARY = {
    "library.index": Row("course:study", "/library/", LEARNERS),
    "library.resource": Row("course:study", "/library/999", LEARNERS),
    "library.file": Row("course:study", "/library/999/play", LEARNERS),
    "library.page_picture": Row("course:study", "/library/999/pages/999", LEARNERS),
    "library.captions": Row("course:study", "/library/999/captions.vtt", LEARNERS),
    "studio.index": Row("resource:upload", "/studio/", "ed gao ada hua"),
    "studio.new": Row("resource:upload", "/studio/new/video", "ed gao ada hua"),
    "studio.create": Row("resource:upload", "/studio/new/video", "ed gao ada hua"),
    "studio.resource": Row("resource:upload", "/studio/999", "ed gao ada hua"),
    "studio.file_state": Row("resource:upload", "/studio/999/file-state", "ed gao ada hua"),
    "studio.edit": Row("resource:upload", "/studio/999/edit", "ed gao ada hua"),
    "studio.save": Row("resource:upload", "/studio/999", "ed gao ada hua"),
    "studio.submit": Row("resource:upload", "/studio/999/submission", "ed gao ada hua"),
    "studio.process_again": Row("resource:upload", "/studio/999/processing", "ed gao ada hua"),
    "studio.revise": Row("resource:upload", "/studio/999/revision", "ed gao ada hua"),
    "reviews.content": Row("resource:review", "/office/reviews/content", "ada"),
    "reviews.secrecy": Row("resource:secrecy", "/office/reviews/secrecy", "rui"),
    "reviews.content_of": Row("resource:review", "/office/reviews/content/999", "ada"),
    "reviews.secrecy_of": Row("resource:secrecy", "/office/reviews/secrecy/999", "rui"),
    "reviews.review_content": Row("resource:review", "/office/reviews/content/999", "ada"),
    "reviews.review_secrecy": Row("resource:secrecy", "/office/reviews/secrecy/999", "rui"),
    "reviews.published": Row("resource:publish", "/office/reviews/published", "ada hua"),
    "reviews.published_one": Row("resource:publish", "/office/reviews/published/999", "ada hua"),
    "reviews.withdraw": Row("resource:publish", "/office/reviews/published/999/withdrawal", "ada hua"),
    "course_admin.courses": Row("course:manage", "/office/courses/", "ada hua"),
    "course_admin.new": Row("course:manage", "/office/courses/new", "ada hua"),
    "course_admin.create": Row("course:manage", "/office/courses/", "ada hua"),
    "course_admin.course": Row("course:manage", "/office/courses/999", "ada hua"),
    "course_admin.edit": Row("course:manage", "/office/courses/999/edit", "ada hua"),
    "course_admin.save": Row("course:manage", "/office/courses/999", "ada hua"),
    "course_admin.add_lesson": Row("course:manage", "/office/courses/999/lessons", "ada hua"),
    "course_admin.move_lesson": Row("course:manage", "/office/courses/999/lessons/999/up", "ada hua"),
    "course_admin.remove_lesson": Row("course:manage", "/office/courses/999/lessons/999/removal", "ada hua"),
    "course_admin.publish": Row("course:manage", "/office/courses/999/publication", "ada hua"),
    "course_admin.withdraw": Row("course:manage", "/office/courses/999/withdrawal", "ada hua"),
    "course_admin.reopen": Row("course:manage", "/office/courses/999/draft", "ada hua"),
}

TABLE: dict[str, Row] = {
    **HOUSE,
    **PEOPLE,
    **BRANCHES,
    **NOTICES,
    **MEDIA,
    **QUIZZES,
    **LIBRARY,
    **STUDY,
    **BOARDS,
    **CONTESTS,
    **HOME,
    **OFFICE,
}
