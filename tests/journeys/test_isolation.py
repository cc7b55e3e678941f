"""Journey (d): dana and mei of South meet nothing of what is North's, by page, id, search, export or media link.

Every refusal is shown on something that somebody of North does see, so that an empty page proves nothing.
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select, true
from sqlalchemy.orm import Session
from time_machine import travel

from lms import clock
from lms.claims.models import Claim
from lms.contests import queries as contest_queries
from lms.contests import services as contests
from lms.leaderboard import queries as boards
from lms.people.models import Person
from lms.quizzes import services as quizzes
from lms.quizzes.models import Attempt
from lms.quizzes.queries import Sitting, find_own_sitting
from lms.quizzes.release_rules import Part
from tests.journeys.north import CANARIES, North, Reader, every_address, readable
from tests.support.web import Web

SOUTH = ("dana", "mei")
LEASE = "lease-of-lins-own-phone"


@dataclass(frozen=True)
class Row:
    """Something of North's: where it is, who does see it and by which word, and what South is answered."""

    path: str
    seen_by: str
    canary: str = ""
    refusal: int = 404
    body: dict[str, Any] | None = None
    """None: a GET. Otherwise a JSON call when the path is of the interface, or a form."""

    def ask(self, browser: Web, north: North) -> Any:
        url, token = north.address(self.path), {"X-CSRF-Token": browser.token}
        if self.body is None:
            return browser.client.get(url)
        body = {k: north.ids[v[1:]] if isinstance(v, str) and v[:1] == "$" else v for k, v in self.body.items()}
        given = {"json": body} if url.startswith("/api/") else {"data": body}
        return browser.client.post(url, headers=token, **given)  # type: ignore[arg-type]


