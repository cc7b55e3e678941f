"""What North has for itself, one of each kind, every text with a word that stands nowhere else; and how a reader looks for it everywhere."""

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from html import unescape
from itertools import product
from random import Random
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import pypdfium2 as pdfium
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from lms import clock
from lms.archive import queries as archives
from lms.archive import services as archiving
from lms.archive import talent
from lms.archive.models import ArchivedYear, TalentSearch
from lms.claims import services as claims
from lms.claims.models import Claim
from lms.claims.rules import ClaimKind, Wanted
from lms.contests import integrity_services, team_queries, team_services
from lms.contests import queries as contest_queries
from lms.contests import services as contests
from lms.contests.integrity_models import IntegrityCase
from lms.contests.models import Contest, Round
from lms.contests.rules import RoundKind
from lms.contests.services.contests import Plan
from lms.contests.team_models import Team
from lms.contests.team_rules import Deadlines, MemberRole, Sizes
from lms.contests.team_services import Hand
from lms.courses.models import Course, CourseImport, Lesson, Resource, Section, Viewing
from lms.courses.quick_rules import QuickQuestion
from lms.courses.review_rules import ResourceKind, ReviewStep, Verdict
from lms.courses.services import contents, courses, quick, viewings
from lms.courses.services import resources as library
from lms.courses.services.courses import CourseFacts
from lms.courses.services.resources import Facts
from lms.db import Base
from lms.demo.cast import NORTH, NORTH_BRANCH
from lms.gatherings import services as gatherings
from lms.gatherings.kind_rules import GatheringKind
from lms.gatherings.models import Decision, Gathering
from lms.gatherings.rules import Mark
from lms.hours import services as hours
from lms.hours.models import HourEntry, HourExemption, RuleVersion
from lms.hours.requirement_rules import Exemption
from lms.hours.rules import Bucket, Source
from lms.leaderboard.models import Board
from lms.lectures import queries as lecture_queries
from lms.lectures.models import Lecture, Topic
from lms.lectures.services import scheduling, topics
from lms.lectures.services.scheduling import Slot
from lms.lectures.services.topics import Offer
from lms.livequiz import services as livequiz
from lms.livequiz.models import LiveQuiz
from lms.media import services as media
from lms.notices import services as notices
from lms.notices.models import Announcement, Channel, Delivery, Digest, Feedback, Notice, Reminder
from lms.notices.services import announcing
from lms.people.line_rules import Line
from lms.people.models import Branch, Person, RosterImport, Unit
from lms.people.principal import principal_of
from lms.people.rules import DutyStatus, PartyStatus, RankBand
from lms.people.services import accounts
from lms.quizzes import services as quizzes
from lms.quizzes.models import Attempt, Paper, Question, QuestionImport
from lms.quizzes.rules import Kind, Purpose
from lms.quizzes.services import Content, PaperSettings
from lms.records import services as records
from lms.records.models import MentorPair, Posting
from lms.records.rules import PostingKind
from lms.records.services import Stretch
from lms.stage import services as stage
from lms.stage.models import StageFinal
from lms.stars import queries as star_queries
from lms.stars import services as stars
from lms.stars.models import StarCandidate, StarCycle, StarObjection, StarProgramme
from lms.stars.period_rules import Period, due_spans
from lms.stars.preset_rules import PRESETS
from lms.stars.rules import CycleState
from lms.stars.services import Draft
from lms.storage import Storage
from lms.tasks import services as tasks
from lms.tasks.models import Task, TaskState
from lms.themedays import services as themedays
from lms.themedays.models import BranchMonth, MakeUp, MonthPack, Part
from lms.themedays.rules import PartKind, month_text
from lms.training import services as classes
from lms.training.class_rules import ClassKind
from lms.training.models import ClassEnrolment, HandIn, Homework, TrainingClass
from lms.training.plan_models import PlanItem, TrainingPlan
from lms.training.plan_rules import ItemKind
from lms.training.services import Plan as ClassPlan
from tests.media import files
from tests.support.web import Web

HOUR = timedelta(hours=1)

