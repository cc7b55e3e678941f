"""S03: an exam whose key, explanation, basis, rubric, comment and notes are unique words, from the bell to the release.

Everything candidates can be sent is crawled in each phase: pages of exam, practice, results, appeals and tokens, the interface with a
sign-in and with a token, exports and headers. What is found after the release, and by those whose work it is, is the control.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.config import Keys
from lms.people.line_rules import Line
from lms.people.models import Unit
from lms.people.services import accounts, tokens
from lms.people.token_rules import TokenScope
from lms.quizzes import key_queries, services
from lms.quizzes.models import Appeal, Attempt, AttemptItem, Paper, QuestionVersion
from lms.quizzes.regrade_rules import Act
from lms.quizzes.rules import Kind, Marking, Purpose
from lms.quizzes.services import hand_marks, regrade
from lms.quizzes.services.bank import Content
from lms.quizzes.services.papers import PaperSettings
from tests.journeys.north import Reader, every_address, readable
from tests.support.web import Web

WORDS = {
    "key": "鲮鲤穴要点",
    "choice_key": "鲂鮄湾正解",
    "explanation": "鳑鲏溪解析",
    "quote": "鳜鲈港法条",
    "rubric": "鲟鳇江评分",
    "comment": "鲥鲚浦评语",
    "correction": "鲔鲣礁更正",
    "practice_key": "鲻鲅渚练习",
    "phone": "13912345678",
}
AFTER_RELEASE = {"key", "choice_key", "explanation", "quote", "rubric", "comment"}
LEASE = "lease-of-lins-own-phone"
CANDIDATES = ("lin", "bo", "dana")
EXPORTS = ("/office/question-export", "/office/people/export", "/office/questions/bulk")


@pytest.fixture
def paper(session: Session, cast: SimpleNamespace, keys: Keys) -> Paper:
    """A blank, a single choice and a short answer, released by hand; bo has a phone, and one question is only for practice."""
    now = clock.now()
    unit = session.scalars(select(Unit).where(Unit.parent_id.is_(None))).one()
    basis = {"law": "土地管理法", "article": "第四条", "quote": WORDS["quote"]}
    contents = [
        Content(Kind.BLANK, "划定的是____。", [], [[WORDS["key"]]], WORDS["explanation"], basis),
        Content(Kind.SINGLE, "哪一项对？", [WORDS["choice_key"], "林地"], [0]),
        Content(Kind.SHORT, "简述占补平衡。", [], [], marking=Marking(rubric=WORDS["rubric"])),
        Content(Kind.BLANK, "练习里问的是____。", [], [[WORDS["practice_key"]]]),
    ]
    by = {"owner_unit_id": unit.id, "by_id": None, "now": now}
    asked = [services.create_question(session, content, line=Line.LAND, **by).id for content in contents]
    settings = PaperSettings("论述", is_released_by_hand=True, is_shuffled=False, duration_seconds=3600)
    made = services.create_fixed_paper(session, settings, asked[:3], **by)
    accounts.set_phone(session.merge(cast.bo), WORDS["phone"], keys)
    session.commit()
    return made


@pytest.fixture
def tokens_of(session: Session, cast: SimpleNamespace) -> dict[str, str]:
    """A token of every scope for each candidate."""
    made = {}
    for name in CANDIDATES:
        person, now = getattr(cast, name), clock.now()
        made[name] = tokens.make_token(
            session, person.id, name="脚本", scopes=tuple(TokenScope), days=30, by=person.name, now=now
        )
    session.commit()
    return made


Look = Callable[[str], dict[str, set[str]]]


@pytest.fixture
def look(web: Web, session: Session, tokens_of: dict[str, str]) -> Look:
    """`look("lin")`: the words somebody meets, by where; everything that can be asked for is asked for."""

    def everything(name: str) -> dict[str, set[str]]:
        reader = Reader(web.as_(name), WORDS)
        reader.crawl()
        reader.read(every_address(web.app, session))
        reader.read(["/tokens", "/practice", "/practice/book", "/practice/topics", "/api/results", "/api/openapi.json"])
        bearer = {"Authorization": f"Bearer {tokens_of[name]}"}
        for url in ("/api/results", "/api/questions"):
            reader.look(readable(web.client.get(url, headers=bearer)), f"{url} by token")
        for url in EXPORTS:
            refused = reader.client.post(url, data={"csrf_token": web.as_(name).csrf_token(), "reason": "核对"})
            assert refused.status_code >= 400, url
            reader.look(readable(refused), url)
        return reader.found

    return everything


def begin(session: Session, paper: Paper, person_id: int, at: datetime) -> Attempt:
    attempt = services.start_attempt(
        session, paper, person_id=person_id, purpose=Purpose.PRACTICE, subject_id=7, now=at
    )
    session.commit()
    return attempt


def answered(browser: Web, attempt: Attempt) -> list[Any]:
    """Every reply to somebody who answers all three, wrongly, and hands in."""
    api = f"/api/attempts/{attempt.id}"
    replies = [browser.call(f"{api}/lease", {"lease": LEASE})]
    for item, choice in ((1, ["别的"]), (2, [1]), (3, ["占一补一"])):
        body = {"item": item, "sequence": 1, "choice": choice, "lease": LEASE}
        replies.append(browser.call(f"{api}/answers", body))
        replies.append(browser.call(f"{api}/answers", body | {"choice": [1, 0]}, 409))
    return replies


def nothing(_session: Session, _attempt: Attempt, _now: datetime) -> None:
    """No consequences."""


def test_no_candidate_meets_a_canary_before_its_release_and_its_candidate_does_after(
    web: Web, session: Session, cast: SimpleNamespace, paper: Paper, look: Look
) -> None:
    attempt = begin(session, paper, cast.lin.id, clock.now())
    lin = web.as_("lin")
    replies = answered(lin, attempt)
    assert not [word for word in WORDS.values() if word in str(replies)]
    for phase in ("during", "after submission", "marked"):
        if phase == "after submission":
            told = lin.call(f"/api/attempts/{attempt.id}/submission", {})
            assert told["score_millis"] is None
        if phase == "marked":
            _mark(session, attempt, cast)
        for name in CANDIDATES:
            met = look(name)
            allowed = {"choice_key"} if name == "lin" else set()  # asked as an option; that it is right is not told
            assert set(met) <= allowed, (phase, name, {k: v for k, v in met.items() if k not in allowed})
    hand_marks.release_results(session, paper, by_id=cast.hua.id, now=clock.now())
    session.commit()
    met = look("lin")
    assert set(met) == AFTER_RELEASE, set(met) ^ AFTER_RELEASE
    assert f"/attempts/{attempt.id}/review" in met["key"]
    assert look("bo") == {}


def _mark(session: Session, attempt: Attempt, cast: SimpleNamespace) -> None:
    hand_marks.mark_answer(
        session, attempt, 3, score_millis=1000, comment=WORDS["comment"], marker_id=cast.hua.id, resettle=lambda *_: None,
        now=clock.now(),
    )  # fmt: skip
    session.commit()


def test_markers_and_keepers_meet_what_is_theirs_and_candidates_what_an_appeal_says_only_after_it(
    web: Web, session: Session, cast: SimpleNamespace, paper: Paper, look: Look
) -> None:
    """The control of the rubric and of the bank, and the reason of a correction, which is nobody's before it is told."""
    attempt = begin(session, paper, cast.lin.id, clock.now())
    answered(web.as_("lin"), attempt)
    services.submit(session, session.merge(attempt), settle=nothing, now=clock.now() + timedelta(seconds=1))
    session.commit()
    hua = Reader(web.as_("hua"), WORDS)
    hua.see(f"/office/marking/{paper.id}")
    hua.see("/api/questions")
    assert {"rubric", "key", "explanation", "quote", "practice_key"} <= set(hua.found)
    assert "phone" not in hua.found
    assert not set(look("bo"))
    _mark(session, session.merge(attempt), cast)
    hand_marks.release_results(session, paper, by_id=cast.hua.id, now=clock.now())
    session.commit()
    appeal = {"text": "请复核"}
    web.as_("lin").post(f"/attempts/{attempt.id}/questions/2/appeal", appeal)
    assert session.scalars(select(Appeal)).one().reply == ""
    assert "correction" not in look("lin")
    _correct(session, attempt, cast)
    assert "correction" not in look("bo")


def _correct(session: Session, attempt: Attempt, cast: SimpleNamespace) -> None:
    item = session.get_one(AttemptItem, (attempt.id, 2))
    version = session.get_one(QuestionVersion, item.version_id)
    before = key_queries.find_standing(session, version.id)
    regrade.correct(
        session, version, Act.KEY, [1], before=before, reason=WORDS["correction"], by_id=cast.hua.id, now=clock.now()
    )
    session.commit()
