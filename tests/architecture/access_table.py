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

BOARDS = {
    "boards.screen": Row("public", "/live/unknown"),
    "boards.standings": Row("public", "/live/unknown/standings"),
    "boards_api.board": Row("signed_in", "/api/boards/999"),
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

QUIZZES = {
    "quizzes.attempt": Row("signed_in", "/attempts/999"),
    "quizzes.submit": Row("signed_in", "/attempts/999/submission"),
    "quizzes.review": Row("signed_in", "/attempts/999/review"),
    "quizzes_api.start": Row("signed_in", "/api/attempts"),
    "quizzes_api.attempt": Row("signed_in", "/api/attempts/999"),
    "quizzes_api.lease": Row("signed_in", "/api/attempts/999/lease"),
    "quizzes_api.answer": Row("signed_in", "/api/attempts/999/answers"),
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
    "quizzes_admin.papers": Row("paper:manage", "/office/papers", "ada hua"),
    "quizzes_admin.new_paper": Row("paper:manage", "/office/papers/new", "ada hua"),
    "quizzes_admin.create_fixed_paper": Row("paper:manage", "/office/papers/fixed", "ada hua"),
    "quizzes_admin.create_drawn_paper": Row("paper:manage", "/office/papers/drawn", "ada hua"),
    "quizzes_admin.paper": Row("paper:manage", "/office/papers/999", "ada hua"),
}

TABLE: dict[str, Row] = {**QUIZZES, **HOUSE, **PEOPLE, **NOTICES, **BOARDS, **STUDY, **HOME}
