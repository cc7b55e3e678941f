"""Words and rules of the back office."""

from dataclasses import dataclass

# What the audit log's actions are called on pages; an action without a line shows its code.
ACTIONS = {
    "account.password": "修改密码",
    "account.code": "发放一次性口令",
    "account.disable": "停用账号",
    "account.enable": "启用账号",
    "account.unlock": "解除锁定",
    "account.sign_out": "强制退出登录",
    "account.second_factor": "解除动态口令",
    "audit.verify": "核对审计日志",
    "branches.create": "新建支部",
    "branches.rename": "修改支部",
    "person.create": "新增人员",
    "person.edit": "修改人员",
    "person.export": "导出人员",
    "person.import": "导入人员",
    "person.transfer": "人员调动",
    "role.grant": "授予角色",
    "role.revoke": "收回角色",
    "units.create": "新建单位",
    "units.rename": "修改单位",
}
ACTION_GROUPS = {
    "": "全部",
    "account.": "账号",
    "role.": "角色",
    "person.": "人员",
    "units.": "单位",
    "branches.": "支部",
}


@dataclass(frozen=True)
class Ban:
    """One thing the rules against formalism forbid, and how the site keeps to it."""

    title: str
    how: str


# 国办函〔2026〕12号 and the 2024 rules against formalism at the fingertips, as DOMAIN "What the law forbids" counts them.
BANS = (
    Ban("不设登录积分、签到日历", "登录只记录是否有效，不计次数、不计分，没有签到页面。"),
    Ban("不搞连续打卡", "没有连续天数的统计和提示；漏学一天不会有任何损失。"),
    Ban("不按在线时长排名", "学时只按学完的内容折算；榜单只取比拼成绩，没有时长榜。"),
    Ban("不公布末位", "公开的榜只列前若干名和本人，没有倒数名单。"),
    Ban("不公开未完成名单", "谁没有完成只有本人和负责的管理员看得到，不能公开、不能群发。"),
)


def action_in_words(action: str) -> str:
    return ACTIONS.get(action, action)


def error_in_words(error: str | None) -> str:
    """A task's error for people: our own sentences as they stand, anything technical as what to do next."""
    if not error:
        return ""
    if error[0].isascii():
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