READ = [
    # courses, lessons and their files
    Row("/courses/{course}", "lin", "course"),
    Row("/courses/{course}", "lin", "section"),
    Row("/courses/lessons/{lesson}", "lin", "lesson"),
    Row("/courses/lessons/{reading}", "lin", "document"),
    Row("/courses/lessons/{lesson}/captions.vtt", "lin", "transcript"),
    Row("/courses/lessons/{lesson}/play", "lin"),
    Row("/courses/lessons/{lesson}/poster", "lin"),
    Row("/courses/lessons/{lesson}/stream/base", "lin"),
    Row("/courses/lessons/{reading}/pages/1", "lin"),
    Row("/courses/lessons/{reading}/pages/1/small", "lin"),
    Row("/library/{video}", "lin", "video"),
    Row("/library/{document}", "lin", "document"),
    Row("/library/{video}/captions.vtt", "lin", "transcript"),
    Row("/library/{video}/play", "lin"),
    Row("/library/{document}/download", "ed", body={}),
    Row("/library/{video}/stream/base", "lin"),
    Row("/library/{document}/pages/1", "lin"),
    # how a course is built, what it gave people, and a course that waits with its resource
    Row("/office/courses/{course}", "ada", "section", 403),
    Row("/office/courses/{course}/preview", "ada", "section", 403),
    Row("/office/courses/{course}/preview/{lesson}", "ada", "transcript", 403),
    Row("/office/courses/{course}/sections/{section}", "ada", "section", 403),
    Row("/studio/{video}/effect", "ed", "video", 403),
    Row("/studio/courses/{quick_course}", "ed", "quick_stem", 403),
    Row("/studio/courses/{quick_course}", "ed", "quick_option", 403),
    Row("/office/reviews/content/{waiting}", "ada", "quick_option", 403),
    # drafts and what waits for review
    Row("/library/{draft}/poster", "ed"),
    Row("/library/{draft}/download", "ed", body={}),
    Row("/library/{waiting}/download", "ada", body={}),
    Row("/studio/{draft}", "ed", "draft", 403),
    Row("/office/reviews/content/{waiting}", "ada", "in_review", 403),
    Row("/office/reviews/published/{video}", "ada", "video", 403),
    Row("/office/courses/{draft_course}", "ada", "draft_course", 403),
    Row("/office/courses/", "ada", "draft_course", 403),
    # questions and papers
    Row("/office/questions/{question}", "ada", "explanation", 403),
    Row("/office/questions", "ada", "stem", 403),
    Row("/office/papers/{paper}", "ada", "stem", 403),
    # attempts
    Row("/attempts/{open}", "lin", "contest_stem"),
    Row("/api/attempts/{open}", "lin", "contest_stem"),
    Row("/attempts/{submitted}/review", "lin", "explanation"),
    Row("/api/attempts/{submitted}", "lin", "stem"),
    # contest and boards
    Row("/contests/{contest}", "lin", "contest"),
    Row("/contests/rounds/{round}", "lin"),
    Row("/contests/rounds/{round}/board", "lin", "person"),
    Row("/contests/rounds/{round}/standings", "lin", "person"),
    Row("/contests/rounds/{round}/units", "lin", "contest"),
    Row("/contests/rounds/{round}/objection", "lin", "contest"),
    Row("/contests/{contest}/team", "lin"),
    Row("/contests/teams/{team}", "lin", "team"),
    Row("/contests/rounds/{round}/teams", "lin", "team"),
    Row("/office/teams/{contest}", "ada", "team", 403),
    Row("/office/contests/rounds/{round}/integrity", "ada", "", 403),
    Row("/office/contests/cases/{case}", "ada", "case", 403),
    Row("/api/boards/{board}", "lin", "person"),
    Row("/office/contests/{contest}", "ada", "contest", 403),
    Row("/office/contests/rounds/{round}/standings", "ada", "person", 403),
    # the final on stage
    Row("/stage/rounds/{stage_round}", "lin", "stage"),
    Row("/office/stage/rounds/{stage_round}", "ada", "stage", 403),
    Row("/office/stage/{final}", "hua", "stage", 403),
    Row("/office/stage/{final}/desk", "hua", "", 403),
    Row("/office/stage/{final}/codes", "hua", "stage", 403),
    Row("/office/stage/{final}/jury", "ada", "stage", 403),
    Row("/office/stage/{final}/scores", "ada", "stage", 403),
    Row("/office/stage/{final}/sheet", "ada", "contest_stem", 403),
    Row("/office/stage/{final}/devices", "ada", "", 403),
    # the live quiz
    Row("/livequiz/rounds/{live_round}", "lin", "live"),
    Row("/livequiz/{quiz}/mine", "lin"),
    Row("/office/livequiz/rounds/{live_round}", "hua", "live", 403),
    Row("/office/livequiz/{quiz}", "hua", "live", 403),
    Row("/office/livequiz/{quiz}/desk", "hua", "", 403),
    Row("/office/livequiz/{quiz}/counts", "hua", "", 403),
    # hours of others, claims and their proofs
    Row("/hours/claims/{claim}", "lin", "claim"),
    Row("/hours/claims/{claim}/proofs/{proof}", "lin"),
    Row("/office/claims/{claim}", "ada", "claim", 403),
    Row("/office/claims/{claim}/proofs/{proof}", "ada", "", 403),
    Row("/office/claims", "ada", "claim", 403),
    Row("/office/hours/people/{lin}", "ada", "hours", 403),
    Row("/office/hours/people/{lin}", "hua", "uncredited", 403),
    Row("/office/hours/people/{lin}", "ada", "relief", 403),
    Row("/office/hours/exemptions", "ada", "relief", 403),
    Row("/office/hours/entries/{entry}", "hua", "hours", 403),
    Row("/office/hours?unit={unit}", "ada", "person", 403),
    # people, units, branches
    Row("/branches/{branch}", "chen", "person"),
    Row("/branches/{branch}", "lin", "person"),
    Row("/office/people", "ada", "person", 403),
    Row("/office/people/{person}", "ada", "duty", 403),
    Row("/office/people/{lin}", "ada", "", 403),
    Row("/office/units/{unit}", "ada", "person", 403),
    Row("/office/branches/{branch}", "wen", "person", 403),
    # gatherings
    Row("/gatherings/{gathering}", "lin", "minutes"),
    Row("/gatherings/{gathering}", "wen", "decision"),
    Row("/branches/{branch}/duties", "lin"),
    Row("/branches/{branch}/duties?year=2025", "wen"),
    # theme days
    Row("/themedays/{branch}/{year}-{month:02}", "lin", "month"),
    Row("/themedays/{branch}/{year}-{month:02}", "chen", "practice"),
    Row("/themedays/{branch}/{year}-{month:02}", "chen", "video"),
    Row("/themedays/{branch}/{year}-{month:02}", "wen", "month"),
    Row("/themedays/{branch}/year/{year}", "lin", "month"),
    # lectures
    Row("/lectures/{lecture}", "lin", "lecture"),
    Row("/lectures/{given}", "lin", "abstract"),
    Row("/gatherings/{heard}/questionnaire", "lin", "lecture"),
    Row("/lectures/{lecture}/slides", "ed", "lecture", 403),
    Row("/lectures/topics/{topic}", "ed", "abstract", 403),
    Row("/office/lectures", "hua", "lecture", 403),
    Row("/office/lectures/topics/{topic}", "hua", "abstract", 403),
    Row("/office/lectures/{lecture}/slot", "hua", "lecture", 403),
    Row("/office/lectures/lecturers/{ed}", "hua", "lecture", 403),
    # stars
    Row("/stars/cycles/{cycle}", "lin", "star"),
    Row("/stars/candidates/{candidate}", "lin", "star_fact"),
    Row("/stars/candidates/{candidate}", "chen", "star_fact"),
    Row("/office/stars/programmes/{programme}", "hua", "star", 403),
    Row("/office/stars/cycles/{cycle}", "ada", "star_objection", 403),
    Row("/office/stars/cycles/candidates/{candidate}", "ada", "star_fact", 403),
    # classes: pages, timetable, homework, and their office
    Row("/classes/{training}", "lin", "training"),
    Row("/classes/{training}", "lin", "homework"),
    Row("/classes/{training}", "lin", "hand_in"),
    Row("/gatherings/{meeting}", "lin", "meeting"),
    Row("/office/classes", "ada", "training", 403),
    Row("/office/classes/{training}", "ada", "training", 403),
    Row("/office/classes/{training}/timetable", "ada", "meeting", 403),
    Row("/office/classes/{training}/enrolments", "ada", "training", 403),
    Row("/office/classes/{training}/homework/{homework}", "ada", "hand_in", 403),
    Row("/office/classes/{training}/closing", "ada", "training", 403),
    # what is one person's own
    # plans and the yearly report
    Row("/plans", "lin", "plan", 200),
    Row("/office/plans", "ada", "plan", 403),
    Row("/office/plans/{plan}", "ada", "plan", 403),
    Row("/office/plans/{plan}/people", "ada", "person", 403),
    Row("/office/plans/{plan}/items/{item}", "ada", "person", 403),
    Row("/office/plans/{plan}/items/{item}/edit", "ada", "course", 403),
    Row("/office/reports", "ada", "", 403),
    Row("/office/reports?unit={unit}", "ada", "", 403),
    Row("/office/tasks/{task}", "ada", "task", 403),
    Row("/office/tasks/{task}/progress", "ada", "", 403),
    Row("/office/tasks/{task}/file", "ada", "task_file", 403),
    Row("/office/feedback/{feedback}", "hua", "feedback", 403),
    Row("/office/feedback/{feedback}", "hua", "word", 403),
    Row("/feedback/{feedback}", "lin", "word"),
    Row("/notices/digests/{digest}", "lin", "reminder"),
    # short records, archives and searches
    Row("/me/records", "lin", "posting", 200),
    Row("/me/records", "lin", "pair", 200),
    Row("/me/records", "ed", "pair", 200),
    Row("/me/records/{posting}", "lin", "posting"),
    Row("/office/records", "ada", "posting", 403),
    Row("/office/records", "ada", "pair", 403),
    Row("/me/archive", "lin", "posting", 200),
    Row("/me/archive?year={archived}", "lin", "amendment", 200),
    Row("/me/archive/file?year={archived}", "lin", "", 200),
    Row("/office/archives/{lin}/{archived}", "hua", "amendment", 403),
    Row("/office/archives/{lin}/{archived}/file", "hua", "", 403),
    Row("/office/talent", "hua", "search", 403),
    Row("/office/talent/{search}", "hua", "search", 403),
    # announcements
    Row("/notices/announcements/{announcement}", "lin", "announced"),
]
BEAT = {"sequence": 1, "from_millis": 0, "to_millis": 1000, "speed_percent": 100, "has_input": True}
WRITE = [
    Row("/api/viewings/{viewing}/beats", "lin", body={"beats": [BEAT]}),
    Row("/api/viewings", "lin", body={"lesson_id": "$lesson"}),
    Row("/courses/{course}/quiz", "lin", body={}),
    Row("/api/attempts", "lin", body={"purpose": "course", "subject_id": "$course"}),
    Row("/api/attempts", "lin", body={"purpose": "contest", "subject_id": "$round"}),
    Row("/contests/rounds/{round}/attempts", "lin", body={}),
    Row("/contests/rounds/{round}/objection", "lin", body={"text": "请复核"}),
    Row("/contests/teams/{team}/members", "lin", body={"staff_no": "chen", "role": "member"}),
    Row("/contests/teams/{team}/captain", "lin", body={"person": "$lin"}),
    Row("/contests/teams/{team}/withdrawal", "lin", body={"reason": ""}),
    Row("/office/contests/cases/{case}/hearing", "ada", "", 403, body={"text": "说明"}),
    Row("/notices/{notice}/reading", "lin", body={}),
    Row("/notices/announcements/{announcement}/reading", "lin", body={}),
    Row("/feedback/{feedback}/messages", "lin", body={"text": "还有一句"}),
    Row("/api/attempts/{open}/lease", "lin", body={"lease": LEASE}),
    Row("/api/attempts/{open}/answers", "lin", body={"item": 1, "sequence": 1, "choice": [0], "lease": LEASE}),
    Row("/api/attempts/{open}/submission", "lin", body={}),
    Row("/attempts/{open}/submission", "lin", body={}),
    Row("/gatherings/{gathering}/leave", "lin", body={"cause": "ill"}),
    Row("/gatherings/decisions/{decision}/completion", "lin", body={}),
    Row("/gatherings/{heard}/questionnaire", "lin", body={f"question_{n}": "4" for n in range(1, 6)}),
    Row("/lectures/{lecture}/slides/{document}", "ed", "", 403, body={}),
    Row("/lectures/{lecture}/slides/removal", "ed", "", 403, body={}),
    Row("/office/lectures/{lecture}/readiness", "hua", "", 403, body={}),
    Row("/stars/cycles/{cycle}/objections", "chen", body={"text": "请复核"}),
    Row("/office/stars/cycles/{open_cycle}/measuring", "hua", "", 403, body={}),
    Row("/office/stars/cycles/objections/{star_objection}/reply", "ada", "", 403, body={"reply": "核对无误"}),
    Row("/office/stars/cycles/candidates/{candidate}/veto", "ada", "", 403, body={"reason": "放弃"}),
    Row("/classes/{training}/enrolment", "lin", body={}),
    Row("/classes/{training}/homework/{homework}", "lin", body={"text": "再改一稿"}),
    Row("/classes/{training}/evaluation", "lin", body={}),
    Row("/office/classes/{training}/enrolments", "ada", "", 403, body={"staff_no": "bo"}),
    Row("/office/classes/{training}/list", "ada", "", 403, body={}),
    Row("/plans/items/{plan_quiz}/quiz", "lin", body={}),
    Row("/office/plans/{plan}/items/{item}/edit", "ada", "", 403, body={"due_on": "2026-12-30", "is_theory": "y"}),
    Row("/office/reports/export", "ada", "", 403, body={}),
    Row("/office/people/export", "ada", "person", 403, body={"reason": "核对"}),
    Row("/office/hours/export", "ada", "person", 403, body={}),
    Row("/hours/claims/{claim}/withdrawal", "lin", body={}),
    Row("/office/contests/rounds/{round}/complete", "ada", "", 403, body={}),
    Row("/stage/rounds/{stage_round}/device", "lin", body={}),
    Row("/livequiz/rounds/{live_round}", "lin", body={}),
    Row("/office/livequiz/rounds/{live_round}", "hua", "", 403, body={"seconds": "60"}),
    Row("/office/livequiz/{quiz}/steps", "hua", "", 403, body={"kind": "paused", "seen": "0"}),
    Row("/office/livequiz/{quiz}/voiding", "hua", "", 403, body={"reason": "选项印错"}),
    Row("/office/stage/{final}/steps", "hua", "", 403, body={"kind": "paused", "seen": "0"}),
    Row("/office/stage/{final}/corrections", "ada", "", 403, body={"team": "1", "points": "5", "reason": "复核"}),
    Row("/office/stage/{final}/marks", "ada", "", 403, body={"mark": "1 10 必答答对"}),
    Row("/office/stage/{final}/judgement", "ada", "", 403, body={"right": "yes", "seen": "0"}),
    Row("/office/records/postings/{asked}/decision", "ada", "", 403, body={"verdict": "confirm"}),
    Row("/me/records/{asked}", "lin", body={"kind": "other", "place": "镇上", "from_on": "2026-01-05"}),
    Row(
        "/office/records/postings",
        "ada",
        "",
        403,
        body={"staff_no": "lin", "kind": "farmland", "place": "村里", "from_on": "2026-01-06"},
    ),
    Row("/office/records/pairs/{pair}/ending", "ada", "", 403, body={"until_on": "2026-01-05", "outcome": "好"}),
    Row("/office/archives/{lin}/{archived}/amendments", "hua", "", 403, body={"reason": "核对"}),
    Row("/office/archives/facts", "hua", "person", 403, body={"facts_year": "$year", "quarter": "4"}),
    Row("/office/talent", "hua", "", 403, body={"reason": "核对", "posting": "rural"}),
]


