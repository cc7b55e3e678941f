"""The gallery: every component with its examples, which are also the component tests.

`templates/components/NAME.html` starts with a comment that says how it is used; `templates/gallery/NAME.html` shows it.
"""

from pathlib import Path
from typing import Any, NamedTuple

from flask import Blueprint, render_template
from werkzeug.datastructures import MultiDict

from lms.web.fields import (
    BooleanField,
    DateField,
    FileField,
    IntegerField,
    Optional,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    at_most,
    choices,
    required,
)
from lms.web.forms import Form

TEMPLATES = Path(__file__).parent / "templates"

bp = Blueprint("gallery", __name__)


class Part(NamedTuple):
    """One component: its name, what its file says about it, the template and source of its examples."""

    name: str
    about: str
    template: str
    source: str


class SampleForm(Form):
    """Every kind of control once."""

    title = StringField("名称", [required("请填写名称。"), at_most(40)], description="40 字以内，会显示在课程列表里")
    summary = TextAreaField("简介", [Optional()])
    line = SelectField(
        "业务条线",
        [required()],
        choices=choices({"land": "耕地保护", "survey": "测绘地理信息", "registry": "不动产登记"}),
    )
    kind = RadioField("怎么学", [required("请选一种。")], choices=choices({"online": "网络自学", "class": "集中培训"}))
    type_size = RadioField(
        "字号", choices=choices({"standard": "标准", "large": "大", "extra": "特大"}), default="large"
    )
    units = SelectMultipleField(
        "发给哪些单位",
        [Optional()],
        choices=choices({"1": "耕地保护监督处", "2": "开福分局", "3": "测绘院"}),
        default=["2"],
    )
    pass_percent = IntegerField("及格线", [required()], default=60)
    held_on = DateField("日期", [Optional()])
    password = PasswordField("密码", [required()])
    is_required = BooleanField("列为必修", description="必修课会出现在每个人的首页，直到学完")
    file = FileField("讲课录像", [required()], description="MP4，2 GB 以内；传的时候不要关页面")


def parts() -> list[Part]:
    """Every component that has examples, by name."""
    return [_part(path) for path in sorted((TEMPLATES / "gallery").glob("*.html")) if path.name[0] != "_"]


def samples() -> dict[str, Any]:
    """What the example templates may use: an untouched form and one that was refused."""
    refused = SampleForm(MultiDict({"title": "", "summary": "从永久基本农田说起", "pass_percent": "六十"}))
    refused.validate()
    return {"form": SampleForm(), "refused": refused}


def _part(path: Path) -> Part:
    component = (TEMPLATES / "components" / path.name).read_text("utf-8")
    about = component.partition("{#")[2].partition("#}")[0]
    return Part(
        path.stem,
        "\n".join(line.strip() for line in about.strip().splitlines()),
        f"gallery/{path.name}",
        path.read_text("utf-8"),
    )


@bp.get("/_components")
def components() -> str:
    return render_template("gallery/_page.html", parts=parts(), **samples())