# Each word is looked for as a whole; its first two characters are what a search is asked, so that an echo of the query is no find.
CANARIES = {
    "course": "鸬鹚湾专课",
    "lesson": "鹈鹕岸课时",
    "video": "鹡鸰滩视频",
    "transcript": "鸊鷉洲讲稿",
    "document": "鸂鶒渚文档",
    "page": "ZQPDFNORTHPAGE",
    "draft_course": "翡翠坞草稿课",
    "draft": "鸳鸯浦草稿",
    "in_review": "鹧鸪岭待审",
    "stem": "鹳雀楼题干",
    "option": "鹂鹒亭选项",
    "explanation": "鸱鸮谷解析",
    "star": "鸿鹄台评星",
    "star_fact": "鹓鶵台事迹",
    "star_objection": "鹪鹩台异议",
    "quote": "鹘鸼峡法条",
    "paper": "鹪鹩林试卷",
    "contest": "鹦鹉洲比拼",
    "stage": "鸥鹭滩现场赛",
    "live": "鹢鹓埠同答",
    "contest_stem": "鸿鹄池题干",
    "team": "鹬蚌滩队",
    "case": "鹗鹫崖案由",
    "contest_explanation": "鹍鹏海解析",
    "hours": "鹁鸽堂学时",
    "uncredited": "鸧鹒塞未计",
    "feedback": "鸲鹆桥意见",
    "notice": "鸤鸠坡消息",
    "task": "鹎鵊原任务",
    "task_file": "ZQTASKFILENORTH",
    "person": "鹔鹴",
    "duty": "鹖鴠冠职务",
    "section": "鹮鹬汀章节",
    "quick_stem": "鹯鹞崖速课题干",
    "quick_option": "鹟鹨坪速课选项",
    "gathering": "鹇雉冈活动",
    "minutes": "鸰鹣浦记录",
    "decision": "鹐鵰堰决定",
    "announcement": "鹍鹒洼通知",
    "announced": "鷫鷞荡通知内容",
    "word": "鸀鳿潭补充",
    "reminder": "鸄鷚滩提醒",
    "claim": "鸻鹬湾申报",
    "relief": "鸬鹮岛减免",
    "month": "鹭鸶汀主题",
    "practice": "鸥鹢浦实践",
    "lecture": "鹎鶲坪讲座",
    "abstract": "鹟鷚埭摘要",
    "training": "鹑鷃墩培训班",
    "meeting": "鵟鹨坡课次",
    "homework": "鸨鸹滩作业",
    "hand_in": "鸮鹗岩心得",
    "plan": "鹪鹠冈计划",
    "posting": "鸀鹕坳实践",
    "pair": "鹚鹤泊结对",
    "amendment": "鶗鴂汀更正",
    "search": "鷾鸸崖查询",
}


@dataclass
class North:
    """The things of North by id, as tests name them in addresses: `north.course`, `north.attempt`, …"""

    ids: dict[str, int]
    closes_at: datetime

    def __getattr__(self, name: str) -> int:
        return self.ids[name]

    def address(self, pattern: str) -> str:
        return pattern.format(**self.ids)


def build(session: Session, cast: SimpleNamespace, storage: Storage, run_tasks: Callable[[], int]) -> North:
    """Everything through the services of its domain, as of now."""
    now = clock.now().replace(microsecond=0)
    unit = session.scalars(select(Unit).where(Unit.name == NORTH)).one()
    branch = session.scalars(select(Branch).where(Branch.name == NORTH_BRANCH)).one()
    made = _Maker(session, cast, storage, unit, now)
    ids = {"unit": unit.id, "branch": branch.id, "person": made.person(branch).id, "lin": cast.lin.id}
    ids |= made.shelf(run_tasks)
    ids |= made.bank(ids["course"])
    ids |= made.competition()
    ids |= made.stage()
    ids |= made.live()
    ids |= made.papers_of_lin(ids["lesson"])
    ids |= made.task_of_ada()
    ids |= made.announcement_of_ada()
    ids |= made.theme_day(branch)
    ids |= made.month(branch, ids["gathering"], ids["video"])
    ids |= made.lecture()
    ids |= made.stars()
    run_tasks()  # proofs are looked at
    ids |= made.training()
    ids |= made.plan(ids["course"])
    ids |= made.growth()
    ids |= made.archive()
    session.commit()
    return North(ids, now + HOUR)


