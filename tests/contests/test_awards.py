"""What follows from a publication: certificates, hours and notices, each once; and what a correction makes of them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lms import clock
from lms.certificates.models import Certificate
from lms.certificates.rules import State
from lms.contests import award_queries, award_services, checks, services
from lms.contests.award_models import RoundEffect
from lms.contests.award_rules import AwardRule, HonourChange
from lms.contests.errors import ContestMoved
from lms.contests.rules import Phase
from lms.errors import Conflict, Invalid
from lms.hours.models import HourEntry
from lms.leaderboard import queries as boards
from lms.leaderboard import rules
from lms.leaderboard import services as board_services
from lms.leaderboard.errors import AlreadyPublished
from lms.leaderboard.models import PublishedRanking
from lms.leaderboard.services import annulments
from lms.notices.models import Notice
from lms.tasks.services import TaskContext, run_due
from tests.contests.conftest import Running

RULE = AwardRule("业务标兵", 2, 0, 80_000, 24, 60_000)
KINDS = {award_services.FOLLOW: award_services.follow}


class Published:
    """A running contest that is published and corrected."""

    def __init__(self, running: Running, keys, cast, make_session):
        self.running, self.keys, self.cast, self.make_session = running, keys, cast, make_session

    def choose(self, rule=RULE):
        running = self.running
        award_services.choose_award(
            running.session, running.line, rule, actor_id=self.cast.hua.id, now=running.now
        )  # fmt: skip

    def publish(self):
        running = self.running
        running.move_to(Phase.NOTICE)
        running.round.notice_until_on = clock.today(running.now) - timedelta(days=1)
        services.publish(
            running.session, running.line, running.board, keys=self.keys, actor_id=self.cast.hua.id, now=running.now
        )
        self.follow()

    def correct(self, reason="第 3 题答案更正"):
        running = self.running
        services.correct(
            running.session, running.line, running.board, keys=self.keys, reason=reason, actor_id=self.cast.hua.id,
            now=running.now,
        )  # fmt: skip
        self.follow()

    def follow(self):
        self.running.session.commit()
        run_due(self.make_session, KINDS, {})
        self.running.session.expire_all()

    def certificates(self):
        """Name → (serial's number, first line, state), in order of serials."""
        rows = self.running.session.scalars(select(Certificate).order_by(Certificate.id))
        return [(one.holder, int(one.serial[-6:]), one.state, one.lines[0]) for one in rows]

    def notices(self):
        query = select(Notice).where(Notice.link.like("%published")).order_by(Notice.id)
        return [(one.person_id, one.text) for one in self.running.session.scalars(query)]

    def quarters(self):
        rows = self.running.session.execute(
            select(HourEntry.person_id, HourEntry.quarters).where(HourEntry.source_kind == "contest")
        )
        found = {}
        for person_id, quarters in rows:
            found[person_id] = found.get(person_id, 0) + quarters
        return found


@pytest.fixture
def published(running, keys, cast, make_session):
    running.hand_in(cast.lin, right=10)
    running.hand_in(cast.bo, right=9)
    running.hand_in(cast.dana, right=7)
    running.hand_in(cast.chen, right=4)
    return Published(running, keys, cast, make_session)


def test_a_publication_names_certifies_credits_and_tells_once(published, cast, session):
    published.choose()
    published.publish()
    ranking = boards.find_publication(session, published.running.round.board_id)
    complete, public = boards.load_complete(session, ranking), boards.load_public(session, ranking)
    assert [row["person_id"] for row in complete["honours"]] == [cast.lin.id, cast.bo.id]
    assert [row["name"] for row in public["honours"]] == [cast.lin.name, cast.bo.name]
    assert "person_id" not in public["honours"][0]
    assert [(name, number, state) for name, number, state, _ in published.certificates()] == [
        (cast.lin.name, 1, State.VALID), (cast.bo.name, 2, State.VALID),
    ]  # fmt: skip
    assert "获第 1 名" in published.certificates()[0][3]
    assert published.quarters() == {cast.lin.id: 24, cast.bo.id: 24, cast.dana.id: 24}
    told = dict(published.notices())
    assert told.keys() == {cast.lin.id, cast.bo.id, cast.dana.id}, "nobody else is affected"
    assert "证书已发，记 6 学时" in told[cast.lin.id]


def test_nothing_chosen_nothing_follows(published, session):
    published.publish()
    ranking = boards.find_publication(session, published.running.round.board_id)
    assert "honours" not in boards.load_complete(session, ranking)
    assert (published.certificates(), published.quarters(), published.notices()) == ([], {}, [])


def test_a_correction_replaces_withdraws_and_issues_and_tells_only_those_affected(published, cast, session):
    """lin falls to 50 points: bo is first now, dana (70) has not the 80 points, and chen's line stays."""
    published.choose()
    published.publish()
    session.query(Notice).delete()
    running = published.running
    lins = boards.find_own(session, running.board, cast.lin.id).source_id
    board_services.revise(session, running.round.board_id, {lins: 50_000}, now=running.now)
    published.correct()
    assert [(name, number, state) for name, number, state, _ in published.certificates()] == [
        (cast.lin.name, 1, State.WITHDRAWN),
        (cast.bo.name, 2, State.REPLACED),
        (cast.bo.name, 3, State.VALID),
    ]
    assert "获第 1 名" in published.certificates()[2][3]
    assert published.quarters() == {cast.lin.id: 0, cast.bo.id: 24, cast.dana.id: 24}
    told = dict(published.notices())
    assert told.keys() == {cast.lin.id, cast.bo.id, cast.dana.id}
    assert told[cast.lin.id].endswith("不再是业务标兵，证书已撤销，冲减 6 学时")
    assert told[cast.dana.id].endswith("你由第 3 名改为第 2 名")
    public = boards.load_public(session, boards.find_publication(session, running.round.board_id))
    assert [row["name"] for row in public["honours"]] == [cast.bo.name]
    assert public["changes"][0] == {
        "name": cast.bo.name, "old_place": 2, "new_place": 1, "old_score_millis": 90_000, "new_score_millis": 90_000,
    }  # fmt: skip

    board_services.revise(session, running.round.board_id, {lins: 100_000}, now=running.now)
    published.correct("复核恢复")
    assert published.quarters() == {cast.lin.id: 24, cast.bo.id: 24, cast.dana.id: 24}
    valid = [(name, number) for name, number, state, _ in published.certificates() if state is State.VALID]
    assert valid == [(cast.lin.name, 4), (cast.bo.name, 5)], "who is named again has a new paper"


def test_who_is_annulled_keeps_neither_certificate_nor_hours(published, cast, session):
    published.choose()
    published.publish()
    annulments.annul(session, published.running.round.board_id, cast.bo.id, now=published.running.now)
    published.correct("经调查不计入名次")
    assert {name: state for name, _, state, _ in published.certificates()}[cast.bo.name] is State.WITHDRAWN
    assert published.quarters()[cast.bo.id] == 0
    assert dict(published.notices())[cast.bo.id].startswith("“不动产登记专场”的公布名次有更正：你的成绩不再计入名次")


def test_fifty_repeats_of_a_publication_and_of_its_task_have_one_effect(published, cast, session, make_session):
    """R05."""
    published.choose()
    published.publish()
    running = published.running
    for _ in range(50):
        with pytest.raises((Conflict, ContestMoved, AlreadyPublished)):
            services.publish(
                session, running.line, running.board, keys=published.keys, actor_id=cast.hua.id, now=running.now
            )
        session.rollback()

    round_id = running.round.id
    session.commit()

    def at_once(_):
        context = TaskContext(0, None, {"round_id": round_id, "version": 1}, make_session, running.now, {})
        return award_services.follow(context)["done"]

    with ThreadPoolExecutor(5) as pool:
        assert sum(pool.map(at_once, range(50))) == 0
    session.expire_all()
    assert [number for _, number, _, _ in published.certificates()] == [1, 2]
    assert published.quarters() == {cast.lin.id: 24, cast.bo.id: 24, cast.dana.id: 24}
    assert len(published.notices()) == 3


def test_a_task_that_was_killed_halfway_is_finished_by_the_next_run(published, cast, session, monkeypatch):
    published.choose()
    monkeypatch.setattr(award_services, "AT_ONCE", 1)
    real, calls = award_services._apply_some, []

    def killed(*args):
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("killed")
        return real(*args)

    monkeypatch.setattr(award_services, "_apply_some", killed)
    published.publish()
    assert len(session.scalars(select(RoundEffect)).all()) in (1, 3)
    monkeypatch.setattr(award_services, "_apply_some", real)
    number = {"round_id": published.running.round.id, "version": 1}
    session.commit()
    award_services.follow(TaskContext(0, None, number, published.make_session, published.running.now, {}))
    session.expire_all()
    assert [number for _, number, _, _ in published.certificates()] == [1, 2]
    assert len(published.notices()) == 3


def test_the_preview_says_exactly_what_then_follows(published, cast, session):
    published.choose()
    running = published.running
    before = award_queries.preview(session, running.line)
    assert (before.is_first, before.count(HonourChange.NAMED), before.credited) == (True, 2, 3)
    published.publish()
    kept = {(one.person_id, one.honour, one.quarters) for one in session.scalars(select(RoundEffect))}
    assert kept == {(one.person_id, one.honour, one.quarters) for one in before.effects}
    assert award_queries.preview(session, running.line).effects == []
    followed = award_queries.find_followed(
        session, running.round, boards.find_publication(session, running.round.board_id)
    )
    assert (followed.expected, followed.done, followed.honours, followed.quarters) == (3, 3, 2, 72)


def test_the_award_is_chosen_before_the_publication_and_hours_are_given_once(published, cast, make_contest):
    published.choose()
    published.publish()
    with pytest.raises(ContestMoved):
        published.choose()
    other = Published(make_contest(title="另一场", hours_quarters=24), published.keys, cast, published.make_session)
    with pytest.raises(Invalid):
        other.choose()


# --- verified -----------------------------------------------------------------------------------------------------


def test_every_version_is_counted_again_from_the_journal_it_was_made_of(published, cast, session):
    published.choose()
    published.publish()
    board_id = published.running.round.board_id
    lins = boards.find_own(session, published.running.board, cast.lin.id).source_id
    board_services.revise(session, board_id, {lins: 50_000}, now=published.running.now)
    published.correct()
    report = board_services.verify(session, published.keys)
    assert (report.faults, report.publications, report.listed) == ([], 2, 8)
    found = checks.verify(session)
    assert (found.faults, found.honours, found.effects, found.waiting) == ([], 3, 6, 0)


def spoiled(session, model, **values):
    session.execute(update(model).values(values))
    session.commit()
    session.expire_all()


def test_a_version_that_does_not_follow_from_its_journal_is_found(published, cast, session, keys):
    """Positive control: sealed with the site's own key, so digest and signature fit, and still not what the journal says."""
    published.choose()
    published.publish()
    ranking = boards.find_publication(session, published.running.round.board_id)
    complete = boards.load_complete(session, ranking)
    first, *others = complete["people"]
    better = complete | {"people": [first | {"score_millis": 99_000}, *others]}
    public = rules.public_part(published.running.board.rule, better)
    spoiled(session, PublishedRanking, **board_services.sealed(keys, public, better))
    (fault,) = board_services.verify(session, keys).faults
    assert f"person {cast.lin.id}: published (1, 99000" in fault
    unseen = rules.public_part(published.running.board.rule, complete) | {"total": 99}
    spoiled(session, PublishedRanking, **board_services.sealed(keys, unseen, complete))
    (fault,) = board_services.verify(session, keys).faults
    assert "the public list does not follow from the complete one" in fault


def test_honours_effects_and_certificates_that_do_not_follow_are_found(published, cast, session, keys):
    published.choose()
    published.publish()
    ranking = boards.find_publication(session, published.running.round.board_id)
    complete = boards.load_complete(session, ranking)
    spoiled(session, RoundEffect, quarters=99)
    assert len(checks.verify(session).faults) == 3
    spoiled(session, RoundEffect, quarters=24)
    spoiled(session, Certificate, state=State.WITHDRAWN)
    (fault,) = checks.verify(session).faults
    assert "without a certificate that stands" in fault
    spoiled(session, Certificate, state=State.VALID)
    assert checks.verify(session).faults == []
    fewer = complete | {"honours": complete["honours"][:1]}
    spoiled(
        session,
        PublishedRanking,
        **board_services.sealed(keys, rules.public_part(published.running.board.rule, fewer), fewer),
    )
    assert any("by the rule" in fault for fault in checks.verify(session).faults)


def test_what_waits_for_its_task_is_counted_and_no_fault(published, session, monkeypatch):
    published.choose()
    monkeypatch.setattr(Published, "follow", lambda self: None)
    published.publish()
    session.commit()
    found = checks.verify(session)
    assert (found.faults, found.effects, found.waiting) == ([], 0, 3)
