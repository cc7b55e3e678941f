"""The study account beside what flows in by itself: claims in every state, exemptions, a version of the rules to come, what was not credited."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial

from PIL import Image, ImageDraw
from sqlalchemy.orm import Session

from lms.claims import services as claims
from lms.claims.models import Claim
from lms.claims.rules import ClaimKind, ClaimState, Wanted
from lms.demo.fonts import SANS, SERIF, font
from lms.demo.story import AT_ONCE, Happening, Story
from lms.hours import services as hours
from lms.hours.policy_rules import Subject
from lms.hours.requirement_rules import Exemption
from lms.hours.rules import Bucket, Source
from lms.media import services as media
from lms.people.models import Person

TALK = {"conversion": "offline", "extent": "timed", "seconds": 6120}
"""An hour and 42 minutes: 1.5 hours, and 12 minutes that are not credited."""


@dataclass(frozen=True)
class Told:
    """A claim: days ago it began, how long, who filed it, and what happened to it by whom."""

    who: str
    kind: ClaimKind
    title: str
    organiser: str
    days_ago: int
    days: int = 0
    minutes: int = 0
    quarters: int = 0
    bucket: Bucket = Bucket.OFFLINE
    acts: Sequence[tuple[str, str]] = field(default=())
    """(act, note): endorse and its like by ada, approve and its like by hua."""


CLAIMS = (
    Told("lin", ClaimKind.TRAINING, "省厅不动产登记骨干培训班", "省自然资源厅", 45, days=3, acts=(("endorse", "属实"), ("approve", ""))),
    Told("lin", ClaimKind.PUBLICATION, "《县域耕地占补平衡的三个难点》", "《国土资源通讯》", 30, quarters=24, bucket=Bucket.PROFESSIONAL,
         acts=(("endorse", ""), ("return_hr", "请补上刊物封面和目录页的照片。"))),
    Told("lin", ClaimKind.TRAINING, "遥感影像解译网络研修", "某培训公司", 80, days=2, acts=(("refuse", "主办方没有培训资质，也没有结业证。"),)),
    Told("bo", ClaimKind.TEACHING, "基层所执法文书怎么写", "县自然资源局", 12, minutes=90),
    Told("chen", ClaimKind.TRAINING, "市委党校支部书记示范班", "市委党校", 20, days=2, bucket=Bucket.PARTY, acts=(("endorse", "经查通知，属实。"),)),
    Told("bo", ClaimKind.TRAINING, "测绘地理信息学会年会", "省测绘学会", 60, days=1, acts=(("withdraw", ""),)),
    Told("chen", ClaimKind.TRAINING, "国土空间规划专题班", "省自然资源厅", 100, days=2,
         acts=(("endorse", ""), ("approve", ""), ("revoke", "与已计入的同名培训班是同一件事。"))),
)  # fmt: skip


def chapter(story: Story) -> Iterator[Happening]:
    """Claims as they were filed and decided, day by day; exemptions; the version that holds from the next year on."""
    site = story.site
    for number, told in enumerate(CLAIMS):
        at = site.working_day_ago(max(told.days_ago - told.days - 4, 1), 10, number)
        yield Happening(at, partial(_claim, story=story, told=told, at=at), weight=AT_ONCE)
    talked = site.working_day_ago(25, 16)
    yield Happening(talked, partial(_talk, story=story, at=talked))
    yield Happening(site.working_day_ago(9, 11), partial(_exempt, story=story, at=site.working_day_ago(9, 11)))
    yield Happening(site.working_day_ago(6, 15), partial(_rules, story=story, at=site.working_day_ago(6, 15)))


def _claim(session: Session, *, story: Story, told: Told, at: datetime) -> None:
    first = story.site.today - timedelta(days=told.days_ago)
    last = first + timedelta(days=max(told.days - 1, 0))
    if last.year != first.year:  # a claim stands in one year
        first, last = date(last.year, 1, 1), date(last.year, 1, 1) + (last - first)
    wanted = Wanted(
        told.kind, told.title, told.organiser, first, last, told.bucket, days=told.days, seconds=told.minutes * 60,
        quarters=told.quarters,
    )  # fmt: skip
    person_id, storage = story.people[told.who], story.site.services["storage"]
    proof = media.receive(
        session, io.BytesIO(_certificate(told)), name="证明.png", owner_id=person_id, storage=storage, now=at
    )
    claim = claims.submit(session, person_id, wanted, [proof.id], now=at)
    session.flush()
    for act, note in told.acts:
        _act(session, story, claim, act, note, at)


def _act(session: Session, story: Story, claim: Claim, act: str, note: str, at: datetime) -> None:
    ada, hua = story.people["ada"], story.people["hua"]
    by = session.get_one(Person, hua).name
    if act == "endorse":
        claims.endorse(session, claim, note=note, by_id=ada, now=at)
    elif act == "refuse":
        claims.refuse(session, claim, level=ClaimState.SUBMITTED, note=note, by_id=ada, now=at)
    elif act == "return_hr":
        claims.give_back(session, claim, level=ClaimState.ENDORSED, note=note, by_id=hua, now=at)
    elif act == "approve":
        worth = claims.worth(session, claim)
        claims.approve(session, claim, quarters=worth, note=note, by_id=hua, by=by, now=at)
    elif act == "revoke":
        claims.revoke(session, claim, note=note, by_id=hua, by=by, now=at)
    else:
        claims.withdraw(session, claim, now=at)


def _certificate(told: Told) -> bytes:
    """A picture as somebody would photograph their certificate."""
    sheet = Image.new("RGB", (900, 640), "#fbf7ee")
    draw = ImageDraw.Draw(sheet)
    draw.rectangle((30, 30, 870, 610), outline="#b32424", width=6)
    draw.text((450, 150), "结业证书", font=font(SERIF, 64), fill="#b32424", anchor="mm")
    draw.text((450, 300), told.title, font=font(SERIF, 36), fill="#222222", anchor="mm")
    draw.text((450, 500), told.organiser, font=font(SANS, 28), fill="#444444", anchor="mm")
    out = io.BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()


def _talk(session: Session, *, story: Story, at: datetime) -> None:
    """A talk of an hour and 42 minutes, and a paper of 12 minutes' reading that earned nothing."""
    on = (at + timedelta(hours=8)).date()
    quarters = hours.worth(session, TALK, on=on, source_kind="import")
    hours.credit(
        session, person_id=story.people["lin"], source=Source("import", 9001), bucket=Bucket.OFFLINE, quarters=quarters,
        on=on, title="业务大讲堂：征地程序", evidence=TALK, now=at,
    )  # fmt: skip
    hours.note_uncredited(
        session, person_id=story.people["lin"], source=Source("import", 9002), on=on, now=at,
        title="征地补偿安置公告文本", reason="规定阅读时间 12 分钟，不足 15 分钟，不计学时",
    )  # fmt: skip