@dataclass
class _Maker:
    session: Session
    cast: SimpleNamespace
    storage: Storage
    unit: Unit
    now: datetime

    def _principal(self, name: str) -> Any:
        return principal_of(self.session, self.session.merge(getattr(self.cast, name)), self.now)

    def person(self, branch: Branch) -> Person:
        person = accounts.create_person(
            self.session, staff_no="north-canary", name=CANARIES["person"], rank_band=RankBand.TOWNSHIP,
            birth_year=1991, title=CANARIES["duty"], now=self.now,
        )  # fmt: skip
        status = {"party_status": PartyStatus.FULL, "duty_status": DutyStatus.ON_DUTY}
        accounts.place(self.session, person, self.unit, branch, from_on=clock.today(self.now), **status)  # type: ignore[arg-type]
        return person

    # --- courses

    def shelf(self, run_tasks: Callable[[], int]) -> dict[str, int]:
        video = self._resource("video", ResourceKind.VIDEO, "lecture.mp4", files.video())
        document = self._resource("document", ResourceKind.DOCUMENT, "paper.pdf", files.pdf(CANARIES["page"], "two"))
        draft = self._resource("draft", ResourceKind.DOCUMENT, "draft.pdf", files.pdf("draft"))
        waiting = self._resource("in_review", ResourceKind.DOCUMENT, "waiting.pdf", files.pdf("waiting"))
        run_tasks()
        video, document, draft, waiting = (
            self.session.get_one(Resource, r.id) for r in (video, document, draft, waiting)
        )
        quick_course = self._quick(waiting)
        library.submit_resource(self.session, waiting, now=self.now)
        for each in (video, document):
            self._publish(each)
        course = self._course("course")
        section = contents.add_section(self.session, course, CANARIES["section"])
        lessons = [
            contents.add_lesson(self.session, course, video, title=CANARIES["lesson"]),
            contents.add_lesson(self.session, course, document, title=""),
        ]
        courses.publish_course(self.session, course, by=self._principal("ada"), now=self.now)
        names = {"video": video.id, "document": document.id, "draft": draft.id, "waiting": waiting.id}
        more = {"course": course.id, "draft_course": self._course("draft_course").id}
        more |= {"quick_course": quick_course, "section": section.id}
        return names | more | {"lesson": lessons[0].id, "reading": lessons[1].id}

    def _quick(self, resource: Resource) -> int:
        """A quick course of ed's whose questions wait for the reviewers."""
        made = quick.draft_quick(self.session, resource, author=self._principal("ed"), now=self.now)
        asked = QuickQuestion(
            stem=CANARIES["quick_stem"], options=(CANARIES["quick_option"], "别的", "", ""), right=(0,)
        )
        course = self.session.get_one(Course, made.course_id)
        quick.settle_quick(self.session, made, course, resource, quick.Settings(self.unit.id, False, True), [asked])
        return course.id

    def _resource(self, name: str, kind: ResourceKind, file_name: str, content: bytes) -> Resource:
        ed = self._principal("ed")
        file = media.receive(
            self.session, io.BytesIO(content), name=file_name, owner_id=ed.id, storage=self.storage, now=self.now
        )
        captions = f"WEBVTT\n\n00:00.000 --> 00:01.000\n{CANARIES['transcript']}\n" if name == "video" else ""
        facts = Facts(
            CANARIES[name], "", Line.LAND, ed.name, self.unit.id, captions_vtt=captions,
            transcript=CANARIES["transcript"] if captions else "", required_reading_seconds=10,
        )  # fmt: skip
        return library.draft_resource(
            self.session, ed, kind, facts, file=file, owner_unit_id=self.unit.id, now=self.now
        )

    def _publish(self, resource: Resource) -> None:
        library.submit_resource(self.session, resource, now=self.now)
        for step, name in ((ReviewStep.CONTENT, "ada"), (ReviewStep.SECRECY, "rui")):
            library.review_resource(
                self.session, resource, step, Verdict.APPROVED, reviewer=self._principal(name),
                version=resource.version, is_unclassified=step is ReviewStep.SECRECY, now=self.now,
            )  # fmt: skip

    def _course(self, name: str) -> Course:
        facts = CourseFacts(
            CANARIES[name], "", Line.LAND, "易德", self.unit.id, None, is_required=True, professional=False
        )
        return courses.create_course(self.session, facts, owner_unit_id=self.unit.id, now=self.now)

    # --- questions, papers, contest

    def _question(self, content: Content, line: Line) -> Question:
        return quizzes.create_question(
            self.session, content, owner_unit_id=self.unit.id, line=line, by_id=None, now=self.now
        )

    def bank(self, course_id: int) -> dict[str, int]:
        basis = {"law": "土地管理法", "article": "第四条", "quote": CANARIES["quote"]}
        options = [CANARIES["option"], "林地"]
        asked = Content(Kind.SINGLE, CANARIES["stem"], options, [0], CANARIES["explanation"], basis)
        question = self._question(asked, Line.LAND)
        paper = quizzes.create_fixed_paper(
            self.session,
            PaperSettings(CANARIES["paper"]),
            [question.id],
            owner_unit_id=self.unit.id,
            by_id=None,
            now=self.now,
        )
        self.session.get_one(Course, course_id).paper_id = paper.id
        attempt = quizzes.start_attempt(
            self.session, paper, person_id=self.cast.lin.id, purpose=Purpose.COURSE, subject_id=course_id, now=self.now
        )
        quizzes.submit(self.session, attempt, settle=lambda *_: None, now=self.now)
        return {"question": question.id, "paper": paper.id, "submitted": attempt.id}

    def competition(self) -> dict[str, int]:
        """A contest for North alone: lin is answering, bo and the canary have handed in."""
        for kind, difficulty, n in product((Kind.SINGLE, Kind.MULTIPLE, Kind.BOOLEAN), (1, 2), range(4)):
            stem = f"{CANARIES['contest_stem']}{kind.value}{difficulty}{n}"
            key = [0, 1] if kind is Kind.MULTIPLE else [0]
            text = CANARIES["contest_explanation"]
            self._question(Content(kind, stem, ["甲", "乙", "丙"], key, text, difficulty=difficulty), Line.REGISTRATION)
        on = clock.today(self.now - HOUR)
        plan = Plan(CANARIES["contest"], Line.REGISTRATION, self.now - HOUR, self.now + HOUR, on, audience=self.unit)
        contest = contests.create_from_preset(
            self.session, plan, owner=self.unit, actor_id=self.cast.hua.id, now=self.now - HOUR
        )
        self.session.flush()
        contests.open_contest(self.session, contest, actor_id=self.cast.hua.id, now=self.now - HOUR)
        (line,) = contest_queries.list_rounds_of(self.session, contest.id, now=self.now)
        canary = self.session.scalars(select(Person).where(Person.staff_no == "north-canary")).one()
        started = {}
        for name, person in (("open", self.cast.lin), ("handed_in", self.cast.bo), ("canary_attempt", canary)):
            who = principal_of(self.session, self.session.merge(person), self.now)
            started[name] = contests.start(self.session, line, who, now=self.now)
        for name in ("handed_in", "canary_attempt"):
            quizzes.submit(self.session, started[name], settle=contests.settle_attempt, now=self.now)
        ids = {name: attempt.id for name, attempt in started.items()}
        ids |= self._team(contest.id) | self._case(line)
        return ids | {"contest": contest.id, "round": line.round.id, "board": line.round.board_id}

    def _team(self, contest_id: int) -> dict[str, int]:
        """lin leads a team, bo is in it."""
        deadlines = Deadlines(self.now + HOUR, self.now + HOUR)
        contest, organiser = self.session.get_one(Contest, contest_id), self.cast.hua.id
        team_services.set_terms(self.session, contest, Sizes(), deadlines, actor_id=organiser, now=self.now)
        self.session.flush()
        terms, hand = team_queries.find_terms(self.session, contest_id), Hand(self.cast.lin.id)
        assert terms is not None
        lin, bo = (self.session.get_one(Person, person.id) for person in (self.cast.lin, self.cast.bo))
        team = team_services.enter_team(
            self.session, terms, name=CANARIES["team"], unit_id=self.unit.id, captain=lin, hand=hand, now=self.now
        )
        self.session.flush()
        head = team_queries.find_team(self.session, team.id)
        assert head is not None
        team_services.join(self.session, head, bo, MemberRole.MEMBER, hand=hand, now=self.now)
        return {"team": team.id}

    def _case(self, line: contest_queries.RoundLine) -> dict[str, int]:
        people, reason = [self.cast.lin.id, self.cast.bo.id], CANARIES["case"]
        case = integrity_services.open_case(
            self.session, line, people, [], reason=reason, actor_id=self.cast.ada.id, now=self.now
        )
        return {"case": case.id}

    def stage(self) -> dict[str, int]:
        """A contest of North alone that is fought on stage, prepared for a team of lin's and one of bo's."""
        by, on, at = self.cast.hua.id, clock.today(self.now - HOUR), self.now - HOUR
        plan = Plan(
            CANARIES["stage"], Line.REGISTRATION, at, self.now + HOUR, on, audience=self.unit, kind=RoundKind.STAGE
        )
        contest = contests.create_from_preset(self.session, plan, owner=self.unit, actor_id=by, now=at)
        self.session.flush()
        contests.open_contest(self.session, contest, actor_id=by, now=at)
        sizes, deadlines = Sizes(1, 2, 0, 2, 1), Deadlines(self.now + HOUR, self.now + HOUR)
        team_services.set_terms(self.session, contest, sizes, deadlines, actor_id=by, now=at)
        self.session.flush()
        terms = team_queries.find_terms(self.session, contest.id)
        assert terms is not None
        for captain, name in ((self.cast.lin, "北区一队"), (self.cast.bo, "北区二队")):
            team_services.enter_team(
                self.session, terms, name=name, unit_id=self.unit.id, captain=self.session.merge(captain),
                hand=Hand(by, is_organiser=True), now=at,
            )  # fmt: skip
        self.session.flush()
        (line,) = contest_queries.list_rounds_of(self.session, contest.id, now=self.now)
        final = stage.prepare(self.session, line, actor_id=by, rng=Random(3), now=self.now)
        self.session.flush()
        return {"stage_contest": contest.id, "stage_round": line.round.id, "final": final.id}

    def live(self) -> dict[str, int]:
        """A contest of North alone with a live quiz: lin has joined, its first question is announced."""
        by, on, at = self.cast.hua.id, clock.today(self.now - HOUR), self.now - HOUR
        plan = Plan(
            CANARIES["live"], Line.REGISTRATION, at, self.now + HOUR, on, audience=self.unit, kind=RoundKind.LIVE
        )
        contest = contests.create_from_preset(self.session, plan, owner=self.unit, actor_id=by, now=at)
        self.session.flush()
        contests.open_contest(self.session, contest, actor_id=by, now=at)
        (line,) = contest_queries.list_rounds_of(self.session, contest.id, now=self.now)
        quiz = livequiz.prepare(self.session, line, seconds=120, actor_id=by, rng=Random(4), now=self.now)
        lin = principal_of(self.session, self.session.get_one(Person, self.cast.lin.id), self.now)
        contests.join(self.session, line, lin, now=self.now)
        self.session.flush()
        return {"live_round": line.round.id, "quiz": quiz.id}

    # --- what is lin's and ada's own

    def papers_of_lin(self, lesson_id: int) -> dict[str, int]:
        lin, session = self.cast.lin.id, self.session
        on = clock.today(self.now)
        hours.credit(
            session, person_id=lin, source=Source("course", 9001), bucket=Bucket.ONLINE, quarters=3, on=on,
            title=CANARIES["hours"], evidence={}, now=self.now,
        )  # fmt: skip
        hours.note_uncredited(
            session, person_id=lin, source=Source("course", 9002), reason=CANARIES["uncredited"], title="一课", on=on,
            now=self.now,
        )  # fmt: skip
        feedback = notices.give_feedback(session, lin, page="/", text=CANARIES["feedback"], now=self.now)
        proof = media.receive(
            session, io.BytesIO(files.picture()), name="proof.png", owner_id=lin, storage=self.storage, now=self.now
        )
        wanted = Wanted(ClaimKind.TRAINING, CANARIES["claim"], "省厅", on, on, Bucket.OFFLINE, days=1)
        claim = claims.submit(session, lin, wanted, [proof.id], now=self.now)
        entry = hours.find_entry(
            session, person_id=lin, source=Source("course", 9001), bucket=Bucket.ONLINE, year=on.year
        )
        assert entry is not None
        relief = hours.propose(
            session, lin, Exemption(on, on), reason=CANARIES["relief"], by_id=self.cast.ada.id, now=self.now
        )
        hours.decide(session, relief, approve=True, note="", by_id=self.cast.hua.id, now=self.now)
        notice = notices.tell(session, lin, CANARIES["notice"], "/hours", now=self.now)
        assert notice is not None
        session.flush()
        notices.add_word(session, feedback, text=CANARIES["word"], now=self.now)
        digest = Digest(person_id=lin, on=on, at=self.now)
        session.add(digest)
        session.flush()
        about = {"week": on, "on": on, "text": CANARIES["reminder"], "link": "/hours"}
        session.add(Reminder(digest_id=digest.id, person_id=lin, item="north:1", **about))
        viewing, _ = viewings.open_viewing(session, session.get_one(Lesson, lesson_id), person_id=lin, now=self.now)
        session.flush()
        more = {"claim": claim.id, "proof": proof.id, "entry": entry.id, "exemption": relief.id}
        return {"feedback": feedback.id, "notice": notice.id, "viewing": viewing.id, "digest": digest.id} | more

    def announcement_of_ada(self) -> dict[str, int]:
        """Published to North; its draft twin is ada's alone."""
        text, audience = notices.Text(CANARIES["announcement"], CANARIES["announced"]), notices.Audience(self.unit)
        drafted, published = (
            announcing.draft(self.session, text, audience, author_id=self.cast.ada.id, now=self.now) for _ in range(2)
        )
        announcing.publish(self.session, published, by="安达", now=self.now)
        return {"announcement": published.id, "announcement_draft": drafted.id}

    def task_of_ada(self) -> dict[str, int]:
        task = tasks.enqueue(
            self.session, "north.canary", {}, owner_id=self.cast.ada.id, title=CANARIES["task"], now=self.now
        )
        self.storage.put("files/canary.txt", io.BytesIO(CANARIES["task_file"].encode()), mime="text/plain")
        task.state, task.result = TaskState.DONE, {"file_key": "files/canary.txt", "file_name": "north.txt"}
        return {"task": task.id}

    def theme_day(self, branch: Branch) -> dict[str, int]:
        """Yesterday's, rolled and written up, with a decision that lin carries out."""
        by_id, then = self.cast.chen.id, self.now - timedelta(days=1)
        wanted = gatherings.Plan(
            kind=GatheringKind.THEME_DAY, title=CANARIES["gathering"], starts_at=then, ends_at=then + 2 * HOUR,
            host_id=by_id, recorder_id=by_id,
        )  # fmt: skip
        made = gatherings.plan(self.session, branch, wanted, by_id=by_id, now=then)
        absent = gatherings.Tap(self.cast.lin.id, Mark.ABSENT)
        gatherings.mark(self.session, made, [absent], by_id=by_id, now=then)
        gatherings.all_present(self.session, made, by_id=by_id, now=then)
        gatherings.close_roll(self.session, made, by_id=by_id, now=then)
        gatherings.write_minutes(self.session, made, {"points": CANARIES["minutes"]}, by_id=by_id, now=then)
        about = {"text": CANARIES["decision"], "owner_id": self.cast.lin.id, "due_on": clock.today(self.now)}
        decision = gatherings.add_decision(self.session, made, **about, link="/gatherings", by_id=by_id, now=then)  # type: ignore[arg-type]
        self.session.flush()
        return {"gathering": made.id, "decision": decision.id}

    def training(self) -> dict[str, int]:
        """A class of North's own from tomorrow on: lin has a place and has handed homework in."""
        on, by_id, lin = clock.today(self.now) + timedelta(days=1), self.cast.ada.id, self.cast.lin.id
        plan = ClassPlan(
            ClassKind.BASIC, CANARIES["training"], on, on, 5, self.now - HOUR, self.now + HOUR, officer_id=by_id
        )
        made = classes.propose(self.session, self.unit, plan, by_id=by_id, now=self.now)
        classes.decide(self.session, made, approve=True, note="", by_id=self.cast.hua.id, now=self.now)
        starts_at = clock.at_local(on, 9)
        lesson = classes.MeetingPlan(CANARIES["meeting"], starts_at, starts_at + 3 * HOUR)
        meeting = classes.add_meeting(self.session, made, lesson, by_id=by_id, now=self.now)
        classes.open_enrolment(self.session, made, by_id=by_id, now=self.now)
        row = classes.enrol(self.session, made, lin, by_id=lin, now=self.now)
        about = {"title": CANARIES["homework"], "text": "", "due_at": starts_at, "by_id": by_id, "now": self.now}
        homework = classes.set_homework(self.session, made, **about)  # type: ignore[arg-type]
        handed = classes.hand_in(self.session, homework, lin, text=CANARIES["hand_in"], media_id=None, now=self.now)
        self.session.flush()
        ids = {"training": made.id, "meeting": meeting.id, "homework": homework.id, "hand_in": handed.id}
        return ids | {"enrolment": row.id}

    def plan(self, course_id: int) -> dict[str, int]:
        """A published plan of North's own: its course, and a quiz."""
        year, by_id = clock.today(self.now).year, self.cast.ada.id
        about: dict[str, Any] = {"by_id": by_id, "now": self.now}
        plan = classes.draft_plan(self.session, self.unit, year=year, title=CANARIES["plan"], **about)
        due_on, paper_id = date(year, 12, 31), self.session.scalars(select(Paper.id)).first()
        assert paper_id is not None
        theory = classes.Wanted(ItemKind.COURSE, course_id, CANARIES["course"], due_on, is_theory=True)
        item = classes.add_item(self.session, plan, theory, **about)
        quiz = classes.add_item(self.session, plan, classes.Wanted(ItemKind.QUIZ, paper_id, "测验", due_on), **about)
        classes.publish_plan(self.session, plan, **about)
        self.session.flush()
        return {"plan": plan.id, "item": item.id, "plan_quiz": quiz.id}

    def month(self, branch: Branch, gathering_id: int, video_id: int) -> dict[str, int]:
        """Under its own theme: the lesson by that gathering, which lin makes up with North's own video; the practice apart."""
        on, by_id = clock.today(self.now) - timedelta(days=1), self.cast.chen.id
        first = on.replace(day=1)
        of_month = themedays.open_month(self.session, branch, first, now=self.now)
        of_month.theme = CANARIES["month"]
        gathering = self.session.get_one(Gathering, gathering_id)
        themedays.cover(self.session, branch, first, PartKind.LESSON, gathering, by_id=by_id, now=self.now)
        about = {"on": on, "note": CANARIES["practice"], "by_id": by_id, "now": self.now}
        themedays.record_apart(self.session, branch, first, PartKind.PRACTICE, **about)  # type: ignore[arg-type]
        part = self.session.scalars(select(Part).where(Part.kind == PartKind.LESSON)).one()
        part.resource_id = video_id
        due_on = clock.today(self.now) + timedelta(days=29)
        missed = MakeUp(part_id=part.id, gathering_id=gathering_id, person_id=self.cast.lin.id, due_on=due_on)
        missed.resource_id, missed.opened_at = video_id, self.now
        self.session.add(missed)
        self.session.flush()
        return {"year": first.year, "month": first.month, "make_up": missed.id}

    def lecture(self) -> dict[str, int]:
        """Of ed for North, in two hours; and one that was given yesterday, where lin and ed were."""
        hua, then = self.cast.hua.id, self.now - timedelta(days=2)
        offer = Offer(CANARIES["lecture"], CANARIES["abstract"], "北区干部", 4)
        year = clock.today(then).year
        topic = topics.propose(
            self.session, offer, year=year, person_id=self.cast.ed.id, unit_id=self.unit.id, now=then
        )
        self.session.flush()
        topics.approve(self.session, topic, by_id=hua, link="/lectures/mine", now=then)
        made = []
        for starts_at in (self.now - timedelta(days=1), self.now + 2 * HOUR):
            slot = Slot(starts_at, starts_at + HOUR, "三楼会议室", self.unit)
            made.append(scheduling.schedule(self.session, topic, slot, link_of=str, by_id=hua, now=then))
        self.session.flush()
        line = lecture_queries.find_line(self.session, made[0].id)
        assert line is not None
        gatherings.all_present(self.session, line.gathering, by_id=hua, now=line.gathering.starts_at)
        gatherings.close_roll(self.session, line.gathering, by_id=hua, now=line.gathering.ends_at)
        self.session.flush()
        return {
            "topic": topic.id,
            "lecture": made[1].id,
            "given": made[0].id,
            "heard": line.gathering.id,
            "ed": self.cast.ed.id,
        }

    # --- short records and the archive

    def growth(self) -> dict[str, int]:
        """A confirmed posting of lin's, one that waits, ed as her mentor, and a search of hua's."""
        ada, lin, on = self.cast.ada.id, self.cast.lin.id, clock.today(self.now) - timedelta(days=40)
        made = []
        for kind in (PostingKind.RURAL, PostingKind.OTHER):
            stretch = Stretch(kind, CANARIES["posting"], on, None, "")
            made.append(records.propose_posting(self.session, lin, stretch, by_id=lin, now=self.now))
        records.decide_posting(self.session, made[0], confirm=True, note="", by_id=ada, now=self.now)
        pair = records.pair_up(
            self.session, self.cast.ed.id, lin, subject=CANARIES["pair"], from_on=on, by_id=ada, now=self.now
        )
        asked = {"posting": PostingKind.RURAL.value}
        search = talent.search(self.session, asked, reason=CANARIES["search"], by_id=self.cast.hua.id, now=self.now)
        return {"posting": made[0].id, "asked": made[1].id, "pair": pair.id, "search": search.id}

    def archive(self) -> dict[str, int]:
        """Last year of lin's is closed; a posting that came to light later is its second version."""
        hua, lin, year = self.cast.hua.id, self.cast.lin, clock.today(self.now).year - 1
        archiving.close_people(self.session, year, [lin.id], now=self.now)
        stretch = Stretch(PostingKind.PETITION, CANARIES["posting"], date(year, 3, 1), date(year, 4, 1), "")
        late = records.propose_posting(self.session, lin.id, stretch, by_id=lin.id, now=self.now)
        records.decide_posting(self.session, late, confirm=True, note="", by_id=hua, now=self.now)
        self.session.flush()
        standing = archives.find_newest(self.session, lin.id, year)
        assert standing is not None
        archiving.amend(
            self.session, self.session.merge(lin), standing, reason=CANARIES["amendment"], by_id=hua, now=self.now
        )
        return {"archived": year}

    # --- stars

    def stars(self) -> dict[str, int]:
        """A programme of North's own that collects recommendations, one on notice, each with lin as candidate."""
        now, root = self.now, {"by_id": self.cast.hua.id, "now": self.now}
        draft = Draft(PRESETS["learning"], CANARIES["star"], Period.QUARTER)
        programme = stars.create_programme(self.session, draft, self.unit, **root)  # type: ignore[arg-type]
        stars.start_programme(self.session, programme, **root)  # type: ignore[arg-type]
        first, second = due_spans(Period.MONTH, since=date(2026, 1, 1), today=date(2026, 3, 2))
        for span in (first, second):
            stars.open_cycle(self.session, programme, span, now=now)
        found = [line.cycle for line in star_queries.list_cycles_of(self.session, programme.id)]
        noticed, recommending = found
        one = {}
        for cycle, state in ((noticed, CycleState.NOTICE), (recommending, CycleState.RECOMMENDING)):
            candidate = StarCandidate(
                cycle_id=cycle.id, holder_id=self.cast.lin.id, name=self.cast.lin.name, unit_id=self.unit.id,
                unit_name=self.unit.name, branch_id=self.branch_of_lin(), parts=self.parts(), gates=[],
                score_millis=10_000, place=1 if state is CycleState.NOTICE else None,
            )  # fmt: skip
            self.session.add(candidate)
            cycle.state, cycle.measured_at, cycle.head_count = state, now, 1
            cycle.recommend_until_on = clock.today(now) + timedelta(days=5)
            cycle.notice_from_on = clock.today(now)
            cycle.notice_until_on = clock.today(now) + timedelta(days=5)
            one[state] = candidate
        self.session.flush()
        objection = StarObjection(
            cycle_id=noticed.id, person_id=self.cast.lin.id, text=CANARIES["star_objection"], filed_at=now
        )
        self.session.add(objection)
        self.session.flush()
        return {
            "programme": programme.id, "cycle": noticed.id, "open_cycle": recommending.id,
            "candidate": one[CycleState.RECOMMENDING].id, "star_objection": objection.id,
        }  # fmt: skip

    def branch_of_lin(self) -> int:
        return self.session.scalars(select(Branch.id).where(Branch.name == NORTH_BRANCH)).one()

    @staticmethod
    def parts() -> list[dict[str, Any]]:
        fact = {"amount": 1000, "text": CANARIES["star_fact"], "on": "2026-02-01", "link": ""}
        return [{"source": "lectures", "label": "讲课", "weight": 10, "points": 10_000, "facts": [fact]}]