def check_row(row: Row, browsers: dict[str, Web], north: North, canaries: bool = True) -> None:
    """Raises AssertionError when its reader does not see it, or when somebody of South does."""
    shown = row.ask(browsers[row.seen_by], north)
    assert shown.status_code not in (401, 403, 500), f"{row.seen_by} {row.path}: {shown.status_code}"
    if canaries and row.canary:
        assert shown.status_code == 200, f"{row.seen_by} {row.path}: {shown.status_code}"
        assert CANARIES[row.canary] in readable(shown), f"{row.seen_by} does not see {row.canary} on {row.path}"
    for name in SOUTH:
        refused = row.ask(browsers[name], north)
        assert refused.status_code == row.refusal, f"{name} {row.path}: {refused.status_code}, not {row.refusal}"
        text = readable(refused)
        assert not [word for word in CANARIES.values() if word in text], f"{name} {row.path}"


def browsers_of(web: Web, *names: str) -> dict[str, Web]:
    made = {name: web.as_(name) for name in names}
    for browser in made.values():
        browser.remember_token()
    return made


READERS = ("lin", "chen", "ada", "ed", "hua", "wen")


def test_nothing_of_north_s_is_opened_by_its_address(web: Web, north: North) -> None:
    browsers = browsers_of(web, *READERS, *SOUTH)
    for row in READ:
        shown = row.ask(browsers[row.seen_by], north)
        assert shown.status_code < 400, f"{row.seen_by} {row.path}: {shown.status_code}"
        check_row(row, browsers, north)