def _exempt(session: Session, *, story: Story, at: datetime) -> None:
    """One that was agreed to and one that waits."""
    year = story.site.today.year
    wanted = Exemption(date(year, 3, 1), date(year, 8, 31), 50, None)
    agreed = hours.propose(
        session, story.people["bo"], wanted, reason="抽调外业队，驻县半年", by_id=story.people["ada"], now=at
    )
    hours.decide(session, agreed, approve=True, note="", by_id=story.people["hua"], now=at)
    waits = Exemption(date(year, 10, 1), date(year, 12, 31), 100, Bucket.PARTY)
    hours.propose(session, story.people["chen"], waits, reason="借调市委巡察组", by_id=story.people["ada"], now=at)


def _rules(session: Session, *, story: Story, at: datetime) -> None:
    """What holds from the next year on was issued; another draft is being worked on."""
    hua, year = story.people["hua"], story.site.today.year
    version = hours.draft(session, Subject.CONVERSION, "nanjing", by_id=hua, now=at)
    hours.write(session, version, version.figures, reason="市委组织部关于学时折算的通知", by_id=hua, now=at)
    session.refresh(version)
    hours.issue(session, version, from_on=date(year + 1, 1, 1), by_id=hua, now=at)
    hours.draft(session, Subject.REQUIREMENT, "", by_id=hua, now=at)
