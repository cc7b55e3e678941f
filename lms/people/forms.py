"""Forms of sign-in and profile."""

from lms.people.token_rules import DAYS_MOST, SCOPE_LABELS
from lms.web.fields import (
    BooleanField,
    HiddenField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectMultipleField,
    StringField,
    at_most,
    between,
    choices,
    required,
)
from lms.web.forms import Form

TYPE_SIZES = {"standard": "标准", "large": "大", "extra": "特大"}
THEMES = {"auto": "跟随系统", "light": "浅色", "dark": "深色", "contrast": "高对比"}


class LoginForm(Form):
    username = StringField("工号或手机号", [required("请填写工号或手机号。"), at_most(40)])
    password = PasswordField("密码", [required("请填写密码。"), at_most(256)])
    next = HiddenField()


class TotpForm(Form):
    code = StringField("6 位动态口令", [required("请填写手机上的 6 位数字。"), at_most(6)])


class CodeForm(Form):
    code = StringField("一次性口令", [required("请填写账号管理员给你的一次性口令。"), at_most(20)])
    password = PasswordField("新密码", [required("请填写新密码。"), at_most(128)])
    again = PasswordField("再输一次新密码", [required("请再输一次。"), at_most(128)])


class PasswordForm(Form):
    old = PasswordField("现在的密码", [required("请填写现在的密码。"), at_most(256)])
    password = PasswordField("新密码", [required("请填写新密码。"), at_most(128)])
    again = PasswordField("再输一次新密码", [required("请再输一次。"), at_most(128)])


class PreferencesForm(Form):
    type_size = RadioField("字号", choices=choices(TYPE_SIZES))
    theme = RadioField("配色", choices=choices(THEMES))
    is_unlisted = BooleanField("公开榜单不显示我的姓名（显示为“不公开”，名次保留）")


class TokenForm(Form):
    name = StringField("名字", [required("给令牌起个名字，以后好认。"), at_most(60)])
    scopes = SelectMultipleField("能读什么", [required("至少选一项能读的内容。")], choices=choices(SCOPE_LABELS))
    days = IntegerField("有效期", [required(), between(1, DAYS_MOST)], default=90)