def test_nothing_of_north_s_is_changed_or_taken_out(web: Web, north: North, session: Session) -> None:
    browsers = browsers_of(web, *READERS, *SOUTH)
    for row in WRITE:
        check_row(row, browsers, north)
    of_south = select(Attempt.id).where(Attempt.person_id.in_([_id(session, name) for name in SOUTH]))
    assert session.scalars(of_south).all() == []


def test_south_s_keeper_plans_records_and_takes_back_nothing_in_north_s_month(web: Web, north: North) -> None:
    browsers = browsers_of(web, "chen", *SOUTH)
    month = "/themedays/{branch}/{year}-{month:02}"
    for path, body in (("/slip", {"reason": "防汛值班"}), ("/parts/practice/reopening", {"reason": "记错了"})):
        row = Row(month + path, "chen", body=body)
        assert row.ask(browsers["mei"], north).status_code == 404
        assert row.ask(browsers["dana"], north).status_code == 403
    seen = readable(browsers["chen"].client.get(north.address(month)))
    assert CANARIES["practice"] in seen
    assert row.ask(browsers["chen"], north).status_code == 303
    assert CANARIES["practice"] not in readable(browsers["chen"].client.get(north.address(month)))


def test_north_s_make_up_study_is_lin_s_and_her_keeper_s(web: Web, north: North) -> None:
    word = CANARIES["video"]
    for name, sees in (("lin", True), ("bo", False), ("dana", False), ("mei", False)):
        assert (word in readable(web.as_(name).client.get("/themedays/make-ups"))) is sees, name
    month = north.address("/themedays/{branch}/{year}-{month:02}")
    assert "<b>林晓</b>" in readable(web.as_("chen").client.get(month))
    assert "<b>林晓</b>" not in readable(web.as_("bo").client.get(month))