# --- looking everywhere --------------------------------------------------------------------------------------------

HOLDERS: dict[str, type[Base]] = {
    "course_id": Course, "lesson_id": Lesson, "resource_id": Resource, "attempt_id": Attempt, "question_id": Question,
    "paper_id": Paper, "person_id": Person, "unit_id": Unit, "branch_id": Branch, "contest_id": Contest,
    "team_id": Team, "case_id": IntegrityCase, "round_id": Round, "board_id": Board, "task_id": Task, "feedback_id": Feedback, "notice_id": Notice,
    "viewing_id": Viewing, "section_id": Section, "gathering_id": Gathering, "decision_id": Decision,
    "announcement_id": Announcement, "digest_id": Digest, "channel_id": Channel, "delivery_id": Delivery,
    "claim_id": Claim, "entry_id": HourEntry, "exemption_id": HourExemption, "version_id": RuleVersion,
    "pack_id": MonthPack,
    "lecture_id": Lecture, "topic_id": Topic,
    "programme_id": StarProgramme, "cycle_id": StarCycle, "candidate_id": StarCandidate, "objection_id": StarObjection,
    "class_id": TrainingClass, "homework_id": Homework, "hand_in_id": HandIn, "enrolment_id": ClassEnrolment,
    "plan_id": TrainingPlan, "item_id": PlanItem, "final_id": StageFinal, "quiz_id": LiveQuiz,
    "posting_id": Posting, "pair_id": MentorPair, "search_id": TalentSearch,
}  # fmt: skip
IMPORTS = {
    "admin.rosters.show": RosterImport, "quizzes_admin.preview_import": QuestionImport,
    "course_building.importing": CourseImport, "course_building.import_state": CourseImport,
}  # fmt: skip
NODES: dict[str, type[Base]] = {"admin.units": Unit, "admin.branches": Branch}
LINK = re.compile(r"""(?:href|src|action|poster|data-[\w-]+)=["']([^"']+)["']""")
SEARCHED = ("/library/?q={}", "/library/?kind=course&q={}", "/office/people?q={}", "/office/questions?q={}",
            "/office/courses/?q={}", "/office/reviews/published?q={}", "/office/audit?q={}", "/office/accounts?q={}",
            "/office/grants?q={}")  # fmt: skip


