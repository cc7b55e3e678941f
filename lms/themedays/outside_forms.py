"""The form of the outside platform's layout: for each field a place and a heading."""

from typing import Any

from lms.themedays import outside_rules as rules
from lms.themedays.outside_rules import FIELDS, Field, Layout
from lms.web import Form
from lms.web.fields import IntegerField, Optional, RadioField, StringField, at_most, between, choices, required


class LayoutForm(Form):
    name = StringField("平台名称", [required("写下这张表是给哪个平台的。"), at_most(60)])
    day_format = RadioField("日期写法", [required("选一种日期写法。")], choices=choices(dict(rules.DAY_FORMATS)))

    def pair(self, field: Field) -> tuple[Any, Any]:
        """The place and the heading of a field."""
        return self._fields[f"place_{field}"], self._fields[f"heading_{field}"]

    @property
    def layout(self) -> Layout:
        """What was filled in."""
        pairs = {field: self.pair(field) for field in FIELDS}
        places = {field: place.data for field, (place, _) in pairs.items()}
        headings = {field: heading.data or "" for field, (_, heading) in pairs.items()}
        return Layout(self.name.data, rules.ordered(places, headings), str(self.day_format.data))


for _field, _name in FIELDS.items():
    setattr(LayoutForm, f"place_{_field}", IntegerField(f"{_name}：顺序", [Optional(), between(1, 99)]))
    setattr(LayoutForm, f"heading_{_field}", StringField(f"{_name}：表头", [Optional(), at_most(rules.MOST_HEADING)]))


def layout_data(layout: Layout) -> dict[str, object]:
    """A layout as the form shows it."""
    data: dict[str, object] = {"name": layout.name, "day_format": layout.day_format}
    for number, column in enumerate(layout.columns, 1):
        data[f"place_{column.field}"], data[f"heading_{column.field}"] = number, column.heading
    return data