def _id(session: Session, name: str) -> int:
    return session.scalars(select(Person.id).where(Person.staff_no == name)).one()


# --- everywhere ----------------------------------------------------------------------------------------------------

THEY_SEE = {
    "lin": {"course", "lesson", "video", "transcript", "document", "stem", "option", "explanation", "quote", "paper",
            "contest", "contest_stem", "stage", "live", "team", "hours", "uncredited", "feedback", "notice", "person", "gathering", "minutes", "decision",
            "month", "practice", "lecture", "abstract", "star", "star_fact",
            "announcement", "announced", "word", "reminder", "claim", "relief",
            "training", "meeting", "homework", "hand_in", "plan", "posting", "pair", "amendment"},
    "chen": {"course", "lesson", "video", "transcript", "document", "contest", "person", "gathering", "minutes",
             "decision", "month", "practice", "lecture", "abstract", "star", "star_fact"},
    "ada": {"course", "draft_course", "in_review", "stem", "paper", "contest", "stage", "live", "team", "task", "person", "duty",
            "star", "star_fact", "hours", "claim", "relief", "training", "meeting", "plan",
            "posting", "pair"},
}  # fmt: skip


@pytest.mark.parametrize("name", SOUTH)
def test_south_meets_no_word_of_north_s_on_any_link_address_or_search(
    web: Web, session: Session, north: North, name: str
) -> None:
    reader = Reader(web.as_(name))
    reader.crawl()
    reader.read(every_address(web.app, session))
    reader.search()
    assert len(reader.seen) > 300
    assert reader.found == {}


