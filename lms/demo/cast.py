"""The named cast: the persons whom tests, the README and the demonstration speak of, with their places and roles."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from lms.people.models import Branch, Person, Unit
from lms.people.rules import DutyStatus, PartyStatus, RankBand, Role
from lms.people.services import accounts, grants, trees
from lms.people.services.passwords import hash_password

PASSWORD = "Jiangtai-2026"
BUREAU, LEADERS, NORTH, SOUTH, OFFICE = "南州市自然资源局", "局领导", "北区分局", "南区分局", "人事教育处"
PARTY, NORTH_BRANCH, SOUTH_BRANCH, OFFICE_BRANCH = "机关党委", "北区分局第一支部", "南区分局支部", "机关第一支部"
SINCE = date(2020, 1, 1)


@dataclass(frozen=True)
class Part:
    """One member of the cast: login name, name, place, and the roles with the node each is granted on."""

    staff_no: str
    name: str
    unit: str
    branch: str | None
    rank_band: RankBand
    birth_year: int
    title: str
    roles: tuple[tuple[Role, str], ...] = ()
    says: str = ""


_T, _C = RankBand.TOWNSHIP, RankBand.COUNTY
CAST = (
    Part("lin", "林晓", NORTH, NORTH_BRANCH, _T, 1990, "一级科员", says="学员：学到一半的课、学时、正在进行的比拼"),
    Part("bo", "薄一鸣", NORTH, NORTH_BRANCH, _T, 1995, "四级主任科员", says="学员：从头学一门课"),
    Part(
        "chen",
        "陈思远",
        NORTH,
        NORTH_BRANCH,
        _T,
        1980,
        "股长",
        ((Role.SECRETARY, NORTH_BRANCH),),
        "支部书记：北区分局第一支部",
    ),
    Part("dana", "段娜", SOUTH, SOUTH_BRANCH, _T, 1992, "一级科员", says="学员：看不到北区分局自己的课程和名册"),
    Part(
        "mei",
        "梅雪",
        SOUTH,
        SOUTH_BRANCH,
        _T,
        1983,
        "股长",
        ((Role.SECRETARY, SOUTH_BRANCH),),
        "支部书记：南区分局支部",
    ),
    Part(
        "ed",
        "易德",
        NORTH,
        NORTH_BRANCH,
        _T,
        1978,
        "高级工程师",
        ((Role.LECTURER, NORTH),),
        "讲师：上传视频和课件，看审核结果",
    ),
    Part("gao", "高建国", LEADERS, OFFICE_BRANCH, _C, 1970, "副局长", ((Role.LECTURER, BUREAU),), "局领导：上讲台"),
    Part(
        "ada",
        "安达",
        NORTH,
        NORTH_BRANCH,
        _T,
        1985,
        "办公室主任",
        ((Role.UNIT_ADMIN, NORTH), (Role.REVIEWER, BUREAU)),
        "单位管理员、内容审核：北区分局的课程、题库、人员；审核资源内容",
    ),
    Part(
        "rui",
        "芮宁",
        OFFICE,
        OFFICE_BRANCH,
        _T,
        1982,
        "保密员",
        ((Role.SECRECY_REVIEWER, BUREAU),),
        "保密审核：第二人审核，同意后才能发布",
    ),
    Part(
        "hua",
        "华敏",
        OFFICE,
        OFFICE_BRANCH,
        _T,
        1981,
        "处长",
        ((Role.ORGANISER, BUREAU),),
        "人事教育处：课程、比拼、公布榜单、全局学时",
    ),
    Part(
        "wen", "文静", OFFICE, OFFICE_BRANCH, _T, 1979, "专职副书记", ((Role.COMMITTEE, PARTY),), "机关党委：各支部情况"
    ),
    Part(
        "sun",
        "孙平",
        OFFICE,
        None,
        _T,
        1988,
        "工程师",
        ((Role.SYSTEM_ADMIN, BUREAU),),
        "系统管理员：账号、一次性口令、任务",
    ),
    Part(
        "qin", "秦岚", OFFICE, None, _T, 1987, "工程师", ((Role.SECURITY_ADMIN, BUREAU),), "安全管理员：授予和收回角色"
    ),
    Part("shi", "石坚", OFFICE, None, _T, 1986, "审计师", ((Role.AUDIT_ADMIN, BUREAU),), "审计管理员：查看操作日志"),
)

DEMONSTRATED = (
    Part(
        "yan",
        "严谨",
        OFFICE,
        OFFICE_BRANCH,
        _T,
        1984,
        "副处长",
        ((Role.ORGANISER, BUREAU),),
        "人事教育处：复核榜单，由华敏公布（须两个人）",
    ),
)
"""Further people with accounts in the demonstration only."""


@dataclass(frozen=True)
class House:
    """The few nodes the cast lives in, by name."""

    units: dict[str, Unit]
    branches: dict[str, Branch]


def create_house(session: Session, *, now: datetime) -> House:
    """The bureau with the cast's units and branches."""
    by: dict[str, object] = {"by_id": None, "by": "demo", "now": now}
    root = trees.create_unit(session, name=BUREAU, parent=None, short_name="市局", by_id=None, by="demo", now=now)
    party = trees.create_branch(session, name=PARTY, parent=None, by_id=None, by="demo", now=now)
    units, branches = {BUREAU: root}, {PARTY: party}
    for sort, name in enumerate((LEADERS, OFFICE, NORTH, SOUTH)):
        units[name] = trees.create_unit(session, name=name, parent=root, sort=sort, **by)  # type: ignore[arg-type]
    for sort, name in enumerate((OFFICE_BRANCH, NORTH_BRANCH, SOUTH_BRANCH)):
        branches[name] = trees.create_branch(session, name=name, parent=party, sort=sort, **by)  # type: ignore[arg-type]
    return House(units, branches)


def create_cast(
    session: Session, house: House, *, now: datetime, password_at: datetime, parts: Sequence[Part] = CAST
) -> dict[str, Person]:
    """Everybody of the cast with place, roles and the demonstration password (one hash for all), which is as old as `password_at` says."""
    hashed = hash_password(PASSWORD)
    made = {}
    for part in parts:
        person = accounts.create_person(
            session,
            staff_no=part.staff_no,
            name=part.name,
            rank_band=part.rank_band,
            birth_year=part.birth_year,
            title=part.title,
            now=now,
        )
        person.password_hash, person.password_set_at = hashed, password_at
        party = PartyStatus.FULL if part.branch else PartyStatus.NONE
        branch = house.branches[part.branch] if part.branch else None
        accounts.place(
            session,
            person,
            house.units[part.unit],
            branch,
            from_on=SINCE,
            party_status=party,
            duty_status=DutyStatus.ON_DUTY,
        )
        for role, node in part.roles:
            where = {"unit": house.units.get(node), "branch": house.branches.get(node)}
            grants.grant(session, person, role, **where, by_id=None, by="demo", now=now)  # type: ignore[arg-type]
        made[part.staff_no] = person
    return made