def ids_of(session: Session, rule: Rule) -> Iterator[dict[str, Any]]:
    """The rule's arguments filled in every way that names something in the database."""
    ranges: list[Iterable[Any]] = []
    names = sorted(rule.arguments)
    for name in names:
        converter = rule._converters[name]
        if name in HOLDERS:
            ranges.append(session.scalars(select(HOLDERS[name].id)).all())  # type: ignore[attr-defined]
        elif name == "node_id":
            ranges.append(session.scalars(select(NODES[rule.endpoint.rpartition(".")[0]].id)).all())  # type: ignore[attr-defined]
        elif name == "import_id":
            ranges.append(session.scalars(select(IMPORTS[rule.endpoint].id)).all())
        elif hasattr(converter, "items"):
            ranges.append(sorted(converter.items))
        elif name == "month":
            ranges.append(sorted(month_text(month) for month in session.scalars(select(BranchMonth.month).distinct())))
        elif name == "year" and rule.endpoint.startswith("archive_office."):
            ranges.append(sorted(session.scalars(select(ArchivedYear.year).distinct())))
        elif name == "year":
            ranges.append(sorted({month.year for month in session.scalars(select(BranchMonth.month).distinct())}))
        elif name == "kind" and rule.endpoint.startswith("theme_parts."):
            ranges.append(list(PartKind))
        elif name == "number":
            ranges.append((1, 2, 3))
        else:
            return
    yield from (dict(zip(names, values, strict=True)) for values in product(*ranges))


