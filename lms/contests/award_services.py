"""What follows from a published ranking is chosen before, and done by a task that may be repeated: each effect once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.audit import services as audit
from lms.certificates import rules as certificate_rules
from lms.certificates import services as certificates
from lms.certificates.rules import Kind
from lms.contests import award_queries, award_rules, queries
from lms.contests.award_models import RoundAward, RoundEffect
from lms.contests.award_queries import VersionEffects
from lms.contests.award_rules import AwardRule, Effect, HonourChange
from lms.contests.errors import ContestMoved
from lms.contests.queries import RoundLine
from lms.contests.rules import Phase
from lms.db import insert_ignore, unit_of_work, upsert
from lms.errors import Invalid
from lms.hours import services as hours
from lms.hours.rules import Bucket, Source
from lms.leaderboard import queries as boards
from lms.leaderboard.models import PublishedRanking
from lms.notices import services as notices
from lms.tasks import services as tasks
from lms.tasks.services import TaskContext

FOLLOW = "contests.follow"
CONTEST = "contest"  # what hours come from
HONOUR, TEAM_HONOUR = "contest_honour", "contest_team_honour"  # what certificates come from: a RoundEffect
AT_ONCE = 50


def choose_award(session: Session, line: RoundLine, rule: AwardRule, *, actor_id: int, now: datetime) -> None:
    """What will follow from the round's publication. Raises ContestMoved once it is published, Invalid for hours where the round gives
    them at hand-in already."""
    if line.phase is Phase.PUBLISHED:
        raise ContestMoved()
    if rule.hours_quarters and line.round.hours_quarters:
        raise Invalid("这一轮交卷及格时已经记学时，公布后不能再记一次。", field="hours")
    row = {"round_id": line.round.id, "rule": rule.to_json(), "chosen_by_id": actor_id, "chosen_at": now}
    upsert(session, RoundAward, [row], key=["round_id"], update=["rule", "chosen_by_id", "chosen_at"])
    audit.record(session, actor_id, "round:award", f"round:{line.round.id}", rule.to_json(), now=now)


def follow_later(session: Session, line: RoundLine, published: PublishedRanking, *, now: datetime) -> None:
    """A task does what follows from this version, once the transaction that publishes it is stored."""
    detail = {"round_id": line.round.id, "version": published.version}
    title = f"公布后的证书和学时：{line.contest.title}"
    tasks.enqueue(session, FOLLOW, detail, owner_id=published.published_by_id, title=title, now=now)


def follow(context: TaskContext) -> dict[str, Any]:
    """Everything up to this version is done, the earlier versions first. Running it again, or twice at once, changes nothing."""
    round_id, last, done = int(context.input["round_id"]), int(context.input["version"]), 0
    for version in range(1, last + 1):
        with context.make_session() as session:
            line = queries.find_round(session, round_id, now=context.now)
            assert line is not None
            found = award_queries.find_version(session, line.round.board_id, version)
        for start in range(0, len(found.effects), AT_ONCE):
            with unit_of_work(context.make_session) as session:
                done += _apply_some(session, round_id, found, found.effects[start : start + AT_ONCE], context.now)
            context.progress(min(start + AT_ONCE, len(found.effects)), len(found.effects))
    return {"version": last, "done": done}


def _apply_some(
    session: Session, round_id: int, found: VersionEffects, effects: Sequence[Effect], now: datetime
) -> int:
    """How many of these were done here."""
    line = queries.find_round(session, round_id, now=now)
    published = boards.find_publication(session, line.round.board_id, found.version) if line else None
    assert line is not None
    assert published is not None
    doing = _Doing(session, line, published, found, now)
    return sum(1 for effect in effects if doing.once(effect))


@dataclass(frozen=True)
class _Doing:
    """Does the effects of one version in a transaction."""

    session: Session
    line: RoundLine
    published: PublishedRanking
    found: VersionEffects
    now: datetime

    @property
    def reason(self) -> str:
        return self.published.reason or "名次已更正"

    def once(self, effect: Effect) -> bool:
        """False when another run did this one."""
        done = self._claim(effect)
        if done is None:
            return False
        if effect.honour:
            done.certificate_id = self._certify(effect, done)
        if effect.team_honour:
            done.team_certificate_id = self._certify(effect, done, of_team=True)
        if effect.quarters:
            self._credit(effect)
        text = award_rules.tell(self.found.rule, self.line.contest.title, self.found.version, effect)
        link = f"/contests/rounds/{self.line.round.id}/published"
        notices.tell(self.session, effect.person_id, text, link, now=self.now)
        return True

    def _claim(self, effect: Effect) -> RoundEffect | None:
        key = {"round_id": self.line.round.id, "version": self.found.version, "person_id": effect.person_id}
        row = key | {
            "old_place": effect.old.place if effect.old else None,
            "new_place": effect.new.place if effect.new else None,
            "honour": effect.honour, "quarters": effect.quarters, "certificate_id": None, "done_at": self.now,
            "team_honour": effect.team_honour, "team_certificate_id": None,
        }  # fmt: skip
        if insert_ignore(self.session, RoundEffect, [row], key=list(key)) != 1:
            return None
        return self.session.scalars(select(RoundEffect).filter_by(**key)).one()

    def _certify(self, effect: Effect, done: RoundEffect, *, of_team: bool = False) -> int | None:
        """Named: a new certificate; another place: it is replaced; no more: it is withdrawn. Its id, if there is one now."""
        about: dict[str, Any] = {"reason": self.reason, "by_id": self.published.published_by_id, "now": self.now}
        change, who = effect.changes[of_team], effect.person_id
        standing = award_queries.find_certificate(self.session, self.line.round.id, who, of_team=of_team)
        if change is HonourChange.WITHDRAWN:
            if standing is not None:
                certificates.withdraw(self.session, standing, **about)
            return None
        says, today = self._says(effect, of_team=of_team), clock.today(self.now)
        if standing is not None:
            return certificates.replace(self.session, standing, lines=says, issued_on=today, **about).id
        rule = self.found.rule
        made = certificates.issue(
            self.session, certificate_rules.person(who, self.found.names[who]), kind=Kind.STAR,
            title=rule.team_title if of_team else rule.title, lines=says, issuer=self.line.owner_name,
            source=(TEAM_HONOUR if of_team else HONOUR, done.id), issued_on=today, now=self.now,
        )  # fmt: skip
        return made.id

    def _says(self, effect: Effect, *, of_team: bool) -> list[str]:
        where = (self.found.rule, self.line.contest.title, self.line.round.title)
        if of_team:
            assert effect.team is not None
            return award_rules.team_certificate_lines(*where, effect.team)
        assert effect.new is not None
        return award_rules.certificate_lines(*where, effect.new.place)

    def _credit(self, effect: Effect) -> None:
        """Hours count for the year in which the published result was handed in, without an own one, that in which the round closed;
        taken back, they are wherever they stand."""
        round_ = self.line.round
        about: dict[str, Any] = {
            "person_id": effect.person_id, "source": Source(CONTEST, round_.id), "now": self.now,
        }  # fmt: skip
        if effect.quarters < 0:
            for year in {clock.today(at).year for at in (round_.opens_at, round_.closes_at)}:
                hours.withdraw(self.session, year=year, reason=self.reason, **about)
            return
        own = self.found.rows.get(effect.person_id)
        on = clock.today(datetime.fromisoformat(own["submitted_at"]) if own else round_.closes_at)
        evidence = {"round": round_.id, "version": self.found.version}
        evidence |= {"score_millis": effect.new.score_millis} if effect.new else {}
        evidence |= {"team": effect.team.team_id} if effect.team else {}
        hours.credit(
            self.session, bucket=Bucket.ONLINE, quarters=effect.quarters, on=on, title=self.line.contest.title,
            evidence=evidence, **about,
        )  # fmt: skip
        hours.restore(self.session, year=on.year, reason=self.reason, **about)