@pytest.mark.parametrize("name", THEY_SEE)
def test_whom_it_is_meant_for_finds_it_the_same_way(web: Web, session: Session, north: North, name: str) -> None:
    reader = Reader(web.as_(name))
    reader.crawl()
    reader.read(every_address(web.app, session) if name == "lin" else [])
    reader.search()
    found = set(reader.found)
    assert THEY_SEE[name] <= found, THEY_SEE[name] - found
    assert name == "lin" or not {"notice", "feedback"} & found
    assert name in ("lin", "ada") or not {"hours", "uncredited", "claim", "relief", "posting", "pair"} & found
    assert name == "lin" or "amendment" not in found
    assert "search" not in found, "why HR searched is read by HR and in the audit log"
    assert name == "ada" or not {"task", "task_file", "duty", "draft", "draft_course", "in_review"} & found


def test_search_finds_north_s_lecture_by_two_characters_for_lin_and_never_for_dana(web: Web, north: North) -> None:
    for name in ("course", "video", "transcript", "document"):
        url = f"/library/?q={CANARIES[name][:2]}"
        assert CANARIES[name] in readable(web.as_("lin").get(url)), name
        assert CANARIES[name] not in readable(web.as_("dana").get(url)), name
    assert CANARIES["document"] in readable(web.as_("lin").get("/library/?q=zqpdfnorthpage"))
    assert CANARIES["document"] not in readable(web.as_("dana").get("/library/?q=zqpdfnorthpage"))


