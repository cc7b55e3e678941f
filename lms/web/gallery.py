"""The gallery: every component with its examples, which are also the component tests.

`templates/components/NAME.html` starts with a comment that says how it is used; `templates/gallery/NAME.html` shows it.
"""

from pathlib import Path
from typing import Any, NamedTuple

from flask import Blueprint, render_template
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    FileField,
    Form,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields import DateField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

TEMPLATES = Path(__file__).parent / "templates"

bp = Blueprint("gallery", __name__)


class Part(NamedTuple):
    """One component: its name, what its file says about it, the template and source of its examples."""

    name: str
    about: str
    template: str
    source: str


def options(**labels: str) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in labels.items()]


class SampleForm(Form):  # type: ignore[misc]
    """Every kind of control once."""

    title = StringField(
        "名称", [InputRequired("请填写名称"), Length(max=40)], description="40 字以内，会显示在课程列表里"
    )
    summary = TextAreaField("简介", [Optional()])
    line = SelectField(
        "业务条线", [InputRequired()], choices=options(land="耕地保护", survey="测绘地理信息", registry="不动产登记")
    )
    kind = RadioField("怎么学", [InputRequired("请选择一种")], choices=options(online="网络自学", offline="集中培训"))
    type_size = RadioField(
        "字号", [InputRequired()], choices=options(standard="标准", large="大", extra="特大"), default="large"
    )
    units = SelectMultipleField(
        "发给哪些单位", [Optional()], choices=options(u1="耕地保护监督处", u2="开福分局", u3="测绘院"), default=["u2"]
    )
    pass_percent = IntegerField("及格线", [InputRequired()], default=60)
    held_on = DateField("日期", [Optional()])
    password = PasswordField("密码", [InputRequired()])
    is_required = BooleanField("列为必修", description="必修课会出现在每个人的首页，直到学完")
    file = FileField("讲课录像", [InputRequired()], description="MP4，2 GB 以内；传的时候可以离开这一栏，不要关页面")


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
