"""The back office: its shell and 今日 page, people and trees, roster imports, tasks, feedback, self-check, and the pages of the three admins.

Pages of one domain's own things (courses, questions, contests) live in that domain's `admin_views`; here stand those that look across
domains or keep people. The three admins have a page each and nobody else reaches it: 账号 (system), 角色授权 (security), 审计日志 (audit).
Lists of people leave the site only with a reason, and the audit log keeps it.
"""
