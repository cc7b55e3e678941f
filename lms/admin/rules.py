"""Words and rules of the back office."""

import json
import re
from collections.abc import Mapping
from datetime import datetime

from lms.people.rules import ROLES

# What the audit log's actions are called on pages; an action without a line shows its code.
ACTIONS = {
    "account.password": "修改密码",
    "account.code": "发放一次性口令",
    "account.disable": "停用账号",
    "account.enable": "启用账号",
    "account.unlock": "解除锁定",
    "account.sign_out": "强制退出登录",
    "account.second_factor": "解除动态口令",
    "announcement.publish": "发布通知",
    "announcement.withdraw": "撤回通知",
    "audit.verify": "核对审计日志",
    "calendar.remove": "删除工作日历登记",
    "calendar.set": "登记工作日历",
    "channel.change": "修改发送通道",
    "channel.create": "新建发送通道",
    "channel.off": "关闭发送通道",
    "channel.on": "打开发送通道",
    "contest.create": "新建比拼",
    "contest.open": "开放比拼",
    "contest.withdraw": "撤下比拼",
    "course.publish": "发布课程",
    "course.withdraw": "撤下课程",
    "claims.approve": "批准学时申报",
    "claims.revoke": "撤销学时申报",
    "exam.policy": "修改考场规则",
    "hours.correct": "更正学时",
    "hours.exemption_decide": "审批学时减免",
    "hours.exemption_propose": "提出学时减免",
    "hours.exemption_shorten": "提前结束学时减免",
    "hours.export": "导出学时汇总",
    "hours.rule_draft": "起草学时规则",
    "hours.rule_drop": "撤下学时规则",
    "hours.rule_issue": "学时规则定为生效",
    "hours.rule_write": "修改学时规则草稿",
    "gathering.change": "修改已锁定的活动记录",
    "exam.grant": "放宽考试办法",
    "exam.revoke": "撤销放宽",
    "exam.extend": "延长考试时间",
    "exam.reopen": "重新开放答卷",
    "appeal.answer": "答复申诉",
    "objection.answer": "答复异议",
    "paper.release": "发布成绩",
    "people.add": "批量新增人员",
    "question.correct": "更正答案",
    "question.export": "导出试题",
    "ranking.export": "导出完整名单",
    "rankings.switch": "开关排名",
    "resource.review": "审核资源",
    "resource.submit": "提交审核",
    "resource.withdraw": "撤下资源",
    "round.correct": "发布更正",
    "round.end": "比拼收卷",
    "round.leave": "登记请假",
    "round.notice": "开始公示",
    "round.publish": "公布名次",
    "round.review": "复核名次",
    "round.settle": "进入复核",
    "branches.create": "新建支部",
    "branches.rename": "修改支部",
    "person.create": "新增人员",
    "person.edit": "修改人员",
    "person.export": "导出人员",
    "person.import": "导入人员",
    "person.transfer": "人员调动",
    "role.grant": "授予角色",
    "role.revoke": "收回角色",
    "token.make": "新建接口令牌",
    "token.revoke": "作废接口令牌",
    "units.create": "新建单位",
    "units.rename": "修改单位",
}
ACTION_GROUPS = {
    "": "全部",
    "account.": "账号",
    "role.": "角色",
    "hours.": "学时",
    "claims.": "学时申报",
    "person.": "人员",
    "units.": "单位",
    "branches.": "支部",
    "resource.": "资源",
    "course.": "课程",
    "contest:": "比拼",
    "round:": "名次",
    "gathering:": "活动",
}
# What a record's target and detail are called; anything else keeps its own name.
TARGETS = {
    "announcement": "通知",
    "attempt": "答卷",
    "audit": "审计日志",
    "branches": "支部",
    "calendar": "工作日历",
    "channel": "发送通道",
    "contest": "比拼",
    "claim": "学时申报",
    "course": "课程",
    "gathering": "活动",
    "hour_entry": "学时记录",
    "hour_exemption": "学时减免",
    "hour_rules": "学时规则",
    "hours": "学时汇总",
    "objection": "异议",
    "paper": "试卷",
    "question": "试题",
    "person": "人员",
    "persons": "人员",
    "resource": "资源",
    "roster_import": "人员导入",
    "round": "比拼",
    "site": "全站",
    "units": "单位",
}
DETAILS = {
    "act": "更正办法",
    "after": "改为",
    "before": "原来",
    "branch": "支部编号",
    "changes": "改动",
    "compared": "核对条数",
    "count": "人数",
    "digest": "校验码",
    "faults": "发现的问题",
    "file": "文件",
    "first": "第一个工号",
    "from": "开始",
    "from_on": "生效日期",
    "is_working": "上班",
    "last": "最后一个工号",
    "note": "说明",
    "on": "打开",
    "name": "版本",
    "people": "人数",
    "percent": "减免百分比",
    "person_id": "人员编号",
    "persons": "人数",
    "preset": "预置",
    "quarters": "学时（四分之一）",
    "reason": "理由",
    "reply": "答复",
    "role": "角色",
    "state": "结果",
    "step": "环节",
    "title": "名称",
    "unclassified": "确认不涉密",
    "unit": "单位编号",
    "until": "截止",
    "verdict": "结论",
    "version": "版次",
    "was": "原截止",
    "year": "年度",
}
_ROLES: dict[str, str] = {role.value: name for role, name in ROLES.items()}
VALUES = {"approved": "通过", "refused": "未同意", "returned": "退回", "content": "内容审核", "secrecy": "保密审核"}


