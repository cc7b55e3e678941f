"""The two navigations: five sections for learners, the rail of the back office."""

from lms.people.principal import Principal
from lms.people.rules import Permission

# Section key, label, address and icon.
NAV = (
    ("home", "首页", "/", "home"),
    ("courses", "讲堂", "/library/", "lecture"),
    ("contests", "比拼", "/contests", "contest"),
    ("branch", "支部", "/branch", "branch"),
    ("me", "我的", "/me", "me"),
)
# Those who only administer have no courses to study.
OFFICE_ONLY = (("today", "管理", "/office", "document"), ("me", "我的", "/me", "me"))

OFFICE_TODAY = ("admin.today", "今日", "today")
# By group: endpoint, label, section key, and the permission that shows it. 今日 stands first for everybody who sees any.
OFFICE_GROUPS = (
    ("队伍", (
        ("admin.people.index", "人员", "people", Permission.PEOPLE_READ),
        ("admin.units.index", "单位", "units", Permission.PEOPLE_READ),
        ("admin.branches.index", "支部", "branches", Permission.BRANCH_MANAGE),
        ("records_office.index", "实践与带教", "records", Permission.RECORD_MANAGE),
        ("talent.index", "人才库", "talent", Permission.TALENT_SEARCH),
    )),
    ("培训", (
        ("plan_office.index", "培训计划", "plans", Permission.CLASS_MANAGE),
        ("class_office.index", "培训班", "classes", Permission.CLASS_MANAGE),
        ("lecture_desk.index", "上讲台", "lectures", Permission.LECTURE_MANAGE),
        ("month_packs.index", "主题党日方案", "packs", Permission.PACK_MANAGE),
        ("hours_office.index", "学时", "hours", Permission.HOURS_READ),
        ("admin.reports.index", "年度报表", "reports", Permission.REPORT_READ),
        ("archive_office.index", "学习档案", "archives", Permission.HOURS_MANAGE),
    )),
    ("内容", (
        ("reviews.content", "内容审核", "content_review", Permission.RESOURCE_REVIEW),
        ("reviews.secrecy", "保密审核", "secrecy_review", Permission.RESOURCE_SECRECY),
        ("reviews.published", "资源", "resources", Permission.RESOURCE_PUBLISH),
        ("course_admin.courses", "课程", "courses", Permission.COURSE_MANAGE),
    )),
    ("试题", (
        ("quizzes_admin.questions", "题库", "questions", Permission.QUESTION_MANAGE),
        ("quizzes_admin.papers", "试卷", "papers", Permission.PAPER_MANAGE),
        ("quizzes_marking.index", "评卷", "marking", Permission.PAPER_MANAGE),
    )),
    ("比拼和荣誉", (
        ("contests_office.index", "业务大比拼", "contests", Permission.RANKING_REVIEW),
        ("entries_office.index", "参赛报名", "entries", Permission.TEAM_MANAGE),
        ("teams_office.index", "参赛队伍", "teams", Permission.TEAM_MANAGE),
        ("stars_office.index", "评星", "stars", Permission.STAR_REVIEW),
        ("rankings.index", "排名开关", "rankings", Permission.RANKING_PUBLISH),
    )),
    ("系统", (
        ("admin.accounts.index", "账号", "accounts", Permission.ACCOUNT_MANAGE),
        ("admin.grants.index", "角色授权", "grants", Permission.ROLE_GRANT),
        ("admin.audit.index", "审计日志", "audit", Permission.AUDIT_READ),
        ("admin.feedback.index", "意见建议", "feedback", Permission.FEEDBACK_REPLY),
        ("admin.self_check.index", "合规自查", "self-check", Permission.REPORT_READ),
        ("admin.calendar.index", "工作日历", "calendar", Permission.CALENDAR_MANAGE),
        ("channels.index", "发送通道", "channels", Permission.CHANNEL_MANAGE),
        ("admin.tasks.index", "任务", "tasks", Permission.TASK_READ),
    )),
)  # fmt: skip

# What a page's address belongs to, in the words of the navigation.
SECTIONS = {
    "hours": "我的学时",
    "certificates": "我的",
    "verify": "核验证书",
    "library": "讲堂",
    "courses": "讲堂",
    "lectures": "讲堂",
    "contests": "比拼",
    "stage": "现场赛",
    "livequiz": "全员同答",
    "stars": "荣誉",
    "attempts": "答题",
    "practice": "练习",
    "branch": "支部",
    "branches": "支部",
    "gatherings": "支部",
    "roll": "签到",
    "themedays": "支部",
    "classes": "培训班",
    "plans": "我的计划",
    "notices": "消息",
    "announcements": "消息",
    "feedback": "意见建议",
    "help": "帮助",
    "me": "我的",
    "password": "修改密码",
    "studio": "我的上传",
    "uploads": "我的上传",
    "office": "管理",
}


def main_nav(person: Principal | None) -> tuple[tuple[str, str, str, str], ...]:
    """The sections at the top and at the thumb: none that would be refused."""
    return OFFICE_ONLY if person and not person.can(Permission.COURSE_STUDY) else NAV


def section_of(path: str) -> str:
    """The section a path of ours stands in: "/courses/3" → "讲堂"; "" when no page is known."""
    return SECTIONS.get(path.strip("/").split("/")[0], "首页") if path else ""


def own_pages(person: Principal | None) -> list[tuple[str, str]]:
    """Label and endpoint of the pages that 我的 leads to: everything a phone's bottom bar has no room for."""
    learner = (
        [
            ("我的学时", "hours.own"),
            ("学习档案", "archive.own"),
            ("我的证书", "certificates.mine"),
            ("我的比拼", "places.history"),
            ("我的计划", "plans.mine"),
            ("培训班", "classes.index"),
            ("实践与带教", "records.index"),
            ("支部活动", "gatherings.index"),
            ("主题党日", "themedays.index"),
            ("讲座", "lectures.index"),
            ("消息", "notices.inbox"),
            ("消息设置", "notice_settings.index"),
        ]
        if person and person.can(Permission.COURSE_STUDY)
        else []
    )
    upload = [("我上传的资源", "studio.index")] if person and person.can(Permission.RESOURCE_UPLOAD) else []
    stage = [("我的讲台", "lecture_topics.index")] if person and person.can(Permission.LECTURE_PROPOSE) else []
    desk = [("活动组织", "gathering_desk.index")] if person and person.can(Permission.GATHERING_READ) else []
    announce = [("发通知", "announcements.index")] if person and person.can(Permission.ANNOUNCEMENT_WRITE) else []
    branches = [("支部工作台", "committee_desk.index")] if person and person.can(Permission.BRANCH_READ) else []
    star = [("推荐评星", "star_recommending.index")] if person and person.can(Permission.STAR_RECOMMEND) else []
    own = [*learner, *desk, *branches, *star, *stage, *announce, *upload]
    return [*own, *([("管理", "admin.today")] if office_nav(person) else [])]


def office_nav(person: Principal | None) -> list[tuple[str, str, str]]:
    """Endpoint, label and key of what the person may see, 今日 first; empty for learners."""
    shown = [entry for _, entries in office_groups(person) for entry in entries]
    return [OFFICE_TODAY, *shown] if shown else []


def office_groups(person: Principal | None) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """The same by group, without 今日; a group of which the person may see nothing is left out."""
    groups = []
    for name, entries in OFFICE_GROUPS:
        shown = [(endpoint, label, key) for endpoint, label, key, may in entries if person and person.can(may)]
        if shown:
            groups.append((name, shown))
    return groups
