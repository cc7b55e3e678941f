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

LIBRARY = {
    "library.index": Row("course:study", "/library/", LEARNERS),
    "library.resource": Row("course:study", "/library/999", LEARNERS),
    "library.file": Row("course:study", "/library/999/play", LEARNERS),
    "library.page_picture": Row("course:study", "/library/999/pages/1", LEARNERS),
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
    "reviews.content_of": Row("resource:review", "/office/reviews/content/999", "ada"),
    "reviews.review_content": Row("resource:review", "/office/reviews/content/999", "ada"),
    "reviews.secrecy": Row("resource:secrecy", "/office/reviews/secrecy", "rui"),
    "reviews.secrecy_of": Row("resource:secrecy", "/office/reviews/secrecy/999", "rui"),
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
    "course_admin.move_lesson": Row("course:manage", "/office/courses/999/lessons/9/up", "ada hua"),
    "course_admin.remove_lesson": Row("course:manage", "/office/courses/999/lessons/9/removal", "ada hua"),
    "course_admin.publish": Row("course:manage", "/office/courses/999/publication", "ada hua"),
    "course_admin.withdraw": Row("course:manage", "/office/courses/999/withdrawal", "ada hua"),
    "course_admin.reopen": Row("course:manage", "/office/courses/999/draft", "ada hua"),
    "media.deliver": Row("signed_in", "/media/unknown/play.mp4"),
}

TABLE: dict[str, Row] = {**HOUSE, **PEOPLE, **NOTICES, **BOARDS, **STUDY, **LIBRARY, **HOME}
