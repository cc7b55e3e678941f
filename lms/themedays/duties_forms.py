"""Forms of duties and handbook."""

from lms.themedays.duties_rules import MOST_GROUPS, Organisation
from lms.web import Form
from lms.web.fields import IntegerField, RadioField, between, choices, required

COMMITTEE = {"auto": "按人数定：正式党员 7 人起设支委会", "yes": "设支委会", "no": "不设支委会"}
_SAID = {"auto": None, "yes": True, "no": False}


class OrganisationForm(Form):
    committee = RadioField("支委会", [required("选一项。")], choices=choices(COMMITTEE), default="auto")
    groups = IntegerField(
        "党小组数",
        [required("没有就填 0。"), between(0, MOST_GROUPS)],
        default=0,
        description="没有划分党小组填 0，党小组会就不作要求",
    )

    @property
    def has_committee(self) -> bool | None:
        return _SAID[str(self.committee.data)]


def organisation_data(branch: Organisation) -> dict[str, object]:
    """What holds, as the form shows it."""
    (committee,) = [word for word, said in _SAID.items() if said is branch.says_committee]
    return {"committee": committee, "groups": branch.groups}