def every_address(app: Flask, session: Session) -> list[str]:
    """Every GET address of the site with every id there is; bearer addresses (media links, big screens) are told apart."""
    adapter = app.url_map.bind("localhost")
    rules = [r for r in app.url_map.iter_rules() if "GET" in (r.methods or ()) and r.endpoint != "site.static_file"]
    return [adapter.build(r.endpoint, values) for r in rules for values in ids_of(session, r)]


class Reader:
    """Looks for the canaries in every byte a person is answered: `found` tells which were met, and where."""

    def __init__(self, browser: Web, canaries: Mapping[str, str] = CANARIES) -> None:
        self.client, self.found, self.canaries = browser.client, dict[str, set[str]](), canaries
        self.seen: set[str] = set()

    def see(self, url: str) -> TestResponse:
        self.seen.add(url)
        answer = self.client.get(url)
        text = readable(answer)
        assert answer.status_code != 500, f"{url}: {text[:500]}"
        self.look(text, url)
        return answer

    def look(self, text: str, where: str) -> None:
        for name, canary in self.canaries.items():
            if canary in text:
                self.found.setdefault(name, set()).add(where)

    def read(self, urls: Iterable[str]) -> None:
        for url in urls:
            self.see(url)

    def search(self) -> None:
        for name, canary in CANARIES.items():
            start = canary[:2] if not canary.isascii() else canary[:8].lower()
            start = start[:1] if name == "person" else start
            self.read(pattern.format(start) for pattern in SEARCHED)

    def crawl(self, most: int = 450) -> int:
        """Every link from the first page on, breadth first; how many addresses were seen."""
        waiting, seen = ["/", "/office"], set()
        while waiting and len(seen) < most:
            url = waiting.pop(0)
            if url in seen:
                continue
            seen.add(url)
            waiting += _links(self.see(url), url)
        return len(seen)