def action_in_words(action: str) -> str:
    return ACTIONS.get(action.replace(":", "."), action)


def target_in_words(target: str) -> str:
    """ "resource:51" → "资源 51"."""
    kind, _, number = target.partition(":")
    return f"{TARGETS.get(kind, kind)} {number}".strip()


def detail_in_words(detail: Mapping[str, object]) -> list[tuple[str, str]]:
    """Term and text of everything a record holds."""
    return [(DETAILS.get(key, key), _value_in_words(value)) for key, value in detail.items()]


def _value_in_words(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "—", True: "是", False: "否"}[value]
    if isinstance(value, str):
        return VALUES.get(value) or _ROLES.get(value, value)
    return str(value) if isinstance(value, int) else json.dumps(value, ensure_ascii=False)


def seconds_of(started_at: datetime | None, finished_at: datetime | None) -> int | None:
    """How long a task took; None while it has not been begun or has not ended."""
    if started_at is None or finished_at is None:
        return None
    return max(0, int((finished_at - started_at).total_seconds()))


def is_technical(error: str) -> bool:
    """Whether it is the name of an exception with its message, and no sentence of ours."""
    return re.match(r"[A-Za-z_.]+: ", error) is not None or error.isascii()


def error_in_words(error: str | None) -> str:
    """A task's error for people: our own sentences as they stand, anything technical as what to do next."""
    if not error:
        return ""
    if is_technical(error):
        return "系统出错，没有完成。可以重试一次；仍不行，请把任务编号告诉系统管理员。"
    return error


_BROWSERS = (
    ("wxwork", "企业微信"),
    ("micromessenger", "微信"),
    ("edg/", "Edge"),
    ("firefox", "Firefox"),
    ("chrome", "Chrome"),
    ("safari", "Safari"),
)
_SYSTEMS = (
    ("android", "安卓手机"),
    ("iphone", "iPhone"),
    ("ipad", "iPad"),
    ("windows", "Windows 电脑"),
    ("mac os", "苹果电脑"),
    ("linux", "Linux 电脑"),
)


def device_in_words(user_agent: str) -> str:
    """What a browser says of itself, as a person would: "微信，安卓手机"."""
    said = user_agent.lower()
    known = [next((name for mark, name in marks if mark in said), "") for marks in (_BROWSERS, _SYSTEMS)]
    return "，".join(filter(None, known)) or "未知设备"
