"""The back office: its shell and 今日 page, people and trees, roster imports, tasks, feedback, self-check, and the pages of the three admins.

Pages of one domain's own things (courses, questions, contests) live in that domain's `admin_views`; here stand those that look across
domains or keep people. The three admins have a page each and nobody else reaches it: 账号 (system), 角色授权 (security), 审计日志 (audit).
The yearly report (年度报表) puts hours, requirements, plans, classes and lectures together: a unit reads its own figures and the median of units
it does not read, 人事教育处 and 机关党委 read all; who has yet to lecture is the organiser's alone to see. Page and file are the same cells.
Lists of people leave the site only with a reason, and the audit log keeps it.
"""
