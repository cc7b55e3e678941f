"""Forms of teams."""

from collections.abc import Iterable

from lms.contests.team_queries import MemberLine
from lms.contests.team_rules import MEMBER_ROLES, MemberRole
from lms.web import Form
from lms.web.fields import (
    DateTimeLocalField,
    IntegerField,
    Optional,
    RadioField,
    SelectField,
    StringField,
    at_most,
    between,
    choices,
    required,
)

REASON = "截止以后由组织者改动时必填"


class OwnTeamForm(Form):
    """Who posts it is the captain."""

    name = StringField("队名", [required("给队伍起个名字。"), at_most(40)], description="例如：北区一队")


class TeamForm(OwnTeamForm):
    unit = SelectField("单位", [required("请选择单位。")], choices=[])
    captain = StringField("队长工号", [Optional(), at_most(20)], description="队长可以在手机上补充队员；可以以后再定")
    reason = StringField("原因", [Optional(), at_most(200)], description=REASON)


class MemberForm(Form):
    staff_no = StringField("工号", [required("请填写工号。"), at_most(20)], description="只能加本单位的人")
    role = RadioField("身份", [required()], choices=choices(MEMBER_ROLES), default=MemberRole.MEMBER)
    reason = StringField("原因", [Optional(), at_most(200)], description=REASON)


class PersonForm(Form):
    """An act about one person of the team, or about the team alone."""

    person = SelectField("人员", [required()], choices=[])
    reason = StringField("原因", [Optional(), at_most(200)], description=REASON)


class WithdrawalForm(Form):
    reason = StringField("原因", [Optional(), at_most(200)], description=REASON)


class SubstitutionForm(Form):
    leaves = SelectField("换下", [required("请选择队员。")], choices=[])
    comes = SelectField("换上", [required("请选择替补。")], choices=[])
    reason = StringField("原因", [Optional(), at_most(200)], description=REASON)


class TermsForm(Form):
    least = IntegerField("队员最少", [required(), between(1, 20)], default=3)
    most = IntegerField("队员最多", [required(), between(1, 20)], default=5)
    substitutes = IntegerField("替补最多", [required(), between(0, 10)], default=2)
    per_unit = IntegerField("每个单位最多", [required(), between(1, 20)], default=2)
    best_of = IntegerField(
        "计分人数", [required(), between(1, 20)], default=3, description="团队得分取队员最好成绩中最高的这么多个之和"
    )
    entry_until = DateTimeLocalField("报名截止", [required("请填写时间。")], format="%Y-%m-%dT%H:%M")
    change_until = DateTimeLocalField(
        "换人截止", [required("请填写时间。")], format="%Y-%m-%dT%H:%M", description="报名截止后到这个时间还可以换替补"
    )


def people_of(lines: Iterable[MemberLine], role: MemberRole | None = None) -> list[tuple[str, str]]:
    """Choices from the people of a team, of one role if it is given."""
    return [(str(line.person_id), line.name) for line in lines if role in (None, line.role)]


def shares_form(lines: Iterable[MemberLine]) -> type[Form]:
    """A form with one number of questions for each member, named `share_<person>`."""
    fields = {
        f"share_{line.person_id}": IntegerField(line.name, [required("填几题。"), between(1, 200)]) for line in lines
    }
    made: type[Form] = type("SharesForm", (Form,), fields)
    return made
