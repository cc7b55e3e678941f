"""Forms of notices."""

import re
from collections.abc import Sequence
from typing import Any

from lms.notices.announcement_rules import MOST_NAMED, PARTIES, Party, Reach
from lms.notices.channel_rules import TLS, ChannelKind, Tls
from lms.notices.models import Announcement, Channel
from lms.notices.services import Text
from lms.notices.services.channels import Facts
from lms.people.models import Branch, Unit
from lms.people.rules import RANK_BANDS, RankBand
from lms.web.fields import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    Optional,
    PasswordField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    at_most,
    between,
    choices,
    required,
)
from lms.web.forms import Form

PEOPLE = "people"
WHOLE = ""


class FeedbackForm(Form):
    text = TextAreaField("你的意见或建议", [required("请写下你的意见或建议。"), at_most(2000)])
    page = HiddenField()


class WordForm(Form):
    text = TextAreaField("补充一句", [required("请写下要补充的话。"), at_most(2000)])


class WishesForm(Form):
    is_quiet = BooleanField("不要提醒我", description="打开后不再提醒待办，站内也不提醒；通知和结果照常收到。")
    email_reminders = BooleanField("待办提醒也发邮件", description="和站内一样，一天最多一封。")
    email_announcements = BooleanField("通知也发邮件")


class AddressForm(Form):
    address = StringField(
        "邮箱地址", [required("请填写邮箱地址。"), at_most(254)], description="加密保存，只用来给你发邮件。"
    )


class CodeForm(Form):
    code = StringField("验证码", [required("请填写邮件里的 6 位数字。"), at_most(6)])


def _chosen(kind: type[Any]) -> Any:
    """A select's value as the enum, None for none."""
    return lambda given: kind(given) if given else None


class AnnouncementForm(Form):
    title = StringField("标题", [required("请写一个标题。"), at_most(120)])
    body = TextAreaField(
        "内容",
        [required("请写下内容。"), at_most(5000)],
        description="空一行分段；行首 # 是小标题，- 或 1. 是列表，**两边加星号**是加重。",
    )
    place = SelectField("发给", [required("请选择发给谁。")], choices=[])
    rank_band = SelectField("职级类别", choices=choices({"": "不限", **RANK_BANDS}), coerce=_chosen(RankBand))
    party = SelectField("政治面貌", choices=choices({"": "不限", **PARTIES}), coerce=_chosen(Party))
    people = TextAreaField(
        "点名的工号",
        [Optional(), at_most(4000)],
        description=f"只在“发给”选了“点名的人”时填，用空格或换行分开，最多 {MOST_NAMED} 人。",
    )
    until_on = DateField("有效到", [Optional()], description="过了这一天就不再显示；不填一直显示。")
    channels = SelectMultipleField("同时发到群机器人", choices=[], coerce=int)

    def offer(self, places: Sequence[Unit | Branch], robots: Sequence[Channel]) -> None:
        """Places with those below them, by their kind and number; robots to choose from, or no such field."""
        self.place.choices = choices({**{key_of(place): place.name for place in places}, PEOPLE: "点名的人"})
        if robots:
            self.channels.choices = choices({robot.id: robot.name for robot in robots})
        elif "channels" in self:
            del self.channels

    @property
    def text_facts(self) -> Text:
        channels = self.channels.data if "channels" in self else []
        return Text(self.title.data, self.body.data, self.until_on.data, tuple(channels or ()))

    @property
    def staff_nos(self) -> list[str]:
        return [number for number in re.split(r"[\s,，、;；]+", self.people.data or "") if number]


def key_of(place: Unit | Branch) -> str:
    return f"{'branch' if isinstance(place, Branch) else 'unit'}:{place.id}"


def announcement_data(announcement: Announcement, staff_nos: Sequence[str]) -> dict[str, Any]:
    """A draft as its form shows it."""
    place = {
        Reach.UNIT: f"unit:{announcement.unit_id}", Reach.BRANCH: f"branch:{announcement.branch_id}", Reach.PEOPLE: PEOPLE,
    }[announcement.reach]  # fmt: skip
    return {
        "title": announcement.title,
        "body": announcement.body,
        "place": place,
        "rank_band": announcement.rank_band,
        "party": announcement.party,
        "people": " ".join(staff_nos),
        "until_on": announcement.until_on,
        "channels": announcement.channel_ids,
    }


class ChannelForm(Form):
    """What every channel has."""

    name = StringField("名称", [required("请起个名字，例如“局机关群”。"), at_most(60)])
    per_minute = IntegerField("每分钟最多发几条", [required(), between(1, 600)])


class RobotForm(ChannelForm):
    place = SelectField("归谁用", choices=[], description="能在这个单位或支部发通知的人，可以选这个机器人。")
    url = PasswordField(
        "机器人地址", [at_most(600)], description="从群里复制的完整地址。加密保存，以后不再显示；不填则不变。"
    )
    secret = PasswordField(
        "签名密钥", [at_most(200)], description="企业微信不用填；钉钉选了“加签”才填；通用接口必填。不填则不变。"
    )

    def offer(self, places: Sequence[Unit | Branch]) -> None:
        self.place.choices = choices({WHOLE: "全站", **{key_of(place): place.name for place in places}})

    def facts(self, place: Unit | Branch | None) -> Facts:
        return Facts(
            self.name.data,
            self.per_minute.data,
            place,
            url=(self.url.data or "").strip(),
            secret=(self.secret.data or "").strip(),
        )


class MailForm(ChannelForm):
    host = StringField("邮件服务器", [required("请填写主机名，例如 smtp.example.cn。"), at_most(250)])
    port = IntegerField("端口", [required(), between(1, 65535)], default=587)
    tls = SelectField("加密", [required()], choices=choices(TLS), coerce=Tls, default=Tls.STARTTLS)
    sender = StringField("发件邮箱", [required("请填写发件邮箱。"), at_most(254)])
    user = StringField("登录账号", [at_most(254)], description="不用登录就不填。")
    password = PasswordField("登录密码", [at_most(200)], description="加密保存，以后不再显示；不填则不变。")

    def facts(self, place: Unit | Branch | None = None) -> Facts:
        return Facts(
            self.name.data, self.per_minute.data, host=self.host.data, port=self.port.data, tls=self.tls.data,
            sender=self.sender.data, user=self.user.data, password=self.password.data or "",
        )  # fmt: skip


PER_MINUTE = {ChannelKind.EMAIL: 60}
PER_MINUTE_ROBOT = 20


def channel_data(channel: Channel) -> dict[str, Any]:
    """A channel as its form shows it: none of its secrets."""
    place = (
        f"unit:{channel.unit_id}" if channel.unit_id else f"branch:{channel.branch_id}" if channel.branch_id else WHOLE
    )
    shown = channel.config if channel.kind is ChannelKind.EMAIL else {}
    return {"name": channel.name, "per_minute": channel.per_minute, "place": place, **shown}
