"""The five bans, and for each where the site keeps to it: pages to look at, tests that would fail, facts that are counted now."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Fact(StrEnum):
    """What is counted in the data while the page is shown."""

    NO_LOGIN_POINTS = "no_login_points"
    NO_STREAKS = "no_streaks"
    BOARDS_FROM_ANSWERS = "boards_from_answers"
    NO_TIME_BOARDS = "no_time_boards"
    TOP_ONLY = "top_only"
    NO_REMINDERS_TO_GROUPS = "no_reminders_to_groups"
    IN_WORKING_HOURS = "in_working_hours"
    ONCE_A_WEEK = "once_a_week"
    ONCE_A_DAY = "once_a_day"


@dataclass(frozen=True)
class Ban:
    """One thing the rules against formalism forbid. `pages` are (label, endpoint); `tests` are "file::name" below tests/."""

    title: str
    how: str
    facts: tuple[Fact, ...] = ()
    pages: tuple[tuple[str, str], ...] = ()
    tests: tuple[str, ...] = ()


# 国办函〔2026〕12号 and the 2024 rules against formalism at the fingertips, as DOMAIN "What the law forbids" counts them.
BANS = (
    Ban(
        "不设登录积分、签到日历",
        "登录只记录是否有效，不计次数、不计分，没有签到页面。",
        (Fact.NO_LOGIN_POINTS,),
        (("我的", "people.profile"),),
        ("admin/test_self_check.py::test_a_column_that_counts_sign_ins_would_be_found",),
    ),
    Ban(
        "不搞连续打卡",
        "没有连续天数的统计和提示；漏学一天不会有任何损失。",
        (Fact.NO_STREAKS,),
        (("我的学时", "hours.own"),),
        ("admin/test_self_check.py::test_a_column_that_counts_days_in_a_row_would_be_found",),
    ),
    Ban(
        "不按在线时长排名",
        "学时只按学完的内容折算；榜单只取比拼成绩，没有时长榜。",
        (Fact.BOARDS_FROM_ANSWERS, Fact.NO_TIME_BOARDS),
        (("比拼", "contests.index"),),
        (
            "courses/test_study_rules.py::test_a_posted_duration_earns_no_more_than_the_time_that_passed",
            "leaderboard/test_services.py::test_score_then_time_then_submission_decides_and_equals_share_a_place",
        ),
    ),
    Ban(
        "不公布末位",
        "公开的榜只列前若干名和本人，没有倒数名单。",
        (Fact.TOP_ONLY,),
        (("比拼", "contests.index"),),
        (
            "leaderboard/test_web.py::test_names_below_the_list_stand_in_no_byte_of_the_board",
            "contests/test_web.py::test_names_below_the_list_stand_in_no_page_fragment_file_or_reply",
        ),
    ),
    Ban(
        "不公开未完成名单",
        "谁没有完成只有本人和负责的管理员看得到，不能公开、不能群发；通知的已读只给人数。",
        (Fact.NO_REMINDERS_TO_GROUPS,),
        (("消息设置", "notice_settings.index"),),
        (
            "notices/test_announcements.py::test_the_sender_sees_numbers_and_never_a_name",
            "journeys/test_isolation.py::test_nothing_of_north_s_is_opened_by_its_address",
        ),
    ),
)
REMINDERS = Ban(
    "提醒不扰人",
    "只在工作日的工作时间提醒，一件事一周最多一次，一天合成一条，办完就不再提醒，本人可以全部关掉。",
    (Fact.IN_WORKING_HOURS, Fact.ONCE_A_WEEK, Fact.ONCE_A_DAY),
    (("消息设置", "notice_settings.index"),),
    (
        "notices/test_reminding.py::test_r07_two_nodes_and_many_runs_make_one_digest_a_person_and_day",
        "notices/test_reminding.py::test_nobody_is_reminded_on_holidays_and_everybody_on_shifted_working_days",
    ),
)

# Names that a table of points, sign-in calendars or streaks would carry. How often a question was right in a row is none of them.
LOGIN_NAMES = re.compile(
    r"(login|sign_?in|check_?in)_(points?|score|count|days?|calendar)|(points?|score)_for_(login|sign_?in)"
)
STREAK_NAMES = re.compile(r"(streak|consecutive|successive)_(days?|weeks?)|(days?|weeks?)_(streak|in_a_row)")
ONLINE_NAMES = re.compile(r"(online|on_page|viewing|study)_(minutes|seconds|time)_(rank|place|board)")


def named(columns: Iterable[str], pattern: re.Pattern[str]) -> list[str]:
    """The "table.column" names in which the pattern is found."""
    return [name for name in columns if pattern.search(name)]
