"""The read side of entry: whom units entered, and what stands between a person and a round."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms import clock
from lms.contests import advancement_queries, advancement_rules, queries, team_queries
from lms.contests.advancement_correction_rules import Stand
from lms.contests.advancement_queries import PublishedLine
from lms.contests.advancement_rules import AdvanceRule
from lms.contests.entry_models import Advancement, AdvancementLine, UnitEntry
from lms.contests.models import Round
from lms.contests.plan_rules import Before
from lms.contests.queries import MyPart, RoundLine
from lms.contests.rules import EntryMode, Phase, RoundKind, remaining
from lms.leaderboard import queries as boards
from lms.people.models import Person

# --- by unit quota -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class EntryLine:
    person_id: int
    name: str
    staff_no: str
    unit_id: int
    entered_at: datetime


def list_unit_entries(session: Session, round_id: int) -> list[EntryLine]:
    """Whom units entered, in the order of entry."""
    query = (
        select(Person.id, Person.name, Person.staff_no, UnitEntry.unit_id, UnitEntry.entered_at)
        .join(UnitEntry, UnitEntry.person_id == Person.id)
        .where(UnitEntry.round_id == round_id)
        .order_by(UnitEntry.entered_at, Person.id)
    )
    return [EntryLine(*row) for row in session.execute(query)]


def count_unit_entries(session: Session, round_id: int, unit_id: int) -> int:
    query = select(func.count()).where(UnitEntry.round_id == round_id, UnitEntry.unit_id == unit_id)
    return session.scalars(query).one()


def has_unit_entry(session: Session, round_id: int, person_id: int) -> bool:
    return session.get(UnitEntry, (round_id, person_id)) is not None


def carried_of(session: Session, round_: Any, person_id: int) -> int:
    """What of the earlier score counts for the person in this round (a Round or its columns), in 1/1000 point."""
    if not round_.carry_percent or advancement_queries.of_teams(round_):
        return 0
    query = select(AdvancementLine.carried_millis)
    mine = (AdvancementLine.round_id == round_.id, AdvancementLine.person_id == person_id)
    return session.scalars(query.where(*mine)).one_or_none() or 0


def board_scores(session: Session, round_: Any, scores: Mapping[int, tuple[int, int]]) -> dict[int, int]:
    """Attempt → what stands on the board for it, from attempt → (person, score): the score and what the person brought along."""
    return {id: score + carried_of(session, round_, person_id) for id, (person_id, score) in scores.items()}


# --- one person before a round -------------------------------------------------------------------------------------


def own_result(session: Session, source: Round, person_id: int) -> tuple[int | None, int]:
    """(place, score) of the person on the earlier board; no place for who is not on it."""
    board = boards.find_board(session, source.board_id)
    own = boards.find_own(session, board, person_id) if board else None
    return (own.place, own.score_millis) if own else (None, 0)


def refusal_of(session: Session, round_: Any, published: Advancement, person_id: int) -> str:
    """Why somebody without a line in the published list is not on it."""
    if advancement_queries.of_teams(round_):
        team = team_queries.find_team_of(session, round_.contest_id, person_id)
        return "你的队没有晋级" if team else "这一轮按队参加，你不在任何一支队里"
    source = session.get_one(Round, published.from_round_id)
    place, score = own_result(session, source, person_id)
    rule = AdvanceRule.from_json(published.rule)
    return advancement_rules.refusal(rule, published.edge_place, place, score)


@dataclass(frozen=True)
class Card:
    """A round as one person sees it. `obstacle` says why there is no place in it; `words` how one gets one; `mine` is the own line
    of the published list, `carried_millis` what counts of the earlier score."""

    line: RoundLine
    part: MyPart
    obstacle: str
    words: list[str]
    is_listed: bool
    mine: PublishedLine | None
    carried_millis: int

    @property
    def attempts_left(self) -> int:
        return remaining(self.line.round.attempts_per_day, self.part.used_today)

    @property
    def may_begin(self) -> bool:
        """Whether the person may answer the round on its page now, as long as there are attempts left."""
        return self.line.phase is Phase.RUNNING and not self.obstacle and self.line.round.kind is not RoundKind.STAGE

    @property
    def before(self) -> Before:
        line = self.line
        return Before(
            line.round.title, line.round.kind, line.phase is Phase.UPCOMING, line.phase is Phase.RUNNING, not self.obstacle,
            1 if self.part.open_attempt_id else self.attempts_left, self.part.submitted > 0,
            spoken(line.round.opens_at), spoken(line.round.closes_at),
        )  # fmt: skip


def list_cards(session: Session, lines: Sequence[RoundLine], person_id: int, *, now: datetime) -> list[Card]:
    """The rounds of one contest in order, each as the person stands before it."""
    parts = queries.my_parts(session, [line.round.id for line in lines], person_id, now=now)
    titles = {line.round.id: line.round.title for line in lines}
    return [_card(session, line, parts[line.round.id], titles, person_id) for line in queries.in_order(lines)]


def _card(session: Session, line: RoundLine, part: MyPart, titles: Mapping[int, str], person_id: int) -> Card:
    round_, is_listed, mine = line.round, False, None
    if round_.entry is EntryMode.ADVANCEMENT:
        is_listed = advancement_queries.find_advancement(session, round_.id) is not None
        mine = advancement_queries.find_line_of(session, round_, person_id) if is_listed else None
    said, words = obstacle(session, round_, person_id), words_of(round_, titles)
    return Card(line, part, said, words, is_listed, mine, carried_of(session, round_, person_id))


def titles_of(session: Session, contest_id: int) -> dict[int, str]:
    """Round → its title."""
    rows = session.execute(select(Round.id, Round.title).where(Round.contest_id == contest_id))
    return {id: title for id, title in rows}


def words_of(round_: Round, titles: Mapping[int, str]) -> list[str]:
    """Who may take part, as sentences; `titles` names the rounds of the contest."""
    if round_.entry is EntryMode.QUOTA:
        return [f"每个单位报 {round_.unit_quota} 人，由单位管理员报名，{_until(round_)}。"]
    if round_.entry is EntryMode.ADVANCEMENT:
        source = titles.get(round_.from_round_id or 0, "前一轮")
        what = "队" if advancement_queries.of_teams(round_) else "人"
        return advancement_rules.explain(round_.advance_rule, source, carry_percent=round_.carry_percent, what=what)
    return ["范围内的队都能参加。" if advancement_queries.of_teams(round_) else "范围内的人都能参加。"]


def spoken(at: datetime) -> str:
    """11月27日 9:00, in Shanghai."""
    wall = clock.local(at)
    return f"{wall.month}月{wall.day}日 {wall.hour}:{wall.minute:02d}"


def _until(round_: Any) -> str:
    return f"{spoken(round_.entry_until)} 截止" if round_.entry_until else "截止时间另行通知"


def list_open_quota_rounds(session: Session) -> Sequence[int]:
    """Rounds with unit quotas, those whose entry ends last first."""
    query = select(Round.id).where(Round.entry == EntryMode.QUOTA).order_by(Round.entry_until.desc(), Round.id.desc())
    return session.scalars(query).all()


def obstacle(session: Session, round_: Any, person_id: int) -> str:
    """Why the person has no place in the round, as a sentence; empty for who has one."""
    if round_.entry is EntryMode.QUOTA:
        return "" if has_unit_entry(session, round_.id, person_id) else _not_entered(round_)
    if round_.entry is EntryMode.ADVANCEMENT:
        return _not_advanced(session, round_, person_id)
    return ""


def _not_entered(round_: Any) -> str:
    return f"这一轮由单位按名额报名，名单里没有你。想参加请找本单位管理员，{_until(round_)}。"


def _not_advanced(session: Session, round_: Any, person_id: int) -> str:
    published = advancement_queries.find_advancement(session, round_.id)
    if published is None:
        return "晋级名单还没有公布，公布后会发消息告诉你。"
    mine = advancement_queries.find_line_of(session, round_, person_id)
    if mine is None:
        return f"你没有晋级：{refusal_of(session, round_, published, person_id)}。"
    return "" if mine.is_in else _waiting(mine)


def _waiting(mine: PublishedLine) -> str:
    if mine.stand is Stand.WITHDRAWN:
        return "你已退出这一轮，名额已经让给候补。"
    if mine.stand is Stand.OUT:
        return f"名单更正后你不再晋级：{mine.line.reason}。"
    return f"你在候补名单里（{mine.line.reason}），有人退出并轮到你时会发消息告诉你。"