# --- files ---------------------------------------------------------------------------------------------------------


def test_a_link_to_a_file_works_for_whom_it_was_made_and_for_no_other_sign_in(web: Web, north: North) -> None:
    lin = web.as_("lin")
    others = [web.as_("dana"), web.as_("mei"), web.as_("bo"), web.as_("lin")]
    for path in ("{lesson}/play", "{lesson}/poster", "{reading}/pages/1", "{reading}/pages/1/small"):
        link = lin.client.get(north.address(f"/courses/lessons/{path}")).headers["Location"]
        assert len(lin.get(link).data) > 100
        for other in others:
            assert other.client.get(link).status_code == 404
        assert web.client.get(link).status_code == 303


def test_a_link_in_dana_s_hands_to_a_file_of_her_own_opens_no_other_file(web: Web, north: North) -> None:
    lin = web.as_("lin")
    play = lin.client.get(north.address("/courses/lessons/{lesson}/play")).headers["Location"]
    page = lin.client.get(north.address("/courses/lessons/{reading}/pages/1")).headers["Location"]
    first, second = play.split("/")[2], page.split("/")[2]
    swapped = second.split("-")[0] + first[first.index("-") :]
    lin.get(f"/media/{swapped}/page-1.webp", 404)


# --- keys ----------------------------------------------------------------------------------------------------------


def test_keys_and_explanations_are_seen_by_nobody_before_release_and_by_their_candidate_after(
    web: Web, session: Session, north: North
) -> None:
    review = north.address("/attempts/{handed_in}/review")
    for name in ("lin", "bo", "dana"):
        reader = Reader(web.as_(name))
        reader.crawl()
        reader.read(every_address(web.app, session))
        assert "contest_explanation" not in reader.found, (name, reader.found["contest_explanation"])
    with travel(north.closes_at + timedelta(seconds=1), tick=False):
        assert CANARIES["contest_explanation"] not in readable(web.as_("bo").get(review))
    with travel(north.closes_at + timedelta(minutes=2), tick=False):
        assert CANARIES["contest_explanation"] in readable(web.as_("bo").get(review))
        for name in ("lin", *SOUTH):
            web.as_(name).get(review, 404)


def test_the_description_of_the_interface_speaks_of_keys_to_their_keepers_only(web: Web, north: North) -> None:
    document = web.get("/api/openapi.json").get_json()
    schemas = document["components"]["schemas"]
    assert "explanation" in schemas.pop("KeptQuestion")["properties"]
    assert document["paths"]["/api/questions"]["get"]["security"][1] == {"token": ["questions:read"]}
    text = json.dumps(document, ensure_ascii=False)
    assert "choice" in text
    assert not [word for word in ("answer_key", "explanation", "AnswerKey", "fraction") if word in text]
    assert not [word for word in CANARIES.values() if word in text]


# --- what is published ---------------------------------------------------------------------------------------------


def test_north_s_published_ranking_is_in_no_export_for_south(
    web: Web, session: Session, cast: SimpleNamespace, north: North
) -> None:
    _publish(web, session, cast, north)
    with travel(north.closes_at + timedelta(days=30), tick=False):
        browsers = browsers_of(web, "lin", "ada", *SOUTH)
        for ending in ("published", "published.xlsx", "published.pdf", "published.json", "published/proof.json"):
            check_row(Row(f"/contests/rounds/{{round}}/{ending}", "lin", "person"), browsers, north)
        complete = Row("/office/contests/rounds/{round}/complete", "ada", "person", 403, body={})
        check_row(complete, browsers, north)