def _links(answer: TestResponse, url: str) -> list[str]:
    if "Location" in answer.headers:
        return [_local(urljoin(url, answer.headers["Location"]))]
    if answer.mimetype != "text/html":
        return []
    found = [_local(urljoin(url, unescape(link))) for link in LINK.findall(answer.get_data(as_text=True))]
    return [link for link in found if link.startswith("/") and not link.startswith(("/static/", "//"))]


def _local(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("", "http") or parts.netloc not in ("", "localhost"):
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")


def readable(answer: TestResponse) -> str:
    """Body, with the insides of packed files, JSON escapes and the pages of a PDF, and headers, as text."""
    body = answer.data
    pieces = [body]
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            pieces += [packed.read(name) for name in packed.namelist()]
    text = "\n".join(piece.decode("utf-8", "replace") for piece in pieces)
    if body.startswith(b"%PDF"):
        with pdfium.PdfDocument(body) as paper:
            pages = "".join(page.get_textpage().get_text_range() for page in paper)
        text += re.sub(r"(?<=[\u4e00-\u9fff]) (?=\w)", "", pages)  # paper sets them apart
    if answer.mimetype == "application/json":
        text += re.sub(r"\\u([0-9a-f]{4})", lambda m: chr(int(m[1], 16)), text)
    return unescape(text) + "\n" + unquote(str(answer.headers))
