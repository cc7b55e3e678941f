"""Forms of what a round's result is shown as and leads to."""

from typing import Any

from lms.contests.award_rules import AwardRule, hours_from
from lms.web import Form
from lms.web.fields import DateTimeLocalField, IntegerField, Optional, StringField, at_most, between, required

MOST_HONOURED = 500


class FreezeForm(Form):
    """A Shanghai wall clock."""

    freezes_at = DateTimeLocalField(
        "封榜时间", [Optional()], format="%Y-%m-%dT%H:%M", description="例如结束前一小时；不填就不封榜"
    )


class AwardForm(Form):
    """Points and hours are whole; `most` 0: nobody is honoured."""

    title = StringField("称号", [required("给称号起个名字，例如：业务标兵。"), at_most(20)], default="业务标兵")
    most = IntegerField(
        "表彰前几名", [required("请填写。"), between(0, MOST_HONOURED)], default=0, description="0 为不表彰"
    )
    per_unit = IntegerField(
        "每个单位最多", [required("请填写。"), between(0, MOST_HONOURED)], default=0, description="0 为不限"
    )
    least = IntegerField("不低于多少分", [required("请填写。"), between(0, 1000)], default=85)
    hours = IntegerField(
        "公布后记几学时",
        [required("请填写。"), between(0, 40)],
        default=0,
        description="满分的 60% 以上每人记一次；0 为不记",
    )

    team_title = StringField("团队称号", [required("给称号起个名字，例如：优胜队。"), at_most(20)], default="优胜队")
    team_most = IntegerField(
        "表彰前几队",
        [required("请填写。"), between(0, MOST_HONOURED)],
        default=0,
        description="0 为不表彰；上场的队员每人一份证书",
    )
    team_least = IntegerField("团队不低于多少分", [required("请填写。"), between(0, 10_000)], default=0)

    def drop_teams(self) -> None:
        """For a contest without teams."""
        del self.team_title, self.team_most, self.team_least

    def rule(self, full_millis: int) -> AwardRule:
        return AwardRule(
            self.title.data,
            self.most.data,
            self.per_unit.data,
            self.least.data * 1000,
            self.hours.data * 4,
            hours_from(full_millis),
            **self._of_teams(),
        )

    def _of_teams(self) -> dict[str, Any]:
        if "team_most" not in self:
            return {}
        return {
            "team_title": self.team_title.data, "team_most": self.team_most.data,
            "team_least_millis": self.team_least.data * 1000,
        }  # fmt: skip


def award_values(rule: AwardRule) -> dict[str, object]:
    """What an AwardForm shows for a rule."""
    return {
        "title": rule.title, "most": rule.most, "per_unit": rule.per_unit, "least": rule.least_millis // 1000,
        "hours": rule.hours_quarters // 4, "team_title": rule.team_title, "team_most": rule.team_most,
        "team_least": rule.team_least_millis // 1000,
    }  # fmt: skip