def _publish(web: Web, session: Session, cast: SimpleNamespace, north: North) -> None:
    """Closed, settled, reviewed by ada, on notice, published by hua."""
    at = north.closes_at + timedelta(minutes=30)
    with travel(at, tick=False):
        quizzes.close_due(web.app.extensions["make_session"], contests.settle_attempt, at)

        def line() -> contest_queries.RoundLine:
            session.flush()
            session.expire_all()
            found = contest_queries.find_round(session, north.round, now=clock.now())
            assert found is not None
            return found

        contests.end_round(session, line(), actor_id=None, now=at)
        assert contests.settle_round(session, line(), now=at)
        contests.review(session, line(), note="", actor_id=cast.ada.id, now=at)
        contests.start_notice(session, line(), actor_id=cast.hua.id, now=at)
    with travel(north.closes_at + timedelta(days=29), tick=False):
        board = boards.find_board(session, north.board)
        assert board is not None
        contests.publish(session, line(), board, keys=web.app.extensions["keys"], actor_id=cast.hua.id, now=clock.now())
    session.commit()


# --- these tests notice a hole -------------------------------------------------------------------------------------


def _own_or_not(session: Session, _person_id: int, attempt_id: int) -> Attempt | None:
    return session.get(Attempt, attempt_id)


def _sitting_of_anybody(session: Session, _person_id: int, attempt_id: int) -> Sitting | None:
    attempt = session.get(Attempt, attempt_id)
    return find_own_sitting(session, attempt.person_id, attempt_id) if attempt else None


MUTANTS: list[tuple[str, Any, str]] = [
    ("lms.courses.access._in_audience", lambda *_: True, "/library/{video}"),
    ("lms.courses.queries.library.is_for", lambda *_: true(), "/library/?q="),
    ("lms.courses.queries.library.above", lambda *_: list(range(1, 500)), "/library/?q=鸬鹚"),
    ("lms.courses.access.is_author", lambda *_: True, "/library/{draft}/poster"),
    ("lms.contests.queries.audiences_of", lambda *_: list(range(1, 500)), "/contests/{contest}"),
    ("lms.quizzes.queries.find_own_sitting", _sitting_of_anybody, "/attempts/{open}"),
    ("lms.quizzes.queries.find_own_attempt", _own_or_not, "/attempts/{submitted}/review"),
    ("lms.notices.announcement_queries.meant_for", lambda *_: true(), "/notices/announcements/{announcement}"),
    (
        "lms.claims.access.own_claim",
        lambda session, _me, claim_id: session.get(Claim, claim_id),
        "/hours/claims/{claim}",
    ),
    ("lms.people.access.may_read_branch", lambda *_: True, "/branches/{branch}"),
    ("lms.gatherings.access.is_meant", lambda *_: True, "/lectures/{lecture}"),
    ("lms.lectures.queries.is_meant", lambda *_: true(), "/lectures?q="),
    ("lms.people.principal.Principal.can", lambda *_: True, "/office/tasks"),
    ("lms.quizzes.release_rules.visible", lambda *_, **__: frozenset(Part), "/attempts/{handed_in}/review"),
]


def test_each_check_taken_away_is_noticed(web: Web, north: North, monkeypatch: pytest.MonkeyPatch) -> None:
    browsers = browsers_of(web, *READERS, "bo", *SOUTH)
    for name, weak, path in MUTANTS:
        row = Row(path, "lin", refusal=404)
        assert not _lets_through(row, browsers, north), name
        with monkeypatch.context() as patch:
            patch.setattr(name, weak)
            assert _lets_through(row, browsers, north), f"{name} taken away goes unnoticed"


def _lets_through(row: Row, browsers: dict[str, Web], north: North) -> bool:
    """Somebody of South gets through, or bo meets a key too early."""
    answers = [row.ask(browsers[name], north) for name in SOUTH]
    words = [word for word in CANARIES.values() if any(word in readable(answer) for answer in answers)]
    key = CANARIES["contest_explanation"] in readable(row.ask(browsers["bo"], north))
    opened = "q=" not in row.path and any(answer.status_code < 400 for answer in answers)
    return bool(words) or key or opened
